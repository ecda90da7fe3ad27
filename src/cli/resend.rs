//! `resend`: through the serving process, or by itself where there is none.

use super::args;
use super::context::Context;
use super::error::{Failure, NO, USAGE};
use super::output;
use super::walk::each_after;
use crate::control::{Client, ControlError};
use crate::delivery::Courier;
use crate::model::filter::Filter;
use crate::model::{Cause, EventId, KeyPolicy, ResendOrder, SignaturePolicy, Target, micros, safe, shape};
use crate::store::{Reader, Store};
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run(context: &Context, args: &args::Resend) -> Result<u8, Failure> {
    let target = Target::parse(&args.to).map_err(|e| Failure::new(USAGE, e.to_string(), e.hint()))?;
    context.config.allowed.check(&target).map_err(|e| Failure::new(USAGE, e.to_string(), e.hint()))?;
    let pause = args.rate.as_deref().map(pause).transpose()?;
    let orders = orders(context, args, &target)?;
    let runtime = tokio::runtime::Runtime::new()?;
    if args.dry_run {
        return dry_run(&orders, &target);
    }
    let mut sender = Sender::new(context, &runtime)?;
    let mut status = 0;
    for (n, order) in orders.iter().enumerate() {
        if let Some(pause) = pause.filter(|_| n > 0) {
            // The pause between two sends is what --rate asks for.
            #[allow(clippy::disallowed_methods)]
            std::thread::sleep(pause);
        }
        let reply = match sender.send(order) {
            Ok(reply) => reply,
            // One event that cannot be sent does not hold up the others.
            Err(failure) if failure.is_no() => {
                status = failure.report();
                continue;
            }
            Err(failure) => return Err(failure),
        };
        print(context, &reply)?;
        let answered = reply["attempt"]["status"].as_u64();
        if !matches!(answered, Some(200..=299)) || !reply["attempt"]["error"].is_null() {
            status = NO;
        }
    }
    sender.close();
    Ok(status)
}

fn orders(context: &Context, args: &args::Resend, target: &Target) -> Result<Vec<ResendOrder>, Failure> {
    let set_headers = args.set_header.iter().map(|line| header(line)).collect::<Result<Vec<_>, _>>()?;
    let reader = Reader::open(&context.store)?;
    let mut ids: Vec<EventId> = args.ids.iter().map(|&id| EventId(id)).collect();
    if let Some(text) = &args.filter {
        let filter = Filter::parse(text)?;
        each_after(&reader, &filter, EventId(0), |event| {
            if event.event.rejected.is_none() {
                ids.push(event.id);
            }
            Ok(true)
        })?;
    }
    if args.if_not_delivered {
        let url = target.to_string();
        let mut open = Vec::new();
        for id in ids {
            if !reader.attempts(id)?.iter().any(|a| a.what.url == url && a.what.succeeded()) {
                open.push(id);
            }
        }
        ids = open;
    }
    Ok(ids
        .into_iter()
        .map(|id| ResendOrder {
            signature: if args.resign { SignaturePolicy::Resign } else { SignaturePolicy::Keep },
            key: if args.new_key { KeyPolicy::Fresh } else { KeyPolicy::Same },
            set_headers: set_headers.clone(),
            ..ResendOrder::plain(id, args.to.clone(), if args.filter.is_some() { Cause::Replay } else { Cause::Manual })
        })
        .collect())
}

fn header(line: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::new(USAGE, format!("`{line}` is not a header"), "write it as 'Name: value'");
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let clean = |text: &str| !text.bytes().any(|b| b < 0x20 || b == 0x7f);
    match clean(name) && clean(value) && !name.trim().is_empty() {
        true => Ok((name.trim().to_owned(), value.trim().to_owned())),
        false => Err(wrong()),
    }
}

fn pause(rate: &str) -> Result<Duration, Failure> {
    let number = rate.strip_suffix("/s").unwrap_or(rate).parse::<f64>().ok().filter(|n| *n > 0.0 && n.is_finite());
    let number =
        number.ok_or_else(|| Failure::new(USAGE, format!("`{rate}` is no rate"), "for example --rate 10/s"))?;
    Ok(Duration::from_secs_f64((1.0 / number).min(3600.0)))
}

fn dry_run(orders: &[ResendOrder], target: &Target) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    for order in orders {
        writeln!(out, "#{} would go to {target}", order.event)?;
    }
    Ok(0)
}

fn print(context: &Context, reply: &Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if context.json {
        return Ok(writeln!(out, "{}", output::json_line(reply))?);
    }
    let attempt = &reply["attempt"];
    let status = attempt["status"].as_u64().map(|s| s.to_string());
    let error = attempt["error"].as_str().map(|e| safe(e).to_string());
    let outcome = [status, error].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let was = match (reply["before"].is_null(), reply["before"]["status"].as_u64()) {
        (true, _) => String::new(),
        (false, Some(before)) => format!(" (was {before})"),
        (false, None) => " (was no answer)".to_owned(),
    };
    let took = micros(attempt["total_us"].as_u64().unwrap_or(0));
    let url = safe(attempt["url"].as_str().unwrap_or_default());
    Ok(writeln!(out, "#{} -> {url} {outcome} in {took}{was}", reply["event"])?)
}

/// Who sends: the process that serves the log, or this one.
enum Sender<'a> {
    Served(Client),
    Own(Box<Courier>, Store, &'a tokio::runtime::Runtime),
}

impl Sender<'_> {
    fn new<'a>(context: &Context, runtime: &'a tokio::runtime::Runtime) -> Result<Sender<'a>, Failure> {
        match Client::connect(&context.store) {
            Ok(client) => Ok(Sender::Served(client)),
            Err(ControlError::Nobody(_)) => {
                context.warn();
                let settings = context.settings();
                let store = Store::open(&context.store)?;
                let courier = Courier::new(store.clone(), settings.keys.live, Arc::clone(&settings.allowed));
                Ok(Sender::Own(Box::new(courier), store, runtime))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn send(&mut self, order: &ResendOrder) -> Result<Value, Failure> {
        match self {
            Sender::Served(client) => Ok(client.resend(order)?),
            Sender::Own(courier, _, runtime) => Ok(shape::resent(&runtime.block_on(courier.resend(order))?)),
        }
    }

    fn close(self) {
        if let Sender::Own(_, store, _) = self {
            store.close();
        }
    }
}

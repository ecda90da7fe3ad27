//! `resend`: through the serving process, or by itself where there is none.

use super::args;
use super::context::Context;
use super::error::{Failure, NO, USAGE};
use super::output;
use crate::config;
use crate::control::{Client, ControlError};
use crate::delivery::Courier;
use crate::delivery::replay::{self, Picked, To, Without};
use crate::model::filter::Filter;
use crate::model::{
    Cause, Change, EventId, KeyPolicy, ResendOrder, SignaturePolicy, Subscriber, Target, TargetError, Timestamp, count,
    is_success, micros, safe, shape, thousands,
};
use crate::runtime;
use crate::store::{Reader, Sieve, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run(context: &Context, args: &args::Resend) -> Result<u8, Failure> {
    let filter = args.filter.as_deref().map(|text| context.filter(text)).transpose()?;
    let mut client = connect(context)?;
    let to = place(context, client.as_mut(), &args.to)?;
    let (ids, cause) = match &filter {
        Some(filter) => (matching(context, filter)?, Cause::Replay),
        None => (args.ids.iter().map(|id| EventId(*id)).collect(), Cause::Manual),
    };
    let without = Without { others: false, delivered: args.how.if_not_delivered };
    send_all(context, client, (ids, cause, to, without), &args.how)
}

/// What a subscriber gets of the events that match, once more.
pub(super) fn replay(context: &Context, name: &str, filter: &str, how: &args::Manner) -> Result<u8, Failure> {
    let filter = context.filter(filter)?;
    let mut client = connect(context)?;
    let Some(subscriber) = subscriber(context, client.as_mut(), name)? else {
        let what = format!("there is no subscriber `{name}`");
        return Err(Failure::new(USAGE, what, "whisper-tui subscribers lists them"));
    };
    let to = To::Subscriber(subscriber);
    let without = Without { others: true, delivered: how.if_not_delivered };
    send_all(context, client, (matching(context, &filter)?, Cause::Replay, to, without), how)
}

fn matching(context: &Context, filter: &Filter) -> Result<Vec<EventId>, Failure> {
    let sieve = Sieve { now: runtime::now(), zone: &runtime::zone(), overtaken: &|_| false };
    Ok(replay::matching(&Reader::open(&context.store)?, filter, &sieve)?)
}

/// The process that serves the log, if there is one.
fn connect(context: &Context) -> Result<Option<Client>, Failure> {
    match Client::connect(&context.store) {
        Ok(client) => Ok(Some(client)),
        Err(ControlError::Nobody(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The subscriber of this name; whoever serves may have some of its own.
fn subscriber(context: &Context, client: Option<&mut Client>, name: &str) -> Result<Option<Arc<Subscriber>>, Failure> {
    if let Some(known) = context.config.subscribers.iter().find(|one| one.name == name) {
        return Ok(Some(Arc::new(known.clone())));
    }
    let Some(client) = client else { return Ok(None) };
    if !client.subscribers()?.iter().any(|standing| standing.name == name) {
        return Ok(None);
    }
    let elsewhere = |_| {
        let what = format!("`{name}` is set up in another configuration");
        Failure::new(USAGE, what, "name that one: --config PATH")
    };
    config::forward(name).map(|forward| Some(Arc::new(forward))).map_err(elsewhere)
}

/// What a text names: a subscriber, or a URL that is allowed.
fn place(context: &Context, client: Option<&mut Client>, text: &str) -> Result<To, Failure> {
    if let Some(subscriber) = subscriber(context, client, text)? {
        return Ok(To::Subscriber(subscriber));
    }
    let neither = || {
        let what = format!("`{text}` is neither a subscriber nor a http:// or https:// URL");
        Failure::new(
            USAGE,
            what,
            "whisper-tui subscribers lists them; a URL is for example http://127.0.0.1:3000/hooks",
        )
    };
    let refused = |e: TargetError| match e {
        TargetError::NotAUrl(_) => neither(),
        e => Failure::new(USAGE, e.to_string(), e.hint()),
    };
    let target = Target::parse(text).map_err(refused)?;
    // A word alone is rather the name of nobody than a host.
    if !text.contains(['.', ':', '/', '[']) && !target.is_loopback() {
        return Err(neither());
    }
    context.config.allowed.check(&target).map_err(refused)?;
    Ok(To::Url(target))
}

fn send_all(
    context: &Context,
    client: Option<Client>,
    (ids, cause, to, without): (Vec<EventId>, Cause, To, Without),
    how: &args::Manner,
) -> Result<u8, Failure> {
    let pace = Pace::of(how)?;
    let set_headers = how.set_header.iter().map(|line| header(line)).collect::<Result<Vec<_>, _>>()?;
    let many = cause == Cause::Replay;
    let sieve = Sieve { now: runtime::now(), zone: &runtime::zone(), overtaken: &|_| false };
    let picked = match many || how.if_not_delivered {
        true => replay::sift(&Reader::open(&context.store)?, &ids, (&to, without), &sieve)?,
        // What cannot be sent is said when its turn comes.
        false => Picked { events: ids.into_iter().map(|id| (id, Timestamp(0))).collect(), coming: 0 },
    };
    if how.dry_run {
        return dry_run(context, &picked, &to);
    }
    let mut sender = Sender::new(context, client)?;
    let mut totals = Totals { coming: picked.coming, ..Totals::default() };
    let mut before = None;
    for (id, at) in picked.events {
        pace.wait(before.replace(at), at);
        let order = ResendOrder {
            signature: if how.resign { SignaturePolicy::Resign } else { SignaturePolicy::Keep },
            key: if how.new_key { KeyPolicy::Fresh } else { KeyPolicy::Same },
            set_headers: set_headers.clone(),
            ..ResendOrder::plain(id, to.name(), cause)
        };
        match sender.send(&order) {
            Ok(reply) => {
                print(context, &reply)?;
                totals.add(&reply);
            }
            // One event that cannot be sent does not hold up the others.
            Err(failure) if failure.is_no() || many && failure.is_usage() => {
                failure.report();
                totals.refused += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    if many && !context.json {
        writeln!(std::io::stdout(), "{}", totals.line(&to.name()))?;
    }
    Ok(if totals.all_well() { 0 } else { NO })
}

/// Between two events, however long nothing had arrived: a day.
const LONGEST_PAUSE: Duration = Duration::from_secs(86_400);

/// How long is waited before the next event.
enum Pace {
    Even(Duration),
    /// As they arrived, so many times faster.
    AsArrived(f64),
}

impl Pace {
    fn of(how: &args::Manner) -> Result<Pace, Failure> {
        match how.speed {
            Some(times) if times.is_finite() && times > 0.0 => Ok(Pace::AsArrived(times)),
            Some(times) => Err(Failure::new(USAGE, format!("`{times}` is no speed"), "for example --speed 10")),
            None => Ok(Pace::Even(how.rate.as_deref().map(pause).transpose()?.unwrap_or_default())),
        }
    }

    fn wait(&self, before: Option<Timestamp>, at: Timestamp) {
        let Some(before) = before else { return };
        let pause = match self {
            Pace::Even(pause) => *pause,
            Pace::AsArrived(times) => {
                let seconds = at.since(before).max(0) as f64 / 1e6 / times;
                Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
            }
        };
        // The pause between two sends is what was asked for.
        #[allow(clippy::disallowed_methods)]
        std::thread::sleep(pause);
    }
}

/// What came of many.
#[derive(Default)]
struct Totals {
    sent: u64,
    failed: u64,
    refused: u64,
    coming: u64,
    changes: BTreeMap<Change, u64>,
}

impl Totals {
    fn add(&mut self, reply: &Value) {
        self.sent += 1;
        let status = reply["attempt"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        self.failed += u64::from(!is_success(status) || !reply["attempt"]["error"].is_null());
        if let Some(change) = reply["change"].as_str().and_then(Change::from_name) {
            *self.changes.entry(change).or_default() += 1;
        }
    }

    fn all_well(&self) -> bool {
        self.failed == 0 && self.refused == 0
    }

    fn line(&self, to: &str) -> String {
        let known: u64 = self.changes.values().sum();
        let new = [(self.sent - known, "for the first time"), (self.refused, "could not be sent")];
        let parts = self.changes.iter().map(|(change, n)| (*n, change.words())).chain(new);
        let parts = parts.filter(|(n, _)| *n > 0).map(|(n, words)| format!("{} {words}", thousands(n)));
        let parts = parts.collect::<Vec<_>>().join(", ");
        format!(
            "{} to {}{}{parts}{}",
            count(self.sent, "event"),
            safe(to),
            if parts.is_empty() { "" } else { ": " },
            coming_words(self.coming)
        )
    }
}

fn coming_words(coming: u64) -> String {
    match coming {
        0 => String::new(),
        n => format!("; {} left out: on the way to it already", thousands(n)),
    }
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

fn dry_run(context: &Context, picked: &Picked, to: &To) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    let name = to.name();
    if context.json {
        for (id, _) in &picked.events {
            writeln!(out, "{}", output::json_line(&json!({"event": id.0, "to": name})))?;
        }
        return Ok(0);
    }
    for (id, _) in &picked.events {
        writeln!(out, "#{id} would go to {}", safe(&name))?;
    }
    let many = count(picked.events.len() as u64, "event");
    writeln!(out, "{many} would go to {}, oldest first{}", safe(&name), coming_words(picked.coming))?;
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
    let change = reply["change"].as_str().and_then(Change::from_name).map(|change| format!("  {}", change.words()));
    let took = micros(attempt["total_us"].as_u64().unwrap_or(0));
    let url = safe(attempt["url"].as_str().unwrap_or_default());
    Ok(writeln!(out, "#{} -> {url} {outcome} in {took}{was}{}", reply["event"], change.unwrap_or_default())?)
}

/// Who sends: the process that serves the log, or this one.
enum Sender {
    Served(Client),
    Own(Box<Courier>, Store, tokio::runtime::Runtime),
}

impl Sender {
    fn new(context: &Context, client: Option<Client>) -> Result<Sender, Failure> {
        if let Some(client) = client {
            return Ok(Sender::Served(client));
        }
        context.warn();
        let settings = context.settings();
        let store = Store::open(&context.store)?;
        let courier = Courier::new(store.clone(), settings.keys.live, settings.routes);
        Ok(Sender::Own(Box::new(courier), store, tokio::runtime::Runtime::new()?))
    }

    fn send(&mut self, order: &ResendOrder) -> Result<Value, Failure> {
        match self {
            Sender::Served(client) => Ok(client.resend(order)?),
            Sender::Own(courier, _, runtime) => Ok(shape::resent(&runtime.block_on(courier.resend(order))?)),
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if let Sender::Own(_, store, _) = self {
            store.close();
        }
    }
}

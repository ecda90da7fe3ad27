//! `subscribers`: who gets events by itself, how that goes, and telling one what to do.

use super::args::{self, SubscribersCommand};
use super::context::Context;
use super::error::Failure;
use super::output;
use crate::control::{Client, ControlError};
use crate::model::{SubscriberOrder, SubscriberStanding, Timestamp, micros, safe, shape, thousands};
use crate::runtime;
use crate::store::Reader;
use std::io::Write;

pub(super) fn run(context: &Context, args: &args::Subscribers) -> Result<u8, Failure> {
    let (name, order) = match &args.command {
        None => return list(context),
        Some(SubscribersCommand::Suspend { name }) => (name, SubscriberOrder::Suspend),
        Some(SubscribersCommand::Resume { name }) => (name, SubscriberOrder::Resume),
        Some(SubscribersCommand::Retry { name }) => (name, SubscriberOrder::Retry),
    };
    Client::connect(&context.store)?.subscriber(name, order)?;
    Ok(0)
}

fn list(context: &Context) -> Result<u8, Failure> {
    let standings = match Client::connect(&context.store) {
        Ok(mut client) => client.subscribers()?,
        // Nobody serves: what the log and the configuration say.
        Err(ControlError::Nobody(_)) => {
            let reader = Reader::open(&context.store)?;
            let all = context.config.subscribers.iter().map(|one| runtime::backlog_of(&reader, one));
            all.collect::<Result<Vec<_>, _>>()?
        }
        Err(error) => return Err(error.into()),
    };
    let mut out = std::io::stdout().lock();
    for standing in &standings {
        match context.json {
            true => writeln!(out, "{}", output::json_line(&shape::subscriber(standing)))?,
            false => writeln!(out, "{}", line(standing))?,
        }
    }
    if standings.is_empty() && !context.json {
        writeln!(out, "none; --forward URL adds one, or [[subscriber]] in the configuration")?;
    }
    Ok(0)
}

fn line(s: &SubscriberStanding) -> String {
    let zone = runtime::zone();
    let last = s.last.as_ref().map(|(at, status, error)| {
        let outcome = [status.map(|status| status.to_string()), error.clone()];
        let outcome: Vec<String> = outcome.into_iter().flatten().collect();
        format!("  {} at {}", safe(&outcome.join(", ")), Timestamp(*at).clock(&zone))
    });
    let figure = |figure: Option<u64>, unit: &str| figure.map_or("-".to_owned(), |n| format!("{n}{unit}"));
    let p95 = s.p95_us.map_or("-".to_owned(), micros);
    format!(
        "{:<20} {:<18} waiting {:<6} dead {:<4} delivered {:<7} ok {:<5} p95 {p95:<8} {}{}",
        safe(&s.name).to_string(),
        s.state,
        thousands(s.waiting),
        thousands(s.dead),
        thousands(s.delivered),
        figure(s.ok_percent, "%"),
        safe(&s.url),
        last.unwrap_or_default()
    )
}

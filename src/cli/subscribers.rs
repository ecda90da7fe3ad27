//! `subscribers`: who gets events by itself, how that goes, and telling one what to do.

use super::args::{self, SubscribersCommand};
use super::context::Context;
use super::error::{Failure, USAGE};
use super::{output, resend};
use crate::control::{Client, ControlError};
use crate::model::{
    SubscriberOrder, SubscriberStanding, SubscriberState, Timestamp, micros, outcome, safe, shape, thousands,
};
use crate::runtime;
use crate::store::{Reader, Step, Store};
use std::io::Write;

pub(super) fn run(context: &Context, args: &args::Subscribers) -> Result<u8, Failure> {
    let (name, order) = match &args.command {
        None => return list(context),
        Some(SubscribersCommand::Suspend { name }) => (name, SubscriberOrder::Suspend),
        Some(SubscribersCommand::Resume { name }) => (name, SubscriberOrder::Resume),
        Some(SubscribersCommand::Retry { name }) => (name, SubscriberOrder::Retry),
        Some(SubscribersCommand::Replay { name, filter, how }) => return resend::replay(context, name, filter, how),
    };
    match Client::connect(&context.store) {
        Ok(mut client) => client.subscriber(name, order)?,
        Err(ControlError::Nobody(_)) => alone(context, name, order)?,
        Err(error) => return Err(error.into()),
    }
    Ok(0)
}

/// Where nobody serves: written down for the next one who does.
fn alone(context: &Context, name: &str, order: SubscriberOrder) -> Result<(), Failure> {
    let known = context.config.subscribers.iter().find(|one| one.name == name);
    let unknown =
        || Failure::new(USAGE, format!("there is no subscriber `{name}`"), "whisper-tui subscribers lists them");
    let subscriber = known.ok_or_else(unknown)?;
    let store = Store::open(&context.store)?;
    let place = Reader::open(&context.store)?.place(name, subscriber.start)?;
    let held = match order {
        SubscriberOrder::Suspend => Some(SubscriberState::SUSPENDED.to_owned()),
        _ => None,
    };
    let step = Step {
        subscriber: name.to_owned(),
        at: runtime::now(),
        cursor: place.cursor,
        delivery: None,
        attempt: None,
        held: matches!(order, SubscriberOrder::Suspend | SubscriberOrder::Resume).then_some(held),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let done = runtime.block_on(async {
        store.steps(vec![step]).await?;
        match order {
            SubscriberOrder::Retry => store.revive(name.to_owned(), None).await.map(drop),
            _ => Ok(()),
        }
    });
    store.close();
    Ok(done?)
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
        let outcome = outcome(&s.url, *status, error.as_deref());
        format!("  {} at {}", safe(&outcome), Timestamp(*at).clock(&zone))
    });
    let figure = |figure: Option<u64>, unit: &str| figure.map_or("-".to_owned(), |n| format!("{n}{unit}"));
    let p95 = s.p95_us.map_or("-".to_owned(), micros);
    format!(
        "{:<20} {:<18} waiting {:<6} dead {:<4} delivered {:<7} ok {:<5} p95 {p95:<8} {}{}",
        safe(&s.name).to_string(),
        s.state.name(),
        thousands(s.waiting),
        thousands(s.dead),
        thousands(s.delivered),
        figure(s.ok_percent, "%"),
        safe(&s.url),
        last.unwrap_or_default()
    )
}

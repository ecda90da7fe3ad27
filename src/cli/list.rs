//! `list` and `tail`: stored events by filter.

use super::args;
use super::context::Context;
use super::error::{Failure, NO};
use super::follow::Follow;
use super::output;
use super::walk::{each_after, newest};
use crate::control::Client;
use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, StoredEvent, safe, shape};
use crate::runtime;
use crate::store::{Reader, Sieve};
use serde_json::json;
use std::io::Write;

/// Events that `tail` shows before it follows.
const TAIL: usize = 10;

pub(super) fn list(context: &Context, args: &args::List) -> Result<u8, Failure> {
    let filter = context.filter(&args.filter.join(" "))?;
    if let Some(id) = args.explain {
        return explain(context, &filter, id);
    }
    let reader = Reader::open(&context.store)?;
    if args.count {
        let (mut count, zone) = (0u64, runtime::zone());
        let sieve = Sieve { now: runtime::now(), zone: &zone, overtaken: &|_| false };
        reader.each(&filter, &sieve, EventId(0), |_| {
            count += 1;
            true
        })?;
        writeln!(std::io::stdout(), "{count}")?;
        return Ok(0);
    }
    match (args.after, args.limit) {
        (None, 0) => {
            each_after(&reader, &filter, EventId(0), |event| print(context, event).map(|()| true))?;
        }
        (None, limit) => {
            for event in newest(&reader, &filter, limit, EventId(i64::MAX))? {
                print(context, &event)?;
            }
        }
        (Some(after), limit) => {
            let mut left = if limit == 0 { usize::MAX } else { limit };
            each_after(&reader, &filter, EventId(after), |event| {
                print(context, event)?;
                left -= 1;
                Ok(left > 0)
            })?;
        }
    }
    Ok(0)
}

pub(super) fn tail(context: &Context, args: &args::Tail) -> Result<u8, Failure> {
    let filter = context.filter(&args.filter.join(" "))?;
    let mut client = Client::connect(&context.store)?;
    let reader = Reader::open(&context.store)?;
    client.watch()?;
    // What is committed after this moment is followed, what is older is shown at once: nothing twice, nothing never.
    let seen = EventId(reader.heads()?.event);
    for event in newest(&reader, &filter, TAIL, seen)? {
        print(context, &event)?;
    }
    let mut follow = Follow::new(&reader, &filter, seen);
    loop {
        follow.step(|event| print(context, event).map(|()| true))?;
        client.step()?;
    }
}

fn explain(context: &Context, filter: &Filter, id: i64) -> Result<u8, Failure> {
    let event = context.event(id)?;
    let zone = runtime::zone();
    let subject = Subject { event: &event, now: runtime::now(), zone: &zone };
    let mut out = std::io::stdout();
    let why = filter.explain(&subject);
    if context.json {
        let (clause, found) = why.as_ref().map(|why| (&why.clause, &why.found)).unzip();
        let line = json!({"event": id, "matches": why.is_none(), "clause": clause, "found": found});
        writeln!(out, "{}", output::json_line(&line))?;
    } else {
        match &why {
            None => writeln!(out, "#{id} matches")?,
            Some(why) => writeln!(out, "#{id} does not match {}", safe(&why.to_string()))?,
        }
    }
    Ok(if why.is_none() { 0 } else { NO })
}

pub(super) fn print(context: &Context, event: &StoredEvent) -> Result<(), Failure> {
    let line = match context.json {
        true => output::json_line(&shape::event(event)),
        false => output::event_line(event, &runtime::zone()),
    };
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}

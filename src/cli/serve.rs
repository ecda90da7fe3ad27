//! `serve`: listens without the interface, a line per event and per attempt.

use super::context::Context;
use super::error::{Failure, INTERRUPTED};
use super::output;
use crate::model::{EventId, Heads, shape};
use crate::runtime::{self, Look, Serving};
use crate::store::Reader;
use serde_json::json;
use std::io::{BufWriter, Write};
use std::sync::Arc;

/// Events read at once.
const BATCH: usize = 256;

pub(super) fn run(context: &Context) -> Result<u8, Failure> {
    context.warn();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let serving = Serving::start(&context.settings()).await?;
        let printed = *serving.store.signals().heads.borrow();
        let result = follow(context, &serving, printed).await;
        serving.stop().await;
        result
    })
}

/// The interface, which listens as long as it is open.
pub(super) fn interface(context: &Context, debug_panic: bool) -> Result<u8, Failure> {
    context.warn();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let serving = Serving::start(&context.settings()).await?;
        let look = Look { colour: context.config.theme != "none", debug_panic };
        let result = runtime::interface(&serving, Arc::clone(&context.keyring), look).await;
        serving.stop().await;
        Ok(result?)
    })
}

async fn follow(context: &Context, serving: &Serving, mut printed: Heads) -> Result<u8, Failure> {
    let mut heads = serving.store.signals().heads.clone();
    let reader = Reader::open(&context.store)?;
    greet(context, &serving.urls)?;
    let mut terminate = std::pin::pin!(runtime::terminated());
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(INTERRUPTED),
            () = &mut terminate => return Ok(0),
            changed = heads.changed() => if changed.is_err() { return Ok(0) },
        }
        heads.borrow_and_update();
        tokio::task::block_in_place(|| print_new(context, &reader, &mut printed))?;
    }
}

fn greet(context: &Context, urls: &[String]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if context.json {
        writeln!(out, "{}", json!({"kind": "listening", "urls": urls, "store": context.store.display().to_string()}))?;
    } else {
        for url in urls {
            writeln!(out, "listening on {url}")?;
        }
    }
    Ok(out.flush()?)
}

fn print_new(context: &Context, reader: &Reader, printed: &mut Heads) -> Result<(), Failure> {
    let zone = runtime::zone();
    let mut out = BufWriter::new(std::io::stdout().lock());
    loop {
        let events = reader.committed_after(EventId(printed.event), BATCH)?;
        for event in &events {
            if context.json {
                let mut line = shape::event(event);
                line["kind"] = json!("event");
                writeln!(out, "{line}")?;
            } else {
                writeln!(out, "{}", output::event_line(event, &zone))?;
            }
            printed.event = event.id.0;
        }
        if events.len() < BATCH {
            break;
        }
    }
    for attempt in reader.attempts_after(printed.attempt, BATCH)? {
        printed.attempt = attempt.id;
        if context.json {
            let line = json!({
                "kind": "attempt", "event": attempt.what.event.0, "subscriber": null, "attempt": shape::attempt(&attempt),
            });
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{}", output::attempt_line(&attempt))?;
        }
    }
    Ok(out.flush()?)
}

//! The question before the interface opens: whether subscribers get what they have missed, where that is much.
//! It must not be asked of a script: `serve` catches up.

use super::context::Context;
use super::error::Failure;
use crate::model::{SubscriberStanding, SubscriberState, Timestamp, count, safe};
use crate::runtime;
use crate::store::{Reader, StoreError};
use std::io::{BufRead, IsTerminal, Write};

/// Up to so many are not worth a question.
const FEW: u64 = 100;

/// The subscribers that shall leave out what they have missed.
pub(super) fn ask(context: &Context) -> Result<Vec<String>, Failure> {
    let settings = context.settings();
    if context.global.catch_up || context.global.skip || context.config.subscribers.is_empty() {
        return Ok(settings.skip);
    }
    let mut skip = Vec::new();
    for standing in behind(context)? {
        if std::io::stdin().is_terminal() && wants_to_skip(&standing)? {
            skip.push(standing.name);
        }
    }
    Ok(skip)
}

/// Those that have missed much.
fn behind(context: &Context) -> Result<Vec<SubscriberStanding>, Failure> {
    let reader = match Reader::open(&context.store) {
        Ok(reader) => reader,
        // A log that is new has nothing to catch up with; one that is older is brought up to date first.
        Err(StoreError::Missing(_) | StoreError::Older { .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let all = context.config.subscribers.iter().map(|one| runtime::backlog_of(&reader, one));
    let all = all.collect::<Result<Vec<_>, _>>()?;
    Ok(all
        .into_iter()
        .filter(|standing| standing.state == SubscriberState::Running && standing.waiting > FEW)
        .collect())
}

fn wants_to_skip(standing: &SubscriberStanding) -> Result<bool, Failure> {
    let (waiting, name) = (count(standing.waiting, "event"), safe(&standing.name));
    let since = standing.oldest.map(|at| format!(", the oldest since {}", Timestamp(at).date_clock(&runtime::zone())));
    let mut out = std::io::stdout();
    loop {
        write!(out, "{waiting} wait for {name}{}. [c] catch up  [s] skip them: ", since.clone().unwrap_or_default())?;
        out.flush()?;
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer)?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "s" => return Ok(true),
            // A terminal that is gone says nothing any more; then nothing is left out.
            "c" => return Ok(false),
            _ if read == 0 => return Ok(false),
            _ => {}
        }
    }
}

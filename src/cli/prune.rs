//! `prune`: removes events for good, through the serving process or by itself where there is none.

use super::args;
use super::context::Context;
use super::error::{Failure, NO, USAGE};
use crate::config::{age, size};
use crate::control::{Client, ControlError};
use crate::model::{Retention, bytes_size, count};
use crate::runtime;
use crate::store::{Reader, Store};
use serde_json::json;
use std::io::{BufRead, IsTerminal, Write};

pub(super) fn run(context: &Context, args: &args::Prune) -> Result<u8, Failure> {
    let retention = retention(context, args)?;
    let reader = Reader::open(&context.store)?;
    let would = reader.prunable(&retention, usize::MAX)?.len() as u64;
    let (many, used) = (count(would, "event"), bytes_size(reader.used_size()?));
    let mut out = std::io::stdout();
    if context.json && (args.dry_run || would == 0) {
        writeln!(out, "{}", json!({"removed": 0, "would": would, "used_bytes": reader.used_size()?}))?;
        return Ok(0);
    }
    if args.dry_run || would == 0 {
        writeln!(out, "{many} would be removed from {} ({used} in use)", context.store.display())?;
        return Ok(0);
    }
    if std::io::stdin().is_terminal() && !agrees(&format!("Remove {many} for good? They cannot be brought back."))? {
        writeln!(out, "nothing was removed")?;
        return Ok(NO);
    }
    let removed = match Client::connect(&context.store) {
        Ok(mut client) => client.prune(&retention)?,
        Err(ControlError::Nobody(_)) => own(context, retention)?,
        Err(error) => return Err(error.into()),
    };
    let used = Reader::open(&context.store)?.used_size()?;
    match context.json {
        true => writeln!(out, "{}", json!({"removed": removed, "would": would, "used_bytes": used}))?,
        false => writeln!(out, "{} removed; {} in use", count(removed, "event"), bytes_size(used))?,
    }
    Ok(0)
}

/// What the options say; without any, what the configuration says.
fn retention(context: &Context, args: &args::Prune) -> Result<Retention, Failure> {
    let wrong = |what: &str, text: &str, example: &str| {
        Failure::new(USAGE, format!("`{text}` is no {what}"), format!("for example {example}"))
    };
    let keep =
        args.keep.as_deref().map(|text| age(text).ok_or_else(|| wrong("age", text, "--keep 30d"))).transpose()?;
    let most = args.max_size.as_deref();
    let most = most.map(|text| size(text).ok_or_else(|| wrong("size", text, "--max-size 2GiB"))).transpose()?;
    let own = &context.config.keep;
    let (keep, most) = match (keep, most) {
        (None, None) => (own.age_us, Some(own.max_size)),
        (keep, most) => (keep.map(|keep| i64::try_from(keep.as_micros()).unwrap_or(i64::MAX)), most),
    };
    Ok(Retention::at(runtime::now(), keep, most))
}

/// The word has to be typed: what is removed is gone.
fn agrees(question: &str) -> Result<bool, Failure> {
    let mut err = std::io::stderr();
    write!(err, "{question} Type `prune` to do it: ")?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim() == "prune")
}

/// Takes the log's lock for as long as it lasts, and gives the room back to the disk.
fn own(context: &Context, retention: Retention) -> Result<u64, Failure> {
    let store = Store::open(&context.store)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let removed = runtime.block_on(async {
        let removed = store.prune(retention).await?;
        store.shrink().await?;
        Ok::<_, Failure>(removed)
    });
    store.close();
    removed
}

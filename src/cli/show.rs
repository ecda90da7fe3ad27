//! `show`: one event, whole or a part of it.

use super::args;
use super::context::Context;
use super::error::{Failure, NO};
use super::output;
use crate::control::Client;
use crate::exchange::is_secret;
use crate::model::{
    Diagnosis, Judgement, Punctuality, StoredEvent, Target, bytes_size, curl, micros, safe, safe_bytes,
};
use crate::runtime;
use crate::verify::{self, Catalogue, Proof};
use std::io::{IsTerminal, Write};

pub(super) fn run(context: &Context, args: &args::Show) -> Result<u8, Failure> {
    let stored = context.event(args.id)?;
    let mut out = std::io::stdout().lock();
    let part = &args.part;
    if part.body || part.raw {
        let mut bytes = if part.raw { stored.event.head.0.clone() } else { Vec::new() };
        bytes.extend_from_slice(&stored.event.body);
        if part.raw && stored.event.version == "HTTP/2.0" {
            eprintln!("note: HTTP/2 has no text form; this one is rebuilt");
        }
        exact(&mut out, &bytes)?;
    } else if context.json {
        writeln!(out, "{}", output::json_line(&runtime::as_shown(&stored, &context.keyring)))?;
    } else if part.headers {
        write!(out, "{}", stored.event.head.headers())?;
    } else if part.signature {
        writeln!(out, "{} at arrival", at_arrival(&stored))?;
        let (judgement, diagnosis) = proof(context, &stored);
        writeln!(out, "{}", output::proof(&judgement, &diagnosis))?;
    } else if part.timing {
        timing(&mut out, &stored)?;
    } else if part.curl {
        let target = own_target(context, args.to.as_deref())?;
        writeln!(out, "{}", curl(&stored.event, &target, &|name| is_secret(&stored, name)))?;
    } else {
        whole(&mut out, context, &stored)?;
    }
    out.flush()?;
    if stored.damaged {
        eprintln!("error: the stored bytes of event {} no longer match their checksum", stored.id);
        eprintln!("hint: whisper-tui check examines the log");
        return Ok(NO);
    }
    Ok(0)
}

/// The proof made anew, and what the doctor says of it; the verdict itself is the stored one.
pub(super) fn proof(context: &Context, stored: &StoredEvent) -> (Judgement, Diagnosis) {
    let headers = stored.event.head.headers();
    let (catalogue, keyring) = (Catalogue::in_force(), &context.keyring);
    let judgement = verify::examine(catalogue, keyring, &stored.event, &headers, Proof::Wanted).judgement;
    let diagnosis = verify::consult(catalogue, keyring, (&stored.event, &headers), &judgement, &mut |_| true);
    (judgement, diagnosis)
}

/// The own listener, as the serving process says it; without one the configured address.
pub(super) fn own_target(context: &Context, to: Option<&str>) -> Result<Target, Failure> {
    let served = || Client::connect(&context.store).ok()?.urls().ok()?.into_iter().next();
    let configured = || context.config.listen.first().map(|a| format!("http://{a}"));
    let text = to.map(str::to_owned).or_else(served).or_else(configured).unwrap_or_default();
    Target::parse(&text).map_err(|e| Failure::new(super::error::USAGE, e.to_string(), e.hint()))
}

/// Exact bytes into a file or pipe; escaped on a terminal, which would obey them.
fn exact(out: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    if !std::io::stdout().is_terminal() {
        return out.write_all(bytes);
    }
    for line in bytes.split(|&b| b == b'\n') {
        writeln!(out, "{}", safe_bytes(line))?;
    }
    eprintln!("hint: escaped for the terminal; the exact bytes: whisper-tui show ... > FILE");
    Ok(())
}

fn whole(out: &mut impl Write, context: &Context, stored: &StoredEvent) -> std::io::Result<()> {
    let e = &stored.event;
    writeln!(out, "#{} {} {}", stored.id, safe(&e.source), safe(&e.label()))?;
    let zone = runtime::zone();
    writeln!(
        out,
        "{} {} {} from {}, {}",
        safe(&e.method),
        safe(&e.target),
        e.version,
        e.remote,
        e.received_at.date_clock(&zone)
    )?;
    if let Some(why) = &e.rejected {
        writeln!(out, "rejected: {}", safe(why))?;
    }
    if stored.marks.pinned {
        writeln!(out, "pinned")?;
    }
    if let Some(note) = &stored.marks.note {
        writeln!(out, "note: {}", safe(note))?;
    }
    if let Some(at) = stored.marks.deleted_at {
        writeln!(out, "deleted {}; whisper-tui mark {} --restore brings it back", at.date_clock(&zone), stored.id)?;
    }
    writeln!(out, "\n{}", e.head.headers())?;
    writeln!(out, "signature {} at arrival", at_arrival(stored))?;
    let (judgement, diagnosis) = proof(context, stored);
    writeln!(out, "{}\n", output::proof(&judgement, &diagnosis))?;
    timing(out, stored)?;
    for attempt in &stored.attempts {
        writeln!(out, "{}", output::attempt_line(attempt))?;
    }
    for drift in &stored.drift {
        writeln!(out, "another shape than before: {}", safe(&drift.words()))?;
    }
    writeln!(out, "\nbody, {}", bytes_size(stored.size))?;
    for line in e.body.split(|&b| b == b'\n') {
        writeln!(out, "{}", safe_bytes(line))?;
    }
    Ok(())
}

/// What the signature was worth when the event came.
fn at_arrival(stored: &StoredEvent) -> &'static str {
    stored.at_arrival.unwrap_or(stored.event.judgement.verdict).name()
}

fn timing(out: &mut impl Write, stored: &StoredEvent) -> std::io::Result<()> {
    let t = stored.timing();
    if let Some(answer) = &stored.answer {
        writeln!(out, "told {}", answer.words())?;
    }
    for (name, us) in t.named().into_iter().chain([("total", t.total_us)]) {
        writeln!(out, "{name:<8} {}", us.map_or("-".to_owned(), micros))?;
    }
    if let Some(deadline) = stored.event.origin.deadline_us {
        let how = match stored.punctuality() {
            Some(Punctuality::Late) => ": LATE",
            Some(Punctuality::Nearly) => ": nearly late",
            _ => "",
        };
        writeln!(out, "the sender waits {}{how}", micros(deadline))?;
    }
    if let Some(at) = stored.event.origin.made_at {
        writeln!(out, "made {}", at.date_clock(&runtime::zone()))?;
    }
    if let Some(id) = stored.overtaken_by {
        writeln!(out, "out of order: #{id} of its source was made later and came before")?;
    }
    Ok(())
}

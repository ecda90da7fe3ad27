//! `check`: configuration, secrets, log, port; what is wrong and how to mend it.

use super::args::{self, Global};
use super::context::Context;
use super::error::{Failure, NO, USAGE};
use crate::config;
use crate::control::Client;
use crate::model::{Answered, EventId, Skill, SubscriberStanding, count, safe};
use crate::runtime;
use crate::store::{Reader, StoreError};
use crate::verify::{Catalogue, CatalogueError};
use serde_json::json;
use std::io::Write;
use std::net::TcpListener;

/// Events read at once.
const BATCH: usize = 256;

/// One line of the report.
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
    hint: Option<String>,
}

impl Finding {
    fn good(check: &'static str, detail: impl Into<String>) -> Finding {
        Finding { check, ok: true, detail: detail.into(), hint: None }
    }

    fn bad(check: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Finding {
        Finding { check, ok: false, detail: detail.into(), hint: Some(hint.into()) }
    }
}

pub(super) fn run(global: &Global, args: &args::Check) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    if args.print_config {
        write!(out, "{}", config::DEFAULT)?;
        return Ok(0);
    }
    let context = Context::load(global, false)?;
    if let Some(name) = &args.source {
        return source(&context, name, &mut out);
    }
    let mut findings = vec![Finding::good("config", "every key is known")];
    findings.extend(secrets(&context));
    findings.extend(entries(&context));
    findings.extend(log(&context));
    findings.extend(ports(&context));
    for f in &findings {
        if context.json {
            writeln!(out, "{}", json!({"check": f.check, "ok": f.ok, "detail": f.detail, "hint": f.hint}))?;
        } else {
            writeln!(out, "{:<4} {:<8} {}", if f.ok { "ok" } else { "BAD" }, f.check, f.detail)?;
            if let Some(hint) = &f.hint {
                writeln!(out, "              {hint}")?;
            }
        }
    }
    Ok(if findings.iter().all(|f| f.ok) { 0 } else { NO })
}

/// What is done well about a source, and what is not.
fn source(context: &Context, name: &str, out: &mut impl Write) -> Result<u8, Failure> {
    let reader = Reader::open(&context.store)?;
    let keys = context.secrets();
    let all = runtime::sources(&reader, &keys.live.now(), &standings(context, &reader)?)?;
    let Some(one) = all.iter().find(|one| one.name == name) else {
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let hint = if names.is_empty() {
            "nothing has arrived yet".to_owned()
        } else {
            format!("there is {}", safe(&names.join(", ")))
        };
        return Err(Failure::new(USAGE, format!("there is no source `{}`", safe(name)), hint));
    };
    let skills = one.skills(&runtime::zone());
    for Skill { name, answered, proof, mend } in &skills {
        if context.json {
            writeln!(out, "{}", json!({"check": name, "ok": answered.holds(), "detail": proof, "hint": mend}))?;
        } else {
            writeln!(out, "{:<4} {name:<18} {}", answered.word(), safe(proof))?;
            if let Some(mend) = mend {
                writeln!(out, "                        {mend}")?;
            }
        }
    }
    if let (false, Some((words, _))) = (context.json, one.rhythm(runtime::now())) {
        writeln!(out, "     {:<18} {words}", "rhythm")?;
    }
    let no = skills.iter().any(|skill| skill.answered == Answered::No);
    Ok(if no { NO } else { 0 })
}

fn standings(context: &Context, reader: &Reader) -> Result<Vec<SubscriberStanding>, StoreError> {
    context.routes().now().subscribers.iter().map(|one| runtime::backlog_of(reader, one)).collect()
}

fn secrets(context: &Context) -> Vec<Finding> {
    let bad = |p: &config::SecretProblem| {
        Finding::bad("secrets", format!("{}: {}", p.reference, p.why), "set it, or take it out of the configuration")
    };
    match context.problems.is_empty() {
        true => vec![Finding::good("secrets", "every reference can be read")],
        false => context.problems.iter().map(bad).collect(),
    }
}

/// The user's own entries of the catalogue; nothing is said where there are none.
fn entries(context: &Context) -> Vec<Finding> {
    let own = Catalogue::in_force().all().iter().filter(|p| p.own).count() as u64;
    let bad = |e: &CatalogueError| {
        Finding::bad("entries", e.to_string(), "whisper-tui providers ID shows how an entry is made")
    };
    let good = (own > 0).then(|| Finding::good("entries", format!("{} of yours", count(own, "entry"))));
    context.entries.iter().map(bad).chain(good).collect()
}

fn log(context: &Context) -> Vec<Finding> {
    match examine(context) {
        Ok(findings) => findings,
        Err(StoreError::Missing(path)) => {
            vec![Finding::good("log", format!("{} will be made at the first start", path.display()))]
        }
        Err(error) => vec![Finding::bad("log", error.to_string(), error.hint())],
    }
}

fn examine(context: &Context) -> Result<Vec<Finding>, StoreError> {
    let reader = Reader::open(&context.store)?;
    let restore = "restore the log from a copy, or go on with another one: --store PATH";
    let integrity = reader.integrity()?;
    if integrity != "ok" {
        return Ok(vec![Finding::bad("log", integrity, restore)]);
    }
    let (mut events, mut damaged, mut after) = (0u64, Vec::new(), EventId(0));
    loop {
        let batch = reader.after(after, BATCH)?;
        let Some(last) = batch.last() else { break };
        after = last.id;
        events += batch.len() as u64;
        damaged.extend(batch.iter().filter(|e| e.damaged).map(|e| format!("#{}", e.id)));
    }
    let log = match damaged.is_empty() {
        true => Finding::good("log", format!("{events} events, every checksum holds")),
        false => Finding::bad("log", format!("bytes have changed in {}", damaged.join(" ")), restore),
    };
    Ok(vec![log, index(&reader)])
}

/// The search index; what it does not know is read when something is looked for.
fn index(reader: &Reader) -> Finding {
    match reader.examine_index() {
        Ok(events) => Finding::good("index", format!("{} in it", count(events, "event"))),
        Err(what) => {
            Finding::bad("index", what, "remove the file beside the log that ends in .index: it is made again")
        }
    }
}

fn ports(context: &Context) -> Vec<Finding> {
    if let Ok(urls) = Client::connect(&context.store).and_then(|mut client| client.urls()) {
        return vec![Finding::good("port", format!("served: {}", urls.join(" ")))];
    }
    let try_port = |address: &std::net::SocketAddr| match TcpListener::bind(address) {
        Ok(_) => Finding::good("port", format!("{address} is free")),
        Err(e) => Finding::bad("port", format!("{address}: {e}"), "another one: --listen ADDR:PORT"),
    };
    context.config.listen.iter().map(try_port).collect()
}

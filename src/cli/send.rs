//! `send`: an event as a provider would send it, made fresh and signed.

use super::args;
use super::context::{Context, unknown_provider};
use super::error::{CANNOT, Failure, NO, USAGE};
use super::{output, verify};
use crate::control::Client;
use crate::delivery::send_sample;
use crate::model::{Attempt, Target, json_lookup, json_value, micros, safe, safe_bytes, shape};
use crate::runtime;
use crate::samples::{Draft, Fresh, Sending, Signed, types};
use crate::verify::{Catalogue, Provider};
use serde_json::json;
use std::io::Write;

/// Lines of a refusal that are shown, and bytes of each.
const LINES: usize = 12;
const WIDTH: usize = 400;

pub(super) fn run(context: &Context, args: &args::Send) -> Result<u8, Failure> {
    let named = args.provider.as_deref().map(provider).transpose()?;
    if args.list {
        return list(context, named);
    }
    context.warn();
    let (provider, draft) = draft(context, args, named)?;
    let (target, own) = target(context, args.to.as_deref())?;
    let keyring = context.keyring_with_loose(&provider.id)?;
    let kind = draft.kind.clone();
    let sending = Sending { provider, target: &target, own, keyring: &keyring, now: runtime::now() };
    let prepared = sending.prepare(draft);
    tell(provider, &prepared.signed);
    let runtime = tokio::runtime::Runtime::new()?;
    let attempt = runtime.block_on(send_sample(&target, prepared.out, prepared.body, prepared.signed.secret()));
    print(context, provider, &kind, &attempt)?;
    Ok(if attempt.what.succeeded() { 0 } else { NO })
}

fn provider(id: &str) -> Result<&'static Provider, Failure> {
    Catalogue::in_force().get(id).ok_or_else(|| unknown_provider(id))
}

/// What there is to send, a line for each type.
fn list(context: &Context, named: Option<&Provider>) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    for provider in Catalogue::in_force().all().iter().filter(|p| named.is_none_or(|named| named.id == p.id)) {
        for kind in types(provider) {
            match context.json {
                true => writeln!(out, "{}", json!({"provider": provider.id, "type": kind}))?,
                false => writeln!(out, "{:<24} {kind}", provider.id)?,
            }
        }
    }
    Ok(0)
}

fn draft(
    context: &Context,
    args: &args::Send,
    named: Option<&'static Provider>,
) -> Result<(&'static Provider, Draft), Failure> {
    let (provider, mut draft) = match args.like {
        Some(id) => {
            let stored = context.event(id)?;
            let own = stored.event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
            if let Some((named, own)) = named.zip(own).filter(|(named, own)| named.id != own.id) {
                let what = format!("#{id} is an event of {}, not of {}", own.id, named.id);
                return Err(Failure::new(USAGE, what, format!("whisper-tui send --like {id}")));
            }
            let unknown =
                || Failure::new(USAGE, format!("who sent #{id} is not known"), "name a provider before --like");
            (named.or(own).ok_or_else(unknown)?, Draft::like(&stored))
        }
        None => {
            let provider =
                named.ok_or_else(|| Failure::new(USAGE, "no provider is named", "whisper-tui send --list"))?;
            let now = runtime::now();
            let fresh = Fresh { seed: uuid::Uuid::new_v4().as_u64_pair().0, now };
            let made = Draft::of(provider, args.kind.as_deref(), fresh);
            (provider, made.ok_or_else(|| no_such_type(provider, args.kind.as_deref()))?)
        }
    };
    if let Some(path) = &args.body {
        draft.body = verify::body(path)?;
        // What is in the file is what is sent.
        draft.headers.remove("content-encoding");
    }
    for change in &args.set {
        let wrong = |why: String| Failure::new(USAGE, why, "for example --set data.object.amount=100");
        let (path, value) = change.split_once('=').ok_or_else(|| wrong(format!("`{change}` sets nothing")))?;
        if json_lookup(&draft.body, path).is_none() && json_value(&draft.body).is_some() {
            eprintln!("note: {} was not there before", safe(path));
        }
        draft.set(path, value).map_err(|e| wrong(e.to_string()))?;
    }
    Ok((provider, draft))
}

fn no_such_type(provider: &Provider, kind: Option<&str>) -> Failure {
    let what = format!("there is no sample of {} with the type `{}`", provider.id, kind.unwrap_or_default());
    Failure::new(USAGE, what, format!("there are {}", types(provider).join(", ")))
}

/// Where it goes, and whether that is the process that serves the log.
fn target(context: &Context, to: Option<&str>) -> Result<(Target, bool), Failure> {
    let served = Client::connect(&context.store).and_then(|mut client| client.urls()).unwrap_or_default();
    let text = match to {
        Some(to) => to,
        None => served.first().map(String::as_str).ok_or_else(|| {
            Failure::new(
                CANNOT,
                "no whisper-tui serves this log",
                "start one, or say where to: --to http://127.0.0.1:3000",
            )
        })?,
    };
    let target = Target::parse(text).map_err(|e| Failure::new(USAGE, e.to_string(), e.hint()))?;
    context.config.allowed.check(&target).map_err(|e| Failure::new(USAGE, e.to_string(), e.hint()))?;
    let own = served.iter().any(|url| Target::parse(url).is_ok_and(|own| own.origin() == target.origin()));
    Ok((target, own))
}

/// What a receiver has to know to find it genuine.
fn tell(provider: &Provider, signed: &Signed) {
    match signed {
        Signed::With(_) => {}
        Signed::Example(secret) => {
            let text = String::from_utf8_lossy(secret.expose()).into_owned();
            eprintln!("note: signed with the example secret `{text}`; --secret env:NAME signs with yours");
        }
        Signed::Not(why) => eprintln!("note: not signed: {}", safe(&why.replace('\n', " "))),
    }
    if provider.signs_nothing() {
        eprintln!("note: {} signs nothing", safe(&provider.name));
    }
}

fn print(context: &Context, provider: &Provider, kind: &str, attempt: &Attempt) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if context.json {
        let line = json!({"provider": provider.id, "type": kind, "attempt": shape::attempt(attempt)});
        return Ok(writeln!(out, "{}", output::json_line(&line))?);
    }
    let a = &attempt.what;
    let (kind, url) = (safe(kind), safe(&a.url));
    writeln!(out, "{} {kind} -> {url} {} in {}", provider.id, safe(&a.outcome()), micros(a.total_us))?;
    if !a.succeeded() {
        // Why is what the handler says.
        for line in a.response_body.split(|&b| b == b'\n').take(LINES).filter(|line| !line.is_empty()) {
            writeln!(out, "  {}", safe_bytes(&line[..line.len().min(WIDTH)]))?;
        }
    }
    Ok(())
}

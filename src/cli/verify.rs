//! `verify`: signatures of stored events, or of a request given on the command line.

use super::args;
use super::context::{Context, unknown_provider};
use super::error::{Failure, NO, USAGE};
use super::walk::each_after;
use super::{output, show};
use crate::model::{Diagnosis, EventId, Headers, Judgement, Timestamp, Verdict, shape};
use crate::runtime;
use crate::store::Reader;
use crate::verify::{Called, Catalogue, Patient, Proof, Question, diagnose, judge};
use std::io::{Read, Write};
use std::path::Path;

pub(super) fn run(context: &Context, args: &args::Verify) -> Result<u8, Failure> {
    context.warn();
    if let Some(provider) = &args.provider {
        let (judgement, diagnosis) = offline(context, args, provider)?;
        return print(context, None, &judgement, &diagnosis);
    }
    let mut status = 0;
    let reader = Reader::open(&context.store)?;
    match &args.filter {
        Some(text) => {
            each_after(&reader, &context.filter(text)?, EventId(0), |event| {
                let (judgement, diagnosis) = show::proof(context, event);
                status = status.max(print(context, Some(event.id), &judgement, &diagnosis)?);
                Ok(true)
            })?;
        }
        None if args.ids.is_empty() => {
            return Err(Failure::new(
                USAGE,
                "nothing to verify",
                "name events by ID or --filter, or --provider for a request",
            ));
        }
        None => {
            for &id in &args.ids {
                let event = context.event(id)?;
                let (judgement, diagnosis) = show::proof(context, &event);
                status = status.max(print(context, Some(event.id), &judgement, &diagnosis)?);
            }
        }
    }
    Ok(status)
}

fn offline(context: &Context, args: &args::Verify, id: &str) -> Result<(Judgement, Diagnosis), Failure> {
    let provider = Catalogue::in_force().get(id).ok_or_else(|| unknown_provider(id))?;
    let mut headers = Headers::default();
    for line in &args.header {
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| Failure::new(USAGE, format!("`{line}` is not a header"), "write it as 'Name: value'"))?;
        headers.push(name.trim(), value.trim());
    }
    let keyring = context.keyring_with_loose(id)?;
    let body = args.body.as_deref().map(body).transpose()?.unwrap_or_default();
    let params = args.param.iter().map(|text| param(text)).collect::<Result<_, _>>()?;
    let question = Question {
        method: &args.method,
        called: Called::Url(&args.url),
        headers: &headers,
        body: &body,
        arrived: args.at.map_or_else(runtime::now, Timestamp::from_secs),
        params: &params,
    };
    let secrets = keyring.secrets(None, id);
    let judgement = judge(provider, secrets, &question, Proof::Wanted);
    let diagnosis = diagnose(&Patient::new(Some(provider), secrets, &keyring, question), &judgement, &mut |_| true);
    Ok((judgement, diagnosis))
}

/// What a file holds; `-` is stdin.
pub(super) fn body(path: &Path) -> Result<Vec<u8>, Failure> {
    if path.as_os_str() == "-" {
        let mut body = Vec::new();
        std::io::stdin().read_to_end(&mut body)?;
        return Ok(body);
    }
    let unread = |e| Failure::new(USAGE, format!("{}: {e}", path.display()), "name the file that holds the body");
    std::fs::read(path).map_err(unread)
}

fn param(text: &str) -> Result<(String, String), Failure> {
    let wrong = || Failure::new(USAGE, format!("`{text}` is no setting"), "write it as NAME=VALUE");
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(wrong)
}

fn print(context: &Context, id: Option<EventId>, judgement: &Judgement, diagnosis: &Diagnosis) -> Result<u8, Failure> {
    let mut out = std::io::stdout().lock();
    if context.json {
        let mut line = shape::verdict(judgement, diagnosis);
        if let Some(id) = id {
            line["event"] = id.0.into();
        }
        writeln!(out, "{}", output::json_line(&line))?;
    } else {
        let prefix = id.map(|id| format!("#{id} ")).unwrap_or_default();
        writeln!(out, "{prefix}{}", output::proof(judgement, diagnosis))?;
    }
    Ok(if judgement.verdict == Verdict::Valid { 0 } else { NO })
}

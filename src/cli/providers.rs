//! `providers`: the catalogue, one entry in words, and what its known answers say.

use super::args;
use super::context::{Context, unknown_provider};
use super::error::{Failure, NO};
use crate::model::{Secret, Verdict, safe};
use crate::runtime;
use crate::samples::{Draft, Fresh, Signing};
use crate::verify::{Catalogue, Params, Provider, example_secret, explain, known_answer};
use serde_json::json;
use std::io::Write;

pub(super) fn run(context: &Context, args: &args::Providers) -> Result<u8, Failure> {
    context.entries.iter().for_each(|error| eprintln!("warning: {error}"));
    let catalogue = Catalogue::in_force();
    let chosen: Vec<&Provider> = match &args.id {
        Some(id) => vec![catalogue.get(id).ok_or_else(|| unknown_provider(id))?],
        None => catalogue.all().iter().collect(),
    };
    let mut out = std::io::stdout().lock();
    if args.check {
        return check(context, &chosen, &mut out);
    }
    for provider in chosen {
        if context.json {
            writeln!(out, "{}", line(provider))?;
        } else if args.id.is_some() {
            write!(out, "{}", in_words(provider))?;
        } else {
            let (confidence, algorithm) = (provider.confidence.name(), provider.algorithm());
            writeln!(out, "{:<24} {confidence:<10} {algorithm:<12} {}", provider.id, safe(&provider.name))?;
        }
    }
    Ok(0)
}

fn line(p: &Provider) -> serde_json::Value {
    let signed = Some(p.signed()).filter(|s| !s.is_empty());
    json!({"id": p.id, "name": p.name, "confidence": p.confidence.name(), "algorithm": p.algorithm(), "signed": signed})
}

fn in_words(provider: &Provider) -> String {
    let mut out = String::new();
    for (label, words) in explain(provider) {
        match label {
            "" => out.push_str(&format!("{}\n", safe(&words))),
            label => out.push_str(&format!("  {label:<11} {}\n", safe(&words))),
        }
    }
    out.push_str(&shown(provider).unwrap_or_default());
    out
}

/// A request as this provider would send it.
fn shown(provider: &Provider) -> Option<String> {
    let now = runtime::now();
    let mut draft = Draft::of(provider, None, Fresh { seed: now.0 as u64, now })?;
    let secret = example_secret(provider);
    let params: Params = provider.params().into_iter().map(|name| (name.to_owned(), "example".to_owned())).collect();
    let url = format!("https://hooks.example.com{}", draft.path);
    let known = Secret::new("example", secret.clone().into_bytes());
    let words = match draft.sign(provider, &Signing { secret: &known, url: &url, params: &params, now }) {
        Ok(()) => format!("An example, signed with the secret `{secret}`"),
        Err(_) => {
            provider.signature_headers().take(1).for_each(|name| draft.headers.set(name, "..."));
            "An example".to_owned()
        }
    };
    let (method, path, body) = (&draft.method, &draft.path, String::from_utf8_lossy(&draft.body).into_owned());
    let request = format!("{method} {path} HTTP/1.1\nHost: hooks.example.com\n{}\n{body}", draft.headers);
    let lines: String = request.lines().map(|line| format!("  {}\n", safe(line))).collect();
    Some(format!("\n{words}:\n\n{lines}"))
}

/// Runs known answers; exit 1 where one does not hold.
fn check(context: &Context, chosen: &[&Provider], out: &mut impl Write) -> Result<u8, Failure> {
    let (mut tried, mut wrong) = (0, 0);
    for provider in chosen {
        let Some((judgement, source)) = known_answer(provider) else {
            if chosen.len() == 1 {
                let hint = "its confidence says what it stands on: whisper-tui providers ID";
                return Err(Failure::new(NO, format!("{} has no known answer", provider.id), hint));
            }
            continue;
        };
        let ok = judgement.verdict == Verdict::Valid;
        tried += 1;
        wrong += usize::from(!ok);
        match context.json {
            true => writeln!(out, "{}", json!({"id": provider.id, "ok": ok, "source": source}))?,
            false => writeln!(out, "{:<4} {:<24} {source}", if ok { "ok" } else { "BAD" }, provider.id)?,
        }
    }
    if !context.json && chosen.len() > 1 {
        let all = chosen.len();
        writeln!(out, "{} of {tried} known answers hold; {} entries have none", tried - wrong, all - tried)?;
    }
    Ok(if wrong == 0 { 0 } else { NO })
}

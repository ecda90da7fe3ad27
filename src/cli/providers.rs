//! `providers`: the catalogue, or one entry in words.

use super::args;
use super::context::unknown_provider;
use super::error::Failure;
use crate::verify::{Catalogue, Provider};
use serde_json::json;
use std::io::Write;

pub(super) fn run(args: &args::Providers, json: bool) -> Result<u8, Failure> {
    let catalogue = Catalogue::in_force();
    let mut out = std::io::stdout().lock();
    if let Some(id) = &args.id {
        let provider = catalogue.get(id).ok_or_else(|| unknown_provider(id))?;
        match json {
            true => writeln!(out, "{}", line(provider))?,
            false => writeln!(out, "{}", explain(provider))?,
        }
        return Ok(0);
    }
    for provider in catalogue.all() {
        match json {
            true => writeln!(out, "{}", line(provider))?,
            false => writeln!(
                out,
                "{:<20} {:<20} {:<12} {}",
                provider.id,
                provider.name,
                provider.confidence.name(),
                provider.algorithm()
            )?,
        }
    }
    Ok(0)
}

fn line(p: &Provider) -> serde_json::Value {
    let signed = Some(p.signed()).filter(|s| !s.is_empty());
    json!({"id": p.id, "name": p.name, "confidence": p.confidence.name(), "algorithm": p.algorithm(), "signed": signed})
}

fn explain(p: &Provider) -> String {
    let mut out = format!("{}  {}  (confidence: {})\n", p.id, p.name, p.confidence.name());
    out.push_str(&format!(
        "\n{} carries the signature, made with {}",
        p.signature_place().unwrap_or_default(),
        p.algorithm()
    ));
    match p.signed() {
        "" => out.push_str(".\nIt is a shared token: the body is not covered.\n"),
        signed => out.push_str(&format!(" over\n    {signed}\n")),
    }
    match p.tolerance() {
        Some(limit) => out.push_str(&format!("An event older than {limit} s at its arrival is `old`.\n")),
        None => out.push_str("The time is not judged.\n"),
    }
    out.push_str(&format!(
        "\nIts secret: whisper-tui --secret {}=env:NAME, or in [secrets] of the configuration.",
        p.id
    ));
    out
}

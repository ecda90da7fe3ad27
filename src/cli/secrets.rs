//! `secrets`: which there are and who uses them, keeping one, forgetting one. No value is ever shown.

use super::args;
use super::context::Context;
use super::error::{Failure, USAGE};
use super::output;
use crate::config::{keep, kept_names};
use crate::control::{Client, ControlError};
use crate::model::SecretRef;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Read, Write};

pub(super) fn run(context: &Context, args: &args::Secrets) -> Result<u8, Failure> {
    match &args.command {
        Some(args::SecretsCommand::List) => list(context),
        Some(args::SecretsCommand::Set { name }) => set(context, name),
        Some(args::SecretsCommand::Remove { name }) => remove(context, name),
        None => {
            let hint = "secrets list, secrets set NAME or secrets remove NAME";
            Err(Failure::new(USAGE, "what to do with the secrets is missing", hint))
        }
    }
}

/// Every reference of the configuration and every kept secret, with the sources and providers that use it.
fn list(context: &Context) -> Result<u8, Failure> {
    let config = &context.config;
    let mut used: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut note = |reference: &SecretRef, by: Option<&str>| {
        let (_, users) = used.entry(reference.to_string()).or_insert((reference.name().to_owned(), Vec::new()));
        users.extend(by.map(str::to_owned));
    };
    config.secrets.iter().for_each(|(provider, refs)| refs.iter().for_each(|r| note(r, Some(provider))));
    for source in &config.sources {
        source.secrets.iter().for_each(|r| note(r, Some(&source.name)));
        let params = source.params.values().filter_map(|text| SecretRef::parse(text).ok());
        params.for_each(|r| note(&r, Some(&source.name)));
    }
    for subscriber in &config.subscribers {
        subscriber.signer.iter().for_each(|signer| note(&signer.secret, Some(&subscriber.name)));
    }
    let kept = kept_names(&context.places.kept).map_err(unreadable)?;
    kept.into_iter().for_each(|name| note(&SecretRef::Kept(name), None));
    let mut out = std::io::stdout().lock();
    for (reference, (name, users)) in used {
        if context.json {
            let line = json!({"name": name, "ref": reference, "used_by": users});
            writeln!(out, "{}", output::json_line(&line))?;
        } else {
            let users = if users.is_empty() { "nobody".to_owned() } else { users.join(", ") };
            writeln!(out, "{name:<24} {reference:<32} used by {users}")?;
        }
    }
    Ok(0)
}

/// From a prompt that does not show it, or from stdin; one final newline is dropped.
fn set(context: &Context, name: &str) -> Result<u8, Failure> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(Failure::new(USAGE, format!("`{name}` is no name for a secret"), "letters, digits, - _ ."));
    }
    let mut value = match std::io::stdin().is_terminal() {
        true => rpassword::prompt_password(format!("Value of {name} (not shown): "))?,
        false => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text)?;
            text
        }
    };
    if value.ends_with('\n') {
        value.truncate(value.len() - if value.ends_with("\r\n") { 2 } else { 1 });
    }
    if value.is_empty() {
        return Err(Failure::new(USAGE, "the secret is empty", "nothing was kept; give it on stdin or at the prompt"));
    }
    let before = keep(&context.places.kept, name, Some(value)).map_err(unreadable)?;
    tell_who_serves(context);
    let words = if before { "replaced" } else { "kept" };
    writeln!(std::io::stdout(), "{words}: name it as kept:{name}, for example --secret stripe=kept:{name}")?;
    Ok(0)
}

fn remove(context: &Context, name: &str) -> Result<u8, Failure> {
    let missing = || Failure::new(USAGE, format!("no secret `{name}` is kept"), "whisper-tui secrets list shows them");
    if !kept_names(&context.places.kept).map_err(unreadable)?.iter().any(|known| known == name) {
        return Err(missing());
    }
    if std::io::stdin().is_terminal() {
        eprint!("Forget the secret {name}? It cannot be brought back. Type its name to do it: ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != name {
            writeln!(std::io::stdout(), "nothing was removed")?;
            return Ok(super::error::NO);
        }
    }
    keep(&context.places.kept, name, None).map_err(unreadable)?;
    tell_who_serves(context);
    writeln!(std::io::stdout(), "removed")?;
    Ok(0)
}

/// A process that serves the log reads its secrets again, and judges again what that concerns.
fn tell_who_serves(context: &Context) {
    match Client::connect(&context.store).and_then(|mut client| client.keys(None, None)) {
        Ok(_) | Err(ControlError::Nobody(_)) => {}
        Err(error) => eprintln!("warning: the process that serves the log goes on with the old secrets: {error}"),
    }
}

fn unreadable(what: String) -> Failure {
    Failure::new(super::error::CANNOT, what, "look at the file's permissions and contents")
}

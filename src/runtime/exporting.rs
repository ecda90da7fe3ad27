//! Events of the log as a file: NDJSON, HAR, or commands for a shell.
//! It must not hold more than one event: a log is larger than memory.

use super::clock;
use crate::exchange::{HAR_BEGIN, HAR_END, Redacted, har_entry, is_secret, ndjson_line};
use crate::model::filter::Filter;
use crate::model::{EventId, StoredEvent, Target, count, curl, safe, safe_json, shape};
use crate::store::{Reader, Sieve, StoreError};
use crate::verify::{self, Catalogue, Keyring, Proof};
use std::io::{self, Write};
use std::path::Path;

/// Events looked for at once: between two looks nothing is held in the log.
const BATCH: usize = 256;

/// What is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// The lines of `show --json`.
    Ndjson,
    /// One HTTP archive.
    Har,
    /// A command an event, sent there.
    Curl(Target),
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Events.
    pub events: u64,
    /// Credentials that were left out.
    pub redacted: Redacted,
    /// Events whose bytes have changed in the log: they were left out.
    pub damaged: Vec<EventId>,
}

/// Why nothing more could be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Where it is written to.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes the events that match, oldest first; credentials are left out unless `whole`.
pub fn export(
    reader: &Reader,
    keyring: &Keyring,
    filter: &Filter,
    (format, whole): (&Format, bool),
    out: &mut dyn Write,
) -> Result<Exported, ExportError> {
    let mut done = Exported::default();
    let zone = clock::zone();
    let sieve = Sieve { now: clock::now(), zone: &zone, overtaken: &|_| false };
    let (last, mut after) = (EventId(reader.heads()?.event), EventId(0));
    if *format == Format::Har {
        writeln!(out, "{HAR_BEGIN}")?;
    }
    loop {
        let ids = reader.next(filter, &sieve, (after, last), BATCH)?;
        for id in &ids {
            // One that was pruned meanwhile is passed over.
            let Some(stored) = reader.event(*id)? else { continue };
            if stored.damaged {
                done.damaged.push(*id);
                continue;
            }
            if *format == Format::Har && done.events > 0 {
                writeln!(out, ",")?;
            }
            let redacted = (!whole).then_some(&mut done.redacted);
            writeln!(out, "{}", one(&stored, keyring, format, redacted))?;
            done.events += 1;
        }
        match ids.last().filter(|_| ids.len() == BATCH) {
            Some(last) => after = *last,
            None => break,
        }
    }
    if *format == Format::Har {
        writeln!(out, "{HAR_END}")?;
    }
    out.flush()?;
    Ok(done)
}

fn one(stored: &StoredEvent, keyring: &Keyring, format: &Format, mut redacted: Option<&mut Redacted>) -> String {
    match format {
        Format::Ndjson => safe_json(&ndjson_line(stored, as_shown(stored, keyring), redacted).to_string()),
        Format::Har => safe_json(&har_entry(stored, redacted).to_string()),
        Format::Curl(target) => {
            let headers = stored.event.head.headers();
            if let Some(redacted) = &mut redacted {
                let secret = headers.iter().map(|(name, _)| name).filter(|name| is_secret(stored, name));
                secret.for_each(|name| redacted.note(&String::from_utf8_lossy(name)));
            }
            let hidden = |name: &[u8]| redacted.is_some() && is_secret(stored, name);
            let about = format!("#{} {} {}", stored.id, stored.event.source, stored.event.label());
            format!("# {}\n{}", safe(&about), curl(&stored.event, target, &hidden))
        }
    }
}

/// The JSON of `show --json`.
pub fn as_shown(stored: &StoredEvent, keyring: &Keyring) -> serde_json::Value {
    let (event, headers) = (&stored.event, stored.event.head.headers());
    let judgement = verify::examine(Catalogue::in_force(), keyring, event, &headers, Proof::Wanted).judgement;
    let diagnosis = verify::consult(Catalogue::in_force(), keyring, (event, &headers), &judgement, &mut |_| true);
    let facts = verify::provider_facts(Catalogue::in_force(), event, &headers);
    shape::whole_event(stored, &judgement, &diagnosis, facts)
}

/// Writes what matches into a new file that only its owner can read, in the format that its name tells; gives words for it.
pub(super) fn to_file(
    log: &Path,
    keyring: &Keyring,
    filter: &Filter,
    (file, url): (&str, &str),
) -> Result<String, String> {
    let format = match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("har") => Format::Har,
        Some("sh") => Format::Curl(Target::parse(url).map_err(|e| e.to_string())?),
        _ => Format::Ndjson,
    };
    let path = match (file.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => Path::new(file).to_owned(),
    };
    let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", safe(file));
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = io::BufWriter::new(options.open(&path).map_err(|e| failed(&e))?);
    let reader = Reader::open(log).map_err(|e| failed(&e))?;
    let done = export(&reader, keyring, filter, (&format, false), &mut out).map_err(|e| failed(&e))?;
    let redacted = if done.redacted.is_empty() { String::new() } else { format!("; redacted: {}", done.redacted) };
    let damaged = match done.damaged.len() as u64 {
        0 => String::new(),
        n => format!("; {} left out, their bytes have changed", count(n, "event")),
    };
    Ok(format!("{} written to {}{redacted}{damaged}", count(done.events, "event"), safe(file)))
}

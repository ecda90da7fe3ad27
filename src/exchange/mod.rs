//! Events as files: written for others, and read back. NDJSON is complete; HAR is what other tools read.
//! It must not know where a file lies or how an event gets into a log.

mod har;
mod ndjson;
mod redact;

pub use har::{HAR_BEGIN, HAR_END, har_entry};
pub use ndjson::ndjson_line;
pub use redact::{Redacted, is_secret};

use crate::model::{
    Answer, Class, Diagnosis, Event, EventId, Family, Headers, Judgement, Marks, Receipt, StoredEvent, shape,
};
use crate::verify::{self, Catalogue, Keyring, Proof};
use serde_json::Value;
use std::io::BufRead;

/// An event read from a file, and what stood beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The event; not judged yet.
    pub event: Event,
    /// What its sender was told.
    pub answer: Option<Answer>,
    /// It was pinned.
    pub pinned: bool,
    /// A note beside it.
    pub note: Option<String>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file itself.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A line or an entry of it, counted from 1.
    #[error("{place} {number}: {what}")]
    Wrong {
        /// `line` or `entry`.
        place: &'static str,
        /// Which.
        number: u64,
        /// What is wrong with it.
        what: String,
    },
}

/// Reads a file of either form and calls `take` for each event in it, in order, until that fails.
pub fn read<E: From<ImportError>>(
    mut from: impl BufRead,
    take: &mut dyn FnMut(Item) -> Result<(), E>,
) -> Result<(), E> {
    let io = |e: std::io::Error| E::from(ImportError::Io(e));
    let (mut line, mut number) = (String::new(), 0);
    loop {
        line.clear();
        if from.read_line(&mut line).map_err(io)? == 0 {
            return Ok(());
        }
        number += 1;
        if let Some(rest) = line.strip_prefix('\u{feff}') {
            // Some editors begin a text so.
            line = rest.to_owned();
        }
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(&line) {
            Ok(value) if value.get("log").is_none() => {
                let wrong = |what| ImportError::Wrong { place: "line", number, what };
                take(ndjson::item(&value).map_err(wrong)?)?;
            }
            // A HAR is one JSON text, most often over many lines.
            parsed => {
                if number > 1 {
                    let what = parsed.err().map_or("a HAR stands in the middle".into(), |e| e.to_string());
                    return Err(ImportError::Wrong { place: "line", number, what }.into());
                }
                from.read_to_string(&mut line).map_err(io)?;
                let whole = serde_json::from_str(&line).map_err(|e| ImportError::Wrong {
                    place: "line",
                    number: e.line() as u64,
                    what: format!("neither an event nor a HAR: {e}"),
                })?;
                return har::items(&whole, take);
            }
        }
    }
}

impl Item {
    /// Recognises the sender and checks the signature as of its arrival. Source, type and key stay as the file says.
    pub fn judge(mut self, keyring: &Keyring) -> Item {
        let said = (self.event.source.clone(), self.event.event_type.clone(), self.event.key.clone());
        let headers: Headers = self.event.head.headers();
        let finding = verify::examine(Catalogue::in_force(), keyring, &self.event, &headers, Proof::Omitted);
        // The sender has been told long ago.
        let _ = finding.settle(&mut self.event);
        self.event.class = Class::Import;
        if !said.0.is_empty() {
            self.event.source = said.0;
        }
        self.event.event_type = said.1.or(self.event.event_type);
        self.event.key = said.2.or(self.event.key);
        self
    }
}

impl Item {
    /// The line of a file that says the same, whole.
    pub fn line(&self) -> String {
        let family = Family { arrival: 1, duplicate_of: None, conflict: false };
        let mut stored = StoredEvent::new(
            self.event.clone(),
            Receipt { id: EventId(0), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
        );
        stored.answer.clone_from(&self.answer);
        stored.marks = Marks { pinned: self.pinned, note: self.note.clone(), ..Marks::default() };
        let shown = shape::whole_event(&stored, &Judgement::default(), &Diagnosis::default(), (None, None));
        format!("{}\n", ndjson_line(&stored, shown, None))
    }
}

#[cfg(test)]
mod tests;

//! Credentials in what leaves: found by the names of headers, replaced, counted.
//! It must not look into bodies: what stands there is the event.

use crate::model::{StoredEvent, is_credential};
use crate::verify::Catalogue;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt;

/// Whether a header of an event holds a credential, or the secret of its provider.
pub fn is_secret(stored: &StoredEvent, name: &[u8]) -> bool {
    let provider = stored.event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
    is_credential(name, provider.and_then(|provider| provider.secret_header()))
}

/// What was replaced: how often, by the names of headers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redacted(BTreeMap<String, u64>);

impl Redacted {
    /// Counts one.
    pub fn note(&mut self, name: &str) {
        *self.0.entry(name.to_ascii_lowercase()).or_default() += 1;
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces the values of secret headers in the JSON of an event (contract section 4).
    pub(super) fn take_out(&mut self, event: &mut Value, secret: &dyn Fn(&[u8]) -> bool) {
        for part in ["headers", "trailers"] {
            self.lines(&mut event[part], secret);
        }
        for delivery in event["deliveries"].as_array_mut().into_iter().flatten() {
            for attempt in delivery["attempts"].as_array_mut().into_iter().flatten() {
                self.lines(&mut attempt["request_headers"], secret);
                self.lines(&mut attempt["response_headers"], secret);
            }
        }
    }

    fn lines(&mut self, headers: &mut Value, secret: &dyn Fn(&[u8]) -> bool) {
        for line in headers.as_array_mut().into_iter().flatten() {
            let name = line[0].as_str().unwrap_or_default().to_owned();
            if secret(name.as_bytes()) {
                let bytes = match &line[1] {
                    Value::String(text) => text.len(),
                    other => {
                        BASE64_STANDARD.decode(other["base64"].as_str().unwrap_or_default()).map_or(0, |b| b.len())
                    }
                };
                line[1] = json!({"redacted": true, "bytes": bytes});
                self.note(&name);
            }
        }
    }
}

/// `authorization (2), cookie (1)`.
impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(|(name, many)| format!("{name} ({many})")).collect();
        f.write_str(&all.join(", "))
    }
}

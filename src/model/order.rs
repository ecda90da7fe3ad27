//! The order to send an event again, and what came of it.
//! It must not know who gave the order: a key, a command or another process.

use super::{Attempt, Cause, Edited, EventId};
use serde::{Deserialize, Serialize};

/// What becomes of the sender's signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignaturePolicy {
    /// As received.
    #[default]
    Keep,
    /// Made anew with the configured secret and the present time.
    Resign,
    /// Left out.
    Strip,
}

/// Which `Idempotency-Key` goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPolicy {
    /// The same over every re-send.
    #[default]
    Same,
    /// A fresh one.
    Fresh,
}

/// One event to be sent to one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResendOrder {
    /// Which event.
    pub event: EventId,
    /// Where to: a subscriber's name, or a URL as the user wrote it.
    pub target: String,
    /// Manual or replay.
    pub cause: Cause,
    /// What to do with the signature.
    pub signature: SignaturePolicy,
    /// Which idempotency key.
    pub key: KeyPolicy,
    /// Headers to add or replace.
    pub set_headers: Vec<(String, String)>,
    /// A request in place of the one that was received.
    #[serde(default)]
    pub edited: Option<Edited>,
}

impl ResendOrder {
    /// The plain re-send: everything as received.
    pub fn plain(event: EventId, target: impl Into<String>, cause: Cause) -> Self {
        ResendOrder {
            event,
            target: target.into(),
            cause,
            signature: SignaturePolicy::Keep,
            key: KeyPolicy::Same,
            set_headers: Vec::new(),
            edited: None,
        }
    }
}

/// A test event that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestWish {
    /// The listener.
    pub url: String,
    /// Whose event; else of one that there is a secret for.
    pub provider: Option<String>,
    /// Its type, should there be a sample of it.
    pub kind: Option<String>,
}

/// A re-send that was carried out, whatever the answer was.
#[derive(Clone, Debug, PartialEq)]
pub struct Resent {
    /// The attempt as recorded.
    pub attempt: Attempt,
    /// The last attempt of this event to the same target before this one.
    pub before: Option<Attempt>,
}

impl Resent {
    /// What is otherwise than before; `None` where it was sent there for the first time.
    pub fn change(&self) -> Option<Change> {
        let before = self.before.as_ref()?.what.succeeded();
        Some(match (before, self.attempt.what.succeeded()) {
            (false, true) => Change::Fixed,
            (true, false) => Change::Regressed,
            (false, false) => Change::StillFailing,
            (true, true) => Change::StillPassing,
        })
    }
}

/// How the answer to an event differs from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It failed, and does so no longer.
    Fixed,
    /// It was well, and is so no longer.
    Regressed,
    /// It fails as it did.
    StillFailing,
    /// It is well as it was.
    StillPassing,
}

impl Change {
    const ALL: [(Change, &'static str, &'static str); 4] = [
        (Change::Fixed, "fixed", "fixed"),
        (Change::Regressed, "regressed", "regressed"),
        (Change::StillFailing, "still_failing", "still failing"),
        (Change::StillPassing, "still_passing", "still passing"),
    ];

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// For people.
    pub fn words(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Change> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

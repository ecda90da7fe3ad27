//! What all connections of a listener have in common: the log, the keys, the limits, the clock.

use super::rejected::Gate;
use super::through::Through;
use super::{Limits, body};
use crate::answer::{Answers, Decision};
use crate::model::filter::Subject;
use crate::model::{Event, Headers, Receipt, StoredEvent, Timestamp};
use crate::store::Store;
use crate::verify::{self, Catalogue, LiveKeyring, Proof, Reply};
use jiff::tz::TimeZone;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};
use tokio::sync::Semaphore;

/// What every request needs.
pub struct Shared {
    /// The log.
    pub store: Store,
    /// Sources and secrets.
    pub keyring: LiveKeyring,
    /// What a sender may take.
    pub limits: Limits,
    /// What senders are told on purpose.
    pub answers: Answers,
    /// Times of day in the rules' filters are meant in it.
    zone: TimeZone,
    /// Memory for bodies, in bytes.
    pub(super) memory: Semaphore,
    /// Where a subscriber's answer is looked for.
    pub(super) through: Through,
    gate: Mutex<Gate>,
}

impl Shared {
    /// The parts put together.
    pub fn new(store: Store, keyring: LiveKeyring, limits: Limits, answers: Answers) -> Shared {
        Shared {
            store,
            keyring,
            limits,
            answers,
            zone: TimeZone::system(),
            memory: Semaphore::new(body::ROOM),
            through: Through::default(),
            gate: Mutex::new(Gate::new(Instant::now())),
        }
    }

    /// Whether one more rejected request becomes an event; the rest is only counted.
    pub(super) fn may_record(&self) -> bool {
        let passes = self.gate.lock().unwrap_or_else(PoisonError::into_inner).passes(Instant::now());
        if !passes {
            self.store.count(|health| health.uncounted += 1);
        }
        passes
    }

    /// Names the configured source of an event that is not judged.
    pub(super) fn name_source(&self, event: &mut Event) {
        if let Some(source) = self.keyring.now().source_for(event.path()) {
            event.source.clone_from(&source.name);
        }
    }

    /// Names source, provider, type and key, and checks the signature; gives what the sender is told besides 200.
    pub(super) fn judge(&self, event: &mut Event, headers: &Headers) -> Option<Reply> {
        let begin = Instant::now();
        let finding = verify::examine(Catalogue::in_force(), &self.keyring.now(), event, headers, Proof::Omitted);
        let reply = finding.settle(event);
        event.verify_us = begin.elapsed().as_micros() as u64;
        reply
    }

    /// What a rule tells the sender of an event that is on disk.
    pub(super) fn decide(&self, event: Event, receipt: Receipt) -> Option<Decision> {
        let stored = StoredEvent::new(event, receipt);
        self.answers.decide(&Subject { event: &stored, now: now(), zone: &self.zone })
    }
}

/// The present moment.
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

//! What all connections of a listener have in common: the log, the keys, the limits, the clock.

use super::rejected::Gate;
use super::{Limits, body};
use crate::model::{Class, Event, Headers, Timestamp, default_source};
use crate::store::Store;
use crate::verify::{self, Catalogue, LiveKeyring, Proof, Reply};
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
    /// Memory for bodies, in bytes.
    pub(super) memory: Semaphore,
    gate: Mutex<Gate>,
}

impl Shared {
    /// The parts put together.
    pub fn new(store: Store, keyring: LiveKeyring, limits: Limits) -> Shared {
        Shared {
            store,
            keyring,
            limits,
            memory: Semaphore::new(body::ROOM),
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
        event.source = finding.source.unwrap_or_else(|| default_source(finding.provider.as_deref(), event.path()));
        event.provider = finding.provider;
        event.event_type = finding.event_type;
        event.key = finding.key;
        event.judgement = finding.judgement;
        if finding.handshake {
            event.class = Class::Handshake;
        }
        event.verify_us = begin.elapsed().as_micros() as u64;
        finding.reply
    }
}

/// The present moment.
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

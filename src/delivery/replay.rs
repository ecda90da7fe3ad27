//! Which events a replay sends: those that match, oldest first, without what needs none.
//! It must not send anything.

use super::queued::is_on_its_way;
use crate::model::filter::{Filter, Subject};
use crate::model::{DeliveryState, EventId, StoredEvent, Subscriber, Target, Timestamp, Wanted};
use crate::store::{Reader, Sieve, StoreError};

/// Where to.
#[derive(Clone, Debug)]
pub enum To {
    /// A plain URL.
    Url(Target),
    /// A subscriber.
    Subscriber(std::sync::Arc<Subscriber>),
}

impl To {
    /// As an order names it.
    pub fn name(&self) -> String {
        match self {
            To::Url(target) => target.to_string(),
            To::Subscriber(subscriber) => subscriber.name.clone(),
        }
    }
}

/// What is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picked {
    /// Each with when it arrived, oldest first.
    pub events: Vec<(EventId, Timestamp)>,
    /// Left out because the subscriber gets them by itself.
    pub coming: u64,
}

/// Finds what matches; of that what the subscriber would get, where `own` says so.
pub fn matching(
    reader: &Reader,
    filter: &Filter,
    (to, own): (&To, bool),
    sieve: &Sieve,
) -> Result<Vec<EventId>, StoreError> {
    let mut ids = Vec::new();
    reader.each(filter, sieve, EventId(0), |stored| {
        if stored.event.rejected.is_none() {
            ids.push(stored.id);
        }
        true
    })?;
    let To::Subscriber(subscriber) = to else { return Ok(ids) };
    if !own {
        return Ok(ids);
    }
    let mut wanted = Vec::new();
    for id in ids {
        let Some(event) = reader.event(id)? else { continue };
        if subscriber.wants(&Subject { event: &event, now: sieve.now, zone: sieve.zone }) != Wanted::No {
            wanted.push(id);
        }
    }
    Ok(wanted)
}

/// Leaves out what the subscriber gets by itself, and with `undelivered` what was delivered there before. An event that is
/// not there stays in: that is said when its turn comes.
pub fn sift(reader: &Reader, ids: &[EventId], to: &To, undelivered: bool) -> Result<Picked, StoreError> {
    let mut picked = Picked::default();
    for &id in ids {
        let stored = reader.event(id)?;
        let (delivered, coming) = match &stored {
            Some(stored) => (is_delivered(stored, to), is_coming(reader, stored, to)?),
            None => (false, false),
        };
        match (undelivered && delivered, coming) {
            (true, _) => {}
            (false, true) => picked.coming += 1,
            (false, false) => {
                let at = stored.map_or(Timestamp(0), |stored| stored.event.received_at);
                picked.events.push((id, at));
            }
        }
    }
    Ok(picked)
}

fn is_delivered(stored: &StoredEvent, to: &To) -> bool {
    match to {
        To::Url(target) => {
            let url = target.to_string();
            stored.attempts.iter().any(|a| a.what.url == url && a.what.succeeded())
        }
        To::Subscriber(whom) => {
            let own = stored.deliveries.iter().find(|delivery| delivery.subscriber == whom.name);
            let duplicate = |reason: &String| reason.starts_with("duplicate of ");
            own.is_some_and(|delivery| {
                // Another arrival of it was.
                delivery.state == DeliveryState::Delivered || delivery.reason.as_ref().is_some_and(duplicate)
            })
        }
    }
}

fn is_coming(reader: &Reader, stored: &StoredEvent, to: &To) -> Result<bool, StoreError> {
    match to {
        To::Url(_) => Ok(false),
        To::Subscriber(whom) => is_on_its_way(reader, stored, whom),
    }
}

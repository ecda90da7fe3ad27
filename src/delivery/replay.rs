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

/// What is left out of a replay.
#[derive(Clone, Copy, Debug, Default)]
pub struct Without {
    /// What the subscriber would not get by itself.
    pub others: bool,
    /// What was delivered there before.
    pub delivered: bool,
}

/// Finds what matches.
pub fn matching(reader: &Reader, filter: &Filter, sieve: &Sieve) -> Result<Vec<EventId>, StoreError> {
    let mut ids = Vec::new();
    reader.each(filter, sieve, EventId(0), |stored| {
        if stored.event.rejected.is_none() {
            ids.push(stored.id);
        }
        true
    })?;
    Ok(ids)
}

/// Leaves out what the subscriber gets by itself, and what is asked for. An event that is not there stays in: that is said
/// when its turn comes.
pub fn sift(
    reader: &Reader,
    ids: &[EventId],
    (to, without): (&To, Without),
    sieve: &Sieve,
) -> Result<Picked, StoreError> {
    let mut picked = Picked::default();
    for &id in ids {
        let Some(stored) = reader.event(id)? else {
            picked.events.push((id, Timestamp(0)));
            continue;
        };
        let subject = Subject { event: &stored, now: sieve.now, zone: sieve.zone };
        let foreign = || matches!(to, To::Subscriber(whom) if whom.wants(&subject) == Wanted::No);
        if without.others && foreign() || without.delivered && is_delivered(&stored, to) {
            continue;
        }
        match is_coming(reader, &stored, to)? {
            true => picked.coming += 1,
            false => picked.events.push((id, stored.event.received_at)),
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

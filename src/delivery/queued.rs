//! What waits for a subscriber and what it has given up, as the log has it.
//! It must not know what its worker does at this moment.

use crate::model::filter::{Filter, Subject};
use crate::model::{DeliveryState, EventId, Queued, QueuedEvent, StoredEvent, Subscriber, Wanted};
use crate::store::{Reader, Sieve, StoreError};

/// Reads at most `most` of each.
pub fn queued(reader: &Reader, whose: &Subscriber, sieve: &Sieve, most: usize) -> Result<Queued, StoreError> {
    let place = reader.place(&whose.name, whose.start)?;
    let settled = reader.settled_after(&whose.name, place.cursor)?;
    let everything = Filter::all();
    let filter = whose.when.as_ref().unwrap_or(&everything);
    let mut waiting = Vec::new();
    reader.each(filter, sieve, place.cursor, |event| {
        let wanted = whose.wants(&Subject { event, now: sieve.now, zone: sieve.zone }) != Wanted::No;
        if wanted && !settled.contains(&event.id) {
            waiting.push(event.id);
        }
        waiting.len() < most
    })?;
    let whole = |ids: Vec<EventId>| -> Result<Vec<QueuedEvent>, StoreError> {
        let mut events = Vec::new();
        for id in ids {
            events.extend(reader.event(id)?.map(|stored| row(&stored, &whose.name)));
        }
        Ok(events)
    };
    let dead = whole(reader.given_up(&whose.name, most)?)?;
    Ok(Queued { subscriber: whose.name.clone(), open: whole(waiting)?, dead })
}

fn row(stored: &StoredEvent, whose: &str) -> QueuedEvent {
    let event = &stored.event;
    let delivery = stored.deliveries.iter().find(|delivery| delivery.subscriber == whose);
    let last = stored.attempts.iter().rev().find(|a| a.what.subscriber.as_deref() == Some(whose));
    let reason = delivery.filter(|d| d.state == DeliveryState::Dead).and_then(|delivery| delivery.reason.clone());
    QueuedEvent {
        id: stored.id,
        label: event.event_type.clone().unwrap_or_else(|| format!("{} {}", event.method, event.target)),
        received_at: event.received_at,
        attempts: delivery.map_or(0, |delivery| delivery.attempts),
        last: last.map(|attempt| attempt.what.outcome()).or(reason),
        due: delivery.and_then(|delivery| delivery.due),
    }
}

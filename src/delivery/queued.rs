//! What waits for a subscriber and what it has given up, as the log has it.
//! It must not know what its worker does at this moment.

use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, Queued, QueuedEvent, Row, StoredEvent, Subscriber, Wanted};
use crate::store::{Reader, Sieve, StoreError};
use jiff::tz::TimeZone;
use std::time::SystemTime;

/// Events that are looked at for a window of rows at most: where rows stand far from each other the rest is left open.
const LOOKS: i64 = 2_000;

/// Reads at most `most` of each.
pub fn queued(reader: &Reader, whose: &Subscriber, sieve: &Sieve, most: usize) -> Result<Queued, StoreError> {
    let place = reader.place(&whose.name, whose.start)?;
    let known = reader.known_behind(&whose.name, &place, (place.cursor, EventId(i64::MAX)))?;
    let everything = Filter::all();
    let filter = whose.when.as_ref().unwrap_or(&everything);
    let mut waiting = Vec::new();
    reader.each(filter, sieve, place.cursor, |event| {
        let wanted = whose.wants(&Subject { event, now: sieve.now, zone: sieve.zone }) != Wanted::No;
        if wanted && known.waits(event.id) {
            waiting.push(event.id);
        }
        waiting.len() < most
    })?;
    let whole = |ids: Vec<EventId>| -> Result<Vec<QueuedEvent>, StoreError> {
        let mut events = Vec::new();
        for id in ids {
            events.extend(reader.queued(&whose.name, id)?);
        }
        Ok(events)
    };
    let dead = whole(reader.given_up(&whose.name, most)?)?;
    Ok(Queued { subscriber: whose.name.clone(), open: whole(waiting)?, dead })
}

/// Adds to rows of the events list what waits for a subscriber and has not been tried yet.
pub fn note_waiting(rows: &mut [Row], reader: &Reader, whose: &Subscriber, sieve: &Sieve) -> Result<(), StoreError> {
    let place = reader.place(&whose.name, whose.start)?;
    let (Some(first), Some(last)) = (rows.first().map(|row| row.id), rows.last().map(|row| row.id)) else {
        return Ok(());
    };
    let after = place.cursor.max(EventId(first.0 - 1));
    if after >= last {
        return Ok(());
    }
    let last = last.min(EventId(after.0 + LOOKS));
    let known = reader.known_behind(&whose.name, &place, (after, last))?;
    let everything = Filter::all();
    let filter = whose.when.as_ref().unwrap_or(&everything);
    reader.each_between(filter, sieve, (after, last), |event| {
        let at = rows.binary_search_by_key(&event.id, |row| row.id).ok();
        // What was tried has a row in the log.
        let at = at.filter(|_| known.waits(event.id) && !known.has(event.id));
        let wanted = || whose.wants(&Subject { event, now: sieve.now, zone: sieve.zone }) != Wanted::No;
        if let Some(at) = at.filter(|_| wanted()) {
            let brought = &mut rows[at].brought;
            *if place.held.is_some() { &mut brought.held } else { &mut brought.coming } += 1;
        }
        true
    })
}

/// Whether a subscriber will bring an event to its target by itself: it waits, is being sent, or is tried again.
pub fn is_on_its_way(reader: &Reader, stored: &StoredEvent, whom: &Subscriber) -> Result<bool, StoreError> {
    if let Some(delivery) = stored.deliveries.iter().find(|delivery| delivery.subscriber == whom.name) {
        return Ok(!delivery.state.is_final());
    }
    let place = reader.place(&whom.name, whom.start)?;
    let (now, zone) = (SystemTime::now().into(), TimeZone::system());
    let subject = Subject { event: stored, now, zone: &zone };
    Ok(stored.id > place.cursor.max(place.judged) && whom.wants(&subject) != Wanted::No)
}

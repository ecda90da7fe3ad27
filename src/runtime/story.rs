//! Reads the story of an object: its events, what each says about its state, and what still waits for whom.

use crate::delivery::{Routes, is_on_its_way};
use crate::model::filter::Filter;
use crate::model::{Chapter, EventId, StoredEvent, Story};
use crate::store::{Reader, Sieve, StoreError};
use crate::verify::{self, Catalogue};

/// Events of a story at most, the newest ones.
const MOST: usize = 200;

/// The story of what an event is about; `None` where that is not known.
pub(super) fn read(reader: &Reader, routes: &Routes, sieve: &Sieve, id: EventId) -> Result<Option<Story>, StoreError> {
    let Some(event) = reader.event(id)? else { return Ok(None) };
    let (source, object) = (event.event.source, event.event.origin.object);
    let Some(object) = object else { return Ok(None) };
    let mut events = Vec::new();
    reader.each_newest(&Filter::about(&source, &object), sieve, |event| {
        // The filter ignores letter case, and a name may have a wildcard in it.
        if event.event.source == source && event.event.origin.object.as_ref() == Some(&object) {
            events.push(event.clone());
        }
        events.len() <= MOST
    })?;
    let cut = events.len() > MOST;
    events.truncate(MOST);
    let chapters = events.iter().map(|event| chapter(reader, routes, event)).collect::<Result<_, _>>()?;
    Ok(Some(Story::of(object, source, chapters, cut)))
}

fn chapter(reader: &Reader, routes: &Routes, stored: &StoredEvent) -> Result<Chapter, StoreError> {
    let event = &stored.event;
    let mut waits_for = Vec::new();
    for subscriber in &routes.subscribers {
        let tried = stored.deliveries.iter().any(|delivery| delivery.subscriber == subscriber.name);
        if !tried && is_on_its_way(reader, stored, subscriber)? {
            waits_for.push(subscriber.name.clone());
        }
    }
    Ok(Chapter {
        id: stored.id,
        received_at: event.received_at,
        made_at: event.origin.made_at,
        label: event.label(),
        verdict: event.judgement.verdict,
        arrival: stored.family.arrival,
        overtaken_by: stored.overtaken_by,
        state: verify::object_state(Catalogue::in_force(), event, &event.head.headers()),
        deliveries: stored.deliveries.clone(),
        waits_for,
    })
}

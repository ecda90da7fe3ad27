//! Which events came out of order: each is held against the furthest of its source that has arrived before.
//! It must not know what a sender calls its times and numbers; `verify` has read them.

use crate::model::{Class, Event, EventId, Family};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// By how much a sender's clock may be ahead and still be believed, in microseconds.
const AHEAD_US: i64 = 300_000_000;

/// Orders whose furthest event is so many events ago are forgotten, looked at once in so many events.
const LONG_AGO: i64 = 200_000;
const OFTEN: i64 = 1_024;

/// Where an event stands in its sender's order.
struct Place<'e> {
    /// What shares an order: a source and its provider; a number counts within an object.
    lane: String,
    provider: &'e str,
    at: i64,
    /// Its signature is right.
    proved: bool,
}

impl Place<'_> {
    fn of<'e>(event: &'e Event, family: &Family) -> Option<Place<'e>> {
        let provider = event.provider.as_deref()?;
        let origin = &event.origin;
        // A forged time must not make all that follows look late; a retry is no event of its own.
        let counts = matches!(event.class, Class::Request | Class::Message)
            && !event.judgement.verdict.is_suspect()
            && family.arrival == 1;
        let believed = origin.made_at.filter(|at| at.since(event.received_at) <= AHEAD_US);
        let (at, object) = match origin.sequence {
            Some(number) => (number, Some(origin.object.as_deref().unwrap_or_default())),
            None => (believed?.0, None),
        };
        let lane = object.map_or_else(|| event.source.clone(), |object| format!("{}\n{object}", event.source));
        let proved = event.judgement.verdict.is_proved();
        counts.then_some(Place { lane, provider, at, proved })
    }
}

/// The event that overtook this one, if any did.
pub(super) fn overtaken_by(db: &Connection, event: &Event, family: &Family) -> Result<Option<EventId>> {
    let Some(place) = Place::of(event, family) else { return Ok(None) };
    // What was proved is held against what was proved.
    db.prepare_cached("SELECT event FROM furthest WHERE lane = ?1 AND provider = ?2 AND at > ?3 AND proved >= ?4")?
        .query_row(params![place.lane, place.provider, place.at, place.proved], |row| row.get(0).map(EventId))
        .optional()
}

/// Takes note of an event that is the furthest by now.
pub(super) fn note(db: &Connection, id: EventId, event: &Event, family: &Family) -> Result<()> {
    let Some(place) = Place::of(event, family) else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO furthest VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (lane, provider) DO UPDATE SET at = excluded.at, event = excluded.event, proved = excluded.proved
         WHERE excluded.proved > proved OR excluded.proved = proved AND excluded.at > at",
    )?
    .execute(params![place.lane, place.provider, place.at, id.0, place.proved])?;
    if id.0 % OFTEN == 0 {
        // Orders in which nothing has happened for long: senders name the objects.
        db.prepare_cached("DELETE FROM furthest WHERE event < ?1")?.execute([id.0 - LONG_AGO])?;
    }
    Ok(())
}

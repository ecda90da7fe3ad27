//! Subscribers' cursors, and what became of events for them.
//! It must not know how events are sent.

use super::{Reader, StoreError, insert, reader};
use crate::model::{
    Delivery, DeliveryState, EventId, NewAttempt, QueuedEvent, Start, StoredEvent, Timestamp, Verdict, outcome,
};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::HashMap;

/// What came of an attempt, or of leaving an event out, with where the subscriber stands after it: one transaction.
#[derive(Clone, Debug)]
pub struct Step {
    /// Whose.
    pub subscriber: String,
    /// When.
    pub at: Timestamp,
    /// Everything up to here has its final state.
    pub cursor: EventId,
    /// What became of an event.
    pub delivery: Option<Delivery>,
    /// The attempt.
    pub attempt: Option<NewAttempt>,
    /// The target wants nothing more, or the user wants nothing sent: why. `Some(None)` = go on.
    pub held: Option<Option<String>>,
}

/// Where a subscriber stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Everything up to here has its final state.
    pub cursor: EventId,
    /// Up to here what has no delivery is nobody's, though the place is before it.
    pub judged: EventId,
    /// Why nothing is sent.
    pub held: Option<String>,
}

/// What became of events behind a subscriber's place.
#[derive(Clone, Debug)]
pub struct Known {
    /// Whether it is final.
    states: HashMap<EventId, bool>,
    judged: EventId,
}

impl Known {
    /// Whether an event that the subscriber wants waits for its final state.
    pub fn waits(&self, event: EventId) -> bool {
        self.states.get(&event).map_or(event > self.judged, |is_final| !is_final)
    }

    /// Whether it was tried, or left out.
    pub fn has(&self, event: EventId) -> bool {
        self.states.contains_key(&event)
    }
}

/// How a subscriber has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Events delivered.
    pub delivered: u64,
    /// Events given up.
    pub dead: u64,
    /// The last attempts, newest first: when, status, error, how long.
    pub last: Vec<(Timestamp, Option<u16>, Option<String>, u64)>,
}

/// How long the cursor of a subscriber is kept that is no longer in the configuration: seven days, in microseconds.
const KEPT_US: i64 = 7 * 86_400 * 1_000_000;
/// Attempts that a figure is made of.
const LAST: i64 = 200;

/// Writes steps down; gives the last attempt's id, or 0.
pub(super) fn steps(db: &Connection, steps: &[Step]) -> Result<i64> {
    steps.iter().try_fold(0, |last, step| Ok(last.max(write(db, step)?)))
}

fn write(db: &Connection, step: &Step) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO subscribers (name, cursor, seen_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET cursor = max(cursor, excluded.cursor), seen_at = excluded.seen_at",
    )?
    .execute(params![step.subscriber, step.cursor.0, step.at.0])?;
    if let Some(held) = &step.held {
        db.prepare_cached("UPDATE subscribers SET held = ?2 WHERE name = ?1")?
            .execute(params![step.subscriber, held])?;
    }
    if let Some(d) = &step.delivery {
        db.prepare_cached(
            "INSERT INTO deliveries VALUES (?1,?2,?3,?4,?5,?6,?7,?8) ON CONFLICT (subscriber, event) DO UPDATE SET
             url = excluded.url, attempts = excluded.attempts, status = excluded.status,
             state = CASE state WHEN 'delivered' THEN state ELSE excluded.state END,
             reason = CASE state WHEN 'delivered' THEN reason ELSE excluded.reason END,
             due = CASE state WHEN 'delivered' THEN due ELSE excluded.due END",
        )?
        .execute(params![
            d.subscriber,
            d.event.0,
            d.url,
            d.state.name(),
            d.attempts,
            d.status,
            d.reason,
            d.due.map(|due| due.0),
        ])?;
    }
    step.attempt.as_ref().map_or(Ok(0), |attempt| insert::attempt(db, attempt))
}

/// Notes which subscribers there are: one that is new gets its place, and of those that have not been there for long
/// nothing is kept.
pub(super) fn seat(db: &Connection, list: &[(String, Start)], now: Timestamp) -> Result<()> {
    for (name, start) in list {
        let cursor = first_place(*start, reader::heads(db)?.event);
        db.prepare_cached(
            "INSERT INTO subscribers (name, cursor, seen_at, delivered, dead) VALUES (?1, ?2, ?3,
                (SELECT count(*) FROM deliveries WHERE subscriber = ?1 AND state = 'delivered'),
                (SELECT count(*) FROM deliveries WHERE subscriber = ?1 AND state = 'dead'))
             ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
        )?
        .execute(params![name, cursor.0, now.0])?;
    }
    db.prepare_cached("DELETE FROM subscribers WHERE seen_at < ?1")?.execute([now.0 - KEPT_US]).map(drop)
}

/// Notes a replay to a subscriber: it never lowers the state of a delivery, and what it brings is delivered. An event that
/// is on its way to the subscriber is not replayed to it.
pub(super) fn replayed(db: &Connection, attempt: &NewAttempt) -> Result<()> {
    let Some(subscriber) = &attempt.subscriber else { return Ok(()) };
    db.prepare_cached(
        "UPDATE deliveries SET attempts = attempts + 1, status = ?3, url = ?4,
            state = CASE WHEN ?5 THEN 'delivered' ELSE state END, reason = CASE WHEN ?5 THEN NULL ELSE reason END
         WHERE subscriber = ?1 AND event = ?2 AND state <> 'retrying'",
    )?
    .execute(params![subscriber, attempt.event.0, attempt.status, attempt.url, attempt.succeeded()])?;
    if attempt.succeeded() {
        db.prepare_cached("INSERT OR IGNORE INTO deliveries VALUES (?1, ?2, ?3, 'delivered', 1, ?4, NULL, NULL)")?
            .execute(params![subscriber, attempt.event.0, attempt.url, attempt.status])?;
    }
    Ok(())
}

/// Keeps what was given up no longer as something to look after. Gives how many.
pub(super) fn dismiss(db: &Connection, subscriber: &str) -> Result<u64> {
    let sql =
        "UPDATE deliveries SET state = 'skipped', reason = 'dropped after ' || coalesce(reason, status, 'failing')
               WHERE subscriber = ?1 AND state = 'dead'";
    Ok(db.prepare_cached(sql)?.execute([subscriber])? as u64)
}

/// Brings back what was given up, or of that one event, to be tried again; the cursor goes back to before the first of it.
/// Gives how many.
pub(super) fn revive(db: &Connection, subscriber: &str, only: Option<EventId>) -> Result<u64> {
    let only = only.map(|event| event.0);
    let dead = "subscriber = ?1 AND state = 'dead' AND (?2 IS NULL OR event = ?2)";
    let first: Option<i64> = db
        .prepare_cached(&format!("SELECT min(event) FROM deliveries WHERE {dead}"))?
        .query_row(params![subscriber, only], |row| row.get(0))?;
    let Some(first) = first else { return Ok(0) };
    let many = db
        .prepare_cached(&format!(
            "UPDATE deliveries SET state = 'retrying', attempts = 0, reason = NULL, due = NULL WHERE {dead}"
        ))?
        .execute(params![subscriber, only])?;
    let back = "UPDATE subscribers SET judged = max(judged, cursor), cursor = min(cursor, ?2),
                    held = CASE held WHEN 'suspended' THEN held END
                WHERE name = ?1";
    db.prepare_cached(back)?.execute(params![subscriber, first - 1])?;
    Ok(many as u64)
}

/// Where a new subscriber begins in a log that has come so far.
fn first_place(start: Start, head: i64) -> EventId {
    match start {
        Start::Now => EventId(head),
        Start::Beginning => EventId(0),
        Start::After(event) => event,
    }
}

impl Reader {
    /// Where a subscriber stands; one that is new begins at `start`.
    pub fn place(&self, subscriber: &str, start: Start) -> std::result::Result<Place, StoreError> {
        let known = self
            .connection
            .prepare_cached("SELECT cursor, judged, held FROM subscribers WHERE name = ?1")?
            .query_row([subscriber], |row| {
                Ok(Place { cursor: EventId(row.get(0)?), judged: EventId(row.get(1)?), held: row.get(2)? })
            })
            .optional()?;
        Ok(match known {
            Some(place) => place,
            None => Place { cursor: first_place(start, self.heads()?.event), judged: EventId(0), held: None },
        })
    }

    /// The earlier arrivals of an event, newest first: each with its verdict and what became of it for a subscriber.
    pub fn earlier(
        &self,
        subscriber: &str,
        event: &StoredEvent,
    ) -> std::result::Result<Vec<(EventId, Verdict, Option<DeliveryState>)>, StoreError> {
        let Some(key) = &event.event.key else { return Ok(Vec::new()) };
        let sql = "SELECT e.id, e.verdict, d.state FROM events e
             LEFT JOIN deliveries d ON d.event = e.id AND d.subscriber = ?1
             WHERE e.source = ?2 AND e.key = ?3 AND e.id < ?4 AND coalesce(d.state, '') NOT IN ('skipped', 'dead')
             ORDER BY d.state IS NULL, e.id DESC LIMIT 100";
        let mut statement = self.connection.prepare_cached(sql)?;
        let earlier = statement.query_map(params![subscriber, event.event.source, key, event.id.0], |row| {
            let verdict = Verdict::from_name(&row.get::<_, String>(1)?).unwrap_or_default();
            let state = row.get::<_, Option<String>>(2)?.and_then(|name| DeliveryState::from_name(&name));
            Ok((EventId(row.get(0)?), verdict, state))
        })?;
        Ok(earlier.collect::<Result<_>>()?)
    }

    /// What became of an event for each subscriber, in the order of their names.
    pub fn deliveries(&self, event: EventId) -> std::result::Result<Vec<Delivery>, StoreError> {
        Ok(of(&self.connection, event)?)
    }

    /// What became of events behind a subscriber's place, of those after `after` up to `last`.
    pub fn known_behind(
        &self,
        subscriber: &str,
        place: &Place,
        (after, last): (EventId, EventId),
    ) -> std::result::Result<Known, StoreError> {
        let sql =
            "SELECT event, state <> 'retrying' FROM deliveries WHERE subscriber = ?1 AND event > ?2 AND event <= ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let states = statement
            .query_map(params![subscriber, after.0, last.0], |row| Ok((EventId(row.get(0)?), row.get(1)?)))?
            .collect::<Result<_>>()?;
        Ok(Known { states, judged: place.judged })
    }

    /// The subscriber's first answer to an event.
    pub fn answer_of(
        &self,
        subscriber: &str,
        event: EventId,
    ) -> std::result::Result<Option<crate::model::Attempt>, StoreError> {
        let sql =
            "SELECT * FROM attempts WHERE event = ?1 AND subscriber = ?2 AND status IS NOT NULL ORDER BY id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row(params![event.0, subscriber], super::rows::attempt).optional()?)
    }

    /// An event as it stands in a subscriber's queue: without its bytes and answers.
    pub fn queued(&self, subscriber: &str, event: EventId) -> std::result::Result<Option<QueuedEvent>, StoreError> {
        let sql = "SELECT e.id, coalesce(e.type, e.method || ' ' || e.target), e.received_at, coalesce(d.attempts, 0),
                CASE d.state WHEN 'dead' THEN d.reason END, d.due, a.url, a.status, a.error
            FROM events e LEFT JOIN deliveries d ON d.event = e.id AND d.subscriber = ?1
            LEFT JOIN attempts a ON a.id =
                (SELECT max(t.id) FROM attempts t WHERE t.event = e.id AND t.subscriber = ?1)
            WHERE e.id = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let row = statement.query_row(params![subscriber, event.0], |row| {
            let (reason, url): (Option<String>, Option<String>) = (row.get(4)?, row.get(6)?);
            let (status, error) = (row.get(7)?, row.get::<_, Option<String>>(8)?);
            Ok(QueuedEvent {
                id: EventId(row.get(0)?),
                label: row.get(1)?,
                received_at: Timestamp(row.get(2)?),
                attempts: row.get(3)?,
                last: url.map(|url| outcome(&url, status, error.as_deref())).or(reason),
                due: row.get::<_, Option<i64>>(5)?.map(Timestamp),
            })
        });
        Ok(row.optional()?)
    }

    /// What a subscriber has given up, newest first, at most `limit`.
    pub fn given_up(&self, subscriber: &str, limit: usize) -> std::result::Result<Vec<EventId>, StoreError> {
        let sql = "SELECT event FROM deliveries WHERE subscriber = ?1 AND state = 'dead' ORDER BY event DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let events = statement.query_map(params![subscriber, limit as i64], |row| Ok(EventId(row.get(0)?)))?;
        Ok(events.collect::<Result<_>>()?)
    }

    /// How a subscriber has done so far.
    pub fn record(&self, subscriber: &str) -> std::result::Result<Record, StoreError> {
        let sql = "SELECT delivered, dead FROM subscribers WHERE name = ?1";
        let counted =
            self.connection.prepare_cached(sql)?.query_row([subscriber], |row| Ok((row.get(0)?, row.get(1)?)));
        let (delivered, dead): (i64, i64) = counted.optional()?.unwrap_or_default();
        let sql = "SELECT at, status, error, total_us FROM attempts WHERE subscriber = ?1 ORDER BY id DESC LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let last = statement.query_map(params![subscriber, LAST], |row| {
            Ok((Timestamp(row.get(0)?), row.get(1)?, row.get(2)?, row.get::<_, i64>(3)? as u64))
        })?;
        Ok(Record { delivered: delivered as u64, dead: dead as u64, last: last.collect::<Result<_>>()? })
    }
}

/// What became of an event for each subscriber, in the order of their names.
pub(super) fn of(db: &Connection, event: EventId) -> Result<Vec<Delivery>> {
    let mut statement = db.prepare_cached("SELECT * FROM deliveries WHERE event = ?1 ORDER BY subscriber")?;
    statement.query_map([event.0], delivery)?.collect()
}

fn delivery(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        subscriber: row.get("subscriber")?,
        event: EventId(row.get("event")?),
        url: row.get("url")?,
        state: DeliveryState::from_name(&row.get::<_, String>("state")?).unwrap_or(DeliveryState::Dead),
        attempts: row.get("attempts")?,
        status: row.get("status")?,
        reason: row.get("reason")?,
        due: row.get::<_, Option<i64>>("due")?.map(Timestamp),
    })
}

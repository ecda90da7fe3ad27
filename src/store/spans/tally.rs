//! Counts on their way into the log, and the statements that add them to what is there.

use crate::model::{Arrivals, Attempt, EventId, Skews, StoredEvent, Timestamp, Tries, Verdict};
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::BTreeMap;

/// The lengths of the spans that are kept, in microseconds: a minute, an hour, and 0 for all there ever was.
pub(super) const MINUTE: i64 = 60_000_000;
pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const EVER: i64 = 0;

/// What a row counts; the numbers stand in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Arrivals of a source.
    Arrivals = 1,
    /// Attempts to bring a source's events to a subscriber.
    Tries = 2,
    /// How a provider's clock stands.
    Skews = 3,
    /// The most that waited for a subscriber.
    Waiting = 4,
}

impl Kind {
    pub(super) fn of(number: i64) -> Option<Kind> {
        [Kind::Arrivals, Kind::Tries, Kind::Skews, Kind::Waiting].into_iter().find(|kind| *kind as i64 == number)
    }
}

/// The begin of a minute, a source, a name.
type Key = (i64, String, String);

/// Counts of whole minutes, and up to where they go.
#[derive(Debug, Default)]
pub(in crate::store) struct Tallied {
    arrivals: BTreeMap<Key, Arrivals>,
    tries: BTreeMap<Key, Tries>,
    skews: BTreeMap<Key, Skews>,
    waiting: BTreeMap<Key, u64>,
    /// All events and attempts up to these are counted.
    pub(super) upto: (i64, i64),
    /// Events that were counted without their answers, and those whose answers are counted now.
    pub(super) unanswered: Vec<EventId>,
    pub(super) answered: Vec<EventId>,
}

fn key(at: Timestamp, source: &str, name: &str) -> Key {
    (at.0.div_euclid(MINUTE) * MINUTE, source.to_owned(), name.to_owned())
}

impl Tallied {
    /// Nothing yet, after these event and attempt.
    pub(super) fn after(upto: (i64, i64)) -> Tallied {
        Tallied { upto, ..Tallied::default() }
    }

    pub(super) fn add(&mut self, stored: &StoredEvent) {
        let event = &stored.event;
        self.arrivals.entry(key(event.received_at, &event.source, "")).or_default().add(stored);
        if let Some((provider, us)) = event.provider.as_deref().zip(event.judgement.skew_us) {
            self.skews.entry(key(event.received_at, &event.source, provider)).or_default().add(us);
        }
        if stored.answer.is_none() {
            self.unanswered.push(stored.id);
        }
    }

    pub(super) fn add_answer(&mut self, stored: &StoredEvent) {
        let event = &stored.event;
        self.arrivals.entry(key(event.received_at, &event.source, "")).or_default().add_answer(stored);
        self.answered.push(stored.id);
    }

    pub(super) fn add_attempt(&mut self, source: &str, attempt: &Attempt) {
        if let Some(subscriber) = &attempt.what.subscriber {
            self.tries.entry(key(attempt.what.at, source, subscriber)).or_default().add(attempt);
        }
    }

    pub(super) fn add_waiting(&mut self, at: Timestamp, subscriber: &str, waiting: u64) {
        let most = self.waiting.entry(key(at, "", subscriber)).or_default();
        *most = waiting.max(*most);
    }

    /// Nothing was counted, and nothing is to be remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.arrivals.is_empty() && self.tries.is_empty() && self.waiting.is_empty() && self.answered.is_empty()
    }
}

/// Adds counts to those in the log, inside the writer's transaction.
pub(in crate::store) fn write(db: &Connection, tallied: &Tallied) -> Result<()> {
    for (key, counts) in &tallied.arrivals {
        merge(db, Kind::Arrivals, key, |known| {
            let mut all = known.map_or_else(Arrivals::default, Arrivals::from_bytes);
            all.merge(counts);
            all.to_bytes()
        })?;
    }
    for (key, counts) in &tallied.tries {
        merge(db, Kind::Tries, key, |known| {
            let mut all = known.map_or_else(Tries::default, Tries::from_bytes);
            all.merge(counts);
            all.to_bytes()
        })?;
    }
    for (key, counts) in &tallied.skews {
        merge(db, Kind::Skews, key, |known| {
            let mut all = known.map_or_else(Skews::default, Skews::from_bytes);
            all.merge(counts);
            all.to_bytes()
        })?;
    }
    for (key, most) in &tallied.waiting {
        merge(db, Kind::Waiting, key, |known| waiting_bytes(known.map_or(0, waiting_of).max(*most)))?;
    }
    for id in &tallied.unanswered {
        db.prepare_cached("INSERT OR IGNORE INTO unanswered VALUES (?1)")?.execute([id.0])?;
    }
    for id in &tallied.answered {
        db.prepare_cached("DELETE FROM unanswered WHERE event = ?1")?.execute([id.0])?;
    }
    let (event, attempt) = tallied.upto;
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES ('counted', ?1)")?.execute([format!("{event} {attempt}")])?;
    Ok(())
}

/// The most that waited, as a row has it.
pub(super) fn waiting_of(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

fn waiting_bytes(waiting: u64) -> Vec<u8> {
    waiting.to_le_bytes().to_vec()
}

/// Writes a minute's counts anew, those of its hour, and those of all time.
fn merge(db: &Connection, kind: Kind, key: &Key, with: impl Fn(Option<&[u8]>) -> Vec<u8>) -> Result<()> {
    let (minute, source, name) = key;
    for (length, at) in [(MINUTE, *minute), (HOUR, minute.div_euclid(HOUR) * HOUR), (EVER, 0)] {
        let sql = "SELECT counts FROM spans WHERE length = ?1 AND at = ?2 AND kind = ?3 AND source = ?4 AND name = ?5";
        let row = params![length, at, kind as i64, source, name];
        let known: Option<Vec<u8>> = db.prepare_cached(sql)?.query_row(row, |row| row.get(0)).optional()?;
        db.prepare_cached("INSERT OR REPLACE INTO spans VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
            length,
            at,
            kind as i64,
            source,
            name,
            with(known.as_deref())
        ])?;
    }
    Ok(())
}

/// Up to which event and which attempt all is counted.
pub(super) fn upto(db: &Connection) -> Result<(i64, i64)> {
    let sql = "SELECT value FROM meta WHERE name = 'counted'";
    let text: Option<String> = db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    let read = |text: String| {
        let (event, attempt) = text.split_once(' ')?;
        Some((event.parse().ok()?, attempt.parse().ok()?))
    };
    Ok(text.and_then(read).unwrap_or_default())
}

/// A signature that is worth something else now is counted so: called before that is written down.
pub(in crate::store) fn judged_again(db: &Connection, id: EventId, verdict: Verdict) -> Result<()> {
    if id.0 > upto(db)?.0 {
        return Ok(());
    }
    let sql = "SELECT received_at, source, verdict FROM events WHERE id = ?1";
    let before = db
        .prepare_cached(sql)?
        .query_row([id.0], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))
        .optional()?;
    let Some((received_at, source, before)) = before else { return Ok(()) };
    let Some(before) = Verdict::from_name(&before).filter(|before| *before != verdict) else { return Ok(()) };
    merge(db, Kind::Arrivals, &key(Timestamp(received_at), &source, ""), |known| {
        let mut all = known.map_or_else(Arrivals::default, Arrivals::from_bytes);
        let was = &mut all.verdicts[before as usize];
        *was = was.saturating_sub(1);
        all.verdicts[verdict as usize] += 1;
        all.to_bytes()
    })
}

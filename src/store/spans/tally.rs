//! Counts on their way into the log, and the statements that add them to what is there.

use crate::model::{
    Arrivals, Attempt, Class, Counts, EventId, Judgement, Skews, StoredEvent, Timestamp, Tries, Verdict, Waiting,
};
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::BTreeMap;

/// The lengths of the spans that are kept, in microseconds: a minute, an hour, and 0 for all there ever was.
pub(super) const MINUTE: i64 = 60_000_000;
pub(super) const HOUR: i64 = 3_600_000_000;
pub(super) const EVER: i64 = 0;

/// How long minutes and hours are kept: the view shows a day by minutes, and a month by hours.
const MINUTES_KEPT: i64 = 48 * HOUR;
const HOURS_KEPT: i64 = 400 * 24 * HOUR;
/// Sources that are counted by name, the longest name in bytes, and what stands for all others.
const SOURCES: i64 = 200;
const LONGEST: usize = 100;
pub(super) const OTHERS: &str = "(others)";

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
    /// The present: what is older than is shown goes.
    now: Timestamp,
    /// How often verdicts had been written anew when these were read.
    judged: i64,
    /// Who was not answered before will not be any more.
    pub(super) forgets: bool,
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
    pub(super) fn after(upto: (i64, i64), now: Timestamp, judged: i64) -> Tallied {
        Tallied { upto, now, judged, ..Tallied::default() }
    }

    pub(super) fn add(&mut self, stored: &StoredEvent) {
        let event = &stored.event;
        self.arrivals.entry(key(event.received_at, &event.source, "")).or_default().add(stored);
        if let Some((provider, us)) = stored.proved_skew() {
            self.skews.entry(key(event.received_at, &event.source, provider)).or_default().add(us);
        }
        if stored.answer.is_none() && event.class != Class::Import {
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
        self.waiting.insert(key(at, "", subscriber), waiting);
    }

    /// Nothing was counted, and nothing is to be remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.arrivals.is_empty() && self.tries.is_empty() && self.waiting.is_empty() && self.answered.is_empty()
    }
}

/// Adds counts to those in the log, inside the writer's transaction.
pub(in crate::store) fn write(db: &Connection, tallied: &Tallied) -> Result<()> {
    if judged(db)? != tallied.judged {
        return Err(rusqlite::Error::ToSqlConversionFailure("verdicts have changed since they were counted".into()));
    }
    tallied
        .arrivals
        .iter()
        .try_for_each(|(key, counts)| add::<Arrivals>(db, Kind::Arrivals, key, |all| all.merge(counts)))?;
    tallied.tries.iter().try_for_each(|(key, counts)| add::<Tries>(db, Kind::Tries, key, |all| all.merge(counts)))?;
    tallied.skews.iter().try_for_each(|(key, counts)| add::<Skews>(db, Kind::Skews, key, |all| all.merge(counts)))?;
    for (key, waiting) in &tallied.waiting {
        merge(db, Kind::Waiting, key, |known| {
            let most = known.and_then(waiting_of).map_or(0, |before| before.most).max(*waiting);
            waiting_bytes(&Waiting { most, last: *waiting })
        })?;
    }
    if tallied.forgets {
        db.execute("DELETE FROM unanswered", [])?;
    }
    for (length, age) in [(MINUTE, MINUTES_KEPT), (HOUR, HOURS_KEPT)] {
        let sql = "DELETE FROM spans WHERE length = ?1 AND at < ?2";
        db.prepare_cached(sql)?.execute(params![length, tallied.now.0 - age])?;
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

/// What waited in a span, as a row has it.
pub(super) fn waiting_of(bytes: &[u8]) -> Option<Waiting> {
    let (most, last) = bytes.split_at_checked(8)?;
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_le_bytes);
    Some(Waiting { most: number(most)?, last: number(last)? })
}

fn waiting_bytes(waiting: &Waiting) -> Vec<u8> {
    [waiting.most.to_le_bytes(), waiting.last.to_le_bytes()].concat()
}

/// Changes the counts of a minute, of its hour, and of all time.
fn add<T: Counts>(db: &Connection, kind: Kind, key: &Key, change: impl Fn(&mut T)) -> Result<()> {
    merge(db, kind, key, |known| {
        let mut all = known.map_or_else(T::default, T::from_bytes);
        change(&mut all);
        all.to_bytes()
    })
}

/// The name under which a source is counted: senders invent paths, and each is a source.
fn counted_as<'k>(db: &Connection, kind: Kind, source: &'k str) -> Result<&'k str> {
    if source.is_empty() || kind == Kind::Waiting {
        return Ok(source);
    }
    if source.len() > LONGEST {
        return Ok(OTHERS);
    }
    let known = "SELECT EXISTS (SELECT 1 FROM spans WHERE length = 0 AND at = 0 AND kind = 1 AND source = ?1)";
    if db.prepare_cached(known)?.query_row([source], |row| row.get(0))? {
        return Ok(source);
    }
    let many = "SELECT count(*) FROM spans WHERE length = 0 AND at = 0 AND kind = 1";
    let many: i64 = db.prepare_cached(many)?.query_row([], |row| row.get(0))?;
    Ok(if many < SOURCES { source } else { OTHERS })
}

/// Writes a minute's counts anew, those of its hour, and those of all time.
fn merge(db: &Connection, kind: Kind, key: &Key, with: impl Fn(Option<&[u8]>) -> Vec<u8>) -> Result<()> {
    let (minute, source, name) = key;
    let source = counted_as(db, kind, source)?;
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

/// How often verdicts were written anew.
pub(super) fn judged(db: &Connection) -> Result<i64> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'judged'";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
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
pub(in crate::store) fn judged_again(db: &Connection, id: EventId, judgement: &Judgement) -> Result<()> {
    let verdict = judgement.verdict;
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
    let skew = judgement.provider.as_deref().zip(judgement.skew_us);
    if let Some((provider, us)) = skew.filter(|_| verdict.is_proved() && !before.is_proved()) {
        add::<Skews>(db, Kind::Skews, &key(Timestamp(received_at), &source, provider), |all| all.add(us))?;
    }
    add::<Arrivals>(db, Kind::Arrivals, &key(Timestamp(received_at), &source, ""), |all| {
        let was = &mut all.verdicts[before as usize];
        *was = was.saturating_sub(1);
        all.verdicts[verdict as usize] += 1;
    })
}

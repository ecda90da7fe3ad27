//! When somebody listened, and when what came could not be kept: written by who serves the log, read as runs and as gaps.

use super::{Reader, StoreError};
use crate::model::{EventId, Gap, Run, Timestamp};
use rusqlite::{Connection, Result, Row, params};

/// Runs with the run before each; `r` is a run, `p` the one before, `e` the last event before the run.
const RUNS: &str = "FROM runs r LEFT JOIN runs p ON p.id = (SELECT max(id) FROM runs WHERE id < r.id)
    LEFT JOIN events e ON e.id = r.after_event";

/// Somebody listens from now on.
pub(super) fn begin(db: &Connection, at: Timestamp) -> Result<()> {
    db.execute(
        "INSERT INTO runs (started_at, after_event) VALUES (?1, (SELECT ifnull(max(id), 0) FROM events))",
        [at.0],
    )
    .map(drop)
}

/// Nobody listens from now on.
pub(super) fn end(db: &Connection, at: Timestamp) -> Result<()> {
    db.execute("UPDATE runs SET stopped_at = ?1 WHERE id = (SELECT max(id) FROM runs)", [at.0]).map(drop)
}

/// Requests that were answered 503 one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusals {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) requests: u64,
}

/// Notes requests that could not be kept, before the first event that can again.
pub(super) fn refused(db: &Connection, what: &Refusals) -> Result<()> {
    let known = db.execute(
        "UPDATE refusals SET to_at = ?1, requests = requests + ?2 WHERE id = (SELECT max(id) FROM refusals)
            AND after_event = (SELECT ifnull(max(id), 0) FROM events) AND ?3 - to_at < 60000000",
        params![what.to.0, what.requests as i64, what.from.0],
    )?;
    if known > 0 {
        return Ok(());
    }
    db.execute(
        "INSERT INTO refusals (after_event, from_at, to_at, requests)
         VALUES ((SELECT ifnull(max(id), 0) FROM events), ?1, ?2, ?3)",
        params![what.from.0, what.to.0, what.requests as i64],
    )
    .map(drop)
}

impl Reader {
    /// The gaps after the events `first` to `last`, oldest first.
    pub fn gaps(&self, first: EventId, last: EventId) -> std::result::Result<Vec<Gap>, StoreError> {
        let sql = format!(
            "SELECT r.after_event, r.started_at, p.stopped_at, p.started_at, e.received_at {RUNS}
             WHERE r.after_event BETWEEN ?1 AND ?2 AND p.id IS NOT NULL ORDER BY r.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let gaps = statement.query_map(params![first.0, last.0], |row| {
            let (from, killed) = end_of(row, 2)?;
            Ok(Gap { after: EventId(row.get(0)?), from, to: Timestamp(row.get(1)?), killed, runs: 0, refused: 0 })
        })?;
        let mut gaps = gaps.collect::<Result<Vec<_>>>()?;
        gaps.extend(self.refusals(first, last)?);
        gaps.sort_by_key(|gap| (gap.after, gap.from));
        Ok(Gap::joined(gaps))
    }

    /// Times after these events in which requests were answered 503.
    fn refusals(&self, first: EventId, last: EventId) -> Result<Vec<Gap>> {
        let sql = "SELECT after_event, from_at, to_at, requests FROM refusals WHERE after_event BETWEEN ?1 AND ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let gaps = statement.query_map(params![first.0, last.0], |row| {
            let (from, to) = (Timestamp(row.get(1)?), Timestamp(row.get(2)?));
            let refused = row.get::<_, i64>(3)?.max(1) as u64;
            Ok(Gap { after: EventId(row.get(0)?), from, to, killed: false, runs: 0, refused })
        })?;
        gaps.collect()
    }

    /// The last `limit` runs, oldest first; the last one may still go on.
    pub fn runs(&self, limit: usize) -> std::result::Result<Vec<Run>, StoreError> {
        // The end of a run is known from its successor's row: what had arrived by then.
        let sql = "SELECT p.started_at, p.stopped_at, p.started_at,
                (SELECT max(received_at) FROM events WHERE id =
                    coalesce((SELECT after_event FROM runs WHERE id > p.id ORDER BY id LIMIT 1), p.after_event)
                    AND id > p.after_event)
            FROM runs p ORDER BY p.id DESC LIMIT ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let runs = statement.query_map([limit as i64], |row| {
            let (last_seen, killed) = end_of(row, 1)?;
            let stopped_at = Some(last_seen).filter(|_| !killed);
            Ok(Run { started_at: Timestamp(row.get(0)?), stopped_at, last_seen })
        })?;
        let mut runs = runs.collect::<Result<Vec<_>>>()?;
        runs.reverse();
        Ok(runs)
    }
}

/// When a run ended, from three columns (its end, its begin, its last event), and whether that is only its last sign
/// of life.
fn end_of(row: &Row, at: usize) -> Result<(Timestamp, bool)> {
    let (stopped, started, event): (Option<i64>, i64, Option<i64>) = (row.get(at)?, row.get(at + 1)?, row.get(at + 2)?);
    Ok((Timestamp(stopped.unwrap_or(started.max(event.unwrap_or(0)))), stopped.is_none()))
}

//! Verdicts that a later secret changes: which events may be concerned, and writing what they are now.

use super::{Reader, StoreError, spans};
use crate::model::{Entrance, EventId, Judgement, StoredEvent};
use rusqlite::{Connection, params};

/// What is written inside the writer's transaction. The verdict at arrival is kept beside.
pub(super) fn set(db: &Connection, judged: &[(EventId, Judgement)]) -> rusqlite::Result<()> {
    if !judged.is_empty() {
        // Whoever has read verdicts before this and counts them is told so.
        let sql = "INSERT INTO meta VALUES ('judged', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1";
        db.prepare_cached(sql)?.execute([])?;
    }
    let mut statement = db.prepare_cached(
        "UPDATE events SET at_arrival = coalesce(at_arrival, verdict), verdict = ?2, secret = ?3, reason = ?4, skew_us = ?5,
            provider = coalesce(provider, ?6)
         WHERE id = ?1",
    )?;
    for (id, judgement) in judged {
        spans::judged_again(db, *id, judgement)?;
        let reason = judgement.reason.map(|reason| reason.name());
        let Judgement { verdict, secret, skew_us, provider, .. } = judgement;
        statement.execute(params![id.0, verdict.name(), secret, reason, skew_us, provider])?;
    }
    Ok(())
}

/// The column that says who came in there, and what it says.
fn column(entrance: &Entrance) -> (&'static str, &str) {
    match entrance {
        Entrance::Source(name) => ("e.source", name),
        Entrance::Provider(id) => ("e.provider", id),
    }
}

/// Which events of an entrance are looked at once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Those that were not found right: what was right once stays so, though its secret be gone.
    Unsettled,
    /// Those for which there was no secret.
    Keyless,
}

impl Extent {
    fn clause(self) -> &'static str {
        match self {
            Extent::Unsettled => " AND e.verdict NOT IN ('valid', 'stale')",
            Extent::Keyless => " AND e.verdict = 'no_secret'",
        }
    }
}

impl Reader {
    /// Events that came in there, after `after`, oldest first, at most `limit`; without attempts.
    pub fn of_entrance(
        &self,
        entrance: &Entrance,
        extent: Extent,
        after: EventId,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let (column, name) = column(entrance);
        let tail = format!("WHERE e.id > ?1 AND {column} = ?2{} ORDER BY e.id LIMIT ?3", extent.clause());
        self.events(&tail, params![after.0, name, limit as i64])
    }

    /// How many there are.
    pub fn count_of_entrance(&self, entrance: &Entrance, extent: Extent) -> Result<u64, StoreError> {
        let (column, name) = column(entrance);
        let sql = format!("SELECT count(*) FROM events e WHERE {column} = ?1{}", extent.clause());
        let count: i64 = self.connection.query_row(&sql, [name], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// Providers of events for which there was no secret.
    pub fn keyless(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT provider FROM events WHERE verdict = 'no_secret' AND provider IS NOT NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let providers = statement.query_map([], |row| row.get(0))?;
        Ok(providers.collect::<Result<_, _>>()?)
    }
}

//! Attempts without what was sent and answered: where they went, when, how long they took.
//! It must not know which events are meant.

use super::{Reader, StoreError, rows};
use crate::model::{Attempt, EventId};
use rusqlite::Connection;

/// Columns of an attempt `t` without what was sent and answered: no filter asks for that.
pub(super) const BARE: &str = "t.id, t.event, t.subscriber, t.at, t.cause, t.url, t.status, t.error, t.queue_us,
    t.dns_us, t.connect_us, t.tls_us, t.send_us, t.wait_us, t.receive_us, t.total_us, x'' AS request_headers,
    NULL AS request_body, x'' AS response_headers, x'' AS response_body, t.truncated";

/// Those of an event, oldest first.
pub(super) fn bare(db: &Connection, id: EventId) -> rusqlite::Result<Vec<Attempt>> {
    let sql = format!("SELECT {BARE} FROM attempts t WHERE t.event = ?1 ORDER BY t.id");
    let mut statement = db.prepare_cached(&sql)?;
    statement.query_map([id.0], rows::attempt)?.collect()
}

/// Calls `take` for each attempt from one on, the newest first, until it says `false`.
pub(super) fn each(
    db: &Connection,
    first: i64,
    mut take: impl FnMut(&Attempt) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {BARE} FROM attempts t WHERE t.id >= ?1 ORDER BY t.id DESC");
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = statement.query([first])?;
    while let Some(row) = found.next()? {
        if !take(&rows::attempt(row)?)? {
            break;
        }
    }
    Ok(())
}

impl Reader {
    /// Calls `take` for every attempt, the newest first, without what was sent and answered.
    pub fn each_attempt(&self, mut take: impl FnMut(&Attempt)) -> Result<(), StoreError> {
        each(&self.connection, 0, |attempt| {
            take(attempt);
            Ok(true)
        })
    }
}

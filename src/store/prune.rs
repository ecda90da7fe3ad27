//! Removing events for good: chosen by a reader, removed by the writer in small pieces, so that capture never waits long.
//! A pinned event is never chosen.

use super::{AppendError, Reader, Store, StoreError};
use crate::model::{EventId, Retention, Timestamp};
use rusqlite::{Connection, Result, Row};

/// Events removed in one transaction.
const PIECE: usize = 256;
/// What the bytes of the event `e` take up, those of its answers included.
const BYTES: &str = "e.size + length(e.head) +
    (SELECT coalesce(sum(length(response_body)), 0) FROM attempts WHERE event = e.id)";
/// Younger events that are passed over while older ones are looked for.
const YOUNGER: usize = 1000;
/// What an event's rows take beside its bytes, roughly.
const ROW_BYTES: u64 = 700;

impl Store {
    /// Removes what may go; gives how many events that were.
    pub async fn prune(&self, retention: Retention) -> std::result::Result<u64, AppendError> {
        let mut removed = 0;
        loop {
            let path = self.path().to_owned();
            let choose = move || Reader::open(&path)?.prunable(&retention, PIECE);
            let chosen = tokio::task::spawn_blocking(choose).await.map_err(|e| AppendError::Failed(e.to_string()))?;
            let events = chosen.map_err(|e: StoreError| AppendError::Failed(e.to_string()))?;
            if events.is_empty() {
                return Ok(removed);
            }
            removed += events.len() as u64;
            self.remove(events).await?;
        }
    }
}

impl Reader {
    /// Events that may go, oldest first, at most `limit`.
    pub fn prunable(&self, retention: &Retention, limit: usize) -> std::result::Result<Vec<EventId>, StoreError> {
        // Those that were deleted long ago go first: what they free others need not.
        let (mut chosen, mut freed) = (Vec::new(), 0);
        for (id, bytes) in self.deleted_before(retention.deleted_before, limit)? {
            chosen.push(id);
            freed += bytes;
        }
        let excess = match retention.max_size {
            Some(most) => self.used_size()?.saturating_sub(most).saturating_sub(freed),
            None => 0,
        };
        let more = self.oldest(retention, excess, limit.saturating_sub(chosen.len()))?;
        chosen.extend(more);
        chosen.sort_unstable();
        Ok(chosen)
    }

    /// Bytes that the log's rows take up in its file.
    pub fn used_size(&self) -> std::result::Result<u64, StoreError> {
        let pragma = |name| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let pages = pragma("page_count")? - pragma("freelist_count")?;
        Ok((pages * pragma("page_size")?).max(0) as u64)
    }

    /// With what each takes up, in bytes.
    fn deleted_before(&self, before: Timestamp, limit: usize) -> Result<Vec<(EventId, u64)>> {
        let sql = format!(
            "SELECT e.id, {BYTES} FROM marks m JOIN events e ON e.id = m.event
             WHERE m.deleted_at IS NOT NULL AND m.deleted_at < ?1 AND NOT m.pinned LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let events = statement
            .query_map([before.0, limit], |row| Ok((EventId(row.get(0)?), row.get::<_, i64>(1)? as u64 + ROW_BYTES)))?;
        events.collect()
    }

    /// The oldest that are older than `before`, and as many more as it takes to win back `excess` bytes.
    fn oldest(&self, retention: &Retention, mut excess: u64, limit: usize) -> Result<Vec<EventId>> {
        let before = retention.before;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT e.id, e.received_at, {BYTES} FROM events e LEFT JOIN marks m ON m.event = e.id
             WHERE NOT coalesce(m.pinned, 0) AND (m.deleted_at IS NULL OR m.deleted_at >= ?1)
                 AND e.id <= coalesce((SELECT min(cursor) FROM subscribers), e.id) ORDER BY e.id"
        ))?;
        let read = |row: &Row| Ok((EventId(row.get(0)?), row.get::<_, i64>(1)?, row.get::<_, i64>(2)? as u64));
        let (mut chosen, mut younger) = (Vec::new(), 0);
        for row in statement.query_map([retention.deleted_before.0], read)? {
            let (id, received_at, bytes) = row?;
            let old = before.is_some_and(|before| received_at < before.0);
            if chosen.len() >= limit {
                break;
            }
            if !old && excess == 0 {
                // Rows stand in the order of their commits; a clock may have been wrong for some of them.
                younger += 1;
                if younger > YOUNGER || before.is_none() {
                    break;
                }
                continue;
            }
            excess = excess.saturating_sub(bytes + ROW_BYTES);
            chosen.push(id);
        }
        Ok(chosen)
    }
}

/// Removes events with all that stands beside them, and counts them.
pub(super) fn remove(db: &Connection, events: &[EventId]) -> Result<()> {
    let mut removed = 0;
    for id in events {
        removed += db.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([id.0])?;
        for table in ["bodies", "answers", "attempts", "marks", "deliveries", "unanswered", "drifts"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE event = ?1"))?.execute([id.0])?;
        }
    }
    db.execute(
        "INSERT INTO meta VALUES ('removed', ?1) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [removed as i64],
    )?;
    Ok(())
}

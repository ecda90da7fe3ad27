//! Finding the events that a filter picks: SQLite walks over them, the filter decides about each.
//! It must not lose a match, whatever would be faster.

use super::{Reader, StoreError, rows};
use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, StoredEvent, Timestamp};
use jiff::tz::TimeZone;
use rusqlite::{Connection, ToSql};

/// Events between two looks at whether the answer is still wanted.
const PIECE: usize = 512;

/// The present, for filters that speak of it, and whether the answer is still wanted.
pub struct Sieve<'a> {
    /// The present.
    pub now: Timestamp,
    /// The zone in which times of day are meant.
    pub zone: &'a TimeZone,
    /// Something else is wanted by now.
    pub overtaken: &'a dyn Fn() -> bool,
}

impl Reader {
    /// How many events match, deleted ones as the filter says.
    pub fn count(&self, filter: &Filter, upto: EventId, sieve: &Sieve) -> Result<Option<u64>, StoreError> {
        let deleted = if filter.asks_for_deleted() { "" } else { " AND m.deleted_at IS NULL" };
        let found = sieve.pick(
            &self.connection,
            filter,
            &format!("e.id <= :upto{deleted} ORDER BY e.id"),
            &[(":upto", &upto.0)],
            usize::MAX,
        )?;
        Ok((!(sieve.overtaken)()).then_some(found.len() as u64))
    }
}

impl Sieve<'_> {
    /// The ids of the events that match, in the order of `tail`, which is what follows WHERE. It ends early once it has
    /// been overtaken.
    pub(super) fn pick(
        &self,
        db: &Connection,
        filter: &Filter,
        tail: &str,
        bound: &[(&str, &dyn ToSql)],
        limit: usize,
    ) -> Result<Vec<EventId>, StoreError> {
        let bytes = filter.needs_bytes();
        let (columns, join) = match bytes {
            true => (format!("{}, {}", rows::FACTS, rows::BYTES), "LEFT JOIN bodies b ON b.event = e.id"),
            false => (rows::FACTS.to_owned(), ""),
        };
        let sql = format!(
            "SELECT {columns} FROM events e LEFT JOIN answers a ON a.event = e.id
             LEFT JOIN marks m ON m.event = e.id {join} WHERE {tail}"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut found = statement.query(bound)?;
        let (mut picked, mut seen) = (Vec::new(), 0usize);
        while picked.len() < limit
            && let Some(row) = found.next()?
        {
            seen += 1;
            if seen.is_multiple_of(PIECE) && (self.overtaken)() {
                break;
            }
            let mut event = if bytes { rows::unchecked(row)? } else { rows::facts(row)? };
            if filter.needs_attempts() {
                event.attempts = attempts(db, event.id)?;
            }
            if self.accepts(filter, &event) {
                picked.push(event.id);
            }
        }
        Ok(picked)
    }

    fn accepts(&self, filter: &Filter, event: &StoredEvent) -> bool {
        filter.accepts(&Subject { event, now: self.now, zone: self.zone })
    }
}

fn attempts(db: &Connection, id: EventId) -> rusqlite::Result<Vec<crate::model::Attempt>> {
    let mut statement = db.prepare_cached("SELECT * FROM attempts WHERE event = ?1 ORDER BY id")?;
    statement.query_map([id.0], rows::attempt)?.collect()
}

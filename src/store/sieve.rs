//! Finding the events that a filter picks: SQLite walks over them, the filter decides about each.
//! It must not lose a match, whatever would be faster.

use super::{Reader, StoreError, deliveries, rows};
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
        let mut picked = Vec::new();
        if limit > 0 {
            self.walk(db, filter, tail, bound, |event| {
                picked.push(event.id);
                picked.len() < limit
            })?;
        }
        Ok(picked)
    }

    /// Calls `take` for the events that match until it says `false`, or somebody has overtaken it. They have no bytes
    /// unless the filter needs them.
    fn walk(
        &self,
        db: &Connection,
        filter: &Filter,
        tail: &str,
        bound: &[(&str, &dyn ToSql)],
        mut take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let bytes = filter.needs_bytes();
        let facts = format!("{}, {}", rows::ARRIVAL, rows::MARKS);
        let (columns, join) = match bytes {
            true => (format!("{facts}, {}", rows::BYTES), "LEFT JOIN bodies b ON b.event = e.id"),
            false => (facts, ""),
        };
        let sql = format!(
            "SELECT {columns} FROM events e LEFT JOIN answers a ON a.event = e.id
             LEFT JOIN marks m ON m.event = e.id {join} WHERE {tail}"
        );
        let mut statement = db.prepare_cached(&sql)?;
        // Looked up once, not for every row.
        let texts = rows::TEXTS.iter().filter(|_| bytes).map(|name| statement.column_index(name));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let mut found = statement.query(bound)?;
        let mut seen = 0usize;
        while let Some(row) = found.next()? {
            seen += 1;
            if seen.is_multiple_of(PIECE) && (self.overtaken)() {
                break;
            }
            if bytes && !filter.may_match(&rows::texts(row, &texts)?) {
                continue;
            }
            let mut event = if bytes { rows::unchecked(row)? } else { rows::facts(row)? };
            if filter.needs_deliveries() {
                event.attempts = attempts(db, event.id)?;
                event.deliveries = deliveries::of(db, event.id)?;
            }
            if self.accepts(filter, &event) && !take(&event) {
                break;
            }
        }
        Ok(())
    }

    fn accepts(&self, filter: &Filter, event: &StoredEvent) -> bool {
        filter.accepts(&Subject { event, now: self.now, zone: self.zone })
    }
}

impl Reader {
    /// Calls `take` for each event after `after` that matches, oldest first, until it says `false`. They have no bytes unless
    /// the filter needs them.
    pub fn each(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        after: EventId,
        take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        self.each_between(filter, sieve, (after, EventId(i64::MAX)), take)
    }

    /// The same up to a last event.
    pub fn each_between(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        (after, last): (EventId, EventId),
        mut take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let deleted = filter.asks_for_deleted();
        let tail = "e.id > :after AND e.id <= :last ORDER BY e.id";
        sieve.walk(&self.connection, filter, tail, &[(":after", &after.0), (":last", &last.0)], |event| {
            if deleted || event.marks.deleted_at.is_none() { take(event) } else { true }
        })
    }
}

/// Attempts without what was sent and answered: no filter asks for that.
fn attempts(db: &Connection, id: EventId) -> rusqlite::Result<Vec<crate::model::Attempt>> {
    let mut statement = db.prepare_cached(
        "SELECT id, event, subscriber, at, cause, url, status, error, queue_us, dns_us, connect_us, tls_us, send_us, wait_us,
            receive_us, total_us, x'' AS request_headers, NULL AS request_body, x'' AS response_headers,
            x'' AS response_body, truncated FROM attempts WHERE event = ?1 ORDER BY id",
    )?;
    statement.query_map([id.0], rows::attempt)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::sample::event;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn no_match_is_lost(
            events in proptest::collection::vec(("/[ab]{0,2}", "[ab]{0,2}", "[abAB]{0,3}"), 1..8),
            filter in "(-?(a|b|ab|\"x-a: a\"|path:/a\\*|size:>1|is:unread|is:test) ){1,3}",
        ) {
            let filter = Filter::parse(filter.trim()).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("e.db");
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let store = Store::open(&path).unwrap();
            for (target, header, body) in &events {
                runtime.block_on(store.append(event(target, header, body))).unwrap();
            }
            store.close();
            let reader = Reader::open(&path).unwrap();
            let sieve = Sieve { now: Timestamp(0), zone: &TimeZone::UTC, overtaken: &|| false };
            let all = reader.after(EventId(0), 100).unwrap();
            let right: Vec<EventId> = all.iter().filter(|e| sieve.accepts(&filter, e)).map(|e| e.id).collect();
            let scope = crate::model::Scope { filter: Some(filter), ..Default::default() };
            prop_assert_eq!(reader.ids(&scope, (EventId(0), EventId(i64::MAX)), 100, &sieve).unwrap(), right);
        }
    }
}

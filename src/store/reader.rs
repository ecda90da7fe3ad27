//! A read-only hold on a log: whole events and attempts; pages for the list are next door.
//! It must not write, migrate, or keep a transaction open between two calls.

use super::index::Verified;
use super::{StoreError, files, rows, schema};
use crate::model::{Attempt, EventId, Heads, LogId, StoredEvent};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, params};
use std::cell::{Ref, RefCell};
use std::path::Path;

/// A read-only connection. Cost grows with what is asked for, not with what is stored.
pub struct Reader {
    pub(super) connection: Connection,
    /// Where texts may stand.
    index: RefCell<Verified>,
}

/// Bodies read at once; a batch that reaches it is shorter than asked for.
const BATCH_BYTES: usize = 32 << 20;

impl Reader {
    /// Opens an existing log for reading.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let not_a_log = |e: rusqlite::Error| StoreError::NotALog { path: path.to_owned(), why: e.to_string() };
        let connection = Connection::open_with_flags(path, flags).map_err(not_a_log)?;
        schema::settle(&connection)?;
        schema::check(&connection, path)?;
        let index = Verified::new(files::index_path(path), log_id(&connection)?);
        Ok(Reader { connection, index: RefCell::new(index) })
    }

    /// The index as it is now.
    pub(super) fn index(&self) -> Result<Ref<'_, Verified>, StoreError> {
        // Whoever is in the middle of a walk goes on with the index that it began with.
        if let Ok(mut index) = self.index.try_borrow_mut() {
            index.refresh(&self.connection)?;
        }
        Ok(self.index.borrow())
    }

    /// What is wrong with the search index, in words; how many events it knows where nothing is.
    pub fn examine_index(&self) -> Result<u64, String> {
        self.index.borrow_mut().examine(&self.connection)
    }

    /// How far the log has come.
    pub fn heads(&self) -> Result<Heads, StoreError> {
        Ok(heads(&self.connection)?)
    }

    /// The log's UUID.
    pub fn log_id(&self) -> Result<LogId, StoreError> {
        Ok(log_id(&self.connection)?)
    }

    /// The whole event with its attempts, or `None`.
    pub fn event(&self, id: EventId) -> Result<Option<StoredEvent>, StoreError> {
        let mut found = self.events("WHERE e.id = ?1", params![id.0])?;
        let Some(mut event) = found.pop() else { return Ok(None) };
        event.attempts = self.attempts(id)?;
        event.deliveries = self.deliveries(id)?;
        Ok(Some(event))
    }

    /// Events after `after`, oldest first, at most `limit`; with bodies and attempts.
    pub fn after(&self, after: EventId, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.after_within(after, limit, BATCH_BYTES)
    }

    /// The same, and no more once their bodies have so many bytes.
    pub fn after_within(&self, after: EventId, limit: usize, bytes: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let tail = "WHERE e.id > ?1 ORDER BY e.id LIMIT ?2";
        self.with_attempts(self.events_within(tail, params![after.0, limit as i64], bytes)?)
    }

    /// The attempts of an event, oldest first.
    pub fn attempts(&self, id: EventId) -> Result<Vec<Attempt>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT * FROM attempts WHERE event = ?1 ORDER BY id")?;
        let attempts = statement.query_map([id.0], rows::attempt)?;
        Ok(attempts.collect::<Result<_, _>>()?)
    }

    /// Attempts after `after`, oldest first, at most `limit`.
    pub fn attempts_after(&self, after: i64, limit: usize) -> Result<Vec<Attempt>, StoreError> {
        let sql = "SELECT * FROM attempts WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let attempts = statement.query_map([after, limit as i64], rows::attempt)?;
        Ok(attempts.collect::<Result<_, _>>()?)
    }

    /// Where events were last sent to by hand: the last target, then others that have answered lately, at most `limit`.
    pub fn targets(&self, limit: usize) -> Result<Vec<String>, StoreError> {
        let last = "SELECT value FROM meta WHERE name = 'last_target'";
        let last: Option<String> = self.connection.query_row(last, [], |row| row.get(0)).optional()?;
        let others = "SELECT url FROM (SELECT url, id, status FROM attempts
                WHERE subscriber IS NULL AND cause = 'manual' ORDER BY id DESC LIMIT 200)
            WHERE status IS NOT NULL AND status <> 508
            GROUP BY url ORDER BY max(id) DESC";
        let mut statement = self.connection.prepare(others)?;
        let others = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let others = others.into_iter().filter(|url| Some(url) != last.as_ref());
        Ok(last.clone().into_iter().chain(others).take(limit).collect())
    }

    /// SQLite's own check of the file: `ok`, or what is wrong.
    pub fn integrity(&self) -> Result<String, StoreError> {
        Ok(self.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?)
    }

    /// What arrived after `after`, oldest first, at most `limit`: without bytes, attempts and marks, and without a look at
    /// whether it is damaged. For what has just been committed, of which there is nothing more.
    pub fn arrived_after(&self, after: EventId, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {}, {} FROM events e LEFT JOIN answers a ON a.event = e.id WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",
            rows::ARRIVAL,
            rows::NO_MARKS
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let events = statement.query_map([after.0, limit as i64], rows::facts)?;
        Ok(events.collect::<Result<_, _>>()?)
    }

    fn with_attempts(&self, mut events: Vec<StoredEvent>) -> Result<Vec<StoredEvent>, StoreError> {
        for event in &mut events {
            event.attempts = self.attempts(event.id)?;
            event.deliveries = self.deliveries(event.id)?;
        }
        Ok(events)
    }

    pub(super) fn events(&self, tail: &str, params: impl Params) -> Result<Vec<StoredEvent>, StoreError> {
        self.events_within(tail, params, BATCH_BYTES)
    }

    fn events_within(&self, tail: &str, params: impl Params, most: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = format!(
            "SELECT {}, {}, {} FROM events e LEFT JOIN answers a ON a.event = e.id LEFT JOIN marks m ON m.event = e.id
             LEFT JOIN bodies b ON b.event = e.id {tail}",
            rows::ARRIVAL,
            rows::MARKS,
            rows::BYTES,
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        for event in statement.query_map(params, rows::whole)? {
            let event = event?;
            bytes += event.event.body.len();
            events.push(event);
            if bytes > most {
                break;
            }
        }
        Ok(events)
    }
}

fn log_id(db: &Connection) -> rusqlite::Result<LogId> {
    db.query_row("SELECT value FROM meta WHERE name = 'log_id'", [], |row| row.get(0)).map(LogId)
}

/// How far a log has come: ids that were given, whether their rows are still there or not.
pub(super) fn heads(db: &Connection) -> rusqlite::Result<Heads> {
    let sql = "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'events'),
        (SELECT seq FROM sqlite_sequence WHERE name = 'attempts')";
    db.prepare_cached(sql)?.query_row([], |row| {
        let last = |column| row.get::<_, Option<i64>>(column).map(Option::unwrap_or_default);
        Ok(Heads { event: last(0)?, attempt: last(1)?, ..Heads::default() })
    })
}

//! The tables and their numbered migrations.
//! A migration, once released, is never edited: the next change is the next number.

use super::StoreError;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// `application_id` in the file's header: "WHSP".
const APPLICATION_ID: i64 = 0x5748_5350;

/// Migration N brings a log from version N to N + 1.
const MIGRATIONS: [&str; 7] = [
    "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    -- What arrived and how it was judged then. Rows never change.
    CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        class TEXT NOT NULL, received_at INTEGER NOT NULL,
        source TEXT NOT NULL, provider TEXT, type TEXT, key TEXT,
        method TEXT NOT NULL, target TEXT NOT NULL, version TEXT NOT NULL, remote TEXT NOT NULL,
        content_type TEXT, size INTEGER NOT NULL,
        head BLOB NOT NULL, trailers BLOB NOT NULL, head_sha256 BLOB NOT NULL, body_sha256 BLOB NOT NULL,
        arrival INTEGER NOT NULL, duplicate_of INTEGER, conflict INTEGER NOT NULL,
        -- The lowest id of the family, and of its valid ones, before this row: the next arrival reads them here.
        family_first INTEGER, family_valid INTEGER,
        verdict TEXT NOT NULL, secret TEXT, reason TEXT, skew_us INTEGER,
        rejected TEXT,
        head_us INTEGER NOT NULL, body_us INTEGER NOT NULL, verify_us INTEGER NOT NULL, queue_us INTEGER NOT NULL
    );
    CREATE INDEX events_family ON events (source, key, id) WHERE key IS NOT NULL;
    -- Bodies apart, so that passing over events does not read them.
    CREATE TABLE bodies (event INTEGER PRIMARY KEY, body BLOB NOT NULL);
    -- Known only after the event's own commit.
    CREATE TABLE answers (
        event INTEGER PRIMARY KEY, status INTEGER NOT NULL,
        commit_us INTEGER NOT NULL, answer_us INTEGER NOT NULL, total_us INTEGER NOT NULL
    );
    CREATE TABLE attempts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        event INTEGER NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL, url TEXT NOT NULL,
        status INTEGER, error TEXT,
        queue_us INTEGER, dns_us INTEGER, connect_us INTEGER, tls_us INTEGER, send_us INTEGER, wait_us INTEGER,
        receive_us INTEGER, total_us INTEGER NOT NULL,
        request_headers BLOB NOT NULL, response_headers BLOB NOT NULL, response_body BLOB NOT NULL,
        truncated INTEGER NOT NULL
    );
    CREATE INDEX attempts_event ON attempts (event, id);
",
    "
    -- What the user keeps beside an event; one without a row has none of it.
    CREATE TABLE marks (
        event INTEGER PRIMARY KEY,
        read INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, note TEXT, deleted_at INTEGER
    );
    CREATE INDEX marks_deleted ON marks (event) WHERE deleted_at IS NOT NULL;
    CREATE INDEX events_problem ON events (id) WHERE verdict IN ('invalid', 'unknown') OR class = 'rejected';
    -- The body that was sent, where it was not the event's.
    ALTER TABLE attempts ADD COLUMN request_body BLOB;
    -- When somebody listened: a run without an end was killed, or is still going on.
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        started_at INTEGER NOT NULL, after_event INTEGER NOT NULL, stopped_at INTEGER
    );
    CREATE INDEX runs_after ON runs (after_event);
",
    "
    -- The verdict at arrival, where a secret that came later has changed it.
    ALTER TABLE events ADD COLUMN at_arrival TEXT;
    CREATE INDEX events_keyless ON events (id) WHERE verdict = 'no_secret';
",
    "
    -- The [[answer]] rule that told the sender so; the status 0 stands for a connection that was ended without one.
    ALTER TABLE answers ADD COLUMN rule TEXT;
    -- What was out of order about it: half, pieces, drop, reset, gone.
    ALTER TABLE answers ADD COLUMN how TEXT;
",
    "
    -- Up to where a subscriber has dealt with the log, and why nothing is sent to it.
    CREATE TABLE subscribers (
        name TEXT PRIMARY KEY, cursor INTEGER NOT NULL, held TEXT, seen_at INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    -- What became of an event for a subscriber, from its first attempt or from when it was left out.
    CREATE TABLE deliveries (
        subscriber TEXT NOT NULL, event INTEGER NOT NULL, url TEXT NOT NULL, state TEXT NOT NULL,
        attempts INTEGER NOT NULL, status INTEGER, reason TEXT, due INTEGER, PRIMARY KEY (subscriber, event)
    ) WITHOUT ROWID;
    CREATE INDEX deliveries_event ON deliveries (event);
    CREATE INDEX deliveries_state ON deliveries (subscriber, state);
    -- Whose attempt it was; one by hand is nobody's.
    ALTER TABLE attempts ADD COLUMN subscriber TEXT;
    CREATE INDEX attempts_subscriber ON attempts (subscriber, id) WHERE subscriber IS NOT NULL;
",
    "
    -- Up to here what has no delivery was judged and is nobody's, though the cursor may be before it.
    ALTER TABLE subscribers ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
    -- How many of its deliveries have ended so, kept up to date so that nobody has to count.
    ALTER TABLE subscribers ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE subscribers ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
    UPDATE subscribers SET
        delivered = (SELECT count(*) FROM deliveries WHERE subscriber = name AND state = 'delivered'),
        dead = (SELECT count(*) FROM deliveries WHERE subscriber = name AND state = 'dead');
    CREATE INDEX deliveries_failing ON deliveries (event) WHERE state IN ('dead', 'retrying');
    CREATE TRIGGER deliveries_begin AFTER INSERT ON deliveries BEGIN
        UPDATE subscribers SET delivered = delivered + (NEW.state = 'delivered'), dead = dead + (NEW.state = 'dead')
        WHERE name = NEW.subscriber;
    END;
    CREATE TRIGGER deliveries_change AFTER UPDATE OF state ON deliveries WHEN OLD.state <> NEW.state BEGIN
        UPDATE subscribers SET
            delivered = delivered + (NEW.state = 'delivered') - (OLD.state = 'delivered'),
            dead = dead + (NEW.state = 'dead') - (OLD.state = 'dead')
        WHERE name = NEW.subscriber;
    END;
    CREATE TRIGGER deliveries_end AFTER DELETE ON deliveries BEGIN
        UPDATE subscribers SET delivered = delivered - (OLD.state = 'delivered'), dead = dead - (OLD.state = 'dead')
        WHERE name = OLD.subscriber;
    END;
",
    "
    -- What the sender says of an event: when it was made, its number, what it is about; and how long it waits.
    ALTER TABLE events ADD COLUMN made_at INTEGER;
    ALTER TABLE events ADD COLUMN sequence INTEGER;
    ALTER TABLE events ADD COLUMN object TEXT;
    ALTER TABLE events ADD COLUMN deadline_us INTEGER;
    -- The event of its source that was made later and had arrived before it.
    ALTER TABLE events ADD COLUMN overtaken_by INTEGER;
    CREATE INDEX events_overtaken ON events (overtaken_by) WHERE overtaken_by IS NOT NULL;
    -- The furthest event of each order that has arrived.
    CREATE TABLE furthest (
        lane TEXT NOT NULL, provider TEXT NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL,
        proved INTEGER NOT NULL, PRIMARY KEY (lane, provider)
    ) WITHOUT ROWID;
    -- The answer came after the sender's deadline.
    ALTER TABLE answers ADD COLUMN late INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX answers_late ON answers (event) WHERE late;
    -- What was counted of each minute, of each hour and in all, so that a month costs no more to draw than a day.
    CREATE TABLE spans (
        length INTEGER NOT NULL, at INTEGER NOT NULL, kind INTEGER NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
        counts BLOB NOT NULL, PRIMARY KEY (length, at, kind, source, name)
    ) WITHOUT ROWID;
    -- Events that were counted before they were answered.
    CREATE TABLE unanswered (event INTEGER PRIMARY KEY);
    -- The shape of a provider's events as far as it was seen, and the events that differ from what came before.
    CREATE TABLE schemas (
        provider TEXT NOT NULL, type TEXT NOT NULL, schema TEXT NOT NULL, PRIMARY KEY (provider, type)
    ) WITHOUT ROWID;
    -- When requests were answered 503 because they could not be kept.
    CREATE TABLE refusals (
        id INTEGER PRIMARY KEY, after_event INTEGER NOT NULL, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
        requests INTEGER NOT NULL
    );
    CREATE INDEX refusals_after ON refusals (after_event);
    CREATE TABLE drifts (event INTEGER PRIMARY KEY, changes TEXT NOT NULL);
",
];

/// The version that this program reads and writes.
const VERSION: i64 = MIGRATIONS.len() as i64;

/// What holds for every connection: a log may be a stranger's file, and a plan is made once. Without the latter SQLite
/// plans a statement anew for each value that its parameters take where a partial index is in question.
pub(super) fn settle(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Refuses a file that is no log of ours, or a newer one. It is only read, so that it stays exactly as it is.
pub(super) fn recognise(path: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    match version(&connection, path)? {
        found if found > VERSION => Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION }),
        _ => Ok(()),
    }
}

/// Brings a recognised log up to date.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection, path)?;
    for (number, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        if number == 0 {
            transaction.execute("INSERT INTO meta VALUES ('log_id', ?1)", [uuid::Uuid::new_v4().to_string()])?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        transaction.pragma_update(None, "user_version", number as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Checks that a reader understands the log as it is.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match version(connection, path)? {
        VERSION => Ok(()),
        found if found > VERSION => Err(StoreError::Newer { path: path.to_owned(), found, known: VERSION }),
        found => Err(StoreError::Older { path: path.to_owned(), found }),
    }
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let not_a_log = |why: String| StoreError::NotALog { path: path.to_owned(), why };
    let version = pragma("user_version").map_err(|e| not_a_log(e.to_string()))?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|e| not_a_log(e.to_string()))?;
    if tables > 0 && pragma("application_id")? != APPLICATION_ID {
        return Err(not_a_log("it is another program's database".into()));
    }
    Ok(version)
}

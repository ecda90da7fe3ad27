//! Learning the shapes of events behind capture: a reader of the log with a place of its own.
//! It must not learn from an event whose signature is wrong.

use super::{AppendError, Reader, Store, StoreError, rows};
use crate::model::{Content, Drift, EventId, Schema, StoredEvent};
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::BTreeMap;
use std::path::Path;

/// Events of one step, and the largest body that is looked at, in bytes.
const STEP: i64 = 256;
const LARGEST: u64 = 1 << 20;
/// Shapes that are kept at most: senders name the types.
const MOST: i64 = 500;
/// Shapes that one step changes at most.
const SHAPES: usize = 16;

/// Provider and type.
type Key = (String, String);

/// What was learnt, and up to which event.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    schemas: BTreeMap<Key, Schema>,
    /// The same as they are kept: the writer shall not wait for that.
    texts: Vec<(Key, String)>,
    drifts: Vec<(EventId, Vec<Drift>)>,
    upto: i64,
}

/// Learns what the log gains. There is one: that of the process that serves it.
pub struct Learner {
    reader: Reader,
    upto: i64,
}

impl Learner {
    /// Opens it where it has stopped.
    pub fn open(log: &Path) -> std::result::Result<Learner, StoreError> {
        let reader = Reader::open(log)?;
        let upto = upto(&reader.connection)?;
        Ok(Learner { reader, upto })
    }

    /// Learns from the next events; returning means that it is on disk. `false` = there is nothing more.
    pub async fn step(&mut self, store: &Store) -> std::result::Result<bool, AppendError> {
        let learnt = self.read().map_err(|e| AppendError::Failed(e.to_string()))?;
        if learnt.upto == self.upto {
            return Ok(false);
        }
        let upto = learnt.upto;
        store.learn(learnt).await?;
        self.upto = upto;
        Ok(true)
    }

    fn read(&self) -> std::result::Result<Learnt, StoreError> {
        let db = &self.reader.connection;
        let mut learnt = Learnt { upto: self.upto, ..Learnt::default() };
        let sql = format!(
            "SELECT {}, {}, {} FROM events e LEFT JOIN answers a ON a.event = e.id LEFT JOIN bodies b ON b.event = e.id
             WHERE e.id > ?1 ORDER BY e.id LIMIT ?2",
            rows::ARRIVAL,
            rows::NO_MARKS,
            rows::BYTES
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut found = statement.query(params![self.upto, STEP])?;
        while let Some(row) = found.next()? {
            let stored = rows::unchecked(row)?;
            learnt.upto = stored.id.0;
            learnt.take(db, &stored)?;
            if learnt.schemas.len() >= SHAPES {
                break;
            }
        }
        let text = |schema: &Schema| serde_json::to_string(schema).unwrap_or_default();
        learnt.texts = std::mem::take(&mut learnt.schemas).iter().map(|(key, one)| (key.clone(), text(one))).collect();
        Ok(learnt)
    }
}

impl Learnt {
    /// Whether an event is marked by it.
    pub(super) fn marks_any(&self) -> bool {
        !self.drifts.is_empty()
    }

    fn take(&mut self, db: &Connection, stored: &StoredEvent) -> Result<()> {
        let event = &stored.event;
        let Some(key) = event.provider.clone().zip(event.event_type.clone()) else { return Ok(()) };
        let believed = !event.judgement.verdict.is_suspect();
        if !believed || event.rejected.is_some() || stored.size > LARGEST {
            return Ok(());
        }
        let content = Content::of(event);
        let bytes = content.as_ref().map_or(&event.body, |content| &content.bytes);
        let Ok(body) = serde_json::from_slice(bytes) else { return Ok(()) };
        let schema = match self.schemas.entry(key) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(none) => {
                let Some(schema) = schema(db, none.key())? else { return Ok(()) };
                none.insert(schema)
            }
        };
        let proved = event.judgement.verdict.is_proved();
        let drifts = schema.learn(stored.id, &body, proved);
        if !drifts.is_empty() {
            self.drifts.push((stored.id, drifts));
        }
        Ok(())
    }
}

/// What is known of these events; `None` where there is no room for one more.
fn schema(db: &Connection, (provider, kind): &Key) -> Result<Option<Schema>> {
    let sql = "SELECT schema FROM schemas WHERE provider = ?1 AND type = ?2";
    let text: Option<String> = db.prepare_cached(sql)?.query_row([provider, kind], |row| row.get(0)).optional()?;
    if let Some(text) = text {
        return Ok(Some(serde_json::from_str(&text).unwrap_or_default()));
    }
    let many: i64 = db.prepare_cached("SELECT count(*) FROM schemas")?.query_row([], |row| row.get(0))?;
    Ok((many < MOST).then(Schema::default))
}

fn upto(db: &Connection) -> Result<i64> {
    let sql = "SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'learnt'";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Writes what was learnt, inside the writer's transaction.
pub(super) fn write(db: &Connection, learnt: &Learnt) -> Result<()> {
    for ((provider, kind), text) in &learnt.texts {
        db.prepare_cached("INSERT OR REPLACE INTO schemas VALUES (?1, ?2, ?3)")?.execute([provider, kind, text])?;
    }
    for (id, drifts) in &learnt.drifts {
        let text = serde_json::to_string(drifts).unwrap_or_default();
        db.prepare_cached("INSERT OR REPLACE INTO drifts VALUES (?1, ?2)")?.execute(params![id.0, text])?;
    }
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES ('learnt', ?1)")?.execute([learnt.upto.to_string()]).map(drop)
}

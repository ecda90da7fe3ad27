//! Counting behind capture: a reader of the log with places of its own among events and attempts.

use super::tally::{self, Tallied};
use crate::model::{Class, EventId, StoredEvent, Timestamp};
use crate::store::attempts::BARE;
use crate::store::{AppendError, Reader, Store, StoreError, rows};
use rusqlite::params;
use std::path::Path;

/// Events and attempts of one step.
const STEP: usize = 2048;
/// How long an event that has no answer yet is waited for, in microseconds: most are answered at once.
const PATIENCE_US: i64 = 2_000_000;

/// Counts what the log gains. There is one: that of the process that serves it.
pub struct Counter {
    reader: Reader,
    upto: (i64, i64),
    /// What was never answered before is forgotten with the first step.
    fresh: bool,
}

/// What a step has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// There is more to count at once.
    More,
    /// What is left has no answer yet.
    Waits,
    /// Nothing is left.
    All,
}

impl Counter {
    /// Opens it where it has stopped. What was never answered then will not be any more.
    pub fn open(log: &Path) -> Result<Counter, StoreError> {
        let reader = Reader::open(log)?;
        let upto = tally::upto(&reader.connection)?;
        Ok(Counter { reader, upto, fresh: true })
    }

    /// Counts the next of the log, and what waits for whom now; returning means that it is on disk.
    pub async fn step(
        &mut self,
        store: &Store,
        waiting: &[(String, u64)],
        now: Timestamp,
    ) -> Result<Counted, AppendError> {
        let read = self.read(waiting, now).map_err(|e| AppendError::Failed(e.to_string()))?;
        let (tallied, counted) = read;
        if tallied.upto == self.upto && tallied.is_empty() && !tallied.forgets {
            return Ok(counted);
        }
        let upto = tallied.upto;
        store.count_spans(tallied).await?;
        (self.upto, self.fresh) = (upto, false);
        Ok(counted)
    }

    fn read(&self, waiting: &[(String, u64)], now: Timestamp) -> Result<(Tallied, Counted), StoreError> {
        // Before the events: verdicts that change from here on are noticed.
        let judged = tally::judged(&self.reader.connection)?;
        let mut tallied = Tallied::after(self.upto, now, judged);
        tallied.forgets = self.fresh && self.has_unanswered()?;
        let mut counted = Counted::All;
        let events = self.reader.arrived_after(EventId(self.upto.0), STEP)?;
        if events.len() == STEP {
            counted = Counted::More;
        }
        for stored in &events {
            let age = now.since(stored.event.received_at);
            let expected = stored.answer.is_none() && stored.event.class != Class::Import;
            if expected && (0..PATIENCE_US).contains(&age) {
                counted = Counted::Waits;
                break;
            }
            tallied.add(stored);
            tallied.upto.0 = stored.id.0;
        }
        for stored in self.answered_since()? {
            tallied.add_answer(&stored);
        }
        let db = &self.reader.connection;
        let sql = format!(
            "SELECT {BARE}, e.source AS source FROM attempts t LEFT JOIN events e ON e.id = t.event
             WHERE t.id > ?1 ORDER BY t.id LIMIT ?2"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut found = statement.query(params![self.upto.1, STEP as i64])?;
        let mut many = 0;
        while let Some(row) = found.next()? {
            let attempt = rows::attempt(row)?;
            // Of an event that was pruned meanwhile the source is not known any more.
            tallied.add_attempt(&row.get::<_, Option<String>>("source")?.unwrap_or_default(), &attempt);
            tallied.upto.1 = attempt.id;
            many += 1;
        }
        if many == STEP {
            counted = Counted::More;
        }
        waiting.iter().for_each(|(name, many)| tallied.add_waiting(now, name, *many));
        Ok((tallied, counted))
    }

    fn has_unanswered(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM unanswered)";
        Ok(self.reader.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Events that were counted without an answer and have one by now.
    fn answered_since(&self) -> Result<Vec<StoredEvent>, StoreError> {
        let db = &self.reader.connection;
        let sql = format!(
            "SELECT {}, {} FROM unanswered u JOIN events e ON e.id = u.event JOIN answers a ON a.event = e.id",
            rows::ARRIVAL,
            rows::NO_MARKS
        );
        let mut statement = db.prepare_cached(&sql)?;
        let events = statement.query_map([], rows::facts)?;
        Ok(events.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Judgement, Verdict};
    use crate::store::sample::event;

    #[test]
    fn verdicts_that_change_while_they_are_counted_are_counted_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Store::open(&path).unwrap();
        let keyless = Judgement { verdict: Verdict::NoSecret, ..Judgement::default() };
        let event = Event { judgement: keyless, ..event("/a", "1", "{}") };
        let id = runtime.block_on(store.append(event)).unwrap().id;
        let mut counter = Counter::open(&path).unwrap();
        let now = Timestamp::from_secs(60);
        let (read, _) = counter.read(&[], now).unwrap();
        let right = Judgement { verdict: Verdict::Valid, ..Judgement::default() };
        runtime.block_on(store.judge(vec![(id, right)])).unwrap();
        assert!(runtime.block_on(store.count_spans(read)).is_err());
        assert_eq!(runtime.block_on(counter.step(&store, &[], now)), Ok(Counted::All));
        let totals = Reader::open(&path).unwrap().totals().unwrap();
        let verdicts = totals.arrivals["s"].verdicts;
        assert_eq!((verdicts[Verdict::Valid as usize], verdicts[Verdict::NoSecret as usize]), (1, 0));
        store.close();
    }
}

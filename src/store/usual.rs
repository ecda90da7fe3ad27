//! What an event is held against: how long the last of its kind took, and which events it overtook.

use super::{Reader, StoreError};
use crate::model::{Arrival, EventId, Percentiles, StoredEvent, Timestamp, Usual};
use rusqlite::params;

/// How many of the last ones are looked at.
const LAST: i64 = 200;
/// Arrivals of a family that are read at most, the last ones.
const ARRIVALS: i64 = 30;
/// Overtaken events that are named at most.
const NAMED: i64 = 8;

impl Reader {
    /// How long the last answers before this one took, and the last attempts of each of its subscribers.
    pub fn usual(&self, stored: &StoredEvent) -> Result<Vec<Usual>, StoreError> {
        let answers = "SELECT total_us FROM answers WHERE event < ?1 ORDER BY event DESC LIMIT ?2";
        let took = self.durations(answers, params![stored.id.0, LAST])?;
        let mut all = vec![Usual { subscriber: None, took }];
        for track in stored.tracks() {
            let Some((subscriber, first)) = track.subscriber.zip(track.attempts.first()) else { continue };
            let attempts = "SELECT total_us FROM attempts WHERE subscriber = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";
            let took = self.durations(attempts, params![subscriber, first.id, LAST])?;
            all.push(Usual { subscriber: Some(subscriber.to_owned()), took });
        }
        Ok(all)
    }

    /// Events that were made before this one and arrived after it, oldest first, the first few of them.
    pub fn overtook(&self, id: EventId) -> Result<Vec<EventId>, StoreError> {
        let sql = "SELECT id FROM events WHERE overtaken_by = ?1 ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map([id.0, NAMED], |row| row.get(0).map(EventId))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// The last arrivals of an event's family, oldest first; none where there is only one.
    pub fn arrivals(&self, stored: &StoredEvent) -> Result<Vec<Arrival>, StoreError> {
        let Some(key) = &stored.event.key else { return Ok(Vec::new()) };
        let sql = "SELECT e.id, e.arrival, e.received_at, a.status FROM events e LEFT JOIN answers a ON a.event = e.id
            WHERE e.source = ?1 AND e.key = ?2 ORDER BY e.id DESC LIMIT ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let arrivals = statement.query_map(params![stored.event.source, key, ARRIVALS], |row| {
            Ok(Arrival {
                id: EventId(row.get(0)?),
                arrival: row.get(1)?,
                received_at: Timestamp(row.get(2)?),
                status: row.get::<_, Option<u16>>(3)?.filter(|status| *status != 0),
            })
        })?;
        let mut arrivals = arrivals.collect::<Result<Vec<_>, _>>()?;
        arrivals.reverse();
        Ok(if arrivals.len() > 1 { arrivals } else { Vec::new() })
    }

    fn durations(&self, sql: &str, params: impl rusqlite::Params) -> Result<Percentiles, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let us = statement.query_map(params, |row| row.get::<_, i64>(0).map(|us| us.max(0) as u64))?;
        Ok(Percentiles::of(us.collect::<Result<_, _>>()?))
    }
}

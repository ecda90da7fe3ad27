//! The last events of a source, looked at for what they show of whoever receives them.
//! It must not judge that; `model` does.

use super::{Reader, StoreError};
use crate::model::{EventId, Percentiles, Recent, Timestamp};
use rusqlite::{Row, params};
use std::collections::{BTreeMap, HashSet};

/// Events of a source that are looked at, and of all events the last ones among which they are looked for.
const MOST: u64 = 2_000;
const AMONG: i64 = 50_000;
/// The last ones whose distances tell a rhythm.
const RHYTHM: usize = 200;

/// One of them.
struct Seen {
    id: EventId,
    received_at: Timestamp,
    verdict: String,
    class: String,
    arrival: u32,
    duplicate_of: Option<i64>,
    conflict: bool,
    status: Option<u16>,
    total_us: Option<i64>,
    late: bool,
    provider: Option<String>,
}

fn seen(row: &Row) -> rusqlite::Result<Seen> {
    Ok(Seen {
        id: EventId(row.get(1)?),
        received_at: Timestamp(row.get(2)?),
        verdict: row.get(3)?,
        class: row.get(4)?,
        arrival: row.get(5)?,
        duplicate_of: row.get(6)?,
        conflict: row.get(7)?,
        status: row.get(8)?,
        total_us: row.get(9)?,
        late: row.get::<_, Option<bool>>(10)?.unwrap_or(false),
        provider: row.get(11)?,
    })
}

/// What is gathered of one source.
#[derive(Default)]
struct Gathered {
    recent: Recent,
    acks: Vec<u64>,
    /// Arrivals with the first of their family.
    repeated: Vec<(EventId, i64)>,
}

impl Gathered {
    fn add(&mut self, row: &Seen) {
        let recent = &mut self.recent;
        recent.looked_at += 1;
        if recent.provider.is_none() {
            recent.provider.clone_from(&row.provider);
        }
        if recent.arrived.len() < RHYTHM {
            recent.arrived.push(row.received_at);
        }
        let good = row.status.is_some_and(|status| (200..300).contains(&status));
        self.acks.extend(row.total_us.map(|us| us.max(0) as u64));
        if row.late {
            recent.late.0 += 1;
            recent.late.1.get_or_insert(row.id);
        }
        if row.arrival > 1 {
            recent.again.0 += 1;
            recent.again.1 += u64::from(good);
            recent.conflicts += u64::from(row.conflict);
        }
        if row.class == "handshake" && recent.handshake.is_none() {
            recent.handshake = Some((row.received_at, good));
        }
        if row.verdict == "invalid" && recent.last_bad.is_none() {
            recent.last_bad = Some((row.id, row.received_at));
        }
        self.repeated.extend(row.duplicate_of.map(|first| (row.id, first)));
    }
}

impl Reader {
    /// What the last events show, by source.
    pub fn recent(&self) -> Result<BTreeMap<String, Recent>, StoreError> {
        let sql =
            "SELECT e.source, e.id, e.received_at, e.verdict, e.class, e.arrival, e.duplicate_of, e.conflict, a.status,
                a.total_us, a.late, e.provider
            FROM events e LEFT JOIN answers a ON a.event = e.id
            WHERE e.id > (SELECT ifnull(max(id), 0) FROM events) - ?1 ORDER BY e.id DESC";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([AMONG])?;
        let mut all: BTreeMap<String, Gathered> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let source = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
            if !all.contains_key(source) {
                all.insert(source.to_owned(), Gathered::default());
            }
            if let Some(gathered) = all.get_mut(source).filter(|one| one.recent.looked_at < MOST) {
                gathered.add(&seen(row)?);
            }
        }
        let subscribed = self.subscribed()?;
        let mut out = BTreeMap::new();
        for (source, Gathered { mut recent, acks, repeated }) in all {
            recent.ack = Percentiles::of(acks);
            recent.has_subscriber = subscribed.contains(&source);
            self.brought_again(&repeated, &mut recent)?;
            out.insert(source, recent);
        }
        Ok(out)
    }

    /// Sources of which one of the last events was brought to a subscriber, or left out for one.
    fn subscribed(&self) -> Result<HashSet<String>, StoreError> {
        let sql = "SELECT DISTINCT e.source FROM events e JOIN deliveries d ON d.event = e.id
            WHERE e.id > (SELECT ifnull(max(id), 0) FROM events) - ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let sources = statement.query_map([AMONG], |row| row.get(0))?;
        Ok(sources.collect::<Result<_, _>>()?)
    }

    /// Which subscribers were brought an arrival though they had been brought the first one.
    fn brought_again(&self, repeated: &[(EventId, i64)], recent: &mut Recent) -> Result<(), StoreError> {
        let sql =
            "SELECT d.subscriber FROM deliveries d JOIN deliveries f ON f.subscriber = d.subscriber AND f.event = ?2
            WHERE d.event = ?1 AND d.state = 'delivered' AND f.state = 'delivered'";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut twice: BTreeMap<String, (u64, EventId)> = BTreeMap::new();
        for (id, first) in repeated {
            let names = statement.query_map(params![id.0, first], |row| row.get::<_, String>(0))?;
            let names = names.collect::<Result<Vec<_>, _>>()?;
            for name in names {
                let (many, _) = twice.entry(name).or_insert((0, *id));
                *many += 1;
            }
        }
        recent.twice = twice.into_iter().map(|(name, (many, id))| (name, many, id)).collect();
        Ok(())
    }
}

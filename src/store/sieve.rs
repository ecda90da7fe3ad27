//! Finding the events that a filter picks: the index and SQLite say where to look, the filter decides about each.
//! It must not lose a match, whatever would be faster.

use super::index::{Query, Stretch, Verified};
use super::narrow::Condition;
use super::{Reader, StoreError, attempts, deliveries, rows};
use crate::model::filter::{Filter, Glance, Narrow, Subject};
use crate::model::{EventId, StoredEvent, Timestamp};
use jiff::tz::TimeZone;
use rusqlite::{Connection, Statement, ToSql};
use std::cell::RefCell;

/// Events between two looks at whether the answer is still wanted.
const PIECE: usize = 512;

/// The present, for filters that speak of it, and whoever is asked in between whether the answer is still wanted.
pub struct Sieve<'a> {
    /// The present.
    pub now: Timestamp,
    /// The zone in which times of day are meant.
    pub zone: &'a TimeZone,
    /// Something else is wanted by now; what has been picked so far is told.
    pub overtaken: &'a dyn Fn(&[EventId]) -> bool,
}

/// Which events are walked over, and in which order.
pub(super) struct Walk<'a> {
    /// The first and the last id.
    pub(super) between: (i64, i64),
    /// The newest first.
    pub(super) downwards: bool,
    /// Bytes, attempts and deliveries are wanted, whether the filter needs them or not.
    pub(super) whole: bool,
    /// Further conditions on events `e`, answers `a` and marks `m`: empty, or beginning with AND.
    pub(super) conditions: &'a str,
}

impl Sieve<'_> {
    /// The ids of the events of a walk that match, in its order. It ends early once it has been overtaken.
    pub(super) fn pick(
        &self,
        log: (&Connection, &Verified),
        filter: &Filter,
        walk: &Walk,
        limit: usize,
    ) -> Result<Vec<EventId>, StoreError> {
        let picked = RefCell::new(Vec::new());
        let enough = || (self.overtaken)(&picked.borrow());
        if limit > 0 {
            self.walk(log, filter, (walk, &enough), |event| {
                picked.borrow_mut().push(event.id);
                picked.borrow().len() < limit
            })?;
        }
        Ok(picked.into_inner())
    }

    /// Calls `take` for the events that match until it says `false`, or somebody has overtaken it. They have no bytes
    /// unless the filter needs them.
    fn walk(
        &self,
        (db, index): (&Connection, &Verified),
        filter: &Filter,
        (walk, enough): (&Walk, &dyn Fn() -> bool),
        mut take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let narrow = filter.narrow(self.now, self.zone);
        let lens = Lens::new(filter, &narrow, (walk, enough));
        let Some(query) = Query::of(&narrow) else {
            let whole = Stretch::Unknown(walk.between.0, walk.between.1);
            return self.look(db, &lens, &whole, &mut take).map(drop);
        };
        for stretch in index.stretches(&query, walk.between, walk.downwards) {
            if enough() || !self.look(db, &lens, &stretch, &mut take)? {
                break;
            }
        }
        Ok(())
    }

    /// Looks at the events of a stretch; `false` = enough.
    fn look(
        &self,
        db: &Connection,
        lens: &Lens,
        stretch: &Stretch,
        take: &mut dyn FnMut(&StoredEvent) -> bool,
    ) -> Result<bool, StoreError> {
        match stretch {
            Stretch::Unknown(from, to) => {
                let mut statement = db.prepare_cached(&lens.sql(true))?;
                self.look_at(db, lens, &mut statement, (*from, *to), take)
            }
            Stretch::Only(ids) => {
                let mut statement = db.prepare_cached(&lens.sql(false))?;
                let mut ids: Vec<i64> = ids.clone();
                if lens.walk.downwards {
                    ids.reverse();
                }
                for id in ids {
                    if !self.look_at(db, lens, &mut statement, (id, id), take)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
        }
    }

    fn look_at(
        &self,
        db: &Connection,
        lens: &Lens,
        statement: &mut Statement,
        (from, to): (i64, i64),
        take: &mut dyn FnMut(&StoredEvent) -> bool,
    ) -> Result<bool, StoreError> {
        let filter = lens.filter;
        // Looked up once, not for every row.
        let texts = rows::TEXTS.iter().filter(|_| lens.bytes).map(|name| statement.column_index(name));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let mut bound: Vec<(&str, &dyn ToSql)> = vec![(":from", &from), (":to", &to)];
        // The statement for one event has no further ones.
        if statement.parameter_count() > bound.len() {
            let values = lens.condition.values.iter().map(|value| value as &dyn ToSql);
            bound.extend(lens.names.iter().map(String::as_str).zip(values));
        }
        let mut found = statement.query(&bound[..])?;
        let mut seen = 0usize;
        while let Some(row) = found.next()? {
            seen += 1;
            if seen.is_multiple_of(PIECE) && (lens.enough)() {
                return Ok(false);
            }
            if lens.bytes && !lens.glance.allows(rows::texts(row, &texts)?) {
                continue;
            }
            let mut event = if lens.bytes { rows::unchecked(row)? } else { rows::facts(row)? };
            if lens.walk.whole || filter.needs_deliveries() {
                event.attempts = attempts::bare(db, event.id)?;
                event.deliveries = deliveries::of(db, event.id)?;
            }
            if self.accepts(filter, &event) && !take(&event) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn accepts(&self, filter: &Filter, event: &StoredEvent) -> bool {
        filter.accepts(&Subject { event, now: self.now, zone: self.zone })
    }
}

/// What events are looked at through: the statement's parts.
struct Lens<'a> {
    filter: &'a Filter,
    walk: &'a Walk<'a>,
    /// Whether the answer is not wanted any more.
    enough: &'a dyn Fn() -> bool,
    glance: Glance,
    /// Head and body are needed.
    bytes: bool,
    condition: Condition,
    /// The names of its parameters.
    names: Vec<String>,
}

impl<'a> Lens<'a> {
    fn new(filter: &'a Filter, narrow: &Narrow, (walk, enough): (&'a Walk<'a>, &'a dyn Fn() -> bool)) -> Lens<'a> {
        let condition = Condition::of(narrow);
        let (bytes, names) = (walk.whole || filter.needs_bytes(), condition.names());
        Lens { filter, walk, enough, glance: Glance::new(narrow), bytes, condition, names }
    }

    /// For the events between two ids in order, or for one.
    fn sql(&self, several: bool) -> String {
        let facts = format!("{}, {}", rows::ARRIVAL, rows::MARKS);
        let (columns, join) = match self.bytes {
            true => (format!("{facts}, {}", rows::BYTES), "LEFT JOIN bodies b ON b.event = e.id"),
            false => (facts, ""),
        };
        let narrowed = match self.condition.sql.as_str() {
            // One event is read faster than asked about.
            _ if !several => String::new(),
            "" => String::new(),
            sql => format!(" AND {sql}"),
        };
        let (which, order) = match (several, self.walk.downwards) {
            (true, true) => ("e.id BETWEEN :from AND :to", " ORDER BY e.id DESC"),
            (true, false) => ("e.id BETWEEN :from AND :to", " ORDER BY e.id"),
            (false, _) => ("e.id = :from AND :to = :from", ""),
        };
        format!(
            "SELECT {columns} FROM events e LEFT JOIN answers a ON a.event = e.id
             LEFT JOIN marks m ON m.event = e.id {join} WHERE {which}{}{narrowed}{order}",
            self.walk.conditions
        )
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

    /// Calls `take` for each event that matches, the newest first, until it says `false`. They are whole.
    pub fn each_newest(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let walk = Walk { between: (0, i64::MAX), downwards: true, conditions: shown(filter), whole: true };
        let index = self.index()?;
        sieve.walk((&self.connection, &index), filter, (&walk, &|| (sieve.overtaken)(&[])), take)
    }

    /// Calls `take` for each event from one on that matches, the newest first, until it says `false`. They have no bytes unless
    /// the filter needs them.
    pub(super) fn each_down_to(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        first: EventId,
        take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let between = (first.0, i64::MAX);
        let walk = Walk { between, downwards: true, conditions: shown(filter), whole: false };
        let index = self.index()?;
        sieve.walk((&self.connection, &index), filter, (&walk, &|| (sieve.overtaken)(&[])), take)
    }

    /// The same up to a last event.
    pub fn each_between(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        between: (EventId, EventId),
        take: impl FnMut(&StoredEvent) -> bool,
    ) -> Result<(), StoreError> {
        let walk = upwards(filter, between);
        let index = self.index()?;
        sieve.walk((&self.connection, &index), filter, (&walk, &|| (sieve.overtaken)(&[])), take)
    }

    /// The first events between two that match, oldest first, at most `limit`; the first of the two is not among them.
    pub fn next(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        between: (EventId, EventId),
        limit: usize,
    ) -> Result<Vec<EventId>, StoreError> {
        let walk = upwards(filter, between);
        sieve.pick((&self.connection, &*self.index()?), filter, &walk, limit)
    }

    /// The newest events up to one that match, oldest first, at most `limit`.
    pub fn newest(
        &self,
        filter: &Filter,
        sieve: &Sieve,
        upto: EventId,
        limit: usize,
    ) -> Result<Vec<EventId>, StoreError> {
        let walk = Walk { between: (0, upto.0), downwards: true, conditions: shown(filter), whole: false };
        let mut ids = sieve.pick((&self.connection, &*self.index()?), filter, &walk, limit)?;
        ids.reverse();
        Ok(ids)
    }
}

/// Over the events after one, up to another.
fn upwards(filter: &Filter, (after, last): (EventId, EventId)) -> Walk<'static> {
    let between = (after.0.saturating_add(1), last.0);
    Walk { between, downwards: false, conditions: shown(filter), whole: false }
}

/// Deleted events are left out of everything that does not ask for them.
fn shown(filter: &Filter) -> &'static str {
    if filter.asks_for_deleted() { "" } else { " AND m.deleted_at IS NULL" }
}

#[cfg(test)]
mod tests;

//! An overview of a span of time: from what was counted, where that does; else from the events themselves.

use super::tally::{self, EVER, HOUR, Kind, MINUTE};
use crate::model::filter::{Filter, Subject};
use crate::model::{Arrivals, Attempt, Counts, EventId, Overview, OverviewWish, Skews, Timestamp, Totals, Tries};
use crate::store::{Reader, Sieve, StoreError, attempts, rows};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// Events, and attempts, that are looked at one by one at most.
const MOST: usize = 200_000;
/// Events read at once.
const PIECE: usize = 2_048;
/// By how much an event may be committed after one that arrived later, or an attempt recorded after a later one.
const DISORDER_US: i64 = 600_000_000;

impl Reader {
    /// What happened in a span of time; `None` once it has been overtaken.
    pub fn overview(&self, wish: &OverviewWish, sieve: &Sieve) -> Result<Option<Overview>, StoreError> {
        let moment = self.connection.unchecked_transaction()?;
        let mut overview = Overview::empty(wish);
        let sources = match &wish.filter {
            None => Some(Vec::new()),
            Some(filter) => filter.sources_alone(),
        };
        let length = [HOUR, MINUTE].into_iter().find(|length| wish.bar_us % length == 0);
        let sources = match sources {
            Some(sources) if self.has_others()? && !sources.is_empty() => None,
            other => other,
        };
        match sources.zip(length) {
            Some((sources, length)) => self.counted(wish, sieve, (length, &sources), &mut overview)?,
            None => {
                self.waited(wish, &mut overview)?;
                let first = self.first_since(Timestamp(wish.from().0 - DISORDER_US))?;
                self.look_at(wish, sieve, (first, 0), &mut overview)?;
            }
        }
        moment.commit()?;
        Ok((!(sieve.overtaken)(&[])).then_some(overview))
    }

    /// Whether there are sources that are not counted by name.
    fn has_others(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM spans WHERE length = ?1 AND source = ?2)";
        Ok(self.connection.prepare_cached(sql)?.query_row(params![EVER, tally::OTHERS], |row| row.get(0))?)
    }

    /// All that was ever counted.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        // Counts and how far they go belong together.
        let _moment = self.connection.unchecked_transaction()?;
        let mut totals = Totals::default();
        let sql = "SELECT kind, source, name, counts FROM spans WHERE length = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([EVER])?;
        while let Some(row) = rows.next()? {
            let (source, name): (String, String) = (row.get(1)?, row.get(2)?);
            let bytes: Vec<u8> = row.get(3)?;
            match Kind::of(row.get(0)?) {
                Some(Kind::Arrivals) => totals.arrivals.entry(source).or_default().merge(&Arrivals::from_bytes(&bytes)),
                Some(Kind::Tries) => totals.tries.entry(name).or_default().merge(&Tries::from_bytes(&bytes)),
                _ => {}
            }
        }
        self.add_uncounted(&mut totals)?;
        Ok(totals)
    }

    fn add_uncounted(&self, totals: &mut Totals) -> Result<(), StoreError> {
        let (mut event, attempt) = tally::upto(&self.connection)?;
        loop {
            let events = self.arrived_after(EventId(event), PIECE)?;
            let Some(last) = events.last() else { break };
            event = last.id.0;
            for stored in &events {
                totals.arrivals.entry(stored.event.source.clone()).or_default().add(stored);
            }
        }
        attempts::each(&self.connection, attempt + 1, |attempt| {
            if let Some(subscriber) = &attempt.what.subscriber {
                totals.tries.entry(subscriber.clone()).or_default().add(attempt);
            }
            Ok(true)
        })
    }

    /// From the counts, and for what is not counted yet from the events.
    fn counted(
        &self,
        wish: &OverviewWish,
        sieve: &Sieve,
        (length, sources): (i64, &[String]),
        overview: &mut Overview,
    ) -> Result<(), StoreError> {
        let upto = tally::upto(&self.connection)?;
        let sql = "SELECT at, kind, source, name, counts FROM spans WHERE length = ?1 AND at >= ?2 AND at < ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![length, wish.from().0, wish.end().0])?;
        while let Some(row) = rows.next()? {
            let (at, kind): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (Some(bar), Some(kind)) = (wish.bar_of(Timestamp(at)), Kind::of(kind)) else { continue };
            let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            let (source, name) = (text(2)?, text(3)?);
            let meant = sources.is_empty() || sources.iter().any(|one| one.eq_ignore_ascii_case(source));
            let bytes = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
            match kind {
                Kind::Waiting => overview.waited(name, bar, tally::waiting_of(bytes)),
                _ if !meant => {}
                Kind::Arrivals => overview.bars[bar].merge(&Arrivals::from_bytes(bytes)),
                Kind::Tries => overview.target(name).bars[bar].merge(&Tries::from_bytes(bytes)),
                Kind::Skews => overview.skews.entry(name.to_owned()).or_default().merge(&Skews::from_bytes(bytes)),
            }
        }
        self.without_deleted(wish, sources, upto.0, overview)?;
        self.look_at(wish, sieve, (upto.0 + 1, upto.1 + 1), overview)
    }

    /// What was counted and is deleted since is left out, as everywhere.
    fn without_deleted(
        &self,
        wish: &OverviewWish,
        sources: &[String],
        upto: i64,
        overview: &mut Overview,
    ) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT {}, {} FROM marks m JOIN events e ON e.id = m.event LEFT JOIN answers a ON a.event = e.id
             WHERE m.deleted_at IS NOT NULL AND e.id <= ?1 AND e.received_at BETWEEN ?2 AND ?3",
            rows::ARRIVAL,
            rows::MARKS
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let between = params![upto, wish.from().0, wish.end().0];
        for stored in statement.query_map(between, rows::facts)? {
            let stored = stored?;
            let meant = |name: &str| sources.is_empty() || sources.iter().any(|one| one.eq_ignore_ascii_case(name));
            if let Some(bar) = wish.bar_of(stored.event.received_at).filter(|_| meant(&stored.event.source)) {
                overview.bars[bar].take_out(&stored);
            }
        }
        Ok(())
    }

    /// What waited is known by the minute, however short the bars are.
    fn waited(&self, wish: &OverviewWish, overview: &mut Overview) -> Result<(), StoreError> {
        let sql = "SELECT at, name, counts FROM spans WHERE length = ?1 AND at >= ?2 AND at < ?3 AND kind = ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let between = params![MINUTE, wish.from().0, wish.end().0, Kind::Waiting as i64];
        let rows = statement.query_map(between, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for row in rows {
            let (at, name, bytes): (i64, String, Vec<u8>) = row?;
            if let Some(bar) = wish.bar_of(Timestamp(at)) {
                overview.waited(&name, bar, tally::waiting_of(&bytes));
            }
        }
        Ok(())
    }

    /// From the events and attempts themselves, the newest first, down to these ids.
    fn look_at(
        &self,
        wish: &OverviewWish,
        sieve: &Sieve,
        (first_event, first_attempt): (i64, i64),
        overview: &mut Overview,
    ) -> Result<(), StoreError> {
        let everything = Filter::all();
        let filter = wish.filter.as_ref().unwrap_or(&everything);
        let mut matching: HashMap<EventId, bool> = HashMap::new();
        let mut seen = 0;
        self.each_down_to(filter, sieve, EventId(first_event), |stored| {
            seen += 1;
            if wish.filter.is_some() {
                matching.insert(stored.id, true);
            }
            if let Some(bar) = wish.bar_of(stored.event.received_at) {
                overview.add(bar, stored);
            }
            seen < MOST
        })?;
        overview.cut = seen >= MOST;
        let (oldest, mut tried) = (Timestamp(wish.from().0 - DISORDER_US), 0);
        attempts::each(&self.connection, first_attempt, |attempt: &Attempt| {
            tried += 1;
            if attempt.what.at < oldest || tried > MOST || (sieve.overtaken)(&[]) {
                return Ok(false);
            }
            let Some(bar) = wish.bar_of(attempt.what.at) else { return Ok(true) };
            let event = attempt.what.event;
            let counts = match (&wish.filter, matching.get(&event)) {
                (None, _) => true,
                (Some(_), Some(known)) => *known,
                // It was looked at, or it is older than the span.
                (Some(filter), None) => {
                    let read = if event.0 >= first_event && first_attempt == 0 { None } else { self.event(event)? };
                    let fits = read.is_some_and(|event| {
                        filter.matches(&Subject { event: &event, now: sieve.now, zone: sieve.zone })
                    });
                    matching.insert(event, fits);
                    fits
                }
            };
            if counts {
                overview.add_attempt(bar, attempt);
            }
            Ok(true)
        })?;
        overview.cut |= tried > MOST;
        Ok(())
    }

    /// The first event that may have arrived at this time or later.
    fn first_since(&self, at: Timestamp) -> Result<i64, StoreError> {
        // What was imported came at another time than its neighbours.
        let sql = "SELECT received_at FROM events WHERE id >= ?1 AND class <> 'import' ORDER BY id LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut arrived = |id: i64| statement.query_row([id], |row| row.get::<_, i64>(0)).optional();
        let (mut low, mut high) = (1, self.heads()?.event + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            match arrived(middle)? {
                Some(received_at) if received_at < at.0 => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }
}

#[cfg(test)]
mod tests;

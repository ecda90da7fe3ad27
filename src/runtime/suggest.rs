//! What occurs in the place of a word of a filter, counted over the newest events that match the rest of it.
//! It must not take long: a word goes on being typed meanwhile.

use super::clock;
use crate::model::filter::complete::values;
use crate::model::filter::{Filter, Saved, Subject};
use crate::model::{EventId, Scope, SuggestWish, Suggestions};
use crate::store::{Reader, Sieve, StoreError};
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Events that are looked at, and for how long.
const MOST: u64 = 5_000;
const PATIENCE: Duration = Duration::from_millis(100);
/// How long a saved filter may take to count.
const SAVED: Duration = Duration::from_millis(40);
/// Values that are given back.
const VALUES: usize = 100;

/// Looks and counts, until something else is wanted.
pub(super) fn look(
    reader: &Reader,
    wish: &SuggestWish,
    saved: &Saved,
    zone: &TimeZone,
    overtaken: &dyn Fn() -> bool,
) -> Result<Suggestions, StoreError> {
    let (now, begin) = (clock::now(), Instant::now());
    let mut found = Suggestions { whole: true, ..Suggestions::default() };
    let mut counts: HashMap<String, u64> = HashMap::new();
    let late = |_: &[EventId]| begin.elapsed() > PATIENCE || overtaken();
    let sieve = Sieve { now, zone, overtaken: &late };
    reader.each_newest(&wish.rest, &sieve, |event| {
        found.looked_at += 1;
        for value in values(&wish.wanted, &Subject { event, now, zone }) {
            *counts.entry(value).or_default() += 1;
        }
        found.whole = found.looked_at < MOST && begin.elapsed() < PATIENCE;
        found.whole
    })?;
    found.whole &= begin.elapsed() < PATIENCE;
    found.values = counts.into_iter().collect();
    found.values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    found.values.truncate(VALUES);
    for name in &wish.saved {
        let Ok(filter) = Filter::parse_with(&format!("@{name}"), saved) else { continue };
        let begin = Instant::now();
        let late = |_: &[EventId]| begin.elapsed() > SAVED || overtaken();
        let scope = Scope { filter: Some(filter), ..Scope::default() };
        if let Some(many) = reader.count(&scope, EventId(i64::MAX), &Sieve { now, zone, overtaken: &late })? {
            found.saved.push((name.clone(), many));
        }
    }
    Ok(found)
}

//! All events over a span of time: what arrived, what became of it for each subscriber, how the clocks stand.
//! It must not know how it is drawn, or whether it was counted before or just now.

use super::filter::Filter;
use super::{Arrivals, Attempt, Counts, Histogram, Skews, Slow, StoredEvent, Timestamp, Tries, Waiting};
use std::collections::BTreeMap;

/// An overview that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct OverviewWish {
    /// Where it ends; the present, or where the user stopped it.
    pub to: Timestamp,
    /// The length of a bar in microseconds.
    pub bar_us: i64,
    /// How many bars.
    pub bars: usize,
    /// Only what matches.
    pub filter: Option<Filter>,
}

impl OverviewWish {
    /// The begin of the first bar: bars begin at whole multiples of their length.
    pub fn from(&self) -> Timestamp {
        let last = self.to.0.div_euclid(self.bar_us.max(1)) * self.bar_us;
        Timestamp(last - (self.bars as i64 - 1) * self.bar_us)
    }

    /// The end of the last bar.
    pub fn end(&self) -> Timestamp {
        Timestamp(self.from().0 + self.bars as i64 * self.bar_us)
    }

    /// The bar of a moment; `None` outside.
    pub fn bar_of(&self, at: Timestamp) -> Option<usize> {
        let bar = at.since(self.from()).div_euclid(self.bar_us.max(1));
        usize::try_from(bar).ok().filter(|bar| *bar < self.bars)
    }
}

/// What happened in a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// Its begin.
    pub from: Timestamp,
    /// The length of a bar in microseconds.
    pub bar_us: i64,
    /// Equal parts of it, oldest first.
    pub bars: Vec<Arrivals>,
    /// By subscriber.
    pub targets: BTreeMap<String, TargetOverview>,
    /// By provider.
    pub skews: BTreeMap<String, Skews>,
    /// More events than were counted; the oldest of the span are missing.
    pub cut: bool,
}

/// What was tried for a subscriber in a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TargetOverview {
    /// For each bar.
    pub bars: Vec<Tries>,
    /// What waited in each bar; `None` where nobody looked.
    pub waiting: Vec<Option<Waiting>>,
}

impl TargetOverview {
    /// All bars in one.
    pub fn all(&self) -> Tries {
        let mut all = Tries::default();
        self.bars.iter().for_each(|bar| all.merge(bar));
        all
    }

    /// What waited in each bar: where nobody looked, what was seen last.
    pub fn backlog(&self) -> Vec<u64> {
        let mut last = 0;
        let seen = |waiting: &Option<Waiting>| {
            let most = waiting.map_or(last, |waiting| waiting.most);
            last = waiting.map_or(last, |waiting| waiting.last);
            most
        };
        self.waiting.iter().map(seen).collect()
    }
}

impl Overview {
    /// One in which nothing has been counted yet.
    pub fn empty(wish: &OverviewWish) -> Overview {
        let bars = vec![Arrivals::default(); wish.bars];
        Overview { from: wish.from(), bar_us: wish.bar_us, bars, ..Overview::default() }
    }

    /// The end of the last bar.
    pub fn to(&self) -> Timestamp {
        Timestamp(self.from.0 + self.bars.len() as i64 * self.bar_us)
    }

    /// Counts an event that arrived in this bar.
    pub fn add(&mut self, bar: usize, stored: &StoredEvent) {
        self.bars[bar].add(stored);
        if let Some((provider, us)) = stored.proved_skew() {
            self.skews.entry(provider.to_owned()).or_default().add(us);
        }
    }

    /// Counts an attempt for a subscriber that was made in this bar; one for nobody is not counted.
    pub fn add_attempt(&mut self, bar: usize, attempt: &Attempt) {
        if let Some(subscriber) = &attempt.what.subscriber {
            self.target(subscriber).bars[bar].add(attempt);
        }
    }

    /// What is counted for a subscriber.
    pub fn target(&mut self, subscriber: &str) -> &mut TargetOverview {
        let bars = self.bars.len();
        let empty = || TargetOverview { bars: vec![Tries::default(); bars], waiting: vec![None; bars] };
        self.targets.entry(subscriber.to_owned()).or_insert_with(empty)
    }

    /// Notes what waited for a subscriber in a part of a bar, later than what was noted of it before.
    pub fn waited(&mut self, subscriber: &str, bar: usize, waiting: Option<Waiting>) {
        let Some(waiting) = waiting else { return };
        let known = &mut self.target(subscriber).waiting[bar];
        let most = known.map_or(0, |known| known.most).max(waiting.most);
        *known = Some(Waiting { most, last: waiting.last });
    }

    /// All bars in one.
    pub fn all(&self) -> Arrivals {
        let mut all = Arrivals::default();
        self.bars.iter().for_each(|bar| all.merge(bar));
        all
    }

    /// Attempts of all subscribers in some bars.
    pub fn took(&self, bars: std::ops::RangeInclusive<usize>) -> Histogram {
        let mut all = Histogram::default();
        for target in self.targets.values() {
            target.bars.get(bars.clone()).unwrap_or_default().iter().for_each(|bar| all.merge(&bar.took));
        }
        all
    }

    /// The slowest attempts, the slowest first, with whose they were.
    pub fn slowest(&self) -> Vec<(&str, Slow)> {
        let mut all: Vec<(&str, Slow)> = self
            .targets
            .iter()
            .flat_map(|(name, target)| target.all().slowest.into_iter().map(move |slow| (name.as_str(), slow)))
            .collect();
        all.sort_by(|a, b| b.1.cmp(&a.1));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_begin_at_whole_multiples_and_the_last_holds_the_present() {
        let wish = OverviewWish { to: Timestamp::from_secs(125), bar_us: 60_000_000, bars: 3, filter: None };
        assert_eq!((wish.from(), wish.end()), (Timestamp(0), Timestamp::from_secs(180)));
        let bar = |secs| wish.bar_of(Timestamp::from_secs(secs));
        assert_eq!((bar(-1), bar(0), bar(125), bar(179), bar(180)), (None, Some(0), Some(2), Some(2), None));
    }

    #[test]
    fn where_nobody_looked_what_was_seen_last_still_waits() {
        let target = TargetOverview {
            bars: Vec::new(),
            waiting: vec![None, Some(Waiting { most: 9, last: 3 }), None, Some(Waiting { most: 3, last: 0 }), None],
        };
        assert_eq!(target.backlog(), [0, 9, 3, 3, 0]);
    }
}

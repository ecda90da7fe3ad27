//! What arrived over a span of time, counted into equal bars, and how fast it was acknowledged.
//! It must not know how it is drawn.

use super::{EventId, Heads, Timestamp};

/// A timeline that is asked for: it ends at the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineWish {
    /// Its length in microseconds.
    pub span_us: i64,
    /// Into how many bars it is divided.
    pub bars: usize,
}

/// What arrived in a span of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Equal parts of it, oldest first.
    pub bars: Vec<Bar>,
    /// First byte to answer, in microseconds.
    pub ack: Percentiles,
    /// The parts of it by name, as means in microseconds.
    pub parts: Vec<(&'static str, u64)>,
    /// More events than are counted; the oldest of the span are missing.
    pub cut: bool,
    /// How far the log had come.
    pub heads: Heads,
}

/// One part of a timeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    /// Events.
    pub arrived: u64,
    /// Events that were refused, or answered other than 2xx.
    pub failed: u64,
    /// Events whose signature is wrong or unknown.
    pub suspect: u64,
    /// Its first event.
    pub first: Option<EventId>,
}

/// How a set of durations is spread, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percentiles {
    /// How many there are.
    pub count: usize,
    /// Half of them are not longer.
    pub p50: u64,
    /// 95 of 100.
    pub p95: u64,
    /// 99 of 100.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

impl Percentiles {
    /// Of these durations (nearest rank).
    pub fn of(mut values: Vec<u64>) -> Percentiles {
        values.sort_unstable();
        let rank = |percent: usize| {
            let at = (values.len() * percent).div_ceil(100).max(1) - 1;
            values.get(at).copied().unwrap_or(0)
        };
        Percentiles { count: values.len(), p50: rank(50), p95: rank(95), p99: rank(99), max: rank(100) }
    }

    /// Too few for the figures to mean much.
    pub fn is_vague(&self) -> bool {
        self.count < 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let p = Percentiles::of((1..=100).rev().collect());
        assert_eq!((p.count, p.p50, p.p95, p.p99, p.max), (100, 50, 95, 99, 100));
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
        let one = Percentiles::of(vec![7]);
        assert_eq!((one.p50, one.max, one.is_vague()), (7, 7, true));
    }
}

//! How a set of durations is spread, by nearest rank.
//! It must not know what took that long.

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

/// How long the last of their kind took.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// Whose attempts; `None` = the answers to senders.
    pub subscriber: Option<String>,
    /// How long they took.
    pub took: Percentiles,
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

    /// Where one more stands among them, in words.
    pub fn rank(&self, us: u64) -> &'static str {
        match us {
            _ if self.count == 0 => "the first",
            us if us > self.max => "slower than all",
            us if us > self.p99 => "slower than p99",
            us if us > self.p95 => "slower than p95",
            us if us > self.p50 => "slower than half",
            _ => "as fast as half",
        }
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

//! How a multitude of durations is spread, in so little room that it can be kept for every minute, and merged.
//! It must not know what took that long.
//!
//! Buckets as in HdrHistogram: sixteen for every doubling, so that a figure is at most one thirty-second off.

use super::Percentiles;

/// Buckets of a doubling, as a power of two.
const FINE: u32 = 4;
const PER_DOUBLING: u64 = 1 << FINE;

/// The bucket of the longest duration that there can be.
const LAST: u16 = (61 * PER_DOUBLING - 1) as u16;

/// A set of durations in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// Buckets that hold something, in order.
    counts: Vec<(u16, u64)>,
    count: u64,
    sum: u64,
    max: u64,
}

impl Histogram {
    /// Adds a duration.
    pub fn add(&mut self, us: u64) {
        let bucket = bucket(us);
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => self.counts[at].1 += 1,
            Err(at) => self.counts.insert(at, (bucket, 1)),
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(us);
        self.max = self.max.max(us);
    }

    /// Adds all of another one.
    pub fn merge(&mut self, other: &Histogram) {
        if self.counts.is_empty() {
            self.counts.clone_from(&other.counts);
        } else {
            self.counts = both(&self.counts, &other.counts);
        }
        self.count = self.count.saturating_add(other.count);
        self.sum = self.sum.saturating_add(other.sum);
        self.max = self.max.max(other.max);
    }

    /// Takes out what was added before; its longest may stay.
    pub fn take_out(&mut self, other: &Histogram) {
        for (bucket, count) in &other.counts {
            if let Ok(at) = self.counts.binary_search_by_key(bucket, |(bucket, _)| *bucket) {
                self.counts[at].1 = self.counts[at].1.saturating_sub(*count);
            }
        }
        self.counts.retain(|(_, count)| *count > 0);
        self.count = self.count.saturating_sub(other.count);
        self.sum = self.sum.saturating_sub(other.sum);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Percentiles by nearest rank, each the middle of its bucket; the longest is exact.
    pub fn percentiles(&self) -> Percentiles {
        let rank = |percent: u64| {
            let wanted = self.count.saturating_mul(percent).div_ceil(100).max(1);
            let mut seen = 0;
            let bucket = self.counts.iter().find(|(_, count)| {
                seen += *count;
                seen >= wanted
            });
            bucket.map_or(0, |(bucket, _)| middle(*bucket)).min(self.max)
        };
        Percentiles { count: self.count as usize, p50: rank(50), p95: rank(95), p99: rank(99), max: self.max }
    }

    /// The shortest, as the middle of its bucket; 0 of none.
    pub fn least(&self) -> u64 {
        self.counts.first().map_or(0, |(bucket, _)| middle(*bucket))
    }

    /// How many are not longer than this, by the buckets' upper ends.
    pub fn up_to(&self, us: u64) -> u64 {
        let last = bucket(us);
        self.counts.iter().take_while(|(bucket, _)| *bucket <= last).map(|(_, count)| count).sum()
    }

    /// The sum, in microseconds.
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Writes it behind what is there.
    pub fn write(&self, out: &mut Vec<u8>) {
        put(out, self.counts.len() as u64);
        let mut before = 0;
        for (bucket, count) in &self.counts {
            put(out, u64::from(bucket - before));
            put(out, *count);
            before = *bucket;
        }
        put(out, self.sum);
        put(out, self.max);
    }

    /// Reads one, and leaves what follows; `None` where it is none.
    pub fn read(from: &mut &[u8]) -> Option<Histogram> {
        let mut out = Histogram::default();
        let mut bucket = 0u16;
        for _ in 0..take(from)? {
            let step = u16::try_from(take(from)?).ok()?;
            // Each bucket stands there once, in order.
            if step == 0 && !out.counts.is_empty() {
                return None;
            }
            bucket = bucket.checked_add(step).filter(|bucket| *bucket <= LAST)?;
            let count = take(from)?;
            out.counts.push((bucket, count));
            out.count = out.count.checked_add(count)?;
        }
        (out.sum, out.max) = (take(from)?, take(from)?);
        Some(out)
    }
}

/// What two sorted lists of buckets hold together.
fn both(mut a: &[(u16, u64)], mut b: &[(u16, u64)]) -> Vec<(u16, u64)> {
    let mut out = Vec::with_capacity(a.len() + 4);
    while let (Some(one), Some(two)) = (a.first(), b.first()) {
        let (from_a, from_b) = (one.0 <= two.0, two.0 <= one.0);
        let many = if from_a { one.1 } else { 0 }.saturating_add(if from_b { two.1 } else { 0 });
        out.push((one.0.min(two.0), many));
        a = &a[usize::from(from_a)..];
        b = &b[usize::from(from_b)..];
    }
    out.extend_from_slice(a);
    out.extend_from_slice(b);
    out
}

/// Writes a number in as few bytes as it needs, seven bits in each (LEB128).
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads such a number.
pub(crate) fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The bucket of a duration: below sixteen each number has its own.
fn bucket(us: u64) -> u16 {
    if us < PER_DOUBLING {
        return us as u16;
    }
    let doubling = 63 - us.leading_zeros() - FINE;
    ((u64::from(doubling) + 1) * PER_DOUBLING + ((us >> doubling) & (PER_DOUBLING - 1))) as u16
}

/// The middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < 2 * PER_DOUBLING {
        return bucket;
    }
    let doubling = bucket / PER_DOUBLING - 1;
    let low = (PER_DOUBLING + bucket % PER_DOUBLING) << doubling;
    low + (1 << doubling) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> Histogram {
        let mut all = Histogram::default();
        values.iter().for_each(|us| all.add(*us));
        all
    }

    proptest! {
        #[test]
        fn figures_are_a_thirty_second_off_at_most(values in proptest::collection::vec(0u64..1 << 40, 1..200)) {
            let (near, exact) = (of(&values).percentiles(), Percentiles::of(values.clone()));
            for (near, exact) in [(near.p50, exact.p50), (near.p95, exact.p95), (near.p99, exact.p99)] {
                prop_assert!(near.abs_diff(exact) <= exact / 32 + 1, "{} {}", near, exact);
            }
            prop_assert_eq!((near.count, near.max), (exact.count, exact.max));
        }

        #[test]
        fn merged_ones_are_those_of_all_and_come_back_as_they_were(
            a in proptest::collection::vec(0u64..1 << 50, 0..60),
            b in proptest::collection::vec(0u64..1 << 50, 0..60),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(&merged, &of(&[a, b].concat()));
            let mut bytes = Vec::new();
            merged.write(&mut bytes);
            bytes.push(7);
            let mut rest = &bytes[..];
            prop_assert_eq!(Histogram::read(&mut rest), Some(merged));
            prop_assert_eq!(rest, &[7]);
        }

        #[test]
        fn what_is_none_is_not_read_as_one(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = Histogram::read(&mut &bytes[..]);
        }
    }

    #[test]
    fn buckets_stand_in_order_and_every_duration_has_one() {
        let mut before = 0;
        for us in (0..1 << 12).chain([u64::MAX >> 1, u64::MAX]) {
            assert!(bucket(us) >= before, "{us}");
            before = bucket(us);
        }
        assert_eq!(bucket(u64::MAX), LAST);
        assert_eq!((bucket(15), bucket(16), bucket(31), bucket(32)), (15, 16, 31, 32));
    }
}

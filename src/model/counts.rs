//! What is counted of a stretch of time: arrivals of a source, attempts for a subscriber, the clock of a provider.
//! Counts of one stretch and of another can be added. It must not know how long a stretch is or where it is kept.

use super::histogram::{put, take};
use super::{Attempt, Cause, Class, EventId, Histogram, StoredEvent, Verdict};
use std::collections::BTreeMap;

/// Slowest attempts that are named in a stretch.
const SLOWEST: usize = 5;
/// Phases of a capture.
const PHASES: usize = 6;

/// What can be added up, and kept as bytes.
pub trait Counts: Default {
    /// Adds those of another stretch.
    fn merge(&mut self, other: &Self);

    /// As bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// Reads what `to_bytes` wrote; what is damaged counts for nothing.
    fn from_bytes(bytes: &[u8]) -> Self;
}

/// What arrived through a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// Events.
    pub arrived: u64,
    /// Events that were refused, or answered other than 2xx.
    pub failed: u64,
    /// Events by what their signature is worth, in the order of the verdicts.
    pub verdicts: [u64; Verdict::ALL.len()],
    /// Events answered after their sender's deadline.
    pub late: u64,
    /// Arrivals of an event that had arrived before.
    pub again: u64,
    /// First byte to answer.
    pub ack: Histogram,
    /// The phases of that in their order, as sums in microseconds.
    pub phases: [u64; PHASES],
}

/// Attempts to bring events to a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// Attempts.
    pub tried: u64,
    /// Attempts that succeeded.
    pub succeeded: u64,
    /// Attempts after a failure.
    pub retried: u64,
    /// How long they took.
    pub took: Histogram,
    /// The slowest of them, the slowest first.
    pub slowest: Vec<Slow>,
}

/// An attempt that took long.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slow {
    /// How long, in microseconds.
    pub took_us: u64,
    /// The event.
    pub event: EventId,
    /// The attempt.
    pub attempt: i64,
}

/// How many events waited for a subscriber in a stretch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The most.
    pub most: u64,
    /// At its end.
    pub last: u64,
}

/// All that was ever counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// By source.
    pub arrivals: BTreeMap<String, Arrivals>,
    /// By subscriber.
    pub tries: BTreeMap<String, Tries>,
}

/// Arrival minus the sender's time, of a provider's events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skews {
    /// Of those that were older than their arrival.
    pub behind: Histogram,
    /// Of those whose sender's clock was ahead.
    pub ahead: Histogram,
}

impl Arrivals {
    /// Adds an event; of one that has not been answered yet all but the answer.
    pub fn add(&mut self, stored: &StoredEvent) {
        self.arrived += 1;
        self.verdicts[stored.event.judgement.verdict as usize] += 1;
        self.again += u64::from(stored.family.arrival > 1);
        let refused = stored.event.class == Class::Rejected;
        match stored.answer {
            Some(_) => self.add_answer(stored),
            None => self.failed += u64::from(refused),
        }
    }

    /// Adds the answer of an event that was added without one, or together with it.
    pub fn add_answer(&mut self, stored: &StoredEvent) {
        let Some(answer) = &stored.answer else { return };
        let good = answer.status.is_some_and(|status| (200..300).contains(&status));
        self.failed += u64::from(!good || stored.event.class == Class::Rejected);
        self.late += u64::from(stored.is_late());
        self.ack.add(answer.total_us);
        for (sum, (_, us)) in self.phases.iter_mut().zip(stored.timing().named()) {
            *sum = sum.saturating_add(us.unwrap_or(0));
        }
    }

    /// Events whose signature is wrong or unknown.
    pub fn suspect(&self) -> u64 {
        let suspect = Verdict::ALL.iter().filter(|row| row.0.is_suspect());
        suspect.map(|row| self.verdicts[row.0 as usize]).sum()
    }

    /// Takes out an event that was counted and is deleted since.
    pub fn take_out(&mut self, stored: &StoredEvent) {
        let mut one = Arrivals::default();
        one.add(stored);
        let less = |many: &mut u64, by: u64| *many = many.saturating_sub(by);
        less(&mut self.arrived, one.arrived);
        less(&mut self.failed, one.failed);
        less(&mut self.late, one.late);
        less(&mut self.again, one.again);
        self.verdicts.iter_mut().zip(one.verdicts).for_each(|(many, by)| less(many, by));
        self.phases.iter_mut().zip(one.phases).for_each(|(sum, us)| less(sum, us));
        self.ack.take_out(&one.ack);
    }
}

impl Counts for Arrivals {
    fn merge(&mut self, other: &Arrivals) {
        self.arrived += other.arrived;
        self.failed += other.failed;
        self.verdicts.iter_mut().zip(other.verdicts).for_each(|(many, more)| *many += more);
        self.late += other.late;
        self.again += other.again;
        self.ack.merge(&other.ack);
        self.phases.iter_mut().zip(other.phases).for_each(|(sum, us)| *sum = sum.saturating_add(us));
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let numbers = [self.arrived, self.failed, self.late, self.again];
        numbers.into_iter().chain(self.verdicts).chain(self.phases).for_each(|number| put(&mut out, number));
        self.ack.write(&mut out);
        out
    }

    fn from_bytes(mut bytes: &[u8]) -> Self {
        let from = &mut bytes;
        let read = |from: &mut &[u8]| {
            let (arrived, failed) = (take(from)?, take(from)?);
            let (late, again) = (take(from)?, take(from)?);
            let (mut verdicts, mut phases) = ([0; Verdict::ALL.len()], [0; PHASES]);
            for number in verdicts.iter_mut().chain(&mut phases) {
                *number = take(from)?;
            }
            Some(Arrivals { arrived, failed, late, again, verdicts, phases, ack: Histogram::read(from)? })
        };
        read(from).unwrap_or_default()
    }
}

impl Tries {
    /// Adds an attempt.
    pub fn add(&mut self, attempt: &Attempt) {
        let what = &attempt.what;
        self.tried += 1;
        self.succeeded += u64::from(what.succeeded());
        self.retried += u64::from(what.cause == Cause::Retry);
        self.took.add(what.total_us);
        self.slowest.push(Slow { took_us: what.total_us, event: what.event, attempt: attempt.id });
        self.keep_slowest();
    }

    fn keep_slowest(&mut self) {
        self.slowest.sort_unstable_by(|a, b| b.cmp(a));
        self.slowest.truncate(SLOWEST);
    }
}

impl Counts for Tries {
    fn merge(&mut self, other: &Tries) {
        self.tried += other.tried;
        self.succeeded += other.succeeded;
        self.retried += other.retried;
        self.took.merge(&other.took);
        self.slowest.extend(other.slowest.iter().cloned());
        self.keep_slowest();
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for number in [self.tried, self.succeeded, self.retried, self.slowest.len() as u64] {
            put(&mut out, number);
        }
        for slow in &self.slowest {
            [slow.took_us, slow.event.0 as u64, slow.attempt as u64].into_iter().for_each(|n| put(&mut out, n));
        }
        self.took.write(&mut out);
        out
    }

    fn from_bytes(mut bytes: &[u8]) -> Self {
        let from = &mut bytes;
        let read = |from: &mut &[u8]| {
            let (tried, succeeded, retried) = (take(from)?, take(from)?, take(from)?);
            let mut slowest = Vec::new();
            for _ in 0..take(from)?.min(SLOWEST as u64) {
                let (took_us, event, attempt) = (take(from)?, EventId(take(from)? as i64), take(from)? as i64);
                slowest.push(Slow { took_us, event, attempt });
            }
            Some(Tries { tried, succeeded, retried, slowest, took: Histogram::read(from)? })
        };
        read(from).unwrap_or_default()
    }
}

impl Skews {
    /// Adds one, in microseconds.
    pub fn add(&mut self, skew_us: i64) {
        match u64::try_from(skew_us) {
            Ok(us) => self.behind.add(us),
            Err(_) => self.ahead.add(skew_us.unsigned_abs()),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.behind.count() + self.ahead.count()
    }

    /// The one in the middle, in microseconds.
    pub fn median_us(&self) -> i64 {
        // All that are ahead stand before all that are behind.
        match self.ahead.count() > self.behind.count() {
            true => -(self.ahead.percentiles().p50 as i64),
            false => self.behind.percentiles().p50 as i64,
        }
    }

    /// The one farthest from zero, in microseconds.
    pub fn farthest_us(&self) -> i64 {
        let (behind, ahead) = (self.behind.percentiles().max, self.ahead.percentiles().max);
        if ahead > behind { -(ahead as i64) } else { behind as i64 }
    }
}

impl Counts for Skews {
    fn merge(&mut self, other: &Skews) {
        self.behind.merge(&other.behind);
        self.ahead.merge(&other.ahead);
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.behind.write(&mut out);
        self.ahead.write(&mut out);
        out
    }

    fn from_bytes(mut bytes: &[u8]) -> Self {
        let from = &mut bytes;
        let read = |from: &mut &[u8]| Some(Skews { behind: Histogram::read(from)?, ahead: Histogram::read(from)? });
        read(from).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_as_they_were_and_what_is_damaged_counts_for_nothing() {
        let mut tries = Tries { tried: 3, succeeded: 2, retried: 1, ..Tries::default() };
        for n in 0..8 {
            tries.took.add(n * 1_000);
            tries.slowest.push(Slow { took_us: n, event: EventId(n as i64), attempt: 900 });
        }
        tries.keep_slowest();
        assert_eq!(tries.slowest.first().map(|slow| slow.took_us), Some(7));
        assert_eq!(Tries::from_bytes(&tries.to_bytes()), tries);
        let mut arrivals = Arrivals { arrived: 300, late: 2, phases: [1, 2, 3, 4, 5, 1 << 40], ..Arrivals::default() };
        arrivals.ack.add(4_000);
        assert_eq!(Arrivals::from_bytes(&arrivals.to_bytes()), arrivals);
        let mut skews = Skews::default();
        [-5, -2_000_000, 7].into_iter().for_each(|us| skews.add(us));
        assert_eq!(Skews::from_bytes(&skews.to_bytes()), skews);
        assert_eq!((skews.count(), skews.farthest_us()), (3, -2_000_000));
        assert_eq!(Tries::from_bytes(&tries.to_bytes()[..5]), Tries::default());
        assert_eq!(Arrivals::from_bytes(&[0xff; 3]), Arrivals::default());
    }
}

//! How far a script has come, for each thing that it counts by.

use super::Step;
use crate::model::Timestamp;
use std::collections::{HashMap, VecDeque};

/// Families (or sources) whose progress is kept; of more than these the oldest begin anew.
const MOST: usize = 10_000;

/// A place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    step: usize,
    /// Arrivals that this step has answered.
    used: u32,
    since: Timestamp,
}

impl Place {
    /// Goes on for an arrival at `now`; gives the step that answers it. The last one repeats.
    fn next(&mut self, script: &[Step], now: Timestamp) -> usize {
        while self.step + 1 < script.len() && self.is_over(&script[self.step], now) {
            *self = Place { step: self.step + 1, used: 0, since: now };
        }
        self.used += 1;
        self.step
    }

    fn is_over(&self, step: &Step, now: Timestamp) -> bool {
        let counted = step.times.is_some_and(|times| self.used >= times);
        let timed = step.lasts.is_some_and(|lasts| now.since(self.since) >= lasts.as_micros() as i64);
        // One that says neither stands for one arrival.
        counted || timed || (step.times.is_none() && step.lasts.is_none() && self.used >= 1)
    }
}

/// The places of all that a rule counts by.
#[derive(Debug, Default)]
pub(super) struct Progress {
    places: HashMap<u64, Place>,
    order: VecDeque<u64>,
}

impl Progress {
    /// The step that answers an arrival of what `key` stands for.
    pub(super) fn next(&mut self, key: u64, script: &[Step], now: Timestamp) -> usize {
        if !self.places.contains_key(&key) {
            self.order.push_back(key);
            if self.order.len() > MOST
                && let Some(oldest) = self.order.pop_front()
            {
                self.places.remove(&oldest);
            }
        }
        let begin = Place { step: 0, used: 0, since: now };
        self.places.entry(key).or_insert(begin).next(script, now)
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        *self = Progress::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    #[test]
    fn steps_are_counted_by_arrivals_and_by_time_and_the_last_repeats() {
        let times = |n| Step { times: Some(n), ..Step::default() };
        let lasts = Step { lasts: Some(Duration::from_secs(90)), ..Step::default() };
        let script = [times(2), Step::default(), lasts, Step::default()];
        let mut progress = Progress::default();
        let mut next = |key, seconds| progress.next(key, &script, at(seconds));
        assert_eq!([next(1, 0), next(1, 1), next(1, 2), next(1, 10), next(1, 99)], [0, 0, 1, 2, 2]);
        assert_eq!([next(2, 99), next(1, 100), next(1, 101), next(2, 101)], [0, 3, 3, 0]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_new_is_not_forgotten() {
        let script = [Step { times: Some(1), ..Step::default() }, Step::default()];
        let mut progress = Progress::default();
        for key in 0..=MOST as u64 {
            assert_eq!(progress.next(key, &script, at(0)), 0);
        }
        assert_eq!(progress.places.len(), MOST);
        assert_eq!(progress.next(MOST as u64, &script, at(0)), 1);
        assert_eq!(progress.next(0, &script, at(0)), 0);
    }
}

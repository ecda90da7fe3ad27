//! Events counted: how many, what their signatures were worth, what their senders were told and how fast.
//! It must not know which events were picked.

use super::{Attempt, Percentiles, StoredEvent, Timestamp, Verdict};
use std::collections::BTreeMap;

/// Counts of some events.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Events; or attempts.
    pub events: u64,
    /// By what their signature is worth now.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// By the status that their senders were told; `none` where the connection was ended without one.
    pub answers: BTreeMap<String, u64>,
    acks: Vec<u64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, stored: &StoredEvent) {
        let at = stored.event.received_at;
        self.events += 1;
        *self.verdicts.entry(stored.event.judgement.verdict.name()).or_default() += 1;
        if let Some(answer) = &stored.answer {
            let told = answer.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            *self.answers.entry(told).or_default() += 1;
            self.acks.push(answer.total_us);
        }
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// Counts an attempt: its status in place of what the sender was told, how long it took in place of the answer's time.
    pub fn add_attempt(&mut self, attempt: &Attempt) {
        let what = &attempt.what;
        self.events += 1;
        let told = what.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        *self.answers.entry(told).or_default() += 1;
        self.acks.push(what.total_us);
        self.first = Some(self.first.map_or(what.at, |first| first.min(what.at)));
        self.last = Some(self.last.map_or(what.at, |last| last.max(what.at)));
    }

    /// First byte to answer, or how long attempts took.
    pub fn ack(&self) -> Percentiles {
        Percentiles::of(self.acks.clone())
    }

    /// Events a minute from the first to the last; within one minute their number.
    pub fn rate_per_min(&self) -> f64 {
        let span = self.first.zip(self.last).map_or(0, |(first, last)| last.since(first));
        let minutes = (span as f64 / 60e6).max(1.0);
        (self.events as f64 / minutes * 1_000.0).round() / 1_000.0
    }

    /// How many have this verdict.
    pub fn verdict(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(verdict.name()).copied().unwrap_or(0)
    }

    /// When the first of them came.
    pub fn first(&self) -> Option<Timestamp> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Answer, Event, EventId, Family, Receipt, sample};

    #[test]
    fn events_are_counted_by_verdict_and_answer_and_their_rate_is_that_of_their_span() {
        let mut tally = Tally::default();
        for n in 0..9 {
            let family = Family { arrival: 1, duplicate_of: None, conflict: false };
            let event = Event { received_at: Timestamp::from_secs(n * 30), ..sample() };
            let mut stored = StoredEvent::new(
                event,
                Receipt { id: EventId(n), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
            );
            let status = if n == 0 { None } else { Some(200) };
            stored.answer = (n < 8).then_some(Answer {
                status,
                rule: None,
                how: None,
                commit_us: 0,
                answer_us: 0,
                total_us: n as u64,
            });
            tally.add(&stored);
        }
        assert_eq!((tally.events, tally.rate_per_min()), (9, 2.25));
        assert_eq!(tally.answers, BTreeMap::from([("200".to_owned(), 7), ("none".to_owned(), 1)]));
        assert_eq!((tally.ack().count, tally.ack().max), (8, 7));
        assert_eq!(Tally::default().rate_per_min(), 0.0);
    }
}

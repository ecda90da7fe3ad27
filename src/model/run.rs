//! When somebody listened, and the gaps between, in which senders found nobody.
//! It must not know why a process ended: a run without an end was killed, or goes on.

use super::{EventId, Timestamp, count};
use jiff::tz::TimeZone;

/// One stretch of listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended; unknown of one that was killed or goes on.
    pub stopped_at: Option<Timestamp>,
    /// The last sign of life: its end, else its last event, else its begin.
    pub last_seen: Timestamp,
}

/// A time in which nobody listened, or in which requests were answered 503 because they could not be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last event before it (0 = none).
    pub after: EventId,
    /// Its begin; of a killed run the last sign of life.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The run before it was killed: the gap began some time after `from`.
    pub killed: bool,
    /// Short runs in it that saw no event.
    pub runs: usize,
    /// Requests that were answered 503 in it; 0 = nobody listened.
    pub refused: u64,
}

/// Gaps shorter than this are not worth a line, in microseconds.
const SHORTEST_US: i64 = 1_000_000;

impl Gap {
    /// Gaps that no event divides are one; too short ones are none. Both in the order of time.
    pub fn joined(gaps: impl IntoIterator<Item = Gap>) -> Vec<Gap> {
        let mut out: Vec<Gap> = Vec::new();
        let counts = |gap: &Gap| gap.refused > 0 || gap.to.since(gap.from) >= SHORTEST_US;
        for gap in gaps.into_iter().filter(counts) {
            let alike = |last: &&mut Gap| last.after == gap.after && last.refused == 0 && gap.refused == 0;
            match out.last_mut().filter(alike) {
                Some(last) => {
                    last.to = gap.to;
                    last.runs += 1;
                }
                None => out.push(gap),
            }
        }
        out
    }

    /// `not listening 10:12:03 to 10:31:40`.
    pub fn words(&self, zone: &TimeZone) -> String {
        let one_day = self.from.date(zone) == self.to.date(zone);
        let show = |at: Timestamp| match one_day {
            true => at.clock(zone),
            false => format!("{} {}", at.date(zone), at.clock(zone)),
        };
        if self.refused > 0 {
            let span = format!("{} to {}", show(self.from), show(self.to));
            return format!("{} answered 503, not kept, {span}", count(self.refused, "request"));
        }
        let after = if self.killed { "some time after " } else { "" };
        let runs = match self.runs {
            0 => String::new(),
            n => format!(", but for {} without an event", count(n as u64, "short run")),
        };
        format!("not listening {after}{} to {}{runs}", show(self.from), show(self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_without_an_event_between_are_one() {
        let gap = |after, from, to| Gap {
            after: EventId(after),
            from: Timestamp::from_secs(from),
            to: Timestamp::from_secs(to),
            killed: false,
            runs: 0,
            refused: 0,
        };
        let joined = Gap::joined([gap(3, 10, 20), gap(3, 21, 30), gap(5, 40, 40), gap(7, 50, 60)]);
        assert_eq!(joined, [Gap { runs: 1, ..gap(3, 10, 30) }, gap(7, 50, 60)]);
        assert_eq!(
            joined[0].words(&TimeZone::UTC),
            "not listening 00:00:10 to 00:00:30, but for 1 short run without an event"
        );
        assert_eq!(
            gap(1, 86_000, 90_000).words(&TimeZone::UTC),
            "not listening 1970-01-01 23:53:20 to 1970-01-02 01:00:00"
        );
    }
}

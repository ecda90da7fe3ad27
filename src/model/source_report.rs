//! How a source is doing, and whether what receives its events does what a competent subscriber does.
//! It must not know where the facts were read; each answer comes with its proof.

use super::{Arrivals, EventId, Percentiles, Timestamp, Verdict, count, micros, thousands};
use jiff::tz::TimeZone;

/// A silence counts from so many times the usual distance on, and from so long, in microseconds.
const SILENT_TIMES: u64 = 10;
const SILENT_FROM_US: u64 = 60_000_000;
/// Distances between arrivals from which a rhythm is known.
const RHYTHM: usize = 5;

/// What is known of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceFacts {
    /// Its name.
    pub name: String,
    /// It has a table in the configuration.
    pub configured: bool,
    /// The path that it claims.
    pub path: Option<String>,
    /// Who sends, where that is known.
    pub provider: Option<String>,
    /// Its sender signs nothing.
    pub signs_nothing: bool,
    /// The names of the secrets that are tried.
    pub secrets: Vec<String>,
    /// What the sender calls.
    pub public_url: Option<String>,
    /// How long its sender waits for the answer, in microseconds.
    pub deadline_us: Option<u64>,
    /// All that was ever counted of it.
    pub ever: Arrivals,
    /// Its last events.
    pub recent: Recent,
    /// Events that wait, by subscriber.
    pub waiting: Vec<(String, u64)>,
}

/// The last events of a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    /// How many were looked at.
    pub looked_at: u64,
    /// Who sent the newest one of which that is known.
    pub provider: Option<String>,
    /// When the last ones arrived, the newest first.
    pub arrived: Vec<Timestamp>,
    /// The newest event whose signature is wrong.
    pub last_bad: Option<(EventId, Timestamp)>,
    /// How long their answers took.
    pub ack: Percentiles,
    /// Those answered after the deadline, the newest of them.
    pub late: (u64, Option<EventId>),
    /// Arrivals of an event that had arrived before, and how many of them were answered 2xx.
    pub again: (u64, u64),
    /// Of these, those with another body.
    pub conflicts: u64,
    /// Subscribers that were brought an event again that they had already, each with how often and one such event.
    pub twice: Vec<(String, u64, EventId)>,
    /// Something has its events.
    pub has_subscriber: bool,
    /// The last set-up question, and whether it was answered well.
    pub handshake: Option<(Timestamp, bool)>,
}

/// An answer of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// That cannot be told yet.
    Unseen,
}

impl Answered {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Answered::Yes => "yes",
            Answered::No => "NO",
            Answered::Unseen => "-",
        }
    }

    /// As JSON has it: null where that cannot be told.
    pub fn holds(self) -> Option<bool> {
        match self {
            Answered::Yes => Some(true),
            Answered::No => Some(false),
            Answered::Unseen => None,
        }
    }
}

/// One thing that a competent subscriber does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// What.
    pub name: &'static str,
    /// Whether it is done.
    pub answered: Answered,
    /// What shows that.
    pub proof: String,
    /// What mends it.
    pub mend: Option<&'static str>,
}

impl SourceFacts {
    /// The checklist.
    pub fn skills(&self, zone: &TimeZone) -> Vec<Skill> {
        vec![self.verifies(zone), self.deduplicates(), self.queues(), self.tolerates_retries(), self.observes(zone)]
    }

    fn verifies(&self, zone: &TimeZone) -> Skill {
        let many = |verdict: Verdict| self.ever.verdicts[verdict as usize];
        let judged = many(Verdict::Valid) + many(Verdict::Invalid) + many(Verdict::Stale);
        let name = "verifies";
        if self.signs_nothing {
            let proof = "its sender signs nothing: anybody can send such an event".to_owned();
            return Skill { name, answered: Answered::Unseen, proof, mend: None };
        }
        if self.secrets.is_empty() {
            let keyless = many(Verdict::NoSecret);
            let (answered, proof) = match (self.provider.is_some(), keyless) {
                (true, n) => {
                    (Answered::No, format!("there is no secret for it; {} cannot be checked", count(n, "event")))
                }
                (false, _) => (Answered::No, "nobody knows who sends, so nothing is checked".to_owned()),
            };
            let mend = if self.provider.is_some() {
                "Enter, then a: add its secret"
            } else {
                "a [[source]] with its provider"
            };
            return Skill { name, answered, proof, mend: Some(mend) };
        }
        let bad = self
            .recent
            .last_bad
            .map_or_else(String::new, |(id, at)| format!(", last BAD #{id} {} {}", at.date(zone), at.clock(zone)));
        match judged {
            0 => Skill {
                name,
                answered: Answered::Unseen,
                proof: "no signed event yet".into(),
                mend: Some("t: send a test event"),
            },
            n => {
                let share = many(Verdict::Valid) * 100 / n;
                let proof = format!("{share} % of {} valid{bad}", thousands(n));
                let answered = if many(Verdict::Valid) == 0 { Answered::No } else { Answered::Yes };
                let mend = (answered == Answered::No).then_some("Enter, then the tab Signature: the doctor says why");
                Skill { name, answered, proof, mend }
            }
        }
    }

    fn deduplicates(&self) -> Skill {
        let (again, _) = self.recent.again;
        let name = "deduplicates";
        if let Some((subscriber, many, id)) = self.recent.twice.first() {
            let proof = format!("{subscriber} was brought {} again, #{id} the last", count(*many, "event"));
            let mend = Some("2, then e: dedupe = true; or by its Idempotency-Key");
            return Skill { name, answered: Answered::No, proof, mend };
        }
        let (answered, proof) = match (again, self.recent.has_subscriber) {
            (_, false) => (Answered::Unseen, "no subscriber gets its events".to_owned()),
            (0, true) => (Answered::Unseen, "no duplicate was seen yet".to_owned()),
            (n, true) => (Answered::Yes, format!("{} seen, none delivered twice", count(n, "duplicate"))),
        };
        Skill { name, answered, proof, mend: None }
    }

    fn queues(&self) -> Skill {
        let Percentiles { count: many, p95, max, .. } = self.recent.ack;
        let backlog: Vec<String> = self
            .waiting
            .iter()
            .filter(|(_, waiting)| *waiting > 0)
            .map(|(name, waiting)| format!("{} wait for {name}", thousands(*waiting)))
            .collect();
        let backlog = if backlog.is_empty() { String::new() } else { format!("; {}", backlog.join(", ")) };
        let deadline = self.deadline_us.map_or_else(String::new, |us| format!(" of {}", micros(us)));
        let (late, newest) = self.recent.late;
        let (answered, proof) = match (many, late) {
            (0, _) => (Answered::Unseen, "nothing was answered yet".to_owned()),
            (_, 1..) => {
                let newest = newest.map_or_else(String::new, |id| format!(", #{id} the last"));
                (
                    Answered::No,
                    format!(
                        "{} answered late{newest}; the slowest after {}{deadline}{backlog}",
                        thousands(late),
                        micros(max)
                    ),
                )
            }
            _ => (Answered::Yes, format!("answered within {} (p95 {}){deadline}{backlog}", micros(max), micros(p95))),
        };
        let mend = (answered == Answered::No)
            .then_some("b: which rule delays it; from = \"subscriber:...\" waits for the handler");
        Skill { name: "queues", answered, proof, mend }
    }

    fn tolerates_retries(&self) -> Skill {
        let ((again, good), conflicts) = (self.recent.again, self.recent.conflicts);
        let changed =
            if conflicts > 0 { format!(", {} with another body", thousands(conflicts)) } else { String::new() };
        let (answered, proof) = match again {
            0 => (Answered::Unseen, "no event came twice yet".to_owned()),
            n if good == n => (Answered::Yes, format!("{} came again, all answered 2xx{changed}", count(n, "arrival"))),
            n => (
                Answered::No,
                format!("{} of {} were not answered 2xx{changed}", thousands(n - good), count(n, "repeated arrival")),
            ),
        };
        let mend = (answered == Answered::No).then_some("Enter, then /answer:>=300: what they were told");
        Skill { name: "tolerates retries", answered, proof, mend }
    }

    fn observes(&self, zone: &TimeZone) -> Skill {
        match self.recent.arrived.first() {
            Some(last) => {
                let proof = format!(
                    "{} in the log, the last {} {}",
                    count(self.ever.arrived, "event"),
                    last.date(zone),
                    last.clock(zone)
                );
                Skill { name: "observes", answered: Answered::Yes, proof, mend: None }
            }
            None if self.ever.arrived > 0 => {
                let proof = format!("{} came, none of them lately", count(self.ever.arrived, "event"));
                Skill { name: "observes", answered: Answered::Yes, proof, mend: None }
            }
            None => {
                let (proof, mend) = ("nothing has arrived yet".to_owned(), Some("i: where to send events"));
                Skill { name: "observes", answered: Answered::Unseen, proof, mend }
            }
        }
    }

    /// How far apart its events usually are, in microseconds.
    pub fn usual_us(&self) -> Option<u64> {
        let gaps = self.recent.arrived.windows(2).map(|two| u64::try_from(two[0].since(two[1])).unwrap_or(0));
        let gaps: Vec<u64> = gaps.collect();
        (gaps.len() >= RHYTHM).then(|| Percentiles::of(gaps).p50)
    }

    /// How long nothing has come, in microseconds, and whether that is unusual.
    pub fn silence(&self, now: Timestamp) -> Option<(u64, bool)> {
        let silent = u64::try_from(now.since(*self.recent.arrived.first()?)).unwrap_or(0);
        let unusual = self
            .usual_us()
            .is_some_and(|usual| silent >= SILENT_FROM_US && silent > usual.saturating_mul(SILENT_TIMES));
        Some((silent, unusual))
    }

    /// `usual every 40 s, silent for 12 m 0 s`.
    pub fn rhythm(&self, now: Timestamp) -> Option<(String, bool)> {
        let (silent, unusual) = self.silence(now)?;
        let usual = self.usual_us().map(|us| format!("usual every {}, ", micros(us)));
        Some((format!("{}silent for {}", usual.unwrap_or_default(), micros(silent)), unusual))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(facts: &SourceFacts) -> Vec<&'static str> {
        facts.skills(&TimeZone::UTC).iter().map(|skill| skill.answered.word()).collect()
    }

    #[test]
    fn each_answer_has_its_proof_and_what_was_not_seen_is_no_answer() {
        let nothing = SourceFacts { provider: Some("stripe".into()), ..SourceFacts::default() };
        assert_eq!(answered(&nothing), ["NO", "-", "-", "-", "-"]);
        let mut good = SourceFacts { secrets: vec!["S".into()], deadline_us: Some(10_000_000), ..nothing.clone() };
        good.ever.arrived = 50;
        good.ever.verdicts[Verdict::Valid as usize] = 49;
        good.ever.verdicts[Verdict::Invalid as usize] = 1;
        good.recent = Recent {
            arrived: (0..10).map(|n| Timestamp::from_secs(1_000 - n * 40)).collect(),
            ack: Percentiles::of(vec![4_000; 30]),
            again: (2, 2),
            has_subscriber: true,
            last_bad: Some((EventId(7), Timestamp(0))),
            ..Recent::default()
        };
        assert_eq!(answered(&good), ["yes"; 5]);
        let proofs: Vec<String> = good.skills(&TimeZone::UTC).into_iter().map(|skill| skill.proof).collect();
        assert_eq!(proofs[0], "98 % of 50 valid, last BAD #7 1970-01-01 00:00:00");
        assert_eq!(proofs[2], "answered within 4.0 ms (p95 4.0 ms) of 10.0 s");
        assert_eq!(
            good.rhythm(Timestamp::from_secs(1_300)),
            Some(("usual every 40.0 s, silent for 5 m 0 s".into(), false))
        );
        assert_eq!(good.silence(Timestamp::from_secs(1_720)), Some((720_000_000, true)));
        good.recent.twice = vec![("billing".into(), 3, EventId(9))];
        good.recent.late = (1, Some(EventId(8)));
        good.recent.again = (2, 1);
        assert_eq!(answered(&good), ["yes", "NO", "NO", "NO", "yes"]);
        assert!(
            good.skills(&TimeZone::UTC).iter().all(|skill| (skill.answered == Answered::No) == skill.mend.is_some())
        );
    }
}

//! What a sender says of an event, or is known to do: when it was made, what it is about, how long it waits for the answer.
//! It must not know where a provider writes that down; `verify` reads it at arrival, and it never changes.

use super::Timestamp;

/// From this part of its deadline on an answer is nearly late.
const NEARLY: u64 = 80;

/// What stands behind an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// When it was made, by the sender's clock.
    pub made_at: Option<Timestamp>,
    /// Its number among the sender's events about the same object.
    pub sequence: Option<i64>,
    /// What it is about: the sender's id of that, the same for all that happens to it.
    pub object: Option<String>,
    /// How long the sender waits for the answer, in microseconds.
    pub deadline_us: Option<u64>,
}

/// How an answer stands to the sender's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Punctuality {
    /// Well within it.
    InTime,
    /// From 80 % of it on.
    Nearly,
    /// The sender had given up, or was about to.
    Late,
}

impl Origin {
    /// How an answer after this time stands to the deadline; `None` where that is not known.
    pub fn punctuality(&self, total_us: u64) -> Option<Punctuality> {
        let deadline = self.deadline_us?;
        Some(match total_us {
            late if late > deadline => Punctuality::Late,
            nearly if nearly.saturating_mul(100) >= deadline.saturating_mul(NEARLY) => Punctuality::Nearly,
            _ => Punctuality::InTime,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_nearly_late_from_four_fifths_on() {
        let origin = Origin { deadline_us: Some(3_000_000), ..Origin::default() };
        let at = |us| origin.punctuality(us);
        assert_eq!(at(2_399_999), Some(Punctuality::InTime));
        assert_eq!(at(2_400_000), Some(Punctuality::Nearly));
        assert_eq!(at(3_000_000), Some(Punctuality::Nearly));
        assert_eq!(at(3_000_001), Some(Punctuality::Late));
        assert_eq!(Origin::default().punctuality(1 << 40), None);
    }
}

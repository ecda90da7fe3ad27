//! The sender's time: reading it, and judging it against the time of arrival.

use super::catalogue::{TimeRule, TimeUnit};
use crate::model::{Reason, Timestamp};

/// A sender's time as text and as a point in time.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) at: Option<Timestamp>,
}

pub(super) fn read(rule: &TimeRule, text: String) -> Sent {
    let number: Option<i64> = text.parse().ok();
    let at = number.map(|n| match rule.unit {
        TimeUnit::S => Timestamp::from_secs(n),
        TimeUnit::Ms => Timestamp(n.saturating_mul(1_000)),
    });
    Sent { text, at }
}

/// Whether `skew_us` (arrival minus the sender's time) is outside the window, the limit itself included.
pub(super) fn outside(rule: &TimeRule, skew_us: i64) -> Option<Reason> {
    let limit = rule.tolerance?.saturating_mul(1_000_000);
    // Senders count whole seconds: one that is still running does not make an event older.
    let skew = skew_us - skew_us.rem_euclid(1_000_000);
    match skew {
        late if late > limit => Some(Reason::TooOld),
        early if early < -limit && !rule.future => Some(Reason::InFuture),
        _ => None,
    }
}

//! Which events may go: too old, deleted long enough ago, or too many. Pinned ones never do.
//! It must not read a clock or a log.

use super::Timestamp;
use serde::{Deserialize, Serialize};

/// How long soft-deleted events stay, in microseconds: 7 days (contract section 7).
const DELETED_US: i64 = 7 * 86_400_000_000;

/// The rule at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Events received before this may go.
    pub before: Option<Timestamp>,
    /// Events deleted before this may go.
    pub deleted_before: Timestamp,
    /// The oldest may go until the log uses no more than so many bytes.
    pub max_size: Option<u64>,
}

impl Retention {
    /// The rule as of `now`: `keep` in microseconds, `None` = forever.
    pub fn at(now: Timestamp, keep: Option<i64>, max_size: Option<u64>) -> Retention {
        Retention {
            before: keep.map(|keep| Timestamp(now.0.saturating_sub(keep))),
            deleted_before: Timestamp(now.0.saturating_sub(DELETED_US)),
            max_size,
        }
    }
}

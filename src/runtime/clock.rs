//! The clock and the zone of this machine.

use crate::model::Timestamp;
use jiff::tz::TimeZone;
use std::time::{SystemTime, UNIX_EPOCH};

/// The present moment.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_micros() as i64)
}

/// The zone in which people here read times.
pub fn zone() -> TimeZone {
    TimeZone::system()
}

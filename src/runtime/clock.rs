//! The clock and the zone of this machine.

use crate::model::Timestamp;
use jiff::tz::TimeZone;
use std::time::SystemTime;

/// The present moment.
pub fn now() -> Timestamp {
    SystemTime::now().into()
}

/// The zone in which people here read times.
pub fn zone() -> TimeZone {
    TimeZone::system()
}

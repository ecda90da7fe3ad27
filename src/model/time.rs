//! Points in time as microseconds since the Unix epoch.
//! It must not read a clock: whoever needs `now` gets it as an argument.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// A whole number of Unix seconds.
    pub fn from_secs(secs: i64) -> Self {
        Timestamp(secs.saturating_mul(1_000_000))
    }

    /// Microseconds from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// `2026-11-23T10:42:05Z`, for times that senders give in whole seconds.
    pub fn to_the_second(self) -> String {
        self.jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `10:42:05` in the given zone.
    pub fn clock(self, zone: &jiff::tz::TimeZone) -> String {
        self.jiff().to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string()
    }

    /// `10:42:05.902` in the given zone.
    pub fn clock_millis(self, zone: &jiff::tz::TimeZone) -> String {
        self.jiff().to_zoned_datetime(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
    }

    /// `2026-11-23` in the given zone.
    pub fn date(self, zone: &jiff::tz::TimeZone) -> String {
        self.jiff().to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d").to_string()
    }

    /// `2026-11-23 10:42:05.902` in the given zone.
    pub fn date_clock(self, zone: &jiff::tz::TimeZone) -> String {
        self.jiff().to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }
}

/// What a clock shows; before 1970 it is taken for 1970.
impl From<SystemTime> for Timestamp {
    fn from(at: SystemTime) -> Self {
        Timestamp(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as i64)
    }
}

/// RFC 3339 in UTC with six digits of a second, as contract section 4 asks.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zoned = self.jiff().to_zoned_datetime(jiff::tz::TimeZone::UTC);
        write!(f, "{}", zoned.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_six_digits() {
        assert_eq!(Timestamp(1_763_894_525_902_113).to_string(), "2025-11-23T10:42:05.902113Z");
        assert_eq!(Timestamp(0).to_string(), "1970-01-01T00:00:00.000000Z");
    }
}

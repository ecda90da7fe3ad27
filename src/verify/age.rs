//! The sender's time: reading it, and judging it against the time of arrival.

use super::Question;
use super::beside::Beside;
use super::place::{Kind, Place};
use crate::model::{Reason, Timestamp, json_lookup};
use jiff::civil::DateTime;
use serde::Deserialize;

/// Where the sender's time stands, and what is made of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeRule {
    pub(super) source: Place,
    #[serde(default)]
    pub(super) unit: TimeUnit,
    /// Allowed age in seconds; absent = not judged.
    pub(super) tolerance: Option<i64>,
    /// Whether a time further ahead than the tolerance is accepted.
    #[serde(default)]
    pub(super) future: bool,
    /// Whether the limit itself is already refused.
    #[serde(default)]
    pub(super) exclusive: bool,
    /// The oldest time that is ever accepted (RFC 3339).
    #[serde(default, deserialize_with = "moment")]
    pub(super) not_before: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TimeUnit {
    #[default]
    S,
    Ms,
    /// From 100,000,000,000 on milliseconds.
    Auto,
    Iso8601,
    HttpDate,
}

fn moment<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let at = read(TimeUnit::Iso8601, &text);
    at.map(Some).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no time")))
}

/// A sender's time as text and as a point in time.
pub(super) struct Sent {
    pub(super) text: String,
    pub(super) at: Option<Timestamp>,
}

/// The time that a request carries; `None` where it is absent.
pub(super) fn find(rule: &TimeRule, question: &Question, beside: &Beside) -> Option<Sent> {
    let text = rule.source.value(question, beside)?;
    let is_number = !matches!(rule.unit, TimeUnit::Iso8601 | TimeUnit::HttpDate);
    let fits = rule.source.kind != Kind::Json
        || json_lookup(question.body, &rule.source.name).is_some_and(|leaf| leaf.is_string() != is_number);
    let at = fits.then(|| read(rule.unit, &text)).flatten();
    Some(Sent { text, at })
}

/// A time in this unit.
pub(super) fn read(unit: TimeUnit, text: &str) -> Option<Timestamp> {
    let number = || text.bytes().all(|b| b.is_ascii_digit() || b == b'-').then(|| text.parse::<i64>().ok()).flatten();
    let ms = |n: i64| Timestamp(n.saturating_mul(1_000));
    match unit {
        TimeUnit::S => number().map(Timestamp::from_secs),
        TimeUnit::Ms => number().map(ms),
        TimeUnit::Auto => number().map(|n| if n >= 100_000_000_000 { ms(n) } else { Timestamp::from_secs(n) }),
        TimeUnit::Iso8601 => {
            // Without a zone it is UTC.
            let civil = || jiff::tz::TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
            Some(Timestamp(text.parse::<jiff::Timestamp>().ok().or_else(civil)?.as_microsecond()))
        }
        TimeUnit::HttpDate => {
            let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Some(Timestamp(at.as_microsecond()))
        }
    }
}

/// `at` as a sender would write it.
pub(super) fn write(unit: TimeUnit, at: Timestamp) -> String {
    let moment = || jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    match unit {
        TimeUnit::S => (at.0 / 1_000_000).to_string(),
        TimeUnit::Ms | TimeUnit::Auto => (at.0 / 1_000).to_string(),
        TimeUnit::Iso8601 => at.to_string(),
        TimeUnit::HttpDate => moment().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
    }
}

/// Whether a time is outside the window; `skew_us` = arrival minus the sender's time.
pub(super) fn outside(rule: &TimeRule, at: Timestamp, skew_us: i64) -> Option<Reason> {
    if rule.not_before.is_some_and(|oldest| at < oldest) {
        return Some(Reason::TooOld);
    }
    let limit = rule.tolerance?.saturating_mul(1_000_000) - i64::from(rule.exclusive);
    // A sender that counts whole seconds: one that is still running does not make an event older.
    let whole = !matches!(rule.unit, TimeUnit::Ms | TimeUnit::Iso8601);
    let skew = if whole { skew_us.saturating_sub(skew_us.rem_euclid(1_000_000)) } else { skew_us };
    match skew {
        late if late > limit => Some(Reason::TooOld),
        early if early < -limit && !rule.future => Some(Reason::InFuture),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_in_every_unit() {
        let at = Timestamp::from_secs(1_763_894_525);
        for unit in [TimeUnit::S, TimeUnit::Ms, TimeUnit::Auto, TimeUnit::Iso8601, TimeUnit::HttpDate] {
            assert_eq!(read(unit, &write(unit, at)), Some(at), "{unit:?}");
            assert_eq!(read(unit, "soon"), None);
            assert_eq!(read(unit, ""), None);
        }
        assert_eq!(read(TimeUnit::Iso8601, "2025-11-23T10:42:05.5"), Some(Timestamp(at.0 + 500_000)));
        assert_eq!(read(TimeUnit::Iso8601, "2025-11-23T11:42:05+01:00"), Some(at));
        assert_eq!(read(TimeUnit::S, "99999999999999999999"), None);
        assert_eq!(read(TimeUnit::S, "+5"), None);
    }
}

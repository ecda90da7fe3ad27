//! Times as filters say them: how long ago, a time of today, a date, a date with a time.
//! It must not read a clock: the present is given.

use crate::model::{Timestamp, duration};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// What a text means: from its first to its last microsecond. `10:12` is a whole minute, a date a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// Whether it can be read.
pub(super) fn is_moment(text: &str) -> bool {
    read(text, Timestamp(0), &TimeZone::UTC).is_some()
}

/// Whether it says how long ago, and not when.
pub(super) fn is_ago(text: &str) -> bool {
    duration(text).is_some()
}

/// `10m` ago, `10:12` of today, `2026-11-23`, `2026-11-23T10:12`: local, or with `Z` or another offset (RFC 3339).
pub(super) fn read(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Span> {
    if let Some(ago) = duration(text) {
        let at = Timestamp(now.0.saturating_sub(ago));
        return Some(Span { from: at, to: at });
    }
    let (local, zone) = match text.strip_suffix(['Z', 'z']) {
        Some(rest) => (rest, &TimeZone::UTC),
        None => (text, zone),
    };
    let finest = finest(local);
    let start = match local.parse::<Date>().ok().filter(|_| !local.contains([':', 'T', ' '])) {
        Some(date) => date.to_datetime(Time::midnight()),
        None => match local.parse::<Time>().ok().filter(|_| local.contains(':') && !local.contains('-')) {
            Some(time) => zone.to_datetime(jiff::Timestamp::from_microsecond(now.0).ok()?).date().to_datetime(time),
            None => match text.parse::<jiff::Timestamp>() {
                // It names its own offset.
                Ok(at) => return span(Timestamp(at.as_microsecond()), finest),
                Err(_) => local.parse::<DateTime>().ok()?,
            },
        },
    };
    span(Timestamp(zone.to_timestamp(start).ok()?.as_microsecond()), finest)
}

fn span(from: Timestamp, finest: i64) -> Option<Span> {
    Some(Span { from, to: Timestamp(from.0.checked_add(finest - 1)?) })
}

/// What its last part counts, in microseconds: days, minutes, seconds or what is finer.
fn finest(text: &str) -> i64 {
    let time = text.rsplit(['T', ' ']).next().unwrap_or(text);
    let time = time.split(['+', 'Z']).next().unwrap_or(time);
    match time.matches(':').count() {
        0 => 86_400_000_000,
        1 => 60_000_000,
        _ if time.contains('.') => 1,
        _ => 1_000_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_long_as_it_is_exact() {
        let now = Timestamp::from_secs(1_768_478_400); // 2026-01-15T12:00:00Z
        let read = |text: &str| {
            let span = read(text, now, &TimeZone::fixed(jiff::tz::offset(1))).unwrap_or_else(|| panic!("{text}"));
            (span.from.to_string(), span.to.0 - span.from.0 + 1)
        };
        assert_eq!(read("10m"), ("2026-01-15T11:50:00.000000Z".into(), 1));
        assert_eq!(read("10:00"), ("2026-01-15T09:00:00.000000Z".into(), 60_000_000));
        assert_eq!(read("10:00Z"), ("2026-01-15T10:00:00.000000Z".into(), 60_000_000));
        assert_eq!(read("10:00:05"), ("2026-01-15T09:00:05.000000Z".into(), 1_000_000));
        assert_eq!(read("2026-01-14"), ("2026-01-13T23:00:00.000000Z".into(), 86_400_000_000));
        assert_eq!(read("2026-01-14T10:12"), ("2026-01-14T09:12:00.000000Z".into(), 60_000_000));
        assert_eq!(read("2026-01-14T10:12:00Z"), ("2026-01-14T10:12:00.000000Z".into(), 1_000_000));
        assert_eq!(read("2026-01-14T10:12:00.25+02:00"), ("2026-01-14T08:12:00.250000Z".into(), 1));
        assert!(["soon", "10", "", "25:00", "2026-13-01"].iter().all(|text| !is_moment(text)));
    }
}

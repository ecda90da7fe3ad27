//! Sizes, durations and rates as text: `64KiB`, `10s`, `500B/s`.

use serde::{Deserialize, Deserializer, de::Error};
use std::time::Duration;

/// Bytes.
pub(super) struct Size(pub(super) u64);
/// A length of time.
#[derive(PartialEq)]
pub(super) struct Age(pub(super) Duration);
/// A length of time in microseconds, or `forever`.
pub(super) struct Forever(pub(super) Option<i64>);
/// Bytes a second.
pub(super) struct Rate(pub(super) u64);

/// Bytes as `2GiB`.
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "B" | "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// A length of time as `30d`.
pub fn age(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Option<T>,
    example: &str,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is not of the form \"{example}\"")))
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, size, "64KiB").map(Size)
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, age, "10s").map(Age)
    }
}

impl<'de> Deserialize<'de> for Forever {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| match text {
            "forever" => Some(None),
            text => Some(Some(i64::try_from(age(text)?.as_micros()).ok()?)),
        };
        read(deserializer, parse, "30d").map(Forever)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, |text| size(text.strip_suffix("/s")?), "500B/s").map(Rate)
    }
}

//! Placeholders such as `${id:24}` filled in: ids that nobody has seen before, and the present time.
//! It must not know what they are for. The same text stands for the same value throughout one sample.

use crate::model::Timestamp;
use std::hash::{DefaultHasher, Hash, Hasher};

const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What makes a sample another one than the last: where its ids come from, and its time.
#[derive(Clone, Copy, Debug)]
pub struct Fresh {
    /// Another seed, other ids.
    pub seed: u64,
    /// The present.
    pub now: Timestamp,
}

impl Fresh {
    /// The text with every placeholder filled in; one that there is not stays.
    pub fn fill(self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, inner, after)) = next(rest) {
            out += before;
            match self.value(inner) {
                Some(value) => out += &value,
                None => out += &format!("${{{inner}}}"),
            }
            rest = after;
        }
        out + rest
    }

    fn value(self, placeholder: &str) -> Option<String> {
        let mut parts = placeholder.splitn(3, ':');
        let (name, argument) = (parts.next()?, parts.next().unwrap_or_default());
        let from = |letters: &[u8]| {
            let length: usize = argument.parse().ok()?;
            Some((0..length).map(|n| letters[self.draw(placeholder, n) as usize % letters.len()] as char).collect())
        };
        let moment = || Timestamp(self.now.0 + argument.parse::<i64>().unwrap_or(0) * 1_000_000);
        Some(match name {
            "id" => return from(LETTERS),
            "hex" => return from(&LETTERS[..10].iter().chain(b"abcdef").copied().collect::<Vec<u8>>()),
            "digits" => {
                let all: String = from(&LETTERS[..10])?;
                // A number does not begin with nought.
                all.strip_prefix('0').map_or_else(|| all.clone(), |rest| format!("7{rest}"))
            }
            "uuid" => {
                let (high, low) = (self.draw(placeholder, 0), self.draw(placeholder, 1));
                let bits = u128::from(high) << 64 | u128::from(low);
                uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string()
            }
            "unix" => (moment().0 / 1_000_000).to_string(),
            "unix_ms" => (moment().0 / 1_000).to_string(),
            "unix_us" => moment().0.to_string(),
            "rfc3339" => rounded(moment(), 1_000_000, 0),
            "rfc3339_ms" => rounded(moment(), 1_000, 3),
            _ => return None,
        })
    }

    fn draw(self, placeholder: &str, n: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, placeholder, n).hash(&mut hasher);
        hasher.finish()
    }
}

/// A time in RFC 3339 with so many digits of a second.
fn rounded(at: Timestamp, unit: i64, digits: usize) -> String {
    let text = Timestamp(at.0.div_euclid(unit) * unit).to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    let fraction: String = text.split('.').nth(1).unwrap_or_default().chars().take(digits).collect();
    match digits {
        0 => format!("{seconds}Z"),
        _ => format!("{seconds}.{fraction}Z"),
    }
}

/// What stands before the next placeholder, in it, and after it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("${")?;
    let (inner, after) = rest.split_once('}')?;
    Some((before, inner, after))
}

/// The text with numbers in place of placeholders, and what these stand for: as valid JSON it can be laid out anew.
pub(super) fn masked(text: &str) -> (String, Vec<String>) {
    let (mut out, mut hidden, mut rest) = (String::new(), Vec::new(), text);
    while let Some((before, inner, after)) = next(rest) {
        out += before;
        out += &mask(hidden.len());
        hidden.push(format!("${{{inner}}}"));
        rest = after;
    }
    (out + rest, hidden)
}

/// The same text with its placeholders again.
pub(super) fn unmasked(text: &str, hidden: &[String]) -> String {
    hidden.iter().enumerate().fold(text.to_owned(), |text, (n, placeholder)| text.replace(&mask(n), placeholder))
}

/// A number of a fixed width that no sample has.
fn mask(n: usize) -> String {
    format!("9191{n:04}9191")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Fresh = Fresh { seed: 1, now: Timestamp(1_764_209_417_123_456) };

    #[test]
    fn times_are_the_present_and_so_far_from_it() {
        let filled = FRESH.fill("${unix} ${unix:-60} ${unix_ms} ${rfc3339} ${rfc3339_ms:+1} $ {x} ${nope} ${");
        let wanted =
            "1764209417 1764209357 1764209417123 2025-11-27T02:10:17Z 2025-11-27T02:10:18.123Z $ {x} ${nope} ${";
        assert_eq!(filled, wanted);
    }

    #[test]
    fn the_same_words_are_the_same_value_and_others_another() {
        let filled = FRESH.fill("${id:8} ${id:8} ${id:8:other} ${hex:40} ${digits:9} ${uuid}");
        let parts: Vec<&str> = filled.split(' ').collect();
        assert_eq!(parts[0], parts[1]);
        assert_ne!(parts[0], parts[2]);
        assert!(parts[3].len() == 40 && parts[3].bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(parts[4].len() == 9 && !parts[4].starts_with('0'));
        assert!(uuid::Uuid::parse_str(parts[5]).is_ok());
        assert_ne!(
            filled,
            Fresh { seed: 2, ..FRESH }.fill("${id:8} ${id:8} ${id:8:other} ${hex:40} ${digits:9} ${uuid}")
        );
    }

    #[test]
    fn placeholders_outlive_being_laid_out() {
        let (masked, hidden) = masked(r#"{"a": ${unix}, "b": "x${id:3}"}"#);
        assert!(serde_json::from_str::<serde_json::Value>(&masked).is_ok());
        assert_eq!(unmasked(&masked, &hidden), r#"{"a": ${unix}, "b": "x${id:3}"}"#);
    }
}

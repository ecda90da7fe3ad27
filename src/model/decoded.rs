//! Values that wrap others: tokens and base64, read for the eye. What is found stands beside the value, never in its place.
//! It must not verify anything: a token that can be read says nothing about who made it.

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, prelude::BASE64_STANDARD};

/// Longest value that is looked at, in bytes.
const LONGEST: usize = 4096;
/// Shortest text that is taken for base64: shorter ones are words.
const SHORTEST: usize = 16;
/// Characters of what was found that are shown.
const SHOWN: usize = 160;

/// Base64 of URLs, with and without padding (RFC 4648 section 5; RFC 7515 leaves the padding out).
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a value holds inside, in a short text that may need escaping: a JWT's header and claims (RFC 7519), the user and
/// password of Basic (RFC 7617), readable text in base64.
pub fn decoded(value: &str) -> Option<String> {
    if value.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    let found = match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => jwt(rest).or_else(|| text(rest)),
        "basic" => text(rest),
        "" => jwt(value).or_else(|| text(value)),
        _ => None,
    }?;
    let cut = found.char_indices().nth(SHOWN).map_or(found.len(), |(at, _)| at);
    Some(if cut < found.len() { format!("{} ...", &found[..cut]) } else { found })
}

fn jwt(value: &str) -> Option<String> {
    let mut parts = value.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || signature.is_empty() {
        return None;
    }
    let json = |part: &str| {
        let bytes = URL_SAFE.decode(part).ok()?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
        value.is_object().then_some(value)
    };
    let header = json(header)?;
    header.get("alg")?;
    Some(format!("JWT {header} {}", json(claims)?))
}

fn text(value: &str) -> Option<String> {
    if value.len() < SHORTEST || !value.len().is_multiple_of(4) {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok()?;
    let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    // Random words decode to bytes that are seldom UTF-8 and hardly ever plain ASCII all through.
    (decoded.chars().all(readable) && decoded.is_ascii()).then(|| format!("base64 {decoded}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_base64_are_read_and_words_are_not() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2ln";
        assert_eq!(decoded(jwt).unwrap(), r#"JWT {"alg":"HS256"} {"sub":"user_1"}"#);
        assert_eq!(decoded(&format!("Bearer {jwt}")), decoded(jwt));
        assert_eq!(decoded("Basic dXNlcjpwYXNzd29yZA==").as_deref(), Some("base64 user:password"));
        for word in ["deadbeefdeadbeef", "evt_1PqAbcdefghijklm", "hello", "", "a.b.c", "{\"a\":1}", "2026-11-25T10:00"]
        {
            assert_eq!(decoded(word), None, "{word}");
        }
    }
}

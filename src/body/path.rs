//! The way from a JSON text's root to one of its lines, in the two notations that people use.

use std::ops::Range;

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A member; where its key lies, quotes included.
    Key(Range<usize>),
    /// An element.
    Index(usize),
}

/// A notation for paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `.data.object["odd key"][0]`, as jq takes it.
    Jq,
    /// `$['data']['object'][0]` (RFC 9535, section 2.7).
    Rfc9535,
}

pub(super) fn write(steps: &[Step], bytes: &[u8], notation: Notation) -> String {
    let mut out = if notation == Notation::Rfc9535 { "$".to_owned() } else { String::new() };
    for step in steps {
        match step {
            Step::Index(n) => out.push_str(&format!("[{n}]")),
            Step::Key(range) => {
                let raw = String::from_utf8_lossy(&bytes[range.clone()]);
                let key = serde_json::from_str::<String>(&raw).unwrap_or_else(|_| raw.trim_matches('"').to_owned());
                match notation {
                    Notation::Rfc9535 => out.push_str(&format!("['{}']", normal(&key))),
                    Notation::Jq if is_name(&key) => out.push_str(&format!(".{key}")),
                    Notation::Jq if out.is_empty() => out.push_str(&format!(".[{raw}]")),
                    Notation::Jq => out.push_str(&format!("[{raw}]")),
                }
            }
        }
    }
    match out.as_bytes().first() {
        None => ".".to_owned(),
        Some(b'[') => format!(".{out}"),
        Some(_) => out,
    }
}

/// `path` gone on to a member, in jq's notation.
pub(super) fn jq(path: &str, key: &str) -> String {
    match (is_name(key), path.is_empty()) {
        (true, _) => format!("{path}.{key}"),
        (false, true) => format!(".[{}]", serde_json::Value::from(key)),
        (false, false) => format!("{path}[{}]", serde_json::Value::from(key)),
    }
}

fn is_name(key: &str) -> bool {
    let first = key.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The normal form of a name between single quotes.
fn normal(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

//! Text that is safe to put on a terminal: nothing in it can move a cursor, hide or reorder what is read.
//! It must not know who prints it; every screen and every plain-text command takes its untrusted words from here.

use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Untrusted text with every control, bidirectional and invisible character as a visible escape.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafeText(String);

impl SafeText {
    /// The escaped text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Escapes `text` for a terminal.
pub fn safe(text: &str) -> SafeText {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return SafeText(text.to_owned());
    }
    let mut out = String::with_capacity(text.len() + 16);
    // A mark without anything to stand on would stand on what the screen has before it.
    let mut marks = MARKS;
    for c in text.chars() {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        push_safe(&mut out, c, marks);
    }
    SafeText(out)
}

/// Whether `text` matches, `*` standing for any characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Escapes JSON text once more: what a terminal could obey or hide becomes `\\uXXXX`, which means the same.
pub fn safe_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match is_hidden(c) {
            true => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => out.push(c),
        }
    }
    out
}

/// Escapes bytes of unknown encoding: valid UTF-8 as text, any other byte as `\xNN`.
pub fn safe_bytes(bytes: &[u8]) -> SafeText {
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(safe(chunk.valid()).as_str());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    SafeText(out)
}

/// Combining marks that may stand on one base character before they are written out.
const MARKS: usize = 4;

fn push_safe(out: &mut String, c: char, marks: usize) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if (c as u32) < 0x100 && is_hidden(c) => out.push_str(&format!("\\x{:02x}", c as u32)),
        c if is_hidden(c) || marks > MARKS => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
        c => out.push(c),
    }
}

/// C0, DEL, C1, and what is invisible or changes the reading order (Unicode bidi controls, zero width, tags).
fn is_hidden(c: char) -> bool {
    matches!(c as u32,
        0..=0x1f | 0x7f..=0x9f | 0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff | 0xf0000..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(safe("a\x1b[2Jb").as_str(), "a\\x1b[2Jb");
        assert_eq!(safe("\u{202e}txt").as_str(), "\\u{202e}txt");
        assert_eq!(safe("\u{9b}1m").as_str(), "\\x9b1m");
        assert_eq!(safe_bytes(b"ok \xff\x00").as_str(), "ok \\xff\\x00");
        assert_eq!(safe("Grüße 東京 🚀").as_str(), "Grüße 東京 🚀");
        assert_eq!(safe("\u{301}e\u{301}").as_str(), "\\u{301}e\u{301}");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let json = serde_json::json!({"a": "\u{9b}31m\u{202e}\u{e0001}é"});
        let safe = safe_json(&json.to_string());
        assert!(safe.chars().all(|c| !is_hidden(c)), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), json);
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(safe_bytes(&bytes).as_str().chars().all(|c| !is_hidden(c)));
        }
    }
}

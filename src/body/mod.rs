//! Stored bytes as readable lines, made for the part that is visible and no more.
//! It must not change what it shows: numbers, duplicate keys and order appear as they were sent.

mod json;

use crate::model::{SafeText, bytes_size, safe, safe_bytes};
use bytes::Bytes;
use json::Json;
pub use json::{JsonLine, Shape};

/// Longest piece of one line that is made ready for showing.
const LINE_LIMIT: usize = 4096;
/// Bytes in a line of the hex view.
const HEX_ROW: usize = 16;

/// How a body is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// JSON, one member a line.
    #[default]
    Pretty,
    /// JSON without brackets, to fold.
    Tree,
    /// The text's own lines.
    Raw,
    /// Offset, bytes, characters.
    Hex,
}

impl Mode {
    /// All modes with their names.
    pub const ALL: [(Mode, &'static str); 4] =
        [(Mode::Pretty, "pretty"), (Mode::Tree, "tree"), (Mode::Raw, "raw"), (Mode::Hex, "hex")];
}

/// A body with the index that finds its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    bytes: Bytes,
    /// Start of every raw line.
    lines: Vec<u32>,
    json: Option<Json>,
    /// Where JSON that calls itself so stops being JSON, in bytes.
    pub json_error: Option<usize>,
}

impl Body {
    /// Indexes a body. Off the UI thread: the cost grows with its size.
    pub fn new(bytes: Bytes, content_type: Option<&str>) -> Body {
        let looks = bytes.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['));
        let claims = content_type.is_some_and(|kind| kind.contains("json"));
        let (json, json_error) = match (looks || claims) && !bytes.is_empty() {
            true => Json::index(&bytes).map_or_else(|at| (None, claims.then_some(at)), |json| (Some(json), None)),
            false => (None, None),
        };
        let starts = memchr::memchr_iter(b'\n', &bytes).map(|at| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts.filter(|&at| (at as usize) < bytes.len())).collect();
        Body { bytes, lines, json, json_error }
    }

    /// The stored bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is JSON.
    pub fn is_json(&self) -> bool {
        self.json.is_some()
    }

    /// The mode that is really shown: JSON modes need JSON, text needs text.
    pub fn effective(&self, mode: Mode) -> Mode {
        match mode {
            Mode::Pretty | Mode::Tree if self.json.is_none() && self.is_binary() => Mode::Hex,
            Mode::Pretty | Mode::Tree if self.json.is_none() => Mode::Raw,
            mode => mode,
        }
    }

    /// Number of lines in a mode.
    pub fn len(&self, mode: Mode) -> usize {
        match (self.effective(mode), &self.json) {
            (Mode::Pretty | Mode::Tree, Some(json)) => json.len(),
            (Mode::Hex, _) => self.bytes.len().div_ceil(HEX_ROW),
            _ if self.bytes.is_empty() => 0,
            _ => self.lines.len(),
        }
    }

    /// JSON lines from `from` on, at most `count`.
    pub fn json_lines(&self, from: usize, count: usize) -> Vec<JsonLine> {
        self.json.as_ref().map(|json| json.lines(&self.bytes, from, count)).unwrap_or_default()
    }

    /// The line that closes what `line` opens.
    pub fn closing(&self, line: usize) -> Option<usize> {
        self.json.as_ref()?.closing(&self.bytes, line)
    }

    /// A piece of the body, escaped and cut to what can be shown.
    pub fn piece(&self, from: usize, to: usize) -> SafeText {
        safe_bytes(&self.bytes[from..to.min(from + LINE_LIMIT)])
    }

    /// What is left out of a piece that is too long to be shown, in words.
    pub fn left_out(&self, from: usize, to: usize) -> Option<String> {
        let more = (to - from).checked_sub(LINE_LIMIT).filter(|more| *more > 0)?;
        Some(format!(" ... {} more", bytes_size(more as u64)))
    }

    /// A line of the raw or hex view.
    pub fn text_line(&self, mode: Mode, line: usize) -> SafeText {
        match self.effective(mode) {
            Mode::Hex => self.hex_line(line),
            _ => {
                let from = self.lines.get(line).map_or(self.bytes.len(), |&at| at as usize);
                let to = self.lines.get(line + 1).map_or(self.bytes.len(), |&at| at as usize);
                let end = if self.bytes[from..to].ends_with(b"\n") { to - 1 } else { to };
                match self.left_out(from, end) {
                    None => self.piece(from, end),
                    Some(more) => safe(&format!("{}{more}", self.piece(from, end))),
                }
            }
        }
    }

    fn hex_line(&self, line: usize) -> SafeText {
        let from = line * HEX_ROW;
        let row = &self.bytes[from.min(self.bytes.len())..(from + HEX_ROW).min(self.bytes.len())];
        let bytes: String = row.iter().map(|b| format!("{b:02x} ")).collect();
        let text: String = row.iter().map(|&b| if (0x20..0x7f).contains(&b) { b as char } else { '.' }).collect();
        safe_bytes(format!("{from:08x}  {bytes:<48} {text}").as_bytes())
    }

    fn is_binary(&self) -> bool {
        let start = &self.bytes[..self.bytes.len().min(1024)];
        start.contains(&0) || start.utf8_chunks().filter(|c| !c.invalid().is_empty()).count() > start.len() / 16 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shows_text_as_it_is_and_binary_as_hex() {
        let text = Body::new(Bytes::from_static(b"one\ntwo\x1b\r\n"), None);
        assert_eq!(text.len(Mode::Pretty), 2);
        assert_eq!(text.text_line(Mode::Raw, 1).as_str(), "two\\x1b\\r");
        let binary = Body::new(Bytes::from_static(b"\x00\x01\xff"), None);
        assert_eq!(
            binary.text_line(Mode::Pretty, 0).as_str().trim_end(),
            "00000000  00 01 ff                                         ..."
        );
        assert_eq!(Body::new(Bytes::from_static(b"{\"a\":}"), Some("application/json")).json_error, Some(6));
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let body = Body::new(bytes.into(), Some("application/json"));
            for (mode, _) in Mode::ALL {
                for line in 0..body.len(mode) {
                    body.text_line(mode, line);
                }
                body.json_lines(0, 100);
            }
        }
    }
}

//! Stored bytes as readable lines, made for the part that is visible and no more.
//! It must not change what it shows: numbers, duplicate keys and order appear as they were sent.

mod colours;
mod compare;
mod form;
mod json;
mod lines;
mod path;

pub use colours::{Colours, colours};
pub use compare::{Comparison, Difference, Part, compare, compare_bodies};
pub use path::Notation;

use crate::model::bytes_size;
use bytes::Bytes;
use json::{Json, Shape};
use regex::bytes::RegexBuilder;

/// Bytes after which a raw line is broken, so that every part of a body can be reached by scrolling.
const RAW_LIMIT: usize = 32 << 10;
/// Longest piece of one line that is made ready for showing, in bytes.
const LINE_LIMIT: usize = 4096;
/// Bytes in a line of the hex view.
const HEX_ROW: usize = 16;

/// How a body is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// JSON, one member a line; a form, one field a line.
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
    kind: Kind,
    colours: Colours,
    /// Where JSON that calls itself so stops being JSON, in bytes.
    pub json_error: Option<usize>,
}

/// What a body can be shown as besides its bytes.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Json(Json),
    /// Where each field of the form lies.
    Form(Vec<std::ops::Range<usize>>),
    Other,
}

impl Body {
    /// Indexes a body. Off the UI thread: the cost grows with its size.
    pub fn new(bytes: Bytes, content_type: Option<&str>) -> Body {
        let looks = bytes.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['));
        let claims = content_type.is_some_and(|kind| kind.contains("json"));
        let (mut kind, mut json_error) = (Kind::Other, None);
        if (looks || claims) && !bytes.is_empty() {
            match Json::index(&bytes) {
                Ok(json) => kind = Kind::Json(json),
                Err(at) => json_error = claims.then_some(at),
            }
        } else if content_type.is_some_and(form::is_form) && !bytes.is_empty() {
            kind = Kind::Form(form::fields(&bytes));
        }
        let lines = raw_lines(&bytes);
        Body { bytes, lines, kind, colours: Colours::default(), json_error }
    }

    /// The stored bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether it is JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Kind::Json(_))
    }

    /// The bytes, if they are text that may be of a language with colours.
    pub fn paintable(&self) -> Option<Bytes> {
        let plain = self.bytes.len() <= colours::LARGEST && self.effective(Mode::Pretty) == Mode::Raw;
        (plain && !self.bytes.is_empty()).then(|| self.bytes.clone())
    }

    /// Takes in the colours of its language.
    pub fn paint(&mut self, colours: Colours) {
        self.colours = colours;
    }

    /// The mode that is really shown: JSON modes need JSON, text needs text.
    pub fn effective(&self, mode: Mode) -> Mode {
        match (mode, &self.kind) {
            (Mode::Pretty | Mode::Tree, Kind::Form(_)) => Mode::Pretty,
            (Mode::Pretty | Mode::Tree, Kind::Other) if self.is_binary() => Mode::Hex,
            (Mode::Pretty | Mode::Tree, Kind::Other) => Mode::Raw,
            (mode, _) => mode,
        }
    }

    /// Number of lines in a mode.
    pub fn len(&self, mode: Mode) -> usize {
        match (self.effective(mode), &self.kind) {
            (Mode::Pretty | Mode::Tree, Kind::Json(json)) => json.len(),
            (Mode::Pretty, Kind::Form(fields)) => fields.len(),
            (Mode::Hex, _) => self.bytes.len().div_ceil(HEX_ROW),
            _ => self.lines.len(),
        }
    }

    /// The brackets of the outermost level's members, with the lines that close them.
    pub fn members(&self) -> Vec<(usize, usize)> {
        let Kind::Json(json) = &self.kind else { return Vec::new() };
        json.brackets(&self.bytes, 1)
    }

    /// Which of `count` lines from `from` on the tree leaves out: the closing brackets.
    pub fn closing_lines(&self, from: usize, count: usize) -> Vec<bool> {
        let Kind::Json(json) = &self.kind else { return vec![false; count] };
        json.lines(&self.bytes, from, count).iter().map(|line| line.shape == Shape::Close).collect()
    }

    /// The line that closes what `line` opens.
    pub fn closing(&self, line: usize) -> Option<usize> {
        let Kind::Json(json) = &self.kind else { return None };
        json.closing(&self.bytes, line)
    }

    /// The lines that hold `text`, letter case ignored, once for each time, at most so many.
    pub fn find(&self, mode: Mode, text: &str, most: usize) -> Vec<usize> {
        let Ok(needle) = RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build() else {
            return Vec::new();
        };
        let lines = needle.find_iter(&self.bytes).map(|hit| self.line_at(mode, hit.start()));
        // The tree does not show its closing brackets.
        let tree = self.effective(mode) == Mode::Tree;
        lines.filter(|line| !tree || self.closing_lines(*line, 1) != [true]).take(most).collect()
    }

    fn line_at(&self, mode: Mode, offset: usize) -> usize {
        match (self.effective(mode), &self.kind) {
            (Mode::Pretty | Mode::Tree, Kind::Json(json)) => json.line_at(&self.bytes, offset),
            (Mode::Pretty, Kind::Form(fields)) => {
                fields.partition_point(|field| field.start <= offset).saturating_sub(1)
            }
            (Mode::Hex, _) => offset / HEX_ROW,
            _ => self.lines.partition_point(|&at| at as usize <= offset).saturating_sub(1),
        }
    }

    /// The way to a JSON line; empty for other bodies. Its cost grows with what stands before the line.
    pub fn path(&self, line: usize, notation: Notation) -> String {
        let Kind::Json(json) = &self.kind else { return String::new() };
        path::write(&json.path(&self.bytes, line), &self.bytes, notation)
    }

    /// Where a JSON line begins, in bytes.
    pub fn offset(&self, line: usize) -> usize {
        let Kind::Json(json) = &self.kind else { return 0 };
        json.lines(&self.bytes, line, 1).first().map_or(0, |l| l.value.start)
    }

    /// The value of a JSON line: a string's content, anything else as it was sent.
    pub fn value(&self, line: usize) -> Option<Vec<u8>> {
        let Kind::Json(json) = &self.kind else { return None };
        let raw = &self.bytes[json.value(&self.bytes, line)?];
        Some(serde_json::from_slice::<String>(raw).map_or_else(|_| raw.to_vec(), String::into_bytes))
    }

    fn is_binary(&self) -> bool {
        let start = &self.bytes[..self.bytes.len().min(1024)];
        start.contains(&0) || start.utf8_chunks().filter(|c| !c.invalid().is_empty()).count() > start.len() / 16 + 1
    }
}

/// What is left out of a piece that is too long to be shown, in words.
fn left_out(len: usize) -> Option<String> {
    let more = len.checked_sub(LINE_LIMIT).filter(|more| *more > 0)?;
    Some(format!(" ... {} more; m shows them raw", bytes_size(more as u64)))
}

/// Where lines begin: after a line end, and in a long line at a character every so often.
fn raw_lines(bytes: &[u8]) -> Vec<u32> {
    let mut lines = Vec::new();
    let mut from = 0;
    while from < bytes.len() {
        lines.push(from as u32);
        let most = (from + RAW_LIMIT).min(bytes.len());
        from = match memchr::memchr(b'\n', &bytes[from..most]) {
            Some(at) => from + at + 1,
            None => {
                let inside = |at: &usize| bytes.get(*at).is_some_and(|b| b & 0xc0 == 0x80);
                (most - 3.min(most - from)..=most).rev().find(|at| !inside(at)).filter(|at| *at > from).unwrap_or(most)
            }
        };
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(body: &Body, mode: Mode, line: usize) -> String {
        body.line(mode, line, None).0.to_string()
    }

    #[test]
    fn shows_text_as_it_is_and_binary_as_hex() {
        let text = Body::new(Bytes::from_static(b"one\ntwo\x1b\r\n"), None);
        assert_eq!(text.len(Mode::Pretty), 2);
        assert_eq!(shown(&text, Mode::Raw, 1), "two\\x1b\\r");
        let binary = Body::new(Bytes::from_static(b"\x00\x01\xffA"), None);
        assert_eq!(shown(&binary, Mode::Pretty, 0), "000000  0001 ff41                                ...A");
        assert_eq!(Body::new(Bytes::from_static(b"{\"a\":}"), Some("application/json")).json_error, Some(6));
    }

    #[test]
    fn a_long_line_is_broken_between_characters_and_nothing_is_lost() {
        let text = "é".repeat(70_000);
        let body = Body::new(text.clone().into(), None);
        assert!(body.len(Mode::Raw) >= 4);
        assert_eq!((0..body.len(Mode::Raw)).map(|n| shown(&body, Mode::Raw, n)).collect::<String>(), text);
    }

    #[test]
    fn finds_lines_in_every_mode() {
        let body = Body::new(Bytes::from_static(b"{\"a\":[1,\"Needle needle\"],\"b\":\"needle\"}"), None);
        assert_eq!(body.find(Mode::Pretty, "NEEDLE", 9), [3, 3, 5]);
        assert_eq!(body.find(Mode::Hex, "needle", 9), [0, 1, 1]);
        assert!(body.find(Mode::Raw, "(", 9).is_empty());
    }

    #[test]
    fn a_form_has_a_field_a_line() {
        let form = "application/x-www-form-urlencoded";
        let body = Body::new(Bytes::from_static(b"text=a+b%20c&&user%5B0%5D=%E2%80%AE&empty"), Some(form));
        let lines: Vec<String> = (0..body.len(Mode::Pretty)).map(|n| shown(&body, Mode::Pretty, n)).collect();
        assert_eq!(lines, ["text  a b c", "user[0]  \\u{202e}", "empty  "]);
    }

    #[test]
    fn hostile_texts_are_shown_in_every_mode() {
        for text in crate::model::hostile_texts() {
            for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded"] {
                let body = Body::new(text.clone().into(), Some(kind));
                for (mode, _) in Mode::ALL {
                    let shown: String = (0..body.len(mode)).map(|line| shown(&body, mode, line)).collect();
                    assert!(!shown.contains(['\x1b', '\x07', '\0', '\u{202e}']), "{shown:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                let body = Body::new(bytes.clone().into(), Some(kind));
                for (mode, _) in Mode::ALL {
                    for line in 0..body.len(mode) {
                        body.line(mode, line, None);
                    }
                    body.closing_lines(0, 100);
                }
            }
        }
    }
}

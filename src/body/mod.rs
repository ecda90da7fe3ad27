//! Stored bytes as readable lines, made for the part that is visible and no more.
//! It must not change what it shows: numbers, duplicate keys and order appear as they were sent.

mod colours;
mod compare;
mod form;
mod json;
mod lines;
mod parts;
mod path;
mod records;
mod xml;

pub use colours::{Colours, colours};
pub use compare::{Comparison, Difference, Part, compare, compare_bodies};
pub use path::Notation;

use crate::model::{Content, Event, bytes_size, count};
use bytes::Bytes;
use json::{Json, Shape};
use parts::PartLine;
use regex::bytes::RegexBuilder;
use xml::XmlLine;

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
    /// As they are stored.
    stored: Bytes,
    /// What they say: the content encoding taken off, in UTF-8.
    text: Bytes,
    /// What the pretty lines lie in: the text, or its records as one list.
    bytes: Bytes,
    /// Start of every raw line.
    lines: Vec<u32>,
    kind: Kind,
    colours: Colours,
    /// Where JSON that calls itself so stops being JSON, in bytes.
    pub json_error: Option<usize>,
    /// How what is shown came out of what is stored, in words; empty where it is the same.
    pub about: String,
}

/// What a body can be shown as besides its bytes.
#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Json(Json),
    /// Where each field of the form lies.
    Form(Vec<std::ops::Range<usize>>),
    Parts(Vec<PartLine>),
    Xml(Vec<XmlLine>),
    Other,
}

impl Body {
    /// Indexes the body of an event. Off the UI thread: the cost grows with its size.
    pub fn of(event: &Event) -> Body {
        let Some(content) = Content::of(event) else {
            return Body::new(event.body.clone(), event.content_type.as_deref());
        };
        let undone = match content.undone.is_empty() {
            true => String::new(),
            false => format!("{} read as {}", content.undone.join(", "), bytes_size(content.bytes.len() as u64)),
        };
        let failed = content.failed.map(|name| format!("{name} could not be taken off")).unwrap_or_default();
        let cut = if content.cut { ", and there is more" } else { "" };
        let mut body = Body::new(content.bytes, event.content_type.as_deref());
        body.stored = event.body.clone();
        let said = [format!("{undone}{cut}"), failed, std::mem::take(&mut body.about)];
        body.about = said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        body
    }

    /// The same for bytes that are readable as they are.
    pub fn new(bytes: Bytes, content_type: Option<&str>) -> Body {
        let (kind, records, json_error) = recognise(&bytes, content_type);
        let about = match &kind {
            Kind::Json(_) if records.is_some() => "records, one a line".to_owned(),
            Kind::Parts(lines) => {
                let parts = lines.iter().filter(|line| matches!(line, PartLine::Title(_))).count();
                count(parts as u64, "part")
            }
            _ => String::new(),
        };
        Body {
            lines: raw_lines(&bytes),
            stored: bytes.clone(),
            bytes: records.unwrap_or_else(|| bytes.clone()),
            text: bytes,
            kind,
            colours: Colours::default(),
            json_error,
            about,
        }
    }

    /// The stored bytes.
    pub fn stored(&self) -> &Bytes {
        &self.stored
    }

    /// Whether it is JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Kind::Json(_))
    }

    /// The bytes, if they are text that may be of a language with colours.
    pub fn paintable(&self) -> Option<Bytes> {
        let coloured = match self.kind {
            Kind::Other => !is_binary(&self.text),
            Kind::Xml(_) => true,
            Kind::Json(_) | Kind::Form(_) | Kind::Parts(_) => false,
        };
        (coloured && self.text.len() <= colours::LARGEST && !self.text.is_empty()).then(|| self.text.clone())
    }

    /// Takes in the colours of its language.
    pub fn paint(&mut self, colours: Colours) {
        self.colours = colours;
    }

    /// The mode that is really shown: JSON modes need JSON, text needs text.
    pub fn effective(&self, mode: Mode) -> Mode {
        match (mode, &self.kind) {
            (Mode::Pretty | Mode::Tree, Kind::Form(_) | Kind::Parts(_) | Kind::Xml(_)) => Mode::Pretty,
            (Mode::Pretty | Mode::Tree, Kind::Other) if is_binary(&self.text) => Mode::Hex,
            (Mode::Pretty | Mode::Tree, Kind::Other) => Mode::Raw,
            (mode, _) => mode,
        }
    }

    /// Number of lines in a mode.
    pub fn len(&self, mode: Mode) -> usize {
        match (self.effective(mode), &self.kind) {
            (Mode::Pretty | Mode::Tree, Kind::Json(json)) => json.len(),
            (Mode::Pretty, Kind::Form(fields)) => fields.len(),
            (Mode::Pretty, Kind::Parts(lines)) => lines.len(),
            (Mode::Pretty, Kind::Xml(lines)) => lines.len(),
            (Mode::Hex, _) => self.stored.len().div_ceil(HEX_ROW),
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
        let bytes = match self.effective(mode) {
            Mode::Hex => &self.stored,
            Mode::Raw => &self.text,
            Mode::Pretty | Mode::Tree => &self.bytes,
        };
        let lines = needle.find_iter(bytes).map(|hit| self.line_at(mode, hit.start()));
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
            (Mode::Pretty, Kind::Parts(lines)) => {
                lines.partition_point(|line| line.start() <= offset).saturating_sub(1)
            }
            (Mode::Pretty, Kind::Xml(lines)) => lines.partition_point(|line| line.at.start <= offset).saturating_sub(1),
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
}

/// What a text can be shown as; with its records as one list where it is such, and where JSON that calls itself so ends.
fn recognise(text: &Bytes, content_type: Option<&str>) -> (Kind, Option<Bytes>, Option<usize>) {
    let looks = text.trim_ascii_start().first().is_some_and(|b| matches!(b, b'{' | b'['));
    let claims = content_type.is_some_and(|kind| kind.contains("json"));
    if text.is_empty() {
        return (Kind::Other, None, None);
    }
    if looks || claims {
        return match Json::index(text) {
            Ok(json) => (Kind::Json(json), None, None),
            Err(at) => match records::as_list(text).and_then(|list| Some((Json::index(&list).ok()?, list))) {
                Some((json, list)) => (Kind::Json(json), Some(list), None),
                None => (Kind::Other, None, claims.then_some(at)),
            },
        };
    }
    if content_type.is_some_and(form::is_form) {
        return (Kind::Form(form::fields(text)), None, None);
    }
    let parts = content_type.and_then(parts::boundary).map(|boundary| parts::lines(text, boundary));
    let parts = parts.filter(|lines| !lines.is_empty()).map(Kind::Parts);
    let xml = || xml::is_xml(text, content_type).then(|| xml::lines(text))?.map(Kind::Xml);
    (parts.or_else(xml).unwrap_or(Kind::Other), None, None)
}

fn is_binary(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(1024)];
    start.contains(&0) || start.utf8_chunks().filter(|c| !c.invalid().is_empty()).count() > start.len() / 16 + 1
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
    use crate::model::{Head, sample};
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
    fn records_are_a_list_and_raw_lines_stay_as_they_are() {
        let body = Body::new(Bytes::from_static(b"{\"a\":1}\n\x1e{\"a\":[2]}\n\n"), Some("application/x-ndjson"));
        assert_eq!((body.about.as_str(), body.len(Mode::Raw)), ("records, one a line", 3));
        assert_eq!(body.path(6, Notation::Jq), ".[1].a[0]");
        assert_eq!(shown(&body, Mode::Raw, 1), "\\x1e{\"a\":[2]}");
        let broken = Body::new(Bytes::from_static(b"{\"a\":1}\n{"), Some("application/x-ndjson"));
        assert!(broken.json_error.is_some() && broken.about.is_empty());
    }

    #[test]
    fn an_encoded_body_is_read_and_its_bytes_stay() {
        let zstd = hex::decode("28b52ffd2431ad0000787b2261223a226e6565646c6520227d010072ca17173b8a80").unwrap();
        let head = Head(b"POST / HTTP/1.1\r\nContent-Encoding: zstd\r\n\r\n".to_vec());
        let event = Event { head, body: zstd.clone().into(), ..sample() };
        let body = Body::of(&event);
        assert_eq!(shown(&body, Mode::Pretty, 1), "  \"a\": \"needle needle needle needle needle needle\"");
        assert_eq!((&body.stored()[..], body.about.as_str()), (&zstd[..], "zstd read as 49 B"));
        assert!(shown(&body, Mode::Hex, 0).starts_with("000000  28b5 2ffd"));
        assert_eq!(body.find(Mode::Raw, "NEEDLE", 9).len(), 6);
        let broken = Body::of(&Event { body: Bytes::from_static(b"plain"), ..event });
        assert_eq!(
            (shown(&broken, Mode::Pretty, 0).as_str(), broken.about.as_str()),
            ("plain", "zstd could not be taken off")
        );
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
            for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded", "text/xml"] {
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
            for kind in
                ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/xml", "multipart/x; boundary=a"]
            {
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

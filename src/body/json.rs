//! JSON as lines, read from the stored bytes again each time, with a mark every so many lines to start from.
//! It must not build a tree or recurse: a million nested brackets are a million lines.

use super::path::Step;
use crate::model::Role;
use serde::de::IgnoredAny;
use std::collections::HashSet;
use std::ops::Range;

/// Lines between two marks, and bytes: whichever comes first.
const EVERY: usize = 256;
const EVERY_BYTES: usize = 4096;

/// The index of a valid JSON text: where to begin to read when a line is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Json {
    marks: Vec<Mark>,
    /// Lines too long to be read again each time, with what follows them.
    long: Vec<(usize, JsonLine, Place)>,
    len: usize,
    /// Lines whose key stood in the same object before.
    twice: Vec<usize>,
}

/// A line and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    line: usize,
    place: Place,
}

/// Where a line begins, and how deep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    at: usize,
    depth: usize,
}

/// One line: at most a key and a value, or a bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonLine {
    /// Enclosing brackets.
    pub(super) depth: usize,
    /// The key with its quotes.
    pub(super) key: Option<Range<usize>>,
    /// The value, or the bracket.
    pub(super) value: Range<usize>,
    /// What kind of line it is.
    pub(super) shape: Shape,
    /// A comma follows.
    pub(super) comma: bool,
}

/// The kinds of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `{` or `[` with members on the lines that follow.
    Open,
    /// `}` or `]`.
    Close,
    /// A string.
    Text,
    /// A number.
    Number,
    /// `true`, `false`, `null`, `{}`, `[]`.
    Word,
}

impl Shape {
    /// What a value of this shape is.
    pub(super) fn role(self) -> Role {
        match self {
            Shape::Text => Role::Text,
            Shape::Number => Role::Number,
            Shape::Word => Role::Word,
            Shape::Open | Shape::Close => Role::Plain,
        }
    }
}

impl Json {
    /// Checks and indexes; the error is the offset at which it is not JSON.
    pub(super) fn index(bytes: &[u8]) -> Result<Json, usize> {
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|e| offset(bytes, e.line(), e.column()))?;
        let mut json = Json {
            marks: vec![Mark { line: 0, place: Place::default() }],
            long: Vec::new(),
            len: 0,
            twice: twice(bytes),
        };
        let (mut place, mut last) = (Place::default(), json.marks[0]);
        loop {
            let begin = place;
            let Some(line) = next(bytes, &mut place) else { return Ok(json) };
            if json.len - last.line >= EVERY || begin.at - last.place.at >= EVERY_BYTES {
                last = Mark { line: json.len, place: begin };
                json.marks.push(last);
            }
            if place.at - begin.at >= EVERY_BYTES {
                json.long.push((json.len, line, place));
            }
            json.len += 1;
        }
    }

    /// Whether the line's key stood in the same object before.
    pub(super) fn is_twice(&self, line: usize) -> bool {
        self.twice.binary_search(&line).is_ok()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The lines from a mark on, with their numbers.
    fn walk_from<'a>(&'a self, bytes: &'a [u8], mark: Mark) -> impl Iterator<Item = (usize, JsonLine, Place)> + 'a {
        let (mut place, mut number) = (mark.place, mark.line);
        std::iter::from_fn(move || {
            let line = match self.long.binary_search_by_key(&number, |(line, ..)| *line) {
                Ok(found) => {
                    place = self.long[found].2;
                    self.long[found].1.clone()
                }
                Err(_) => next(bytes, &mut place)?,
            };
            number += 1;
            Some((number - 1, line, place))
        })
    }

    /// The lines from `from` on, with their numbers and the places after them.
    fn walk<'a>(&'a self, bytes: &'a [u8], from: usize) -> impl Iterator<Item = (usize, JsonLine, Place)> + 'a {
        let mark = self.marks.partition_point(|mark| mark.line <= from).saturating_sub(1);
        let found = self.marks.get(mark).map(|mark| self.walk_from(bytes, *mark));
        found.into_iter().flatten().skip_while(move |(line, ..)| *line < from)
    }

    pub(super) fn lines(&self, bytes: &[u8], from: usize, count: usize) -> Vec<JsonLine> {
        self.walk(bytes, from).take(count).map(|(_, line, _)| line).collect()
    }

    /// The brackets that open at `depth`, with the lines that close them, in one pass.
    pub(super) fn brackets(&self, bytes: &[u8], depth: usize) -> Vec<(usize, usize)> {
        let (mut found, mut open) = (Vec::new(), None);
        for (number, line, _) in self.walk(bytes, 0).filter(|(_, line, _)| line.depth == depth) {
            match line.shape {
                Shape::Open => open = Some(number),
                Shape::Close => found.extend(open.take().map(|open| (open, number))),
                Shape::Text | Shape::Number | Shape::Word => {}
            }
        }
        found
    }

    /// The line that holds the byte at `offset`.
    pub(super) fn line_at(&self, bytes: &[u8], offset: usize) -> usize {
        let mark = self.marks.partition_point(|mark| mark.place.at <= offset).saturating_sub(1);
        let Some(mark) = self.marks.get(mark) else { return 0 };
        let found = self.walk_from(bytes, *mark).find(|(_, _, after)| after.at > offset);
        found.map_or(self.len.saturating_sub(1), |(line, ..)| line)
    }

    /// The steps from the root to a line; a closing bracket has those of what it closes. Reads all that stands before it.
    pub(super) fn path(&self, bytes: &[u8], line: usize) -> Vec<Step> {
        // Of every open bracket: the step to it, and the next element's number if it is a list.
        let mut open: Vec<(Option<Step>, Option<usize>)> = Vec::new();
        let mut here = None;
        for (_, found, _) in self.walk(bytes, 0).take(line + 1) {
            if found.shape == Shape::Close {
                here = open.pop().and_then(|(step, _)| step);
                continue;
            }
            let number = open.last_mut().and_then(|(_, next)| next.as_mut());
            here = match (&found.key, number) {
                (Some(key), _) => Some(Step::Key(key.clone())),
                (None, Some(next)) => {
                    *next += 1;
                    Some(Step::Index(*next - 1))
                }
                (None, None) => None,
            };
            if found.shape == Shape::Open {
                open.push((here.take(), (bytes[found.value.start] == b'[').then_some(0)));
            }
        }
        open.into_iter().map(|(step, _)| step).chain([here]).flatten().collect()
    }

    /// Where the value that a line begins lies; that of a closing bracket is the bracket.
    pub(super) fn value(&self, bytes: &[u8], line: usize) -> Option<Range<usize>> {
        let found = self.lines(bytes, line, 1).pop()?;
        let end = match self.closing(bytes, line) {
            Some(close) => self.lines(bytes, close, 1).pop()?.value.end,
            None => found.value.end,
        };
        Some(found.value.start..end)
    }

    pub(super) fn closing(&self, bytes: &[u8], line: usize) -> Option<usize> {
        let mut lines = self.walk(bytes, line);
        let opened = lines.next().filter(|(_, l, _)| l.shape == Shape::Open)?.1;
        lines.find(|(_, l, _)| l.shape == Shape::Close && l.depth == opened.depth).map(|(number, ..)| number)
    }
}

/// Bytes up to which keys are compared, and how deep.
const COMPARED: usize = 1 << 20;
const COMPARED_DEPTH: usize = 128;

/// The lines whose key stood in the same object before: readers differ in which of them they take.
fn twice(bytes: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    if bytes.len() > COMPARED {
        return found;
    }
    let mut open: Vec<HashSet<&[u8]>> = Vec::new();
    let (mut place, mut number) = (Place::default(), 0);
    while let Some(line) = next(bytes, &mut place) {
        open.truncate(line.depth);
        let object = line.depth.checked_sub(1).and_then(|depth| open.get_mut(depth));
        if let (Some(key), Some(keys)) = (&line.key, object)
            && !keys.insert(&bytes[key.clone()])
        {
            found.push(number);
        }
        if line.shape == Shape::Open && line.depth < COMPARED_DEPTH {
            open.push(HashSet::new());
        }
        number += 1;
    }
    found
}

/// Reads the line at `place` and moves it to the next.
fn next(bytes: &[u8], place: &mut Place) -> Option<JsonLine> {
    let mut at = skip(bytes, place.at);
    let first = *bytes.get(at)?;
    if matches!(first, b'}' | b']') {
        place.depth = place.depth.saturating_sub(1);
        let (end, comma) = comma(bytes, at + 1);
        place.at = end;
        return Some(JsonLine { depth: place.depth, key: None, value: at..at + 1, shape: Shape::Close, comma });
    }
    let mut key = None;
    if first == b'"' {
        let end = string_end(bytes, at);
        let after = skip(bytes, end);
        if bytes.get(after) == Some(&b':') {
            key = Some(at..end);
            at = skip(bytes, after + 1);
        }
    }
    let depth = place.depth;
    let (end, shape) = value(bytes, at);
    if shape == Shape::Open {
        place.depth += 1;
        place.at = end;
        return Some(JsonLine { depth, key, value: at..end, shape, comma: false });
    }
    let (after, comma) = comma(bytes, end);
    place.at = after;
    Some(JsonLine { depth, key, value: at..end, shape, comma })
}

fn value(bytes: &[u8], at: usize) -> (usize, Shape) {
    match bytes.get(at) {
        Some(b'{' | b'[') => {
            let inside = skip(bytes, at + 1);
            match bytes.get(inside) {
                Some(b'}' | b']') => (inside + 1, Shape::Word),
                _ => (at + 1, Shape::Open),
            }
        }
        Some(b'"') => (string_end(bytes, at), Shape::Text),
        first => {
            let ends = |b: &u8| matches!(b, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            let rest = bytes.get(at..).unwrap_or_default();
            let end = at + rest.iter().position(ends).unwrap_or(rest.len());
            let number = first.is_some_and(|b| b.is_ascii_digit() || *b == b'-');
            (end, if number { Shape::Number } else { Shape::Word })
        }
    }
}

fn skip(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count()
}

fn comma(bytes: &[u8], at: usize) -> (usize, bool) {
    let at = skip(bytes, at);
    match bytes.get(at) {
        Some(b',') => (at + 1, true),
        _ => (at, false),
    }
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        at += found;
        match bytes[at] {
            b'"' => return at + 1,
            _ => at += 2,
        }
    }
    bytes.len()
}

fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => memchr::memchr_iter(b'\n', bytes).nth(line - 2).map_or(0, |at| at + 1),
    };
    (start + column).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Notation;

    fn pretty(text: &str) -> String {
        let json = Json::index(text.as_bytes()).unwrap();
        json.lines(text.as_bytes(), 0, usize::MAX)
            .iter()
            .map(|l| {
                let key = l.key.clone().map(|k| format!("{}: ", &text[k])).unwrap_or_default();
                format!("{}{key}{}{}\n", "  ".repeat(l.depth), &text[l.value.clone()], if l.comma { "," } else { "" })
            })
            .collect()
    }

    #[test]
    fn keeps_order_duplicates_and_numbers() {
        assert_eq!(
            pretty(r#"{"b":1.10,"b":[ ],"a":{"x":"y\"]","n":123456789012345678901234567890}, "z":[true,null]}"#),
            "{\n  \"b\": 1.10,\n  \"b\": [ ],\n  \"a\": {\n    \"x\": \"y\\\"]\",\n    \
             \"n\": 123456789012345678901234567890\n  },\n  \"z\": [\n    true,\n    null\n  ]\n}\n"
        );
    }

    #[test]
    fn keys_that_stand_twice_are_noticed() {
        let json = Json::index(br#"{"a":1,"b":{"a":2,"a":3},"c":[{"a":1},{"a":1}],"a":4}"#).unwrap();
        assert_eq!(json.twice, [4, json.len() - 2]);
        let deep = format!("{}1{}", "{\"a\":".repeat(1000), "}".repeat(1000));
        assert!(twice(deep.as_bytes()).is_empty());
    }

    #[test]
    fn finds_any_line_and_its_closing_one() {
        let text = format!("[{}]", (0..2000).map(|n| format!("{{\"n\":{n}}}")).collect::<Vec<_>>().join(","));
        let json = Json::index(text.as_bytes()).unwrap();
        assert_eq!(json.len(), 2 + 3 * 2000);
        let line = &json.lines(text.as_bytes(), 1 + 3 * 1500 + 1, 1)[0];
        assert_eq!(&text[line.value.clone()], "1500");
        assert_eq!(json.closing(text.as_bytes(), 0), Some(json.len() - 1));
        assert_eq!(json.closing(text.as_bytes(), 1), Some(3));
        let at = text.find(":1500}").unwrap();
        assert_eq!(json.line_at(text.as_bytes(), at + 1), 1 + 3 * 1500 + 1);
    }

    #[test]
    fn a_long_line_is_read_once() {
        let text = format!("[\"{}\",{{\"a\":1}},[]]", "\\n".repeat(100_000));
        let json = Json::index(text.as_bytes()).unwrap();
        let mark = json.marks.iter().rfind(|mark| mark.line <= 3).unwrap();
        assert!(mark.place.at > 200_000, "line 3 would be found by reading the long one");
        assert_eq!(json.lines(text.as_bytes(), 1, 1)[0].value, 1..200_003);
        assert_eq!(json.line_at(text.as_bytes(), 100), 1);
        assert_eq!(json.brackets(text.as_bytes(), 1), [(2, 4)]);
        assert_eq!(json.closing(text.as_bytes(), 0), Some(6));
    }

    #[test]
    fn every_line_knows_its_way_and_its_value() {
        let text = r#"{"data":{"a b":[1,{"x":2}]},"t":"q\"\u00e9"}"#.as_bytes();
        let json = Json::index(text).unwrap();
        let way = |line, notation| super::super::path::write(&json.path(text, line), text, notation);
        let jq: Vec<String> = (0..json.len()).map(|line| way(line, Notation::Jq)).collect();
        assert_eq!(
            jq,
            [
                ".",
                ".data",
                ".data[\"a b\"]",
                ".data[\"a b\"][0]",
                ".data[\"a b\"][1]",
                ".data[\"a b\"][1].x",
                ".data[\"a b\"][1]",
                ".data[\"a b\"]",
                ".data",
                ".t",
                ".",
            ]
        );
        assert_eq!(way(5, Notation::Rfc9535), "$['data']['a b'][1]['x']");
        let value = |line| std::str::from_utf8(&text[json.value(text, line).unwrap()]).unwrap();
        assert_eq!((value(2), value(5), value(9)), ("[1,{\"x\":2}]", "2", "\"q\\\"\\u00e9\""));
    }

    #[test]
    fn a_million_brackets_are_lines() {
        let text = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let json = Json::index(text.as_bytes()).unwrap();
        assert_eq!(json.lines(text.as_bytes(), 999_999, 1)[0].depth, 999_999);
    }
}

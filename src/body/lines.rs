//! One line of a body as it is shown: JSON, a form's field, text, hex.

use super::json::{JsonLine, Shape};
use super::{Body, HEX_ROW, Kind, LINE_LIMIT, Mode, form, left_out};
use crate::model::{Painted, Role, Timestamp, decoded, safe, safe_bytes};

/// Indentation beyond which deeper levels look alike.
const DEEPEST: usize = 24;

impl Body {
    /// A line as it is shown, and the column at which its further rows begin; `folded` is the number of lines hidden
    /// behind it.
    pub fn line(&self, mode: Mode, line: usize, folded: Option<usize>) -> (Painted, usize) {
        match (self.effective(mode), &self.kind) {
            (mode @ (Mode::Pretty | Mode::Tree), Kind::Json(json)) => {
                let Some(found) = json.lines(&self.bytes, line, 1).pop() else { return Default::default() };
                let indent = 2 * found.depth.min(DEEPEST) + 2;
                let mut out = self.json_line(mode == Mode::Tree, &found, folded);
                if json.is_twice(line) {
                    out.push(Role::Bad, "  this key stood here before");
                }
                (out, indent)
            }
            (Mode::Pretty, Kind::Form(fields)) => {
                (fields.get(line).map(|at| form::line(&self.bytes[at.clone()])).unwrap_or_default(), 2)
            }
            (Mode::Pretty, Kind::Parts(lines)) => {
                (lines.get(line).map(|part| part.painted(&self.bytes)).unwrap_or_default(), 4)
            }
            (Mode::Pretty, Kind::Xml(lines)) => {
                (lines.get(line).map(|part| part.painted(&self.bytes)).unwrap_or_default(), 4)
            }
            (Mode::Hex, _) => (self.hex_line(line), 0),
            _ => (self.raw_line(line), 0),
        }
    }

    fn json_line(&self, tree: bool, line: &JsonLine, folded: Option<usize>) -> Painted {
        let mut out = Painted::plain("  ".repeat(line.depth.min(DEEPEST)));
        if tree {
            out.push(
                Role::Plain,
                match (line.shape, folded) {
                    (Shape::Open, Some(_)) => "▸ ",
                    (Shape::Open, None) => "▾ ",
                    _ => "  ",
                },
            );
        }
        if let Some(key) = &line.key {
            let key = self.piece(key.start, key.end);
            out.push(Role::Key, if tree { unquoted(&key) } else { &key });
            out.push(Role::Plain, if tree { "  " } else { ": " });
        }
        let comma = if line.comma && !tree { "," } else { "" };
        let array = self.bytes[line.value.start] == b'[';
        match folded {
            Some(lines) => {
                let brackets = if array { "[...]" } else { "{...}" };
                out.push(Role::Faint, format!("{brackets} {lines} lines {comma}"));
            }
            None if tree && line.shape == Shape::Open => {
                let word = if array { "array" } else { "object" };
                out.push(Role::Faint, if line.key.is_some() { "" } else { word });
            }
            None => {
                out.push(line.shape.role(), self.piece(line.value.start, line.value.end));
                let more = left_out(line.value.len());
                out.push(Role::Plain, more.unwrap_or_else(|| comma.to_owned()));
                if line.shape == Shape::Text {
                    out.push(
                        Role::Faint,
                        self.inside(line).map(|text| format!("  ({})", safe(&text))).unwrap_or_default(),
                    );
                }
                if line.shape == Shape::Number {
                    let text = std::str::from_utf8(&self.bytes[line.value.clone()]).unwrap_or_default();
                    out.push(Role::Faint, epoch(text).map(|at| format!("  ({at})")).unwrap_or_default());
                }
            }
        }
        out
    }

    /// What a string holds inside.
    fn inside(&self, line: &JsonLine) -> Option<String> {
        let text = std::str::from_utf8(&self.bytes[line.value.clone()]).ok()?;
        decoded(text.strip_prefix('"')?.strip_suffix('"')?)
    }

    /// A piece of the body, escaped and cut to what can be shown.
    fn piece(&self, from: usize, to: usize) -> String {
        safe_bytes(&self.bytes[from..to.min(from + LINE_LIMIT)]).to_string()
    }

    fn raw_line(&self, line: usize) -> Painted {
        let Some(&from) = self.lines.get(line) else { return Painted::default() };
        let from = from as usize;
        let to = self.lines.get(line + 1).map_or(self.text.len(), |&at| at as usize);
        let to = if self.text[from..to].ends_with(b"\n") { to - 1 } else { to };
        let mut out = Painted::default();
        for (range, role) in self.colours.within(from..to) {
            out.push(role, safe_bytes(&self.text[range]).to_string());
        }
        if let Some(at) = self.json_error.filter(|at| (from..=to).contains(at)) {
            let column = String::from_utf8_lossy(&self.text[from..at]).chars().count();
            out.push(Role::Bad, format!("  <- not JSON at column {}", column.max(1)));
        }
        out
    }

    fn hex_line(&self, line: usize) -> Painted {
        let from = (line * HEX_ROW).min(self.stored.len());
        let row = &self.stored[from..(from + HEX_ROW).min(self.stored.len())];
        let bytes: Vec<String> = row.chunks(2).map(hex::encode).collect();
        let text: String = row.iter().map(|&b| if (0x20..0x7f).contains(&b) { b as char } else { '.' }).collect();
        Painted::of(Role::Faint, format!("{from:06x}  "))
            .and(Role::Plain, format!("{:<39}  ", bytes.join(" ")))
            .and(Role::Text, text)
    }
}

/// A key without its quotes.
fn unquoted(key: &str) -> &str {
    key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key)
}

/// The time that a whole number stands for if it looks like seconds or milliseconds since 1970 (2001 to 2065).
fn epoch(number: &str) -> Option<String> {
    let number: i64 = number.parse().ok()?;
    let seconds = match number {
        1_000_000_000..3_000_000_000 => number,
        1_000_000_000_000..3_000_000_000_000 => number / 1000,
        _ => return None,
    };
    Some(Timestamp::from_secs(seconds).to_the_second())
}

//! One JSON text written in other ways, as libraries write it when they read and write it again.
//! It must not know why somebody wants it: signatures and guesses about them do.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::ser::PrettyFormatter;

/// Without spaces, numbers as JavaScript writes them.
pub fn json_compact(json: &[u8]) -> Option<Vec<u8>> {
    serde_json::to_vec(&read(json)?).ok()
}

/// Over several lines, `indent` deep.
pub fn json_pretty(json: &[u8], indent: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(indent));
    read(json)?.serialize(&mut serializer).ok()?;
    Some(out)
}

/// How a JSON text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout<'a> {
    /// Without spaces.
    Compact,
    /// On one line, with a space after each comma and colon.
    Spaced,
    /// Over several lines, each level indented by this.
    Indented(&'a [u8]),
}

/// The same values in the same order, each written as before, laid out anew; `None` where it is no JSON.
pub fn json_laid_out(json: &[u8], layout: JsonLayout) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(json).ok()?;
    serde::de::IgnoredAny::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()?;
    let mut out = Vec::with_capacity(json.len());
    let (mut depth, mut rest) = (0_usize, json);
    let line = |out: &mut Vec<u8>, depth: usize| {
        if let JsonLayout::Indented(indent) = layout {
            out.push(b'\n');
            (0..depth).for_each(|_| out.extend_from_slice(indent));
        }
    };
    while let [first, ..] = rest {
        let length = token(rest);
        let (token, after) = rest.split_at(length);
        rest = after;
        match first {
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            b'{' | b'[' => {
                out.extend_from_slice(token);
                depth += 1;
                let closes = rest.trim_ascii_start().first().is_some_and(|b| matches!(b, b'}' | b']'));
                if !closes {
                    line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if !out.last().is_some_and(|b| matches!(b, b'{' | b'[')) {
                    line(&mut out, depth);
                }
                out.extend_from_slice(token);
            }
            b',' => {
                out.push(b',');
                if layout == JsonLayout::Spaced {
                    out.push(b' ');
                }
                line(&mut out, depth);
            }
            b':' => {
                out.push(b':');
                if layout != JsonLayout::Compact {
                    out.push(b' ');
                }
            }
            _ => out.extend_from_slice(token),
        }
    }
    Some(out)
}

/// Length of the token that a JSON text begins with.
fn token(text: &[u8]) -> usize {
    let ends = |b: &u8| matches!(b, b',' | b':' | b'{' | b'}' | b'[' | b']' | b' ' | b'\t' | b'\n' | b'\r');
    match text {
        [b'"', inside @ ..] => {
            let mut escaped = false;
            let end = inside.iter().position(|&b| {
                let closes = b == b'"' && !escaped;
                escaped = b == b'\\' && !escaped;
                closes
            });
            end.map_or(text.len(), |end| end + 2)
        }
        [first, ..] if ends(first) => 1,
        _ => text.iter().position(ends).unwrap_or(text.len()),
    }
}

/// Without spaces, the keys of every object sorted.
pub fn json_sorted(json: &[u8]) -> Option<Vec<u8>> {
    let mut value = read(json)?;
    value.sort_all_objects();
    serde_json::to_vec(&value).ok()
}

/// On one line with a space after each comma and colon, as Python's `json.dumps` writes it.
pub fn json_spaced(json: &[u8]) -> Option<Vec<u8>> {
    struct Spaced;
    impl serde_json::ser::Formatter for Spaced {
        fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
            out.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
            out.write_all(if first { b"" } else { b", " })
        }
        fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
            out.write_all(b": ")
        }
    }
    let mut out = Vec::new();
    read(json)?.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Spaced)).ok()?;
    Some(out)
}

/// The same text with all but ASCII as `\u` escapes, in lower case; `None` where it is not UTF-8.
pub fn json_ascii(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = String::with_capacity(json.len());
    for c in std::str::from_utf8(json).ok()?.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    Some(out.into_bytes())
}

/// Reads, and writes numbers as JavaScript does: `1.0` is `1`.
fn read(json: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(json).ok()?;
    whole(&mut value);
    Some(value)
}

fn whole(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(whole),
        Value::Object(map) => map.values_mut().for_each(whole),
        Value::Number(number) if number.is_f64() => {
            let float = number.as_f64().unwrap_or_default();
            if float.fract() == 0.0 && float.abs() < 9e15 {
                *value = Value::from(float as i64);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_in_other_ways() {
        let json = br#"{ "b": 1.0, "a": ["\u00e9/", 2.50],  "c": {"z":1,"y":2} }"#;
        let text = |form: Option<Vec<u8>>| String::from_utf8(form.unwrap()).unwrap();
        assert_eq!(text(json_compact(json)), r#"{"b":1,"a":["é/",2.5],"c":{"z":1,"y":2}}"#);
        assert_eq!(text(json_sorted(json)), r#"{"a":["é/",2.5],"b":1,"c":{"y":2,"z":1}}"#);
        assert_eq!(text(json_spaced(json)), r#"{"b": 1, "a": ["é/", 2.5], "c": {"z": 1, "y": 2}}"#);
        assert_eq!(text(json_pretty(b"{\"a\":1}", b"  ")), "{\n  \"a\": 1\n}");
        assert_eq!(text(json_ascii("\"é😀\"".as_bytes())), "\"\\u00e9\\ud83d\\ude00\"");
        assert_eq!(json_compact(b"no"), None);
        let laid = |json: &[u8], layout| text(json_laid_out(json, layout));
        let exact = br#"{ "a" : 10.00, "a":[ ], "b" : [1e5,-0, "x: , \\\"{"] }"#;
        assert_eq!(laid(exact, JsonLayout::Compact), r#"{"a":10.00,"a":[],"b":[1e5,-0,"x: , \\\"{"]}"#);
        assert_eq!(laid(exact, JsonLayout::Spaced), r#"{"a": 10.00, "a": [], "b": [1e5, -0, "x: , \\\"{"]}"#);
        let pretty = laid(exact, JsonLayout::Indented(b"  "));
        assert_eq!(pretty.lines().nth(4), Some("    1e5,"));
        assert_eq!(laid(pretty.as_bytes(), JsonLayout::Compact), laid(exact, JsonLayout::Compact));
        assert_eq!(json_laid_out(b"{", JsonLayout::Compact), None);
    }
}

//! One JSON text written in other ways, as libraries write it when they read and write it again.
//! It must not know why somebody wants it: signatures and guesses about them do.

use serde::Serialize;
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
    }
}

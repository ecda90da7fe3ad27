//! `application/x-www-form-urlencoded` as fields (WHATWG URL, section 5.1).

use super::{LINE_LIMIT, left_out};
use crate::model::{Painted, Role, safe_bytes};
use percent_encoding::percent_decode;
use std::ops::Range;

/// Whether this content type says so.
pub(super) fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Where each field lies.
pub(super) fn fields(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut fields = Vec::new();
    let mut from = 0;
    for end in memchr::memchr_iter(b'&', bytes).chain([bytes.len()]) {
        if end > from {
            fields.push(from..end);
        }
        from = end + 1;
    }
    fields
}

/// One field, decoded.
pub(super) fn line(field: &[u8]) -> Painted {
    let at = memchr::memchr(b'=', field).unwrap_or(field.len());
    let (name, value) = (&field[..at], field.get(at + 1..).unwrap_or_default());
    Painted::of(Role::Key, shown(name))
        .and(Role::Plain, format!("{}  ", left_out(name.len()).unwrap_or_default()))
        .and(Role::Text, shown(value))
        .and(Role::Plain, left_out(value.len()).unwrap_or_default())
}

/// Decoded and escaped, as much of it as is shown.
fn shown(encoded: &[u8]) -> String {
    safe_bytes(&decode(&encoded[..encoded.len().min(LINE_LIMIT)])).to_string()
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_decode(&spaced).collect()
}

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
    let value = decode(field.get(at + 1..).unwrap_or_default());
    let shown = safe_bytes(&value[..value.len().min(LINE_LIMIT)]).to_string();
    Painted::of(Role::Key, safe_bytes(&decode(&field[..at.min(LINE_LIMIT)])).to_string())
        .and(Role::Plain, "  ")
        .and(Role::Text, shown)
        .and(Role::Plain, left_out(value.len()).unwrap_or_default())
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    percent_decode(&spaced).collect()
}

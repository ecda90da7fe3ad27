//! Records one a line (NDJSON, JSON Lines, RFC 7464) as one JSON list, so that they fold and have paths like any other.
//! It must not change a record: only what stands between them is another.

use bytes::Bytes;
use serde::de::IgnoredAny;

/// The list; `None` where there are fewer than two records, or one of them is no JSON.
pub(super) fn as_list(text: &[u8]) -> Option<Bytes> {
    let mut out = Vec::with_capacity(text.len() + 2);
    let mut records = 0;
    // RFC 7464 puts a record separator before each.
    let lines = text.split(|&b| b == b'\n').map(|line| line.strip_prefix(b"\x1e").unwrap_or(line).trim_ascii());
    for record in lines.filter(|record| !record.is_empty()) {
        serde_json::from_slice::<IgnoredAny>(record).ok()?;
        out.push(if records == 0 { b'[' } else { b',' });
        out.extend_from_slice(record);
        records += 1;
    }
    out.push(b']');
    (records > 1).then(|| out.into())
}

//! The header lines in their order, letter case and repetition; what every request has is folded, credentials are masked,
//! until a key shows them.

use crate::app::Opened;
use crate::model::{Painted, Role, cloud_attributes, count, decoded, is_credential, safe, safe_bytes};

/// Lines that nearly every request has and nobody looks for.
const COMMON: [&str; 12] = [
    "host",
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "cache-control",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-port",
    "x-real-ip",
    "via",
];
/// Fewer than this are not worth folding.
const WORTH: usize = 3;

pub(super) fn lines(opened: &Opened, unmasked: bool) -> Vec<Painted> {
    let event = &opened.stored.event;
    let first = format!("{} {} {}", safe(&event.method), safe(&event.target), safe(&event.version));
    let mut lines = vec![Painted::of(Role::Strong, first)];
    let is_common = |name: &[u8]| COMMON.iter().any(|common| name.eq_ignore_ascii_case(common.as_bytes()));
    let common: Vec<&[u8]> = opened.headers.iter().map(|(name, _)| name).filter(|name| is_common(name)).collect();
    let fold = !unmasked && common.len() >= WORTH;
    let shown = opened.headers.iter().filter(|(name, _)| !fold || !is_common(name));
    lines.extend(shown.map(|(name, value)| line(opened, unmasked, name, value)));
    if fold {
        let names: Vec<String> = common.iter().map(|name| safe_bytes(name).to_string()).collect();
        let many = count(common.len() as u64, "common line");
        lines.push(Painted::of(Role::Faint, format!("{many} folded: {}  (. shows them)", names.join(", "))));
    }
    if event.trailers.len() > 0 {
        lines.push(Painted::of(Role::Faint, "trailers"));
        lines.extend(event.trailers.iter().map(|(name, value)| line(opened, unmasked, name, value)));
    }
    let attributes = cloud_attributes(event);
    if !attributes.is_empty() {
        lines.push(Painted::default());
        lines.push(Painted::of(Role::Strong, "CloudEvents attributes"));
        let line = |(name, value): (String, String)| {
            Painted::of(Role::Key, format!("{}: ", safe(&name))).and(Role::Plain, safe(&value).to_string())
        };
        lines.extend(attributes.into_iter().map(line));
    }
    lines.push(Painted::default());
    lines.push(Painted::of(Role::Faint, format!("from {}", safe(&event.remote))));
    lines
}

fn line(opened: &Opened, unmasked: bool, name: &[u8], value: &[u8]) -> Painted {
    let key = Painted::of(Role::Key, format!("{}: ", safe_bytes(name)));
    if !unmasked && is_credential(name, opened.secret_header.as_deref()) {
        return key.and(Role::Faint, format!("•••• ({} bytes; . shows them)", value.len()));
    }
    let inside = std::str::from_utf8(value).ok().and_then(decoded);
    let inside = inside.map(|text| format!("  ({})", safe(&text))).unwrap_or_default();
    key.and(Role::Plain, safe_bytes(value).to_string()).and(Role::Faint, inside)
}

//! The header lines in their order, letter case and repetition; credentials masked until a key shows them.

use crate::app::Opened;
use crate::model::{Painted, Role, is_credential, safe, safe_bytes};

pub(super) fn lines(opened: &Opened, unmasked: bool) -> Vec<Painted> {
    let event = &opened.stored.event;
    let first = format!("{} {} {}", safe(&event.method), safe(&event.target), safe(&event.version));
    let mut lines = vec![Painted::of(Role::Strong, first)];
    let line = |name: &[u8], value: &[u8]| {
        let key = Painted::of(Role::Key, format!("{}: ", safe_bytes(name)));
        match !unmasked && is_credential(name, opened.secret_header.as_deref()) {
            true => key.and(Role::Faint, format!("•••• ({} bytes; . shows them)", value.len())),
            false => key.and(Role::Plain, safe_bytes(value).to_string()),
        }
    };
    lines.extend(opened.headers.iter().map(|(name, value)| line(name, value)));
    if event.trailers.len() > 0 {
        lines.push(Painted::of(Role::Faint, "trailers"));
        lines.extend(event.trailers.iter().map(|(name, value)| line(name, value)));
    }
    lines.push(Painted::default());
    lines.push(Painted::of(Role::Faint, format!("from {}", safe(&event.remote))));
    lines
}

//! What stands beside the event: what the user keeps there, and how its body differs from those that came before.

use crate::model::{Drift, Marks, Painted, Role, safe};
use jiff::tz::TimeZone;

pub(super) fn lines(marks: &Marks, drift: &[Drift], zone: &TimeZone) -> Vec<Painted> {
    let mut lines = Vec::new();
    match &marks.note {
        Some(note) => lines.push(Painted::plain(safe(note).to_string())),
        None => lines.push(Painted::of(Role::Faint, "no note; # writes one")),
    }
    lines.push(Painted::default());
    let pinned = if marks.pinned { "pinned: kept whatever is pruned; p unpins it" } else { "not pinned; p pins it" };
    lines.push(Painted::of(Role::Faint, pinned));
    if let Some(at) = marks.deleted_at {
        lines.push(Painted::of(Role::Warn, format!("deleted {}; D brings it back", at.date_clock(zone))));
    }
    if !drift.is_empty() {
        lines.push(Painted::default());
        lines.push(Painted::of(Role::Strong, "its shape differs from what this provider sent before"));
        let line = |one: &Drift| Painted::of(Role::Warn, format!("  {}", safe(&one.words())));
        lines.extend(drift.iter().map(line));
    }
    lines
}

//! The timing of one event as a table: what the picture shows, for those who read figures, and for the clipboard.

use crate::app::Opened;
use crate::model::{Attempt, Painted, Phases, Role, micros, safe};
use jiff::tz::TimeZone;

/// From this width on each phase has a column.
const WIDE: usize = 104;

/// The heading and a row for each try; nothing where there was none.
pub(super) fn lines(opened: &Opened, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let attempts = &opened.stored.attempts;
    if attempts.is_empty() {
        return Vec::new();
    }
    if width >= WIDE {
        let heading = Painted::of(Role::Faint, heading());
        return std::iter::once(heading).chain(attempts.iter().map(|attempt| row(attempt, zone))).collect();
    }
    attempts.iter().flat_map(|attempt| short(attempt, zone, width)).collect()
}

/// All of it as plain text.
pub(in crate::app) fn text(opened: &Opened, zone: &TimeZone) -> String {
    let timing = opened.stored.timing();
    let mut out = format!("#{} received {}\n", opened.stored.id, opened.stored.event.received_at.date_clock(zone));
    for (name, us) in timing.named().into_iter().chain([("total", timing.total_us)]) {
        out.push_str(&format!("{name:<8} {}\n", us.map_or("-".into(), micros)));
    }
    if !opened.stored.attempts.is_empty() {
        out.push_str(&format!("{}\n", heading()));
    }
    for attempt in &opened.stored.attempts {
        out.push_str(&format!("{}\n", row(attempt, zone)));
    }
    out
}

fn heading() -> String {
    let phases: String =
        Phases::default().named().iter().map(|(name, _)| format!("{:>9}", name.to_uppercase())).collect();
    format!("  {:<18} {:<12}{phases}{:>9}  RESULT", "TARGET", "STARTED", "TOTAL")
}

fn row(attempt: &Attempt, zone: &TimeZone) -> Painted {
    let a = &attempt.what;
    let phases: String =
        a.phases.named().iter().map(|(_, us)| format!("{:>9}", us.map_or("-".into(), micros))).collect();
    let target: String = safe(a.subscriber.as_deref().unwrap_or(&a.url)).to_string().chars().take(18).collect();
    Painted::plain(format!("  {target:<18} {:<12}{phases}{:>9}  ", a.at.clock_millis(zone), micros(a.total_us)))
        .and(if a.succeeded() { Role::Good } else { Role::Bad }, safe(&a.outcome()).to_string())
}

/// The same in two lines, or three.
fn short(attempt: &Attempt, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let a = &attempt.what;
    let target = safe(a.subscriber.as_deref().unwrap_or(&a.url)).to_string();
    let mut lines = vec![
        Painted::plain(format!("  {target}  {}  {}  ", a.at.clock_millis(zone), micros(a.total_us)))
            .and(if a.succeeded() { Role::Good } else { Role::Bad }, safe(&a.outcome()).to_string()),
    ];
    let named = a.phases.named();
    let phases = named.iter().filter_map(|(name, us)| us.map(|us| format!("{name} {}", micros(us))));
    let phases =
        phases.enumerate().map(|(n, text)| Painted::of(Role::Faint, if n == 0 { format!("    {text}") } else { text }));
    lines.extend(super::flow(phases, "  ", width));
    lines
}

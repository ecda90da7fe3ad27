//! The attempts, newest first, each with its phases and its answer.

use crate::app::Opened;
use crate::model::{Attempt, Painted, Role, micros, safe, safe_bytes};
use jiff::tz::TimeZone;

/// Lines of an answer's body that are shown.
const ANSWER_LINES: usize = 200;
/// Bytes of one line of it.
const ANSWER_COLUMNS: usize = 4096;

/// How much of the answers is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// Headers and body.
    Whole,
    /// The status.
    StatusOnly,
}

pub(super) fn lines(opened: &Opened, zone: &TimeZone, answers: Answers) -> Vec<Painted> {
    let attempts = &opened.stored.attempts;
    if attempts.is_empty() {
        return vec![
            Painted::plain("not sent to anybody yet"),
            Painted::default(),
            Painted::plain("r re-sends it, R asks where to"),
        ];
    }
    let mut lines = Vec::new();
    for (n, attempt) in attempts.iter().enumerate().rev() {
        lines.extend(summary(n, attempt, zone));
        if answers == Answers::Whole {
            lines.extend(answer(attempt));
            lines.push(Painted::default());
        }
    }
    lines
}

fn summary(n: usize, attempt: &Attempt, zone: &TimeZone) -> [Painted; 2] {
    let a = &attempt.what;
    let role = if a.succeeded() { Role::Good } else { Role::Bad };
    let phases = a.phases.named();
    let phases = phases.iter().filter_map(|(name, us)| us.map(|us| format!("{name} {}", micros(us))));
    [
        Painted::plain(format!("M{}  {}  ", n + 1, a.at.clock(zone)))
            .and(role, safe(&a.outcome()).to_string())
            .and(Role::Plain, format!("  in {}  {}", micros(a.total_us), safe(&a.url))),
        Painted::of(Role::Faint, format!("    {}", phases.collect::<Vec<_>>().join("  "))),
    ]
}

fn answer(attempt: &Attempt) -> Vec<Painted> {
    let a = &attempt.what;
    let header = |(name, value): (&[u8], &[u8])| {
        Painted::of(Role::Key, format!("    {}: ", safe_bytes(name))).and(Role::Plain, safe_bytes(value).to_string())
    };
    let mut lines: Vec<Painted> = a.response_headers.iter().map(header).collect();
    if !a.response_body.is_empty() {
        let rows = a.response_body.split(|&b| b == b'\n');
        let shown = |row: &[u8]| Painted::plain(format!("    {}", safe_bytes(&row[..row.len().min(ANSWER_COLUMNS)])));
        lines.extend(rows.clone().take(ANSWER_LINES).map(shown));
        let more = rows.count().saturating_sub(ANSWER_LINES);
        if more > 0 {
            lines.push(Painted::of(Role::Warn, format!("    ... {more} more lines")));
        }
    }
    if a.truncated {
        lines.push(Painted::of(Role::Warn, "    ... longer than 1 MB, the rest is not kept"));
    }
    lines
}

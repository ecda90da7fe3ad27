//! The attempts, newest first, each with its phases and its answer.

use crate::app::Opened;
use crate::model::{Attempt, Painted, Role, bytes_size, is_credential, micros, safe, safe_bytes};
use jiff::tz::TimeZone;

/// Attempts whose answers are shown whole; of older ones the summary.
const WHOLE: usize = 5;
/// Bytes of an answer's body that are shown.
const ANSWER_BYTES: usize = 32 << 10;

/// How much of the answers is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// Headers and body; cookies and the like as they came, or masked.
    Whole { unmasked: bool },
    /// The status.
    StatusOnly,
}

/// Of at most so many attempts, the newest first.
pub(super) fn lines(opened: &Opened, most: usize, zone: &TimeZone, answers: Answers) -> Vec<Painted> {
    let attempts = &opened.stored.attempts;
    if attempts.is_empty() {
        return vec![
            Painted::plain("not sent to anybody yet"),
            Painted::default(),
            Painted::plain("r re-sends it, R asks where to"),
        ];
    }
    let mut lines = Vec::new();
    for (n, attempt) in attempts.iter().enumerate().rev().take(most) {
        lines.extend(summary(n, attempt, zone));
        let Answers::Whole { unmasked } = answers else { continue };
        if n + WHOLE >= attempts.len() {
            lines.extend(answer(attempt, unmasked));
        }
        lines.push(Painted::default());
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
            .and(Role::Plain, format!("  in {}", micros(a.total_us)))
            .and(Role::Warn, if a.request_body.is_some() { "  edited" } else { "" })
            .and(Role::Warn, if a.truncated { "  cut at 1 MB" } else { "" })
            .and(Role::Plain, format!("  {}", safe(&a.url))),
        Painted::of(Role::Faint, format!("    {}", phases.collect::<Vec<_>>().join("  "))),
    ]
}

fn answer(attempt: &Attempt, unmasked: bool) -> Vec<Painted> {
    let a = &attempt.what;
    let header = |(name, value): (&[u8], &[u8])| {
        let key = Painted::of(Role::Key, format!("    {}: ", safe_bytes(name)));
        match !unmasked && is_credential(name, None) {
            true => key.and(Role::Faint, format!("•••• ({} bytes; . shows them)", value.len())),
            false => key.and(Role::Plain, safe_bytes(value).to_string()),
        }
    };
    let mut lines: Vec<Painted> = a.response_headers.iter().map(header).collect();
    let shown = &a.response_body[..a.response_body.len().min(ANSWER_BYTES)];
    if !shown.is_empty() {
        lines.extend(shown.split(|&b| b == b'\n').map(|row| Painted::plain(format!("    {}", safe_bytes(row)))));
    }
    let more = a.response_body.len() - shown.len();
    if more > 0 {
        let text = format!("    ... {} more: whisper-tui show {} --json", bytes_size(more as u64), a.event);
        lines.push(Painted::of(Role::Warn, text));
    }
    if a.truncated {
        lines.push(Painted::of(Role::Warn, "    ... longer than 1 MB, the rest is not kept"));
    }
    lines
}

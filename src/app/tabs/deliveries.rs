//! The attempts, newest first, each with its phases and its answer.

use crate::app::Opened;
use crate::model::{
    Attempt, Delivery, DeliveryState, Painted, Role, bytes_size, count, is_credential, micros, safe, safe_bytes,
};
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
    if attempts.is_empty() && opened.stored.deliveries.is_empty() {
        return vec![
            Painted::plain("not sent to anybody yet"),
            Painted::default(),
            Painted::plain("r re-sends it, R asks where to"),
        ];
    }
    let mut lines: Vec<Painted> = opened.stored.deliveries.iter().map(|delivery| became(delivery, zone)).collect();
    if !lines.is_empty() {
        lines.push(Painted::default());
    }
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

/// What became of the event for a subscriber.
fn became(delivery: &Delivery, zone: &TimeZone) -> Painted {
    let role = match delivery.state {
        DeliveryState::Delivered => Role::Good,
        DeliveryState::Retrying | DeliveryState::Skipped => Role::Warn,
        DeliveryState::Dead => Role::Bad,
    };
    let reason = delivery.reason.as_ref().map(|reason| format!("  {}", safe(reason))).unwrap_or_default();
    let due = delivery.due.map(|due| format!("  again at {}", due.clock(zone))).unwrap_or_default();
    let tried = match delivery.attempts {
        0 => String::new(),
        n => format!("  {}", count(n.into(), "attempt")),
    };
    Painted::of(Role::Strong, format!("{}  ", safe(&delivery.subscriber)))
        .and(role, delivery.state.name())
        .and(Role::Plain, format!("{tried}{reason}{due}"))
}

fn summary(n: usize, attempt: &Attempt, zone: &TimeZone) -> [Painted; 2] {
    let a = &attempt.what;
    let role = if a.succeeded() { Role::Good } else { Role::Bad };
    let phases = a.phases.named();
    let phases = phases.iter().filter_map(|(name, us)| us.map(|us| format!("{name} {}", micros(us))));
    [
        Painted::plain(format!("{}  {}  ", name(n, attempt), a.at.clock(zone)))
            .and(role, safe(&a.outcome()).to_string())
            .and(Role::Plain, format!("  in {}", micros(a.total_us)))
            .and(Role::Warn, if a.request_body.is_some() { "  edited" } else { "" })
            .and(Role::Warn, if a.truncated { "  cut at 1 MB" } else { "" })
            .and(Role::Plain, format!("  {}", safe(&a.url))),
        Painted::of(Role::Faint, format!("    {}", phases.collect::<Vec<_>>().join("  "))),
    ]
}

/// `M2`: the second attempt, by hand; else whose it is.
fn name(n: usize, attempt: &Attempt) -> String {
    match &attempt.what.subscriber {
        Some(subscriber) => format!("{} {}", n + 1, safe(subscriber)),
        None => format!("M{}", n + 1),
    }
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

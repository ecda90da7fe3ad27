//! The verdict and its proof, step by step.

use crate::app::Opened;
use crate::model::{Painted, Role, Step, safe};

/// The lines for `width`; without one they are as long as they are.
pub(super) fn lines(opened: &Opened, width: Option<usize>) -> Vec<Painted> {
    let judged = &opened.stored.event.judgement;
    let mut first = format!("{}  {}", judged.verdict.word(), judged.verdict.name());
    for part in [&judged.provider, &judged.secret].into_iter().flatten() {
        first.push_str(&format!("  {}", safe(part)));
    }
    if let Some(reason) = judged.reason {
        first.push_str(&format!("  ({})", reason.name()));
    }
    let mut lines = vec![Painted::of(judged.verdict.into(), first)];
    for (n, step) in opened.proof.steps.iter().enumerate() {
        lines.extend(one_step(n + 1, step, width));
    }
    if opened.proof.verdict != judged.verdict {
        lines.push(Painted::default());
        let text = format!("at arrival it was {}; this is the check with today's secrets", judged.verdict.name());
        lines.push(Painted::of(Role::Warn, text));
    }
    lines
}

fn one_step(number: usize, step: &Step, width: Option<usize>) -> Vec<Painted> {
    let (word, role) = match step.ok {
        Some(true) => ("ok", Role::Good),
        Some(false) => ("NO", Role::Bad),
        None => ("-", Role::Plain),
    };
    let shows = safe(&step.shows);
    let parts: Vec<&str> = shows.as_str().split("  ").filter(|part| !part.is_empty()).collect();
    let first = Painted::plain(format!("{number:>2} {:<12} ", step.step)).and(role, format!("{word:<3}"));
    let whole = first.clone().and(Role::Plain, parts.join("  "));
    let Some(width) = width else { return vec![whole] };
    if parts.len() < 2 || whole.width() <= width {
        return vec![whole.window(0, width)];
    }
    // What was received stands above what was computed, from edge to edge: a hash is 64 digits.
    let below = parts.iter().map(|part| Painted::plain(format!(" {part}")).window(0, width));
    std::iter::once(first).chain(below).collect()
}

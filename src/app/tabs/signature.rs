//! The verdict and its proof, step by step.

use crate::app::Opened;
use crate::model::{Painted, Role, Step, safe};

/// Columns before what a step shows: number, name, word.
const HEAD: usize = 19;

pub(super) fn lines(opened: &Opened, width: usize) -> Vec<Painted> {
    let judged = &opened.stored.event.judgement;
    let mut first = format!("{}  {}", judged.verdict.word(), judged.verdict.name());
    for part in [&judged.provider, &judged.secret].into_iter().flatten() {
        first.push_str(&format!("  {}", safe(part)));
    }
    if let Some(reason) = judged.reason {
        first.push_str(&format!("  ({})", reason.name()));
    }
    let mut lines = vec![Painted::of(judged.verdict.into(), first), Painted::default()];
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

fn one_step(number: usize, step: &Step, width: usize) -> Vec<Painted> {
    let (word, role) = match step.ok {
        Some(true) => ("ok", Role::Good),
        Some(false) => ("NO", Role::Bad),
        None => ("-", Role::Plain),
    };
    let room = width.saturating_sub(HEAD).max(10);
    let rows = break_up(safe(&step.shows).as_str(), room).into_iter().enumerate();
    rows.map(|(n, part)| {
        match n {
            0 => Painted::plain(format!("{number:>2} {:<12} ", step.step)).and(role, format!("{word:<3}")),
            _ => Painted::plain(" ".repeat(HEAD)),
        }
        .and(Role::Plain, part)
    })
    .collect()
}

/// Breaks a line at double spaces, so that `received` stands above `computed`, else where the room ends.
fn break_up(text: &str, room: usize) -> Vec<String> {
    let mut rows: Vec<Painted> = Vec::new();
    let mut row = String::new();
    for part in text.split_inclusive("  ") {
        if !row.is_empty() && Painted::plain(format!("{row}{}", part.trim_end())).width() > room {
            rows.extend(Painted::plain(std::mem::take(&mut row)).wrap(room, 0));
        }
        row.push_str(part);
    }
    rows.extend(Painted::plain(row).wrap(room, 0));
    rows.iter().map(ToString::to_string).collect()
}

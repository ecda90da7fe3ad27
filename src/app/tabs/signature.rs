//! The verdict, its proof step by step, and why it is not valid.

use crate::app::Opened;
use crate::model::{Diagnosis, Painted, Role, Step, Verdict, count, safe};
use sha2::{Digest, Sha256};

/// The lines for `width`; without one they are as long as they are.
pub(in crate::app) fn lines(opened: &Opened, width: Option<usize>) -> Vec<Painted> {
    let judged = &opened.proof;
    let mut first = format!("{}  {}", judged.verdict.word(), judged.verdict.name());
    for part in [&judged.provider, &judged.secret].into_iter().flatten() {
        first.push_str(&format!("  {}", safe(part)));
    }
    if let Some(reason) = judged.reason {
        first.push_str(&format!("  ({})", reason.name()));
    }
    let mut lines = vec![Painted::of(judged.verdict.into(), first)];
    for (n, step) in judged.steps.iter().enumerate() {
        lines.extend(one_step(n + 1, step, width));
    }
    let at_arrival = opened.stored.at_arrival.unwrap_or(opened.stored.event.judgement.verdict);
    if judged.verdict != at_arrival {
        lines.push(Painted::default());
        let text = format!("at arrival it was {}; this is the check with today's secrets", at_arrival.name());
        lines.push(Painted::of(Role::Warn, text));
    }
    lines.extend(why(opened));
    lines
}

/// What the doctor says, and what can be done.
fn why(opened: &Opened) -> Vec<Painted> {
    let Some(found) = &opened.diagnosis else {
        return match opened.guesses {
            0 => Vec::new(),
            n => vec![Painted::default(), Painted::of(Role::Faint, format!("looking for the cause: {n} tried ..."))],
        };
    };
    if found.words.is_empty() && found.tried.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Painted::default(), Painted::of(Role::Strong, "Why")];
    for (n, words) in found.words.iter().enumerate() {
        let role = match n {
            0 if found.matched().is_some() => Role::Good,
            _ => Role::Plain,
        };
        lines.push(Painted::of(role, format!(" {}", safe(words))));
    }
    lines.extend(groups(found));
    lines.extend(what_to_do(opened, found));
    lines
}

fn groups(found: &Diagnosis) -> Vec<Painted> {
    let group = |(words, tried, matched): (&str, usize, bool)| {
        let (word, role) = if matched { ("MATCH", Role::Good) } else { ("no", Role::Faint) };
        Painted::of(role, format!(" {word:<6}")).and(Role::Faint, format!("{words:<48} {tried:>3} tried"))
    };
    found.groups().into_iter().map(group).collect()
}

fn what_to_do(opened: &Opened, found: &Diagnosis) -> Vec<Painted> {
    if opened.proof.verdict == Verdict::Valid || opened.proof.provider.is_none() {
        return Vec::new();
    }
    let secret = match &found.cure {
        Some(cure) => format!("a  use {} here", safe(cure.name())),
        None => "a  add a secret".to_owned(),
    };
    vec![
        Painted::default(),
        Painted::of(Role::Strong, " Do  ")
            .and(Role::Plain, format!("{secret}   V  verify again   yS  copy this report")),
    ]
}

/// The report as text: without secrets, with what identifies the body.
pub(in crate::app) fn report(opened: &Opened) -> String {
    let event = &opened.stored.event;
    let digest = hex::encode(Sha256::digest(&event.body));
    let size = count(event.body.len() as u64, "byte");
    let mut out =
        format!("#{} {} {}\nbody: {size}, SHA-256 {digest}\n", opened.stored.id, event.method, safe(&event.target));
    for line in lines(opened, None).into_iter().filter(|line| !line.to_string().starts_with(" Do  ")) {
        out.push_str(line.to_string().trim_end());
        out.push('\n');
    }
    out
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

//! Words for the steps of a proof.

use super::candidates::Group;
use super::entry::Signature;
use super::place::Place;
use crate::model::micros;

pub(super) fn places(rule: &Signature) -> String {
    let shown = |place: &Place| place.header().map_or_else(|| place.to_string(), str::to_owned);
    rule.from.iter().map(shown).collect::<Vec<_>>().join(" or ")
}

/// How many signatures there are, and what stands beside them.
pub(super) fn parsed(rule: &Signature, group: &Group) -> String {
    if let Some(jwt) = &group.beside.jwt {
        let kid = jwt.kid().map(|kid| format!(" · key {}", clip(kid, 40))).unwrap_or_default();
        return format!("a token signed with {}{kid}", clip(jwt.says_algorithm(), 20));
    }
    let found = group.signatures.len();
    let named = group.beside.fields.iter().filter(|(key, _)| *key != rule.key && !key.starts_with('#'));
    let others: Vec<String> = named.map(|(key, value)| format!("{key} {}", clip(value, 24))).collect();
    let kind = if group.algorithm.is_shared() { "token" } else { "signature" };
    let plural = if found == 1 { "" } else { "s" };
    let also = if others.is_empty() { String::new() } else { format!(" · {}", others.join(" · ")) };
    format!("{found} {kind}{plural}{}", clip(&also, 80))
}

pub(super) fn skew_text(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "+" };
    let size = us.unsigned_abs();
    match size {
        0..60_000_000 => format!("{sign}{}", micros(size)),
        _ => format!("{sign}{} s", size / 1_000_000),
    }
}

pub(super) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

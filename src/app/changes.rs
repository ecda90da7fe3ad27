//! What changed between the last two answers that one target gave to one event.

use super::{App, Effect, Overlay, Sheet};
use crate::model::{Attempt, Painted, Role, Timestamp, is_credential, safe_bytes};

/// Lines of an answer that are compared, and bytes of each.
const MOST_LINES: usize = 2000;
const MOST_COLUMNS: usize = 4096;

impl App {
    /// The last two answers to the selected event, from the same target.
    pub(super) fn changes(&mut self, at: Timestamp) -> Vec<Effect> {
        let attempts = self.current().map_or(&[] as &[_], |o| o.stored.attempts.as_slice());
        let last = attempts.last();
        let before = last.and_then(|l| attempts.iter().rev().skip(1).find(|a| a.what.url == l.what.url));
        match (before, last) {
            (Some(before), Some(last)) => {
                let lines = between(before, last);
                self.open(Overlay::Sheet(Sheet::new("What changed in the answer: - before, + after", lines)))
            }
            _ => self.say("send this event twice to one target to compare its answers", at),
        }
    }
}

fn between(before: &Attempt, after: &Attempt) -> Vec<Painted> {
    let text = |attempt: &Attempt| {
        let a = &attempt.what;
        let headers = a.response_headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(b"date"));
        let mut lines = vec![format!("status {}", a.outcome())];
        lines.extend(headers.map(|(n, v)| match is_credential(n, None) {
            true => format!("{}: ••••", safe_bytes(n)),
            false => format!("{}: {}", safe_bytes(n), safe_bytes(v)),
        }));
        let body = a.response_body.split(|&b| b == b'\n').take(MOST_LINES);
        lines.extend(body.map(|line| safe_bytes(&line[..line.len().min(MOST_COLUMNS)]).to_string()));
        lines.join("\n")
    };
    let (old, new) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let mut lines: Vec<Painted> = changed
        .map(|change| {
            let role = if change.tag() == similar::ChangeTag::Insert { Role::Good } else { Role::Bad };
            Painted::of(role, format!("{} {}", change.tag(), change.value().trim_end_matches('\n')))
        })
        .collect();
    if lines.is_empty() {
        let same = before.what.response_body == after.what.response_body && !before.what.truncated;
        lines.push(Painted::plain(match same {
            true => "both answers are the same".to_owned(),
            false => format!("the first {MOST_LINES} lines are the same, what follows is not compared"),
        }));
    }
    lines
}

//! What changed between the last two answers that one target gave to one event.

use super::{App, Code, Effect, Key, Overlay};
use crate::model::{Attempt, Painted, Role, Timestamp, safe};

/// Lines of an answer that are compared.
const MOST_LINES: usize = 2000;

/// The popup's state.
#[derive(Debug, PartialEq, Eq)]
pub struct Changes {
    /// `-` before, `+` after.
    pub lines: Vec<Painted>,
    /// First line shown.
    pub scroll: usize,
}

impl App {
    /// Rows of the popup.
    fn changes_height(&self) -> usize {
        self.layout().panes.inside(true).height.into()
    }

    /// The last two answers to the selected event, from the same target.
    pub(super) fn changes(&mut self, at: Timestamp) -> Vec<Effect> {
        let attempts = self.detail.opened.as_ref().map_or(&[] as &[_], |o| o.stored.attempts.as_slice());
        let last = attempts.last();
        let before = last.and_then(|l| attempts.iter().rev().skip(1).find(|a| a.what.url == l.what.url));
        match (before, last) {
            (Some(before), Some(last)) => {
                let lines = between(before, last);
                self.open(Overlay::Changes(Changes { lines, scroll: 0 }))
            }
            _ => self.say("send this event twice to one target to compare its answers", at),
        }
    }

    pub(super) fn changes_key(&mut self, key: Key) -> Vec<Effect> {
        let height = self.changes_height();
        let Overlay::Changes(changes) = &mut self.overlay else { return Vec::new() };
        let most = changes.lines.len().saturating_sub(height);
        let by = match key.code {
            Code::Down | Code::Char('j') => 1,
            Code::Up | Code::Char('k') => -1,
            Code::PageDown => height as isize,
            Code::PageUp => -(height as isize),
            Code::Home | Code::Char('g') => isize::MIN,
            Code::End | Code::Char('G') => isize::MAX,
            _ => return self.close(),
        };
        changes.scroll = changes.scroll.saturating_add_signed(by).min(most);
        Vec::new()
    }
}

fn between(before: &Attempt, after: &Attempt) -> Vec<Painted> {
    let text = |attempt: &Attempt| {
        let a = &attempt.what;
        let headers = a.response_headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(b"date"));
        let mut lines = vec![format!("status {}", a.outcome())];
        lines.extend(headers.map(|(n, v)| format!("{}: {}", String::from_utf8_lossy(n), String::from_utf8_lossy(v))));
        lines.extend(String::from_utf8_lossy(&a.response_body).lines().take(MOST_LINES).map(str::to_owned));
        lines.join("\n")
    };
    let (old, new) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let mut lines: Vec<Painted> = changed
        .map(|change| {
            let role = if change.tag() == similar::ChangeTag::Insert { Role::Good } else { Role::Bad };
            Painted::of(role, format!("{} {}", change.tag(), safe(change.value().trim_end_matches('\n'))))
        })
        .collect();
    if lines.is_empty() {
        lines.push(Painted::plain("both answers are the same"));
    }
    lines
}

//! The terminal's background: asked for once, before keys are read, and an answer that comes too late.
//! It must not decide what colours look like on it.

use crate::ui::Background;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::time::Duration;
use terminal_colorsaurus::{Error, QueryOptions, ThemeMode, theme_mode};

/// How long a terminal may take to answer.
const PATIENCE: Duration = Duration::from_millis(100);
/// Characters of the longest answer, `11;rgb:ffff/ffff/ffff`, with room to spare.
const LONGEST: usize = 32;

/// What the terminal says of its background (OSC 11), and what to do about an answer that is still to come.
pub(super) fn ask() -> (Option<Background>, LateAnswer) {
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    match theme_mode(options) {
        Ok(ThemeMode::Dark) => (Some(Background::Dark), LateAnswer::default()),
        Ok(ThemeMode::Light) => (Some(Background::Light), LateAnswer::default()),
        Err(Error::Timeout(_)) => (None, LateAnswer { expected: true, left: 0 }),
        Err(_) => (None, LateAnswer::default()),
    }
}

/// Keeps an answer that comes late, over a slow line, from being taken for keys: it has an `r` in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LateAnswer {
    expected: bool,
    /// Characters that may still belong to it.
    left: usize,
}

impl LateAnswer {
    /// Whether `event` is a part of the answer.
    pub(super) fn takes(&mut self, event: &Event) -> bool {
        let Event::Key(KeyEvent { code: KeyCode::Char(c), modifiers, .. }) = event else { return false };
        let alt = modifiers.contains(KeyModifiers::ALT);
        match (self.left, c) {
            (0, ']') if alt && self.expected => {
                (self.expected, self.left) = (false, LONGEST);
                true
            }
            (0, _) => false,
            (_, '\\') if alt => self.end(true),
            (_, 'g') if modifiers.contains(KeyModifiers::CONTROL) => self.end(true),
            (_, '0'..='9' | 'a'..='f' | 'A'..='F' | 'r' | 'g' | ':' | ';' | '/') => {
                self.left -= 1;
                true
            }
            _ => self.end(false),
        }
    }

    fn end(&mut self, taken: bool) -> bool {
        self.left = 0;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(late: &mut LateAnswer, text: &str) -> String {
        let key = |c, modifiers| Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers));
        let begin = late.takes(&key(']', KeyModifiers::ALT));
        let through: String = text.chars().filter(|&c| !late.takes(&key(c, KeyModifiers::NONE))).collect();
        let end = late.takes(&key('\\', KeyModifiers::ALT));
        format!("{begin} {through} {end}")
    }

    #[test]
    fn a_late_answer_acts_on_nothing_and_only_once() {
        let mut late = LateAnswer { expected: true, left: 0 };
        assert_eq!(keys(&mut late, "11;rgb:1e1e/ffff/00Ab"), "true  true");
        assert_eq!(keys(&mut late, "11;rgb:1e1e"), "false 11;rgb:1e1e false");
        let mut never = LateAnswer::default();
        assert_eq!(keys(&mut never, "rD"), "false rD false");
        let mut late = LateAnswer { expected: true, left: 0 };
        assert_eq!(keys(&mut late, "11;rgjk"), "true jk false");
    }
}

//! Keys as the app knows them, whatever terminal library they come from.

use std::fmt;

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// With Ctrl held.
    pub ctrl: bool,
}

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A character.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// F1.
    F1,
}

#[cfg(test)]
impl Key {
    /// A key without Ctrl.
    pub fn plain(code: Code) -> Key {
        Key { code, ctrl: false }
    }
}

/// The keys that have names.
const NAMED: [(&str, Code); 16] = [
    ("Space", Code::Char(' ')),
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("Shift-Tab", Code::BackTab),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("PageUp", Code::PageUp),
    ("PageDown", Code::PageDown),
    ("Home", Code::Home),
    ("End", Code::End),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("F1", Code::F1),
];

impl Key {
    /// The key of this name, letter case of named keys ignored: `r`, `R`, `Ctrl-d`, `Space`, `PageUp`.
    pub fn named(name: &str) -> Option<Key> {
        let (ctrl, rest) = match name.split_at_checked(5) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("Ctrl-") && !rest.is_empty() => (true, rest),
            _ => (false, name),
        };
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => Code::Char(c),
            _ => NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(rest))?.1,
        };
        Some(Key { code, ctrl })
    }
}

/// The name used in the command table, in help and in hints.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.code {
            Code::Char(c) if c != ' ' => c.to_string(),
            code => NAMED.iter().find(|(_, known)| *known == code).map_or("?", |(name, _)| name).to_owned(),
        };
        write!(f, "{}{name}", if self.ctrl { "Ctrl-" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for name in ["r", "R", "|", "-", "Ctrl-d", "Space", "Shift-Tab", "PageDown", "F1"] {
            assert_eq!(Key::named(name).unwrap().to_string(), name);
        }
        assert_eq!(Key::named("ctrl-z"), Key::named("Ctrl-z"));
        assert!(Key::named("").is_none() && Key::named("Hyper-x").is_none());
    }
}

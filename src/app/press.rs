//! One press and a key that is held, told apart by when they come: no terminal reports the repeats of a letter
//! without changing how text is typed. It must not know what a key means.

use super::Key;
use crate::model::Timestamp;

/// Presses of one key closer than this are one held key, or pasted, in microseconds.
const REPEAT_US: i64 = 90_000;
/// A held key begins to repeat within this, in microseconds.
const DELAY_US: i64 = 700_000;

/// What the keys before say of a press.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Press {
    /// Somebody pressed the key.
    #[default]
    Meant,
    /// Pressed once more, or the first repeat of a key that is held: what comes next will tell.
    Perhaps,
    /// The key is held.
    Held,
}

/// The last key and when it came.
#[derive(Debug, Default)]
pub(super) struct Presses {
    last: Option<(Key, Timestamp)>,
    /// What the last one was.
    pub(super) press: Press,
    /// The key that opened a window for a text, until another one comes.
    pub(super) opener: Option<Key>,
}

impl Presses {
    /// Takes note of a key.
    pub(super) fn see(&mut self, key: Key, at: Timestamp) -> Press {
        let gap = self.last.filter(|(before, _)| *before == key).map(|(_, when)| at.since(when));
        self.last = Some((key, at));
        self.press = match gap {
            Some(..REPEAT_US) => Press::Held,
            Some(..DELAY_US) => Press::Perhaps,
            _ => Press::Meant,
        };
        self.opener = self.opener.filter(|opener| *opener == key && self.press != Press::Meant);
        self.press
    }

    /// Whether this is the key, held, that opened a window: it should not be written into it.
    pub(super) fn is_left_over(&self, key: Key) -> bool {
        self.opener == Some(key)
    }

    /// When it is certain that a press was meant, because no repeat has followed.
    pub(super) fn certain(at: Timestamp) -> Timestamp {
        Timestamp(at.0 + REPEAT_US)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Code;

    #[test]
    fn a_held_key_is_known_by_its_repeats() {
        let (r, j) = (Key::plain(Code::Char('r')), Key::plain(Code::Char('j')));
        let mut presses = Presses::default();
        let mut see = |key, ms: i64| presses.see(key, Timestamp(ms * 1_000));
        assert_eq!(see(r, 0), Press::Meant);
        assert_eq!(see(r, 500), Press::Perhaps);
        assert_eq!(see(r, 533), Press::Held);
        assert_eq!(see(r, 566), Press::Held);
        assert_eq!(see(r, 1_500), Press::Meant);
        assert_eq!(see(j, 1_510), Press::Meant);
        assert_eq!(see(r, 1_520), Press::Meant);
    }
}

//! Which key means what: the command table's own keys, and those of the configuration above them.

use super::Key;
use super::command::{Command, Context, Entry, TABLE};
use std::collections::BTreeMap;

/// The keys in force.
#[derive(Clone, Debug)]
pub struct KeyMap {
    /// In the table's order.
    keys: Vec<Vec<Key>>,
    /// Commands that have lost their last key to another.
    pub warnings: Vec<String>,
}

impl Default for KeyMap {
    fn default() -> Self {
        let keys = TABLE.iter().map(|e| e.keys.iter().filter_map(|name| Key::named(name)).collect()).collect();
        KeyMap { keys, warnings: Vec::new() }
    }
}

impl KeyMap {
    /// The table's keys with these in place of a command's own; a key given to one command is taken from the other that
    /// had it. An error says what is wrong, and what to do about it.
    pub fn with(given: &BTreeMap<String, Vec<String>>) -> Result<KeyMap, (String, String)> {
        let mut map = KeyMap::default();
        let mut own = Vec::new();
        for (name, keys) in given {
            let at = TABLE.iter().position(|e| e.command.name() == *name).ok_or_else(|| unknown(name))?;
            let read = |key: &String| {
                let wrong = || {
                    (
                        format!("[keys] {name}: there is no key `{key}`"),
                        "for example \"r\", \"Ctrl-d\", \"Space\"".to_owned(),
                    )
                };
                Key::named(key).ok_or_else(wrong)
            };
            map.keys[at] = keys.iter().map(read).collect::<Result<_, _>>()?;
            own.push(at);
        }
        for &at in &own {
            map.take_from_others(at, &own)?;
        }
        Ok(map)
    }

    /// Takes the keys of the entry at `at` from every other that shares a place with it.
    fn take_from_others(&mut self, at: usize, own: &[usize]) -> Result<(), (String, String)> {
        for other in (0..TABLE.len()).filter(|&other| other != at && shares(&TABLE[at], &TABLE[other])) {
            let (mine, before) = (self.keys[at].clone(), self.keys[other].clone());
            let Some(key) = before.iter().find(|key| mine.contains(key)) else { continue };
            let (this, that) = (TABLE[at].command.name(), TABLE[other].command.name());
            if own.contains(&other) {
                let what = format!("[keys] gives `{key}` to both {this} and {that}");
                return Err((what, "take it out of one of them".to_owned()));
            }
            self.keys[other].retain(|key| !mine.contains(key));
            if self.keys[other].is_empty() {
                self.warnings.push(format!("[keys] `{key}` is {this}'s now; {that} has no key left"));
            }
        }
        Ok(())
    }

    /// What `key` means where the keys go to.
    pub(super) fn meaning(&self, key: Key, context: Context) -> Option<Command> {
        let here = TABLE.iter().zip(&self.keys).filter(|(e, _)| e.context.covers(context));
        here.into_iter().find(|(_, keys)| keys.contains(&key)).map(|(e, _)| e.command)
    }

    /// The table with the keys in force.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Entry, &[Key])> {
        TABLE.iter().zip(self.keys.iter().map(Vec::as_slice))
    }
}

fn shares(a: &Entry, b: &Entry) -> bool {
    a.context.covers(b.context) || b.context.covers(a.context)
}

fn unknown(name: &str) -> (String, String) {
    let likeness = |known: &String| similar::TextDiff::from_chars(name, known).ratio();
    let names = TABLE.iter().map(|e| e.command.name());
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default();
    (format!("[keys]: there is no command `{name}`"), format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &[&str])]) -> Result<KeyMap, (String, String)> {
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
        KeyMap::with(&pairs.iter().map(|(name, list)| ((*name).to_owned(), keys(list))).collect())
    }

    #[test]
    fn a_key_is_taken_from_who_had_it_and_clashes_are_told() {
        let meaning = |map: &KeyMap, key| map.meaning(Key::named(key).unwrap(), Context::List);
        assert!(TABLE.iter().zip(&KeyMap::default().keys).all(|(e, keys)| e.keys.len() == keys.len()));
        let map = with(&[("resend", &["s", "D"])]).unwrap();
        assert_eq!((meaning(&map, "s"), meaning(&map, "D")), (Some(Command::Resend), Some(Command::Resend)));
        assert_eq!(meaning(&map, "r"), None);
        assert_eq!(map.warnings, ["[keys] `D` is resend's now; delete has no key left"]);
        assert_eq!(with(&[("resnd", &["s"])]).unwrap_err().1, "did you mean `resend`?");
        assert!(with(&[("resend", &["s"]), ("pin", &["s"])]).unwrap_err().0.contains("both"));
        assert!(with(&[("resend", &["Hyper-s"])]).is_err());
        // The same key in another place is no clash.
        assert!(with(&[("find", &["o"])]).unwrap().warnings.is_empty());
    }
}

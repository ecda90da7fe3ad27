//! What can be made of the list's filter, by a word and its object: `:save NAME`, `:export FILE`.
//! It must not look for what matches.

use crate::app::{App, Effect};
use crate::model::filter::{Filter, is_name};
use crate::model::{Destination, SetupOrder, Timestamp, safe};

/// A word, what has to follow it, and what it does.
pub(super) struct Verb {
    pub(super) word: &'static str,
    pub(super) object: &'static str,
    pub(super) help: &'static str,
    pub(super) what: What,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Save,
    Subscribe,
    Replay,
    Export,
    Delete,
    Clear,
}

pub(super) const VERBS: [Verb; 6] = [
    Verb { word: "save", object: "NAME", help: "keep the list's filter as @NAME", what: What::Save },
    Verb {
        word: "subscribe",
        object: "URL",
        help: "a subscriber that gets what matches the list's filter",
        what: What::Subscribe,
    },
    Verb { word: "replay", object: "SUBSCRIBER", help: "send it what matches once more; asks", what: What::Replay },
    Verb {
        word: "export",
        object: "FILE",
        help: "write what matches; .har and .sh are other formats than NDJSON",
        what: What::Export,
    },
    Verb {
        word: "delete",
        object: "",
        help: "delete all that matches the list's filter, softly; asks",
        what: What::Delete,
    },
    Verb { word: "clear", object: "", help: "take the list's filter away", what: What::Clear },
];

impl Verb {
    /// What follows the word in a line that is being typed; `None` where it is another word.
    pub(super) fn object_in<'a>(&self, line: &'a str) -> Option<&'a str> {
        let (word, object) = line.split_once(' ').unwrap_or((line, ""));
        word.eq_ignore_ascii_case(self.word).then_some(object.trim())
    }
}

impl App {
    /// Does what a line says.
    pub(super) fn verb_line(&mut self, line: &str, at: Timestamp) -> Vec<Effect> {
        match VERBS.iter().find_map(|verb| Some((verb.what, verb.object_in(line)?))) {
            Some((what, object)) => self.verb(what, object, at),
            None => {
                let words: Vec<&str> = VERBS.iter().map(|verb| verb.word).collect();
                self.complain(&format!("there is no such word; there are {}", words.join(", ")), at)
            }
        }
    }

    /// Does it, or says what is missing.
    pub(super) fn verb(&mut self, what: What, object: &str, at: Timestamp) -> Vec<Effect> {
        if what == What::Clear {
            return self.filter(None);
        }
        if what == What::Delete {
            return match self.list.scope.filter {
                Some(_) => self.delete_all(),
                None => self.complain("there is no filter: / asks for one", at),
            };
        }
        let verb = VERBS.iter().find(|verb| verb.what == what);
        if object.is_empty() {
            let usage =
                verb.map_or(String::new(), |verb| format!("type it with its object: {} {}", verb.word, verb.object));
            return self.complain(&usage, at);
        }
        let filter = self.list.scope.filter.clone();
        match (what, filter) {
            (What::Save, None) => self.complain("there is no filter to save: / asks for one", at),
            (What::Save, Some(_)) if !is_name(object) => self.complain("a name has letters, digits, - and _", at),
            (What::Save, Some(filter)) if filter.names_saved(object) => {
                self.complain(&format!("@{object} would stand for itself"), at)
            }
            (What::Save, Some(filter)) if self.place.saved.get(object).is_some_and(|old| old != filter.to_string()) => {
                let old = self.place.saved.get(object).unwrap_or_default();
                self.complain(&format!("@{object} stands for {} already: another name, or [filters]", safe(old)), at)
            }
            (What::Save, Some(filter)) => {
                vec![Effect::SetUp(SetupOrder::Save { name: object.to_owned(), filter: filter.to_string() })]
            }
            (What::Subscribe, filter) => match Destination::parse(object) {
                Ok(_) => {
                    let when = filter.map(|filter| filter.to_string()).unwrap_or_default();
                    vec![Effect::SetUp(SetupOrder::Add { target: object.to_owned(), when })]
                }
                Err(e) => self.complain(&format!("{e}; {}", e.hint()), at),
            },
            (What::Replay, _) if !self.subscribers.names().any(|name| name == object) => {
                self.complain(&format!("there is no subscriber {}: 2 shows them", safe(object)), at)
            }
            (What::Replay, filter) => {
                vec![Effect::Replayable(object.to_owned(), filter.unwrap_or_else(Filter::all))]
            }
            (What::Export, filter) => {
                vec![Effect::Export(filter.unwrap_or_else(Filter::all), object.to_owned())]
            }
            (What::Delete | What::Clear, _) => Vec::new(),
        }
    }
}

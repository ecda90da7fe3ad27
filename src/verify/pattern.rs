//! Regular expressions of entries, made when they are needed: hundreds of entries are read at every start.

use regex::Regex;
use serde::Deserialize;
use std::sync::OnceLock;

/// A regular expression as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Pattern {
    text: String,
    made: OnceLock<Option<Regex>>,
}

impl From<String> for Pattern {
    fn from(text: String) -> Pattern {
        Pattern { text, made: OnceLock::new() }
    }
}

impl Pattern {
    /// As written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it.
    pub(super) fn error(&self) -> Option<String> {
        Regex::new(&self.text).err().map(|e| e.to_string())
    }

    /// Whether it matches somewhere in `text`; one that is wrong never does.
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// `text` without the first match.
    pub(super) fn strip(&self, text: &str) -> String {
        self.regex().map_or_else(|| text.to_owned(), |regex| regex.replace(text, "").into_owned())
    }

    fn regex(&self) -> Option<&Regex> {
        self.made.get_or_init(|| Regex::new(&self.text).ok()).as_ref()
    }
}

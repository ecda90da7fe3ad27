//! The help: every command of the table and every copy choice, searched as one types.

use super::{CHOICES, Context, TABLE};

/// The help's state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// What is looked for.
    pub search: String,
    /// First row shown.
    pub scroll: usize,
}

impl Help {
    /// Rows that hold the searched word: keys, words, and whether it is for one pane only.
    pub fn rows(&self) -> Vec<(String, String, Context)> {
        let commands = TABLE.iter().map(|e| (e.keys.join(" "), e.help.to_owned(), e.context));
        let copies =
            CHOICES.iter().map(|(key, what)| (format!("y{key}"), format!("copy the {what}"), Context::Anywhere));
        let words = self.search.to_lowercase();
        commands
            .chain(copies)
            .filter(|(keys, help, _)| keys.to_lowercase().contains(&words) || help.to_lowercase().contains(&words))
            .collect()
    }
}

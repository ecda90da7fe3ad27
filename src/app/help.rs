//! The help: every command of the table and every copy choice, searched as one types.

use super::{App, CHOICES, Code, Context, Effect, Key, Overlay, TABLE};

/// Rows of a page.
const PAGE: usize = 10;

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

impl App {
    pub(super) fn help_key(&mut self, key: Key) -> Vec<Effect> {
        let Overlay::Help(help) = &mut self.overlay else { return Vec::new() };
        let most = help.rows().len().saturating_sub(1);
        match key.code {
            Code::Esc | Code::F1 | Code::Enter => return self.close(),
            Code::Char('?') if help.search.is_empty() => return self.close(),
            Code::Down => help.scroll = (help.scroll + 1).min(most),
            Code::PageDown => help.scroll = (help.scroll + PAGE).min(most),
            Code::Up => help.scroll = help.scroll.saturating_sub(1),
            Code::PageUp => help.scroll = help.scroll.saturating_sub(PAGE),
            Code::Backspace => drop(help.search.pop()),
            Code::Char(c) if !key.ctrl => {
                help.search.push(c);
                help.scroll = 0;
            }
            _ => {}
        }
        Vec::new()
    }
}

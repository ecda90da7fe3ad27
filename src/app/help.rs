//! The help, which is the palette too: every command and every copy choice, searched as one types, run by Enter.

use super::command::Command;
use super::{App, CHOICES, Code, Context, Effect, Key, Overlay, TABLE};
use crate::model::Timestamp;

/// Rows of a page.
const PAGE: usize = 10;

/// The help's state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// What is looked for.
    pub search: String,
    /// The row that Enter runs.
    pub chosen: usize,
}

/// A row of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// Its keys.
    pub keys: String,
    /// One line of help.
    pub words: String,
    /// The pane it is for.
    pub context: Context,
    act: Act,
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Command(Command),
    Copy(char),
}

impl Help {
    /// Rows that hold every word that is looked for.
    pub fn rows(&self) -> Vec<HelpRow> {
        let commands = TABLE.iter().map(|e| HelpRow {
            keys: e.keys.join(" "),
            words: e.help.to_owned(),
            context: e.context,
            act: Act::Command(e.command),
        });
        let copies = CHOICES.iter().map(|&(key, what)| HelpRow {
            keys: format!("y{key}"),
            words: format!("copy the {what}"),
            context: Context::Anywhere,
            act: Act::Copy(key),
        });
        let search = self.search.to_lowercase();
        let holds = |row: &HelpRow| {
            let text = format!("{} {}", row.keys, row.words).to_lowercase();
            search.split_whitespace().all(|word| text.contains(word))
        };
        commands.chain(copies).filter(holds).collect()
    }
}

impl App {
    pub(super) fn help_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Help(help) = &mut self.overlay else { return Vec::new() };
        let most = help.rows().len().saturating_sub(1);
        match key.code {
            Code::Esc | Code::F1 => return self.close(),
            Code::Char('?') if help.search.is_empty() => return self.close(),
            Code::Enter => {
                let row = help.rows().into_iter().nth(help.chosen);
                self.overlay = Overlay::None;
                return row.map_or_else(Vec::new, |row| self.run(row.act, at));
            }
            Code::Down => help.chosen = (help.chosen + 1).min(most),
            Code::PageDown => help.chosen = (help.chosen + PAGE).min(most),
            Code::Up => help.chosen = help.chosen.saturating_sub(1),
            Code::PageUp => help.chosen = help.chosen.saturating_sub(PAGE),
            Code::Backspace => {
                help.search.pop();
                help.chosen = 0;
            }
            Code::Char('u') if key.ctrl => *help = Help::default(),
            Code::Char(c) if !key.ctrl => {
                help.search.push(c);
                help.chosen = 0;
            }
            _ => {}
        }
        Vec::new()
    }

    fn run(&mut self, act: Act, at: Timestamp) -> Vec<Effect> {
        match act {
            Act::Command(command) => self.command(command, at),
            Act::Copy(key) => self.copy(key, at),
        }
    }
}

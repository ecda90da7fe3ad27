//! The last row: which keys are of use now, each with a word, and where each stands.

use super::command::Command;
use super::{App, Context, Help, Overlay, Tab, View};
use unicode_width::UnicodeWidthStr;

/// A key with a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Column of the key.
    pub x: u16,
    /// The key's name; of several the first.
    pub key: String,
    /// What it does.
    pub word: &'static str,
}

/// Columns from which there is room for a word that every user knows.
const QUIT: u16 = 100;

impl App {
    /// The hints as far as there is room; they are dropped whole from the right, help the last.
    pub fn hints(&self) -> Vec<Hint> {
        let mut x = 0;
        let mut out = Vec::new();
        for (key, word) in self.words_and_keys() {
            let width = key.width() + word.width() + 3;
            if x + width + 1 > usize::from(self.size.0) {
                break;
            }
            out.push(Hint { x: x as u16 + 1, key, word });
            x += width;
        }
        out
    }

    fn words_and_keys(&self) -> Vec<(String, &'static str)> {
        let fixed =
            |pairs: &[(&str, &'static str)]| pairs.iter().map(|(key, word)| ((*key).to_owned(), *word)).collect();
        match &self.overlay {
            Overlay::None if self.is_first_run() && self.view == View::Events => {
                fixed(&[("?", "help"), ("t", "send a test event"), ("c", "copy the curl line"), ("q", "quit")])
            }
            Overlay::None if self.is_in_queue() => {
                fixed(&[("?", "help"), ("Esc", "subscribers"), ("Enter", "the event"), ("r", "try it now")])
            }
            Overlay::None => self.of_the_view(),
            Overlay::Help(Help { words: false, .. }) => fixed(&[
                ("type", "to search"),
                ("Esc", "close"),
                ("Enter", "run"),
                ("Down", "choose"),
                ("Tab", "words"),
            ]),
            Overlay::Help(_) => fixed(&[("Esc", "close"), ("Enter", "show one"), ("Down", "choose"), ("Tab", "keys")]),
            Overlay::Actions(_) => fixed(&[("Esc", "close"), ("Enter", "do it"), ("Down", "choose")]),
            Overlay::Answers(_) => fixed(&[("Esc", "close"), ("Enter", "on or off"), ("Down", "choose")]),
            Overlay::Resend(_) => fixed(&[
                ("Enter", "send"),
                ("Esc", "cancel"),
                ("Down", "choose"),
                ("Tab", "signature"),
                ("Space", "turn"),
            ]),
            Overlay::Find(_) => fixed(&[("Enter", "find"), ("Ctrl-u", "clear"), ("Esc", "cancel")]),
            Overlay::Filter(_) => fixed(&[
                ("Tab", "complete"),
                ("Up", "history"),
                ("Enter", "keep"),
                ("Esc", "undo"),
                ("Ctrl-u", "clear"),
                ("F1", "syntax"),
            ]),
            Overlay::Note(..) => fixed(&[("Enter", "keep"), ("Ctrl-u", "clear"), ("Esc", "cancel")]),
            Overlay::Subscribe(asked) => {
                let word = if asked.replay.is_some() { "count them" } else { "add" };
                fixed(&[("Enter", word), ("Ctrl-u", "clear"), ("Esc", "cancel")])
            }
            Overlay::Secret(_) => fixed(&[("Enter", "use it"), ("Ctrl-u", "clear"), ("Esc", "cancel")]),
            Overlay::Pipe(_) => fixed(&[("Enter", "run"), ("Ctrl-u", "clear"), ("Esc", "cancel")]),
            Overlay::Foreign(_) => fixed(&[("Enter", "send"), ("Esc", "cancel")]),
            Overlay::Confirm(confirm) => vec![("c".into(), "cancel"), (confirm.key.to_string(), confirm.word)],
            Overlay::Where => fixed(&[("c", "copy the curl line"), ("Esc", "close")]),
            Overlay::Copy => fixed(&[("Esc", "close")]),
            Overlay::Suspend => fixed(&[("s", "suspend"), ("c", "cancel")]),
            Overlay::Story(_) => {
                fixed(&[("Esc", "close"), ("Enter", "the event"), ("/", "list them"), ("Down", "choose")])
            }
            Overlay::Sheet(_) => fixed(&[("j", "down"), ("k", "up"), ("Esc", "close")]),
            Overlay::Compare(_) => {
                fixed(&[("Esc", "close"), ("]", "part"), ("m", "raw"), (".", "all"), ("j", "down"), ("k", "up")])
            }
            Overlay::Quit => fixed(&[("q", "quit"), ("c", "cancel")]),
        }
    }

    /// Help first, then the way back, then what the table says.
    fn of_the_view(&self) -> Vec<(String, &'static str)> {
        let here = self.place.keys.entries().filter(|(e, keys)| e.context.covers(self.context()) && !keys.is_empty());
        let hints = here.filter_map(|(e, keys)| e.hint.map(|hint| (keys[0].to_string(), hint)));
        let (help, others): (Vec<_>, Vec<_>) = hints.partition(|(_, word)| *word == "help");
        let back = match self.context() {
            Context::List if self.list.meant_by_marks() > 0 => Some(("Esc".to_owned(), "unmark")),
            Context::List if self.size.0 >= QUIT => Some(("q".to_owned(), "quit")),
            Context::List => None,
            Context::Detail => Some(("Esc".to_owned(), "list")),
            _ => Some(("Esc".to_owned(), "events")),
        };
        let own = self.of_the_tab();
        let is_said = |key: &String| own.iter().chain(&back).any(|(known, _)| known == key);
        let others: Vec<_> = others.into_iter().filter(|(key, _)| !is_said(key)).collect();
        help.into_iter().chain(back).chain(own).chain(others).collect()
    }

    /// What can be done on the tab in front and on no other.
    fn of_the_tab(&self) -> Vec<(String, &'static str)> {
        let in_detail = self.context() == Context::Detail;
        let commands: &[(Command, &'static str)] = match self.detail.tab {
            Tab::Signature if Context::Events.covers(self.context()) => {
                &[(Command::Secret, "secret"), (Command::Verify, "verify again")]
            }
            Tab::Timing if in_detail => &[
                (Command::Mode, "scale"),
                (Command::Right, "try"),
                (Command::UnfoldAll, "zoom"),
                (Command::FoldAll, "all"),
            ],
            _ => &[],
        };
        let key = |command: Command| self.place.keys.entries().find(|(e, _)| e.command == command)?.1.first();
        commands.iter().filter_map(|(command, word)| Some((key(*command)?.to_string(), *word))).collect()
    }
}

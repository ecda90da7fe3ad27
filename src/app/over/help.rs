//! The help, which is the palette too: every command and every copy choice, searched as one types, run by Enter; and a
//! page of the words that are used here.

use super::verbs::{VERBS, What};
use crate::app::command::Command;
use crate::app::{App, CHOICES, Code, Context, Effect, Key, Overlay};
use crate::model::Timestamp;

/// Rows of a page.
const PAGE: usize = 10;

/// The help's state.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// The page of words instead of that of keys.
    pub words: bool,
    /// What is looked for.
    pub search: String,
    /// The row that Enter runs.
    pub chosen: usize,
}

/// A row of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// Its keys, or the word that is explained.
    pub keys: String,
    /// One line of help.
    pub words: String,
    /// The pane it is for.
    pub context: Context,
    /// Why it cannot be carried out now.
    pub reason: Option<String>,
    /// The key of an action that a word is explained by; explaining does not carry it out.
    does: Option<String>,
    act: Act,
}

/// What a row does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Command(Command),
    Copy(char),
    Verb(What),
}

/// The words of contract section 1 and of the screen, and the command that shows an example of each.
const WORDS: [(&str, &str, Command); 22] = [
    ("event", "one received request, kept exactly as it came", Command::ViewEvents),
    ("event log", "the SQLite file with all events; the only truth", Command::ViewLog),
    ("provider", "who sends: an entry of the catalogue (stripe ...)", Command::NextTab),
    ("source", "a named entrance with settings of its own", Command::ViewEvents),
    ("verdict", "what the signature check found", Command::NextProblem),
    ("ok", "valid: the signature is right", Command::ViewEvents),
    ("BAD", "invalid: the signature is wrong", Command::NextProblem),
    ("old", "stale: right, and its time outside the window", Command::ViewEvents),
    ("-", "unsigned: there is no signature", Command::ViewEvents),
    ("key?", "no_secret: a signature, and no secret for it", Command::ViewEvents),
    ("?", "unknown: it looks like a signature, no entry fits", Command::NextProblem),
    ("attempt", "one try to send an event, with the whole answer", Command::Resend),
    ("delivery", "one event for one subscriber, until its final state", Command::ViewSubscribers),
    ("1/2~", "1 of 2 subscribers has it; ~ coming ! given up = suspended", Command::ViewSubscribers),
    ("subscriber", "a consumer with filter, queue and cursor", Command::ViewSubscribers),
    ("family", "arrivals of one provider's event id: x3", Command::UnfoldFamilies),
    ("filter", "one grammar for list, resend and tail", Command::Problems),
    ("• unread", "it was not yet shown for half a second", Command::ViewEvents),
    ("* pinned", "kept whatever is pruned", Command::Pin),
    ("+ marked", "the next action means it", Command::Mark),
    ("x deleted", "left out unless it is asked for; u brings it back", Command::Trash),
    ("not listening", "a time in which senders found nobody", Command::ViewLog),
];

impl App {
    /// The rows of the page, those that fit best what is looked for first.
    pub fn help_rows(&self, help: &Help) -> Vec<HelpRow> {
        let rows: Vec<HelpRow> = if help.words { self.word_rows() } else { self.key_rows() };
        let mut ranked: Vec<(usize, HelpRow)> =
            rows.into_iter().filter_map(|row| Some((rank(&row, &help.search)?, row))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, row)| row).collect()
    }

    fn key_rows(&self) -> Vec<HelpRow> {
        let commands = self.place.keys.entries().map(|(e, keys)| HelpRow {
            keys: keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            words: e.help.to_owned(),
            context: e.context,
            reason: self.why_not(e.command),
            does: None,
            act: Act::Command(e.command),
        });
        let copies = CHOICES.iter().map(|&(key, what)| HelpRow {
            keys: format!("y{key}"),
            words: format!("copy the {what}"),
            context: Context::Events,
            reason: None,
            does: None,
            act: Act::Copy(key),
        });
        let verbs = VERBS.iter().map(|verb| HelpRow {
            keys: format!(":{} {}", verb.word, verb.object).trim_end().to_owned(),
            words: verb.help.to_owned(),
            context: Context::List,
            reason: None,
            does: None,
            act: Act::Verb(verb.what),
        });
        // What works here comes first.
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            commands.chain(copies).chain(verbs).partition(|row| row.context.covers(self.context()));
        here.into_iter().chain(elsewhere).collect()
    }

    fn word_rows(&self) -> Vec<HelpRow> {
        let row = |&(word, meaning, command): &(&str, &str, Command)| {
            let entry = self.place.keys.entries().find(|(e, _)| e.command == command);
            let key = entry.and_then(|(_, keys)| keys.first()).map(ToString::to_string).unwrap_or_default();
            HelpRow {
                keys: word.to_owned(),
                words: format!("{meaning}  [{key}]"),
                context: entry.map_or(Context::Anywhere, |(e, _)| e.context),
                reason: None,
                does: Some(key).filter(|_| entry.is_some_and(|(e, _)| e.action)),
                act: Act::Command(command),
            }
        };
        WORDS.iter().map(row).collect()
    }

    pub(in crate::app) fn help_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Help(help) = &self.overlay else { return Vec::new() };
        let rows = self.help_rows(help);
        let most = rows.len().saturating_sub(1);
        let Overlay::Help(help) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc | Code::F1 => return self.close(),
            Code::Char('?') if help.search.is_empty() => return self.close(),
            Code::Tab | Code::BackTab => *help = Help { words: !help.words, ..Help::default() },
            Code::Enter => {
                let row = rows.into_iter().nth(help.chosen);
                let line = std::mem::take(&mut help.search);
                self.overlay = Overlay::None;
                return row.map_or_else(Vec::new, |row| self.run(row, &line, at));
            }
            Code::Down => help.chosen = (help.chosen + 1).min(most),
            Code::PageDown => help.chosen = (help.chosen + PAGE).min(most),
            Code::Up => help.chosen = help.chosen.saturating_sub(1),
            Code::PageUp => help.chosen = help.chosen.saturating_sub(PAGE),
            Code::Backspace => {
                help.search.pop();
                help.chosen = 0;
            }
            Code::Char('u') if key.ctrl => *help = Help { words: help.words, ..Help::default() },
            Code::Char(c) if !key.ctrl => {
                help.search.push(c);
                help.chosen = 0;
            }
            _ => {}
        }
        Vec::new()
    }

    /// Carries a row out where it is at home: the view is turned to it first.
    fn run(&mut self, row: HelpRow, line: &str, at: Timestamp) -> Vec<Effect> {
        if let Some(key) = row.does {
            return self.say(&format!("{key} does that to the selected event"), at);
        }
        if !row.context.covers(self.context()) {
            self.go_home(row.context);
        }
        match row.act {
            Act::Command(command) => self.try_command(command, at),
            Act::Copy(key) => self.copy(key, at),
            Act::Verb(what) => {
                let verb = VERBS.iter().find(|verb| verb.what == what);
                self.verb(
                    what,
                    verb.and_then(|verb| verb.object_in(line.trim_start_matches(':'))).unwrap_or_default(),
                    at,
                )
            }
        }
    }
}

/// How well a row fits, 0 best: the key itself, the command's name, its first words, every word somewhere, its letters in
/// order; `None` = not at all.
fn rank(row: &HelpRow, search: &str) -> Option<usize> {
    let (low, text) = (search.to_lowercase(), format!("{} {}", row.keys, row.words).to_lowercase());
    let name = match row.act {
        Act::Command(command) => command.name(),
        Act::Copy(key) => format!("y{key}"),
        Act::Verb(what) => {
            let verb = VERBS.iter().find(|verb| verb.what == what)?;
            if verb.object_in(search.trim_start_matches(':')).is_some() {
                return Some(0);
            }
            verb.word.to_owned()
        }
    };
    if !search.is_empty() && row.keys.split(' ').any(|key| key == search) {
        return Some(0);
    }
    match () {
        () if !low.is_empty() && name.starts_with(&low) => Some(1),
        () if row.words.to_lowercase().starts_with(&low) => Some(if low.is_empty() { 3 } else { 2 }),
        () if low.split_whitespace().all(|word| text.contains(word)) => Some(3),
        () => holds_in_order(&text, &low).then_some(4),
    }
}

/// Whether the letters stand in the text in their order.
fn holds_in_order(text: &str, letters: &str) -> bool {
    let mut chars = text.chars();
    letters.chars().filter(|c| !c.is_whitespace()).all(|letter| chars.any(|c| c == letter))
}

//! The menu of what can be done with the selected event, with the reason where something cannot.

use crate::app::command::{Command, Entry};
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::Timestamp;

/// A row of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRow {
    /// Its key.
    pub key: String,
    /// One line of help.
    pub words: &'static str,
    /// Why it cannot be done.
    pub reason: Option<String>,
    command: Command,
}

impl App {
    /// The rows of the menu.
    pub fn action_rows(&self) -> Vec<ActionRow> {
        let actions = self.place.keys.entries().filter(|(e, _)| e.action && e.context.covers(self.context()));
        let row = |(e, keys): (&'static Entry, &[Key])| ActionRow {
            key: keys.first().map(ToString::to_string).unwrap_or_default(),
            words: e.help,
            reason: self.why_not(e.command),
            command: e.command,
        };
        actions.map(row).collect()
    }

    /// Why a command cannot be carried out now.
    pub(in crate::app) fn why_not(&self, command: Command) -> Option<String> {
        use Command::*;
        let selected = self.list.selected.as_ref();
        let needs_event = matches!(
            command,
            Resend | ResendTo | Edit | Diff | Compare | Copy | Curl | Pipe | Mark | Pin | Note | Delete | Explain
        );
        match command {
            _ if needs_event && selected.is_none() => Some("no event is selected".into()),
            Resend | ResendTo | Edit => {
                let rejected = selected.and_then(|row| row.rejected.as_ref());
                rejected.map(|why| format!("it was rejected ({why})"))
            }
            Undo if self.ledger.is_empty() => Some("nothing to undo".into()),
            NextHit | PreviousHit if self.detail.find.is_none() => Some("nothing is looked for".into()),
            _ => None,
        }
    }

    /// A letter carries its action out, as it would without the menu.
    pub(in crate::app) fn actions_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let rows = self.action_rows();
        let Overlay::Actions(chosen) = &mut self.overlay else { return Vec::new() };
        let most = rows.len().saturating_sub(1);
        match key.code {
            Code::Esc => return self.close(),
            Code::Down => *chosen = (*chosen + 1).min(most),
            Code::Up => *chosen = chosen.saturating_sub(1),
            Code::Enter => {
                let row = rows.into_iter().nth(*chosen);
                self.overlay = Overlay::None;
                return row.map_or_else(Vec::new, |row| self.try_command(row.command, at));
            }
            _ => {
                let Some(command) = self.place.keys.meaning(key, self.context()) else { return Vec::new() };
                if rows.iter().any(|row| row.command == command) {
                    self.overlay = Overlay::None;
                    return self.try_command(command, at);
                }
            }
        }
        Vec::new()
    }

    /// Carries a command out, or says why that cannot be.
    pub(in crate::app) fn try_command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        match self.why_not(command) {
            Some(why) => self.say(&format!("that is not possible: {why}"), at),
            None => self.command(command, at),
        }
    }
}

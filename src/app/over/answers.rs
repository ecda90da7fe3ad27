//! The rules for answers: which of them act, what they have told, and turning them on and off.

use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::{Standing, Timestamp, safe};

/// Columns of the popup.
const WIDTH: u16 = 76;
/// Longest name in the first row.
const NAME: usize = 14;

impl App {
    /// Size of the popup: a row for each rule, and two for what the chosen one has told.
    pub fn answers_size(&self) -> (u16, u16) {
        (WIDTH, self.standings.len() as u16 + 4)
    }

    /// What acts, in a word for the first row; nothing where nothing does.
    pub(in crate::app) fn acting(&self) -> String {
        let mut on = self.standings.iter().filter(|standing| standing.on);
        match (on.next(), on.count()) {
            (None, _) => String::new(),
            (Some(one), 0) => format!(" ! {}", safe(&one.name.chars().take(NAME).collect::<String>())),
            (Some(_), more) => format!(" ! {} answers", more + 1),
        }
    }

    pub(in crate::app) fn answers_key(&mut self, key: Key) -> Vec<Effect> {
        let most = self.standings.len().saturating_sub(1);
        let Overlay::Answers(chosen) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Down | Code::Char('j') => *chosen = (*chosen + 1).min(most),
            Code::Up | Code::Char('k') => *chosen = chosen.saturating_sub(1),
            Code::Enter | Code::Char(' ') => {
                let standing = self.standings.get(*chosen);
                return standing
                    .map(|standing| Effect::Answer(standing.name.clone(), !standing.on))
                    .into_iter()
                    .collect();
            }
            Code::Esc | Code::Char('q' | 'b') => return self.close(),
            _ => {}
        }
        Vec::new()
    }

    /// A rule was turned, or could not be (what, and what to do).
    pub(in crate::app) fn turned(
        &mut self,
        (name, on): (String, bool),
        result: Result<(), (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        match result {
            Ok(()) if on => self.tell(&format!("senders are told by `{name}` from now on"), at),
            Ok(()) => self.tell(&format!("`{name}` is off"), at),
            Err((what, hint)) => self.complain(&format!("{what}; {hint}"), at),
        }
    }

    /// How the rules stand now.
    pub(in crate::app) fn stand(&mut self, standings: Vec<Standing>) -> Vec<Effect> {
        self.standings = standings;
        Vec::new()
    }
}

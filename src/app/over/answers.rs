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

    /// Lines that the rules have in a popup with so many inside: two are for what the chosen one has told.
    pub fn answers_lines(&self, inside: u16) -> usize {
        usize::from(inside.saturating_sub(2)).max(1)
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
            Ok(()) if on => {
                let others = self.standings.iter().take_while(|standing| standing.name != name);
                let first = others.filter(|standing| standing.on).map(|standing| format!("`{}`", standing.name)).next();
                let first = first.map(|first| format!("; where {first} applies, that one comes first"));
                self.tell(&format!("senders are told by `{name}` from now on{}", first.unwrap_or_default()), at)
            }
            Ok(()) => self.tell(&format!("`{name}` is off"), at),
            Err((what, hint)) => self.complain(&format!("{what}; {hint}"), at),
        }
    }

    /// How the rules stand now. Those that act from the start are named once.
    pub(in crate::app) fn stand(&mut self, standings: Vec<Standing>, at: Timestamp) -> Vec<Effect> {
        let acting: Vec<&str> = standings.iter().filter(|s| s.on).map(|s| s.name.as_str()).collect();
        if self.standings.is_empty() && !acting.is_empty() {
            self.journal.note(&format!("senders are told on purpose by: {}", acting.join(", ")), false, at);
        }
        self.standings = standings;
        Vec::new()
    }

    /// Opens the popup on a rule that acts, if one does.
    pub(in crate::app) fn open_answers(&mut self) -> Vec<Effect> {
        let acting = self.standings.iter().position(|standing| standing.on);
        self.open(Overlay::Answers(acting.unwrap_or(0)))
    }
}

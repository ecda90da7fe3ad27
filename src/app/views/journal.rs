//! The log view: when somebody listened, what went wrong, and every message that this screen has shown.
//! It must not be the only place of anything: what matters for longer than a session is in the event log.

use crate::app::command::Command;
use crate::app::{App, Effect};
use crate::model::{Health, Painted, Role, Run, Timestamp, count, safe, thousands};
use std::collections::VecDeque;

/// Entries that are kept.
const MOST: usize = 1000;

/// What happened.
#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    /// Stretches of listening, from the event log.
    pub(in crate::app) runs: Vec<Run>,
    /// Errors that nobody has looked at here.
    pub unseen: usize,
    /// Rows scrolled up from the end.
    scroll: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    at: Timestamp,
    text: String,
    error: bool,
}

impl Journal {
    /// Keeps a message.
    pub(in crate::app) fn note(&mut self, text: &str, error: bool, at: Timestamp) {
        self.unseen += usize::from(error);
        self.entries.push_back(Entry { at, text: text.to_owned(), error });
        if self.entries.len() > MOST {
            self.entries.pop_front();
        }
    }

    /// Keeps what has changed about capture.
    pub(in crate::app) fn health(&mut self, before: &Health, now: &Health, at: Timestamp) {
        match (before.gone, now.gone) {
            (false, true) => self.note("the process that served this log is gone", true, at),
            (true, false) => self.note("the log is served again", false, at),
            _ => {}
        }
        match (before.problem(), now.problem()) {
            (None, Some(why)) => self.note(&format!("events are answered 503: {why}"), true, at),
            (Some(_), None) => self.note("events are kept again", false, at),
            _ => {}
        }
        match (&before.config_error, &now.config_error) {
            (Some(_), None) => self.note("the configuration is in force as it is written", false, at),
            (before, Some(why)) if before.as_ref() != Some(why) => {
                self.note(&format!("the configuration as it was before stays in force: {why}"), true, at);
            }
            _ => {}
        }
        if now.refused > before.refused {
            self.note(&format!("{} answered 503 so far", count(now.refused, "request")), true, at);
        }
        if now.uncounted > before.uncounted {
            let text = format!("{} rejected requests were only counted so far", thousands(now.uncounted));
            self.note(&text, false, at);
        }
    }

    pub(in crate::app) fn seen(&mut self) {
        self.unseen = 0;
        self.scroll = 0;
    }

    /// Everything in the order of time.
    fn all(&self) -> Vec<Entry> {
        let goes_on = self.runs.len().saturating_sub(1);
        let runs = self.runs.iter().enumerate().flat_map(|(n, run)| {
            let begin = Entry { at: run.started_at, text: "listening begins".into(), error: false };
            let end = match run.stopped_at {
                Some(at) => Some(Entry { at, text: "listening ends".into(), error: false }),
                None if n == goes_on => None,
                None => Some(Entry {
                    at: run.last_seen,
                    text: "last sign of life: the process was killed some time after".into(),
                    error: true,
                }),
            };
            std::iter::once(begin).chain(end)
        });
        let mut all: Vec<Entry> = runs.chain(self.entries.iter().cloned()).collect();
        all.sort_by_key(|entry| entry.at);
        all
    }
}

impl App {
    pub(super) fn journal_command(&mut self, command: Command) -> Vec<Effect> {
        let page = usize::from(self.layout().panes.height).max(1);
        let by = match command {
            Command::Up => 1,
            Command::Down => -1,
            Command::PageUp => page as isize,
            Command::PageDown => -(page as isize),
            Command::HalfUp => page as isize / 2,
            Command::HalfDown => -(page as isize / 2),
            Command::First => isize::MAX,
            Command::Last => isize::MIN,
            _ => 0,
        };
        let most = self.journal.all().len().saturating_sub(1);
        self.journal.scroll = self.journal.scroll.saturating_add_signed(by).min(most);
        Vec::new()
    }

    pub(super) fn journal_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let mut date = String::new();
        let mut lines = Vec::new();
        for entry in self.journal.all() {
            let day = entry.at.date(&self.place.zone);
            if day != date {
                lines.push(Painted::of(Role::Faint, format!(" {day}")));
                date = day;
            }
            let role = if entry.error { Role::Bad } else { Role::Plain };
            let mark = if entry.error { "!" } else { " " };
            let line = Painted::of(Role::Faint, format!(" {} ", entry.at.clock(&self.place.zone)))
                .and(role, format!("{mark} {}", safe(&entry.text)));
            lines.extend(line.wrap(width, 12));
        }
        let end = lines.len().saturating_sub(self.journal.scroll).max(height.min(lines.len()));
        lines.truncate(end);
        let shown = lines.split_off(end.saturating_sub(height));
        ("Log: what happened, the newest below".to_owned(), shown)
    }
}

//! The selected event: its tabs, how far each is scrolled, how it is shown. How one moves in the body is next door.

use super::command::Command;
use super::folds::Folds;
use super::tabs::Waterfall;
use super::{App, Find};
use crate::body::{Body, Colours, Mode};
use crate::model::{
    Arrival, Attempt, Diagnosis, EventId, Headers, Judgement, Marks, Painted, StoredEvent, Timestamp, Usual,
};

/// An event with all that its tabs show.
#[derive(Debug, PartialEq)]
pub struct Opened {
    /// The event.
    pub stored: StoredEvent,
    /// Its header lines.
    pub headers: Headers,
    /// The proof, made anew.
    pub proof: Judgement,
    /// The body's index.
    pub body: Body,
    /// As a curl command.
    pub curl: String,
    /// A header that holds a secret itself.
    pub secret_header: Option<String>,
    /// How its signature can be made anew, if it can.
    pub resign: Option<Resign>,
    /// When its sender made it, and which attempt that says it is.
    pub made: (Option<Timestamp>, Option<String>),
    /// How long the last attempts of its subscribers took, and the last answers to senders.
    pub usual: Vec<Usual>,
    /// The arrivals of its family, where there are several, and after what times its sender is documented to try again, in
    /// microseconds.
    pub arrivals: (Vec<Arrival>, Vec<u64>),
    /// Events of its source that came after it though they were made before.
    pub overtook: Vec<EventId>,
    /// A secret that came with it, of a set-up question.
    pub arriving: Option<String>,
    /// Why its signature is not right, once that is known.
    pub diagnosis: Option<Diagnosis>,
    /// Guesses of the doctor so far.
    pub guesses: usize,
}

/// What is known about making a signature anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resign {
    /// Name of the secret.
    pub secret: String,
    /// Until when the signature that came is inside its entry's window.
    pub expires: Option<Timestamp>,
}

/// The tabs of the detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The body.
    #[default]
    Body,
    /// The header lines.
    Headers,
    /// The verdict and its proof.
    Signature,
    /// Attempts with their answers.
    Deliveries,
    /// Where the time went.
    Timing,
    /// What the user keeps beside it.
    Notes,
}

impl Tab {
    /// All tabs in order.
    pub const ALL: [Tab; 6] = [Tab::Body, Tab::Headers, Tab::Signature, Tab::Deliveries, Tab::Timing, Tab::Notes];
}

impl App {
    /// The marks of the opened event: the list has them as they are now.
    pub(super) fn marks_of<'a>(&'a self, opened: &'a Opened) -> &'a Marks {
        let row = self.list.selected.as_ref().filter(|row| row.id == opened.stored.id);
        row.map_or(&opened.stored.marks, |row| &row.marks)
    }

    /// The tabs with what stands on them.
    pub fn tab_names(&self) -> Vec<(Tab, String)> {
        let Some(opened) = &self.detail.opened else { return Vec::new() };
        let name = |tab| match tab {
            Tab::Body => "Body".to_owned(),
            Tab::Headers => format!("Headers {}", opened.headers.len()),
            Tab::Signature => format!("Signature {}", opened.stored.event.judgement.verdict.word()),
            Tab::Deliveries => format!("Deliveries {}", opened.stored.attempts.len()),
            Tab::Timing => "Timing".to_owned(),
            Tab::Notes if !opened.stored.drift.is_empty() => format!("Notes drift {}", opened.stored.drift.len()),
            Tab::Notes if self.marks_of(opened).note.is_some() => "Notes 1".to_owned(),
            Tab::Notes => "Notes".to_owned(),
        };
        Tab::ALL.map(|tab| (tab, name(tab))).into()
    }
}

/// The detail's state.
#[derive(Debug, Default)]
pub struct Detail {
    /// What is shown; `None` until it has been read.
    pub opened: Option<Box<Opened>>,
    /// The tab in front.
    pub tab: Tab,
    /// How the body is shown.
    pub mode: Mode,
    /// First line shown, by tab.
    scroll: [usize; Tab::ALL.len()],
    /// Rows of the body's first line that are above the pane.
    pub(in crate::app) row: usize,
    /// The body's line that fold and unfold mean.
    pub cursor: usize,
    /// Long lines are cut at the edge instead of going on in the next row.
    pub cut: bool,
    /// Columns scrolled to the right while long lines are cut.
    pub sideways: usize,
    /// What is folded.
    pub folds: Folds,
    /// What is looked for.
    pub find: Option<Find>,
    /// How its timing is looked at.
    pub waterfall: Waterfall,
    /// Credentials are shown as they came, until another event is opened.
    pub unmasked: bool,
}

impl Detail {
    /// First line shown in the tab in front.
    pub fn scroll(&self) -> usize {
        self.scroll[self.tab as usize]
    }

    pub(super) fn set_scroll(&mut self, line: usize) {
        self.scroll[self.tab as usize] = line;
    }

    /// Takes an event in; another one begins at the top.
    pub(super) fn open(&mut self, mut opened: Box<Opened>) {
        match self.opened.take() {
            // Its body cannot have changed, and this one has its colours already.
            Some(before) if before.stored.id == opened.stored.id => {
                opened.body = before.body;
                // Why its signature is not right is known already, as long as it is the same check.
                if before.proof == opened.proof {
                    (opened.diagnosis, opened.guesses) = (before.diagnosis, before.guesses);
                }
                // It may have been read before an attempt that is known already.
                if before.stored.attempts.len() > opened.stored.attempts.len() {
                    opened.stored.attempts = before.stored.attempts;
                }
            }
            _ => {
                self.scroll = Default::default();
                self.row = 0;
                self.cursor = 0;
                self.sideways = 0;
                self.folds.clear();
                self.find = None;
                self.unmasked = false;
                self.waterfall = Waterfall { scale: self.waterfall.scale, ..Waterfall::default() };
            }
        }
        self.opened = Some(opened);
    }

    /// Takes in the colours of an event's body.
    pub(super) fn paint(&mut self, id: EventId, colours: Colours) {
        if let Some(opened) = self.opened.as_mut().filter(|o| o.stored.id == id) {
            opened.body.paint(colours);
        }
    }

    /// Takes in why an event's signature is not right, or how many guesses there have been.
    pub(super) fn diagnosed(&mut self, id: EventId, guesses: usize, found: Option<Diagnosis>) {
        if let Some(opened) = self.opened.as_mut().filter(|o| o.stored.id == id) {
            opened.guesses = guesses;
            // What is known is not forgotten while it is found out once more.
            opened.diagnosis = found.or(opened.diagnosis.take());
        }
    }

    /// Takes in an attempt that has just ended, before the log is read again.
    pub(super) fn add_attempt(&mut self, attempt: &Attempt) {
        let Some(opened) = self.opened.as_mut().filter(|o| o.stored.id == attempt.what.event) else { return };
        if opened.stored.attempts.iter().all(|known| known.id < attempt.id) {
            opened.stored.attempts.push(attempt.clone());
        }
    }

    pub(super) fn turn_tab(&mut self, by: isize) {
        let count = Tab::ALL.len() as isize;
        self.tab = Tab::ALL[(self.tab as isize + by).rem_euclid(count) as usize];
        self.sideways = 0;
    }

    pub(super) fn next_mode(&mut self) {
        self.tab = Tab::Body;
        let at = Mode::ALL.iter().position(|(mode, _)| *mode == self.mode).unwrap_or(0);
        let seen = |mode| self.opened.as_ref().map_or(mode, |o| o.body.effective(mode));
        let now = seen(self.mode);
        let later = (1..=Mode::ALL.len()).map(|n| Mode::ALL[(at + n) % Mode::ALL.len()].0);
        // A mode that would show the same is passed over.
        self.find = None;
        self.mode = later.into_iter().find(|&mode| seen(mode) != now).unwrap_or(self.mode);
        self.cursor = 0;
        self.sideways = 0;
        self.show_top();
    }

    /// Carries out a command that means the picture of the tab Timing.
    pub(super) fn look_at_timing(&mut self, command: Command) {
        let tries = self.opened.as_ref().map_or(0, |opened| opened.stored.attempts.len());
        self.waterfall.obey(command, tries);
    }

    pub(super) fn show_top(&mut self) {
        self.row = 0;
        self.set_scroll(0);
    }

    pub(super) fn toggle_cut(&mut self) {
        self.cut = !self.cut;
        self.sideways = 0;
    }

    pub(super) fn toggle_mask(&mut self) {
        self.unmasked = !self.unmasked;
    }

    /// The rows that a line takes on the screen.
    pub(super) fn rows_of(&self, line: Painted, width: usize, indent: usize) -> Vec<Painted> {
        let line = self.marked(line);
        match self.cut {
            true => vec![line.window(self.sideways, width)],
            false => line.wrap(width, indent),
        }
    }

    /// The line with what is looked for.
    pub(super) fn marked(&self, line: Painted) -> Painted {
        match &self.find {
            Some(find) => line.mark(&find.needle),
            None => line,
        }
    }

    pub(super) fn scroll_left(&mut self) {
        self.sideways = self.sideways.saturating_sub(SIDEWAYS);
    }

    pub(super) fn scroll_right(&mut self) {
        let hex = self.opened.as_ref().is_some_and(|o| o.body.effective(self.mode) == Mode::Hex);
        if self.cut || self.tab == Tab::Body && hex {
            self.sideways = (self.sideways + SIDEWAYS).min(MOST_SIDEWAYS);
        }
    }
}

/// Columns of one step sideways.
const SIDEWAYS: usize = 8;
/// Columns beyond which no line goes on.
const MOST_SIDEWAYS: usize = 1 << 17;

//! The selected event: its tabs, how far each is scrolled, what is folded.

use crate::body::{Body, Mode, Shape};
use crate::model::{Attempt, EventId, Headers, Judgement, StoredEvent};
use std::collections::BTreeMap;

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
}

/// Lines read at once when lines are passed over.
const CHUNK: usize = 256;

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
}

impl Tab {
    /// All tabs in order.
    pub const ALL: [Tab; 5] = [Tab::Body, Tab::Headers, Tab::Signature, Tab::Deliveries, Tab::Timing];
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
    scroll: [usize; 5],
    /// The body's line that fold and unfold mean.
    pub cursor: usize,
    /// Columns scrolled to the right.
    pub sideways: usize,
    /// Folded lines with the lines that close them.
    pub folds: BTreeMap<usize, usize>,
}

impl Detail {
    /// First line shown in the tab in front.
    pub fn scroll(&self) -> usize {
        self.scroll[self.tab as usize]
    }

    pub(super) fn set_scroll(&mut self, line: usize) {
        self.scroll[self.tab as usize] = line;
    }

    /// Whether this event is the one shown.
    pub fn shows(&self, id: EventId) -> bool {
        self.opened.as_ref().is_some_and(|o| o.stored.id == id)
    }

    /// Takes an event in; another one begins at the top.
    pub(super) fn open(&mut self, opened: Box<Opened>) {
        if !self.shows(opened.stored.id) {
            self.scroll = [0; 5];
            self.cursor = 0;
            self.sideways = 0;
            self.folds.clear();
        }
        self.opened = Some(opened);
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
    }

    pub(super) fn next_mode(&mut self) {
        self.tab = Tab::Body;
        let at = Mode::ALL.iter().position(|(mode, _)| *mode == self.mode).unwrap_or(0);
        let seen = |mode| self.opened.as_ref().map_or(mode, |o| o.body.effective(mode));
        let now = seen(self.mode);
        let later = (1..=Mode::ALL.len()).map(|n| Mode::ALL[(at + n) % Mode::ALL.len()].0);
        // A mode that would show the same is passed over.
        self.mode = later.into_iter().find(|&mode| seen(mode) != now).unwrap_or(self.mode);
        self.cursor = 0;
        self.sideways = 0;
        self.set_scroll(0);
    }

    /// The lines of the body that are shown from `from` on, at most `count`, folded ones left out.
    pub fn body_lines(&self, from: usize, count: usize) -> Vec<usize> {
        let Some(opened) = &self.opened else { return Vec::new() };
        let len = opened.body.len(self.mode);
        let mut lines = Vec::new();
        let mut line = from;
        while line < len && lines.len() < count {
            let end = (line + CHUNK).min(len);
            let hidden = self.hidden(opened, line, end);
            let begin = line;
            while line < end && lines.len() < count {
                if !hidden.get(line - begin).copied().unwrap_or(false) {
                    lines.push(line);
                }
                line = self.fold_at(opened, line).map_or(line + 1, |close| close + 1);
            }
        }
        lines
    }

    /// Which of these lines are left out: in the tree the closing brackets are.
    fn hidden(&self, opened: &Opened, from: usize, to: usize) -> Vec<bool> {
        match opened.body.effective(self.mode) {
            Mode::Tree => opened.body.json_lines(from, to - from).iter().map(|l| l.shape == Shape::Close).collect(),
            _ => Vec::new(),
        }
    }

    /// The line that closes a fold; only the JSON views fold.
    fn fold_at(&self, opened: &Opened, line: usize) -> Option<usize> {
        self.folds_here(opened).then(|| self.folds.get(&line).copied())?
    }

    fn folds_here(&self, opened: &Opened) -> bool {
        matches!(opened.body.effective(self.mode), Mode::Pretty | Mode::Tree)
    }

    /// Moves by so many lines: the cursor in the body, the view elsewhere.
    pub(super) fn step(&mut self, by: isize, height: usize) {
        if self.tab != Tab::Body {
            let line = self.scroll().saturating_add_signed(by);
            self.set_scroll(line);
            return;
        }
        if by > 0 {
            let ahead = self.body_lines(self.cursor, by.unsigned_abs() + 1);
            self.cursor = ahead.last().copied().unwrap_or(self.cursor);
        }
        for _ in 0..by.min(0).unsigned_abs() {
            self.cursor = self.line_before(self.cursor).unwrap_or(self.cursor);
        }
        self.show_cursor(height);
    }

    pub(super) fn jump(&mut self, end: bool, height: usize) {
        if self.tab != Tab::Body {
            self.set_scroll(if end { usize::MAX } else { 0 });
            return;
        }
        let len = self.opened.as_ref().map_or(0, |o| o.body.len(self.mode));
        self.cursor = 0;
        if end {
            self.cursor = self.line_before(len).unwrap_or(0);
        }
        self.show_cursor(height);
    }

    fn line_before(&self, line: usize) -> Option<usize> {
        let opened = self.opened.as_ref()?;
        let mut line = line;
        while line > 0 {
            let from = line.saturating_sub(CHUNK);
            let hidden = self.hidden(opened, from, line);
            let shown = |at: &usize| !hidden.get(at - from).copied().unwrap_or(false);
            match (from..line).rev().find(shown) {
                Some(found) => return Some(self.outermost_fold(opened, found)),
                None => line = from,
            }
        }
        None
    }

    /// The folded line that hides this one, or the line itself.
    fn outermost_fold(&self, opened: &Opened, line: usize) -> usize {
        let hides = |(&open, &close): (&usize, &usize)| (open < line && line <= close).then_some(open);
        match self.folds_here(opened) {
            true => self.folds.range(..=line).find_map(hides).unwrap_or(line),
            false => line,
        }
    }

    fn show_cursor(&mut self, height: usize) {
        let height = height.max(1);
        if self.cursor < self.scroll() {
            self.set_scroll(self.cursor);
            return;
        }
        if self.body_lines(self.scroll(), height).contains(&self.cursor) {
            return;
        }
        let mut top = self.cursor;
        for _ in 1..height {
            top = self.line_before(top).unwrap_or(top);
        }
        self.set_scroll(top);
    }

    /// Folds what the cursor is on; where there is nothing to fold, scrolls left.
    pub(super) fn fold(&mut self) {
        if self.sideways > 0 {
            self.sideways = self.sideways.saturating_sub(8);
            return;
        }
        let close = self.opened.as_ref().filter(|o| self.folds_here(o)).and_then(|o| o.body.closing(self.cursor));
        if let Some(close) = close {
            self.folds.insert(self.cursor, close);
        }
    }

    /// Unfolds what the cursor is on; where nothing is folded, scrolls right.
    pub(super) fn unfold(&mut self) {
        if self.folds.remove(&self.cursor).is_none() {
            self.sideways = (self.sideways + 8).min(4096);
        }
    }

    /// Folds every member of the outermost level.
    pub(super) fn fold_all(&mut self) {
        let Some(opened) = &self.opened else { return };
        if !self.folds_here(opened) {
            return;
        }
        let mut line = 1;
        while line < opened.body.len(Mode::Pretty) && opened.body.is_json() {
            line = match opened.body.closing(line) {
                Some(close) => {
                    self.folds.insert(line, close);
                    close + 1
                }
                None => line + 1,
            };
        }
        self.cursor = 0;
        self.set_scroll(0);
    }

    pub(super) fn unfold_all(&mut self) {
        self.folds.clear();
    }
}

/// What changed between two answers, line by line (`-` before, `+` after).
pub fn attempt_changes(before: &Attempt, after: &Attempt) -> Vec<String> {
    let text = |attempt: &Attempt| {
        let a = &attempt.what;
        let headers = a.response_headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(b"date"));
        let mut lines = vec![format!("status {}", a.outcome())];
        lines.extend(headers.map(|(n, v)| format!("{}: {}", String::from_utf8_lossy(n), String::from_utf8_lossy(v))));
        lines.extend(String::from_utf8_lossy(&a.response_body).lines().take(2000).map(str::to_owned));
        lines.join("\n")
    };
    let (old, new) = (text(before), text(after));
    let diff = similar::TextDiff::from_lines(&old, &new);
    diff.iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal)
        .map(|change| format!("{} {}", change.tag(), change.value().trim_end_matches('\n')))
        .collect()
}

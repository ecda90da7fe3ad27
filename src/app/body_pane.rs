//! Moving in the body: the cursor's line, folds, and the rows that are in view.
//! It must not walk over more lines than it has to: a body may have millions.

use super::{Area, Detail, Opened};
use crate::body::{Mode, Notation};
use crate::model::{Painted, safe};

/// Bytes before a line from which its path is found only when it is asked for.
const FAR: usize = 1 << 20;
/// Lines read at once when lines are passed over.
const CHUNK: usize = 256;

/// A row of the body as it is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRow {
    /// The line that it belongs to.
    pub line: usize,
    /// What it shows.
    pub text: Painted,
}

impl Detail {
    /// The rows in view.
    pub fn body_rows(&self, area: Area) -> Vec<BodyRow> {
        let (height, mut above) = (usize::from(area.height), self.row);
        let mut rows = Vec::new();
        for line in self.lines_shown(self.scroll(), height) {
            let more = self.rows_of_body(line, area.width.into()).into_iter().skip(std::mem::take(&mut above));
            rows.extend(more.map(|text| BodyRow { line, text }));
            if rows.len() >= height {
                break;
            }
        }
        rows.truncate(height);
        rows
    }

    fn rows_of_body(&self, line: usize, width: usize) -> Vec<Painted> {
        let Some(opened) = &self.opened else { return Vec::new() };
        let folded = self.fold_at(opened, line).map(|close| close - line - 1);
        let (text, indent) = opened.body.line(self.mode, line, folded);
        match opened.body.effective(self.mode) {
            Mode::Hex => vec![self.marked(text).window(self.sideways, width)],
            _ => self.rows_of(text, width, indent),
        }
    }

    /// The lines shown from `from` on, at most `count`, folded ones left out.
    fn lines_shown(&self, from: usize, count: usize) -> Vec<usize> {
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
            Mode::Tree => opened.body.closing_lines(from, to - from),
            _ => Vec::new(),
        }
    }

    /// The cursor's line where lines are those of JSON.
    pub(super) fn json_line(&self) -> Option<usize> {
        let opened = self.opened.as_ref()?;
        (opened.body.is_json() && self.folds_here(opened)).then_some(self.cursor)
    }

    /// The way to the cursor's line, escaped; left out where finding it would take too long for every key.
    pub fn path(&self) -> Option<String> {
        let (opened, line) = (self.opened.as_ref()?, self.json_line()?);
        let near = opened.body.offset(line) <= FAR;
        near.then(|| safe(&opened.body.path(line, Notation::Jq)).to_string())
    }

    /// The line that closes a fold; only the JSON views fold.
    fn fold_at(&self, opened: &Opened, line: usize) -> Option<usize> {
        self.folds_here(opened).then(|| self.folds.closing(line))?
    }

    fn folds_here(&self, opened: &Opened) -> bool {
        matches!(opened.body.effective(self.mode), Mode::Pretty | Mode::Tree)
    }

    /// Moves the cursor by so many lines; in a line that is taller than the pane the view moves first.
    pub(super) fn step(&mut self, by: isize, area: Area) {
        let rows = by.unsigned_abs();
        let (above, below) = self.rows_out_of_view(area);
        if by > 0 && below > 0 {
            self.row += rows.min(below);
            return;
        }
        if by < 0 && above > 0 {
            self.row -= rows.min(above);
            return;
        }
        if by > 0 {
            let ahead = self.lines_shown(self.cursor, rows + 1);
            self.cursor = ahead.last().copied().unwrap_or(self.cursor);
        }
        for _ in 0..by.min(0).unsigned_abs() {
            self.cursor = self.line_before(self.cursor).unwrap_or(self.cursor);
        }
        self.show_cursor(area);
    }

    /// Rows of the cursor's line above and below the pane, if it is the first one in view.
    fn rows_out_of_view(&self, area: Area) -> (usize, usize) {
        if self.cursor != self.scroll() {
            return (0, 0);
        }
        let rows = self.rows_of_body(self.cursor, area.width.into()).len();
        (self.row, rows.saturating_sub(self.row + usize::from(area.height)))
    }

    /// Moves the cursor to the first or the last line.
    pub(super) fn jump(&mut self, end: bool, area: Area) {
        let len = self.opened.as_ref().map_or(0, |o| o.body.len(self.mode));
        self.cursor = 0;
        if !end {
            self.show_top();
        }
        if end {
            self.cursor = self.line_before(len).unwrap_or(0);
        }
        self.show_cursor(area);
    }

    /// Moves the cursor to a line; folds that hide it are opened.
    pub(super) fn go_to(&mut self, line: usize, area: Area) {
        self.folds.reveal(line);
        self.cursor = line;
        self.show_cursor(area);
    }

    /// The line shown before a line that is shown. What ends right above it is either shown, folded or left out.
    fn line_before(&self, line: usize) -> Option<usize> {
        let opened = self.opened.as_ref()?;
        let mut line = line;
        while line > 0 {
            let from = line.saturating_sub(CHUNK);
            let hidden = self.hidden(opened, from, line);
            while line > from {
                line -= 1;
                if let Some(open) = self.folds.opening(line).filter(|_| self.folds_here(opened)) {
                    return Some(open);
                }
                if !hidden.get(line - from).copied().unwrap_or(false) {
                    return Some(line);
                }
            }
        }
        None
    }

    /// Scrolls no further than it takes to have the cursor's line in view, or as much of it as there is room for.
    pub(super) fn show_cursor(&mut self, area: Area) {
        let height = usize::from(area.height);
        let rows = |line| self.rows_of_body(line, area.width.into()).len();
        let own = rows(self.cursor);
        if self.cursor == self.scroll() {
            self.row = self.row.min(own.saturating_sub(height.min(own)));
            return;
        }
        if self.cursor < self.scroll() {
            // Coming from below, one sees its end.
            self.row = own.saturating_sub(height);
            self.set_scroll(self.cursor);
            return;
        }
        let (mut top, mut row, mut used) = (self.cursor, 0, own);
        while used < height
            && top > self.scroll()
            && let Some(before) = self.line_before(top)
        {
            let more = rows(before);
            let hidden = if before == self.scroll() { self.row.min(more) } else { 0 };
            used += more - hidden;
            // Of a line that is too tall for the rest of the pane one sees the end.
            row = hidden + used.saturating_sub(height);
            top = before;
        }
        if top > self.scroll() || row != self.row {
            self.row = row;
            self.set_scroll(top);
        }
    }

    /// Folds what the cursor is on; where there is nothing to fold, scrolls left.
    pub(super) fn fold(&mut self) {
        let close = self.opened.as_ref().filter(|o| self.folds_here(o)).and_then(|o| o.body.closing(self.cursor));
        match close {
            Some(close) if self.sideways == 0 => self.folds.insert(self.cursor, close),
            _ => self.scroll_left(),
        }
    }

    /// Unfolds what the cursor is on; where nothing is folded, scrolls right.
    pub(super) fn unfold(&mut self) {
        if !self.folds.remove(self.cursor) {
            self.scroll_right();
        }
    }

    /// Folds what begins on the cursor's line, or unfolds it.
    pub(super) fn turn_fold(&mut self) {
        let close = self.opened.as_ref().filter(|o| self.folds_here(o)).and_then(|o| o.body.closing(self.cursor));
        if let Some(close) = close
            && !self.folds.remove(self.cursor)
        {
            self.folds.insert(self.cursor, close);
        }
    }

    /// Folds every member of the outermost level.
    pub(super) fn fold_all(&mut self) {
        let Some(opened) = &self.opened else { return };
        if !self.folds_here(opened) {
            return;
        }
        for (open, close) in opened.body.members() {
            self.folds.insert(open, close);
        }
        self.cursor = 0;
        self.show_top();
    }

    pub(super) fn unfold_all(&mut self) {
        self.folds.clear();
    }
}

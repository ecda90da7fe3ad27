//! The events list: a window of rows, a selection that only the user moves, and whether to follow.
//! It must not read the log or draw.

mod lines;
mod meant;
mod moves;
mod pages;

pub use lines::Line;

use super::Effect;
use crate::model::{Anchor, EventId, Gap, Heads, Row, Scope};
use std::collections::BTreeSet;

/// Rows asked for at once.
const WINDOW: usize = 200;
/// Rows kept while those that arrive are added.
const MOST: usize = 1000;

/// The list's state.
#[derive(Debug, Default)]
pub struct List {
    /// Loaded rows, oldest first, without gaps.
    pub rows: Vec<Row>,
    /// Where nobody listened, between the rows.
    gaps: Vec<Gap>,
    /// The row the actions mean; kept apart, for it may lie outside the window.
    pub selected: Option<Row>,
    /// Only the selected row is meant, whatever is marked: it was pointed at.
    pub(in crate::app) alone: bool,
    /// The newest row is shown.
    pub follow: bool,
    /// Events in the log.
    pub total: u64,
    /// Problems among them, where only these are shown.
    pub problems: Option<u64>,
    /// Events that match the filter, once that is known.
    pub matching: Option<u64>,
    /// There are more by now.
    pub more: bool,
    /// The rows are still being looked for.
    pub searching: bool,
    /// Events in the log, and how many of them matched, when the filter was set.
    begin: Option<(u64, u64)>,
    /// They are being counted.
    counting: bool,
    /// Which events it shows.
    pub scope: Scope,
    /// The newest stands above.
    pub newest_first: bool,
    /// Fewer columns, so that there is room for the type.
    pub compact: bool,
    /// Events marked for the next action.
    pub marked: BTreeSet<EventId>,
    /// Where a range of marks begins that ends at the selected row.
    pub range: Option<EventId>,
    /// Something has been read.
    pub loaded: bool,
    /// How far the log has come.
    pub heads: Heads,
    /// First row shown while not following.
    top: Option<EventId>,
    from_start: bool,
    to_end: bool,
    /// What was asked for and has not come yet.
    asked: Option<(Anchor, Scope)>,
    /// Other events are to be shown: the selection goes to the nearest of them.
    refit: bool,
    /// An event that is to be selected once it has been read.
    goal: Option<EventId>,
    /// In which line the selected row stood then: it stays there.
    line: Option<usize>,
    /// Marks were changed while a page was being read.
    stale: bool,
    /// How far the log had come when the rows were read.
    read_to: i64,
    /// The newest event that has been shown.
    seen: i64,
    /// A move that waits for rows that are being read.
    pending: isize,
}

impl List {
    /// The first thing to read.
    pub fn start(&mut self) -> Effect {
        self.follow = true;
        self.ask(Anchor::Newest)
    }

    /// Events that arrived since the newest row that has been shown.
    pub fn new_below(&self) -> u64 {
        match self.scope.filter {
            Some(_) => self.rows.iter().filter(|row| row.id.0 > self.seen).count() as u64,
            None => u64::try_from(self.heads.event - self.seen).unwrap_or(0),
        }
    }

    /// Events that have come since the filter was set and do not match.
    pub fn hidden(&self) -> u64 {
        let (Some((total, matching)), Some(now)) = (self.begin, self.matching) else { return 0 };
        self.total.saturating_sub(total).saturating_sub(now.saturating_sub(matching))
    }

    /// Shows other events, or folds them otherwise; the selection stays.
    pub(in crate::app) fn show(&mut self, scope: Scope, height: usize) -> Vec<Effect> {
        self.scope = scope;
        self.refit = true;
        let chosen = self.selected.as_ref().map(|row| row.id);
        self.line = self.visible_rows(height).iter().position(|row| Some(row.id) == chosen);
        (self.matching, self.more, self.counting) = (None, false, false);
        (self.searching, self.begin) = (false, None);
        match (self.follow, &self.selected) {
            (false, Some(selected)) => {
                let id = selected.id;
                self.top = Some(id);
                vec![self.ask(Anchor::Around(id))]
            }
            _ => vec![self.ask(Anchor::Newest)],
        }
    }
}

//! The events list: a window of rows, a selection that only the user moves, and whether to follow.

use super::Effect;
use crate::model::{Anchor, EventId, Heads, Page, Row};

/// Rows asked for at once.
const WINDOW: usize = 200;

/// The list's state.
#[derive(Debug, Default)]
pub struct List {
    /// Loaded rows, oldest first, without gaps.
    pub rows: Vec<Row>,
    /// The row the actions mean; kept apart, for it may lie outside the window.
    pub selected: Option<Row>,
    /// The newest row is shown.
    pub follow: bool,
    /// Events in the log.
    pub total: u64,
    /// Something has been read.
    pub loaded: bool,
    /// How far the log has come.
    pub heads: Heads,
    /// First row shown while not following.
    top: Option<EventId>,
    from_start: bool,
    to_end: bool,
    asked: bool,
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
        u64::try_from(self.heads.event - self.seen).unwrap_or(0)
    }

    /// The rows shown in `height` lines; a selected row outside of them is pinned at the edge.
    pub fn visible(&self, height: usize) -> Vec<&Row> {
        let start = self.view_start(height);
        let mut rows: Vec<&Row> = self.rows[start..].iter().take(height).collect();
        if let (Some(selected), Some(first), Some(last)) = (&self.selected, rows.first(), rows.last()) {
            let end = rows.len() - 1;
            match selected.id {
                id if id < first.id => rows[0] = selected,
                id if id > last.id => rows[end] = selected,
                _ => {}
            }
        }
        rows
    }

    /// The first row in view, pinned ones apart.
    fn view_start(&self, height: usize) -> usize {
        match (self.follow, self.top) {
            (false, Some(top)) => self.rows.partition_point(|row| row.id < top).min(self.last_start(height)),
            _ => self.last_start(height),
        }
    }

    fn last_start(&self, height: usize) -> usize {
        self.rows.len().saturating_sub(height)
    }

    fn ask(&mut self, anchor: Anchor) -> Effect {
        self.asked = true;
        Effect::Page(anchor, WINDOW)
    }

    /// The log has gone on: while following, read the newest page; a burst is one page.
    pub(super) fn heads(&mut self, heads: Heads) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.heads, heads);
        // Ids have no gaps: what is new is counted without reading it.
        self.total += u64::try_from(heads.event - before.event).unwrap_or(0);
        if self.asked {
            return Vec::new();
        }
        match (self.follow || self.rows.is_empty(), &self.selected) {
            (true, _) => vec![self.ask(Anchor::Newest)],
            (false, Some(_)) if before.attempt != heads.attempt => {
                let around = self.top.or(self.rows.first().map(|row| row.id));
                around.map(|id| self.ask(Anchor::Around(id))).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Takes a page in. The selection stays where it is; the first event ever is selected.
    pub(super) fn page(&mut self, page: Page, height: usize) -> Vec<Effect> {
        self.asked = false;
        self.loaded = true;
        self.total = page.total + u64::try_from(self.heads.event - page.heads.event).unwrap_or(0);
        self.from_start = page.from_start;
        self.to_end = page.to_end;
        let behind = page.heads.event < self.heads.event || page.heads.attempt < self.heads.attempt;
        self.heads.event = self.heads.event.max(page.heads.event);
        self.rows = page.rows;
        let mut effects = Vec::new();
        match &self.selected {
            None => effects.extend(self.select(self.rows.len().checked_sub(1))),
            Some(selected) => {
                let fresh = self.rows.iter().find(|row| row.id == selected.id).cloned();
                self.selected = fresh.or(self.selected.take());
            }
        }
        if page.anchor == Anchor::Oldest {
            effects.extend(self.select(Some(0).filter(|_| !self.rows.is_empty())));
            self.top = self.rows.first().map(|row| row.id);
        }
        let pending = std::mem::take(&mut self.pending);
        if pending != 0 {
            effects.extend(self.step(pending, height));
        }
        if self.follow {
            self.seen = self.rows.last().map_or(self.seen, |row| self.seen.max(row.id.0));
        }
        if behind && (self.follow || self.rows.is_empty()) && !self.asked {
            effects.push(self.ask(Anchor::Newest));
        }
        effects
    }

    fn select(&mut self, index: Option<usize>) -> Vec<Effect> {
        let Some(row) = index.and_then(|i| self.rows.get(i)) else { return Vec::new() };
        if self.selected.as_ref().is_some_and(|s| s.id == row.id) {
            return Vec::new();
        }
        self.selected = Some(row.clone());
        vec![Effect::Open(row.id)]
    }

    /// Moves the selection. Moving up stops following; reaching the newest row starts it.
    pub(super) fn step(&mut self, by: isize, height: usize) -> Vec<Effect> {
        let Some(selected) = &self.selected else { return Vec::new() };
        let id = selected.id;
        let shown_first = self.visible(height).first().map(|row| row.id);
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else {
            self.pending = by;
            self.follow = false;
            self.top = Some(id);
            return vec![self.ask(Anchor::Around(id))];
        };
        let wanted = at.saturating_add_signed(by);
        let beyond = (by < 0 && at < by.unsigned_abs() && !self.from_start)
            || (by > 0 && wanted >= self.rows.len() && !self.to_end);
        let to = wanted.min(self.rows.len() - 1);
        let mut effects = self.select(Some(to));
        if by < 0 {
            self.follow = false;
        }
        if beyond && !self.asked {
            effects.push(self.ask(Anchor::Around(self.rows[to].id)));
        }
        if by > 0 && self.to_end && to + 1 == self.rows.len() && self.rows[to].id.0 >= self.heads.event {
            self.follow = true;
        }
        self.keep_in_view(to, shown_first, height);
        effects
    }

    /// Selects a row that is shown, and leaves the view as it is; following ends.
    pub(super) fn choose(&mut self, id: EventId, height: usize) -> Vec<Effect> {
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else { return Vec::new() };
        let start = self.view_start(height);
        self.top = self.rows.get(start).map(|row| row.id);
        self.follow = false;
        self.select(Some(at))
    }

    /// Moves the view and not the selection; reaching the end starts to follow.
    pub(super) fn scroll(&mut self, by: isize, height: usize) -> Vec<Effect> {
        let start = self.view_start(height);
        let to = start.saturating_add_signed(by).min(self.last_start(height));
        self.top = self.rows.get(to).map(|row| row.id);
        self.follow = by > 0 && to == self.last_start(height) && self.to_end;
        let beyond =
            (by < 0 && to == 0 && !self.from_start) || (by > 0 && to == self.last_start(height) && !self.to_end);
        let last = self.rows[..(to + height).min(self.rows.len())].last();
        self.seen = last.map_or(self.seen, |row| self.seen.max(row.id.0));
        match (beyond && !self.asked, self.top) {
            (true, Some(top)) => vec![self.ask(Anchor::Around(top))],
            _ => Vec::new(),
        }
    }

    fn keep_in_view(&mut self, at: usize, shown_first: Option<EventId>, height: usize) {
        let top = shown_first.map_or(0, |id| self.rows.partition_point(|row| row.id < id));
        let top = top.clamp((at + 1).saturating_sub(height.max(1)), at);
        self.top = self.rows.get(top).map(|row| row.id);
        let last = self.rows[..(top + height).min(self.rows.len())].last();
        self.seen = last.map_or(self.seen, |row| self.seen.max(row.id.0));
    }

    /// To the first event of the log.
    pub(super) fn first(&mut self) -> Vec<Effect> {
        self.follow = false;
        vec![self.ask(Anchor::Oldest)]
    }

    /// To the newest event, following from there.
    pub(super) fn last(&mut self) -> Vec<Effect> {
        self.follow = true;
        let mut effects = Vec::new();
        if self.to_end {
            effects.extend(self.select(self.rows.len().checked_sub(1)));
        } else {
            self.selected = None;
        }
        if !self.to_end || self.rows.last().is_none_or(|row| row.id.0 < self.heads.event) {
            // The newest row is not here yet: it is selected when it comes.
            self.selected = None;
            effects = vec![self.ask(Anchor::Newest)];
        }
        effects
    }

    /// Follow on or off, the selection staying where it is.
    pub(super) fn toggle_follow(&mut self, height: usize) -> Vec<Effect> {
        if self.follow {
            self.top = self.rows.get(self.last_start(height)).map(|row| row.id);
            self.follow = false;
            return Vec::new();
        }
        self.follow = true;
        vec![self.ask(Anchor::Newest)]
    }
}

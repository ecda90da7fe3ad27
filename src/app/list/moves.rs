//! Moving the selection and the view, asking for more rows where they end.

use super::List;
use crate::app::Effect;
use crate::model::{Anchor, EventId};

impl List {
    /// What downwards is, in the order of ids.
    pub(in crate::app) fn downwards(&self, by: isize) -> isize {
        if self.newest_first { -by } else { by }
    }

    /// To an event, wherever it is; following ends.
    pub(in crate::app) fn jump(&mut self, id: EventId) -> Vec<Effect> {
        self.follow = false;
        self.goal = Some(id);
        vec![self.ask(Anchor::Around(id))]
    }

    /// Looks for the next problem downwards or upwards.
    pub(in crate::app) fn seek_problem(&mut self, by: isize) -> Vec<Effect> {
        let Some(selected) = &self.selected else { return Vec::new() };
        let id = selected.id;
        let anchor = if self.downwards(by) > 0 { Anchor::ProblemAfter(id) } else { Anchor::ProblemBefore(id) };
        vec![self.ask(anchor)]
    }

    /// The last row is the newest that there is.
    fn is_at_end(&self) -> bool {
        self.to_end && self.read_to >= self.heads.event
    }

    /// Selects a loaded row in the middle of the view; following ends.
    pub(super) fn go_to(&mut self, id: EventId, height: usize) -> Vec<Effect> {
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else { return Vec::new() };
        self.follow = false;
        self.top = self.rows.get(at.saturating_sub(height / 2)).map(|row| row.id);
        self.select(Some(at))
    }

    pub(super) fn select(&mut self, index: Option<usize>) -> Vec<Effect> {
        let Some(row) = index.and_then(|i| self.rows.get(i)) else { return Vec::new() };
        if self.selected.as_ref().is_some_and(|s| s.id == row.id) {
            return Vec::new();
        }
        self.selected = Some(row.clone());
        vec![Effect::Open(row.id)]
    }

    /// Moves the selection. Moving up stops following; reaching the newest row starts it.
    pub(in crate::app) fn step(&mut self, by: isize, height: usize) -> Vec<Effect> {
        let Some(selected) = &self.selected else {
            // What is to be selected is still being read.
            self.pending += if self.asked.is_some() { by } else { 0 };
            return Vec::new();
        };
        let id = selected.id;
        let shown_first = self.visible_rows(height).first().map(|row| row.id);
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else {
            self.pending += by;
            self.follow = false;
            self.top = Some(id);
            return vec![self.ask(Anchor::Around(id))];
        };
        let wanted = at.saturating_add_signed(by);
        let beyond = (by < 0 && at < by.unsigned_abs() && !self.from_start)
            || (by > 0 && wanted >= self.rows.len() && !self.is_at_end());
        let to = wanted.min(self.rows.len() - 1);
        let mut effects = self.select(Some(to));
        if by < 0 {
            self.follow = false;
        }
        if beyond && self.asked.is_none() {
            // What is left of the way is gone once there are more rows.
            self.pending = by - (to as isize - at as isize);
            effects.push(self.ask(Anchor::Around(self.rows[to].id)));
        }
        if by > 0 && to + 1 == self.rows.len() && self.is_at_end() {
            self.follow = true;
        }
        self.keep_in_view(to, shown_first, height);
        effects
    }

    /// Selects a row that is shown, and leaves the view as it is; following ends.
    pub(in crate::app) fn choose(&mut self, id: EventId, height: usize) -> Vec<Effect> {
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else { return Vec::new() };
        let start = self.view_start(height);
        self.top = self.rows.get(start).map(|row| row.id);
        self.follow = false;
        self.select(Some(at))
    }

    /// Moves the view and not the selection; reaching the end starts to follow.
    pub(in crate::app) fn scroll(&mut self, by: isize, height: usize) -> Vec<Effect> {
        let start = self.view_start(height);
        let to = start.saturating_add_signed(by).min(self.last_start(height));
        self.top = self.rows.get(to).map(|row| row.id);
        let at_end = to == self.last_start(height);
        self.follow = by > 0 && at_end && self.is_at_end();
        let beyond = (by < 0 && to == 0 && !self.from_start) || (by > 0 && at_end && !self.is_at_end());
        self.see(to + height);
        match (beyond && self.asked.is_none(), self.top) {
            (true, Some(top)) => vec![self.ask(Anchor::Around(top))],
            _ => Vec::new(),
        }
    }

    pub(super) fn keep_in_view(&mut self, at: usize, shown_first: Option<EventId>, height: usize) {
        let top = shown_first.map_or(0, |id| self.rows.partition_point(|row| row.id < id));
        let top = top.clamp((at + 1).saturating_sub(height.max(1)), at);
        self.top = self.rows.get(top).map(|row| row.id);
        self.see(top + height);
    }

    /// The rows before `end` have been shown.
    pub(super) fn see(&mut self, end: usize) {
        let upto = match end >= self.rows.len() && self.to_end {
            true => self.read_to,
            false => self.rows[..end.min(self.rows.len())].last().map_or(0, |row| row.id.0),
        };
        self.seen = self.seen.max(upto);
    }

    /// To the first event of the log.
    pub(in crate::app) fn first(&mut self) -> Vec<Effect> {
        self.follow = false;
        vec![self.ask(Anchor::Oldest)]
    }

    /// To the newest event, following from there.
    pub(in crate::app) fn last(&mut self) -> Vec<Effect> {
        self.follow = true;
        let mut effects = Vec::new();
        if self.to_end {
            effects.extend(self.select(self.rows.len().checked_sub(1)));
        } else {
            self.selected = None;
        }
        if !self.is_at_end() {
            // The newest row is not here yet: it is selected when it comes.
            self.selected = None;
            effects = vec![self.ask(Anchor::Newest)];
        }
        effects
    }

    /// Follow on or off, the selection staying where it is.
    pub(in crate::app) fn toggle_follow(&mut self, height: usize) -> Vec<Effect> {
        if self.follow {
            self.top = self.rows.get(self.last_start(height)).map(|row| row.id);
            self.follow = false;
            return Vec::new();
        }
        self.follow = true;
        vec![self.ask(Anchor::Newest)]
    }
}

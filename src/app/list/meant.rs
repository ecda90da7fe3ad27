//! Which events the next action means: the marked ones and those of the range, else the selected one.
//! It must not act.

use super::List;
use crate::app::Effect;
use crate::model::{EventId, Row};

impl List {
    /// Events that the next action means: the marked ones, else the selected one; oldest first.
    pub fn meant(&self) -> Vec<EventId> {
        if self.alone {
            return self.selected.iter().map(|row| row.id).collect();
        }
        let mut meant = self.marked.clone();
        meant.extend(self.ranged().iter().map(|row| row.id));
        match meant.is_empty() {
            false => meant.into_iter().collect(),
            true => self.selected.iter().map(|row| row.id).collect(),
        }
    }

    /// The rows of the range that is being chosen; none if one of its ends is not loaded.
    pub fn ranged(&self) -> &[Row] {
        let place = |id| self.rows.binary_search_by_key(&id, |row: &Row| row.id).ok();
        let ends = self.range.and_then(place).zip(self.selected.as_ref().and_then(|row| place(row.id)));
        ends.map_or(&[], |(a, b)| &self.rows[a.min(b)..=a.max(b)])
    }

    /// How many events are marked, or will be by the range.
    pub fn meant_by_marks(&self) -> usize {
        if self.alone {
            return 0;
        }
        let more = self.ranged().iter().filter(|row| !self.marked.contains(&row.id)).count();
        self.marked.len() + more
    }

    /// Whether an action would mean this row because of a mark.
    pub fn is_marked(&self, id: EventId) -> bool {
        self.marked.contains(&id) || self.ranged().iter().any(|row| row.id == id)
    }

    /// Leaves rows that are about to go: the selection moves to the nearest one that stays.
    pub(in crate::app) fn leave(&mut self, going: &[EventId], height: usize) -> Vec<Effect> {
        let Some(at) = self.selected.as_ref().and_then(|s| self.rows.iter().position(|row| row.id == s.id)) else {
            return Vec::new();
        };
        let stays = |&n: &usize| !going.contains(&self.rows[n].id);
        let next = (at..self.rows.len()).find(stays).or_else(|| (0..at).rev().find(stays));
        // What is in view stays there.
        self.top = self.rows.get(self.view_start(height)).map(|row| row.id);
        self.follow = false;
        if next.is_none() {
            // Nothing that could be meant stays.
            self.selected = None;
        }
        self.select(next)
    }
}

//! Asking for windows of rows, and taking them in: the selection stays where it is, whatever is read.
//! It must not read.

use super::{List, MOST, WINDOW};
use crate::app::Effect;
use crate::model::filter::Filter;
use crate::model::{Anchor, EventId, Heads, Page, PageWish, Scope, Verdict};

impl List {
    pub(super) fn ask(&mut self, anchor: Anchor) -> Effect {
        self.asked = Some((anchor, self.scope.clone()));
        self.stale = false;
        let keep = self.selected.as_ref().map(|row| row.id);
        Effect::Page(PageWish { anchor, limit: WINDOW, scope: self.scope.clone(), keep })
    }

    /// The log has gone on: while following, read the newest page; a burst is one page.
    pub(in crate::app) fn heads(&mut self, heads: Heads, height: usize) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.heads, heads);
        // Ids have no gaps: what is new is counted without reading it.
        self.total += u64::try_from(heads.event - before.event).unwrap_or(0);
        let beside = before.attempt != heads.attempt || before.mark != heads.mark;
        if before.mark != heads.mark && self.scope.filter.as_ref().is_some_and(Filter::speaks_of_marks) {
            self.recount();
        }
        if self.scope.filter.is_some() && self.loaded && !self.to_end {
            // What matches of it is not known here.
            self.more = true;
        }
        if self.asked.is_some() {
            self.stale |= beside;
            return Vec::new();
        }
        // Where there is room new ones are shown even when they are not followed.
        let room = self.to_end && self.rows.len() < height;
        match self.follow
            || self.rows.is_empty()
            || room && self.scope.filter.is_none() && !beside
            || self.scope.filter.is_some() && self.to_end
        {
            // With a filter only what is new is looked at: the rest may be the whole log.
            true if self.scope.filter.is_some() && self.loaded && self.to_end && !beside => {
                vec![self.ask(Anchor::After(EventId(self.read_to)))]
            }
            true => vec![self.ask(Anchor::Newest)],
            false if beside => vec![self.again()],
            false => Vec::new(),
        }
    }

    /// Reads what is shown once more.
    pub(super) fn again(&mut self) -> Effect {
        let around = self.top.or(self.rows.first().map(|row| row.id));
        match (self.follow, around) {
            (false, Some(id)) => self.ask(Anchor::Around(id)),
            _ => self.ask(Anchor::Newest),
        }
    }

    /// Takes a page in. The selection stays where it is; the first event ever is selected.
    pub(in crate::app) fn page(&mut self, page: Page, height: usize) -> Vec<Effect> {
        let other = |(anchor, scope): &(Anchor, Scope)| *anchor != page.wish.anchor || *scope != page.wish.scope;
        if page.wish.scope != self.scope || self.asked.as_ref().is_some_and(other) {
            // It was asked for before something else was to be shown: that is still to come.
            return Vec::new();
        }
        if page.searching {
            return self.partly(page);
        }
        self.asked = None;
        self.searching = false;
        match (page.wish.anchor, page.found) {
            (Anchor::After(_), _) => return self.add(page),
            (Anchor::ProblemAfter(_) | Anchor::ProblemBefore(_), None) => {
                // There is no further problem: what is shown stays as it is, but for what has come meanwhile.
                let behind = self.follow && self.read_to < self.heads.event;
                return if self.stale || behind { vec![self.again()] } else { Vec::new() };
            }
            _ => {}
        }
        self.matching = self.matching_with(&page);
        self.more &= !(page.to_end && self.matching.is_some());
        self.read_to = page.heads.event;
        self.problems = page.problems;
        self.loaded = true;
        self.total = page.total + u64::try_from(self.heads.event - page.heads.event).unwrap_or(0);
        self.from_start = page.from_start;
        self.to_end = page.to_end;
        let behind = page.heads.event < self.heads.event || page.heads.attempt < self.heads.attempt;
        self.heads.event = self.heads.event.max(page.heads.event);
        self.rows = page.rows;
        self.gaps = page.gaps;
        let mut effects = Vec::new();
        match &self.selected {
            None => effects.extend(self.select(self.rows.len().checked_sub(1))),
            Some(selected) => {
                let fresh = self.rows.iter().find(|row| row.id == selected.id).cloned();
                match fresh {
                    Some(row) => self.selected = Some(row),
                    None => effects.extend(self.keep_selected(height)),
                }
            }
        }
        if let (true, Some(line), Some(selected)) = (std::mem::take(&mut self.refit), self.line.take(), &self.selected)
            && let Ok(at) = self.rows.binary_search_by_key(&selected.id, |row| row.id)
            && !self.follow
        {
            self.top = self.rows.get(at.saturating_sub(line)).map(|row| row.id);
        }
        match (page.wish.anchor, page.found) {
            (Anchor::Oldest, _) => {
                effects.extend(self.select(Some(0).filter(|_| !self.rows.is_empty())));
                self.top = self.rows.first().map(|row| row.id);
            }
            (Anchor::ProblemAfter(_) | Anchor::ProblemBefore(_), Some(id)) => {
                effects.extend(self.go_to(id, height));
            }
            _ => {}
        }
        if let Some(id) = self.goal.take() {
            // A folded one is shown by the row that it is folded into.
            let at = self.rows.partition_point(|row| row.id < id).min(self.rows.len().saturating_sub(1));
            if let Some(row) = self.rows.get(at).map(|row| row.id) {
                effects.extend(self.go_to(row, height));
            }
        }
        let pending = std::mem::take(&mut self.pending);
        if pending != 0 {
            effects.extend(self.step(pending, height));
        }
        match self.follow {
            true => self.seen = self.seen.max(page.heads.event),
            false => self.see(self.view_start(height) + height),
        }
        if behind && (self.follow || self.rows.is_empty()) && self.asked.is_none() {
            effects.push(self.ask(Anchor::Newest));
        }
        if self.stale && self.asked.is_none() {
            effects.push(self.again());
        }
        effects
    }

    /// Takes in what has been found so far of what was asked for. What is to come replaces it.
    fn partly(&mut self, page: Page) -> Vec<Effect> {
        (self.searching, self.loaded, self.total) = (true, true, page.total);
        if matches!(page.wish.anchor, Anchor::After(_)) {
            return Vec::new();
        }
        (self.from_start, self.to_end) = (false, false);
        self.rows = page.rows;
        self.gaps.clear();
        let chosen = self.selected.as_ref().is_some_and(|chosen| self.rows.iter().any(|row| row.id == chosen.id));
        match chosen || !self.follow {
            true => Vec::new(),
            false => self.select(self.rows.len().checked_sub(1)),
        }
    }

    /// How many match, with what the page has that is new; unknown where there may be more than it has.
    fn matching_with(&self, page: &Page) -> Option<u64> {
        if page.matching.is_some() || self.matching.is_none() || page.heads.event == self.read_to {
            return page.matching.or(self.matching);
        }
        let first = page.rows.first().map_or(0, |row| row.id.0);
        let all = page.to_end && (first <= self.read_to || page.from_start);
        let new = page.rows.iter().filter(|row| row.id.0 > self.read_to).count() as u64;
        self.matching.filter(|_| all).map(|matching| matching + new)
    }

    /// Takes in rows after those that are there. It can be in the middle of a burst: then there are more.
    pub(super) fn add(&mut self, page: Page) -> Vec<Effect> {
        self.loaded = true;
        self.total = page.total + u64::try_from(self.heads.event - page.heads.event).unwrap_or(0);
        self.matching = self.matching.map(|matching| matching + page.rows.len() as u64);
        let last = page.rows.last().map_or(self.read_to, |row| row.id.0);
        self.read_to = if page.to_end { page.heads.event } else { last };
        let known = self.rows.last().map_or(0, |row| row.id.0);
        self.rows.extend(page.rows.into_iter().filter(|row| row.id.0 > known));
        self.gaps.extend(page.gaps);
        let over = self.rows.len().saturating_sub(MOST);
        match self.follow {
            true => {
                self.rows.drain(..over);
                self.from_start &= over == 0;
            }
            // What is being read stays; there is more than that.
            false if over > 0 => {
                self.rows.truncate(MOST);
                (self.to_end, self.more) = (false, true);
            }
            false => {}
        }
        if self.follow {
            self.seen = self.seen.max(self.read_to);
        }
        let mut effects = match &self.selected {
            None => self.select(self.rows.len().checked_sub(1)),
            Some(_) => Vec::new(),
        };
        if self.stale {
            effects.push(self.again());
        } else if self.read_to < self.heads.event && self.to_end {
            effects.push(self.ask(Anchor::After(EventId(self.read_to))));
        }
        effects
    }

    /// Other events match by now than those that were counted.
    pub(in crate::app) fn recount(&mut self) {
        (self.matching, self.counting) = (None, false);
    }

    /// Notes how things stood when the filter was set, once that is known.
    pub(in crate::app) fn note_begin(&mut self) {
        if self.begin.is_none() && !self.searching && self.scope.filter.is_some() {
            self.begin = self.matching.map(|matching| (self.total, matching));
        }
    }

    /// Has the matching events counted, where the rows do not tell.
    pub(in crate::app) fn count(&mut self) -> Vec<Effect> {
        match &self.scope.filter {
            Some(_) if self.matching.is_none() && !self.counting && self.loaded => {
                self.counting = true;
                vec![Effect::Count(self.scope.clone(), EventId(self.read_to))]
            }
            _ => Vec::new(),
        }
    }

    /// Takes in how many match, of the events up to `upto`.
    pub(in crate::app) fn counted(&mut self, scope: &Scope, matching: u64, upto: EventId) -> Vec<Effect> {
        if self.scope == *scope {
            self.counting = false;
            self.more &= !self.to_end;
            let since = self.rows.iter().filter(|row| row.id > upto).count() as u64;
            self.matching = Some(matching + since);
            self.note_begin();
        }
        Vec::new()
    }

    /// The selected event has no row among those that were read. Where its place is among them it keeps one, unless
    /// the user has asked for other events.
    pub(super) fn keep_selected(&mut self, height: usize) -> Vec<Effect> {
        let Some(selected) = self.selected.clone() else { return Vec::new() };
        let at = self.rows.partition_point(|row| row.id < selected.id);
        let inside = (at > 0 || self.from_start) && (at < self.rows.len() || self.to_end);
        match self.rows.get(at).or(self.rows.last()).map(|row| row.id) {
            Some(nearest) if self.refit && self.follow => {
                self.select(Some(self.rows.partition_point(|r| r.id < nearest)))
            }
            Some(nearest) if self.refit => self.go_to(nearest, height),
            None if self.refit => {
                // Nothing that could be meant is shown.
                self.selected = None;
                Vec::new()
            }
            _ if inside && !self.refit => {
                self.rows.insert(at, selected);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

impl List {
    /// An event has this verdict now, whether its row is read again or not.
    pub(in crate::app) fn judged(&mut self, id: EventId, verdict: Verdict) {
        let rows = self.rows.iter_mut().chain(&mut self.selected).filter(|row| row.id == id);
        rows.for_each(|row| row.verdict = verdict);
    }

    /// What was asked for could not be read: it is asked for again when the log goes on.
    pub(in crate::app) fn failed(&mut self) {
        (self.asked, self.counting) = (None, false);
    }
}

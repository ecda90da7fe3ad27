//! The events list: a window of rows, a selection that only the user moves, and whether to follow.

use super::Effect;
use crate::model::filter::Filter;
use crate::model::{Anchor, EventId, Gap, Heads, Page, PageWish, Row, Scope};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Rows asked for at once.
const WINDOW: usize = 200;
/// Rows kept while those that arrive are added.
const MOST: usize = 1000;

/// A line of the list.
#[derive(Debug, PartialEq)]
pub enum Line<'a> {
    /// An event.
    Event(&'a Row),
    /// Nobody listened.
    Gap(&'a Gap),
    /// The events below are of this day.
    Day(String),
}

impl<'a> Line<'a> {
    /// The event that stands in it, if one does.
    pub fn event(&self) -> Option<&'a Row> {
        match self {
            Line::Event(row) => Some(row),
            Line::Gap(_) | Line::Day(_) => None,
        }
    }
}

/// The list's state.
#[derive(Debug, Default)]
pub struct List {
    /// Loaded rows, oldest first, without gaps.
    pub rows: Vec<Row>,
    /// Where nobody listened, between the rows.
    gaps: Vec<Gap>,
    /// The row the actions mean; kept apart, for it may lie outside the window.
    pub selected: Option<Row>,
    /// The newest row is shown.
    pub follow: bool,
    /// Events in the log.
    pub total: u64,
    /// Problems among them, where only these are shown.
    pub problems: Option<u64>,
    /// Events that match the filter, once that is known.
    pub matching: Option<u64>,
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
    asked: bool,
    /// Other events are to be shown: the selection goes to the nearest of them.
    refit: bool,
    /// An event that is to be selected once it has been read.
    goal: Option<EventId>,
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
        u64::try_from(self.heads.event - self.seen).unwrap_or(0)
    }

    /// What stands in `height` lines, from above: rows, with lines between them where a day ends or nobody listened.
    /// A selected row outside of them is pinned at the edge.
    pub fn visible(&self, height: usize, zone: &TimeZone) -> Vec<Line<'_>> {
        let rows = self.visible_rows(height);
        let mut lines: Vec<Line> = Vec::with_capacity(rows.len());
        for (n, row) in rows.iter().enumerate() {
            if let Some(before) = n.checked_sub(1).map(|n| rows[n]) {
                let gaps = self.gaps.iter().filter(|gap| before.id <= gap.after && gap.after < row.id);
                lines.extend(gaps.map(Line::Gap));
                let day = row.received_at.date(zone);
                if before.received_at.date(zone) != day {
                    lines.push(Line::Day(day));
                }
            }
            lines.push(Line::Event(row));
        }
        // There may be more than there is room for: the end while following, else the begin, the selected row with it.
        let over = lines.len().saturating_sub(height);
        let chosen = self.selected.as_ref().map(|row| row.id);
        let selected = lines.iter().position(|line| line.event().is_some_and(|row| Some(row.id) == chosen));
        let first = if self.follow { over } else { 0 };
        let first = selected.map_or(first, |at| first.clamp((at + 1).saturating_sub(height), at));
        lines.truncate(first + height);
        lines.drain(..first);
        if self.newest_first {
            lines.reverse();
        }
        lines
    }

    fn visible_rows(&self, height: usize) -> Vec<&Row> {
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

    /// What downwards is, in the order of ids.
    pub(super) fn downwards(&self, by: isize) -> isize {
        if self.newest_first { -by } else { by }
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
        self.stale = false;
        let keep = self.selected.as_ref().map(|row| row.id);
        Effect::Page(PageWish { anchor, limit: WINDOW, scope: self.scope.clone(), keep })
    }

    /// The log has gone on: while following, read the newest page; a burst is one page.
    pub(super) fn heads(&mut self, heads: Heads) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.heads, heads);
        // Ids have no gaps: what is new is counted without reading it.
        self.total += u64::try_from(heads.event - before.event).unwrap_or(0);
        let beside = before.attempt != heads.attempt || before.mark != heads.mark;
        if self.asked {
            self.stale |= beside;
            return Vec::new();
        }
        match self.follow || self.rows.is_empty() {
            // With a filter only what is new is looked at: the rest may be the whole log.
            true if self.scope.filter.is_some() && self.loaded && !beside => {
                vec![self.ask(Anchor::After(EventId(self.read_to)))]
            }
            true => vec![self.ask(Anchor::Newest)],
            false if beside => vec![self.again()],
            false => Vec::new(),
        }
    }

    /// Reads what is shown once more.
    fn again(&mut self) -> Effect {
        let around = self.top.or(self.rows.first().map(|row| row.id));
        match (self.follow, around) {
            (false, Some(id)) => self.ask(Anchor::Around(id)),
            _ => self.ask(Anchor::Newest),
        }
    }

    /// Shows other events, or folds them otherwise; the selection stays.
    pub(super) fn show(&mut self, scope: Scope) -> Vec<Effect> {
        self.scope = scope;
        self.refit = true;
        (self.matching, self.counting) = (None, false);
        match (self.follow, &self.selected) {
            (false, Some(selected)) => {
                let id = selected.id;
                self.top = Some(id);
                vec![self.ask(Anchor::Around(id))]
            }
            _ => vec![self.ask(Anchor::Newest)],
        }
    }

    /// To an event, wherever it is; following ends.
    pub(super) fn jump(&mut self, id: EventId) -> Vec<Effect> {
        self.follow = false;
        self.goal = Some(id);
        vec![self.ask(Anchor::Around(id))]
    }

    /// Looks for the next problem downwards or upwards.
    pub(super) fn seek_problem(&mut self, by: isize) -> Vec<Effect> {
        let Some(selected) = &self.selected else { return Vec::new() };
        let id = selected.id;
        let anchor = if self.downwards(by) > 0 { Anchor::ProblemAfter(id) } else { Anchor::ProblemBefore(id) };
        vec![self.ask(anchor)]
    }

    /// Events that the next action means: the marked ones, else the selected one; oldest first.
    pub fn meant(&self) -> Vec<EventId> {
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
        let more = self.ranged().iter().filter(|row| !self.marked.contains(&row.id)).count();
        self.marked.len() + more
    }

    /// Whether an action would mean this row because of a mark.
    pub fn is_marked(&self, id: EventId) -> bool {
        self.marked.contains(&id) || self.ranged().iter().any(|row| row.id == id)
    }

    /// Leaves rows that are about to go: the selection moves to the nearest one that stays.
    pub(super) fn leave(&mut self, going: &[EventId]) -> Vec<Effect> {
        let Some(at) = self.selected.as_ref().and_then(|s| self.rows.iter().position(|row| row.id == s.id)) else {
            return Vec::new();
        };
        let stays = |&n: &usize| !going.contains(&self.rows[n].id);
        let next = (at..self.rows.len()).find(stays).or_else(|| (0..at).rev().find(stays));
        self.follow = false;
        self.top = self.top.or(self.rows.first().map(|row| row.id));
        self.select(next)
    }

    /// Takes a page in. The selection stays where it is; the first event ever is selected.
    pub(super) fn page(&mut self, page: Page, height: usize) -> Vec<Effect> {
        if page.wish.scope != self.scope {
            // It was asked for before something else was to be shown: that is still to come.
            return Vec::new();
        }
        self.asked = false;
        if matches!(page.wish.anchor, Anchor::After(_)) {
            return self.add(page);
        }
        self.read_to = page.heads.event;
        self.matching = page.matching.or(self.matching);
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
        self.refit = false;
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
        if self.follow {
            self.seen = self.seen.max(page.heads.event);
        }
        if behind && (self.follow || self.rows.is_empty()) && !self.asked {
            effects.push(self.ask(Anchor::Newest));
        }
        if self.stale && !self.asked {
            effects.push(self.again());
        }
        effects
    }

    /// Takes in rows after those that are there. It can be in the middle of a burst: then there are more.
    fn add(&mut self, page: Page) -> Vec<Effect> {
        self.loaded = true;
        self.total = page.total + u64::try_from(self.heads.event - page.heads.event).unwrap_or(0);
        self.matching = self.matching.map(|matching| matching + page.rows.len() as u64);
        let last = page.rows.last().map_or(self.read_to, |row| row.id.0);
        self.read_to = if page.to_end { page.heads.event } else { last };
        let known = self.rows.last().map_or(0, |row| row.id.0);
        self.rows.extend(page.rows.into_iter().filter(|row| row.id.0 > known));
        self.gaps.extend(page.gaps);
        let over = self.rows.len().saturating_sub(MOST);
        self.rows.drain(..over);
        self.from_start &= over == 0;
        if self.follow {
            self.seen = self.seen.max(self.read_to);
        }
        let mut effects = match &self.selected {
            None => self.select(self.rows.len().checked_sub(1)),
            Some(_) => Vec::new(),
        };
        if self.stale {
            effects.push(self.again());
        } else if self.read_to < self.heads.event && self.follow {
            effects.push(self.ask(Anchor::After(EventId(self.read_to))));
        }
        effects
    }

    /// Has the matching events counted, where the rows do not tell.
    pub(super) fn count(&mut self) -> Vec<Effect> {
        match &self.scope.filter {
            Some(filter) if self.matching.is_none() && !self.counting && self.loaded => {
                self.counting = true;
                vec![Effect::Count(filter.clone(), EventId(self.read_to))]
            }
            _ => Vec::new(),
        }
    }

    /// Takes in how many match, of the events up to `upto`.
    pub(super) fn counted(&mut self, filter: &Filter, matching: u64, upto: EventId) -> Vec<Effect> {
        if self.scope.filter.as_ref() == Some(filter) {
            let since = self.rows.iter().filter(|row| row.id > upto).count() as u64;
            self.matching = Some(matching + since);
        }
        Vec::new()
    }

    /// The selected event has no row among those that were read. Where its place is among them it keeps one, unless
    /// the user has asked for other events.
    fn keep_selected(&mut self, height: usize) -> Vec<Effect> {
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

    /// Selects a loaded row in the middle of the view; following ends.
    fn go_to(&mut self, id: EventId, height: usize) -> Vec<Effect> {
        let Ok(at) = self.rows.binary_search_by_key(&id, |row| row.id) else { return Vec::new() };
        self.follow = false;
        self.top = self.rows.get(at.saturating_sub(height / 2)).map(|row| row.id);
        self.select(Some(at))
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
        let Some(selected) = &self.selected else {
            // What is to be selected is still being read.
            self.pending += if self.asked { by } else { 0 };
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
            || (by > 0 && wanted >= self.rows.len() && !self.to_end);
        let to = wanted.min(self.rows.len() - 1);
        let mut effects = self.select(Some(to));
        if by < 0 {
            self.follow = false;
        }
        if beyond && !self.asked {
            effects.push(self.ask(Anchor::Around(self.rows[to].id)));
        }
        if by > 0 && self.to_end && to + 1 == self.rows.len() && self.read_to >= self.heads.event {
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
        self.see(to + height);
        match (beyond && !self.asked, self.top) {
            (true, Some(top)) => vec![self.ask(Anchor::Around(top))],
            _ => Vec::new(),
        }
    }

    fn keep_in_view(&mut self, at: usize, shown_first: Option<EventId>, height: usize) {
        let top = shown_first.map_or(0, |id| self.rows.partition_point(|row| row.id < id));
        let top = top.clamp((at + 1).saturating_sub(height.max(1)), at);
        self.top = self.rows.get(top).map(|row| row.id);
        self.see(top + height);
    }

    /// The rows before `end` have been shown.
    fn see(&mut self, end: usize) {
        let upto = match end >= self.rows.len() && self.to_end {
            true => self.read_to,
            false => self.rows[..end.min(self.rows.len())].last().map_or(0, |row| row.id.0),
        };
        self.seen = self.seen.max(upto);
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
        if !self.to_end || self.read_to < self.heads.event {
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

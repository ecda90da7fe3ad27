//! Moving: rows, lines, pages, panes, zoom. Nothing here asks for more than rows to be read.

use super::command::Command;
use super::{App, Effect, Focus, Tab};
use crate::model::Timestamp;

impl App {
    /// Carries out a command that moves something.
    pub(super) fn movement(&mut self, command: Command) -> Vec<Effect> {
        let area = self.layout();
        let page = if self.focus == Focus::List { area.list_rows() } else { area.detail_lines() };
        let page = page.height.max(1) as isize;
        match command {
            Command::Down => self.step(1),
            Command::Up => self.step(-1),
            Command::PageDown => self.step(page),
            Command::PageUp => self.step(-page),
            Command::HalfDown => self.step((page / 2).max(1)),
            Command::HalfUp => self.step(-(page / 2).max(1)),
            Command::First => self.jump(false),
            Command::Last => self.jump(true),
            Command::DetailDown => self.scroll_view(1),
            Command::DetailUp => self.scroll_view(-1),
            Command::NextPane => self.focus(if self.focus == Focus::List { Focus::Detail } else { Focus::List }),
            Command::Open => {
                // One pane under the other: the opened one gets all rows.
                self.zoom |= self.layout().is_stacked();
                self.focus(Focus::Detail)
            }
            Command::Zoom => {
                self.zoom = !self.zoom;
                Vec::new()
            }
            // What does not move is carried out elsewhere.
            _ => Vec::new(),
        }
    }

    /// Zooming, folding, wrapping and sizes may move the body's line out of view.
    pub(super) fn keep_cursor_in_view(&mut self) {
        let area = self.layout().detail_lines();
        if self.detail.tab == Tab::Body && area.height > 0 {
            self.detail.show_cursor(area);
        }
    }

    fn focus(&mut self, focus: Focus) -> Vec<Effect> {
        self.focus = focus;
        Vec::new()
    }

    /// Scrolls by so many lines, as far as there are any.
    pub(super) fn scroll_detail(&mut self, by: isize) -> Vec<Effect> {
        let area = self.layout().detail_lines();
        if area.height == 0 {
            return Vec::new();
        }
        if self.detail.tab == Tab::Body {
            return self.detail_do(|d| d.step(by, area));
        }
        let rows = self.tab_rows(area.width).len();
        let fits = rows <= self.layout().detail_with_foot().height.into();
        let most = if fits { 0 } else { rows.saturating_sub(area.height.into()) };
        let line = self.detail.scroll().saturating_add_signed(by).min(most);
        self.detail_do(|d| d.set_scroll(line))
    }

    /// Scrolls what is seen, wherever in it the cursor is: it comes along.
    pub(super) fn scroll_view(&mut self, by: isize) -> Vec<Effect> {
        if self.detail.tab == Tab::Body {
            let rows = self.detail.body_rows(self.layout().detail_lines());
            let edge = if by > 0 { rows.last() } else { rows.first() };
            self.detail.cursor = edge.map_or(self.detail.cursor, |row| row.line);
        }
        self.scroll_detail(by)
    }

    fn step(&mut self, by: isize) -> Vec<Effect> {
        match self.focus {
            Focus::List => self.list.step(self.list.downwards(by), self.list_height()),
            Focus::Detail => self.scroll_detail(by),
        }
    }

    fn jump(&mut self, end: bool) -> Vec<Effect> {
        let area = self.layout().detail_lines();
        match (self.focus, end) {
            // The newest is where one follows, wherever it stands.
            (Focus::List, true) => self.list.last(),
            (Focus::List, false) => self.list.first(),
            (Focus::Detail, end) if self.detail.tab == Tab::Body => self.detail_do(|d| d.jump(end, area)),
            (Focus::Detail, true) => self.scroll_detail(isize::MAX),
            (Focus::Detail, false) => self.detail_do(|d| d.set_scroll(0)),
        }
    }

    /// One step back: what is looked for, marks, the view that has put its filter in force, the pane.
    pub(super) fn back(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.detail.find.take().is_some() {
            return Vec::new();
        }
        if self.compared.take().is_some() {
            return Vec::new();
        }
        if self.list.meant_by_marks() > 0 || self.list.range.is_some() {
            // What was said of them is no longer so.
            self.toast = self.toast.take().filter(|toast| toast.error);
        }
        if self.list.range.take().is_some() || !std::mem::take(&mut self.list.marked).is_empty() {
            return Vec::new();
        }
        // A filter of another view goes back there.
        let at_root = !self.zoom && self.focus == Focus::List;
        if let Some(effects) = at_root.then(|| self.leave_window(at)).flatten() {
            return effects;
        }
        // A filter stays, unless it shows nothing.
        if !self.zoom && self.list.rows.is_empty() && self.list.scope.filter.is_some() {
            return self.filter(None);
        }
        match (self.zoom, self.focus) {
            (true, _) => {
                self.zoom = false;
                self.focus = Focus::List;
            }
            (false, _) => self.focus = Focus::List,
        }
        Vec::new()
    }
}

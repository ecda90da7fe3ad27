//! The mouse: a click chooses what it points at, the wheel moves the pane under the pointer.
//! It must not be the only way to anything: whatever it does a key does too.

use super::{App, Area, Effect, Focus, Overlay, Tab};
use crate::model::Timestamp;

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;
/// A second click on one place within this opens it, in microseconds.
const DOUBLE_US: i64 = 400_000;

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button was pressed.
    Click,
    /// The wheel was turned up.
    WheelUp,
    /// The wheel was turned down.
    WheelDown,
}

impl App {
    pub(super) fn mouse(&mut self, gesture: Gesture, at: (u16, u16), when: Timestamp) -> Vec<Effect> {
        if !matches!(self.overlay, Overlay::None) || self.is_first_run() {
            return Vec::new();
        }
        let layout = self.layout();
        let by = match gesture {
            Gesture::Click => 0,
            Gesture::WheelUp => -NOTCH,
            Gesture::WheelDown => NOTCH,
        };
        if layout.list.holds(at) {
            return match gesture {
                Gesture::Click => self.click_list(at, when),
                _ => self.list.step(by, self.list_height()),
            };
        }
        if layout.detail.holds(at) {
            self.focus = Focus::Detail;
            return match gesture {
                Gesture::Click => self.click_detail(at),
                _ => self.scroll_detail(by),
            };
        }
        Vec::new()
    }

    /// Chooses the row; a second click opens it.
    fn click_list(&mut self, at: (u16, u16), when: Timestamp) -> Vec<Effect> {
        self.focus = Focus::List;
        let rows = self.layout().list_rows();
        let again = self.clicked.is_some_and(|(place, before)| place == at && when.since(before) < DOUBLE_US);
        self.clicked = Some((at, when));
        let Some(row) = at.1.checked_sub(rows.y).filter(|_| rows.holds(at)) else { return Vec::new() };
        let height = self.list_height();
        let Some(id) = self.list.visible(height).get(usize::from(row)).map(|row| row.id) else { return Vec::new() };
        let effects = self.list.choose(id, height);
        if again {
            self.zoom |= self.layout().is_stacked();
            self.focus = Focus::Detail;
        }
        effects
    }

    /// Turns to the tab, or moves the body's cursor to the line.
    fn click_detail(&mut self, at: (u16, u16)) -> Vec<Effect> {
        let layout = self.layout();
        let inside = layout.detail.inside(layout.boxed);
        if at.1 == inside.y {
            let mut x = inside.x;
            for (tab, name) in self.tab_names() {
                let width = name.chars().count() as u16 + 2;
                if (x..x + width).contains(&at.0) {
                    self.detail.tab = tab;
                    self.detail.sideways = 0;
                }
                x += width;
            }
            return Vec::new();
        }
        let area = layout.detail_lines();
        if self.detail.tab == Tab::Body && area.holds(at) {
            let row = usize::from(at.1 - area.y);
            if let Some(line) = self.detail.body_rows(area).get(row).map(|row| row.line) {
                self.detail.cursor = line;
            }
        }
        Vec::new()
    }
}

impl Area {
    /// Whether a cell lies in it.
    fn holds(self, (x, y): (u16, u16)) -> bool {
        (self.x..self.x + self.width).contains(&x) && (self.y..self.y + self.height).contains(&y)
    }
}

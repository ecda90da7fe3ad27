//! Where each pane lies on a screen of a given size (tiers: one above the other, side by side, three columns).
//! It must not draw; `ui` draws into these areas and `update` scrolls by their sizes.

use super::{App, Focus};

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Column of its left edge.
    pub x: u16,
    /// Row of its upper edge.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

/// The panes of a screen; one that is not shown has no rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// All panes together.
    pub panes: Area,
    /// The events list.
    pub list: Area,
    /// The detail.
    pub detail: Area,
    /// Deliveries and timing, always in view.
    pub aside: Area,
    /// The panes have frames.
    pub boxed: bool,
}

/// Columns from which list and detail stand side by side.
const WIDE: u16 = 100;
/// Columns from which there is a third pane.
const WIDEST: u16 = 180;
/// The most by which the list can be made wider or narrower, in percent of the screen.
pub(super) const MOST_SPLIT: i8 = 25;
/// Rows from which there is room for frames.
const BOXED: u16 = 20;

impl Area {
    /// What a frame leaves of it.
    pub fn inside(self, boxed: bool) -> Area {
        let frame = u16::from(boxed);
        Area {
            x: self.x + frame,
            y: self.y + frame,
            width: self.width.saturating_sub(2 * frame),
            height: self.height.saturating_sub(2 * frame),
        }
    }

    /// A rectangle of at most this size in its middle.
    pub fn middle(self, size: (u16, u16)) -> Area {
        let (width, height) = (size.0.min(self.width), size.1.min(self.height));
        let (x, y) = (self.x + (self.width - width) / 2, self.y + (self.height - height) / 2);
        Area { x, y, width, height }
    }

    fn left(self, width: u16) -> (Area, Area) {
        let rest = Area { x: self.x + width, width: self.width - width, ..self };
        (Area { width, ..self }, rest)
    }
}

impl Layout {
    /// The panes of a screen of `size`, `zoom` being the pane that has it alone.
    /// `split` is how much wider or higher the list is, in percent.
    pub fn new(size: (u16, u16), zoom: Option<Focus>, split: i8) -> Layout {
        // Header above; the line for messages and the hints below.
        let panes = Area { x: 0, y: 1, width: size.0, height: size.1.saturating_sub(3) };
        let empty = Layout { panes, boxed: size.1 >= BOXED, ..Layout::default() };
        match zoom {
            Some(Focus::List) => Layout { list: panes, ..empty },
            Some(Focus::Detail) => Layout { detail: panes, ..empty },
            None if size.0 >= WIDEST => {
                let (list, rest) = panes.left(moved(part(size.0, 3, 8), size.0, split));
                let (detail, aside) = rest.left(part(size.0, 3, 8));
                Layout { list, detail, aside, ..empty }
            }
            None if size.0 >= WIDE => {
                let (list, detail) = panes.left(moved(part(size.0, 46, 100), size.0, split));
                Layout { list, detail, ..empty }
            }
            None => {
                let height = moved((panes.height * 3 / 7).max(6), panes.height, split).min(panes.height);
                let detail = Area { y: panes.y + height, height: panes.height - height, ..panes };
                Layout { list: Area { height, ..panes }, detail, ..empty }
            }
        }
    }

    /// List and detail stand one above the other.
    pub fn is_stacked(&self) -> bool {
        self.panes.width < WIDE
    }

    /// The list's rows, its heading taken off.
    pub fn list_rows(&self) -> Area {
        below_heading(self.list.inside(self.boxed))
    }

    /// The detail's lines, its tabs and its foot taken off.
    pub fn detail_lines(&self) -> Area {
        let lines = self.detail_with_foot();
        Area { height: lines.height.saturating_sub(1), ..lines }
    }

    /// The detail's lines with the foot, for a tab that has no more lines than that.
    pub fn detail_with_foot(&self) -> Area {
        below_heading(self.detail.inside(self.boxed))
    }
}

/// So many of so many parts.
fn part(whole: u16, of: u32, parts: u32) -> u16 {
    (u32::from(whole) * of / parts) as u16
}

/// `first` more or fewer by so many percent of the whole; some of the whole is always left for the other.
fn moved(first: u16, whole: u16, percent: i8) -> u16 {
    let by = i32::from(whole) * i32::from(percent) / 100;
    let least = first.min(6);
    (i32::from(first) + by).clamp(least.into(), i32::from(whole.saturating_sub(6).max(least))) as u16
}

fn below_heading(inside: Area) -> Area {
    Area { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside }
}

/// By how much one key press moves the border, in percent.
const STEP: i8 = 5;

impl App {
    /// Moves the border between list and detail.
    pub(super) fn resize_list(&mut self, by: i8) {
        self.split = (self.split + by * STEP).clamp(-MOST_SPLIT, MOST_SPLIT);
    }

    /// Whether a place on the screen is the border between list and detail.
    pub(super) fn is_border(&self, (x, y): (u16, u16)) -> bool {
        let Layout { list, detail, boxed, .. } = self.layout();
        if list.height == 0 || detail.height == 0 {
            return false;
        }
        match self.layout().is_stacked() {
            true => boxed && (y + 1 == detail.y || y == detail.y),
            false => (x + 1 == detail.x || x == detail.x) && detail.holds((detail.x, y)),
        }
    }

    /// The border follows the mouse.
    pub(super) fn drag_border(&mut self, (x, y): (u16, u16)) {
        let first = Layout::new(self.room(), None, 0);
        let (to, from, whole) = match first.is_stacked() {
            true => (y.saturating_sub(first.panes.y), first.list.height, first.panes.height),
            false => (x, first.list.width, self.size.0),
        };
        let percent = (i32::from(to) - i32::from(from)) * 100 / i32::from(whole.max(1));
        self.split = percent.clamp((-MOST_SPLIT).into(), MOST_SPLIT.into()) as i8;
    }

    /// The screen without the tour at its foot.
    fn room(&self) -> (u16, u16) {
        (self.size.0, self.size.1.saturating_sub(self.tour_height()))
    }

    /// The row of the hints.
    pub(super) fn hints_row(&self) -> u16 {
        self.room().1.saturating_sub(1)
    }

    /// The panes as they are now.
    pub fn layout(&self) -> Layout {
        Layout::new(self.room(), self.zoom.then_some(self.focus), self.split)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tiers() {
        let panes = |size| {
            let layout = Layout::new(size, None, 0);
            (layout.list.width, layout.detail.width, layout.aside.width, layout.boxed)
        };
        assert_eq!(panes((60, 15)), (60, 60, 0, false));
        assert_eq!(panes((80, 24)), (80, 80, 0, true));
        assert_eq!(panes((140, 40)), (64, 76, 0, true));
        assert_eq!(panes((200, 60)), (75, 75, 50, true));
    }

    proptest! {
        #[test]
        fn no_pane_leaves_the_screen(width in 0u16..=u16::MAX, height in 0u16..100, split in -MOST_SPLIT..=MOST_SPLIT) {
            for zoom in [None, Some(Focus::List), Some(Focus::Detail)] {
                let layout = Layout::new((width, height), zoom, split);
                for area in [layout.list, layout.detail, layout.aside, layout.panes] {
                    prop_assert!(area.x + area.width <= width.max(area.x) && area.height <= height.saturating_sub(3));
                }
            }
        }
    }
}

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

    fn left(self, width: u16) -> (Area, Area) {
        let rest = Area { x: self.x + width, width: self.width - width, ..self };
        (Area { width, ..self }, rest)
    }
}

impl Layout {
    /// The panes of a screen of `size`, `zoom` being the pane that has it alone.
    pub fn new(size: (u16, u16), zoom: Option<Focus>) -> Layout {
        // Header above; the line for messages and the hints below.
        let panes = Area { x: 0, y: 1, width: size.0, height: size.1.saturating_sub(3) };
        let empty = Layout { panes, boxed: size.1 >= BOXED, ..Layout::default() };
        match zoom {
            Some(Focus::List) => Layout { list: panes, ..empty },
            Some(Focus::Detail) => Layout { detail: panes, ..empty },
            None if size.0 >= WIDEST => {
                let (list, rest) = panes.left(part(size.0, 3, 8));
                let (detail, aside) = rest.left(part(size.0, 3, 8));
                Layout { list, detail, aside, ..empty }
            }
            None if size.0 >= WIDE => {
                let (list, detail) = panes.left(part(size.0, 46, 100));
                Layout { list, detail, ..empty }
            }
            None => {
                let height = (panes.height * 3 / 7).max(6).min(panes.height);
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

fn below_heading(inside: Area) -> Area {
    Area { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside }
}

impl App {
    /// The panes as they are now.
    pub fn layout(&self) -> Layout {
        Layout::new(self.size, self.zoom.then_some(self.focus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tiers() {
        let panes = |size| {
            let layout = Layout::new(size, None);
            (layout.list.width, layout.detail.width, layout.aside.width, layout.boxed)
        };
        assert_eq!(panes((60, 15)), (60, 60, 0, false));
        assert_eq!(panes((80, 24)), (80, 80, 0, true));
        assert_eq!(panes((140, 40)), (64, 76, 0, true));
        assert_eq!(panes((200, 60)), (75, 75, 50, true));
    }

    proptest! {
        #[test]
        fn no_pane_leaves_the_screen(width in 0u16..=u16::MAX, height in 0u16..100) {
            for zoom in [None, Some(Focus::List), Some(Focus::Detail)] {
                let layout = Layout::new((width, height), zoom);
                for area in [layout.list, layout.detail, layout.aside, layout.panes] {
                    prop_assert!(area.x + area.width <= width.max(area.x) && area.height <= height.saturating_sub(3));
                }
            }
        }
    }
}

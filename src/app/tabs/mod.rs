//! What the tabs of the detail say, as lines of painted text for a given width.
//! It must not know where on the screen they stand; how far they are scrolled is `Detail`'s.

mod deliveries;
mod headers;
mod notes;
pub(super) mod signature;
pub(super) mod timing;

pub use timing::Waterfall;

use super::{App, Opened, Tab};
use crate::model::{Painted, Role};

/// Columns by which the further rows of a long line are moved in.
const INDENT: usize = 6;

impl App {
    /// All lines of a tab other than the body; those of the body are made one by one.
    pub(super) fn tab_lines(&self, tab: Tab, opened: &Opened, width: usize) -> Vec<Painted> {
        match tab {
            Tab::Body => Vec::new(),
            Tab::Headers => headers::lines(opened, self.detail.unmasked),
            // Cut lines can be scrolled sideways: then nothing is cut beforehand.
            Tab::Signature => signature::lines(opened, Some(width).filter(|_| !self.detail.cut)),
            Tab::Deliveries => deliveries::lines(
                opened,
                usize::MAX,
                &self.place.zone,
                deliveries::Answers::Whole { unmasked: self.detail.unmasked },
            ),
            Tab::Timing => timing::lines(opened, &self.detail.waterfall, &self.place.zone, width),
            Tab::Notes => notes::lines(self.marks_of(opened), &opened.stored.drift, &self.place.zone),
        }
    }

    /// The rows of the tab in front, the body apart, wrapped or cut to `width`.
    pub fn tab_rows(&self, width: u16) -> Vec<Painted> {
        let Some(opened) = &self.detail.opened else { return Vec::new() };
        let lines = self.tab_lines(self.detail.tab, opened, width.into()).into_iter();
        lines.flat_map(|line| self.tab_line_rows(line, width)).collect()
    }

    /// The rows of one of its lines.
    pub(super) fn tab_line_rows(&self, line: Painted, width: u16) -> Vec<Painted> {
        self.detail.rows_of(line, width.into(), INDENT)
    }

    /// What the third column of a wide screen says: how it went, at a glance.
    /// It has `height` rows; older attempts than would fit are not even looked at.
    pub fn aside_lines(&self, opened: &Opened, width: usize, height: usize) -> Vec<Painted> {
        let mut lines = vec![Painted::of(Role::Strong, "Deliveries"), Painted::default()];
        lines.extend(deliveries::lines(opened, height, &self.place.zone, deliveries::Answers::StatusOnly));
        lines.extend([Painted::default(), Painted::of(Role::Strong, "Timing"), Painted::default()]);
        lines.extend(timing::glance(opened, &self.place.zone, width));
        lines
    }
}

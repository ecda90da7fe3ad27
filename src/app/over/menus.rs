//! Where the rows of the menus stand, so that they can be pointed at: help, actions, copy choices.

use crate::app::{App, Area, CHOICES, Help, Overlay};

/// Columns of the help and of the actions.
const WIDTH: u16 = 76;

impl Help {
    /// The first row shown where the popup has so many lines, the first of which is the search.
    pub fn first_row(&self, lines: usize) -> usize {
        (self.chosen + 1).saturating_sub(lines.saturating_sub(1).max(1))
    }
}

/// The first action shown where there are so many lines.
pub fn first_action(chosen: usize, lines: usize) -> usize {
    (chosen + 1).saturating_sub(lines.max(1))
}

impl App {
    /// Size of the popup with so many actions.
    pub fn actions_size(rows: usize) -> (u16, u16) {
        (WIDTH, rows as u16 + 2)
    }

    /// Size of the popup with the copy choices.
    pub fn copy_size() -> (u16, u16) {
        (34, CHOICES.len() as u16 + 2)
    }

    /// Whether a place on the screen is on the open help, its frame included.
    pub(in crate::app) fn is_on_help(&self, at: (u16, u16)) -> bool {
        let panes = self.layout().panes;
        panes.middle((WIDTH, panes.height)).holds(at)
    }

    /// The row of the open menu at a place on the screen.
    pub(in crate::app) fn menu_row(&self, at: (u16, u16)) -> Option<usize> {
        let panes = self.layout().panes;
        let (size, skipped, first) = match &self.overlay {
            Overlay::Help(help) => {
                let lines = panes.inside(true).height;
                ((WIDTH, panes.height), 1, help.first_row(lines.into()))
            }
            Overlay::Actions(chosen) => {
                let size = App::actions_size(self.action_rows().len());
                (size, 0, first_action(*chosen, panes.middle(size).inside(true).height.into()))
            }
            Overlay::Answers(chosen) => {
                let size = self.answers_size();
                (size, 0, first_action(*chosen, self.answers_lines(panes.middle(size).inside(true).height)))
            }
            Overlay::Copy => (App::copy_size(), 0, 0),
            _ => return None,
        };
        let inside: Area = panes.middle(size).inside(true);
        let line = at.1.checked_sub(inside.y + skipped).filter(|_| inside.holds(at))?;
        let row = first + usize::from(line);
        // Below the rules stands what one of them has told.
        let is_row = !matches!(self.overlay, Overlay::Answers(_)) || row < self.standings.len();
        is_row.then_some(row)
    }
}

//! A sheet of lines over the panes that can only be read and scrolled: differences, a command's output.

use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::Painted;

/// The sheet's state.
#[derive(Debug, PartialEq, Eq)]
pub struct Sheet {
    /// What it is about.
    pub title: String,
    /// Its lines, before they are wrapped.
    pub lines: Vec<Painted>,
    /// First row shown.
    pub scroll: usize,
}

impl Sheet {
    pub(in crate::app) fn new(title: impl Into<String>, lines: Vec<Painted>) -> Sheet {
        Sheet { title: title.into(), lines, scroll: 0 }
    }
}

impl App {
    /// Shows it now, or once what lies over the panes is gone: nothing that is typed or asked is taken away.
    pub(in crate::app) fn show_later(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.later = Some(overlay);
        Vec::new()
    }

    /// The sheet's rows, wrapped to its width.
    pub fn sheet_rows(&self, sheet: &Sheet) -> Vec<Painted> {
        let width = usize::from(self.layout().panes.inside(true).width);
        sheet.lines.iter().flat_map(|line| line.clone().wrap(width, 2)).collect()
    }

    pub(in crate::app) fn sheet_key(&mut self, key: Key) -> Vec<Effect> {
        let height = usize::from(self.layout().panes.inside(true).height);
        let Overlay::Sheet(sheet) = &self.overlay else { return Vec::new() };
        let most = self.sheet_rows(sheet).len().saturating_sub(height);
        if closes(key) {
            return self.close();
        }
        let by = scrolls(key, height);
        if let Overlay::Sheet(sheet) = &mut self.overlay {
            sheet.scroll = sheet.scroll.saturating_add_signed(by).min(most);
        }
        Vec::new()
    }
}

/// Whether a key closes what is only there to be read.
pub(super) fn closes(key: Key) -> bool {
    matches!(key.code, Code::Esc | Code::Enter | Code::Char('q' | 'd'))
}

/// By how many rows a key scrolls what is `height` rows high; 0 for a key that does not.
pub(super) fn scrolls(key: Key, height: usize) -> isize {
    match key.code {
        Code::Down | Code::Char('j') => 1,
        Code::Up | Code::Char('k') => -1,
        Code::PageDown | Code::Char(' ') => height as isize,
        Code::PageUp => -(height as isize),
        Code::Home | Code::Char('g') => isize::MIN,
        Code::End | Code::Char('G') => isize::MAX,
        _ => 0,
    }
}

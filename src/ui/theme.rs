//! Colours by meaning. `auto` uses the terminal's own sixteen on its own background, `none` uses none.
//! It must not carry meaning alone: every colour stands beside a word.

use crate::model::Verdict;
use ratatui::style::{Color, Modifier, Style};

/// The styles in use.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    colour: bool,
}

impl Theme {
    /// The terminal's own colours, or none.
    pub fn new(colour: bool) -> Theme {
        Theme { colour }
    }

    fn paint(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(super) fn good(self) -> Style {
        self.paint(Color::Green)
    }

    pub(super) fn bad(self) -> Style {
        self.paint(Color::Red).add_modifier(Modifier::BOLD)
    }

    pub(super) fn warn(self) -> Style {
        self.paint(Color::Magenta)
    }

    pub(super) fn key(self) -> Style {
        self.paint(Color::Blue)
    }

    pub(super) fn text(self) -> Style {
        self.paint(Color::Green)
    }

    pub(super) fn number(self) -> Style {
        self.paint(Color::Cyan)
    }

    pub(super) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn frame(self, focused: bool) -> Style {
        if focused { self.strong() } else { self.faint() }
    }

    pub(super) fn verdict(self, verdict: Verdict) -> Style {
        match verdict {
            Verdict::Valid => self.good(),
            Verdict::Invalid => self.bad(),
            Verdict::Stale | Verdict::NoSecret | Verdict::Unknown => self.warn(),
            Verdict::Unsigned => Style::new(),
        }
    }
}

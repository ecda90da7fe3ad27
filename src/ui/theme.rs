//! Colours by meaning. `auto` uses the terminal's own sixteen on its own background, `none` uses none.
//! It must not carry meaning alone: every colour stands beside a word.

use crate::model::{Painted, Role};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

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

    /// How text of this meaning looks.
    pub(super) fn role(self, role: Role) -> Style {
        match role {
            Role::Plain => Style::new(),
            Role::Strong => self.strong(),
            Role::Faint => self.faint(),
            Role::Key => self.paint(Color::Blue),
            Role::Text | Role::Good => self.paint(Color::Green),
            Role::Number => self.paint(Color::Cyan),
            Role::Word | Role::Warn => self.paint(Color::Magenta),
            Role::Hit => Style::new().add_modifier(Modifier::REVERSED),
            Role::Bad => self.paint(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// A line in its colours.
    pub(super) fn line(self, line: &Painted) -> Line<'static> {
        Line::from_iter(line.pieces().map(|(role, text)| Span::styled(text.to_owned(), self.role(role))))
    }

    pub(super) fn good(self) -> Style {
        self.role(Role::Good)
    }

    pub(super) fn bad(self) -> Style {
        self.role(Role::Bad)
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
}

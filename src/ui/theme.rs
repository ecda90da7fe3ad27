//! Styles by meaning, read from `assets/themes/*.toml`.
//! It must not carry meaning alone: every colour stands beside a word.

use crate::model::{Painted, Role};
use include_dir::{Dir, include_dir};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/themes");

/// Every role with its name in a theme's file and how it looks where the file leaves it out.
const ROLES: [(Role, &str, Modifier); 11] = [
    (Role::Plain, "plain", Modifier::empty()),
    (Role::Strong, "strong", Modifier::BOLD),
    (Role::Faint, "faint", Modifier::DIM),
    (Role::Key, "key", Modifier::empty()),
    (Role::Text, "text", Modifier::empty()),
    (Role::Number, "number", Modifier::empty()),
    (Role::Word, "word", Modifier::empty()),
    (Role::Good, "good", Modifier::empty()),
    (Role::Bad, "bad", Modifier::empty()),
    (Role::Warn, "warn", Modifier::empty()),
    (Role::Hit, "hit", Modifier::REVERSED),
];

/// The styles in use.
#[derive(Clone, Copy, Debug)]
pub struct Theme([Style; ROLES.len()]);

impl Theme {
    /// The names of all themes.
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> = FILES.files().filter_map(|file| file.path().file_stem()?.to_str()).collect();
        names.sort_unstable();
        names
    }

    /// The theme called `name`.
    pub fn named(name: &str) -> Option<Theme> {
        let text = FILES.get_file(format!("{name}.toml"))?.contents_utf8()?;
        let given: BTreeMap<String, String> = toml::from_str(text).ok()?;
        if given.keys().any(|key| ROLES.iter().all(|(_, name, _)| key != name)) {
            return None;
        }
        let mut theme = Theme(ROLES.map(|(_, _, modifier)| Style::new().add_modifier(modifier)));
        for (style, (_, name, _)) in theme.0.iter_mut().zip(ROLES) {
            if let Some(words) = given.get(name) {
                *style = read(words)?;
            }
        }
        Some(theme)
    }

    /// How text of this meaning looks.
    pub(super) fn role(self, role: Role) -> Style {
        self.0[role as usize]
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
        self.role(Role::Strong)
    }

    pub(super) fn faint(self) -> Style {
        self.role(Role::Faint)
    }

    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(super) fn frame(self, focused: bool) -> Style {
        if focused { self.strong() } else { self.faint() }
    }
}

/// A colour's name or its number of 256, and words for the rest.
fn read(words: &str) -> Option<Style> {
    words.split_whitespace().try_fold(Style::new(), |style, word| {
        Some(match word {
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            colour => style.fg(colour.parse::<Color>().ok()?),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_can_be_read_and_roles_stand_in_their_order() {
        assert_eq!(Theme::names(), ["auto", "colour-blind", "contrast", "dark", "light", "none"]);
        for name in Theme::names() {
            assert!(Theme::named(name).is_some(), "{name}");
        }
        assert!(Theme::named("neon").is_none());
        for (n, (role, _, _)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, n);
        }
    }
}

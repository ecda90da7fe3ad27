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

type Styles = [Style; ROLES.len()];

/// The styles in use.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    styles: Styles,
    /// Where the theme says so: how it looks on a background that is known to be dark, and to be light.
    on: Option<[Styles; 2]>,
}

/// What is behind the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// Darker than the text.
    Dark,
    /// Lighter than the text.
    Light,
}

/// A theme's file: words for roles, and what differs where the background is known.
#[derive(serde::Deserialize)]
struct File {
    on_dark: Option<BTreeMap<String, String>>,
    on_light: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    given: BTreeMap<String, String>,
}

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
        let file: File = toml::from_str(text).ok()?;
        let bare = ROLES.map(|(_, _, modifier)| Style::new().add_modifier(modifier));
        let styles = with(bare, &file.given)?;
        let on = match (&file.on_dark, &file.on_light) {
            (Some(dark), Some(light)) => Some([with(styles, dark)?, with(styles, light)?]),
            _ => None,
        };
        Some(Theme { styles, on })
    }

    /// Whether it looks otherwise where the background is known.
    pub fn asks(self) -> bool {
        self.on.is_some()
    }

    /// As it looks on this background.
    pub fn on(self, background: Background) -> Theme {
        let styles = self.on.map_or(self.styles, |[dark, light]| match background {
            Background::Dark => dark,
            Background::Light => light,
        });
        Theme { styles, on: None }
    }

    /// How text of this meaning looks.
    pub(super) fn role(self, role: Role) -> Style {
        self.styles[role as usize]
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

/// `styles` with what is given; `None` where a role or a word is not known.
fn with(mut styles: Styles, given: &BTreeMap<String, String>) -> Option<Styles> {
    for (role, words) in given {
        let n = ROLES.iter().position(|(_, name, _)| name == role)?;
        styles[n] = read(words)?;
    }
    Some(styles)
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
        let auto = Theme::named("auto").unwrap();
        let warn = |theme: Theme| theme.role(Role::Warn).fg;
        assert!(auto.asks() && warn(auto.on(Background::Dark)) != warn(auto));
        assert_eq!(warn(auto.on(Background::Light)), warn(auto));
        let dark = Theme::named("dark").unwrap();
        assert!(!dark.asks() && warn(dark.on(Background::Light)) == warn(dark));
        for (n, (role, _, _)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, n);
        }
    }
}

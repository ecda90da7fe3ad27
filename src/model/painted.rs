//! Lines whose parts have a meaning instead of a colour, shared by screen, search and plain output.
//! It must not know a colour or a terminal: `ui` turns roles into styles. What goes in must have been escaped.

use super::Verdict;
use regex::Regex;
use std::fmt;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Nothing special.
    #[default]
    Plain,
    /// A heading.
    Strong,
    /// What may be overlooked.
    Faint,
    /// A name.
    Key,
    /// A string.
    Text,
    /// A number.
    Number,
    /// A word of the language.
    Word,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Warn,
    /// What was looked for.
    Hit,
}

impl From<Verdict> for Role {
    fn from(verdict: Verdict) -> Role {
        match verdict {
            Verdict::Valid => Role::Good,
            Verdict::Invalid => Role::Bad,
            Verdict::Stale | Verdict::NoSecret | Verdict::Unknown => Role::Warn,
            Verdict::Unsigned => Role::Plain,
        }
    }
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Painted(Vec<(Role, String)>);

impl Painted {
    /// A line of one piece.
    pub fn of(role: Role, text: impl Into<String>) -> Painted {
        Painted::default().and(role, text)
    }

    /// A line that means nothing special.
    pub fn plain(text: impl Into<String>) -> Painted {
        Painted::of(Role::Plain, text)
    }

    /// The line with one more piece.
    pub fn and(mut self, role: Role, text: impl Into<String>) -> Painted {
        self.push(role, text);
        self
    }

    /// Adds a piece.
    pub fn push(&mut self, role: Role, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.0.push((role, text));
        }
    }

    /// The pieces in order.
    pub fn pieces(&self) -> impl Iterator<Item = (Role, &str)> {
        self.0.iter().map(|(role, text)| (*role, text.as_str()))
    }

    /// Cells that it takes.
    pub fn width(&self) -> usize {
        self.0.iter().flat_map(|(_, text)| text.graphemes(true)).map(UnicodeWidthStr::width).sum()
    }

    /// The line with everything that `needle` finds as a hit.
    pub fn mark(self, needle: &Regex) -> Painted {
        let line = self.to_string();
        let mut hits = needle.find_iter(&line).map(|hit| hit.range()).peekable();
        if hits.peek().is_none() {
            return self;
        }
        let (mut out, mut at) = (Painted::default(), 0);
        for (role, piece) in self.0 {
            for c in piece.chars() {
                while hits.next_if(|hit| hit.end <= at).is_some() {}
                let role = if hits.peek().is_some_and(|hit| hit.contains(&at)) { Role::Hit } else { role };
                match out.0.last_mut() {
                    Some((last, text)) if *last == role => text.push(c),
                    _ => out.push(role, c),
                }
                at += c.len_utf8();
            }
        }
        out
    }

    /// The line on as many rows of `width` cells as it needs; all but the first begin with `indent` spaces.
    pub fn wrap(self, width: usize, indent: usize) -> Vec<Painted> {
        if self.width() <= width {
            return vec![self];
        }
        // A wide character has to have room beside it.
        let indent = indent.min(width / 2).min(width.saturating_sub(2));
        let (mut rows, mut row, mut used) = (Vec::new(), Painted::default(), 0);
        for (role, text) in self.0 {
            let mut piece = String::new();
            // An accent stays with its letter.
            for c in text.graphemes(true) {
                let cells = c.width();
                if used + cells > width.max(1) && used > 0 {
                    row.push(role, std::mem::take(&mut piece));
                    rows.push(std::mem::replace(&mut row, Painted::plain(" ".repeat(indent))));
                    used = indent;
                }
                piece.push_str(c);
                used += cells;
            }
            row.push(role, piece);
        }
        rows.push(row);
        rows
    }

    /// The `width` cells from `skip` on; `‹` and `›` stand where something is left out.
    pub fn window(self, skip: usize, width: usize) -> Painted {
        let total = self.width();
        if skip == 0 && total <= width {
            return self;
        }
        let left = usize::from(skip > 0 && total > 0);
        let right = usize::from(total > skip + width);
        let (from, to) = (skip + left, (skip + width).saturating_sub(right));
        let mut out = Painted::default();
        out.push(Role::Faint, if left > 0 { "‹" } else { "" });
        let mut at = 0;
        for (role, text) in self.0 {
            let mut piece = String::new();
            for c in text.graphemes(true) {
                if at >= from && at + c.width() <= to {
                    piece.push_str(c);
                }
                at += c.width();
            }
            out.push(role, piece);
        }
        out.push(Role::Faint, if right > 0 { "›" } else { "" });
        out
    }
}

/// The words alone.
impl fmt::Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(_, text)| f.write_str(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line() -> Painted {
        Painted::of(Role::Key, "key: ").and(Role::Text, "\"東京 and more\"")
    }

    #[test]
    fn wraps_with_an_indent_and_keeps_roles() {
        let rows: Vec<String> = line().wrap(9, 2).iter().map(ToString::to_string).collect();
        assert_eq!(rows, ["key: \"東", "  京 and ", "  more\""]);
        assert_eq!(line().wrap(9, 2)[1].pieces().last(), Some((Role::Text, "京 and ")));
    }

    #[test]
    fn marks_hits_across_pieces() {
        let marked = Painted::of(Role::Key, "aB").and(Role::Text, "cab").mark(&Regex::new("(?i)BCA").unwrap());
        assert_eq!(marked.pieces().collect::<Vec<_>>(), [(Role::Key, "a"), (Role::Hit, "Bca"), (Role::Text, "b")]);
    }

    #[test]
    fn an_accent_is_never_parted_from_its_letter() {
        let accents = Painted::plain("e\u{301}".repeat(10));
        assert!(accents.clone().wrap(3, 0).iter().all(|row| row.to_string().starts_with('e')));
        assert_eq!(accents.window(2, 4).to_string(), "‹e\u{301}e\u{301}›");
    }

    #[test]
    fn a_window_says_what_it_leaves_out() {
        assert_eq!(line().window(0, 8).to_string(), "key: \"›");
        assert_eq!(line().window(5, 100).to_string(), "‹東京 and more\"");
        assert_eq!(line().window(0, 100), line());
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_nothing_is_lost(text in "[a-z東é\u{301} ]{0,80}", width in 4usize..30, skip in 0usize..90, indent in 0usize..40) {
            let painted = Painted::plain(text.clone());
            prop_assert!(painted.clone().wrap(width, indent).iter().all(|row| row.width() <= width));
            let rows = painted.clone().wrap(width, 0);
            prop_assert_eq!(rows.iter().map(ToString::to_string).collect::<String>(), text);
            prop_assert!(painted.window(skip, width).width() <= width);
        }
    }
}

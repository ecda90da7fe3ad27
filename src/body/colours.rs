//! What each piece of a text is in its language, found with syntect; JSON and forms have lexers of their own.
//! It must not run on the thread that draws: it is slow, and what it reads is hostile.

use crate::model::Role;
use std::ops::Range;
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// Longest line that is looked at, in bytes: what comes after a longer one stays plain.
const LONGEST_LINE: usize = 4096;
/// Texts larger than this stay plain.
pub(super) const LARGEST: usize = 256 << 10;

/// Where in a text a role begins; it holds until the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours(Vec<(usize, Role)>);

impl Colours {
    /// The pieces of `range` with their roles, without gaps.
    pub(super) fn within(&self, range: Range<usize>) -> Vec<(Range<usize>, Role)> {
        let first = self.0.partition_point(|(at, _)| *at <= range.start).saturating_sub(1);
        let mut pieces = vec![];
        let (mut from, mut role) = (range.start, Role::Plain);
        for &(at, next) in &self.0[first..] {
            if at >= range.end {
                break;
            }
            if at > from {
                pieces.push((from..at, role));
                from = at;
            }
            role = next;
        }
        pieces.push((from..range.end, role));
        pieces
    }

    fn begin(&mut self, at: usize, role: Role) {
        if self.0.last().map_or(Role::Plain, |(_, last)| *last) != role {
            self.0.push((at, role));
        }
    }
}

/// The colours of a text of a known language; `None` for all others. Asks `go_on` before every line.
pub fn colours(text: &[u8], content_type: Option<&str>, go_on: impl Fn() -> bool) -> Option<Colours> {
    let text = std::str::from_utf8(text).ok()?;
    let mut state = ParseState::new(syntax(content_type, text)?);
    let mut stack = ScopeStack::new();
    let mut found = Colours::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.len() > LONGEST_LINE || !go_on() {
            break;
        }
        // What the engine gives up on has no colours at all: half a language would mislead.
        for (place, change) in state.parse_line(line, syntaxes()).ok()? {
            stack.apply(&change).ok()?;
            found.begin(at + place, role(&stack));
        }
        at += line.len();
    }
    found.begin(at, Role::Plain);
    Some(found)
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines)
}

/// By the content type, else by how the text begins.
fn syntax(content_type: Option<&str>, text: &str) -> Option<&'static SyntaxReference> {
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let subtype = kind.rsplit(['/', '+']).next().unwrap_or_default();
    let token = subtype.trim_start_matches("x-");
    let named = syntaxes().find_syntax_by_token(token).filter(|s| s.name != "Plain Text");
    named.or_else(|| syntaxes().find_syntax_by_first_line(text))
}

/// What the innermost scope that says something says.
fn role(stack: &ScopeStack) -> Role {
    static ROLES: OnceLock<Vec<(Scope, Role)>> = OnceLock::new();
    let roles = ROLES.get_or_init(|| {
        let rows = [
            ("comment", Role::Faint),
            ("string", Role::Text),
            ("constant.numeric", Role::Number),
            ("constant", Role::Word),
            ("keyword", Role::Word),
            ("storage", Role::Word),
            ("entity.name", Role::Key),
            ("entity.other.attribute-name", Role::Key),
            ("variable", Role::Key),
        ];
        rows.iter().filter_map(|(name, role)| Some((Scope::new(name).ok()?, *role))).collect()
    });
    let says = |scope: &Scope| roles.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, role)| *role);
    stack.as_slice().iter().rev().find_map(says).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{Body, Mode};

    #[test]
    fn xml_has_names_strings_and_comments() {
        let text = "<?xml version=\"1.0\"?>\n<note to=\"a&amp;b\"><!-- c -->text</note>\n";
        let mut body = Body::new(text.into(), Some("application/xml; charset=utf-8"));
        body.paint(colours(text.as_bytes(), Some("application/xml; charset=utf-8"), || true).unwrap());
        let line = body.line(Mode::Raw, 1, None).0;
        assert_eq!(line.to_string(), text.lines().nth(1).unwrap());
        let roles: Vec<(Role, &str)> = line.pieces().filter(|(role, _)| *role != Role::Plain).collect();
        assert!(roles.contains(&(Role::Key, "note")), "{roles:?}");
        assert!(roles.iter().any(|(role, text)| *role == Role::Faint && text.contains(" c ")), "{roles:?}");
        assert!(roles.iter().any(|(role, _)| *role == Role::Text), "{roles:?}");
    }

    #[test]
    fn other_bodies_stay_plain() {
        let paintable = |bytes: &'static [u8], kind| Body::new(bytes.into(), kind).paintable().is_some();
        assert!(!paintable(b"{}", Some("application/json")));
        assert!(!paintable(b"\0\x01", Some("text/xml")));
        assert!(paintable(b"<a/>", Some("text/xml")));
        assert_eq!(colours(b"just words", None, || true), None);
        assert!(colours(b"<?xml version=\"1.0\"?><a/>", None, || true).is_some());
        // Out of time, and behind a line that is too long: plain from there on.
        assert_eq!(colours(b"<!-- a\nb -->", Some("text/xml"), || false), Some(Colours::default()));
    }
}

//! XML as lines: a tag, or a short element, a line, moved in by its depth. Text is shown as it was sent.
//! It must not judge: what is not well-formed is shown as far as it can be told apart.

use crate::model::{Painted, Role, safe_bytes};
use memchr::{memchr, memmem};
use std::ops::Range;

/// Depth beyond which lines are not moved in further.
const DEEPEST: usize = 24;
/// Longest element that stands in one line with its text, in bytes.
const SHORT: usize = 200;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct XmlLine {
    depth: u16,
    pub(super) at: Range<usize>,
}

/// What stands in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    /// It has no content: an empty element, a comment, a declaration.
    Alone,
    Text,
}

/// Whether this looks like XML, or says so.
pub(super) fn is_xml(bytes: &[u8], content_type: Option<&str>) -> bool {
    let says = content_type.is_some_and(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind.ends_with("/xml") || kind.ends_with("+xml")
    });
    let begin = bytes.trim_ascii_start();
    begin.starts_with(b"<?xml") || says && begin.starts_with(b"<")
}

/// The lines of a text; `None` where it ends in the middle of a tag.
pub(super) fn lines(bytes: &[u8]) -> Option<Vec<XmlLine>> {
    let mut lines: Vec<XmlLine> = Vec::new();
    let (mut at, mut depth) = (0, 0u16);
    // The opening tag, and the text after it, that a closing tag may end.
    let mut open: Option<(usize, usize)> = None;
    while at < bytes.len() {
        let (kind, end) = token(bytes, at)?;
        let range = at..end;
        at = end;
        match kind {
            Kind::Text if bytes[range.clone()].trim_ascii().is_empty() => {}
            Kind::Text => {
                lines.push(XmlLine { depth, at: trimmed(bytes, range) });
                open = open.filter(|(line, _)| *line + 2 == lines.len());
            }
            Kind::Alone => {
                lines.push(XmlLine { depth, at: range });
                open = None;
            }
            Kind::Open => {
                open = Some((lines.len(), range.start));
                lines.push(XmlLine { depth, at: range });
                depth = depth.saturating_add(1);
            }
            Kind::Close => {
                depth = depth.saturating_sub(1);
                match open.take().filter(|(_, start)| range.end - start <= SHORT) {
                    Some((line, start)) => {
                        lines.truncate(line);
                        lines.push(XmlLine { depth, at: start..range.end });
                    }
                    None => lines.push(XmlLine { depth, at: range }),
                }
            }
        }
    }
    Some(lines)
}

fn trimmed(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let text = &bytes[range.clone()];
    let start = range.start + text.len() - text.trim_ascii_start().len();
    start..start + text.trim_ascii().len()
}

/// The kind of what stands at `at`, and where it ends.
fn token(bytes: &[u8], at: usize) -> Option<(Kind, usize)> {
    let rest = &bytes[at..];
    let upto = |end: &[u8]| memmem::find(rest, end).map(|found| at + found + end.len());
    if rest[0] != b'<' {
        return Some((Kind::Text, memchr(b'<', rest).map_or(bytes.len(), |found| at + found)));
    }
    match () {
        () if rest.starts_with(b"<!--") => Some((Kind::Alone, upto(b"-->")?)),
        () if rest.starts_with(b"<![CDATA[") => Some((Kind::Text, upto(b"]]>")?)),
        () if rest.starts_with(b"<?") => Some((Kind::Alone, upto(b"?>")?)),
        () if rest.starts_with(b"<!") => Some((Kind::Alone, upto(b">")?)),
        () if rest.starts_with(b"</") => Some((Kind::Close, upto(b">")?)),
        () => {
            let end = at + tag_end(rest)?;
            Some((if bytes[end - 2] == b'/' { Kind::Alone } else { Kind::Open }, end))
        }
    }
}

/// Behind the `>` that ends a tag: one in quotes does not.
fn tag_end(rest: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (n, &byte) in rest.iter().enumerate() {
        match (byte, quote) {
            (b'>', None) => return Some(n + 1),
            (b'"' | b'\'', None) => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    None
}

impl XmlLine {
    /// As it is shown; `bytes` are the body.
    pub(super) fn painted(&self, bytes: &[u8]) -> Painted {
        let mut out = Painted::plain("  ".repeat(usize::from(self.depth).min(DEEPEST)));
        let line = &bytes[self.at.clone()];
        let mut rest = &line[..line.len().min(super::LINE_LIMIT)];
        while !rest.is_empty() {
            let tag = rest[0] == b'<' && !rest.starts_with(b"<![CDATA[");
            let end = if tag { tag_end(rest) } else { memchr(b'<', &rest[1..]).map(|at| at + 1) };
            let (piece, more) = rest.split_at(end.unwrap_or(rest.len()));
            let role = match (tag, piece.starts_with(b"<!") || piece.starts_with(b"<?")) {
                (true, true) => Role::Faint,
                (true, false) => Role::Key,
                (false, _) => Role::Text,
            };
            out.push(role, safe_bytes(piece).to_string());
            rest = more;
        }
        out.push(Role::Plain, super::left_out(line.len()).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        lines(text.as_bytes()).unwrap().iter().map(|line| line.painted(text.as_bytes()).to_string()).collect()
    }

    #[test]
    fn elements_are_moved_in_and_short_ones_keep_their_text() {
        let text = "<?xml version=\"1.0\"?>\n<a x='1>2'><b>one</b><c/><!-- <d> --><e><f>two</f> tail </e><g><![CDATA[<h>]]></g></a>";
        assert_eq!(
            shown(text),
            [
                "<?xml version=\"1.0\"?>",
                "<a x='1>2'>",
                "  <b>one</b>",
                "  <c/>",
                "  <!-- <d> -->",
                "  <e>",
                "    <f>two</f>",
                "    tail",
                "  </e>",
                "  <g><![CDATA[<h>]]></g>",
                "</a>"
            ]
        );
        assert_eq!(lines(b"<a"), None);
        assert_eq!(shown("</a></b>x\u{1b}"), ["</a>", "</b>", "x\\x1b"]);
        assert!(
            is_xml(b" <?xml?>", None) && is_xml(b"<a/>", Some("application/soap+xml; x")) && !is_xml(b"<a/>", None)
        );
    }
}

//! `multipart/*` as its parts (RFC 2046 section 5.1, RFC 7578): a title each, and its lines where it is text.
//! It must not decode a part: what stands in it is shown as it was sent.

use crate::model::{Painted, Role, bytes_size, safe, safe_bytes};
use memchr::memmem;
use std::ops::Range;

/// Most parts that are listed.
const MOST: usize = 1000;

/// A line of such a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PartLine {
    /// A part begins: what its header lines say of it, and its content.
    Title(Box<Title>),
    /// A line of text in it.
    Text(Range<usize>),
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Title {
    name: Option<String>,
    file: Option<String>,
    kind: Option<String>,
    content: Range<usize>,
    binary: bool,
}

/// The boundary that a content type names.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    kind.trim().to_ascii_lowercase().starts_with("multipart/").then_some(())?;
    parameter(parameters, "boundary").filter(|boundary| !boundary.is_empty())
}

/// Its lines; none where the boundary is not there.
pub(super) fn lines(bytes: &[u8], boundary: &str) -> Vec<PartLine> {
    let mut lines = Vec::new();
    for part in parts(bytes, boundary.as_bytes()).into_iter().take(MOST) {
        let (head, content) = split(bytes, part);
        let title = title(&bytes[head], content.clone(), super::is_binary(&bytes[content.clone()]));
        let binary = title.binary;
        lines.push(PartLine::Title(Box::new(title)));
        if binary {
            continue;
        }
        let mut from = content.start;
        for end in memchr::memchr_iter(b'\n', &bytes[content.clone()]).map(|at| content.start + at).chain([content.end])
        {
            if end > from || end < content.end {
                lines.push(PartLine::Text(from..end));
            }
            from = end + 1;
        }
    }
    lines
}

/// Where what stands between two delimiters lies, the line ends that belong to these left out.
fn parts(bytes: &[u8], boundary: &[u8]) -> Vec<Range<usize>> {
    let delimiter = [b"--", boundary].concat();
    let at_line = |at: &usize| *at == 0 || bytes[at - 1] == b'\n';
    let mut parts = Vec::new();
    let mut begin: Option<usize> = None;
    for at in memmem::find_iter(bytes, &delimiter).filter(at_line) {
        if let Some(begin) = begin.filter(|begin| *begin <= at) {
            let end = at.saturating_sub(1);
            let end = if end > begin && bytes[end - 1] == b'\r' { end - 1 } else { end };
            parts.push(begin..end.max(begin));
        }
        let after = at + delimiter.len();
        let line = memchr::memchr(b'\n', &bytes[after..]).map(|end| after + end + 1);
        begin = line.filter(|_| !bytes[after..].starts_with(b"--"));
    }
    // One that was cut on its way ends where the body does.
    parts.extend(begin.map(|begin| begin..bytes.len()));
    parts
}

/// Header lines and content.
fn split(bytes: &[u8], part: Range<usize>) -> (Range<usize>, Range<usize>) {
    let inside = &bytes[part.clone()];
    if inside.starts_with(b"\r\n") || inside.starts_with(b"\n") {
        let blank = if inside[0] == b'\r' { 2 } else { 1 };
        return (part.start..part.start, part.start + blank..part.end);
    }
    let ends = [&b"\r\n\r\n"[..], b"\n\n"].into_iter().filter_map(|end| Some((memmem::find(inside, end)?, end.len())));
    match ends.min() {
        Some((at, length)) => (part.start..part.start + at, part.start + at + length..part.end),
        None => (part.clone(), part.end..part.end),
    }
}

fn title(head: &[u8], content: Range<usize>, binary: bool) -> Title {
    let head = String::from_utf8_lossy(head);
    let value = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    let disposition = value("content-disposition").unwrap_or_default();
    let of = |name| parameter(disposition, name).map(str::to_owned);
    Title { name: of("name"), file: of("filename"), kind: value("content-type").map(str::to_owned), content, binary }
}

/// The value of a parameter, without its quotes.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    let all = parameters.split(';').filter_map(|one| one.split_once('='));
    let value = all.into_iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name))?.1.trim();
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

impl PartLine {
    /// Where it begins.
    pub(super) fn start(&self) -> usize {
        match self {
            PartLine::Title(title) => title.content.start,
            PartLine::Text(range) => range.start,
        }
    }

    /// As it is shown; `bytes` are the body.
    pub(super) fn painted(&self, bytes: &[u8]) -> Painted {
        match self {
            PartLine::Text(range) => {
                let line = &bytes[range.clone()];
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                Painted::plain("  ").and(Role::Text, safe_bytes(&line[..line.len().min(super::LINE_LIMIT)]).to_string())
            }
            PartLine::Title(title) => {
                let named = |word: &str, text: &Option<String>| {
                    text.as_ref().map(|text| format!("  {word} {}", safe(text))).unwrap_or_default()
                };
                let kind = title.kind.as_ref().map(|kind| format!("  {}", safe(kind))).unwrap_or_default();
                let size = bytes_size(title.content.len() as u64);
                let binary = if title.binary { ", not text; m shows the bytes" } else { "" };
                Painted::of(Role::Key, safe(title.name.as_deref().unwrap_or("part")).to_string())
                    .and(Role::Strong, named("file", &title.file))
                    .and(Role::Faint, format!("{kind}  {size}{binary}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> Vec<String> {
        lines(bytes, "xYz").iter().map(|line| line.painted(bytes).to_string()).collect()
    }

    #[test]
    fn parts_are_listed() {
        let body = b"preamble\r\n--xYz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nHello --xYz\r\n\r\nthere\r\n\
            --xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\x1b.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\0\0\r\n--xYz--\r\nafter";
        assert_eq!(
            shown(body),
            [
                "title  20 B",
                "  Hello --xYz",
                "  ",
                "  there",
                "file  file a\\x1b.png  image/png  6 B, not text; m shows the bytes"
            ]
        );
        assert_eq!(boundary("multipart/form-data; boundary=\"xYz\""), Some("xYz"));
        assert_eq!(boundary("text/plain; boundary=xYz"), None);
        // Without line ends as they should be, without an end, without a header.
        assert_eq!(shown(b"--xYz\nA: b\n\nx\n--xYz\n\ncut"), ["part  1 B", "  x", "part  3 B", "  cut"]);
        assert!(shown(b"nothing").is_empty() && shown(b"--xYz").is_empty() && shown(b"--xYz--").is_empty());
    }
}

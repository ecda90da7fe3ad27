//! Request and response heads exactly as they stood on the wire, and the header lines read from them.
//! It must not normalise: order, letter case and repetition are what an inspector is asked for.

use std::fmt;

/// A head as bytes: start line, header lines and the empty line. For HTTP/2 it is rebuilt in this form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head(pub Vec<u8>);

/// Header lines in their order, names and values as received.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// Names and values one after the other: a request's lines are two allocations, not two each.
    text: Vec<u8>,
    lines: Vec<Place>,
}

/// Where in the text a line lies: its value follows its name.
#[derive(Clone, Copy, Debug)]
struct Place {
    name: usize,
    value: usize,
    end: usize,
}

/// More header lines than any limit of the listener allows.
const MOST_LINES: usize = 1024;

impl Head {
    /// Writes a request head in HTTP/1 form, as is done for what came over HTTP/2.
    pub fn rebuild(method: &str, target: &str, version: &str, headers: &Headers) -> Head {
        let mut out = format!("{method} {target} {version}\r\n").into_bytes();
        out.extend_from_slice(&headers.to_lines());
        out.extend_from_slice(b"\r\n");
        Head(out)
    }

    /// The header lines. A head that is no valid HTTP gives what can be read of it, line by line.
    pub fn headers(&self) -> Headers {
        let mut slots = vec![httparse::EMPTY_HEADER; MOST_LINES.min(self.lines())];
        let mut request = httparse::Request::new(&mut slots);
        match request.parse(&self.0) {
            Ok(httparse::Status::Complete(_)) => request.headers.iter().map(|h| (h.name, h.value)).collect(),
            _ => Headers::from_lines(self.0.split(|&b| b == b'\n').skip(1)),
        }
    }

    /// Method and target as far as the first line has them; lossy where they are not UTF-8.
    pub fn start_line(&self) -> (String, String) {
        let line = self.0.split(|&b| b == b'\n' || b == b'\r').find(|l| !l.is_empty()).unwrap_or_default();
        let mut parts = line.splitn(3, |&b| b == b' ');
        let mut next = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        (next(), next())
    }

    fn lines(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.0).count() + 1
    }
}

impl Headers {
    /// Adds a line at the end.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) {
        let place = self.write(name.as_ref(), value.as_ref());
        self.lines.push(place);
    }

    fn write(&mut self, name: &[u8], value: &[u8]) -> Place {
        let start = self.text.len();
        self.text.extend_from_slice(name);
        self.text.extend_from_slice(value);
        Place { name: start, value: start + name.len(), end: self.text.len() }
    }

    /// All lines in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|p| (&self.text[p.name..p.value], &self.text[p.value..p.end]))
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Every value of `name`, letter case ignored.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, v)| v)
    }

    /// The first value of `name`, if it is UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.first(name).and_then(|v| std::str::from_utf8(v).ok())
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, v)| v)
    }

    /// Removes every line of `name`.
    pub fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.lines.retain(|p| !text[p.name..p.value].eq_ignore_ascii_case(name.as_bytes()));
    }

    /// Replaces `name` where it stands first, drops its repetitions, or adds it at the end.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let at = self.iter().position(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        self.remove(name);
        let place = self.write(name.as_bytes(), value.as_ref());
        self.lines.insert(at.unwrap_or(usize::MAX).min(self.lines.len()), place);
    }

    /// `Name: value` lines with CRLF, the form in which trailers and answers are kept.
    pub fn to_lines(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in self.iter() {
            out.extend_from_slice(name);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        out
    }

    /// Reads lines of the form that `to_lines` writes.
    pub fn parse_lines(lines: &[u8]) -> Headers {
        Headers::from_lines(lines.split(|&b| b == b'\n'))
    }

    fn from_lines<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Headers {
        let mut out = Headers::default();
        for line in lines {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if let Some(colon) = memchr::memchr(b':', line) {
                out.push(&line[..colon], line[colon + 1..].trim_ascii());
            }
        }
        out
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    fn from_iter<T: IntoIterator<Item = (N, V)>>(lines: T) -> Self {
        let mut out = Headers::default();
        for (name, value) in lines {
            out.push(name, value);
        }
        out
    }
}

impl PartialEq for Headers {
    fn eq(&self, other: &Headers) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Headers {}

impl fmt::Display for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.iter() {
            writeln!(f, "{}: {}", super::safe_bytes(name), super::safe_bytes(value))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_case_and_repetition() {
        let head = Head(b"POST /a HTTP/1.1\r\nX-A: 1\r\nhost: h\r\nx-a: 2\r\n\r\n".to_vec());
        let names: Vec<_> = head.headers().iter().map(|(n, _)| n.to_vec()).collect();
        assert_eq!(names, [b"X-A".to_vec(), b"host".to_vec(), b"x-a".to_vec()]);
        assert_eq!(head.headers().all("X-a").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!(head.start_line(), ("POST".into(), "/a".into()));
    }

    #[test]
    fn reads_what_it_can_of_garbage() {
        let head = Head(b"GET / HTTP/1.1\r\nGood: 1\r\nBad Name : 2\r\n\r\n".to_vec());
        assert_eq!(head.headers().text("good"), Some("1"));
        assert_eq!(Head(b"\x16\x03\x01".to_vec()).headers().len(), 0);
    }

    #[test]
    fn set_replaces_in_place() {
        let mut headers = Headers::parse_lines(b"A: 1\r\nB: 2\r\na: 3\r\n");
        headers.set("a", "9");
        assert_eq!(headers.to_lines(), b"a: 9\r\nB: 2\r\n");
    }
}

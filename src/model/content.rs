//! What a body says: its content encoding taken off, its text in UTF-8, its escapes written out. For reading and finding.
//! It must not change what is stored or sent; and what it makes of hostile bytes is bounded.

use super::Event;
use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use percent_encoding::percent_decode;
use regex::bytes::{Regex, RegexBuilder};
use std::borrow::Cow;
use std::io::Read;
use std::sync::LazyLock;

/// Most that is made of a body, in bytes; and of a small one so many times its size: a bomb is cut there.
const MOST: u64 = 16 << 20;
const RATIO: u64 = 100;
const SMALL: u64 = 1 << 20;
/// Encodings one above the other; more is nobody's honest body.
const LAYERS: usize = 2;
/// Largest window of zstd, in bytes (RFC 9659).
const WINDOW: u64 = 8 << 20;

/// A body made readable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// It.
    pub bytes: Bytes,
    /// What was taken off: `gzip`, `UTF-16LE` ...
    pub undone: Vec<String>,
    /// There is more of it than is decoded.
    pub cut: bool,
    /// What could not be taken off: what is there is as it was before that.
    pub failed: Option<String>,
}

impl Content {
    /// The body of an event; `None` where it is readable as it is stored. It costs what decoding costs.
    pub fn of(event: &Event) -> Option<Content> {
        if event.body.is_empty() || is_plain(&event.head.0, &event.body) {
            return None;
        }
        let mut content = Content { bytes: event.body.clone(), ..Content::default() };
        let headers = event.head.headers();
        let values = headers.all("content-encoding").map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
        // The last one was applied last (RFC 9110 section 8.4).
        let names: Vec<&str> = values.split(',').map(str::trim).filter(|name| !name.is_empty()).rev().collect();
        for (n, name) in names.into_iter().filter(|name| !name.eq_ignore_ascii_case("identity")).enumerate() {
            match undo(name, &content.bytes).filter(|_| n < LAYERS) {
                Some((bytes, cut)) => {
                    (content.bytes, content.cut) = (bytes.into(), cut);
                    content.undone.push(name.to_ascii_lowercase());
                }
                None => {
                    content.failed = Some(name.to_ascii_lowercase());
                    break;
                }
            }
        }
        if content.failed.is_none() {
            content.write_as_utf8(event.content_type.as_deref());
        }
        (!content.undone.is_empty() || content.failed.is_some()).then_some(content)
    }

    fn write_as_utf8(&mut self, content_type: Option<&str>) {
        let named = content_type.and_then(charset).and_then(|name| Encoding::for_label(name.as_bytes()));
        let marked = Encoding::for_bom(&self.bytes).map(|(encoding, _)| encoding);
        let Some(encoding) = marked.or(named).filter(|encoding| *encoding != UTF_8) else { return };
        let (text, _, _) = encoding.decode(&self.bytes);
        self.bytes = text.into_owned().into();
        self.undone.push(encoding.name().to_owned());
    }
}

/// Whether a body is certainly readable as it is stored: nothing in the head says otherwise.
fn is_plain(head: &[u8], body: &[u8]) -> bool {
    let bom = body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff");
    !bom && signs(head).all(|sign| sign == Sign::Escaped)
}

/// Whether a body certainly says nothing but its bytes: it is plain, and nothing in it is escaped.
pub fn is_literal(head: &[u8], body: &[u8]) -> bool {
    let bom = body.starts_with(b"\xff\xfe") || body.starts_with(b"\xfe\xff");
    !bom && memchr::memchr(b'\\', body).is_none() && signs(head).next().is_none()
}

/// What a head says of a body that may have to be read otherwise than it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It is encoded, or in another charset than UTF-8.
    Encoded,
    /// It is a form, or a header is written as in one.
    Escaped,
}

/// The words may stand elsewhere: then the body is looked at more closely, and nothing else happens.
fn signs(head: &[u8]) -> impl Iterator<Item = Sign> {
    static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let words = "content-encoding|charset[=\" ]*(utf-?8)?|urlencoded|ce-specversion";
        RegexBuilder::new(words).unicode(false).case_insensitive(true).build().ok()
    });
    let found = WORDS.iter().flat_map(|words| words.find_iter(head));
    found.filter_map(|word| match word.as_bytes() {
        [b'u' | b'U', ..] | [_, b'e' | b'E', ..] => Some(Sign::Escaped),
        [.., b'8'] => None,
        _ => Some(Sign::Encoded),
    })
}

/// The value of the parameter `charset` (RFC 9110 section 8.3).
fn charset(content_type: &str) -> Option<&str> {
    let parameters = content_type.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let value = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?.1;
    Some(value.trim().trim_matches('"'))
}

/// Takes an encoding off; `None` where it is unknown, or these are not such bytes. `true` = there is more.
fn undo(name: &str, bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    match name.to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(bytes), bytes),
        // Some senders leave the zlib frame out.
        "deflate" => bounded(ZlibDecoder::new(bytes), bytes).or_else(|| bounded(DeflateDecoder::new(bytes), bytes)),
        "br" => bounded(brotli_decompressor::Decompressor::new(bytes, 4096), bytes),
        "zstd" => {
            let decoder = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(bytes, WINDOW);
            bounded(decoder.ok()?, bytes)
        }
        _ => None,
    }
}

/// What was read before an error counts where there is some: a body may have been cut on its way.
fn bounded(reader: impl Read, from: &[u8]) -> Option<(Vec<u8>, bool)> {
    let most = (from.len() as u64 * RATIO).clamp(SMALL, MOST);
    let mut out = Vec::new();
    let read = reader.take(most + 1).read_to_end(&mut out);
    let cut = out.len() as u64 > most;
    out.truncate(most as usize);
    match read {
        Ok(_) => Some((out, cut)),
        Err(_) if out.is_empty() => None,
        Err(_) => Some((out, true)),
    }
}

/// A readable body with its escapes written out: those of JSON strings, or those of a form. `None` where it has none.
pub fn unescaped<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Option<Cow<'a, [u8]>> {
    if content_type.is_some_and(|kind| kind.to_ascii_lowercase().contains("urlencoded")) {
        let spaced: Vec<u8> = bytes.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
        let decoded: Vec<u8> = percent_decode(&spaced).collect();
        // A form often holds JSON.
        return Some(Cow::Owned(json_escapes(&decoded).unwrap_or(decoded)));
    }
    json_escapes(bytes).map(Cow::Owned)
}

/// Escapes as JSON has them (RFC 8259 section 7), wherever they stand; `None` where there are none.
fn json_escapes(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let (&kind, after) = rest.split_first()?;
        rest = after;
        match kind {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'u' => {
                let (c, length) = unicode(rest);
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[length..];
            }
            other => out.push(other),
        }
    }
    out.extend_from_slice(rest);
    Some(out)
}

/// What stands after `\u`, and how many bytes of it are used; a lone surrogate is the replacement character.
fn unicode(rest: &[u8]) -> (char, usize) {
    let four = |at: usize| {
        let digits = std::str::from_utf8(rest.get(at..at + 4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = four(0) else { return ('u', 0) };
    let second = if rest.get(4..6) == Some(b"\\u") { four(6) } else { None };
    let pair = [first, second.unwrap_or(0)];
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => (c, if c.len_utf16() == 2 { 10 } else { 4 }),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Head, Headers, sample};
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn event(encoding: &str, content_type: &str, body: &[u8]) -> Event {
        let headers: Headers = [("content-Encoding", encoding), ("Content-Type", content_type)].into_iter().collect();
        Event {
            head: Head::rebuild("POST", "/", "HTTP/1.1", &headers),
            content_type: Some(content_type.into()),
            body: body.to_vec().into(),
            ..sample()
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    const TEXT: &[u8] = br#"{"a":"needle needle needle needle needle needle"}"#;
    /// The same by Node's zlib (Brotli 1.1.0), and by the command `zstd -19` (1.5.4).
    const BROTLI: &str = "1b3000f89dc9e3ee3b8a89879cca32b6bd0a732b9dbe1601212b5b921415099c83be44";
    const ZSTD: &str = "28b52ffd2431ad0000787b2261223a226e6565646c6520227d010072ca17173b8a80";

    #[test]
    fn every_encoding_is_taken_off() {
        let text = TEXT;
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(text).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(text).unwrap();
        for (name, bytes) in [
            ("gzip", gzip(text)),
            ("GZIP", gzip(text)),
            ("gzip, x-gzip", gzip(&gzip(text))),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", deflate.finish().unwrap()),
            ("br", hex::decode(BROTLI).unwrap()),
            ("zstd", hex::decode(ZSTD).unwrap()),
        ] {
            let content = Content::of(&event(name, "application/json", &bytes)).unwrap();
            assert_eq!((&content.bytes[..], content.cut, content.failed), (text, false, None), "{name}");
        }
        for (name, body) in [("gzip", &b"no gzip"[..]), ("rot13", b"x"), ("gzip,gzip,gzip", &gzip(&gzip(&gzip(text))))]
        {
            let content = Content::of(&event(name, "application/json", body)).unwrap();
            assert!(content.failed.is_some(), "{name}");
        }
        assert_eq!(Content::of(&event("identity", "text/plain; charset=UTF-8", b"x")), None);
    }

    #[test]
    fn a_bomb_is_cut() {
        let bomb = gzip(&vec![b'a'; 4 << 20]);
        let content = Content::of(&event("gzip", "text/plain", &bomb)).unwrap();
        let most = bomb.len() as u64 * RATIO;
        assert!((SMALL..MOST).contains(&most) && content.cut, "{most}");
        assert_eq!(content.bytes.len() as u64, most);
    }

    #[test]
    fn text_is_read_in_its_charset() {
        let read = |kind: &str, body: &[u8]| {
            let content = Content::of(&event("identity", kind, body)).unwrap();
            (String::from_utf8(content.bytes.to_vec()).unwrap(), content.undone.join(" "))
        };
        assert_eq!(read("text/plain; charset=ISO-8859-1", b"M\xfcller"), ("Müller".into(), "windows-1252".into()));
        assert_eq!(read("text/xml", b"\xff\xfeM\0\xfc\0"), ("Mü".into(), "UTF-16LE".into()));
        assert_eq!(read("text/plain;Charset=\"shift_jis\"", b"\x83e\x83X\x83g").0, "テスト");
    }

    #[test]
    fn escapes_are_written_out() {
        let of = |bytes: &[u8], kind| unescaped(bytes, kind).map(|text| String::from_utf8(text.into_owned()).unwrap());
        assert_eq!(of(br#"{"a":"M\u00fcller\/\ud83d\ude00\n"}"#, None).unwrap(), "{\"a\":\"Müller/😀\n\"}");
        assert_eq!(of(br#""\ud83dx\uzz\""#, None).unwrap(), "\"\u{fffd}xuzz\"");
        let form = Some("application/x-www-form-urlencoded");
        assert_eq!(of(b"p=%7B%22a%22%3A+%22%5Cu00fc%22%7D", form).unwrap(), "p={\"a\": \"ü\"}");
        assert_eq!(of(b"plain", None), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..300), name in "gzip|deflate|br|zstd") {
            Content::of(&event(&name, "text/plain; charset=utf-16", &bytes));
            unescaped(&bytes, None);
            unescaped(&bytes, Some("application/x-www-form-urlencoded"));
        }
    }
}

//! What can be copied of the selected event. Copies carry true bytes; credentials are left out.

use crate::app::tabs::signature::report;
use crate::app::tabs::timing;
use crate::app::{App, Code, Detail, Effect, Key, Opened, Overlay};
use crate::body::Notation;
use crate::model::{Head, Headers, Timestamp, bytes_size, is_credential};
use jiff::tz::TimeZone;

/// Keys after `y`, and what each copies.
pub const CHOICES: [(char, &str); 11] = [
    ('b', "body"),
    ('h', "headers"),
    ('c', "curl command"),
    ('r', "raw request"),
    ('p', "path of the line (jq)"),
    ('P', "path of the line (RFC 9535)"),
    ('v', "value of the line"),
    ('S', "signature report"),
    ('t', "timing"),
    ('i', "id"),
    ('u', "listener URL"),
];

/// The header lines with `REDACTED` in place of credentials.
fn redacted(opened: &Opened) -> Headers {
    let value = |name: &[u8], value: &[u8]| match is_credential(name, opened.secret_header.as_deref()) {
        true => b"REDACTED".to_vec(),
        false => value.to_vec(),
    };
    opened.headers.iter().map(|(n, v)| (n.to_vec(), value(n, v))).collect()
}

/// The request as on the wire; its head is written anew only where a credential has to be left out.
fn raw(opened: &Opened) -> Vec<u8> {
    let event = &opened.stored.event;
    let headers = redacted(opened);
    let head = match headers == opened.headers {
        true => event.head.clone(),
        false => Head::rebuild(&event.method, &event.target, &event.version, &headers),
    };
    [&head.0[..], &event.body[..]].concat()
}

/// The bytes that `key` stands for.
fn content(key: char, opened: Option<&Opened>, detail: &Detail, (url, zone): (&str, &TimeZone)) -> Option<Vec<u8>> {
    if key == 'u' {
        return Some(url.as_bytes().to_vec());
    }
    let event = &opened?.stored.event;
    let path = |notation| Some(opened?.body.path(detail.json_line()?, notation).into_bytes());
    Some(match key {
        'b' => event.body.to_vec(),
        'h' => redacted(opened?).to_lines(),
        'c' => opened?.curl.clone().into_bytes(),
        'r' => raw(opened?),
        'p' => path(Notation::Jq)?,
        'P' => path(Notation::Rfc9535)?,
        'v' => opened?.body.value(detail.json_line()?)?,
        'S' => report(opened?).into_bytes(),
        't' => timing::text(opened?, zone).into_bytes(),
        'i' => opened?.stored.id.to_string().into_bytes(),
        _ => return None,
    })
}

impl App {
    pub(in crate::app) fn copy_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        self.overlay = Overlay::None;
        match key.code {
            Code::Char(c) => self.copy(c, at),
            _ => Vec::new(),
        }
    }

    pub(in crate::app) fn copy(&mut self, key: char, at: Timestamp) -> Vec<Effect> {
        let url = self.place.urls.first().cloned().unwrap_or_default();
        let Some((_, what)) = CHOICES.iter().find(|(k, _)| *k == key) else { return Vec::new() };
        match content(key, self.current(), &self.detail, (&url, &self.place.zone)) {
            Some(bytes) => vec![Effect::Copy(format!("{what}, {}", bytes_size(bytes.len() as u64)), bytes)],
            None if matches!(key, 'p' | 'P' | 'v') => {
                self.say("only a line of JSON, pretty or as a tree, has that", at)
            }
            None => self.say("there is nothing to copy yet", at),
        }
    }
}

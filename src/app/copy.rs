//! What can be copied of the selected event. Copies carry true bytes; credentials are left out.

use super::{App, Code, Effect, Key, Opened, Overlay};
use crate::model::{Head, Headers, Timestamp, bytes_size, is_credential};

/// Keys after `y`, and what each copies.
pub const CHOICES: [(char, &str); 6] =
    [('b', "body"), ('h', "headers"), ('c', "curl command"), ('r', "raw request"), ('i', "id"), ('u', "listener URL")];

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
fn content(key: char, opened: Option<&Opened>, url: &str) -> Option<Vec<u8>> {
    if key == 'u' {
        return Some(url.as_bytes().to_vec());
    }
    let event = &opened?.stored.event;
    Some(match key {
        'b' => event.body.to_vec(),
        'h' => redacted(opened?).to_lines(),
        'c' => opened?.curl.clone().into_bytes(),
        'r' => raw(opened?),
        'i' => opened?.stored.id.to_string().into_bytes(),
        _ => return None,
    })
}

impl App {
    pub(super) fn copy_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        self.overlay = Overlay::None;
        match key.code {
            Code::Char(c) => self.copy(c, at),
            _ => Vec::new(),
        }
    }

    pub(super) fn copy(&mut self, key: char, at: Timestamp) -> Vec<Effect> {
        let url = self.place.urls.first().cloned().unwrap_or_default();
        let Some((_, what)) = CHOICES.iter().find(|(k, _)| *k == key) else { return Vec::new() };
        match content(key, self.detail.opened.as_deref(), &url) {
            Some(bytes) => vec![Effect::Copy(format!("{what}, {}", bytes_size(bytes.len() as u64)), bytes)],
            None => self.say("there is nothing to copy yet", at),
        }
    }
}

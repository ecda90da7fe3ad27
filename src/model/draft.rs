//! An event as a text that can be edited, and the edited request that is read back from it.
//! It must not change the event: what is edited is sent, and recorded with its attempt.

use super::{Event, Head, Headers, Target, is_credential};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stands for a credential that stays as it was received.
const MASK: &str = "••••";
/// Header lines that are made anew for every request, and are not worth editing.
const MADE_ANEW: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];
const HELP: &str = "# Save and leave the editor to go on; nothing is sent before you say so. An empty text gives up.\n\
    # The first line is method and target. A value of •••• stays as it was received.\n";

/// A request in place of the one that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// Request method.
    pub method: String,
    /// Header lines; those that frame the body are made anew.
    pub headers: Vec<(String, String)>,
    /// The body.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub body: Vec<u8>,
}

impl Edited {
    /// The event as if it had arrived like this.
    pub fn applied(&self, event: &Event) -> Event {
        let headers: Headers = self.headers.iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        Event {
            method: self.method.clone(),
            head: Head::rebuild(&self.method, &event.target, &event.version, &headers),
            trailers: Headers::default(),
            body: Bytes::copy_from_slice(&self.body),
            ..event.clone()
        }
    }
}

fn to_base64<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(body))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD.decode(text).map_err(serde::de::Error::custom)
}

/// Whether a body can be edited as text without losing anything.
fn as_text(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    (!text.contains(odd)).then_some(text)
}

fn binary(body: &[u8]) -> String {
    format!("(a binary body of {} bytes, as it was received)", body.len())
}

/// The header lines that are edited.
fn lines(event: &Event) -> Vec<(String, String)> {
    let headers = event.head.headers();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let worth = |name: &[u8]| !MADE_ANEW.iter().any(|made| name.eq_ignore_ascii_case(made.as_bytes()));
    headers.iter().filter(|(name, _)| worth(name)).map(|(name, value)| (text(name), text(value))).collect()
}

/// The text to edit: help, method and target, header lines, an empty line, the body.
pub fn draft(event: &Event, target: &str, secret_header: Option<&str>) -> String {
    let mut out = format!("{HELP}{} {target}\n", event.method);
    for (name, value) in lines(event) {
        let masked = is_credential(name.as_bytes(), secret_header);
        // One line a header, whatever stands in it.
        let value = value.replace(['\r', '\n'], " ");
        out.push_str(&format!("{name}: {}\n", if masked { MASK } else { value.as_str() }));
    }
    out.push('\n');
    match as_text(&event.body) {
        Some(text) => out.push_str(text),
        None => out.push_str(&binary(&event.body)),
    }
    out
}

/// What an edited text says: the target and the request; `None` for an empty one. An error says what is wrong.
pub fn read_draft(text: &str, event: &Event) -> Result<Option<(String, Edited)>, String> {
    let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end_matches('\n'), ""));
    let mut rows = head.lines().filter(|row| !row.starts_with('#') && !row.trim().is_empty());
    let Some(first) = rows.next() else { return Ok(None) };
    let is_method = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    let parts = first.trim().split_once(' ').filter(|(method, _)| is_method(method));
    let (method, target) = parts
        .filter(|(_, target)| Target::parse(target).is_ok())
        .ok_or_else(|| format!("`{}` is not a method and a URL", first.trim()))?;
    let mut received = lines(event);
    let mut headers = Vec::new();
    for row in rows {
        let (name, value) = row.split_once(':').ok_or_else(|| format!("`{row}` is not a header: Name: value"))?;
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        let value = match value == MASK {
            false => value,
            true => {
                let at = received.iter().position(|(known, _)| known.eq_ignore_ascii_case(&name));
                received.remove(at.ok_or_else(|| format!("`{name}` was not received: write its value out"))?).1
            }
        };
        headers.push((name, value));
    }
    let body = match as_text(&event.body) {
        None if body.trim_end() == binary(&event.body) => event.body.to_vec(),
        // Editors end a text with a line end that was not there.
        Some(before) if !before.ends_with('\n') => body.strip_suffix('\n').unwrap_or(body).as_bytes().to_vec(),
        _ => body.as_bytes().to_vec(),
    };
    Ok(Some((target.trim().to_owned(), Edited { method: method.to_owned(), headers, body })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::sample;
    use proptest::prelude::*;

    fn event(body: &[u8]) -> Event {
        let head = b"POST /x HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer canary\r\nX-A: 1\r\n\r\n".to_vec();
        Event { head: Head(head), body: Bytes::copy_from_slice(body), ..sample() }
    }

    #[test]
    fn credentials_stay_out_of_the_text_and_come_back() {
        let event = event(b"{}");
        let text = draft(&event, "http://127.0.0.1:3000", None);
        assert!(!text.contains("canary") && !text.contains("Host"), "{text}");
        let (target, edited) = read_draft(&text.replace("X-A: 1", "X-A: 2"), &event).unwrap().unwrap();
        assert_eq!(target, "http://127.0.0.1:3000");
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        assert_eq!(edited.headers, [pair("Authorization", "Bearer canary"), pair("X-A", "2")]);
        assert!(read_draft("", &event).unwrap().is_none() && read_draft(HELP, &event).unwrap().is_none());
        assert!(read_draft("POST\n", &event).is_err() && read_draft("POST http://h\nno header\n", &event).is_err());
        assert!(read_draft("POST http://h\nCookie: ••••\n", &event).is_err());
    }

    proptest! {
        #[test]
        fn an_untouched_text_gives_the_same_request(body in proptest::collection::vec(any::<u8>(), 0..40), editor in any::<bool>()) {
            let event = event(&body);
            let mut text = draft(&event, "http://127.0.0.1:3000", None);
            if editor && !text.ends_with('\n') {
                text.push('\n');
            }
            let (_, edited) = read_draft(&text, &event).unwrap().unwrap();
            prop_assert_eq!(&edited.body, &body);
            let sent: Edited = serde_json::from_str(&serde_json::to_string(&edited).unwrap()).unwrap();
            prop_assert_eq!(sent, edited);
        }
    }
}

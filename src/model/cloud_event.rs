//! The attributes of a CloudEvent (CNCF CloudEvents 1.0, HTTP binding): in headers, or around the data in the body.
//! It must not read the data.

use super::{Content, Event, json_members};
use percent_encoding::percent_decode;

/// Names and values, as they are meant; none where it is no CloudEvent.
pub fn cloud_attributes(event: &Event) -> Vec<(String, String)> {
    let kind = event.content_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    match kind.starts_with("application/cloudevents+json") {
        true => structured(event),
        false => binary(event),
    }
}

/// `ce-NAME: VALUE`, the value percent-encoded (HTTP binding 3.1.3).
fn binary(event: &Event) -> Vec<(String, String)> {
    let headers = event.head.headers();
    if !headers.has("ce-specversion") {
        return Vec::new();
    }
    let name = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase().strip_prefix("ce-").map(str::to_owned);
    let value = |value: &[u8]| String::from_utf8_lossy(&percent_decode(value).collect::<Vec<u8>>()).into_owned();
    headers.iter().filter_map(|(known, said)| Some((name(known)?, value(said)))).collect()
}

/// All members but the data (JSON format 3).
fn structured(event: &Event) -> Vec<(String, String)> {
    let content = Content::of(event);
    let bytes = content.as_ref().map_or(&event.body, |content| &content.bytes);
    let members = json_members(bytes).filter(|members| members.contains_key("specversion"));
    let text = |raw: &str| serde_json::from_str::<String>(raw).unwrap_or_else(|_| raw.to_owned());
    let mut all: Vec<(String, String)> = members
        .into_iter()
        .flatten()
        .filter(|(name, _)| !matches!(name.as_ref(), "data" | "data_base64"))
        .map(|(name, raw)| (name.into_owned(), text(raw)))
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Head, sample};

    #[test]
    fn both_modes_tell_their_attributes() {
        let event = |lines: &str, kind: &str, body: &'static str| Event {
            head: Head(format!("POST / HTTP/1.1\r\n{lines}\r\n").into_bytes()),
            content_type: Some(kind.into()),
            body: body.into(),
            ..sample()
        };
        let told = |event: &Event| {
            let all: Vec<String> =
                cloud_attributes(event).iter().map(|(name, value)| format!("{name}={value}")).collect();
            all.join(" ")
        };
        let binary = event("CE-SpecVersion: 1.0\r\nce-subject: M%C3%BCller%20x\r\nX-A: b\r\n", "text/plain", "");
        assert_eq!(told(&binary), "specversion=1.0 subject=Müller x");
        let body = r#"{"specversion":"1.0","type":"a.b","id":7,"data":{"x":1}}"#;
        assert_eq!(
            told(&event("", "application/cloudevents+json; charset=utf-8", body)),
            "id=7 specversion=1.0 type=a.b"
        );
        assert_eq!(told(&event("", "application/json", body)), "");
    }
}

//! One event a line, as `show --json` prints it (contract section 4), and read back.
//! It must not lose a byte of what came: where header lines alone do not tell, the head goes along.

use super::{Item, Redacted};
use crate::model::{Answer, Class, Event, Head, Headers, How, StoredEvent, Timestamp};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

/// Completes the JSON of an event for a file; `redacted` takes note of what is left out, without it nothing is.
pub fn ndjson_line(stored: &StoredEvent, mut event: Value, redacted: Option<&mut Redacted>) -> Value {
    let e = &stored.event;
    if let Some(redacted) = redacted {
        redacted.take_out(&mut event, &|name| super::is_secret(stored, name));
    } else if Head::rebuild(&e.method, &e.target, &e.version, &e.head.headers()) != e.head {
        event["head_base64"] = json!(BASE64_STANDARD.encode(&e.head.0));
    }
    event
}

/// Reads one; what is wrong is said in words.
pub(super) fn item(value: &Value) -> Result<Item, String> {
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let needed = |name: &str| text(name).ok_or_else(|| format!("`{name}` is missing"));
    let (method, target) = (needed("method")?, needed("request_target")?);
    let version = text("version").unwrap_or_else(|| "HTTP/1.1".into());
    for text in [&method, &target, &version] {
        if text.contains([' ', '\r', '\n']) {
            return Err(format!("`{}` cannot stand in a request's first line", text.escape_debug()));
        }
    }
    let headers = headers(&value["headers"])?;
    let head = match value["head_base64"].as_str() {
        Some(encoded) => Head(decoded("head_base64", encoded)?),
        None => Head::rebuild(&method, &target, &version, &headers),
    };
    let received_at = time(&needed("received_at")?).ok_or("`received_at` is no time")?;
    let us = |name: &str| value["timing"][name].as_u64().unwrap_or(0);
    let event = Event {
        class: Class::Import,
        received_at,
        source: text("source").unwrap_or_default(),
        event_type: text("type"),
        key: text("key"),
        method,
        version,
        remote: text("remote").unwrap_or_default(),
        content_type: head.headers().text("content-type").map(str::to_owned),
        head,
        trailers: if value["trailers"].is_null() { Headers::default() } else { self::headers(&value["trailers"])? },
        body: Bytes::from(decoded("body_base64", value["body_base64"].as_str().ok_or("`body_base64` is missing")?)?),
        rejected: text("rejected"),
        head_us: us("head_us"),
        body_us: us("body_us"),
        target,
        ..Event::default()
    };
    let answer = value["answer"].as_object().map(|answer| Answer {
        status: answer.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()),
        rule: answer.get("rule").and_then(Value::as_str).map(str::to_owned),
        how: answer.get("how").and_then(Value::as_str).and_then(How::from_name),
        commit_us: us("commit_us"),
        answer_us: us("answer_us"),
        total_us: us("total_us"),
    });
    let pinned = value["pinned"].as_bool().unwrap_or_default();
    Ok(Item { event, answer, pinned, note: text("note").filter(|note| !note.is_empty()) })
}

/// RFC 3339.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp(at.as_microsecond()))
}

fn headers(lines: &Value) -> Result<Headers, String> {
    let lines = lines.as_array().ok_or("`headers` is no list")?;
    let mut headers = Headers::default();
    for line in lines {
        let name = line[0].as_str().ok_or("a header has no name")?;
        let value = match &line[1] {
            Value::String(text) => text.clone().into_bytes(),
            other if other["redacted"] == true => b"REDACTED".to_vec(),
            other => decoded("headers", other["base64"].as_str().ok_or(format!("the header {name} has no value"))?)?,
        };
        let wrong = |bytes: &[u8]| bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        if name.is_empty() || wrong(name.as_bytes()) || wrong(&value) {
            return Err(format!("the header `{}` cannot stand in a head", name.escape_debug()));
        }
        headers.push(name, value);
    }
    Ok(headers)
}

fn decoded(name: &str, text: &str) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(text).map_err(|e| format!("`{name}` is no base64: {e}"))
}

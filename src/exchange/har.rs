//! HTTP Archive 1.2: what browsers and proxies write and read (<http://www.softwareishard.com/blog/har-12-spec/>).
//! It must not claim what is not known: the body that a sender was answered with is not kept.

use super::ndjson::time;
use super::{ImportError, Item, Redacted};
use crate::model::{Answer, Class, Event, Head, Headers, StoredEvent};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use url::Url;

/// What stands before the first entry; entries are separated by commas.
pub const HAR_BEGIN: &str = concat!(
    r#"{"log":{"version":"1.2","creator":{"name":"whisper-tui","version":""#,
    env!("CARGO_PKG_VERSION"),
    r#""},"entries":["#
);
/// What stands after the last one.
pub const HAR_END: &str = "]}}";

/// One event as an entry; `redacted` takes note of what is left out, without it nothing is.
pub fn har_entry(stored: &StoredEvent, mut redacted: Option<&mut Redacted>) -> Value {
    let e = &stored.event;
    let lines = e.head.headers();
    let url = url_of(e, &lines);
    let mut headers = Vec::new();
    for (name, value) in lines.iter() {
        let name = String::from_utf8_lossy(name).into_owned();
        let value = match &mut redacted {
            Some(redacted) if super::is_secret(stored, name.as_bytes()) => {
                redacted.note(&name);
                "REDACTED".into()
            }
            _ => String::from_utf8_lossy(value).into_owned(),
        };
        headers.push(json!({"name": name, "value": value}));
    }
    let pairs = Url::parse(&url).map(|url| {
        let one = |(name, value): (_, _)| json!({"name": name, "value": value});
        url.query_pairs().map(one).collect::<Vec<_>>()
    });
    let ms = |us: u64| us as f64 / 1e3;
    let (status, total) = stored.answer.as_ref().map_or((0, None), |a| (a.status.unwrap_or(0), Some(a.total_us)));
    let mut request = json!({
        "method": e.method, "url": url, "httpVersion": e.version, "cookies": [], "headers": headers,
        "queryString": pairs.unwrap_or_default(), "headersSize": e.head.0.len(), "bodySize": stored.size,
    });
    if !e.body.is_empty() {
        request["postData"] = post_data(e);
    }
    json!({
        "startedDateTime": e.received_at.to_string(),
        "time": total.map(ms).unwrap_or(0.0),
        "request": request,
        "response": {
            "status": status, "statusText": "", "httpVersion": e.version, "cookies": [], "headers": [],
            "content": {"size": 0, "mimeType": ""}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": ms(e.head_us + e.body_us), "wait": total.map_or(-1.0, |t| ms(t.saturating_sub(e.head_us + e.body_us))), "receive": 0},
        "comment": format!("#{} {} {}", stored.id, e.source, e.label()),
    })
}

/// A body that is no text goes as base64, which the format knows for answers only: the field is marked as ours.
fn post_data(e: &Event) -> Value {
    let kind = e.content_type.clone().unwrap_or_default();
    match std::str::from_utf8(&e.body) {
        Ok(text) => json!({"mimeType": kind, "text": text}),
        Err(_) => json!({"mimeType": kind, "text": BASE64_STANDARD.encode(&e.body), "_encoding": "base64"}),
    }
}

fn url_of(e: &Event, headers: &Headers) -> String {
    match e.target.starts_with('/') {
        true => format!("http://{}{}", headers.text("host").unwrap_or("localhost"), e.target),
        // In absolute form, or an asterisk.
        false if e.target.contains("://") => e.target.clone(),
        false => format!("http://{}/{}", headers.text("host").unwrap_or("localhost"), e.target),
    }
}

/// Calls `take` for each entry.
pub(super) fn items<E: From<ImportError>>(har: &Value, take: &mut dyn FnMut(Item) -> Result<(), E>) -> Result<(), E> {
    let wrong = |number: usize, what: &str| {
        E::from(ImportError::Wrong { place: "entry", number: number as u64, what: what.into() })
    };
    let entries = har["log"]["entries"].as_array().ok_or_else(|| wrong(1, "a HAR has the list log.entries"))?;
    for (n, entry) in entries.iter().enumerate() {
        take(item(entry).map_err(|what| wrong(n + 1, &what))?)?;
    }
    Ok(())
}

fn item(entry: &Value) -> Result<Item, String> {
    let request = &entry["request"];
    let method = request["method"].as_str().ok_or("request.method is missing")?.to_owned();
    let url = request["url"].as_str().ok_or("request.url is missing")?;
    let started = entry["startedDateTime"].as_str().and_then(time).ok_or("startedDateTime is no time")?;
    let target = target_of(url).ok_or_else(|| format!("request.url `{}` is no URL", url.escape_debug()))?;
    if method.is_empty() || method.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("request.method `{}` is no method", method.escape_debug()));
    }
    let mut headers = Headers::default();
    for line in request["headers"].as_array().into_iter().flatten() {
        let (Some(name), Some(value)) = (line["name"].as_str(), line["value"].as_str()) else {
            return Err("a header has no name or no value".into());
        };
        let wrong = |text: &str| text.contains(['\r', '\n', '\0']);
        if name.is_empty() || wrong(name) || wrong(value) {
            return Err(format!("the header `{}` cannot stand in a head", name.escape_debug()));
        }
        // What HTTP/2 has in place of a start line.
        if !name.starts_with(':') {
            headers.push(name, value);
        }
    }
    let data = &request["postData"];
    if let Some(kind) = data["mimeType"].as_str().filter(|kind| !kind.is_empty() && !headers.has("content-type")) {
        headers.push("Content-Type", kind);
    }
    let version = match request["httpVersion"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "http/2.0" | "h2" | "http/2" => "HTTP/2.0",
        "http/1.0" => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let event = Event {
        class: Class::Import,
        received_at: started,
        content_type: headers.text("content-type").map(str::to_owned),
        head: Head::rebuild(&method, &target, version, &headers),
        version: version.into(),
        body: body(data)?.into(),
        method,
        target,
        ..Event::default()
    };
    let status = entry["response"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let total_us = entry["time"].as_f64().map_or(0, |ms| (ms.max(0.0) * 1e3) as u64);
    let answer = status.filter(|status| *status > 0).map(|status| Answer {
        status: Some(status),
        rule: None,
        how: None,
        commit_us: 0,
        answer_us: 0,
        total_us,
    });
    Ok(Item { event, answer, pinned: false, note: None })
}

/// What stands behind the authority, as it is written.
fn target_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let rest = rest.split('#').next().unwrap_or(rest);
    let target = match rest.find(['/', '?']) {
        Some(at) if rest[at..].starts_with('/') => rest[at..].to_owned(),
        Some(at) => format!("/{}", &rest[at..]),
        None => "/".to_owned(),
    };
    (!target.contains(|c: char| c.is_whitespace() || c.is_control())).then_some(target)
}

fn body(data: &Value) -> Result<Vec<u8>, String> {
    let base64 = ["_encoding", "encoding"].iter().any(|name| data[*name] == "base64");
    match (data["text"].as_str(), data["params"].as_array()) {
        (Some(text), _) if base64 => {
            BASE64_STANDARD.decode(text).map_err(|e| format!("postData.text is no base64: {e}"))
        }
        (Some(text), _) if !text.is_empty() => Ok(text.to_owned().into_bytes()),
        (_, Some(params)) => {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            for one in params {
                out.append_pair(one["name"].as_str().unwrap_or_default(), one["value"].as_str().unwrap_or_default());
            }
            Ok(out.finish().into_bytes())
        }
        _ => Ok(Vec::new()),
    }
}

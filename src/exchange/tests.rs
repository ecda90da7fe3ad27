//! What is written is read back as it was.

use super::*;
use crate::model::{Head, Timestamp, hostile_texts, sample};

fn stored(body: &[u8], headers: &str) -> StoredEvent {
    let head = Head(format!("POST /a?b=c%20d HTTP/1.1\r\nHost: h:1\r\n{headers}\r\n").into_bytes());
    let event = Event {
        received_at: Timestamp(1_768_478_400_123_456),
        target: "/a?b=c%20d".into(),
        content_type: head.headers().text("content-type").map(str::to_owned),
        head,
        body: body.to_vec().into(),
        ..sample()
    };
    let family = Family { arrival: 1, duplicate_of: None, conflict: false };
    StoredEvent::new(event, Receipt { id: EventId(7), family, overtaken_by: None, queue_us: 0, commit_us: 0 })
}

fn shown(stored: &StoredEvent) -> Value {
    shape::whole_event(stored, &Judgement::default(), &Diagnosis::default(), (None, None))
}

fn back(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let keep = &mut |item| {
        items.push(item);
        Ok::<(), ImportError>(())
    };
    read(text.as_bytes(), keep).unwrap_or_else(|e| panic!("{e}: {text}"));
    items
}

#[test]
fn every_body_comes_back_byte_for_byte_from_both_forms() {
    for text in hostile_texts() {
        let one = stored(&text, "Content-Type: application/json\r\nX-A: \x01é\r\n");
        let item = back(&ndjson_line(&one, shown(&one), None).to_string()).remove(0);
        assert_eq!(item.event.body, one.event.body);
        assert_eq!(item.event.head, one.event.head);
        assert_eq!((item.event.received_at, &item.event.source), (one.event.received_at, &one.event.source));
        assert_eq!(back(&item.line())[0], item);
        let har = format!("{HAR_BEGIN}\n{}\n,\n{}{HAR_END}", har_entry(&one, None), har_entry(&one, None));
        let items = back(&har);
        assert_eq!(items.len(), 2);
        assert_eq!(items[1].event.body, one.event.body);
        assert_eq!((&items[0].event.target, items[0].event.received_at), (&one.event.target, one.event.received_at));
    }
}

#[test]
fn a_head_that_its_lines_do_not_tell_goes_along() {
    let spaced = stored(b"x", "Authorization : canary\r\n");
    let line = ndjson_line(&spaced, shown(&spaced), Some(&mut Redacted::default()));
    assert!(!line.to_string().contains("canary"), "{line}");
    let one = stored(b"x", "X-Odd:value  \r\nCookie: a=canary\r\n");
    let whole = ndjson_line(&one, shown(&one), None);
    assert_eq!(back(&whole.to_string())[0].event.head, one.event.head);
    let mut redacted = Redacted::default();
    let line = ndjson_line(&one, shown(&one), Some(&mut redacted));
    assert!(!line.to_string().contains("canary") && line["head_base64"].is_null(), "{line}");
    assert_eq!(line["headers"][2], serde_json::json!(["Cookie", {"redacted": true, "bytes": 8}]));
    assert_eq!(redacted.to_string(), "cookie (1)");
    assert_eq!(back(&line.to_string())[0].event.head.headers().text("cookie"), Some("REDACTED"));
    let har = har_entry(&one, Some(&mut redacted));
    assert!(!har.to_string().contains("canary") && har["request"]["headers"][2]["value"] == "REDACTED", "{har}");
}

#[test]
fn what_cannot_be_read_names_its_place() {
    let wrong = |text: &str| read(text.as_bytes(), &mut |_| Ok::<(), ImportError>(())).unwrap_err().to_string();
    let good = stored(b"x", "");
    let good = ndjson_line(&good, shown(&good), None).to_string();
    assert_eq!(wrong(&format!("{good}\n{{}}\n")), "line 2: `method` is missing");
    assert!(wrong(&format!("{good}\nnonsense\n")).starts_with("line 2: "));
    assert_eq!(back(&format!("\u{feff}{good}\r\n\r\n")).len(), 1);
    assert!(wrong("nonsense\nmore").starts_with("line 1: neither an event nor a HAR"));
    assert_eq!(wrong("{\"log\":\n{}}"), "entry 1: a HAR has the list log.entries");
    assert!(wrong(&good.replace("\"body_base64\":\"", "\"body_base64\":\"!")).starts_with("line 1: `body_base64`"));
    let har = "{\"log\":{\"entries\":[{\"request\":{\"method\":\"GET\",\"url\":\"no\"},\"startedDateTime\":\"2026-01-15T12:00:00Z\"}]}}";
    assert!(wrong(har).starts_with("entry 1: request.url `no`"));
    let injected = good.replace("c%20d\"", "c HTTP/1.1\\r\\nX-Evil: 1\"");
    assert!(wrong(&injected).contains("cannot stand in a request's first line"), "{injected}");
    for bad in ["\"a\\r\\nb\"", "{}", "7"] {
        let line = good.replacen("\"h:1\"", bad, 1);
        assert!(wrong(&line).contains("header"), "{line}");
    }
}

/// As Chromium's network panel writes it.
#[test]
fn a_browsers_archive_is_read() {
    let har = r#"{"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [],
      "entries": [{"_priority": "High", "startedDateTime": "2026-01-15T12:00:00.250Z", "time": 12.5,
        "request": {"method": "POST", "url": "https://api.example.com/v1/hooks?x=1#part", "httpVersion": "http/2.0",
          "headers": [{"name": ":method", "value": "POST"}, {"name": "content-type", "value": "application/x-www-form-urlencoded"}],
          "queryString": [{"name": "x", "value": "1"}], "cookies": [], "headersSize": -1, "bodySize": 3,
          "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "a", "value": "b c"}]}},
        "response": {"status": 204, "statusText": "", "httpVersion": "http/2.0", "headers": [], "cookies": [],
          "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "", "headersSize": -1, "bodySize": 0},
        "cache": {}, "timings": {"send": 0, "wait": 12, "receive": 0.5}}]}}"#;
    let item = back(har).remove(0).judge(&Keyring::default());
    let e = &item.event;
    assert_eq!((e.class, e.target.as_str(), e.version.as_str()), (Class::Import, "/v1/hooks?x=1", "HTTP/2.0"));
    assert_eq!((&e.body[..], e.source.as_str(), e.head.headers().len()), (&b"a=b+c"[..], "v1", 1));
    let answer = item.answer.unwrap();
    assert_eq!((answer.status, answer.total_us), (Some(204), 12_500));
}

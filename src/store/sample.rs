//! Events for the tests of this room.

use crate::model::{Class, Event, Head, Headers, Judgement, Origin, Timestamp};

/// One with a header `X-A` of this value.
pub(super) fn event(target: &str, header: &str, body: &str) -> Event {
    let head = format!("POST {target} HTTP/1.1\r\nX-A:{header}\r\n\r\n");
    Event {
        class: Class::Request,
        received_at: Timestamp(0),
        source: "s".into(),
        provider: None,
        event_type: None,
        key: None,
        method: "POST".into(),
        target: target.into(),
        version: "HTTP/1.1".into(),
        remote: String::new(),
        content_type: None,
        head: Head(head.into_bytes()),
        trailers: Headers::default(),
        body: body.to_owned().into(),
        origin: Origin::default(),
        judgement: Judgement::default(),
        rejected: None,
        head_us: 0,
        body_us: 0,
        verify_us: 0,
    }
}

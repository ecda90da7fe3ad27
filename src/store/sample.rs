//! Events for the tests of this room.

use crate::model::{Class, Event, Head, Headers, Judgement, Origin, Timestamp};

/// Makes the time that events waited for the writer the same for all: it is measured, and pictures of it are compared.
pub(crate) fn settle_queue(log: &std::path::Path, queue_us: i64) {
    let db = rusqlite::Connection::open(log).unwrap();
    db.execute("UPDATE events SET queue_us = ?1", [queue_us]).unwrap();
}

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

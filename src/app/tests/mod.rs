//! What single keys ask for, and the pieces that the tests are made of.

mod detail;
mod filtering;
mod list;
mod pointing;
mod sending;
mod total;

use super::*;
use crate::body::Body;
use crate::model::{
    Anchor, Brought, Class, Event, EventId, Family, Head, Headers, Heads, Judgement, Marks, Origin, Page, PageWish,
    Row, Scope, StoredEvent, Verdict,
};

pub(crate) fn stored(id: i64) -> StoredEvent {
    let body = bytes::Bytes::from_static(br#"{"id":"evt_1","data":{"amount":4200,"list":[1,2]},"live":false}"#);
    StoredEvent {
        deliveries: Vec::new(),
        id: EventId(id),
        size: body.len() as u64,
        family: Family { arrival: 1, duplicate_of: None, conflict: false },
        overtaken_by: None,
        drift: Vec::new(),
        queue_us: 40,
        answer: Some(crate::model::Answer {
            status: Some(200),
            rule: None,
            how: None,
            commit_us: 2_011,
            answer_us: 301,
            total_us: 3_962,
        }),
        at_arrival: None,
        damaged: false,
        attempts: Vec::new(),
        marks: Marks::default(),
        event: Event {
            class: Class::Request,
            received_at: Timestamp::from_secs(1_763_894_525 + id),
            source: "stripe".into(),
            provider: Some("stripe".into()),
            event_type: Some("invoice.paid".into()),
            key: Some(format!("evt_{id}")),
            method: "POST".into(),
            target: "/stripe".into(),
            version: "HTTP/1.1".into(),
            remote: "127.0.0.1:50122".into(),
            content_type: Some("application/json".into()),
            head: Head(b"POST /stripe HTTP/1.1\r\nHost: h\r\nX-Evil: \x1b[2J\xe2\x80\xae\r\n\r\n".to_vec()),
            trailers: Headers::default(),
            body,
            origin: Origin {
                made_at: Some(Timestamp::from_secs(1_763_894_525 + id - 2)),
                object: Some("in_1".into()),
                deadline_us: Some(20_000_000),
                ..Origin::default()
            },
            judgement: Judgement { verdict: Verdict::Invalid, ..Judgement::default() },
            rejected: None,
            head_us: 412,
            body_us: 1_103,
            verify_us: 95,
        },
    }
}

fn row(stored: &StoredEvent) -> Row {
    let event = &stored.event;
    Row {
        id: stored.id,
        received_at: event.received_at,
        class: event.class,
        source: event.source.clone(),
        label: event.label(),
        verdict: event.judgement.verdict,
        size: stored.size,
        refused: None,
        brought: Brought::default(),
        ack_us: stored.answer.as_ref().map(|a| a.total_us),
        sent: None,
        arrival: stored.family.arrival,
        after_us: None,
        test: false,
        punctuality: stored.punctuality(),
        overtaken_by: stored.overtaken_by,
        drifts: false,
        folds: 0,
        marks: stored.marks.clone(),
        rejected: None,
    }
}

pub(crate) fn opened(id: i64) -> Box<Opened> {
    let stored = stored(id);
    Box::new(Opened {
        headers: stored.event.head.headers(),
        proof: stored.event.judgement.clone(),
        body: Body::new(stored.event.body.clone(), Some("application/json")),
        curl: "curl ...".into(),
        secret_header: None,
        resign: Some(Resign { secret: "STRIPE_TEST".into(), expires: None }),
        made: (None, None),
        usual: Vec::new(),
        overtook: Vec::new(),
        arrivals: Default::default(),
        arriving: None,
        diagnosis: None,
        guesses: 0,
        stored,
    })
}

pub(crate) fn page(anchor: Anchor, from: i64, to: i64, head: i64) -> Page {
    Page {
        wish: PageWish { anchor, limit: 200, scope: Scope::default(), keep: None },
        found: None,
        problems: None,
        matching: None,
        gaps: Vec::new(),
        rows: (from..=to).map(|id| row(&stored(id))).collect(),
        from_start: from <= 1,
        to_end: to >= head,
        total: head as u64,
        heads: Heads { event: head, ..Heads::default() },
        searching: false,
    }
}

pub(crate) fn app(size: (u16, u16)) -> App {
    let place = Place {
        tour: false,
        urls: vec!["http://127.0.0.1:9477".into()],
        store: "~/.local/share/whisper-tui/events.db".into(),
        zone: TimeZone::UTC,
        allowed: crate::model::Allowed::default(),
        saved: Default::default(),
        keys: KeyMap::default(),
        serves: true,
        warnings: Vec::new(),
    };
    App::new(place, size, vec!["http://127.0.0.1:3000".into()])
}

fn press(app: &mut App, keys: &str, mut at: i64) -> Vec<Effect> {
    let mut effects = Vec::new();
    for c in keys.chars() {
        at += 100_000;
        effects = update(app, Msg::Key(Key::plain(Code::Char(c)), Timestamp(at)));
    }
    effects
}

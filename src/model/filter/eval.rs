//! Whether an event matches. This decides; anything that narrows the search before may only leave it more to do.

use super::fields::{self, Field};
use super::{Expr, Op, Value, moment};
use crate::model::{
    Content, Event, StoredEvent, Timestamp, Track, bytes_size, cloud_attributes, glob, is_literal, micros, trace_id,
    unescaped,
};
use jiff::tz::TimeZone;

/// An event with what is needed to judge it.
pub struct Subject<'a> {
    /// The event, its body included.
    pub event: &'a StoredEvent,
    /// The present, for `since`.
    pub now: Timestamp,
    /// The zone in which times of day are meant.
    pub zone: &'a TimeZone,
}

pub(super) fn matches(expr: &Expr, subject: &Subject) -> bool {
    match expr {
        Expr::And(parts) => all_match(parts, subject),
        Expr::Or(parts) => parts.iter().any(|part| matches(part, subject)),
        Expr::Not(inner) => !matches(inner, subject),
        Expr::Field(field, _) if field.is_of_delivery() => {
            subject.event.tracks().iter().any(|one| fits_track(expr, one))
        }
        Expr::Field(field, values) => values.iter().any(|value| field_matches(*field, value, subject)),
        Expr::Part(part, values) => {
            let own = part.values(&subject.event.event);
            values.iter().any(|value| own.iter().any(|own| fits(value, own)))
        }
        Expr::Has(part) => part.is_in(&subject.event.event),
        Expr::HasField(field) => own_text(*field, subject).is_some(),
        Expr::Saved(_, inner) => matches(inner, subject),
        Expr::Word(word) => somewhere(subject, &|text| contains(text, word.as_bytes())),
        Expr::Regex(pattern) => somewhere(subject, &|text| pattern.regex.is_match(text)),
    }
}

/// What is asked of deliveries is asked of one and the same, unless it is only said what there shall not be.
fn all_match(parts: &[Expr], subject: &Subject) -> bool {
    let (of_delivery, others): (Vec<&Expr>, Vec<&Expr>) = parts.iter().partition(|part| is_of_delivery(part));
    let one_fits = || {
        let tracks = subject.event.tracks();
        tracks.iter().any(|track| of_delivery.iter().all(|part| fits_track(part, track)))
    };
    others.iter().all(|part| matches(part, subject))
        && match of_delivery.iter().all(|part| matches!(part, Expr::Not(_))) {
            true => of_delivery.iter().all(|part| matches(part, subject)),
            false => one_fits(),
        }
}

/// Whether nothing else is asked for in it.
fn is_of_delivery(expr: &Expr) -> bool {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => !parts.is_empty() && parts.iter().all(is_of_delivery),
        Expr::Not(inner) => is_of_delivery(inner),
        Expr::Field(field, _) => field.is_of_delivery(),
        // A group of its own.
        Expr::Saved(..) => false,
        Expr::Part(..) | Expr::Has(_) | Expr::HasField(_) | Expr::Word(_) | Expr::Regex(_) => false,
    }
}

fn fits_track(expr: &Expr, track: &Track) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| fits_track(part, track)),
        Expr::Or(parts) => parts.iter().any(|part| fits_track(part, track)),
        Expr::Not(inner) => !fits_track(inner, track),
        Expr::Field(field, values) => values.iter().any(|value| track_matches(*field, value, track)),
        Expr::Part(..) | Expr::Has(_) | Expr::HasField(_) | Expr::Word(_) | Expr::Regex(_) | Expr::Saved(..) => false,
    }
}

fn track_matches(field: Field, value: &Value, track: &Track) -> bool {
    let text = |own: &str| matches!(value, Value::Text(pattern) if wildcard(pattern, own));
    let number = |own: u64| number_fits(field, value, own as i64);
    match field {
        Field::Subscriber => track.subscriber.is_some_and(text),
        Field::Delivery => track.state().is_some_and(|state| text(state.name())),
        Field::Status if matches!(value, Value::Text(none) if fields::is_none(none)) => {
            !track.attempts.is_empty() && track.status().is_none()
        }
        Field::Status => track.status().is_some_and(|status| number(status.into())),
        Field::Tries => number(track.attempts.len() as u64),
        Field::Took => track.took_us().is_some_and(number),
        _ => false,
    }
}

fn number_fits(field: Field, value: &Value, own: i64) -> bool {
    match value {
        Value::Text(n) => fields::number(field, n).is_some_and(|(from, to)| (from..=to).contains(&own)),
        Value::Range(a, b) => {
            matches!((fields::number(field, a), fields::number(field, b)), (Some(a), Some(b)) if a.0 <= own && own <= b.1)
        }
        Value::Compare(op, n) => fields::number(field, n).is_some_and(|(from, to)| match op {
            Op::Gt => own > to,
            Op::Ge => own >= from,
            Op::Lt => own < from,
            Op::Le => own <= to,
        }),
    }
}

fn field_matches(field: Field, value: &Value, subject: &Subject) -> bool {
    let stored = subject.event;
    let e = &stored.event;
    let text = |own: Option<&str>| match (own, value) {
        (Some(own), Value::Text(pattern)) => wildcard(pattern, own),
        _ => false,
    };
    let number = |own: i64| number_fits(field, value, own);
    match field {
        Field::Source => text(Some(&e.source)),
        Field::Provider => text(e.provider.as_deref()),
        Field::Type => text(e.event_type.as_deref()),
        Field::Key => text(e.key.as_deref()),
        Field::Object => text(e.origin.object.as_deref()),
        Field::Method => text(Some(&e.method)),
        Field::Path => text(Some(e.path())),
        Field::Class => text(Some(e.class.name())),
        Field::Sig => matches!(value, Value::Text(word) if fields::verdict(word) == Some(e.judgement.verdict)),
        Field::Id => number(stored.id.0),
        Field::Size => number(stored.size as i64),
        Field::Answer if matches!(value, Value::Text(none) if fields::is_none(none)) => {
            stored.answer.as_ref().is_some_and(|a| a.status.is_none())
        }
        Field::Answer => stored.answer.as_ref().and_then(|a| a.status).is_some_and(|status| number(status.into())),
        Field::Ack => stored.answer.as_ref().is_some_and(|a| number(a.total_us as i64)),
        Field::Skew => e.judgement.skew_us.is_some_and(number),
        Field::Trace => text(trace_id(&e.head.headers()).as_deref()),
        Field::Host => text(host(e).as_deref()),
        Field::Ip => text(ip(&e.remote)),
        Field::Is => matches!(value, Value::Text(state) if fields::is(state, stored)),
        Field::Note => match (value, &stored.marks.note) {
            (Value::Text(part), Some(note)) => contains(note.as_bytes(), part.as_bytes()),
            _ => false,
        },
        Field::Subscriber | Field::Delivery | Field::Status | Field::Tries | Field::Took => false,
        Field::Since | Field::Before | Field::At => in_time(field, value, subject),
    }
}

fn in_time(field: Field, value: &Value, subject: &Subject) -> bool {
    let at = subject.event.event.received_at;
    let (now, zone) = (subject.now, subject.zone);
    let span = |text: &str| moment::read(text, now, zone);
    match (field, value) {
        (Field::Since, Value::Text(text)) => span(text).is_some_and(|when| at >= when.from),
        (Field::Before, Value::Text(text)) => span(text).is_some_and(|when| at < when.from),
        (Field::At, Value::Text(text)) => span(text).is_some_and(|when| (when.from..=when.to).contains(&at)),
        (Field::At, Value::Range(from, to)) => {
            span(from).zip(span(to)).is_some_and(|(from, to)| (from.from..=to.to).contains(&at))
        }
        _ => false,
    }
}

/// What an event has where a field looks, as text; of fields that are asked of deliveries nothing.
pub(super) fn own_text(field: Field, subject: &Subject) -> Option<String> {
    let stored = subject.event;
    let e = &stored.event;
    match field {
        Field::Source => Some(e.source.clone()),
        Field::Provider => e.provider.clone(),
        Field::Type => e.event_type.clone(),
        Field::Key => e.key.clone(),
        Field::Object => e.origin.object.clone(),
        Field::Method => Some(e.method.clone()),
        Field::Path => Some(e.path().to_owned()),
        Field::Class => Some(e.class.name().to_owned()),
        Field::Sig => Some(e.judgement.verdict.name().to_owned()),
        Field::Id => Some(stored.id.to_string()),
        Field::Answer => stored.answer.as_ref().map(|a| a.told()),
        Field::Size => Some(bytes_size(stored.size)),
        Field::Ack => stored.answer.as_ref().map(|a| micros(a.total_us)),
        Field::Skew => e.judgement.skew_us.map(signed_micros),
        Field::Trace => trace_id(&e.head.headers()),
        Field::Host => host(e),
        Field::Ip => ip(&e.remote).map(str::to_owned),
        Field::Since | Field::Before | Field::At => Some(e.received_at.date_clock(subject.zone)),
        Field::Note => stored.marks.note.clone(),
        Field::Is | Field::Subscriber | Field::Delivery | Field::Status | Field::Tries | Field::Took => None,
    }
}

fn signed_micros(us: i64) -> String {
    format!("{}{}", if us < 0 { "-" } else { "" }, micros(us.unsigned_abs()))
}

/// Where the sender believed to be: the target's host, else that of the header line, without the port.
fn host(event: &Event) -> Option<String> {
    let headers = event.head.headers();
    let authority = match event.target.split_once("://") {
        Some((_, rest)) if !event.target.starts_with('/') => rest.split(['/', '?']).next()?,
        _ => headers.text("host")?,
    };
    let authority = authority.rsplit('@').next()?;
    let end = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']')).unwrap_or(authority.len());
    Some(authority[..end].to_owned())
}

/// The peer's address without its port.
fn ip(remote: &str) -> Option<&str> {
    let (ip, _) = remote.rsplit_once(':')?;
    Some(ip.trim_start_matches('[').trim_end_matches(']'))
}

/// Text by the whole value, numbers by their size however they are written.
fn fits(value: &Value, own: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let own_number = || number(own);
    match value {
        Value::Text(pattern) => {
            wildcard(pattern, own) || number(pattern).zip(own_number()).is_some_and(|(wanted, own)| wanted == own)
        }
        Value::Compare(op, bound) => own_number().zip(number(bound)).is_some_and(|(own, bound)| match op {
            Op::Gt => own > bound,
            Op::Ge => own >= bound,
            Op::Lt => own < bound,
            Op::Le => own <= bound,
        }),
        Value::Range(from, to) => match (own_number(), number(from), number(to)) {
            (Some(own), Some(from), Some(to)) => (from..=to).contains(&own),
            _ => false,
        },
    }
}

/// Looks where a bare word looks: path, type, a header line, the body.
fn somewhere(subject: &Subject, found: &dyn Fn(&[u8]) -> bool) -> bool {
    let e = &subject.event.event;
    found(e.target.as_bytes())
        || e.event_type.as_ref().is_some_and(|t| found(t.as_bytes()))
        || e.head.headers().to_lines().split(|&b| b == b'\n').any(|line| found(line.trim_ascii()))
        || found(&e.body)
        || !is_literal(&e.head.0, &e.body) && in_content(e, found)
}

/// The same where the body is not written as it is read.
fn in_content(event: &Event, found: &dyn Fn(&[u8]) -> bool) -> bool {
    let content = Content::of(event);
    let bytes = content.as_ref().map_or(&event.body, |content| &content.bytes);
    content.is_some() && found(bytes)
        || unescaped(bytes, event.content_type.as_deref()).is_some_and(|text| found(&text))
        || cloud_attributes(event).iter().any(|(_, value)| found(value.as_bytes()))
}

/// ASCII letter case ignored.
pub(super) fn contains(text: &[u8], needle: &[u8]) -> bool {
    let Some(first) = needle.first() else { return true };
    let (low, high) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(low, high, text)
        .any(|at| text.get(at..at + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle)))
}

/// What stands between the wildcards of a pattern.
pub(super) fn pieces(pattern: &str) -> impl Iterator<Item = &str> {
    pattern.split('*').filter(|piece| !piece.is_empty())
}

/// Whole-value match with `*` for any text, ASCII letter case ignored.
pub(super) fn wildcard(pattern: &str, text: &str) -> bool {
    glob(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::filter::Filter;
    use crate::model::{Answer, Delivery, DeliveryState, EventId, Family, Head, Headers, Judgement, Receipt, sample};

    #[test]
    fn text_matches_whole_unless_starred() {
        assert!(wildcard("Invoice.*", "invoice.paid"));
        assert!(!wildcard("invoice", "invoice.paid"));
        assert!(wildcard("*.p*d", "invoice.paid"));
        assert!(!wildcard("a*a", "a"));
        assert!(contains(b"xxHeLLo", b"hello"));
    }

    fn accepts(filter: &str) -> bool {
        let headers: Headers =
            [("Host", "Hooks.example:9477"), ("X-GitHub-Event", "push"), ("X-A", "1"), ("x-a", "two")]
                .into_iter()
                .collect();
        let event = Event {
            head: Head::rebuild("POST", "/a?q=x%20y&n=5&q=z", "HTTP/1.1", &headers),
            target: "/a?q=x%20y&n=5&q=z".into(),
            remote: "[::1]:50122".into(),
            received_at: Timestamp::from_secs(1_768_478_400),
            judgement: Judgement { skew_us: Some(-2_000_000), ..Judgement::default() },
            body: br#"{"data":{"object":{"amount":4200,"id":"pi_1","paid":true,"error":null}},"items":[{"n":1},{"n":"7"}]}"#
                .to_vec()
                .into(),
            ..sample()
        };
        let family = Family { arrival: 1, duplicate_of: None, conflict: false };
        let mut stored =
            StoredEvent::new(event, Receipt { id: EventId(1), family, overtaken_by: None, queue_us: 0, commit_us: 0 });
        stored.answer =
            Some(Answer { status: Some(200), rule: None, how: None, commit_us: 1, answer_us: 1, total_us: 51_000 });
        let parsed = Filter::parse(filter).unwrap();
        assert_eq!(Filter::parse(&parsed.to_string()).unwrap(), parsed, "{filter}");
        let subject = Subject { event: &stored, now: Timestamp::from_secs(1_768_478_460), zone: &TimeZone::UTC };
        let matches = parsed.matches(&subject);
        assert_eq!(parsed.explain(&subject).is_none(), matches, "{filter}");
        matches
    }

    #[test]
    fn parts_are_compared_by_any_of_their_values() {
        for yes in [
            "h.x-github-event:push",
            "header.x-a:two",
            "query.q:z",
            "query.q:\"x y\"",
            "query.n:>4",
            "body.data.object.amount:>4000",
            "b.data.object.amount:4200",
            "body.data.object.amount:1..4200",
            "body.data.object.id:pi_*",
            "body.data.object.paid:true",
            "body.items[*].n:7",
            "body.items[1].n:>=7",
            "has:body.data.object.error",
            "has:body.items[*].n",
            "has:header.X-A",
            "-has:body.nothing -body.nothing:5",
            "host:hooks.example host:hooks.* ip:::1 ack:>50ms ack:51ms -ack:<51ms",
            "skew:<-1s -skew:>0s skew:-3s..-2s has:skew has:answer -has:note -has:provider",
            "since:1m before:59s at:12:00 at:11:59..12:00 at:2026-01-15 at:2m..1m at:2026-01-15T12:00Z",
        ] {
            assert!(accepts(yes), "{yes}");
        }
        for no in [
            "h.x-github-event:pus",
            "query.n:>5",
            "body.data.object.amount:>4200",
            "body.items[*].n:8",
            "has:query.no",
            "body.nothing:5",
            "host:hooks.example:9477",
            "ip:::2",
            "ack:>51ms",
            "skew:>5s",
            "since:59s",
            "before:12:00",
            "at:12:01",
            "at:2026-01-14",
            "has:note",
        ] {
            assert!(!accepts(no), "{no}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for wrong in [
            "body.:1",
            "has:x",
            "has:size",
            "at:10m",
            "skew:5",
            "ack:-1s",
            "before:x",
            "since:1m..2m",
            "has:body.",
            "body.a:>x",
            "body.a:",
            "header:x",
        ] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_is_found_however_it_is_written() {
        let accepts = |head: &str, body: &[u8], text: &str| {
            let head = Head(format!("POST / HTTP/1.1\r\n{head}\r\n").into_bytes());
            let content_type = head.headers().text("content-type").map(str::to_owned);
            let event = Event { head, content_type, body: body.to_vec().into(), ..sample() };
            let family = Family { arrival: 1, duplicate_of: None, conflict: false };
            let stored = StoredEvent::new(
                event,
                Receipt { id: EventId(1), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
            );
            let subject = Subject { event: &stored, now: Timestamp(0), zone: &TimeZone::UTC };
            Filter::parse(text).unwrap().matches(&subject)
        };
        let json = br#"{"name":"M\u00fcller","url":"https:\/\/a.b"}"#;
        for text in ["müller", "Müller", "M\\u00fcller", "\"https://a.b\"", "body.name:Müller", "/m.ller/"] {
            assert!(accepts("", json, text), "{text}");
        }
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        assert!(accepts(form, b"text=a+b%20c", "\"a b c\"") && accepts(form, b"text=a+b%20c", "a+b%20c"));
        assert!(!accepts("", b"text=a+b%20c", "\"a b c\""));
        let ce = "ce-specversion: 1.0\r\nce-subject: M%C3%BCller%20x\r\n";
        assert!(accepts(ce, b"", "\"müller x\"") && accepts(ce, b"", "c3%bcller"));
        let zstd = hex::decode("28b52ffd2431ad0000787b2261223a226e6565646c6520227d010072ca17173b8a80").unwrap();
        for text in ["\"needle needle\"", "body.a:needle*", "has:body.a"] {
            assert!(accepts("content-encoding: zstd\r\n", &zstd, text) && !accepts("", &zstd, text), "{text}");
        }
    }

    #[test]
    fn hostile_texts_are_found_by_themselves() {
        for body in crate::model::hostile_texts() {
            let event = Event { body: body.clone().into(), ..sample() };
            let family = Family { arrival: 1, duplicate_of: None, conflict: false };
            let stored = StoredEvent::new(
                event,
                Receipt { id: EventId(1), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
            );
            let subject = Subject { event: &stored, now: Timestamp(0), zone: &TimeZone::UTC };
            let Ok(text) = std::str::from_utf8(&body) else { continue };
            let filter = Filter::parse(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))).unwrap();
            assert!(filter.matches(&subject), "{text:?}");
            assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
            // As a filter of its own it is read or refused.
            let _ = Filter::parse(text).map(|filter| filter.matches(&subject));
        }
    }

    #[test]
    fn a_rejection_names_clause_and_value() {
        let family = Family { arrival: 1, duplicate_of: None, conflict: false };
        let mut stored = StoredEvent::new(
            sample(),
            Receipt { id: EventId(1), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
        );
        let why = |stored: &StoredEvent, text: &str| {
            let subject = Subject { event: stored, now: Timestamp(0), zone: &TimeZone::UTC };
            Filter::parse(text).unwrap().explain(&subject).unwrap().to_string()
        };
        assert_eq!(why(&stored, "source:stripe (sig:bad type:x)"), "`sig:bad`: sig is unsigned");
        assert_eq!(why(&stored, "type:a OR size:>1k"), "`type:a OR size:>1k`: type is nothing; size is 2 B");
        assert_eq!(why(&stored, "-source:str*"), "`-source:str*`: it matches `source:str*`");
        assert_eq!(why(&stored, "body.a:5"), "`body.a:5`: body.a is not there");
        stored.event.body = bytes::Bytes::from_static(b"{\"a\":null}");
        assert_eq!(why(&stored, "body.a:5"), "`body.a:5`: body.a is null");
        stored.event.head = Head(b"POST / HTTP/1.1\r\nAuthorization: canary\r\nX-Api-Token: canary\r\n\r\n".to_vec());
        for header in ["authorization", "x-api-token"] {
            let told = why(&stored, &format!("header.{header}:x"));
            assert!(told.ends_with("is another one (6 bytes)"), "{told}");
        }
        assert_eq!(why(&stored, "status:200"), "`status:200`: nobody has got it yet");
        stored.marks.deleted_at = Some(Timestamp(1));
        assert_eq!(why(&stored, "source:stripe"), "`-is:deleted`: it is deleted");
    }

    #[test]
    fn what_is_asked_of_deliveries_is_asked_of_one_and_the_same() {
        let family = Family { arrival: 1, duplicate_of: None, conflict: false };
        let mut stored = StoredEvent::new(
            sample(),
            Receipt { id: EventId(1), family, overtaken_by: None, queue_us: 0, commit_us: 0 },
        );
        let delivery = |subscriber: &str, state, status| Delivery {
            subscriber: subscriber.into(),
            event: EventId(1),
            url: "http://127.0.0.1:1".into(),
            state,
            attempts: 1,
            status: Some(status),
            reason: None,
            due: None,
        };
        stored.deliveries =
            vec![delivery("billing", DeliveryState::Dead, 404), delivery("audit", DeliveryState::Delivered, 200)];
        let accepts = |text: &str| {
            let subject = Subject { event: &stored, now: Timestamp(0), zone: &TimeZone::UTC };
            Filter::parse(text).unwrap().matches(&subject)
        };
        for yes in [
            "subscriber:billing delivery:dead",
            "subscriber:billing status:4xx",
            "subscriber:bill* -status:2xx",
            "subscriber:billing (status:404 OR status:500)",
            "delivery:delivered -subscriber:billing",
            "-delivery:retrying",
            "-(subscriber:audit delivery:dead)",
            "is:problem",
        ] {
            assert!(accepts(yes), "{yes}");
        }
        for no in [
            "subscriber:audit delivery:dead",
            "subscriber:billing status:200",
            "-delivery:dead",
            "subscriber:audit -status:2xx",
            "status:5xx",
        ] {
            assert!(!accepts(no), "{no}");
        }
        assert!(Filter::parse("delivery:waiting").unwrap_err().hint.contains("whisper-tui subscribers"));
        assert!(Filter::parse("took:5").is_err());
    }
}

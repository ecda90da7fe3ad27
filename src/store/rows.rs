//! From database rows to events and attempts.

use super::insert::head_hash;
use crate::model::{
    Answer, Attempt, Cause, Class, Event, EventId, Family, Head, Headers, How, Judgement, Marks, NewAttempt, Origin,
    Phases, Reason, StoredEvent, Timestamp, Verdict,
};
use bytes::Bytes;
use rusqlite::types::FromSql;
use rusqlite::{Result, Row};
use sha2::{Digest, Sha256};

/// Columns that `facts` reads, with `MARKS` or `NO_MARKS` after them; `e` are the events, `a` the answers.
pub(super) const ARRIVAL: &str =
    "e.id, e.class, e.received_at, e.source, e.provider, e.type, e.key, e.method, e.target,
    e.version, e.remote, e.content_type, e.size, e.arrival, e.duplicate_of, e.conflict, e.verdict, e.secret, e.reason,
    e.skew_us, e.at_arrival, e.rejected, e.head_us, e.body_us, e.verify_us, e.queue_us,
    e.made_at, e.sequence, e.object, e.deadline_us, e.overtaken_by,
    (SELECT f.changes FROM drifts f WHERE f.event = e.id), a.status, a.commit_us, a.answer_us,
    a.total_us, a.rule, a.how";

/// The marks `m` of an event.
pub(super) const MARKS: &str = "m.read, m.pinned, m.note, m.deleted_at";

/// In their place where nobody can have set any yet.
pub(super) const NO_MARKS: &str = "NULL, NULL, NULL, NULL";

/// Columns that `whole` reads after those of `facts`; `b` are the bodies.
pub(super) const BYTES: &str = "e.head, e.trailers, e.head_sha256, e.body_sha256, b.body";

/// Reads one column after the other: looking each up by its name would cost more than the reading.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
}

impl Columns<'_, '_> {
    /// A word of a fixed set, looked at where it lies.
    fn name(&mut self) -> Result<&str> {
        self.at += 1;
        Ok(self.row.get_ref(self.at - 1)?.as_str()?)
    }

    fn next<T: FromSql>(&mut self) -> Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }

    fn flag(&mut self) -> Result<bool> {
        Ok(self.next::<Option<bool>>()?.unwrap_or(false))
    }

    fn micros(&mut self) -> Result<u64> {
        Ok(self.next::<Option<i64>>()?.unwrap_or(0) as u64)
    }
}

/// What is known of an event, without its bytes.
pub(super) fn facts(row: &Row) -> Result<StoredEvent> {
    read_facts(&mut Columns { row, at: 0 })
}

/// The columns in which a word is looked for.
pub(super) const TEXTS: [&str; 4] = ["target", "type", "head", "body"];

/// Their values, where they lie; `at` are their places.
pub(super) fn texts<'r>(row: &'r Row, at: &[usize]) -> Result<[&'r [u8]; 4]> {
    let mut texts = [&[][..]; 4];
    for (text, &column) in texts.iter_mut().zip(at) {
        *text = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
    }
    Ok(texts)
}

/// An event with its bytes as they lie there, to be looked at and not to be given away.
pub(super) fn unchecked(row: &Row) -> Result<StoredEvent> {
    let mut c = Columns { row, at: 0 };
    let mut stored = read_facts(&mut c)?;
    stored.event.head = Head(c.next()?);
    stored.event.body = Bytes::from(row.get::<_, Option<Vec<u8>>>(c.at + 3)?.unwrap_or_default());
    Ok(stored)
}

/// An event with its bytes, which are held against their checksums.
pub(super) fn whole(row: &Row) -> Result<StoredEvent> {
    let mut c = Columns { row, at: 0 };
    let mut stored = read_facts(&mut c)?;
    let (head, trailers): (Vec<u8>, Vec<u8>) = (c.next()?, c.next()?);
    let (head_sha256, body_sha256): (Vec<u8>, Vec<u8>) = (c.next()?, c.next()?);
    let body = c.next::<Option<Vec<u8>>>()?.unwrap_or_default();
    stored.damaged = head_sha256 != head_hash(&head, &trailers)
        || body_sha256 != Sha256::digest(&body).as_slice()
        || body.len() as u64 != stored.size;
    stored.event.head = Head(head);
    stored.event.trailers = Headers::parse_lines(&trailers);
    stored.event.body = Bytes::from(body);
    Ok(stored)
}

fn read_facts(c: &mut Columns) -> Result<StoredEvent> {
    let id = EventId(c.next()?);
    let class = Class::from_name(c.name()?).unwrap_or(Class::Request);
    let received_at = Timestamp(c.next()?);
    let (source, provider, event_type, key): (String, Option<String>, _, _) =
        (c.next()?, c.next()?, c.next()?, c.next()?);
    let (method, target, version, remote) = (c.next()?, c.next()?, c.next()?, c.next()?);
    let (content_type, size): (_, i64) = (c.next()?, c.next()?);
    let family =
        Family { arrival: c.next()?, duplicate_of: c.next::<Option<i64>>()?.map(EventId), conflict: c.next()? };
    let judgement = Judgement {
        verdict: Verdict::from_name(c.name()?).unwrap_or_default(),
        provider: provider.clone(),
        secret: c.next()?,
        reason: c.next::<Option<String>>()?.and_then(|r| Reason::from_name(&r)),
        skew_us: c.next()?,
        steps: Vec::new(),
    };
    let at_arrival = c.next::<Option<String>>()?.and_then(|name| Verdict::from_name(&name));
    let at_arrival = at_arrival.filter(|then| *then != judgement.verdict);
    let rejected = c.next()?;
    let (head_us, body_us, verify_us, queue_us) = (c.micros()?, c.micros()?, c.micros()?, c.micros()?);
    let origin = Origin {
        made_at: c.next::<Option<i64>>()?.map(Timestamp),
        sequence: c.next()?,
        object: c.next()?,
        deadline_us: c.next::<Option<i64>>()?.map(|us| us as u64),
    };
    let overtaken_by = c.next::<Option<i64>>()?.map(EventId);
    let drift = c.next::<Option<String>>()?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let answer = match c.next::<Option<u16>>()? {
        Some(status) => Some(Answer {
            // A connection that was ended without an answer.
            status: Some(status).filter(|status| *status != 0),
            commit_us: c.micros()?,
            answer_us: c.micros()?,
            total_us: c.micros()?,
            rule: c.next()?,
            how: c.next::<Option<String>>()?.and_then(|how| How::from_name(&how)),
        }),
        None => {
            c.at += 5;
            None
        }
    };
    let event = Event {
        class,
        received_at,
        source,
        provider,
        event_type,
        key,
        method,
        target,
        version,
        remote,
        content_type,
        head: Head::default(),
        trailers: Headers::default(),
        body: Bytes::new(),
        origin,
        judgement,
        rejected,
        head_us,
        body_us,
        verify_us,
    };
    let marks = Marks {
        read: c.flag()?,
        pinned: c.flag()?,
        note: c.next()?,
        deleted_at: c.next::<Option<i64>>()?.map(Timestamp),
    };
    let (size, attempts, deliveries) = (size as u64, Vec::new(), Vec::new());
    Ok(StoredEvent {
        id,
        event,
        size,
        family,
        overtaken_by,
        drift,
        queue_us,
        answer,
        at_arrival,
        damaged: false,
        marks,
        deliveries,
        attempts,
    })
}

pub(super) fn verdict(row: &Row) -> Result<Verdict> {
    Ok(Verdict::from_name(&row.get::<_, String>("verdict")?).unwrap_or_default())
}

pub(super) fn attempt(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        id: row.get("id")?,
        what: NewAttempt {
            event: EventId(row.get("event")?),
            subscriber: row.get("subscriber")?,
            at: Timestamp(row.get("at")?),
            cause: Cause::from_name(&row.get::<_, String>("cause")?).unwrap_or(Cause::Manual),
            url: row.get("url")?,
            status: row.get("status")?,
            error: row.get("error")?,
            phases: Phases {
                queue_us: us(row, "queue_us")?,
                dns_us: us(row, "dns_us")?,
                connect_us: us(row, "connect_us")?,
                tls_us: us(row, "tls_us")?,
                send_us: us(row, "send_us")?,
                wait_us: us(row, "wait_us")?,
                receive_us: us(row, "receive_us")?,
            },
            total_us: us(row, "total_us")?.unwrap_or(0),
            request_headers: Headers::parse_lines(&row.get::<_, Vec<u8>>("request_headers")?),
            request_body: row.get("request_body")?,
            response_headers: Headers::parse_lines(&row.get::<_, Vec<u8>>("response_headers")?),
            response_body: row.get("response_body")?,
            truncated: row.get("truncated")?,
        },
    })
}

pub(super) fn us(row: &Row, column: &str) -> Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|us| us as u64))
}

//! From database rows to events and attempts.

use super::insert::head_hash;
use crate::model::{
    Answer, Attempt, Cause, Class, Event, EventId, Family, Head, Headers, Judgement, NewAttempt, Phases, Reason,
    StoredEvent, Timestamp, Verdict,
};
use bytes::Bytes;
use rusqlite::types::FromSql;
use rusqlite::{Result, Row};
use sha2::{Digest, Sha256};

/// Columns that `event` reads; `e` are the events, `a` the answers, `b` the bodies (or null).
pub(super) const EVENT: &str = "e.id, e.class, e.received_at, e.source, e.provider, e.type, e.key, e.method, e.target,
    e.version, e.remote, e.content_type, e.size, e.head, e.trailers, e.head_sha256, e.body_sha256, e.arrival,
    e.duplicate_of, e.conflict, e.verdict, e.secret, e.reason, e.skew_us, e.rejected, e.head_us, e.body_us,
    e.verify_us, e.queue_us, a.status, a.commit_us, a.answer_us, a.total_us";

/// Reads one column after the other: looking each up by its name would cost more than the reading.
struct Columns<'r, 's> {
    row: &'r Row<'s>,
    at: usize,
}

impl Columns<'_, '_> {
    fn next<T: FromSql>(&mut self) -> Result<T> {
        self.at += 1;
        self.row.get(self.at - 1)
    }

    fn micros(&mut self) -> Result<u64> {
        Ok(self.next::<Option<i64>>()?.unwrap_or(0) as u64)
    }
}

/// An event from the columns of `EVENT`, in their order.
pub(super) fn event(row: &Row, body: Option<Vec<u8>>) -> Result<StoredEvent> {
    let mut c = Columns { row, at: 0 };
    let id = EventId(c.next()?);
    let class = Class::from_name(&c.next::<String>()?).unwrap_or(Class::Request);
    let received_at = Timestamp(c.next()?);
    let (source, provider, event_type, key): (String, Option<String>, _, _) =
        (c.next()?, c.next()?, c.next()?, c.next()?);
    let (method, target, version, remote) = (c.next()?, c.next()?, c.next()?, c.next()?);
    let (content_type, size): (_, i64) = (c.next()?, c.next()?);
    let (head, trailers): (Vec<u8>, Vec<u8>) = (c.next()?, c.next()?);
    let (head_sha256, body_sha256): (Vec<u8>, Vec<u8>) = (c.next()?, c.next()?);
    let damaged = head_sha256 != head_hash(&head, &trailers)
        || body.as_ref().is_some_and(|b| body_sha256 != Sha256::digest(b).as_slice() || b.len() as i64 != size);
    let family =
        Family { arrival: c.next()?, duplicate_of: c.next::<Option<i64>>()?.map(EventId), conflict: c.next()? };
    let judgement = Judgement {
        verdict: Verdict::from_name(&c.next::<String>()?).unwrap_or_default(),
        provider: provider.clone(),
        secret: c.next()?,
        reason: c.next::<Option<String>>()?.and_then(|r| Reason::from_name(&r)),
        skew_us: c.next()?,
        steps: Vec::new(),
    };
    let rejected = c.next()?;
    let (head_us, body_us, verify_us, queue_us) = (c.micros()?, c.micros()?, c.micros()?, c.micros()?);
    let answer = match c.next::<Option<u16>>()? {
        Some(status) => Some(Answer { status, commit_us: c.micros()?, answer_us: c.micros()?, total_us: c.micros()? }),
        None => None,
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
        head: Head(head),
        trailers: Headers::parse_lines(&trailers),
        body: Bytes::from(body.unwrap_or_default()),
        judgement,
        rejected,
        head_us,
        body_us,
        verify_us,
    };
    Ok(StoredEvent { id, event, size: size as u64, family, queue_us, answer, damaged, attempts: Vec::new() })
}

pub(super) fn verdict(row: &Row) -> Result<Verdict> {
    Ok(Verdict::from_name(&row.get::<_, String>("verdict")?).unwrap_or_default())
}

pub(super) fn attempt(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        id: row.get("id")?,
        what: NewAttempt {
            event: EventId(row.get("event")?),
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
            response_headers: Headers::parse_lines(&row.get::<_, Vec<u8>>("response_headers")?),
            response_body: row.get("response_body")?,
            truncated: row.get("truncated")?,
        },
    })
}

pub(super) fn us(row: &Row, column: &str) -> Result<Option<u64>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|us| us as u64))
}

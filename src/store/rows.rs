//! From database rows to events and attempts.

use super::insert::head_hash;
use crate::model::{
    Answer, Attempt, Cause, Class, Event, EventId, Family, Head, Headers, Judgement, NewAttempt, Phases, Reason,
    StoredEvent, Timestamp, Verdict,
};
use bytes::Bytes;
use rusqlite::{Result, Row};
use sha2::{Digest, Sha256};

/// Columns that `event` reads; `e` are the events, `a` the answers, `b` the bodies (or null).
pub(super) const EVENT: &str = "e.id, e.class, e.received_at, e.source, e.provider, e.type, e.key, e.method, e.target,
    e.version, e.remote, e.content_type, e.size, e.head, e.trailers, e.head_sha256, e.body_sha256, e.arrival,
    e.duplicate_of, e.conflict, e.verdict, e.secret, e.reason, e.skew_us, e.rejected, e.head_us, e.body_us,
    e.verify_us, e.queue_us, a.status, a.commit_us, a.answer_us, a.total_us";

pub(super) fn event(row: &Row, body: Option<Vec<u8>>) -> Result<StoredEvent> {
    let (head, trailers): (Vec<u8>, Vec<u8>) = (row.get("head")?, row.get("trailers")?);
    let size: i64 = row.get("size")?;
    let body_holds = |body: &Vec<u8>| -> Result<bool> {
        Ok(row.get::<_, Vec<u8>>("body_sha256")? == Sha256::digest(body).as_slice() && body.len() as i64 == size)
    };
    let damaged = row.get::<_, Vec<u8>>("head_sha256")? != head_hash(&head, &trailers)
        || body.as_ref().map(body_holds).transpose()?.is_some_and(|holds| !holds);
    let answer = match row.get::<_, Option<u16>>("status")? {
        Some(status) => Some(Answer {
            status,
            commit_us: us(row, "commit_us")?.unwrap_or(0),
            answer_us: us(row, "answer_us")?.unwrap_or(0),
            total_us: us(row, "total_us")?.unwrap_or(0),
        }),
        None => None,
    };
    Ok(StoredEvent {
        id: EventId(row.get("id")?),
        size: size as u64,
        family: Family {
            arrival: row.get("arrival")?,
            duplicate_of: row.get::<_, Option<i64>>("duplicate_of")?.map(EventId),
            conflict: row.get("conflict")?,
        },
        queue_us: us(row, "queue_us")?.unwrap_or(0),
        answer,
        damaged,
        attempts: Vec::new(),
        event: Event {
            class: Class::from_name(&row.get::<_, String>("class")?).unwrap_or(Class::Request),
            received_at: Timestamp(row.get("received_at")?),
            source: row.get("source")?,
            provider: row.get("provider")?,
            event_type: row.get("type")?,
            key: row.get("key")?,
            method: row.get("method")?,
            target: row.get("target")?,
            version: row.get("version")?,
            remote: row.get("remote")?,
            content_type: row.get("content_type")?,
            head: Head(head),
            trailers: Headers::parse_lines(&trailers),
            body: Bytes::from(body.unwrap_or_default()),
            judgement: Judgement {
                verdict: verdict(row)?,
                provider: row.get("provider")?,
                secret: row.get("secret")?,
                reason: row.get::<_, Option<String>>("reason")?.and_then(|r| Reason::from_name(&r)),
                skew_us: row.get("skew_us")?,
                steps: Vec::new(),
            },
            rejected: row.get("rejected")?,
            head_us: us(row, "head_us")?.unwrap_or(0),
            body_us: us(row, "body_us")?.unwrap_or(0),
            verify_us: us(row, "verify_us")?.unwrap_or(0),
        },
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

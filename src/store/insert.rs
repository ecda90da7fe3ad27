//! The statements that write. Each runs inside the writer's transaction.

use super::order;
use crate::model::{Answer, Event, EventId, Family, NewAttempt, Verdict};
use rusqlite::{Connection, OptionalExtension, Result, params};
use sha2::{Digest, Sha256};

/// An event made ready outside the writer's thread: hashing is done where there is time for it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) event: Event,
    head_sha256: [u8; 32],
    body_sha256: [u8; 32],
}

impl Prepared {
    pub(super) fn new(event: Event) -> Prepared {
        let head_sha256 = head_hash(&event.head.0, &event.trailers.to_lines());
        let body_sha256 = Sha256::digest(&event.body).into();
        Prepared { event, head_sha256, body_sha256 }
    }
}

/// Where an event has come to stand.
pub(super) struct Placed {
    pub(super) id: EventId,
    pub(super) family: Family,
    pub(super) overtaken_by: Option<EventId>,
    pub(super) queue_us: u64,
}

/// What `head_sha256` is made of.
pub(super) fn head_hash(head: &[u8], trailers: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(head).chain_update(trailers).finalize().into()
}

pub(super) fn event(db: &Connection, prepared: &Prepared, queue_us: u64) -> Result<Placed> {
    let e = &prepared.event;
    let (family, before) = family(db, prepared)?;
    let (j, o) = (&e.judgement, &e.origin);
    let overtaken_by = order::overtaken_by(db, e, &family)?;
    db.prepare_cached(
        "INSERT INTO events (class, received_at, source, provider, type, key, method, target, version, remote,
            content_type, size, head, trailers, head_sha256, body_sha256, arrival, duplicate_of, conflict,
            verdict, secret, reason, skew_us, rejected, head_us, body_us, verify_us, queue_us, family_first, family_valid,
            made_at, sequence, object, deadline_us, overtaken_by)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,
            ?29,?30,?31,?32,?33,?34,?35)",
    )?
    .execute(params![
        e.class.name(), e.received_at.0, e.source, e.provider, e.event_type, e.key, e.method, e.target, e.version,
        e.remote, e.content_type, e.body.len() as i64, e.head.0, e.trailers.to_lines(), prepared.head_sha256,
        prepared.body_sha256, family.arrival, family.duplicate_of.map(|id| id.0), family.conflict,
        j.verdict.name(), j.secret, j.reason.map(|r| r.name()), j.skew_us, e.rejected,
        e.head_us as i64, e.body_us as i64, e.verify_us as i64, queue_us as i64, before.first, before.valid,
        o.made_at.map(|at| at.0), o.sequence, o.object, o.deadline_us.map(|us| us as i64), overtaken_by.map(|id| id.0),
    ])?;
    let id = EventId(db.last_insert_rowid());
    order::note(db, id, e, &family)?;
    db.prepare_cached("INSERT INTO bodies VALUES (?1, ?2)")?.execute(params![id.0, &e.body[..]])?;
    Ok(Placed { id, family, overtaken_by, queue_us })
}

/// The members of a family before a new arrival.
#[derive(Clone, Copy, Default)]
struct Before {
    arrivals: u32,
    first: Option<i64>,
    valid: Option<i64>,
}

/// Where a new arrival stands among those of its source and key; one look at the last of them, however many there are.
/// An arrival that is not valid never makes a valid one a duplicate.
fn family(db: &Connection, prepared: &Prepared) -> Result<(Family, Before)> {
    let e = &prepared.event;
    let before = match &e.key {
        Some(key) => last_of_family(db, &e.source, key)?.unwrap_or_default(),
        None => Before::default(),
    };
    let conflict = match before.first {
        // The first arrival may have been pruned.
        Some(first) => body_of(db, first)?.is_some_and(|body| body != prepared.body_sha256),
        None => false,
    };
    let duplicate_of = if e.judgement.verdict == Verdict::Valid { before.valid } else { before.first };
    Ok((Family { arrival: before.arrivals + 1, duplicate_of: duplicate_of.map(EventId), conflict }, before))
}

fn last_of_family(db: &Connection, source: &str, key: &str) -> Result<Option<Before>> {
    db.prepare_cached(
        "SELECT arrival, coalesce(family_first, id),
            CASE WHEN family_valid IS NULL AND verdict = 'valid' THEN id ELSE family_valid END
         FROM events WHERE source = ?1 AND key = ?2 ORDER BY id DESC LIMIT 1",
    )?
    .query_row([source, key], |row| Ok(Before { arrivals: row.get(0)?, first: row.get(1)?, valid: row.get(2)? }))
    .optional()
}

fn body_of(db: &Connection, id: i64) -> Result<Option<Vec<u8>>> {
    db.prepare_cached("SELECT body_sha256 FROM events WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()
}

pub(super) fn answer(db: &Connection, id: EventId, a: &Answer) -> Result<()> {
    db.prepare_cached(
        "INSERT OR REPLACE INTO answers VALUES (?1,?2,?3,?4,?5,?6,?7,
            ?5 > ifnull((SELECT deadline_us FROM events WHERE id = ?1), ?5))",
    )?
    .execute(params![
        id.0,
        a.status.unwrap_or(0),
        a.commit_us as i64,
        a.answer_us as i64,
        a.total_us as i64,
        a.rule,
        a.how.map(|how| how.name()),
    ])
    .map(drop)
}

pub(super) fn attempt(db: &Connection, a: &NewAttempt) -> Result<i64> {
    let us = |phase: Option<u64>| phase.map(|us| us as i64);
    let p = &a.phases;
    db.prepare_cached(
        "INSERT INTO attempts (event, at, cause, url, status, error, queue_us, dns_us, connect_us, tls_us, send_us,
            wait_us, receive_us, total_us, request_headers, response_headers, response_body, truncated,
            request_body, subscriber)
         VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)",
    )?
    .execute(params![
        a.event.0,
        a.at.0,
        a.cause.name(),
        a.url,
        a.status,
        a.error,
        us(p.queue_us),
        us(p.dns_us),
        us(p.connect_us),
        us(p.tls_us),
        us(p.send_us),
        us(p.wait_us),
        us(p.receive_us),
        a.total_us as i64,
        a.request_headers.to_lines(),
        a.response_headers.to_lines(),
        a.response_body,
        a.truncated,
        a.request_body,
        a.subscriber,
    ])?;
    Ok(db.last_insert_rowid())
}

/// Remembers where events were last sent to.
pub(super) fn last_target(db: &Connection, target: &str) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES ('last_target', ?1)")?.execute([target]).map(drop)
}

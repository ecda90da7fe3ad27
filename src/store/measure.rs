//! What the benchmark of finding runs; nothing else uses it.

use super::insert::{self, Prepared};
use super::{Counted, Counter, Indexer, Reader, Sieve, Store, StoreError};
use crate::model::filter::{Filter, Saved};
use crate::model::{
    Anchor, Answer, Cause, Event, EventId, Head, Headers, Judgement, NewAttempt, PageWish, Phases, Scope, Timestamp,
    Verdict,
};
use jiff::tz::TimeZone;
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};

/// Events of one transaction while the log is filled.
const PIECE: i64 = 10_000;
/// Rows of a window, as the screen asks for them.
const WINDOW: usize = 200;

/// A large log.
pub struct Bench {
    path: PathBuf,
    reader: Reader,
    plain: Connection,
}

impl Bench {
    /// Fills a new log with so many events of 1 to 2 KiB; it is not safe against a power cut meanwhile.
    pub fn fill(path: &Path, events: i64) -> Result<Bench, StoreError> {
        bulk(path, events, |db, n| insert::event(db, &Prepared::new(an_event(n)), 0).map(drop))?;
        let plain = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Bench { path: path.to_owned(), reader: Reader::open(path)?, plain })
    }

    /// Makes the whole index; gives its size in bytes.
    pub fn index(&self) -> Result<u64, StoreError> {
        Indexer::open(&self.path)?.catch_up(&|| true)?;
        Ok(std::fs::metadata(super::files::index_path(&self.path)).map_or(0, |about| about.len()))
    }

    /// The newest window of a filter, as the screen reads it; gives the number of its rows.
    pub fn newest(&self, filter: &str) -> Result<usize, StoreError> {
        self.page(filter, Anchor::Newest)
    }

    /// The window around an event.
    pub fn around(&self, id: i64) -> Result<usize, StoreError> {
        self.page("", Anchor::Around(EventId(id)))
    }

    /// All that match.
    pub fn count(&self, filter: &str) -> Result<u64, StoreError> {
        let scope = Scope { filter: read(filter), ..Scope::default() };
        Ok(self.reader.count(&scope, EventId(i64::MAX), &sieve())?.unwrap_or(0))
    }

    /// The same text by SQLite's own means, on the same file: gives how many there are.
    pub fn like(&self, text: &str) -> Result<i64, StoreError> {
        let sql = "SELECT count(*) FROM events e JOIN bodies b ON b.event = e.id
            WHERE CAST(b.body AS TEXT) LIKE ?1 OR CAST(e.head AS TEXT) LIKE ?1";
        Ok(self.plain.prepare_cached(sql)?.query_row([format!("%{text}%")], |row| row.get(0))?)
    }

    fn page(&self, filter: &str, anchor: Anchor) -> Result<usize, StoreError> {
        let scope = Scope { filter: read(filter), ..Scope::default() };
        let wish = PageWish { anchor, limit: WINDOW, scope, keep: None };
        Ok(self.reader.page(&wish, &sieve())?.map_or(0, |page| page.rows.len()))
    }
}

/// Makes a new log and writes so many things into it, many in one transaction.
fn bulk(path: &Path, many: i64, write: impl Fn(&Connection, i64) -> rusqlite::Result<()>) -> Result<(), StoreError> {
    let store = Store::open(path)?;
    store.close();
    drop(store);
    let mut db = Connection::open(path)?;
    db.pragma_update(None, "synchronous", "OFF")?;
    for from in (0..many).step_by(PIECE as usize) {
        let transaction = db.transaction()?;
        (from..(from + PIECE).min(many)).try_for_each(|n| write(&transaction, n))?;
        transaction.commit()?;
    }
    Ok(())
}

/// Fills a new log with so many small events of a month that ends at `to`, each with an attempt for one of two subscribers,
/// and counts them. It is not safe against a power cut meanwhile.
pub fn fill_month(path: &Path, events: i64, to: Timestamp) -> Result<(), StoreError> {
    const MONTH_US: i64 = 30 * 86_400_000_000;
    bulk(path, events, |db, n| {
        let at = Timestamp(to.0 - MONTH_US + MONTH_US / events * n);
        let event = Event {
            received_at: at,
            source: ["stripe", "github", "shop"][n as usize % 3].into(),
            provider: Some(["stripe", "github", "shopify"][n as usize % 3].into()),
            body: bytes::Bytes::from_static(b"{}"),
            judgement: Judgement { skew_us: Some(n % 977 * 1_000), ..Judgement::default() },
            ..an_event(n)
        };
        let id = insert::event(db, &Prepared::new(event), 40)?.id;
        let total_us = 1_500 + n as u64 * 7_919 % 9_000;
        let answer = Answer { status: Some(200), rule: None, how: None, commit_us: 900, answer_us: 80, total_us };
        insert::answer(db, id, &answer)?;
        insert::attempt(db, &an_attempt(id, at, n)).map(drop)
    })?;
    let store = Store::open(path)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|source| failed(path, source))?;
    let mut counter = Counter::open(path)?;
    let wrong = |e: super::AppendError| failed(path, std::io::Error::other(e.to_string()));
    while runtime.block_on(counter.step(&store, &[], to)).map_err(wrong)? == Counted::More {}
    store.close();
    Ok(())
}

/// Counts the events of a span into bars by SQLite's own means; gives how many there are.
pub fn group_by(path: &Path, from: i64, bar_us: i64) -> Result<i64, StoreError> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT sum(n) FROM (SELECT count(*) AS n, avg(a.total_us) FROM events e JOIN answers a ON a.event = e.id
        WHERE e.received_at >= ?1 GROUP BY e.received_at / ?2, e.source)";
    Ok(db.query_row(sql, [from, bar_us], |row| row.get(0))?)
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

fn an_attempt(event: EventId, at: Timestamp, n: i64) -> NewAttempt {
    NewAttempt {
        event,
        subscriber: Some(["local-api", "billing"][n as usize % 2].into()),
        at,
        cause: if n % 50 == 0 { Cause::Retry } else { Cause::Live },
        url: "http://127.0.0.1:3000/hooks".into(),
        status: Some(if n % 50 == 1 { 503 } else { 200 }),
        error: None,
        phases: Phases::default(),
        total_us: 20_000 + n as u64 * 6_007 % 400_000,
        request_headers: Headers::default(),
        request_body: None,
        response_headers: Headers::default(),
        response_body: Vec::new(),
        truncated: false,
    }
}

fn read(filter: &str) -> Option<Filter> {
    Filter::parse_with(filter, &Saved::default()).ok().filter(|_| !filter.is_empty())
}

fn sieve() -> Sieve<'static> {
    static UTC: TimeZone = TimeZone::UTC;
    Sieve { now: Timestamp(0), zone: &UTC, overtaken: &|_| false }
}

/// An event much as Stripe sends it, with ids of its own.
fn an_event(n: i64) -> Event {
    let id = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = |salt: u64| (id ^ salt).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let kind = ["invoice.paid", "invoice.finalized", "charge.failed", "customer.created"][n as usize % 4];
    let mut body = format!(
        r#"{{"id":"evt_{:016x}","object":"event","api_version":"2026-01-15","created":{},"type":"{kind}","data":{{"object":{{"id":"in_{:016x}","amount_paid":{},"currency":"eur","customer":"cus_{:012x}","customer_email":"user{}@example.com","description":null,"lines":["#,
        id,
        1_768_478_400 + n,
        mixed(1),
        n % 9000,
        mixed(2) >> 16,
        n % 5000
    );
    for line in 0..3 + n % 5 {
        let comma = if line > 0 { "," } else { "" };
        body.push_str(&format!(
            r#"{comma}{{"id":"il_{:016x}","amount":{},"description":"{} of plan {}","period":{{"start":{},"end":{}}},"proration":false,"quantity":1}}"#,
            mixed(10 + line as u64), n % 700, ["First month", "Remaining time", "Trial period"][line as usize % 3],
            ["Basic", "Team", "Scale"][n as usize % 3], 1_768_478_400 + n, 1_771_156_800 + n
        ));
    }
    body.push_str(r#"]}},"livemode":false,"pending_webhooks":1,"request":{"id":null,"idempotency_key":null}}"#);
    let length = body.len().to_string();
    let signature = format!("t={},v1={:064x}", 1_768_478_400 + n, u128::from(mixed(3)) << 60);
    let headers: Headers = [
        ("Host", "127.0.0.1:9477"),
        ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", length.as_str()),
        ("Stripe-Signature", signature.as_str()),
        ("Accept", "*/*"),
    ]
    .into_iter()
    .collect();
    Event {
        received_at: Timestamp(1_768_478_400_000_000 + n * 1_000_000),
        source: if n % 50_000 == 7 { "rare".into() } else { ["stripe", "billing"][n as usize % 2].into() },
        provider: Some("stripe".into()),
        event_type: Some(kind.into()),
        key: Some(format!("evt_{id:016x}")),
        method: "POST".into(),
        target: "/stripe".into(),
        version: "HTTP/1.1".into(),
        remote: "127.0.0.1:50122".into(),
        content_type: Some("application/json; charset=utf-8".into()),
        head: Head::rebuild("POST", "/stripe", "HTTP/1.1", &headers),
        body: body.into(),
        judgement: Judgement { verdict: Verdict::Valid, ..Judgement::default() },
        ..Event::default()
    }
}

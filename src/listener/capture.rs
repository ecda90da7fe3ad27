//! From one request to one event on disk, and the answer that says so.

use super::Limits;
use super::ack::{Ack, Kept, Told};
use super::body::{self, Broken, ReadBody};
use super::recorder::Record;
use super::scripted::{self, Cut};
use super::shared::{Shared, now};
use super::wire::Wire;
use crate::answer::{Decision, Manner};
use crate::model::{Class, Event, Head, Headers, Judgement, Origin, Receipt, Timestamp, default_source, hops, path_of};
use crate::store::AppendError;
use crate::verify::Reply;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode, Version};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// Seconds after which a sender that was refused for want of room should try again.
const RETRY_AFTER_SECONDS: &str = "5";
/// Bodies above this are judged off the network's threads.
const LARGE: usize = 1 << 20;

/// Reads, judges and keeps one request, then answers it.
pub(super) async fn capture(
    shared: Arc<Shared>,
    (wire, record): (Wire, Record),
    remote: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response<Ack>, Cut> {
    // Over HTTP/2 the connection is that of other requests, too.
    let alone = request.version() != Version::HTTP_2;
    let arrival = Arrival::of(&record, &request, remote);
    let upgrade = arrival.headers.text("upgrade").is_some_and(|to| !to.eq_ignore_ascii_case("h2c"));
    if request.method() == Method::CONNECT || upgrade {
        let why = if upgrade { "upgrade" } else { "connect" };
        return Ok(refuse(&shared, arrival, ReadBody::empty(), why, StatusCode::NOT_IMPLEMENTED).await);
    }
    let mut read = body::read(request.into_body(), &shared.limits, &shared.memory).await;
    let room = read.room.take();
    let status = match read.broken {
        Some(Broken::NoRoom) => return Ok(closing(come_again(&shared))),
        Some(Broken::TooLarge) => Some(("body too large", StatusCode::PAYLOAD_TOO_LARGE)),
        Some(Broken::TooSlow) => Some(("body too slow", StatusCode::REQUEST_TIMEOUT)),
        Some(Broken::Incomplete) => Some(("body incomplete", StatusCode::BAD_REQUEST)),
        None if shared.store.log_id().closes_a_loop(&hops(&arrival.headers)) => {
            Some(("loop", StatusCode::LOOP_DETECTED))
        }
        None => None,
    };
    if let Some((why, status)) = status {
        return Ok(refuse(&shared, arrival, read, why, status).await);
    }
    let began = arrival.began;
    let (event, reply) = judge(&shared, arrival, read);
    let response = reply.map_or_else(|| plain(StatusCode::OK), said);
    // A set-up question has its one right answer.
    let asked = (event.class == Class::Request && shared.answers.is_any_on()).then(|| event.clone());
    let kept = keep(&shared, event, began).await;
    // It is on disk; however long the answer takes, the body needs no room any more.
    drop(room);
    let kept = match kept {
        Ok(kept) => kept,
        Err(refused) => return Ok(refused),
    };
    match asked.and_then(|asked| decide(&shared, asked, kept.receipt)) {
        Some(decision) => scripted::carry_out(decision, kept, (Some(&wire).filter(|_| alone), &record)).await,
        None => Ok(answered(response, kept)),
    }
}

/// What is known of a request once its head is there.
struct Arrival {
    head: Head,
    headers: Headers,
    method: String,
    target: String,
    version: String,
    remote: SocketAddr,
    received_at: Timestamp,
    began: Instant,
    ended: Instant,
}

impl Arrival {
    fn of(record: &Record, request: &Request<Incoming>, remote: SocketAddr) -> Arrival {
        let version = match request.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        };
        let method = request.method().as_str();
        let recorded = match request.version() {
            Version::HTTP_2 => None,
            // The record must be of this very request, else what hyper says is the better witness.
            _ => record.next_head().filter(|r| r.head.start_line().0 == method),
        };
        let here = Instant::now();
        let (head, began, ended) = match recorded {
            Some(r) => (r.head, r.began, r.ended),
            None => (rebuild(request, version), here, here),
        };
        Arrival {
            headers: head.headers(),
            target: head.start_line().1,
            head,
            method: method.to_owned(),
            version: version.to_owned(),
            remote,
            received_at: now(),
            began,
            ended,
        }
    }

    fn into_event(self, class: Class, read: ReadBody) -> (Event, Headers) {
        let event = Event {
            class,
            received_at: self.received_at,
            source: default_source(None, path_of(&self.target)),
            provider: None,
            event_type: None,
            key: None,
            method: self.method,
            version: self.version,
            remote: self.remote.to_string(),
            content_type: self.headers.text("content-type").map(str::to_owned),
            head: self.head,
            trailers: read.trailers,
            body: read.bytes,
            origin: Origin::default(),
            judgement: Judgement::default(),
            rejected: None,
            head_us: self.ended.duration_since(self.began).as_micros() as u64,
            body_us: self.ended.elapsed().as_micros() as u64,
            verify_us: 0,
            target: self.target,
        };
        (event, self.headers)
    }
}

fn rebuild(request: &Request<Incoming>, version: &str) -> Head {
    let mut headers = Headers::default();
    if request.version() == Version::HTTP_2
        && let Some(authority) = request.uri().authority()
    {
        headers.push("host", authority.as_str());
    }
    for (name, value) in request.headers() {
        headers.push(name.as_str(), value.as_bytes());
    }
    let target = match request.version() {
        Version::HTTP_2 => request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        _ => request.uri().to_string(),
    };
    Head::rebuild(request.method().as_str(), &target, version, &headers)
}

/// The event with its verdict. A large body takes a while to hash: then the other requests get another thread.
fn judge(shared: &Shared, arrival: Arrival, read: ReadBody) -> (Event, Option<Reply>) {
    let (mut event, headers) = arrival.into_event(Class::Request, read);
    let reply = match event.body.len() <= LARGE {
        true => shared.judge(&mut event, &headers),
        false => tokio::task::block_in_place(|| shared.judge(&mut event, &headers)),
    };
    (event, reply)
}

/// An answer with words of its own. What is no header is left out: it came from the request.
fn said(reply: Reply) -> Response<Ack> {
    let mut response = Response::new(Ack::saying(reply.body, Manner::Whole));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn refuse(
    shared: &Arc<Shared>,
    arrival: Arrival,
    read: ReadBody<'_>,
    why: &str,
    status: StatusCode,
) -> Response<Ack> {
    let began = arrival.began;
    let (mut event, _) = arrival.into_event(Class::Rejected, read);
    shared.name_source(&mut event);
    event.body.truncate(shared.limits.head);
    event.rejected = Some(why.to_owned());
    let response = match shared.may_record() {
        true => answer(shared, event, plain(status), began).await,
        false => plain(status),
    };
    if status == StatusCode::LOOP_DETECTED { response } else { closing(response) }
}

/// What is left of the request is not read: the connection cannot be used again.
fn closing(mut response: Response<Ack>) -> Response<Ack> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Keeps the event; 503 where it could not be kept.
async fn keep(shared: &Arc<Shared>, event: Event, began: Instant) -> Result<Kept, Response<Ack>> {
    let before_us = event.head_us + event.body_us + event.verify_us;
    match shared.store.append(event).await {
        Ok(receipt) => Ok(Kept::new(shared, receipt, (began, before_us))),
        Err(AppendError::Closed) => Err(unavailable()),
        Err(AppendError::QueueFull | AppendError::Full | AppendError::Failed(_)) => Err(come_again(shared)),
    }
}

/// Keeps the event, then answers.
async fn answer(shared: &Arc<Shared>, event: Event, response: Response<Ack>, began: Instant) -> Response<Ack> {
    match keep(shared, event, began).await {
        Ok(kept) => answered(response, kept),
        Err(refused) => refused,
    }
}

fn answered(mut response: Response<Ack>, kept: Kept) -> Response<Ack> {
    let status = response.status().as_u16();
    response.body_mut().answers(kept.told(Told::status(status)));
    response
}

/// What the first rule that is for it tells the sender of an event that is on disk.
fn decide(shared: &Shared, event: Event, receipt: Receipt) -> Option<Decision> {
    match event.body.len() <= LARGE {
        true => shared.decide(event, receipt),
        false => tokio::task::block_in_place(|| shared.decide(event, receipt)),
    }
}

/// There is no room, or the log cannot be written: the sender shall try again.
fn come_again(shared: &Shared) -> Response<Ack> {
    shared.store.refused(now());
    unavailable()
}

fn unavailable() -> Response<Ack> {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
    response
}

fn plain(status: StatusCode) -> Response<Ack> {
    let mut response = Response::new(Ack::default());
    *response.status_mut() = status;
    response
}

/// An event for what hyper refused by itself, from the bytes that were read of it.
pub(super) fn unfinished(head: Vec<u8>, began: Instant, why: &str, remote: SocketAddr, limits: &Limits) -> Event {
    let mut head = Head(head);
    head.0.truncate(limits.head);
    let (method, target) = head.start_line();
    let ended = Instant::now();
    let arrival = Arrival {
        headers: head.headers(),
        head,
        method,
        target,
        version: "HTTP/1.1".to_owned(),
        remote,
        received_at: now(),
        began,
        ended,
    };
    let (mut event, _) = arrival.into_event(Class::Rejected, ReadBody::empty());
    event.rejected = Some(why.to_owned());
    event
}

//! Events: one received request each, and what the log adds when it takes them in.
//! It must not know how a request was read or where it is kept.

use super::{
    Attempt, Delivery, DeliveryState, Drift, Head, Headers, Judgement, Marks, Origin, Punctuality, Timestamp, Verdict,
    safe,
};
use bytes::Bytes;
use std::fmt;

/// Number of an event in its log; grows in commit order and is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct EventId(pub i64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The UUID of an event log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogId(pub String);

/// What kind of thing an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// A request of a sender.
    #[default]
    Request,
    /// A provider's set-up question.
    Handshake,
    /// What could not be accepted; `Event::rejected` says why.
    Rejected,
    /// A broker's message.
    Message,
    /// Read from a file.
    Import,
}

impl Class {
    /// All classes with their contract names.
    pub const ALL: [(Class, &'static str); 5] = [
        (Class::Request, "request"),
        (Class::Handshake, "handshake"),
        (Class::Rejected, "rejected"),
        (Class::Message, "message"),
        (Class::Import, "import"),
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Reads a contract name.
    pub fn from_name(name: &str) -> Option<Class> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// One received request, as it came and as it was judged on arrival. It never changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Kind of event.
    pub class: Class,
    /// When the head was complete.
    pub received_at: Timestamp,
    /// The entrance it came through; fixed at arrival.
    pub source: String,
    /// Recognised sender.
    pub provider: Option<String>,
    /// The provider's name for what happened.
    pub event_type: Option<String>,
    /// The provider's id of the event, equal over its retries.
    pub key: Option<String>,
    /// Request method; lossy where it is not UTF-8.
    pub method: String,
    /// Request target as on the wire; lossy where it is not UTF-8.
    pub target: String,
    /// `HTTP/1.1`, `HTTP/2.0` ...
    pub version: String,
    /// The socket's peer.
    pub remote: String,
    /// Value of `Content-Type`.
    pub content_type: Option<String>,
    /// The head's bytes (HTTP/2: rebuilt).
    pub head: Head,
    /// Header lines that followed a chunked body.
    pub trailers: Headers,
    /// The body without chunk framing, content encoding kept.
    pub body: Bytes,
    /// What the sender says of it besides.
    pub origin: Origin,
    /// The verdict at arrival.
    pub judgement: Judgement,
    /// Why a `rejected` event was refused.
    pub rejected: Option<String>,
    /// First byte of the head to its last, in microseconds.
    pub head_us: u64,
    /// End of the head to end of the body, in microseconds.
    pub body_us: u64,
    /// Recognition and verification, in microseconds.
    pub verify_us: u64,
}

impl Event {
    /// The path without the query.
    pub fn path(&self) -> &str {
        path_of(&self.target)
    }

    /// What a list shows as the type: the provider's, else method and path.
    pub fn label(&self) -> String {
        match &self.event_type {
            Some(name) => name.clone(),
            None => format!("{} {}", self.method, self.target),
        }
    }
}

/// The path of a request target, in origin form or absolute (RFC 9112 section 3.2).
pub fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => target,
    };
    path.split_once('?').map_or(path, |(path, _)| path)
}

/// The source of a request that no configured source claims: provider, else first path part, else `default`.
pub fn default_source(provider: Option<&str>, path: &str) -> String {
    let first = path.split('/').find(|part| !part.is_empty());
    provider.or(first).unwrap_or("default").to_owned()
}

/// Where an event stands among the arrivals that share its source and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// 1 for the first arrival.
    pub arrival: u32,
    /// The lowest id of the family, if this is not it.
    pub duplicate_of: Option<EventId>,
    /// The body is another one than the first arrival's.
    pub conflict: bool,
}

/// What a sender was answered, known after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status; `None` where the connection was ended without one.
    pub status: Option<u16>,
    /// The `[[answer]]` rule that said so.
    pub rule: Option<String>,
    /// How it went out, where that was not as it should.
    pub how: Option<How>,
    /// Begin to end of the commit, in microseconds.
    pub commit_us: u64,
    /// End of the commit until the answer was handed to the socket, in microseconds.
    pub answer_us: u64,
    /// First byte of the head until the answer, in microseconds.
    pub total_us: u64,
}

/// What was out of order about an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It broke off after half of its body.
    Half,
    /// It went out in pieces.
    Pieces,
    /// The connection was closed without one.
    Drop,
    /// The connection was reset without one.
    Reset,
    /// The sender had closed its side before it came.
    Gone,
}

impl How {
    /// All with their names.
    pub const ALL: [(How, &'static str); 5] =
        [(How::Half, "half"), (How::Pieces, "pieces"), (How::Drop, "drop"), (How::Reset, "reset"), (How::Gone, "gone")];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<How> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

impl Answer {
    /// The status, and what was out of order about it.
    pub fn told(&self) -> String {
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        match self.how {
            None => status,
            Some(How::Half) => format!("half of {status}"),
            Some(How::Pieces) => format!("{status} in pieces"),
            Some(How::Drop) => "dropped".to_owned(),
            Some(How::Reset) => "reset".to_owned(),
            Some(How::Gone) => format!("{status}, but the sender had gone"),
        }
    }

    /// The same, and the rule that said so.
    pub fn words(&self) -> String {
        match &self.rule {
            Some(rule) => format!("{} (rule {})", self.told(), safe(rule)),
            None => self.told(),
        }
    }
}

/// Proof that an event is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub id: EventId,
    /// Where it stands among the arrivals of the same event.
    pub family: Family,
    /// The event that was made later and had arrived before it.
    pub overtaken_by: Option<EventId>,
    /// Waiting for the writer, in microseconds.
    pub queue_us: u64,
    /// Begin to end of the commit that holds it, in microseconds.
    pub commit_us: u64,
}

/// An event as the log holds it, with what stands beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredEvent {
    /// Its number.
    pub id: EventId,
    /// The event; `body` is empty where the reader was not asked for it.
    pub event: Event,
    /// Size of the body in bytes.
    pub size: u64,
    /// Arrivals of the same event.
    pub family: Family,
    /// The event of its source that was made later and had arrived before it: the furthest of those.
    pub overtaken_by: Option<EventId>,
    /// How its body differs from those of its like that came before.
    pub drift: Vec<Drift>,
    /// Waiting for the writer, in microseconds.
    pub queue_us: u64,
    /// What the sender was told, once that is known.
    pub answer: Option<Answer>,
    /// The verdict at arrival, where it is another one by now.
    pub at_arrival: Option<Verdict>,
    /// The stored bytes no longer match their SHA-256.
    pub damaged: bool,
    /// What the user keeps beside it.
    pub marks: Marks,
    /// What became of it for each subscriber.
    pub deliveries: Vec<Delivery>,
    /// Every try to send it: for subscribers, and by hand.
    pub attempts: Vec<Attempt>,
}

/// The phases of one capture in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Reading the head.
    pub head_us: u64,
    /// Reading the body.
    pub body_us: u64,
    /// Recognition and signature.
    pub verify_us: u64,
    /// Waiting for the writer.
    pub queue_us: u64,
    /// The commit; absent until it is recorded.
    pub commit_us: Option<u64>,
    /// Answering; absent until it is recorded.
    pub answer_us: Option<u64>,
    /// All of it; absent until it is recorded.
    pub total_us: Option<u64>,
}

impl Timing {
    /// The names of the phases, in order.
    pub const NAMES: [&'static str; 6] = ["head", "body", "verify", "queue", "commit", "answer"];

    /// The phases in order with their names; their total is not among them.
    pub fn named(&self) -> [(&'static str, Option<u64>); 6] {
        let known = [self.head_us, self.body_us, self.verify_us, self.queue_us].map(Some);
        let [head, body, verify, queue] = known;
        let all = [head, body, verify, queue, self.commit_us, self.answer_us];
        std::array::from_fn(|n| (Timing::NAMES[n], all[n]))
    }
}

impl StoredEvent {
    /// An event that has just been committed: nothing stands beside it yet.
    pub fn new(event: Event, receipt: Receipt) -> StoredEvent {
        StoredEvent {
            id: receipt.id,
            size: event.body.len() as u64,
            event,
            family: receipt.family,
            overtaken_by: receipt.overtaken_by,
            drift: Vec::new(),
            queue_us: 0,
            answer: None,
            at_arrival: None,
            damaged: false,
            marks: Marks::default(),
            deliveries: Vec::new(),
            attempts: Vec::new(),
        }
    }

    /// Whether somebody should look at it: its signature is wrong or unknown, it was refused, or a subscriber has not taken
    /// it (contract section 7).
    pub fn is_problem(&self) -> bool {
        let failing = |delivery: &Delivery| matches!(delivery.state, DeliveryState::Dead | DeliveryState::Retrying);
        self.event.judgement.verdict.is_suspect()
            || self.event.class == Class::Rejected
            || self.deliveries.iter().any(failing)
    }

    /// Its provider and the difference of the clocks in microseconds, where the signature proves the sender's time.
    pub fn proved_skew(&self) -> Option<(&str, i64)> {
        let proved = self.event.judgement.verdict.is_proved();
        self.event.provider.as_deref().zip(self.event.judgement.skew_us).filter(|_| proved)
    }

    /// How its answer stands to the sender's deadline; `None` where either is not known.
    pub fn punctuality(&self) -> Option<Punctuality> {
        self.event.origin.punctuality(self.answer.as_ref()?.total_us)
    }

    /// Whether it was answered after the sender's deadline.
    pub fn is_late(&self) -> bool {
        self.punctuality() == Some(Punctuality::Late)
    }

    /// The phases of its capture.
    pub fn timing(&self) -> Timing {
        Timing {
            head_us: self.event.head_us,
            body_us: self.event.body_us,
            verify_us: self.event.verify_us,
            queue_us: self.queue_us,
            commit_us: self.answer.as_ref().map(|a| a.commit_us),
            answer_us: self.answer.as_ref().map(|a| a.answer_us),
            total_us: self.answer.as_ref().map(|a| a.total_us),
        }
    }
}

/// An event for tests, without header lines.
#[cfg(test)]
pub(crate) fn sample() -> Event {
    Event {
        class: Class::Request,
        received_at: Timestamp(0),
        source: "stripe".into(),
        provider: None,
        event_type: None,
        key: Some("evt 1".into()),
        method: "POST".into(),
        target: "/a?b".into(),
        version: "HTTP/1.1".into(),
        remote: String::new(),
        content_type: None,
        head: Head::default(),
        trailers: Headers::default(),
        body: Bytes::from_static(b"{}"),
        origin: Origin::default(),
        judgement: Judgement::default(),
        rejected: None,
        head_us: 0,
        body_us: 0,
        verify_us: 0,
    }
}

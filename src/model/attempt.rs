//! Attempts: one try to bring an event to a target, with its phases and the whole answer.
//! It must not know how a request is sent; `delivery` does that.

use super::{EventId, Headers, Timestamp};

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// First delivery to a subscriber.
    Live,
    /// A later delivery after a failure.
    Retry,
    /// `r`, or `resend ID`.
    Manual,
    /// Many at once, by a filter.
    Replay,
    /// A sample event.
    Test,
}

impl Cause {
    const ALL: [(Cause, &'static str); 5] = [
        (Cause::Live, "live"),
        (Cause::Retry, "retry"),
        (Cause::Manual, "manual"),
        (Cause::Replay, "replay"),
        (Cause::Test, "test"),
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Reads a contract name.
    pub fn from_name(name: &str) -> Option<Cause> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// Where the time of an attempt went, in microseconds; `None` = that phase was not reached or not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// From the order to the start.
    pub queue_us: Option<u64>,
    /// Name resolution.
    pub dns_us: Option<u64>,
    /// TCP connect.
    pub connect_us: Option<u64>,
    /// TLS handshake.
    pub tls_us: Option<u64>,
    /// Writing the request.
    pub send_us: Option<u64>,
    /// Request sent until the head of the answer.
    pub wait_us: Option<u64>,
    /// Reading the body of the answer.
    pub receive_us: Option<u64>,
}

impl Phases {
    /// The phases in order with their names.
    pub fn named(&self) -> [(&'static str, Option<u64>); 7] {
        [
            ("queue", self.queue_us),
            ("dns", self.dns_us),
            ("connect", self.connect_us),
            ("tls", self.tls_us),
            ("send", self.send_us),
            ("wait", self.wait_us),
            ("receive", self.receive_us),
        ]
    }
}

/// An attempt that has ended, not yet in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAttempt {
    /// The event that was sent.
    pub event: EventId,
    /// For whom; nobody where it was sent by hand to a URL.
    pub subscriber: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// Why.
    pub cause: Cause,
    /// The URL it went to.
    pub url: String,
    /// HTTP status of the answer, or the exit status of a command.
    pub status: Option<u16>,
    /// What went wrong, in words.
    pub error: Option<String>,
    /// Where the time went.
    pub phases: Phases,
    /// All of it, in microseconds.
    pub total_us: u64,
    /// Header lines that were sent.
    pub request_headers: Headers,
    /// The body that was sent, where it was edited; else it was the event's.
    pub request_body: Option<Vec<u8>>,
    /// Header lines of the answer.
    pub response_headers: Headers,
    /// Body of the answer, at most 1 MiB.
    pub response_body: Vec<u8>,
    /// The answer was longer than what is kept.
    pub truncated: bool,
}

/// Whether a status says that all is well: 2xx, or 0 of a command.
pub fn is_success(status: Option<u16>) -> bool {
    matches!(status, Some(0 | 200..=299))
}

impl NewAttempt {
    /// A 2xx answer, or a command that has ended well (0 is no HTTP status).
    pub fn succeeded(&self) -> bool {
        is_success(self.status) && self.error.is_none()
    }

    /// Whether it went to the same subscriber, or the same plain URL.
    pub fn goes_where(&self, other: &NewAttempt) -> bool {
        match (&self.subscriber, &other.subscriber) {
            (None, None) => self.url == other.url,
            (own, other) => own == other,
        }
    }

    /// `200`, or the error in words.
    pub fn outcome(&self) -> String {
        outcome(&self.url, self.status, self.error.as_deref())
    }
}

/// What came of an attempt in words: `200`, `503, the answer broke off`; of a command `exit 3: not yet`.
pub fn outcome(url: &str, status: Option<u16>, error: Option<&str>) -> String {
    // A command's status is not HTTP's.
    let is_command = url.starts_with("exec:");
    match (error, status) {
        (Some(error), Some(status)) if is_command => format!("exit {status}: {error}"),
        (None, Some(status)) if is_command => format!("exit {status}"),
        (Some(error), Some(status)) => format!("{status}, {error}"),
        (Some(error), None) => error.to_owned(),
        (None, Some(status)) => status.to_string(),
        (None, None) => "no answer".to_owned(),
    }
}

/// An attempt as the log holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Its number in the log.
    pub id: i64,
    /// What happened.
    pub what: NewAttempt,
}

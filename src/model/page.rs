//! What a reader of the list asks for and gets: windows of rows, and the signals that say there is more.
//! It must not know who reads or how rows are found.

use super::{Class, EventId, Timestamp, Verdict};

/// The wake-up signal: how far the log has come. It carries no event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// Highest event id on disk (0 = none).
    pub event: i64,
    /// Highest attempt id on disk (0 = none).
    pub attempt: i64,
    /// Grows with every other change (answers).
    pub change: u64,
}

/// Whether the capture side works; what the header's LIVE stands on.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Health {
    /// The process that served the log is gone.
    pub gone: bool,
    /// Why the last commit failed, if it did.
    pub store_error: Option<String>,
    /// Requests answered 503 since the start.
    pub refused: u64,
    /// Rejected requests that were only counted, since the start.
    pub uncounted: u64,
}

/// Where a window of the list lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The last rows.
    Newest,
    /// The first rows.
    Oldest,
    /// Rows around an event.
    Around(EventId),
}

/// A window of rows, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What was asked for.
    pub anchor: Anchor,
    /// The rows.
    pub rows: Vec<Row>,
    /// The first row is the first of the log.
    pub from_start: bool,
    /// The last row is the last of the log.
    pub to_end: bool,
    /// Events in the log.
    pub total: u64,
    /// What the log held when the page was read.
    pub heads: Heads,
}

/// One line of the events list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its event.
    pub id: EventId,
    /// When its head was complete.
    pub received_at: Timestamp,
    /// Kind of event.
    pub class: Class,
    /// The entrance.
    pub source: String,
    /// Type, or method and target.
    pub label: String,
    /// The verdict now.
    pub verdict: Verdict,
    /// Body size in bytes.
    pub size: u64,
    /// First byte to answer, in microseconds.
    pub ack_us: Option<u64>,
    /// Whether the last manual attempt succeeded, and its status.
    pub sent: Option<Sent>,
    /// Which arrival of its family it is.
    pub arrival: u32,
    /// Why it was refused.
    pub rejected: Option<String>,
}

/// The last attempt of an event in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// It failed on the way.
    pub failed: bool,
}

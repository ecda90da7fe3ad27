//! What a reader of the list asks for and gets: windows of rows, and the signals that say there is more.
//! It must not know who reads or how rows are found.

use super::filter::Filter;
use super::{Class, EventId, Gap, Marks, Punctuality, Timestamp, Verdict};
use std::fmt;

/// The wake-up signal: how far the log has come. It carries no event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// Highest event id on disk (0 = none).
    pub event: i64,
    /// Highest attempt id on disk (0 = none).
    pub attempt: i64,
    /// Grows with every change of a mark, while one process serves the log.
    pub mark: u64,
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
    /// How many stored events have been judged again, and how many there are to judge.
    #[serde(default)]
    pub judging: Option<(u64, u64)>,
    /// The log has twice the size that it may have: no event is taken in.
    #[serde(default)]
    pub full: bool,
    /// What is wrong with the configuration as it is written now; the one before is in force.
    #[serde(default)]
    pub config_error: Option<String>,
    /// Requests answered 503 since the start.
    pub refused: u64,
    /// Rejected requests that were only counted, since the start.
    pub uncounted: u64,
}

impl Health {
    /// Why no event can be kept, in words.
    pub fn problem(&self) -> Option<&str> {
        let full = "the log has twice the size that it may have: whisper-tui prune, or a larger [store] max_size";
        self.store_error.as_deref().or(self.full.then_some(full))
    }
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
    /// Rows around the nearest problem after an event.
    ProblemAfter(EventId),
    /// Rows around the nearest problem before an event.
    ProblemBefore(EventId),
    /// Rows after an event, to be added to those that are there.
    After(EventId),
}

/// Which events a list shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// Only what matches; then every arrival has a row of its own.
    pub filter: Option<Filter>,
    /// Only what somebody should look at.
    pub problems: bool,
    /// Deleted events too.
    pub deleted: bool,
    /// Every arrival of a family has a row of its own.
    pub unfolded: bool,
    /// The arrivals of this event's family have rows of their own.
    pub family: Option<EventId>,
}

/// A window that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct PageWish {
    /// Where it lies.
    pub anchor: Anchor,
    /// Rows at most.
    pub limit: usize,
    /// What it shows.
    pub scope: Scope,
    /// An event that is shown even where it is folded into another.
    pub keep: Option<EventId>,
}

/// A window of rows, oldest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// What was asked for.
    pub wish: PageWish,
    /// The problem that was looked for.
    pub found: Option<EventId>,
    /// The rows.
    pub rows: Vec<Row>,
    /// The gaps in listening between them.
    pub gaps: Vec<Gap>,
    /// The first row is the first of all.
    pub from_start: bool,
    /// The last row is the last of all.
    pub to_end: bool,
    /// Events in the log, without deleted ones unless these were asked for.
    pub total: u64,
    /// Problems among them, where only these were asked for.
    pub problems: Option<u64>,
    /// Events that match the filter, where that is known.
    pub matching: Option<u64>,
    /// What the log held when the page was read.
    pub heads: Heads,
    /// It is still being read: there may be more rows, before and between these.
    pub searching: bool,
}

/// For how many subscribers an event is in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Delivered.
    pub delivered: u32,
    /// Given up.
    pub dead: u32,
    /// On the way: tried again, or its turn has not come yet.
    pub coming: u32,
    /// It waits for one that is suspended or disabled.
    pub held: u32,
}

impl Brought {
    /// Whether no subscriber wants it.
    pub fn is_nobodys(self) -> bool {
        self == Brought::default()
    }

    /// The worst of it.
    pub fn mark(self) -> &'static str {
        match self {
            Brought { dead: 1.., .. } => "!",
            Brought { coming: 1.., .. } => "~",
            Brought { held: 1.., .. } => "=",
            _ => "",
        }
    }
}

/// `2/2`, `1/2~` (on the way), `0/2!` (given up), `0/2=` (suspended).
impl fmt::Display for Brought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Brought { delivered, dead, coming, held } = self;
        write!(f, "{delivered}/{}{}", delivered + dead + coming + held, self.mark())
    }
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
    /// What the sender was told where that was not 2xx; 0 = no answer at all.
    pub refused: Option<u16>,
    /// What became of it for the subscribers that want it.
    pub brought: Brought,
    /// Whether the last manual attempt succeeded, and its status.
    pub sent: Option<Sent>,
    /// Which arrival of its family it is.
    pub arrival: u32,
    /// How long after the arrival before it, in microseconds.
    pub after_us: Option<i64>,
    /// It calls itself a test.
    pub test: bool,
    /// How its answer stands to the sender's deadline, where both are known.
    pub punctuality: Option<Punctuality>,
    /// The event that was made later and had arrived before it.
    pub overtaken_by: Option<EventId>,
    /// Its body differs from those of its like that came before.
    pub drifts: bool,
    /// How many older arrivals are folded into it.
    pub folds: u64,
    /// What the user keeps beside it.
    pub marks: Marks,
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

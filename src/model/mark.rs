//! What the user keeps beside an event: read, pinned, a note, deleted; and the order to change it.
//! It must not touch the event, which stays as it came.

use super::{EventId, Timestamp};
use serde::{Deserialize, Serialize};

/// Longest note, in characters; what is beyond it is cut.
const LONGEST_NOTE: usize = 1000;

/// The marks of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// It has been looked at.
    pub read: bool,
    /// Kept by retention.
    pub pinned: bool,
    /// The user's words.
    pub note: Option<String>,
    /// When it was deleted, softly: it is left out of everything that does not ask for it.
    pub deleted_at: Option<Timestamp>,
}

/// One mark, as it shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Looked at or not.
    Read(bool),
    /// Pinned or not.
    Pinned(bool),
    /// A note, or none.
    Note(Option<String>),
    /// Deleted at this time, or not.
    Deleted(Option<Timestamp>),
}

/// The order to set a mark on events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkOrder {
    /// Which events.
    pub events: Vec<EventId>,
    /// What they get.
    pub mark: Mark,
    /// Those of them with which the older arrivals go that the list folds into them.
    #[serde(default)]
    pub folded: Vec<EventId>,
}

impl Mark {
    /// A note of this text; an empty one is none.
    pub fn note(text: &str) -> Mark {
        let text: String = text.trim().chars().take(LONGEST_NOTE).collect();
        Mark::Note(Some(text).filter(|text| !text.is_empty()))
    }
}

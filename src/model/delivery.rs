//! Deliveries: what became of an event for a subscriber, and what waits for one.
//! It must not know how something is sent or where it is kept.

use super::{EventId, Timestamp};

/// What became of an event for a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// It failed and is tried again.
    Retrying,
    /// A 2xx answer.
    Delivered,
    /// Given up.
    Dead,
    /// Left out on purpose.
    Skipped,
}

impl DeliveryState {
    /// All with their contract names.
    pub const ALL: [(DeliveryState, &'static str); 4] = [
        (DeliveryState::Retrying, "retrying"),
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Dead, "dead"),
        (DeliveryState::Skipped, "skipped"),
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Reads a contract name.
    pub fn from_name(name: &str) -> Option<DeliveryState> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        self != DeliveryState::Retrying
    }
}

/// One event for one subscriber, from its first attempt or from when it was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Whose.
    pub subscriber: String,
    /// Which event.
    pub event: EventId,
    /// Where it goes.
    pub url: String,
    /// What became of it.
    pub state: DeliveryState,
    /// Attempts that were answered or timed out.
    pub attempts: u32,
    /// The last one's status.
    pub status: Option<u16>,
    /// Why it was left out or given up.
    pub reason: Option<String>,
    /// When it is tried again.
    pub due: Option<Timestamp>,
}

/// What waits for a subscriber, and what it has given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queued {
    /// Whose.
    pub subscriber: String,
    /// What has no final state yet, oldest first, as much as is shown.
    pub open: Vec<QueuedEvent>,
    /// What was given up, newest first, as much as is shown.
    pub dead: Vec<QueuedEvent>,
}

/// One event of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedEvent {
    /// Which.
    pub id: EventId,
    /// Its type, or method and path.
    pub label: String,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
    /// What the last one said; the reason why it was given up.
    pub last: Option<String>,
    /// When it is tried again; `None` where it has its turn after others, or no more.
    pub due: Option<Timestamp>,
}

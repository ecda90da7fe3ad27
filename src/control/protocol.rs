//! Requests and replies, one JSON object a line. The first reply of a connection carries the version.

use crate::model::{
    EventId, Heads, Health, MarkOrder, ResendOrder, Retention, SecretOrder, SetupOrder, Standing, SubscriberOrder,
    SubscriberStanding,
};
use serde::{Deserialize, Serialize};

/// The version of this protocol.
pub(super) const PROTOCOL: u32 = 1;

/// What may be asked.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request {
    /// Who is there; also says where it listens.
    Hello,
    /// A line for every step of the log from now on.
    Watch,
    /// Send an event again.
    Resend { order: ResendOrder },
    /// Remove what may go.
    Prune { retention: Retention },
    /// Set a mark on events.
    Mark { order: MarkOrder },
    /// Use a secret, or read all of them again; and judge this event again.
    Keys { order: Option<SecretOrder>, event: Option<EventId> },
    /// How the subscribers are doing.
    Subscribers,
    /// Tell a subscriber what to do.
    Subscriber { name: String, order: SubscriberOrder },
    /// Change the subscribers of the configuration.
    Setup { order: SetupOrder },
    /// Take in events, one a line as a file has them.
    Import { lines: String },
    /// Turn a rule for answers on or off.
    Answer { rule: String, on: bool },
}

/// How far the log has come and how capture does, as a line.
#[derive(Default, Serialize, Deserialize)]
pub struct Step {
    pub(super) event: i64,
    pub(super) attempt: i64,
    /// How many marks were changed.
    #[serde(default)]
    pub mark: u64,
    /// How capture does.
    #[serde(default)]
    pub health: Health,
    /// How the rules for answers stand, where that has changed.
    #[serde(default)]
    pub standings: Option<Vec<Standing>>,
    /// How the subscribers are doing, where that has changed.
    #[serde(default)]
    pub subscribers: Option<Vec<SubscriberStanding>>,
}

impl Step {
    pub(super) fn new(heads: Heads, health: Health, standings: Option<Vec<Standing>>) -> Step {
        Step { event: heads.event, attempt: heads.attempt, mark: heads.mark, health, standings, subscribers: None }
    }
}

//! How a subscriber is doing, and what it is told: what goes between screen, command line and the process that serves.
//! It must not know what a subscriber is set up to do.

use super::EventId;

/// Whether a subscriber sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriberState {
    /// It sends.
    #[default]
    Running,
    /// It would, but its target cannot be reached.
    WaitingForTarget,
    /// The user said so.
    Suspended,
    /// Its target wants nothing more.
    Disabled,
}

impl SubscriberState {
    /// Why nothing is sent, in the log, where the user said so; every other reason is the target's.
    pub const SUSPENDED: &str = "suspended";

    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            SubscriberState::Running => "running",
            SubscriberState::WaitingForTarget => "waiting_for_target",
            SubscriberState::Suspended => SubscriberState::SUSPENDED,
            SubscriberState::Disabled => "disabled",
        }
    }

    /// From why nothing is sent, as the log has it.
    pub fn of_held(held: Option<&str>) -> SubscriberState {
        match held {
            None => SubscriberState::Running,
            Some(SubscriberState::SUSPENDED) => SubscriberState::Suspended,
            Some(_) => SubscriberState::Disabled,
        }
    }

    /// It sends nothing until it is told to go on.
    pub fn is_held(self) -> bool {
        matches!(self, SubscriberState::Suspended | SubscriberState::Disabled)
    }
}

/// How a subscriber is doing.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SubscriberStanding {
    /// Its name.
    pub name: String,
    /// Where its events go.
    pub url: String,
    /// Which events, as text.
    pub when: String,
    /// Whether it sends.
    pub state: SubscriberState,
    /// Events that wait for their final state.
    pub waiting: u64,
    /// When the oldest of them arrived.
    pub oldest: Option<i64>,
    /// Events given up.
    pub dead: u64,
    /// Events delivered.
    pub delivered: u64,
    /// Of the last attempts so many of a hundred were answered 2xx.
    pub ok_percent: Option<u64>,
    /// Of the last attempts 95 of 100 took no longer, in microseconds.
    pub p95_us: Option<u64>,
    /// The last attempt: when, status, error.
    pub last: Option<(i64, Option<u16>, Option<String>)>,
    /// When something is tried next.
    pub next: Option<i64>,
    /// Events that are being sent.
    #[serde(default)]
    pub sending: u64,
    /// Why nothing is sent.
    #[serde(default)]
    pub held: Option<String>,
    /// Deliveries in the last minute.
    #[serde(default)]
    pub per_min: u64,
    /// Which events wait for which, in words.
    #[serde(default)]
    pub order: String,
    /// How often and for how long it is tried, in words.
    #[serde(default)]
    pub policy: String,
    /// Tries that an event gets.
    #[serde(default)]
    pub tries: u32,
}

/// What a subscriber is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriberOrder {
    /// Send nothing until told otherwise.
    Suspend,
    /// Go on.
    Resume,
    /// Try again what was given up.
    Retry,
    /// Try this event now, whenever it was due.
    Hurry(EventId),
    /// Keep what was given up no longer as such.
    Dismiss,
    /// Where its settings were wrong, they may be right now.
    LookAgain,
}

/// What is to be changed about subscribers and filters of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupOrder {
    /// One more.
    Add {
        /// Where its events go.
        target: String,
        /// Which events; empty = all.
        when: String,
    },
    /// Nothing: its table is asked for as it is written.
    Show(String),
    /// Its table is to read so.
    Write(String, String),
    /// It goes; its place is kept for seven days.
    Remove(String),
    /// A filter is to stand in the table of filters.
    Save {
        /// What it is called.
        name: String,
        /// Its text.
        filter: String,
    },
}

//! Subscribers: independent consumers of the log, and what one does with an event.
//! It must not know how something is sent or where it is kept.

use super::filter::{Filter, Subject};
use super::{
    Class, Destination, EventId, Part, SecretRef, SignaturePolicy, StoredEvent, SubscriberStanding, Verdict, count,
    micros,
};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// A subscriber (contract section 6, `[[subscriber]]`).
#[derive(Clone, PartialEq)]
pub struct Subscriber {
    /// Its identity: the cursor belongs to the name.
    pub name: String,
    /// Where its events go.
    pub target: Destination,
    /// Which events; `None` = all.
    pub when: Option<Filter>,
    /// Where it begins when it is new.
    pub start: Start,
    /// Which events wait for which.
    pub order: Order,
    /// For one attempt.
    pub timeout: Duration,
    /// Between the begins of two attempts, at least.
    pub pace: Duration,
    /// Before each further attempt: n delays = n + 1 attempts.
    pub retry: Vec<Duration>,
    /// What becomes of the signature.
    pub sign: SignaturePolicy,
    /// As whom it is signed anew; `None` = as the event's own sender.
    pub signer: Option<Signer>,
    /// The jq program that makes the body; `None` = as received.
    pub transform: Option<String>,
    /// Header lines to add or replace.
    pub headers: Vec<(String, String)>,
    /// The event's path goes after the target's, in place of being replaced by it.
    pub append_path: bool,
    /// Events whose signature is not right are left out.
    pub skip_invalid: bool,
    /// An event that it has got, or is getting, is not sent again when it arrives once more.
    pub dedupe: bool,
}

/// As whom events are signed for a subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The entry of the catalogue whose way of signing it is.
    pub provider: String,
    /// The secret's name.
    pub secret: SecretRef,
}

/// Where a new subscriber begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// With what arrives from now on.
    #[default]
    Now,
    /// With the first event of the log.
    Beginning,
    /// With what follows this event.
    After(EventId),
}

/// Which events wait for the final state of the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each: they go in the order of the log.
    Strict,
    /// None; so many are sent at once.
    Any(usize),
    /// Those that agree in this part, such as a customer's id; of different ones so many are sent at once. Events that do
    /// not have it belong together.
    Key(Part, usize),
}

impl Order {
    /// How many are sent at once.
    pub fn parallel(&self) -> usize {
        match self {
            Order::Strict => 1,
            Order::Any(parallel) | Order::Key(_, parallel) => *parallel,
        }
    }

    /// How many are held at once, those that wait for another try or for their turn included: what fails for hours must
    /// not stop what does not wait for it.
    pub fn window(&self) -> usize {
        match self {
            Order::Strict => 1,
            Order::Any(_) | Order::Key(..) => 65_536,
        }
    }

    /// Events of the same lane go one after the other.
    pub fn lane(&self, stored: &StoredEvent) -> u64 {
        match self {
            Order::Strict => 0,
            Order::Any(_) => stored.id.0 as u64,
            Order::Key(part, _) => {
                let mut hasher = DefaultHasher::new();
                part.values(&stored.event).hash(&mut hasher);
                hasher.finish()
            }
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Strict => f.write_str("strict: one after the other"),
            Order::Any(parallel) => write!(f, "any: {parallel} at once"),
            Order::Key(part, parallel) => write!(f, "per {part}: {parallel} at once"),
        }
    }
}

/// What a subscriber does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is not for it.
    No,
    /// It is sent.
    Yes,
    /// It would be for it, and is left out for this reason.
    Skip(String),
}

/// Its headers may hold secrets.
impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscriber").field("name", &self.name).field("target", &self.target).finish_non_exhaustive()
    }
}

impl Subscriber {
    /// What there is to say of it before it has done anything.
    pub fn described(&self) -> SubscriberStanding {
        SubscriberStanding {
            name: self.name.clone(),
            url: self.target.to_string(),
            when: self.when.as_ref().map(ToString::to_string).unwrap_or_default(),
            order: self.order.to_string(),
            policy: self.policy(),
            tries: self.retry.len() as u32 + 1,
            ..SubscriberStanding::default()
        }
    }

    fn policy(&self) -> String {
        let time = |time: Duration| match time.as_secs() {
            seconds if seconds > 0 && seconds % 3600 == 0 => format!("{} h", seconds / 3600),
            seconds if seconds > 0 && seconds % 60 == 0 => format!("{} m", seconds / 60),
            seconds if time.subsec_nanos() == 0 => format!("{seconds} s"),
            _ => micros(time.as_micros() as u64),
        };
        let delays = match self.retry.as_slice() {
            [] => String::new(),
            [one] => format!(", the second after {}", time(*one)),
            [first, .., last] => format!(", after {} up to {}", time(*first), time(*last)),
        };
        let tries = count(self.retry.len() as u64 + 1, "try");
        let rate = if self.pace.is_zero() { String::new() } else { format!(", one in {} at most", time(self.pace)) };
        format!("{tries}{delays}, timeout {}{rate}", time(self.timeout))
    }

    /// What it does with this event.
    pub fn wants(&self, subject: &Subject) -> Wanted {
        let stored = subject.event;
        let named = self.when.as_ref().is_some_and(Filter::names_class);
        // What was refused is nobody's.
        let of_use = stored.event.class != Class::Rejected
            && (named || matches!(stored.event.class, Class::Request | Class::Message));
        let matches = match &self.when {
            Some(filter) => filter.matches(subject),
            None => stored.marks.deleted_at.is_none(),
        };
        if !of_use || !matches {
            return Wanted::No;
        }
        match stored.event.judgement.verdict {
            verdict @ (Verdict::Invalid | Verdict::Stale) if self.skip_invalid => {
                Wanted::Skip(format!("signature {}", verdict.name()))
            }
            _ => Wanted::Yes,
        }
    }
}

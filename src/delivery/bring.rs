//! One event brought to a subscriber once: planned, sent, and what came of it in the words of the queue.
//! It must not know what became of the event before, or what is done about a failure.

use super::attempt::{self, Made};
use super::connection::Connections;
use super::queue::Outcome;
use super::{Planner, ResendError};
use crate::model::{Cause, Destination, EventId, Headers, NewAttempt, ResendOrder, StoredEvent, Subscriber, Timestamp};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The most that a target may ask to be left alone: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// An event that was brought, or could not be.
pub(super) struct Sent {
    pub(super) event: EventId,
    pub(super) outcome: Outcome,
    /// None where nothing was sent at all.
    pub(super) attempt: Option<NewAttempt>,
}

/// Brings an event to its subscriber's target.
pub(super) async fn bring(
    planner: &Planner,
    subscriber: &Arc<Subscriber>,
    kept: &Connections,
    stored: StoredEvent,
) -> Sent {
    let event = stored.id;
    let ready = ready_at(&stored, &subscriber.name);
    let tried = stored.attempts.iter().any(|a| a.what.subscriber.as_ref() == Some(&subscriber.name));
    let cause = if tried { Cause::Retry } else { Cause::Live };
    let order = ResendOrder::plain(event, subscriber.name.clone(), cause);
    let plan = match planner.for_subscriber(subscriber, stored, &order).await {
        Ok(plan) => plan,
        Err(error) => return Sent { event, outcome: not_planned(&error), attempt: None },
    };
    let keyring = planner.keyring.now();
    // A handshake is worth saving. A connection alone costs next to nothing, and many a small handler answers on one that is
    // used again only when the network's own timers allow it.
    let kept = subscriber.target.target().filter(|target| target.is_https()).map(|_| kept);
    let limit = (subscriber.timeout, std::future::pending());
    let Made { mut attempt, reached } = attempt::make(plan, cause, (&keyring, kept), limit).await;
    attempt.phases.queue_us = Some(u64::try_from(attempt.at.since(ready)).unwrap_or(0));
    Sent { event, outcome: outcome(&attempt, reached, &subscriber.target), attempt: Some(attempt) }
}

/// From when on an event waited for its turn: when it was on disk, or when it was due again.
fn ready_at(stored: &StoredEvent, subscriber: &str) -> Timestamp {
    let due = stored.deliveries.iter().find(|delivery| delivery.subscriber == subscriber).and_then(|one| one.due);
    due.unwrap_or_else(|| {
        let t = stored.timing();
        let captured = t.body_us + t.verify_us + t.queue_us + t.commit_us.unwrap_or(0);
        Timestamp(stored.event.received_at.0 + captured as i64)
    })
}

fn not_planned(error: &ResendError) -> Outcome {
    match error {
        ResendError::Nothing(_) => Outcome::LeftOut("the transform gives nothing".to_owned()),
        ResendError::NoSecret(..) | ResendError::Signer(..) | ResendError::Target(_) => {
            Outcome::WrongSettings(error.to_string())
        }
        _ => Outcome::Impossible(error.to_string()),
    }
}

fn outcome(attempt: &NewAttempt, reached: bool, to: &Destination) -> Outcome {
    match (attempt.status, to) {
        (Some(status), Destination::Exec(_)) => Outcome::Ended(status.into()),
        // What it says may be cut off before what matters.
        (Some(200..=299), _) if attempt.error.is_some() => Outcome::Lost,
        (Some(status), _) => Outcome::Answered(status, retry_after(&attempt.response_headers)),
        (None, _) if reached => Outcome::Lost,
        (None, _) => Outcome::Unreachable,
    }
}

/// How long the target asks to be left alone: seconds, or a date (RFC 9110 section 10.2.3).
fn retry_after(headers: &Headers) -> Option<Duration> {
    let text = headers.text("retry-after")?.trim();
    let asked = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
            Duration::from_micros(u64::try_from(until.as_microsecond() - now().0).ok()?)
        }
    };
    Some(asked.min(LONGEST))
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

//! One try to bring an event to a subscriber's target.
//! It must not know what became of the event before, or what is done about a failure.

use super::http::{self, Answered};
use super::queue::Outcome;
use super::{Planner, redact};
use crate::model::{Cause, EventId, Headers, NewAttempt, StoredEvent, Subscriber, Timestamp};
use std::time::{Duration, Instant, SystemTime};

/// The most that a target may ask to be left alone: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// An attempt that has ended.
pub(super) struct Sent {
    pub(super) event: EventId,
    pub(super) outcome: Outcome,
    /// None where nothing was sent at all.
    pub(super) attempt: Option<NewAttempt>,
}

/// One try to bring an event to its target.
pub(super) async fn attempt(planner: &Planner, subscriber: &Subscriber, stored: StoredEvent) -> Sent {
    let begin = Instant::now();
    let (target, out) = match planner.for_subscriber(subscriber, &stored) {
        Ok(planned) => planned,
        Err(error) => return impossible(stored.id, &error.to_string()),
    };
    let at = now();
    let retries = stored.attempts.iter().any(|a| a.what.subscriber.as_ref() == Some(&subscriber.name));
    let sending = http::Sending { target: &target, out: &out, body: stored.event.body.clone() };
    let answered = http::exchange_within(subscriber.timeout, sending).await;
    let outcome = outcome(&answered);
    let Answered { status, error, phases, headers, body, truncated, .. } = answered;
    let secrets: Vec<&str> = redact::secret_headers(subscriber).map(|(_, value)| value.as_str()).collect();
    let scrubbed = |bytes| {
        let bytes = redact::scrubbed(&planner.keyring.now(), &stored, bytes);
        secrets.iter().fold(bytes, |bytes, secret| redact::without(&bytes, secret.as_bytes()))
    };
    let mut sent = redact::recorded(&stored, out.clone());
    redact::secret_headers(subscriber).for_each(|(name, _)| sent.set(name, "REDACTED"));
    let attempt = NewAttempt {
        event: stored.id,
        subscriber: Some(subscriber.name.clone()),
        at,
        cause: if retries { Cause::Retry } else { Cause::Live },
        url: format!("{}{}", target.origin(), out.path),
        status,
        error,
        phases,
        total_us: begin.elapsed().as_micros() as u64,
        request_headers: sent,
        request_body: None,
        response_headers: Headers::parse_lines(&scrubbed(headers.to_lines())),
        response_body: scrubbed(body),
        truncated,
    };
    Sent { event: stored.id, outcome, attempt: Some(attempt) }
}

fn impossible(event: EventId, why: &str) -> Sent {
    Sent { event, outcome: Outcome::Impossible(why.to_owned()), attempt: None }
}

fn outcome(answered: &Answered) -> Outcome {
    match answered.status {
        // What it says may be cut off before what matters.
        Some(200..=299) if answered.error.is_some() => Outcome::Lost,
        Some(status) => Outcome::Answered(status, retry_after(&answered.headers)),
        None if answered.reached => Outcome::Lost,
        None => Outcome::Unreachable,
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

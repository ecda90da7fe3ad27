//! One try to bring an event to where it is planned to go, as it is recorded.
//! It must not know what became of the event before, or what is done about a failure.

use super::connection::Connections;
use super::http;
use super::planner::Plan;
use super::sending::{Answered, Sending};
use super::{exec, redact};
use crate::model::{Cause, Destination, Headers, NewAttempt, Timestamp};
use crate::verify::Keyring;
use std::time::{Duration, Instant, SystemTime};

/// A try that has ended: what is recorded of it, and whether it can have arrived.
pub(super) struct Made {
    pub(super) attempt: NewAttempt,
    pub(super) reached: bool,
}

/// Carries out a plan within `limit`, until `stopped`. Of the answer everything is recorded but secrets.
pub(super) async fn make(
    plan: Plan,
    cause: Cause,
    (keyring, kept): (&Keyring, Option<&Connections>),
    (limit, stopped): (Duration, impl Future<Output = ()>),
) -> Made {
    let (at, begin) = (now(), Instant::now());
    let (stored, subscriber) = (&plan.stored, plan.subscriber.as_deref());
    let answered = match &plan.to {
        Destination::Url(target) => {
            let sending = Sending { target, out: &plan.out, body: stored.event.body.clone() };
            http::exchange(sending, kept, limit, stopped).await
        }
        Destination::Exec(command) => exec::run(command, &plan, limit, stopped).await,
    };
    let Answered { status, error, phases, headers, body, truncated, reached } = answered;
    let secrets: Vec<&[u8]> = redact::secrets_of(subscriber, keyring).collect();
    let scrubbed = |bytes| {
        let bytes = redact::scrubbed(keyring, stored, bytes);
        secrets.iter().fold(bytes, |bytes, secret| redact::without(&bytes, secret))
    };
    let error = error.map(|error| String::from_utf8_lossy(&scrubbed(error.into_bytes())).into_owned());
    let sent = redact::recorded(stored, plan.out.clone(), subscriber);
    let attempt = NewAttempt {
        event: stored.id,
        subscriber: subscriber.map(|subscriber| subscriber.name.clone()),
        at,
        cause,
        url: plan.url(),
        status,
        error,
        phases,
        total_us: begin.elapsed().as_micros() as u64,
        request_headers: sent,
        request_body: plan.reshaped.then(|| stored.event.body.to_vec()),
        response_headers: Headers::parse_lines(&scrubbed(headers.to_lines())),
        response_body: scrubbed(body),
        truncated,
    };
    Made { attempt, reached }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

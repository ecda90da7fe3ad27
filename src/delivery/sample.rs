//! One request that is no event of ours: a sample on its way to a target.
//! It must not make the sample; nothing of it is recorded.

use super::http::{self, Sending};
use super::redact::without;
use crate::model::{Attempt, Cause, EventId, Headers, NewAttempt, Outgoing, Secret, Target};
use std::time::{Instant, SystemTime};

/// Sends it and gives what came of it, in the form of an attempt that belongs to no event. The secret that it was signed
/// with is in nothing of that, should it have been sent as a token or come back.
pub async fn send_sample(target: &Target, mut out: Outgoing, body: Vec<u8>, secret: Option<&Secret>) -> Attempt {
    let (at, begin) = (SystemTime::now().into(), Instant::now());
    let sending = Sending { target, out: &out, body: body.clone().into() };
    let answered = http::exchange(sending, std::future::pending()).await;
    let hidden = |bytes: Vec<u8>| match secret {
        Some(secret) => without(&bytes, secret.expose()),
        None => bytes,
    };
    // Basic holds it in another form.
    out.headers.remove("authorization");
    let what = NewAttempt {
        event: EventId(0),
        at,
        cause: Cause::Test,
        url: format!("{}{}", target.origin(), out.path),
        status: answered.status,
        error: answered.error,
        phases: answered.phases,
        total_us: begin.elapsed().as_micros() as u64,
        request_headers: Headers::parse_lines(&hidden(out.headers.to_lines())),
        request_body: Some(hidden(body)),
        response_headers: Headers::parse_lines(&hidden(answered.headers.to_lines())),
        response_body: hidden(answered.body),
        truncated: answered.truncated,
    };
    Attempt { id: 0, what }
}

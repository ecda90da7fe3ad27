//! One request that is no event of ours: a sample on its way to a target.
//! It must not make the sample; nothing of it is recorded.

use super::http;
use super::redact::without;
use super::sending::Sending;
use crate::model::{Attempt, Cause, EventId, Headers, NewAttempt, Outgoing, Secret, Target};
use base64::{Engine, prelude::BASE64_STANDARD};
use std::time::{Instant, SystemTime};

/// Sends it and gives what came of it, in the form of an attempt that belongs to no event. The secret that it was signed
/// with is in nothing of that, should it have been sent as a token or come back.
pub async fn send_sample(target: &Target, mut out: Outgoing, body: Vec<u8>, secret: Option<&Secret>) -> Attempt {
    let (at, begin) = (SystemTime::now().into(), Instant::now());
    let sending = Sending { target, out: &out, body: body.clone().into() };
    let answered = http::exchange(sending, None, http::TIMEOUT, std::future::pending()).await;
    let forms = secret.map(forms).unwrap_or_default();
    let hidden = |bytes: Vec<u8>| forms.iter().fold(bytes, |bytes, form| without(&bytes, form));
    let hidden_text = |text: String| String::from_utf8_lossy(&hidden(text.into_bytes())).into_owned();
    out.headers.remove("authorization");
    let what = NewAttempt {
        event: EventId(0),
        subscriber: None,
        at,
        cause: Cause::Test,
        url: hidden_text(format!("{}{}", target.origin(), out.path)),
        status: answered.status,
        error: answered.error.map(hidden_text),
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

/// A secret as it may stand in a request: itself, as Basic writes it (RFC 7617), and as a form or a query does.
fn forms(secret: &Secret) -> Vec<Vec<u8>> {
    let text = secret.expose();
    let encoded: String = url::form_urlencoded::byte_serialize(text).collect();
    vec![text.to_vec(), BASE64_STANDARD.encode(text).into_bytes(), encoded.into_bytes()]
}

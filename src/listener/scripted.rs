//! Carries out what a rule decided: waits, then answers, or ends the connection.
//! It must not decide; the event is on disk before it begins.

use super::ack::{Ack, Kept, Told};
use super::recorder::Record;
use super::wire::Wire;
use crate::answer::{Decision, Manner};
use crate::model::{How, NewAttempt};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use std::fmt;

/// The connection ends here, without an answer.
#[derive(Debug)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ended on purpose")
    }
}

impl std::error::Error for Cut {}

/// Answers as decided. The socket is given where the connection is this request's alone.
pub(super) async fn carry_out(
    decision: Decision,
    kept: Kept,
    (wire, record): (Option<&Wire>, &Record),
) -> Result<Response<Ack>, Cut> {
    let rule = Some(decision.rule);
    let mut kept = kept.told(Told { rule: rule.clone(), ..Told::default() });
    if let Some(through) = &decision.through
        && let Some(real) = kept.answered_by(&through.subscriber, through.within).await
    {
        return Ok(passed_on(&real, kept, rule));
    }
    if !decision.delay.is_zero() {
        // Whoever ends this wait has heard nothing; that is recorded then.
        tokio::time::sleep(decision.delay).await;
    }
    if decision.manner == Manner::Reset
        && let Some(wire) = wire
    {
        wire.reset();
    }
    if matches!(decision.manner, Manner::Drop | Manner::Reset | Manner::Half) {
        // What else comes on this connection is not read.
        record.ends();
    }
    // A sender that has not waited for so long hears nothing of it.
    let gone = !decision.delay.is_zero() && wire.is_some_and(Wire::is_left);
    let how = if gone { Some(How::Gone) } else { how(decision.manner) };
    kept = kept.told(Told { status: decision.status, rule, how });
    let status = decision.status.ok_or(Cut)?;
    let kind = content_type(&decision.body);
    let mut response = Response::new(Ack::saying(decision.body, decision.manner));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        // The text may hold parts of the request.
        response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    }
    for (name, value) in decision.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.body_mut().answers(kept);
    Ok(response)
}

/// What a subscriber answered, as far as it is the sender's affair: status, kind and body.
fn passed_on(real: &NewAttempt, kept: Kept, rule: Option<String>) -> Response<Ack> {
    let mut response = Response::new(Ack::saying(real.response_body.clone(), Manner::Whole));
    let status = status_of(real);
    *response.status_mut() = status;
    for name in [CONTENT_TYPE, RETRY_AFTER] {
        let value = real.response_headers.text(name.as_str()).and_then(|value| HeaderValue::from_str(value).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response.body_mut().answers(kept.told(Told { status: Some(status.as_u16()), rule, how: None }));
    response
}

/// A command's exit status is none of HTTP's, and an interim one is no answer.
fn status_of(real: &NewAttempt) -> StatusCode {
    let is_http = real.url.starts_with("http");
    match real.status.filter(|status| is_http && *status >= 200).and_then(|status| StatusCode::from_u16(status).ok()) {
        Some(status) => status,
        None if real.succeeded() && !is_http => StatusCode::OK,
        None if is_http => StatusCode::BAD_GATEWAY,
        None => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn how(manner: Manner) -> Option<How> {
    match manner {
        Manner::Whole => None,
        Manner::Half => Some(How::Half),
        Manner::Trickle(_) => Some(How::Pieces),
        Manner::Drop => Some(How::Drop),
        Manner::Reset => Some(How::Reset),
    }
}

/// What a body is where its rule does not say; none for no body.
fn content_type(body: &[u8]) -> Option<&'static str> {
    match body.first() {
        None => None,
        Some(b'{' | b'[') => Some("application/json"),
        Some(_) => Some("text/plain; charset=utf-8"),
    }
}

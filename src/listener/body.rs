//! Reading a body to its end, within its limits.

use super::Limits;
use crate::model::Headers;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::{Duration, Instant};

/// What was read, and why no more, if it broke off.
pub(super) struct ReadBody {
    pub(super) bytes: Bytes,
    pub(super) trailers: Headers,
    pub(super) broken: Option<Broken>,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    TooLarge,
    TooSlow,
    Incomplete,
}

/// How long a body may be slower than the least rate.
const GRACE: Duration = Duration::from_secs(10);

pub(super) async fn read(mut body: Incoming, limits: &Limits) -> ReadBody {
    let begin = Instant::now();
    let mut bytes = BytesMut::new();
    let mut trailers = Headers::default();
    let mut broken = None;
    if body.size_hint().lower() > limits.body as u64 {
        return ReadBody { bytes: Bytes::new(), trailers, broken: Some(Broken::TooLarge) };
    }
    while broken.is_none() {
        let left = limits.body_timeout.saturating_sub(begin.elapsed()).min(limits.body_idle_timeout);
        let frame = match tokio::time::timeout(left, body.frame()).await {
            Err(_) => Err(Broken::TooSlow),
            Ok(None) => break,
            Ok(Some(Err(_))) => Err(Broken::Incomplete),
            Ok(Some(Ok(frame))) => Ok(frame),
        };
        match frame.map(hyper::body::Frame::into_data) {
            Err(why) => broken = Some(why),
            Ok(Ok(data)) => {
                bytes.extend_from_slice(&data);
                broken = exceeded(limits, bytes.len(), begin.elapsed());
            }
            Ok(Err(frame)) => {
                if let Ok(lines) = frame.into_trailers() {
                    trailers = lines.iter().collect();
                }
            }
        }
    }
    ReadBody { bytes: bytes.freeze(), trailers, broken }
}

fn exceeded(limits: &Limits, size: usize, elapsed: Duration) -> Option<Broken> {
    if size > limits.body {
        return Some(Broken::TooLarge);
    }
    let least = elapsed.saturating_sub(GRACE).as_secs() * limits.body_rate;
    ((size as u64) < least).then_some(Broken::TooSlow)
}

//! Reading a body to its end, within its limits.

use super::Limits;
use crate::model::Headers;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What was read, and why no more, if it broke off.
pub(super) struct ReadBody<'a> {
    pub(super) bytes: Bytes,
    /// Its share of the memory for bodies; given back when the event is on disk.
    pub(super) room: Option<SemaphorePermit<'a>>,
    pub(super) trailers: Headers,
    pub(super) broken: Option<Broken>,
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    TooLarge,
    TooSlow,
    Incomplete,
    /// All bodies under way together take more memory than there is for them.
    NoRoom,
}

/// Bytes of each body that need no room: what webhooks are is never refused because of a few large ones.
const SMALL: usize = 64 << 10;

/// Memory for the bodies that are being read or wait for the writer, in bytes.
pub(super) const ROOM: usize = 512 << 20;

/// How long a body may be slower than the least rate.
const GRACE: Duration = Duration::from_secs(10);

impl ReadBody<'_> {
    /// Nothing was read.
    pub(super) fn empty() -> Self {
        ReadBody { bytes: Bytes::new(), room: None, trailers: Headers::default(), broken: None }
    }
}

pub(super) async fn read<'a>(mut body: Incoming, limits: &Limits, memory: &'a Semaphore) -> ReadBody<'a> {
    let begin = Instant::now();
    let mut bytes = BytesMut::new();
    let mut trailers = Headers::default();
    let mut broken = None;
    let mut room = None;
    if body.size_hint().lower() > limits.body as u64 {
        return ReadBody { broken: Some(Broken::TooLarge), ..ReadBody::empty() };
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
                let beyond = (bytes.len() + data.len()).saturating_sub(bytes.len().max(SMALL));
                broken = reserve(memory, &mut room, beyond);
                if broken.is_none() {
                    bytes.extend_from_slice(&data);
                    broken = exceeded(limits, bytes.len(), begin.elapsed());
                }
            }
            Ok(Err(frame)) => {
                if let Ok(lines) = frame.into_trailers() {
                    trailers = lines.iter().collect();
                }
            }
        }
    }
    ReadBody { bytes: bytes.freeze(), room, trailers, broken }
}

/// Takes room for more bytes.
fn reserve<'a>(memory: &'a Semaphore, room: &mut Option<SemaphorePermit<'a>>, bytes: usize) -> Option<Broken> {
    if bytes == 0 {
        return None;
    }
    let Ok(more) = memory.try_acquire_many(bytes.try_into().unwrap_or(u32::MAX)) else { return Some(Broken::NoRoom) };
    match room {
        Some(room) => room.merge(more),
        None => *room = Some(more),
    }
    None
}

fn exceeded(limits: &Limits, size: usize, elapsed: Duration) -> Option<Broken> {
    if size > limits.body {
        return Some(Broken::TooLarge);
    }
    let least = elapsed.saturating_sub(GRACE).as_secs() * limits.body_rate;
    ((size as u64) < least).then_some(Broken::TooSlow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_until_there_is_none_and_given_back() {
        let memory = Semaphore::new(10);
        let (mut one, mut other) = (None, None);
        assert_eq!(reserve(&memory, &mut one, 4), None);
        assert_eq!(reserve(&memory, &mut one, 4), None);
        assert_eq!(reserve(&memory, &mut other, 4), Some(Broken::NoRoom));
        drop(one);
        assert_eq!(reserve(&memory, &mut other, 4), None);
    }
}

//! A socket that remembers the bytes of each request head, which hyper does not show.
//! It must not change a byte; it follows HTTP/1 framing only to know where the next head begins.
//! The captured heads are handed to `capture`, request by request.

use super::wire::Wire;
use crate::model::Head;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::ReadBuf;
use tokio::time::{Instant, Sleep};

/// A complete head with the moments at which it began and ended.
#[derive(Debug)]
pub(super) struct RecordedHead {
    pub(super) head: Head,
    pub(super) began: std::time::Instant,
    pub(super) ended: std::time::Instant,
}

/// The record of one connection, shared between the socket and the request handler.
#[derive(Clone)]
pub(super) struct Record(Arc<Mutex<Framing>>);

/// Where in the stream of requests the next byte belongs.
#[derive(Debug)]
struct Framing {
    place: Place,
    partial: Vec<u8>,
    began: std::time::Instant,
    complete: VecDeque<RecordedHead>,
    limit: usize,
    headers: usize,
    /// Status of the answer to a head that never became a request.
    answered: Option<u16>,
    /// The connection is being ended on purpose.
    ends: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Head,
    Body(u64),
    Chunk(ChunkPlace),
    /// HTTP/2, a refused head or a tunnel: nothing more to follow.
    Lost,
}

#[derive(Debug, PartialEq, Eq)]
enum ChunkPlace {
    /// In a size line; the digits so far and whether they have ended.
    Size(u64, bool),
    Data(u64),
    /// The line end after the data.
    DataEnd,
    /// In a trailer line; whether it has content.
    Trailer(bool),
}

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Record {
    pub(super) fn new(limit: usize, headers: usize) -> Record {
        Record(Arc::new(Mutex::new(Framing {
            place: Place::Head,
            partial: Vec::new(),
            began: std::time::Instant::now(),
            complete: VecDeque::new(),
            limit,
            headers,
            answered: None,
            ends: false,
        })))
    }

    /// The head of the request that is being handled (HTTP/1 handles them in order).
    pub(super) fn next_head(&self) -> Option<RecordedHead> {
        let mut framing = self.lock();
        framing.answered = None;
        framing.complete.pop_front()
    }

    /// The connection is ended on purpose: what else came on it is nobody's mistake.
    pub(super) fn ends(&self) {
        self.lock().ends = true;
    }

    /// What was read of a head that never became a request, and the status it was answered with.
    pub(super) fn unfinished(&self) -> (Vec<u8>, std::time::Instant, Option<u16>) {
        let mut framing = self.lock();
        if framing.ends {
            return (Vec::new(), framing.began, None);
        }
        // A whole head that never became a request is one that hyper refused after reading it.
        let refused = framing.complete.pop_back().map(|r| (r.head.0, r.began));
        let (head, began) = refused.unwrap_or_else(|| (std::mem::take(&mut framing.partial), framing.began));
        (head, began, framing.answered)
    }

    fn lock(&self) -> MutexGuard<'_, Framing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Framing {
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = match self.place {
                Place::Head => self.feed_head(bytes),
                Place::Body(left) => {
                    let used = left.min(bytes.len() as u64);
                    self.place = if used == left { Place::Head } else { Place::Body(left - used) };
                    used as usize
                }
                Place::Chunk(_) => self.feed_chunk(bytes),
                Place::Lost => return,
            };
            bytes = &bytes[used..];
        }
    }

    fn feed_head(&mut self, bytes: &[u8]) -> usize {
        if self.partial.is_empty() {
            self.began = std::time::Instant::now();
        }
        // A head ends at an empty line: look for one, the last bytes of the previous read included.
        let before = self.partial.len();
        self.partial.extend_from_slice(bytes);
        if HTTP2_PREFACE.starts_with(&self.partial) && self.partial.len() < HTTP2_PREFACE.len() {
            return bytes.len();
        }
        if self.partial.starts_with(HTTP2_PREFACE) {
            self.partial.clear();
            self.place = Place::Lost;
            return bytes.len();
        }
        let content = self.partial.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let from = before.saturating_sub(3).max(content);
        let end = memchr::memchr_iter(b'\n', &self.partial[from.min(self.partial.len())..])
            .map(|at| from + at)
            .find(|&at| self.partial[..at].ends_with(b"\n") || self.partial[..at].ends_with(b"\n\r"));
        let Some(end) = end else {
            if self.partial.len() > self.limit + 16 {
                self.partial.truncate(self.limit);
                self.place = Place::Lost;
            }
            return bytes.len();
        };
        let used = end + 1 - before;
        self.partial.truncate(end + 1);
        self.place = match framing_of(&self.partial[content..], self.headers) {
            Some(place) => {
                let head = Head(self.partial.split_off(content));
                self.partial.clear();
                self.complete.push_back(RecordedHead { head, began: self.began, ended: std::time::Instant::now() });
                place
            }
            None => Place::Lost,
        };
        used
    }

    fn feed_chunk(&mut self, bytes: &[u8]) -> usize {
        let Place::Chunk(place) = &mut self.place else { return 0 };
        let byte = bytes[0];
        match place {
            ChunkPlace::Size(size, ended) => match (byte, *ended) {
                (b'\n', _) => *place = if *size == 0 { ChunkPlace::Trailer(false) } else { ChunkPlace::Data(*size) },
                (digit, false) if digit.is_ascii_hexdigit() => {
                    let value = (digit as char).to_digit(16).unwrap_or(0);
                    *size = size.saturating_mul(16).saturating_add(value.into());
                }
                _ => *ended = true,
            },
            ChunkPlace::Data(left) => {
                let used = (*left).min(bytes.len() as u64);
                *left -= used;
                if *left == 0 {
                    *place = ChunkPlace::DataEnd;
                }
                return used as usize;
            }
            ChunkPlace::DataEnd if byte == b'\n' => *place = ChunkPlace::Size(0, false),
            ChunkPlace::DataEnd => {}
            ChunkPlace::Trailer(false) if byte == b'\n' => self.place = Place::Head,
            ChunkPlace::Trailer(content) => *content = !matches!(byte, b'\n' | b'\r') || (*content && byte != b'\n'),
        }
        1
    }

    fn wrote(&mut self, bytes: &[u8]) {
        if bytes.starts_with(b"HTTP/1") {
            self.answered = bytes.get(9..12).and_then(|s| std::str::from_utf8(s).ok()?.parse().ok());
        }
    }
}

/// What follows a head, as hyper sees it (RFC 9112 section 6.3); `None` for a head that it refuses.
fn framing_of(head: &[u8], headers: usize) -> Option<Place> {
    let lines = memchr::memchr_iter(b'\n', head).count();
    let mut slots = vec![httparse::EMPTY_HEADER; headers.min(lines)];
    let mut request = httparse::Request::new(&mut slots);
    request.parse(head).ok()?.is_complete().then_some(())?;
    if request.method == Some("CONNECT") {
        return Some(Place::Lost);
    }
    let value = |name: &str| request.headers.iter().rfind(|h| h.name.eq_ignore_ascii_case(name)).map(|h| h.value);
    if value("transfer-encoding").is_some() {
        return Some(Place::Chunk(ChunkPlace::Size(0, false)));
    }
    let length = match value("content-length") {
        Some(text) if text.iter().all(u8::is_ascii_digit) => std::str::from_utf8(text).ok()?.parse().ok()?,
        Some(_) => return None,
        None => 0,
    };
    Some(if length == 0 { Place::Head } else { Place::Body(length) })
}

/// The recording socket, with the deadlines that hyper does not keep apart.
pub(super) struct Recorder {
    wire: Wire,
    record: Record,
    head_timeout: Duration,
    keep_alive: Duration,
    deadline: Pin<Box<Sleep>>,
    waiting_since: Option<(Instant, bool)>,
}

impl Recorder {
    pub(super) fn new(wire: Wire, record: Record, head_timeout: Duration, keep_alive: Duration) -> Self {
        let deadline = Box::pin(tokio::time::sleep(head_timeout));
        // A new connection has to bring its first head as soon as one that has begun a head.
        let waiting_since = Some((Instant::now(), true));
        Recorder { wire, record, head_timeout, keep_alive, deadline, waiting_since }
    }
}

impl Recorder {
    /// Ends a connection whose next head does not come, or does not come to its end.
    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (at_head, begun) = {
            let framing = self.record.lock();
            (framing.place == Place::Head && framing.complete.is_empty(), !framing.partial.is_empty())
        };
        if !at_head {
            self.waiting_since = None;
            return Poll::Pending;
        }
        match self.waiting_since {
            Some((_, urgent)) if urgent || !begun => {}
            Some(_) | None => {
                let limit = if begun { self.head_timeout } else { self.keep_alive };
                self.deadline.as_mut().reset(Instant::now() + limit);
                self.waiting_since = Some((Instant::now(), begun));
            }
        }
        std::task::ready!(std::future::Future::poll(self.deadline.as_mut(), cx));
        if begun {
            const ANSWER: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            // The peer may be gone or not reading: telling it is a courtesy.
            let _ = self.wire.poll_write(cx, ANSWER);
            self.record.lock().answered = Some(408);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl Read for Recorder {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // hyper's cursor cannot be looked into after the fact: read beside it and copy.
        let mut space = [std::mem::MaybeUninit::uninit(); 16 * 1024];
        let room = buf.remaining().min(space.len());
        let mut beside = ReadBuf::uninit(&mut space[..room]);
        match self.wire.poll_read(cx, &mut beside) {
            Poll::Ready(Ok(())) => {
                self.record.lock().feed(beside.filled());
                buf.put_slice(beside.filled());
                if self.record.lock().complete.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                self.waiting_since = None;
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_deadline(cx),
        }
    }
}

impl Write for Recorder {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.record.lock().wrote(buf);
        self.wire.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.wire.shut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET \r\
        PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n\r\n\r\r\n0\r\nT: GET\r\n\r\n\
        \r\nGET /c HTTP/1.1\r\nX-a: 1\r\nx-A: 2\r\n\r\n";

    proptest! {
        #[test]
        fn heads_are_found_however_the_stream_is_cut(cuts in proptest::collection::vec(1usize..40, 0..60)) {
            let record = Record::new(1 << 16, 100);
            let mut rest = STREAM.as_bytes();
            for cut in cuts {
                let (piece, later) = rest.split_at(cut.min(rest.len()));
                record.lock().feed(piece);
                rest = later;
            }
            record.lock().feed(rest);
            let heads: Vec<String> =
                std::iter::from_fn(|| record.next_head()).map(|h| String::from_utf8(h.head.0).unwrap()).collect();
            prop_assert_eq!(heads, [
                "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
                "PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
                "GET /c HTTP/1.1\r\nX-a: 1\r\nx-A: 2\r\n\r\n",
            ]);
        }
    }
}

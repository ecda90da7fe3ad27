//! The answer on its way: its bytes in the manner that was decided, and the note of when it had gone out.
//! It must not decide what is said.

use super::shared::Shared;
use crate::answer::Manner;
use crate::model::{Answer, How, NewAttempt, Receipt};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Most pieces of a body that is sent slowly.
const PIECES: usize = 32;
/// Between the last byte and the end of a connection that breaks off.
const BEFORE_TEARING: Duration = Duration::from_millis(20);

/// An event that is on disk and has not been answered yet. When it is dropped, what was told is recorded.
pub(super) struct Kept {
    shared: Arc<Shared>,
    pub(super) receipt: Receipt,
    began: Instant,
    /// What the capture has taken before the commit, in microseconds.
    before_us: u64,
    told: Option<Told>,
}

/// What a sender is told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) status: Option<u16>,
    pub(super) rule: Option<String>,
    pub(super) how: Option<How>,
}

impl Told {
    /// A whole answer that no rule asked for.
    pub(super) fn status(status: u16) -> Told {
        Told { status: Some(status), ..Told::default() }
    }
}

impl Kept {
    pub(super) fn new(shared: &Arc<Shared>, receipt: Receipt, (began, before_us): (Instant, u64)) -> Kept {
        let before_us = before_us + receipt.queue_us;
        Kept { shared: Arc::clone(shared), receipt, began, before_us, told: None }
    }

    /// What a subscriber answers to it; `None` where there is nothing within this time.
    pub(super) async fn answered_by(&self, subscriber: &str, within: Duration) -> Option<NewAttempt> {
        let Shared { store, through, .. } = &*self.shared;
        through.answer_of(store, self.receipt.id, subscriber, within).await
    }

    /// It is being told this.
    pub(super) fn told(mut self, told: Told) -> Kept {
        self.told = Some(told);
        self
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(Told { status, rule, how }) = self.told.take() else { return };
        let total_us = self.began.elapsed().as_micros() as u64;
        let answer = Answer {
            status,
            rule,
            how,
            commit_us: self.receipt.commit_us,
            // What is left of the whole, so that the phases add up to it.
            answer_us: total_us.saturating_sub(self.before_us + self.receipt.commit_us),
            total_us,
        };
        self.shared.store.answered(self.receipt.id, answer);
    }
}

/// The body of an answer; when hyper lets go of it, the answer has been handed to the socket.
#[derive(Default)]
pub(super) struct Ack {
    kept: Option<Kept>,
    pieces: VecDeque<Bytes>,
    /// What is promised in Content-Length.
    size: u64,
    /// It breaks off after the last piece.
    torn: bool,
    /// Between two pieces.
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl Ack {
    /// These bytes, in this manner.
    pub(super) fn saying(body: Vec<u8>, manner: Manner) -> Ack {
        let size = body.len() as u64;
        let body = Bytes::from(body);
        let whole = |body: Bytes| if body.is_empty() { VecDeque::new() } else { VecDeque::from([body]) };
        match manner {
            Manner::Half => Ack { pieces: whole(body.slice(..body.len() / 2)), size, torn: true, ..Ack::default() },
            Manner::Trickle(time) => {
                let length = body.len().div_ceil(PIECES).max(1);
                let pieces: VecDeque<Bytes> =
                    (0..body.len()).step_by(length).map(|at| body.slice(at..body.len().min(at + length))).collect();
                let pause = time / pieces.len().max(1) as u32;
                Ack { pieces, size, pause, ..Ack::default() }
            }
            Manner::Whole | Manner::Drop | Manner::Reset => Ack { pieces: whole(body), size, ..Ack::default() },
        }
    }

    /// Once this has gone out, it is recorded.
    pub(super) fn answers(&mut self, kept: Kept) {
        self.kept = Some(kept);
    }
}

impl Body for Ack {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // What has been said goes out while this waits; without that, tearing off would take it along.
        let pause = if self.pieces.is_empty() && self.torn { BEFORE_TEARING } else { self.pause };
        if pause > Duration::ZERO && !self.is_end_stream() {
            let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
        }
        Poll::Ready(match self.pieces.pop_front() {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None if self.torn => Some(Err(io::ErrorKind::ConnectionAborted.into())),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && !self.torn
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.size)
    }
}

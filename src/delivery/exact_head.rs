//! A socket that puts our own request head in place of hyper's, which folds header names to lower case.
//! It must not touch what follows the head: the body is written by hyper as it is.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// Where our head of the next request is left; it is taken once hyper's has been seen to its end.
pub(super) type Heads = Arc<Mutex<Option<Vec<u8>>>>;

/// The socket; without a head of ours hyper's stays as it is.
pub(super) struct ExactHead<IO> {
    io: IO,
    heads: Heads,
    seen: Vec<u8>,
    pending: Vec<u8>,
}

impl<IO> ExactHead<IO> {
    pub(super) fn new(io: IO, heads: Heads) -> Self {
        ExactHead { io, heads, seen: Vec::new(), pending: Vec::new() }
    }

    /// Takes the part of `buf` that belongs to hyper's head; `None` once that is over.
    fn swallow(&mut self, buf: &[u8]) -> Option<usize> {
        let mut head = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        head.as_ref()?;
        let before = self.seen.len();
        self.seen.extend_from_slice(buf);
        match memchr::memmem::find(&self.seen, b"\r\n\r\n") {
            Some(end) => {
                self.seen.clear();
                self.pending = head.take().unwrap_or_default();
                Some(end + 4 - before)
            }
            None => Some(buf.len()),
        }
    }
}

impl<IO: Write + Unpin> ExactHead<IO> {
    fn poll_pending(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.pending))?;
            self.pending.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: Read + Unpin> Read for ExactHead<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<IO: Write + Unpin> Write for ExactHead<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_pending(cx))?;
        match self.swallow(buf) {
            Some(taken) => Poll::Ready(Ok(taken)),
            None => Pin::new(&mut self.io).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_pending(cx))?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

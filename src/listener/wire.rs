//! A connection's socket, which can be looked at while nothing is read from it.
//! It must not know what goes over it.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

/// The socket as hyper uses it. Copies are the same socket.
#[derive(Clone)]
pub(super) struct Wire(Arc<TcpStream>);

impl Wire {
    pub(super) fn new(stream: TcpStream) -> Wire {
        Wire(Arc::new(stream))
    }

    /// Has the connection end with RST, as by a machine that crashed.
    pub(super) fn reset(&self) {
        // Where that cannot be set the connection ends without an answer all the same.
        let _ = self.0.set_zero_linger();
    }

    /// Whether the other end has closed its side by now. What it has sent stays where it is.
    pub(super) fn is_left(&self) -> bool {
        let mut byte = [0];
        // A connection that is not readable tells nothing, which is what one that goes on does.
        matches!(self.0.try_io(tokio::io::Interest::READABLE, || peek(&self.0, &mut byte)), Ok(0))
    }
}

#[cfg(unix)]
fn peek(stream: &TcpStream, byte: &mut [u8; 1]) -> io::Result<usize> {
    use rustix::net::{RecvFlags, recv};
    let (received, _) = recv(stream, &mut byte[..], RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
    Ok(received)
}

/// Nothing is known of it.
#[cfg(not(unix))]
fn peek(_: &TcpStream, _: &mut [u8; 1]) -> io::Result<usize> {
    Err(io::ErrorKind::WouldBlock.into())
}

impl Wire {
    /// Reads what is there.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read_buf(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }

    /// Writes what there is room for.
    pub(super) fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(bytes) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    /// Says that nothing more comes.
    pub(super) fn shut(&self) -> io::Result<()> {
        shut(&self.0)
    }
}

#[cfg(unix)]
fn shut(stream: &TcpStream) -> io::Result<()> {
    Ok(rustix::net::shutdown(stream, rustix::net::Shutdown::Write)?)
}

/// It is closed when it is dropped.
#[cfg(not(unix))]
fn shut(_: &TcpStream) -> io::Result<()> {
    Ok(())
}

//! An open connection to a target, for one request after the other, and those that are kept for the next.
//! It must not know how it was opened, or what is done about a failure.

use super::exact_head::{ExactHead, Heads};
use super::sending::{ANSWER_LIMIT, Answered, Sending};
use crate::model::Outgoing;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::{http1, http2};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::TokioExecutor;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How long a connection is kept without use. Servers keep theirs longer than that, so that it is hardly ever closed just
/// when it is used again.
const KEPT: Duration = Duration::from_secs(1);

/// Connections to one target that wait for the next request. Copies are the same ones.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    idle: Vec<(Connection, Instant)>,
    /// Somebody closes those that nobody uses.
    swept: bool,
    /// The target has closed one without a word: none is kept any more.
    distrusted: bool,
}

impl Connections {
    /// One that may be used.
    pub(super) fn take(&self) -> Option<Connection> {
        let mut kept = self.kept();
        kept.idle.retain(|(connection, since)| since.elapsed() < KEPT && connection.is_open());
        kept.idle.pop().map(|(connection, _)| connection)
    }

    /// Keeps one for the next request.
    pub(super) fn put(&self, connection: Connection) {
        let mut kept = self.kept();
        if kept.distrusted || !connection.is_open() {
            return;
        }
        kept.idle.push((connection, Instant::now()));
        if !std::mem::replace(&mut kept.swept, true) {
            tokio::spawn(self.clone().sweep());
        }
    }

    /// Closes those that nobody uses, until there are none.
    async fn sweep(self) {
        loop {
            tokio::time::sleep(KEPT).await;
            let mut kept = self.kept();
            kept.idle.retain(|(_, since)| since.elapsed() < KEPT);
            if kept.idle.is_empty() {
                kept.swept = false;
                return;
            }
        }
    }

    /// Keeps none any more.
    pub(super) fn distrust(&self) {
        let mut kept = self.kept();
        kept.distrusted = true;
        kept.idle.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection had come to its end before anything of an answer; in words.
    Stale(String),
    /// In words.
    Otherwise(String),
}

impl Broken {
    pub(super) fn words(self) -> String {
        match self {
            Broken::Stale(words) | Broken::Otherwise(words) => words,
        }
    }
}

/// An open connection.
pub(super) struct Connection {
    sender: Sender,
    driver: JoinHandle<()>,
}

enum Sender {
    /// With where the exact head of the next request is left.
    Http1(http1::SendRequest<Outbound>, Heads),
    Http2(http2::SendRequest<Outbound>),
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    pub(super) async fn http1<IO>(io: IO) -> Result<Connection, String>
    where
        IO: Read + Write + Unpin + Send + 'static,
    {
        let heads = Heads::default();
        let io = ExactHead::new(io, Arc::clone(&heads));
        let (sender, connection) = http1::handshake(io).await.map_err(words)?;
        // What is wrong with it is told by the request.
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(Connection { sender: Sender::Http1(sender, heads), driver })
    }

    pub(super) async fn http2<IO>(io: IO) -> Result<Connection, String>
    where
        IO: Read + Write + Unpin + Send + 'static,
    {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.map_err(words)?;
        let driver = tokio::spawn(async { drop(connection.await) });
        Ok(Connection { sender: Sender::Http2(sender), driver })
    }

    fn is_open(&self) -> bool {
        match &self.sender {
            Sender::Http1(sender, _) => !sender.is_closed(),
            Sender::Http2(sender) => !sender.is_closed(),
        }
    }

    /// Sends a request and reads the answer.
    pub(super) async fn exchange(&mut self, sending: &Sending<'_>, answered: &mut Answered) -> Result<(), Broken> {
        match &mut self.sender {
            Sender::Http1(sender, heads) => {
                // One that was used before may still be at the end of that.
                sender.ready().await.map_err(|error| Broken::Stale(words(error)))?;
                *heads.lock().unwrap_or_else(PoisonError::into_inner) = Some(head_of(sending.out));
                let (request, sent) = request(sending, &sending.out.path).map_err(Broken::Otherwise)?;
                answer(sender.send_request(request), &sent, answered).await
            }
            Sender::Http2(sender) => {
                sender.ready().await.map_err(|error| Broken::Stale(words(error)))?;
                let uri = format!("{}{}", sending.target.origin(), sending.out.path);
                let (mut request, sent) = request(sending, &uri).map_err(Broken::Otherwise)?;
                request.headers_mut().remove("host");
                answer(sender.send_request(request), &sent, answered).await
            }
        }
    }
}

/// The head as it goes over the wire: names in their own letter case, lines in their own order.
fn head_of(out: &Outgoing) -> Vec<u8> {
    let mut head = format!("{} {} HTTP/1.1\r\n", out.method, out.path).into_bytes();
    head.extend_from_slice(&out.headers.to_lines());
    head.extend_from_slice(b"\r\n");
    head
}

type Sent = Arc<OnceLock<Instant>>;

fn request(sending: &Sending<'_>, uri: &str) -> Result<(Request<Outbound>, Sent), String> {
    let sent = Sent::default();
    let body = Outbound { bytes: Some(sending.body.clone()), sent: Arc::clone(&sent) };
    let mut builder = Request::builder().method(sending.out.method.as_str()).uri(uri);
    for (name, value) in sending.out.headers.iter() {
        builder = builder.header(name, value);
    }
    Ok((builder.body(body).map_err(|e| format!("cannot be sent: {e}"))?, sent))
}

async fn answer(
    response: impl Future<Output = hyper::Result<Response<Incoming>>>,
    sent: &Sent,
    answered: &mut Answered,
) -> Result<(), Broken> {
    let begin = Instant::now();
    let result = response.await;
    let arrived = Instant::now();
    let sent = sent.get().copied().unwrap_or(begin);
    answered.phases.send_us = Some(sent.duration_since(begin).as_micros() as u64);
    answered.phases.wait_us = Some(arrived.duration_since(sent).as_micros() as u64);
    let response = result.map_err(|error| match is_stale(&error) {
        true => Broken::Stale(words(error)),
        false => Broken::Otherwise(words(error)),
    })?;
    answered.status = Some(response.status().as_u16());
    answered.headers = response.headers().iter().collect();
    let received = receive(response.into_body(), answered).await;
    answered.phases.receive_us = Some(arrived.elapsed().as_micros() as u64);
    received.map_err(Broken::Otherwise)
}

/// Whether the connection had come to its end, rather than that what came on it is wrong.
fn is_stale(error: &hyper::Error) -> bool {
    error.is_incomplete_message() || error.is_canceled() || error.is_closed() || is_reset(error)
}

fn is_reset(error: &hyper::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    let source = std::error::Error::source(error).and_then(|e| e.downcast_ref::<std::io::Error>());
    source.is_some_and(|e| matches!(e.kind(), ConnectionReset | BrokenPipe))
}

async fn receive(mut body: Incoming, answered: &mut Answered) -> Result<(), String> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| format!("the answer broke off: {}", words(e)))?;
        let Ok(data) = frame.into_data() else { continue };
        let room = ANSWER_LIMIT - answered.body.len();
        answered.body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            answered.truncated = true;
            break;
        }
    }
    Ok(())
}

fn words(error: hyper::Error) -> String {
    if error.is_parse() {
        return "the answer is not valid HTTP".into();
    }
    if error.is_incomplete_message() {
        return "the connection was closed before an answer".into();
    }
    if is_reset(&error) {
        return "the target reset the connection".into();
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

/// The stored body on its way; notes when it has been handed over whole.
struct Outbound {
    bytes: Option<Bytes>,
    sent: Sent,
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let bytes = self.bytes.take().filter(|b| !b.is_empty());
        self.sent.get_or_init(Instant::now);
        Poll::Ready(bytes.map(|b| Ok(Frame::data(b))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |b| b.len() as u64))
    }
}

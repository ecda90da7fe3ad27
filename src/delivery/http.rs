//! One HTTP exchange with every phase timed: resolve, connect, TLS, send, wait, receive.

use super::exact_head::ExactHead;
use super::tls;
use crate::model::{Headers, Outgoing, Phases, Target, is_forbidden};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::rt::{Read, Write};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// Longest time for a whole exchange that is made by hand.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for a TCP connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Most that is kept of an answer.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

/// What to send where.
pub(super) struct Sending<'a> {
    pub(super) target: &'a Target,
    pub(super) out: &'a Outgoing,
    pub(super) body: Bytes,
}

/// What came back, as far as it came.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) phases: Phases,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
    /// The target could be reached: what was sent may have arrived.
    pub(super) reached: bool,
}

/// Names the first header line that cannot be sent.
pub(super) fn check(out: &Outgoing) -> Result<(), String> {
    for (name, value) in out.headers.iter() {
        if HeaderName::from_bytes(name).is_err() || HeaderValue::from_bytes(value).is_err() {
            return Err(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(())
}

/// Sends and reads the answer within `limit`, until `stopped`; whatever goes wrong is said in `error`.
pub(super) async fn exchange(sending: Sending<'_>, limit: Duration, stopped: impl Future<Output = ()>) -> Answered {
    let mut answered = Answered::default();
    let result = tokio::select! {
        result = tokio::time::timeout(limit, try_exchange(&sending, &mut answered)) => {
            result.unwrap_or_else(|_| Err(late(limit)))
        }
        () = stopped => Err(GIVEN_UP.to_owned()),
    };
    answered.error = result.err();
    answered
}

/// Nobody waits any longer.
pub(super) const GIVEN_UP: &str = "given up: the program was left before an answer came";

/// It took too long.
pub(super) fn late(limit: Duration) -> String {
    format!("timeout: no whole answer within {} s", limit.as_secs_f64())
}

async fn try_exchange(sending: &Sending<'_>, answered: &mut Answered) -> Result<(), String> {
    let target = sending.target;
    let addresses = timed(&mut answered.phases.dns_us, resolve(target)).await?;
    let stream = timed(&mut answered.phases.connect_us, connect(&addresses)).await?;
    // A re-send is one small request: waiting to fill packets would only falsify its timing.
    let _ = stream.set_nodelay(true);
    if !target.is_https() {
        answered.reached = true;
        return http1(TokioIo::new(stream), sending, answered).await;
    }
    let tls = timed(&mut answered.phases.tls_us, handshake(target, stream)).await?;
    answered.reached = true;
    match tls.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2(TokioIo::new(tls), sending, answered).await,
        _ => http1(TokioIo::new(tls), sending, answered).await,
    }
}

async fn timed<T>(phase: &mut Option<u64>, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let begin = Instant::now();
    let result = work.await;
    *phase = Some(begin.elapsed().as_micros() as u64);
    result
}

/// The target's addresses; a loopback name is held to loopback addresses whatever the resolver says, and no name may lead
/// to one that is forbidden.
async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, String> {
    let found = tokio::net::lookup_host((target.host(), target.port())).await;
    let all = found.map_err(|e| format!("cannot resolve {}: {e}", target.host()))?;
    let may = |ip: IpAddr| !is_forbidden(ip) && (!target.is_loopback() || ip.to_canonical().is_loopback());
    let kept: Vec<SocketAddr> = all.filter(|address| may(address.ip())).collect();
    match kept.is_empty() {
        true => Err(format!("{} has no address that may be used", target.host())),
        false => Ok(kept),
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, String> {
    let mut why = String::new();
    for address in addresses {
        why = match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::ConnectionRefused => {
                format!("connection refused: nothing listens on {address}")
            }
            Ok(Err(e)) => format!("cannot connect to {address}: {e}"),
            Err(_) => format!("timeout: no connection to {address} within {} s", CONNECT_TIMEOUT.as_secs()),
        };
    }
    Err(why)
}

async fn handshake(target: &Target, stream: TcpStream) -> Result<tokio_rustls::client::TlsStream<TcpStream>, String> {
    let name = ServerName::try_from(target.host()).map_err(|e| format!("TLS: {e}"))?;
    tls::connector()?.connect(name, stream).await.map_err(|e| format!("TLS: {}", tls::words(&e)))
}

async fn http1<IO>(io: IO, sending: &Sending<'_>, answered: &mut Answered) -> Result<(), String>
where
    IO: Read + Write + Unpin + Send + 'static,
{
    let io = ExactHead::new(io, Some(head_of(sending.out)));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.map_err(words)?;
    let driver = tokio::spawn(connection);
    let (request, sent) = request(sending, &sending.out.path)?;
    let result = answer(sender.send_request(request), &sent, answered).await;
    driver.abort();
    result
}

async fn http2<IO>(io: IO, sending: &Sending<'_>, answered: &mut Answered) -> Result<(), String>
where
    IO: Read + Write + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.map_err(words)?;
    let driver = tokio::spawn(connection);
    let (mut request, sent) = request(sending, &format!("{}{}", sending.target.origin(), sending.out.path))?;
    request.headers_mut().remove("host");
    let result = answer(sender.send_request(request), &sent, answered).await;
    driver.abort();
    result
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
) -> Result<(), String> {
    let begin = Instant::now();
    let result = response.await;
    let arrived = Instant::now();
    let sent = sent.get().copied().unwrap_or(begin);
    answered.phases.send_us = Some(sent.duration_since(begin).as_micros() as u64);
    answered.phases.wait_us = Some(arrived.duration_since(sent).as_micros() as u64);
    let response = result.map_err(words)?;
    answered.status = Some(response.status().as_u16());
    answered.headers = response.headers().iter().collect();
    let received = receive(response.into_body(), answered).await;
    answered.phases.receive_us = Some(arrived.elapsed().as_micros() as u64);
    received
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
    let reset = |e: &std::io::Error| e.kind() == std::io::ErrorKind::ConnectionReset;
    if std::error::Error::source(&error).and_then(|e| e.downcast_ref()).is_some_and(reset) {
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

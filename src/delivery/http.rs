//! One HTTP exchange with every phase timed: resolve, connect, TLS, send, wait, receive.

use super::connection::{Broken, Connection, Connections};
use super::sending::{Answered, GIVEN_UP, Sending, late};
use super::tls;
use crate::model::{Outgoing, Target, is_forbidden};
use hyper::header::{HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;

/// Longest time for a whole exchange that is made by hand.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for a TCP connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Names the first header line that cannot be sent.
pub(super) fn check(out: &Outgoing) -> Result<(), String> {
    for (name, value) in out.headers.iter() {
        if HeaderName::from_bytes(name).is_err() || HeaderValue::from_bytes(value).is_err() {
            return Err(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(())
}

/// Sends and reads the answer within `limit`, until `stopped`; whatever goes wrong is said in `error`. A connection that is
/// kept is used, and kept again.
pub(super) async fn exchange(
    sending: Sending<'_>,
    kept: Option<&Connections>,
    limit: Duration,
    stopped: impl Future<Output = ()>,
) -> Answered {
    let mut answered = Answered::default();
    let result = tokio::select! {
        result = tokio::time::timeout(limit, try_exchange(&sending, kept, &mut answered)) => {
            result.unwrap_or_else(|_| Err(late(limit)))
        }
        () = stopped => Err(GIVEN_UP.to_owned()),
    };
    answered.error = result.err();
    answered
}

async fn try_exchange(
    sending: &Sending<'_>,
    kept: Option<&Connections>,
    answered: &mut Answered,
) -> Result<(), String> {
    if let Some(mut connection) = kept.and_then(Connections::take) {
        answered.reached = true;
        let result = connection.exchange(sending, answered).await;
        match (result, kept) {
            // It was closed while nothing was under way, as far as can be told: a new one decides. Whoever does that without
            // saying so before gets a new one each time.
            (Err(Broken::Stale(_)), Some(kept)) => {
                kept.distrust();
                *answered = Answered::default();
            }
            (result, kept) => return finished(result, (connection, kept), answered),
        }
    }
    let mut connection = open(sending.target, answered).await?;
    let result = connection.exchange(sending, answered).await;
    finished(result, (connection, kept), answered)
}

/// Keeps a connection on which everything was read.
fn finished(
    result: Result<(), Broken>,
    (connection, kept): (Connection, Option<&Connections>),
    answered: &Answered,
) -> Result<(), String> {
    if let (Ok(()), Some(kept), false) = (&result, kept, answered.truncated) {
        kept.put(connection);
    }
    result.map_err(|broken| broken.words())
}

/// A new connection to the target.
async fn open(target: &Target, answered: &mut Answered) -> Result<Connection, String> {
    let addresses = timed(&mut answered.phases.dns_us, resolve(target)).await?;
    let stream = timed(&mut answered.phases.connect_us, connect(&addresses)).await?;
    // A re-send is one small request: waiting to fill packets would only falsify its timing.
    let _ = stream.set_nodelay(true);
    if !target.is_https() {
        answered.reached = true;
        return Connection::http1(TokioIo::new(stream)).await;
    }
    let tls = timed(&mut answered.phases.tls_us, handshake(target, stream)).await?;
    answered.reached = true;
    match tls.get_ref().1.alpn_protocol() {
        Some(b"h2") => Connection::http2(TokioIo::new(tls)).await,
        _ => Connection::http1(TokioIo::new(tls)).await,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Headers;
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Answers two requests on each connection, then closes it without a word.
    async fn closing(listener: tokio::net::TcpListener) {
        while let Ok((mut stream, _)) = listener.accept().await {
            for _ in 0..2 {
                let mut request = Vec::new();
                while !request.ends_with(b"sent") {
                    let mut byte = [0];
                    match stream.read(&mut byte).await {
                        Ok(1) => request.push(byte[0]),
                        _ => break,
                    }
                }
                assert!(request.is_empty() || request.starts_with(b"POST /a HTTP/1.1\r\nX-Mine: Yes\r\n"));
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            }
        }
    }

    #[tokio::test]
    async fn a_kept_connection_that_is_closed_without_a_word_costs_no_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = Target::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        tokio::spawn(closing(listener));
        let headers: Headers = [("X-Mine", "Yes"), ("Content-Length", "4")].into_iter().collect();
        let out = Outgoing { method: "POST".into(), path: "/a".into(), headers };
        let kept = Connections::default();
        let mut connects = Vec::new();
        for _ in 0..5 {
            let sending = Sending { target: &target, out: &out, body: Bytes::from_static(b"sent") };
            let answered = exchange(sending, Some(&kept), TIMEOUT, std::future::pending()).await;
            assert_eq!((answered.status, answered.error), (Some(200), None));
            connects.push(answered.phases.connect_us.is_some());
        }
        assert_eq!(connects[..3], [true, false, true]);
    }
}

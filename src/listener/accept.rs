//! Sockets: binding them, accepting connections within the limit, and ending them in an orderly way.

use super::Limits;
use super::capture::{capture, unfinished};
use super::recorder::{Record, Recorder};
use super::shared::Shared;
use super::wire::Wire;
use crate::model::Answer;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// How long open connections get to finish when the listener stops.
const DRAIN: Duration = Duration::from_secs(2);
/// Pause after a failed accept (too many open files), so that the loop does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A listen address that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub source: std::io::Error,
}

/// Bound sockets, accepting until `stop`.
pub struct Listener {
    addresses: Vec<SocketAddr>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Listener {
    /// Binds all addresses and starts to accept.
    pub async fn start(addresses: &[SocketAddr], shared: Arc<Shared>) -> Result<Listener, ListenError> {
        let (stop, stopped) = watch::channel(false);
        let places = Arc::new(Semaphore::new(shared.limits.connections));
        let mut bound = Vec::new();
        let mut sockets = Vec::new();
        for &address in addresses {
            let failed = |source| ListenError { address, source };
            let socket = TcpListener::bind(address).await.map_err(failed)?;
            bound.push(socket.local_addr().map_err(failed)?);
            sockets.push(socket);
        }
        let mut tasks = JoinSet::new();
        for socket in sockets {
            tasks.spawn(accept(socket, Arc::clone(&shared), Arc::clone(&places), stopped.clone()));
        }
        Ok(Listener { addresses: bound, stop, tasks })
    }

    /// The addresses really bound.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Accepts no more, and gives open requests a moment to end.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn accept(socket: TcpListener, shared: Arc<Shared>, places: Arc<Semaphore>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stopped = stop.clone();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = told_to(&mut stop) => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, remote)) => {
                let connection = serve(stream, remote, Arc::clone(&shared), stopped.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(socket);
    // Whatever is left after the pause is cut off when the set is dropped.
    let _ = tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
}

async fn serve(stream: TcpStream, remote: SocketAddr, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    // Answers are small and awaited: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    let limits = &shared.limits;
    let record = Record::new(limits.head, limits.headers);
    let wire = Wire::new(stream);
    let socket = Recorder::new(wire.clone(), record.clone(), limits.head_timeout, limits.keep_alive);
    let builder = protocol(limits);
    let handler = service_fn(|request| capture(Arc::clone(&shared), (wire.clone(), record.clone()), remote, request));
    let connection = builder.serve_connection(socket, handler);
    tokio::pin!(connection);
    let finished = tokio::select! {
        result = connection.as_mut() => Some(result),
        () = told_to(&mut stop) => None,
    };
    let result = match finished {
        Some(result) => result,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        refused(&shared, &record, remote, &reason(error.as_ref())).await;
    }
}

fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_headers(limits.headers)
        .max_buf_size(limits.head.max(8192))
        .half_close(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(200)
        .max_header_list_size(u32::try_from(limits.head).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(limits.keep_alive))
        .keep_alive_timeout(limits.body_idle_timeout);
    builder
}

/// Returns when the listener is told to stop.
async fn told_to(stop: &mut watch::Receiver<bool>) {
    // An error means that the listener itself is gone, which is the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<hyper::Error>() {
        Some(e) if e.is_parse_too_large() => "head too large".to_owned(),
        Some(e) if e.is_parse() => format!("bad request: {e}"),
        Some(e) if e.is_incomplete_message() => "head incomplete".to_owned(),
        _ => "connection lost".to_owned(),
    }
}

/// A connection that ended in the middle of a head: what was read of it becomes a rejected event.
async fn refused(shared: &Shared, record: &Record, remote: SocketAddr, why: &str) {
    let (head, began, status) = record.unfinished();
    if head.is_empty() || !shared.may_record() {
        return;
    }
    let why = if status == Some(408) { "head too slow" } else { why };
    let event = unfinished(head, began, why, remote, &shared.limits);
    if let (Ok(receipt), Some(status)) = (shared.store.append(event).await, status) {
        let total_us = began.elapsed().as_micros() as u64;
        let commit_us = receipt.commit_us;
        let answer = Answer { status: Some(status), rule: None, how: None, commit_us, answer_us: 0, total_us };
        shared.store.answered(receipt.id, answer);
    }
}

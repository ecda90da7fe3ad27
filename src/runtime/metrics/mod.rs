//! `serve --metrics`: what was counted, for Prometheus, on an address of its own.
//! It must not be reachable from elsewhere unless that is asked for, and tells nothing of what is in an event.

mod text;

use super::clock;
use crate::model::{Health, SubscriberStanding};
use crate::store::{Reader, StoreError};
use crate::verify::{Catalogue, LiveKeyring};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Pause after a failed accept, so that the loop does not spin.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the head of a request may take to come, and all of it until it is answered.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
/// Connections at one time.
const MOST: usize = 16;

/// Where it is read from.
pub(super) struct Sources {
    pub(super) log: PathBuf,
    pub(super) keyring: LiveKeyring,
    pub(super) standings: watch::Receiver<Vec<SubscriberStanding>>,
    pub(super) health: watch::Receiver<Health>,
}

/// Answers on this address until the handle is aborted; gives the address that it got.
pub(super) async fn serve(address: SocketAddr, sources: Sources) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    let sources = Arc::new(sources);
    let room = Arc::new(tokio::sync::Semaphore::new(MOST));
    let handle = tokio::spawn(async move {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let sources = Arc::clone(&sources);
            tokio::spawn(async move {
                let answer = service_fn(move |request| answer(Arc::clone(&sources), request));
                let mut http = hyper::server::conn::http1::Builder::new();
                http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
                let connection = http.serve_connection(TokioIo::new(stream), answer);
                // Whoever has gone asks again.
                let _ = tokio::time::timeout(LONGEST, connection).await;
                drop(permit);
            });
        }
    });
    Ok((bound, handle))
}

async fn answer(sources: Arc<Sources>, request: Request<Incoming>) -> Result<Response<String>, Infallible> {
    let mut response = Response::new(String::new());
    if request.uri().path() != "/metrics" {
        *response.status_mut() = StatusCode::NOT_FOUND;
        *response.body_mut() = "the metrics are at /metrics\n".into();
        return Ok(response);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return Ok(response);
    }
    match tokio::task::spawn_blocking(move || read(&sources)).await {
        Ok(Ok(text)) => {
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, kind);
            *response.body_mut() = text;
        }
        _ => *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE,
    }
    Ok(response)
}

fn read(sources: &Sources) -> Result<String, StoreError> {
    let reader = Reader::open(&sources.log)?;
    let totals = reader.totals()?;
    let keyring = sources.keyring.now();
    let configured = |name: &str| keyring.sources.iter().any(|source| source.name == name);
    let is_known = |name: &str| configured(name) || Catalogue::in_force().get(name).is_some();
    let (standings, health) = (sources.standings.borrow().clone(), sources.health.borrow().clone());
    Ok(text::write(&text::Told {
        totals: &totals,
        standings: &standings,
        health: &health,
        log_bytes: reader.used_size()?,
        now: clock::now(),
        is_known: &is_known,
    }))
}

//! The demo's handler: takes what is sent to it, and fails now and then.

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What it answers, one after the other and then from the beginning: status, milliseconds, words.
const ANSWERS: [(u16, u64, &str); 5] = [
    (500, 31, r#"{"error":"database is locked","retry":true}"#),
    (200, 18, r#"{"ok":true,"order":"20418"}"#),
    (200, 24, r#"{"ok":true,"order":"20419"}"#),
    (503, 140, r#"{"error":"starting up"}"#),
    (200, 22, r#"{"ok":true,"order":"20420"}"#),
];

/// A running handler; it ends when it is dropped.
#[derive(Debug)]
pub struct Handler {
    /// Where it listens.
    pub origin: String,
    task: JoinHandle<()>,
}

impl Handler {
    /// Starts it on a free port of this machine.
    pub async fn start() -> io::Result<Handler> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let asked = Arc::new(Mutex::new(HashMap::new()));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let asked = Arc::clone(&asked);
                let service = service_fn(move |request| answer(request, Arc::clone(&asked)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                // A sender that goes away in the middle is its own affair.
                tokio::spawn(async move { connection.await.ok() });
            }
        });
        Ok(Handler { origin, task })
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How often each path was asked.
type Asked = Arc<Mutex<HashMap<String, usize>>>;

async fn answer(request: Request<Incoming>, asked: Asked) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, millis, words) = {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry(request.uri().path().to_owned()).or_insert(0);
        *times += 1;
        ANSWERS[(*times - 1) % ANSWERS.len()]
    };
    // What it was sent is of no interest to it.
    let _ = request.into_body().collect().await;
    tokio::time::sleep(Duration::from_millis(millis)).await;
    let mut response = Response::new(Full::new(Bytes::from_static(words.as_bytes())));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let kind = hyper::header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    Ok(response)
}

//! Deliveries to subscribers against a client that keeps no books, and what one hanging target costs everybody else.
//!
//! `cargo bench --bench delivery`: bodies of 1 KiB, loopback only, a handler in a process of its own. Only the ratios of
//! one run mean anything; each case runs three times in turn and the median of each figure is printed. `serve` prints its
//! lines to nowhere, as in `capture`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, client, server};
use hyper_util::rt::TokioIo;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

const ROUNDS: usize = 3;
/// Events that wait for the subscriber whose throughput is measured.
const EVENTS: u64 = 4_000;
/// How long, and over how many connections, senders send while one target hangs.
const SENDING: Duration = Duration::from_secs(3);
const SENDERS: usize = 8;
/// How long the healthy subscribers may go on after that, should they not have everything before: nine deliveries for an
/// event take longer than the event.
const BEHIND: Duration = Duration::from_secs(7);
/// The subscribers that are healthy all the time.
const HEALTHY: u64 = 9;
/// How long the hanging target lets each request wait.
const HANGS: Duration = Duration::from_secs(10);
/// Longest time for a measurement.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where what is counted goes; another path is another target.
const PATH: &str = "/stripe";

fn main() {
    if let Some(at) = std::env::args().position(|a| a == "--handler") {
        return handler(&std::env::args().nth(at + 1).unwrap());
    }
    throughput();
    independence();
}

/// What waits in the log, brought to one subscriber; a bare client sends the same bodies, as many at once.
fn throughput() {
    let log = filled();
    println!("{:<10} {:>12} {:>12} {:>10} {:>12}", "order", "bare req/s", "ours req/s", "of bare", "cpu us/event");
    for (name, at_once, order) in [("strict", 1, ""), ("any, 32", 32, "order = \"any\"\nparallel = 32\n")] {
        let (mut bare, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let handler = Server::handler();
            send(&handler.address, at_once, |n| n < EVENTS);
            bare.push(handler.seen().rate());
            ours.push(delivered(log.path(), order));
        }
        let (bare, rate) = (median(bare), median(ours.iter().map(|case| case.0)));
        let cpu_us = median(ours.iter().map(|case| case.1));
        println!("{name:<10} {bare:>12.0} {rate:>12.0} {:>10.3} {cpu_us:>12.0}", rate / bare);
    }
}

/// A log with the events in it, written by a process that has no subscribers.
fn filled() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let serve = Server::serve(folder.path(), "");
    send(&serve.address, 64, |n| n < EVENTS);
    drop(serve);
    folder
}

/// Deliveries a second, and what one costs the serving process in microseconds. Each time from a fresh copy of the log.
fn delivered(log: &Path, order: &str) -> (f64, f64) {
    let (folder, handler) = (tempfile::tempdir().unwrap(), Server::handler());
    // What was committed last is in the second file.
    for name in ["events.db", "events.db-wal"] {
        std::fs::copy(log.join(name), folder.path().join(name)).unwrap();
    }
    let serve = Server::serve(folder.path(), &subscriber("one", &handler.address, order));
    // To start costs something as well, which is not the events'.
    let before = handler.wait_for(1, PATIENCE).count;
    let cpu_us = serve.cpu_us();
    let seen = handler.wait_for(EVENTS, PATIENCE);
    assert!(seen.count >= EVENTS, "only {} of {EVENTS} have come", seen.count);
    (seen.rate(), (serve.cpu_us() - cpu_us) / (seen.count - before) as f64)
}

/// Senders and healthy subscribers, while the target of one more hangs and while it does not. The one that hangs is one
/// less to work for, so the ratios may be a little better than 1.
fn independence() {
    let (mut well, mut hanging) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        well.push(beside("/well"));
        hanging.push(beside("/hang"));
    }
    println!("\n{:<28} {:>10} {:>10} {:>8}", "with one more subscriber", "healthy", "hanging", "ratio");
    let names =
        ["captured/s", "delivered/s to the others", "% of theirs by the end", "p99 us to answer", "worst us to answer"];
    for (at, name) in names.iter().enumerate() {
        let [well, hanging] = [&well, &hanging].map(|cases| median(cases.iter().map(|case| case[at])));
        println!("{name:<28} {well:>10.0} {hanging:>10.0} {:>8.2}", hanging / well);
    }
}

/// The figures beside one more subscriber, whose target is this path.
fn beside(path: &str) -> [f64; 5] {
    let (folder, handler) = (tempfile::tempdir().unwrap(), Server::handler());
    let healthy = (0..HEALTHY).map(|n| subscriber(&format!("healthy-{n}"), &handler.address, ""));
    let more = subscriber("more", &format!("{}{path}", handler.address), "timeout = \"30s\"\n");
    let serve = Server::serve(folder.path(), &(healthy.collect::<String>() + &more));
    let begin = Instant::now();
    let mut answered_us = send(&serve.address, SENDERS, |_| begin.elapsed() < SENDING);
    let rate = answered_us.len() as f64 / begin.elapsed().as_secs_f64();
    let theirs = HEALTHY * answered_us.len() as u64;
    let seen = handler.wait_for(theirs, BEHIND);
    let part = 100.0 * seen.count as f64 / theirs as f64;
    answered_us.sort_unstable();
    let p99 = answered_us[answered_us.len() * 99 / 100];
    [rate, seen.rate(), part, p99 as f64, answered_us[answered_us.len() - 1] as f64]
}

fn subscriber(name: &str, target: &str, more: &str) -> String {
    format!("[[subscriber]]\nname = \"{name}\"\ntarget = \"http://{target}\"\nstart = \"beginning\"\n{more}")
}

fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn handler() -> Server {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--handler");
        Server::start(command)
    }

    /// Everything that it reads and writes is in `folder`.
    fn serve(folder: &Path, config: &str) -> Server {
        std::fs::write(folder.join("config.toml"), config).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisper-tui"));
        command.env_clear().env("HOME", folder).env("WHISPER_STORE", folder.join("events.db"));
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(name, folder);
        }
        command.arg("--config").arg(folder.join("config.toml")).args(["serve", "--json", "--listen"]);
        Server::start(command)
    }

    /// Starts `command` on a free port, the last argument, and waits until it accepts.
    fn start(mut command: Command) -> Server {
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = command.arg(&address).stdout(Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Server { child, address }
    }

    /// User and system time so far, in microseconds (100 ticks a second).
    fn cpu_us(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: f64 = [11, 12].iter().filter_map(|&n| fields.get(n)?.parse::<f64>().ok()).sum();
        ticks * 10_000.0
    }

    /// What the handler says that it has seen.
    fn seen(&self) -> Seen {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.write_all(b"GET /count HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (count, us) = answer.rsplit("\r\n\r\n").next().unwrap().split_once(' ').unwrap();
        Seen { count: count.parse().unwrap(), time: Duration::from_micros(us.parse().unwrap()) }
    }

    /// What the handler has seen once so many have come, or when that has taken too long.
    fn wait_for(&self, count: u64, limit: Duration) -> Seen {
        let begin = Instant::now();
        loop {
            let seen = self.seen();
            if seen.count >= count || begin.elapsed() > limit {
                return seen;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests that have come, and the time from the first to the last of them.
struct Seen {
    count: u64,
    time: Duration,
}

impl Seen {
    fn rate(&self) -> f64 {
        self.count as f64 / self.time.as_secs_f64()
    }
}

/// Sends event after event over keep-alive connections as long as there are `more`; how long each waited for its 200, in
/// microseconds. Senders and the bare client are the same.
fn send(address: &str, connections: usize, more: impl Fn(u64) -> bool) -> Vec<u64> {
    let next = AtomicU64::new(0);
    let one = async || {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (mut sender, connection) = client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut answered_us = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if !more(n) {
                return answered_us;
            }
            let begin = Instant::now();
            sender.ready().await.unwrap();
            let answer = sender.send_request(event(n)).await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.into_body().collect().await.unwrap();
            answered_us.push(begin.elapsed().as_micros() as u64);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(futures_util::future::join_all((0..connections).map(|_| one()))).concat()
}

/// The signed webhook of `capture`, with an id of its own.
fn event(id: u64) -> Request<Full<Bytes>> {
    let body = format!("{{\"id\":\"evt_{id:012}\",\"pad\":\"{}\"}}", "x".repeat(990));
    let request = Request::post(PATH).header("Host", "localhost").header("User-Agent", "bench").header("Accept", "*/*");
    let request = request.header("Content-Type", "application/json").header("X-One", "1").header("X-Two", "2");
    request.header("Stripe-Signature", "t=1,v1=00").body(Full::from(body)).unwrap()
}

/// Answers 200, at once or after a while, and counts what is to be counted.
fn handler(address: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let seen = Arc::new(Counted::default());
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                let service = hyper::service::service_fn(|request| answer(request, &seen));
                let _ = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

/// What is to be counted has come at these times.
type Counted = Mutex<Vec<Instant>>;

async fn answer(request: Request<Incoming>, seen: &Counted) -> hyper::Result<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    request.into_body().collect().await?;
    let mut said = String::new();
    match path.as_str() {
        PATH => seen.lock().unwrap().push(Instant::now()),
        "/hang" => tokio::time::sleep(HANGS).await,
        "/count" => {
            let seen = seen.lock().unwrap();
            let time = seen.last().zip(seen.first()).map_or(Duration::ZERO, |(last, first)| *last - *first);
            said = format!("{} {}", seen.len(), time.as_micros());
        }
        _ => {}
    }
    Ok(Response::new(Full::from(said)))
}

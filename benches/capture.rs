//! Durable capture against the same hyper listener that stores nothing, interleaved in one run.
//!
//! `cargo bench --bench capture`: 64 and 256 keep-alive connections, bodies of 1 KiB, loopback only. Only the
//! ratios of one run mean anything; each case runs three times in turn and the median is printed. `serve` prints its
//! line per event, to nowhere: writing them is its work, reading them would be the benchmark's. With `strace` on the
//! path the fsyncs of a durable second are counted as well.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SECONDS: u64 = 3;
const ROUNDS: usize = 3;

fn main() {
    if let Some(at) = std::env::args().position(|a| a == "--hello") {
        return hello(&std::env::args().nth(at + 1).unwrap());
    }
    println!("{:>6} {:<10} {:>10} {:>12} {:>10}", "conns", "case", "req/s", "cpu us/req", "of hello");
    for connections in [64, 256] {
        let mut hello = Vec::new();
        let mut durable = Vec::new();
        for _ in 0..ROUNDS {
            hello.push(measure(connections, Server::hello()));
            durable.push(measure(connections, Server::durable()));
        }
        let (hello, durable) = (median(hello), median(durable));
        for (name, case) in [("hello", hello), ("durable", durable)] {
            println!(
                "{connections:>6} {name:<10} {:>10.0} {:>12.1} {:>10.2}",
                case.rate,
                case.cpu_us,
                case.rate / hello.rate
            );
        }
    }
    count_fsyncs();
}

#[derive(Clone, Copy)]
struct Case {
    rate: f64,
    cpu_us: f64,
}

fn median(mut cases: Vec<Case>) -> Case {
    cases.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    cases[cases.len() / 2]
}

struct Server {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Server {
    fn hello() -> Server {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--hello");
        Server::start(command)
    }

    fn durable() -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whisper-tui"));
        command.args(["serve", "--listen"]);
        Server::start(command)
    }

    /// Starts `command` on a free port, the last argument, and waits until it accepts.
    fn start(mut command: Command) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        command.arg(&address).env("HOME", folder.path()).env("WHISPER_STORE", folder.path().join("events.db"));
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        Server { child, address, _folder: folder }
    }

    /// User and system time so far, in microseconds (100 ticks a second).
    fn cpu_us(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: f64 = [11, 12].iter().filter_map(|&n| fields.get(n)?.parse::<f64>().ok()).sum();
        ticks * 10_000.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn measure(connections: usize, server: Server) -> Case {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = server.cpu_us();
    let begin = Instant::now();
    let done = runtime.block_on(load(connections, &server.address, Duration::from_secs(SECONDS)));
    let rate = done as f64 / begin.elapsed().as_secs_f64();
    Case { rate, cpu_us: (server.cpu_us() - before) / done as f64 }
}

async fn load(connections: usize, address: &str, time: Duration) -> u64 {
    let done = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + time;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (done, address) = (Arc::clone(&done), address.to_owned());
        tasks.spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut answer = vec![0; 1024];
            while Instant::now() < until {
                stream.write_all(request(done.load(Ordering::Relaxed)).as_bytes()).await.unwrap();
                let n = stream.read(&mut answer).await.unwrap();
                assert!(answer[..n].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..n]));
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    done.load(Ordering::Relaxed)
}

/// A signed webhook as providers send them: 1 KiB of JSON with an id of its own and eight more header lines.
fn request(id: u64) -> String {
    let body = format!("{{\"id\":\"evt_{id:012}\",\"pad\":\"{}\"}}", "x".repeat(990));
    format!(
        "POST /stripe HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\nContent-Type: application/json\r\n\
         X-One: 1\r\nX-Two: 2\r\nStripe-Signature: t=1,v1=00\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The listener that stores nothing: the whole body is read, the answer is empty.
fn hello(address: &str) {
    use http_body_util::{BodyExt, Empty};
    use hyper::service::service_fn;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            tokio::spawn(async move {
                let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| async {
                    request.into_body().collect().await?;
                    Ok::<_, hyper::Error>(hyper::Response::new(Empty::<bytes::Bytes>::new()))
                });
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
}

fn count_fsyncs() {
    let folder = tempfile::tempdir().unwrap();
    let counts = folder.path().join("strace");
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "-e", "trace=fsync,fdatasync", "-o"]).arg(&counts);
    command.args([env!("CARGO_BIN_EXE_whisper-tui"), "serve", "--listen"]);
    if Command::new("strace").arg("-V").output().is_err() {
        println!("fsyncs were not counted: there is no strace");
        return;
    }
    let server = Server::start(command);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(load(256, &server.address, Duration::from_secs(SECONDS)));
    // strace writes its table when the traced process ends.
    let _ = Command::new("pkill").args(["-TERM", "-P", &server.child.id().to_string()]).status();
    let mut server = server;
    let _ = server.child.wait();
    let table = std::fs::read_to_string(counts).unwrap_or_default();
    let fsyncs: u64 = table
        .lines()
        .filter(|l| l.ends_with("fsync") || l.ends_with("fdatasync"))
        .filter_map(|l| l.split_whitespace().nth(3)?.parse::<u64>().ok())
        .sum();
    println!(
        "fsyncs: {fsyncs} for {done} events ({:.1} events each, under strace)",
        done as f64 / fsyncs.max(1) as f64
    );
}

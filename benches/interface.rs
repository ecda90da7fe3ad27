//! How soon a key shows its effect: in a real pseudo-terminal, with nothing going on and while 2,000 events arrive every
//! second and are followed. The two are interleaved in one run, and their ratio is what counts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, dead_code, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/pty.rs"]
mod pty;

use common::Home;
use pty::Terminal;
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
const PER_SECOND: u32 = 2_000;

/// Sends events at the rate while it is on; counts the answers.
fn sender(address: &str, on: Arc<AtomicBool>, answered: Arc<AtomicU64>) {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let one = "POST /busy HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\n{\"busy\":true}";
    // A hundredth of a second's worth at once, as a burst is.
    let burst = one.repeat((PER_SECOND / 100) as usize);
    let (mut received, mut buffer) = (Vec::new(), [0; 65_536]);
    let mut next = Instant::now();
    loop {
        if !on.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(5));
            next = Instant::now();
            continue;
        }
        if stream.write_all(burst.as_bytes()).is_err() {
            return;
        }
        let mut ok = 0;
        while ok < PER_SECOND / 100 {
            let n = stream.read(&mut buffer).unwrap_or(0);
            if n == 0 {
                return;
            }
            received.extend_from_slice(&buffer[..n]);
            while let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") {
                assert!(received.starts_with(b"HTTP/1.1 200"));
                received.drain(..end + 4);
                ok += 1;
            }
        }
        answered.fetch_add(ok.into(), Ordering::Relaxed);
        next += Duration::from_millis(10);
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// Presses a key whose effect cannot be overlooked, again and again; gives the times in microseconds.
fn press(terminal: &mut Terminal, shown: &mut bool, times: &mut Vec<u64>) {
    let until = Instant::now() + ROUND;
    while Instant::now() < until {
        let begin = Instant::now();
        terminal.keys("m");
        *shown = !*shown;
        terminal.waits("SOURCE", *shown);
        times.push(begin.elapsed().as_micros() as u64);
        // A key that comes again within 60 ms would count as held.
        std::thread::sleep(Duration::from_millis(65));
    }
}

fn percentile(times: &mut [u64], percent: usize) -> u64 {
    times.sort_unstable();
    times[(times.len() * percent).div_ceil(100).max(1) - 1]
}

fn main() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (140, 40), &[]);
    terminal.sees("Waiting");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    let (on, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(1)));
    let (address, turned_on, count) = (terminal.address.clone(), Arc::clone(&on), Arc::clone(&answered));
    std::thread::spawn(move || sender(&address, turned_on, count));
    let (mut idle, mut busy, mut shown) = (Vec::new(), Vec::new(), true);
    for _ in 0..ROUNDS {
        press(&mut terminal, &mut shown, &mut idle);
        on.store(true, Ordering::Relaxed);
        press(&mut terminal, &mut shown, &mut busy);
        on.store(false, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(200));
    }
    // The selection has not moved, and nothing that was acknowledged is missing.
    terminal.sees("#1 first");
    let kept: u64 = home.text(&["list", "--count"]).trim().parse().unwrap();
    assert_eq!(kept, answered.load(Ordering::Relaxed));
    for (name, times) in [("idle", &mut idle), ("2,000 events/s", &mut busy)] {
        let (p50, p99, many) = (percentile(times, 50), percentile(times, 99), times.len());
        println!("{name:<16} {many:>4} keys  p50 {p50:>7} us  p99 {p99:>7} us");
    }
    let ratio = percentile(&mut busy, 99) as f64 / percentile(&mut idle, 99) as f64;
    println!("p99 under load / idle = {ratio:.1}; {kept} events, none lost, the selection stayed");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

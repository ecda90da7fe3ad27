//! The timing view over a month: read and drawn, against the same count by SQLite alone, interleaved in one run.
//!
//! `cargo bench --bench overview`; `EVENTS=100000` in the environment makes it shorter. A month is to be read within
//! 50 ms and drawn within a frame of 33 ms; only the ratios of one run mean anything elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};
use whisper_tui::OverviewBench;

const ROUNDS: usize = 9;
const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// Spans as the view has them: words, the length of a bar, bars.
const SPANS: [(&str, i64, usize); 5] = [
    ("60 min", MINUTE, 60),
    ("6 h", 6 * MINUTE, 60),
    ("24 h", 30 * MINUTE, 48),
    ("7 days", 3 * HOUR, 56),
    ("30 days", 12 * HOUR, 60),
];

fn main() {
    let events: i64 = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let begin = Instant::now();
    let mut bench = OverviewBench::fill(&path, events).unwrap();
    println!(
        "{events} events and as many attempts in 30 days, filled and counted in {:.1} s",
        begin.elapsed().as_secs_f64()
    );
    let mut times = vec![(Vec::new(), Vec::new()); SPANS.len()];
    let mut counted = vec![(0, 0); SPANS.len()];
    let mut plain = Vec::new();
    for _ in 0..ROUNDS {
        for (n, (_, bar_us, bars)) in SPANS.iter().enumerate() {
            let begin = Instant::now();
            counted[n] = bench.read(*bar_us, *bars).unwrap();
            times[n].0.push(begin.elapsed());
            let begin = Instant::now();
            bench.draw();
            times[n].1.push(begin.elapsed());
        }
        let begin = Instant::now();
        bench.group_by(&path, 12 * HOUR, 60).unwrap();
        plain.push(begin.elapsed());
    }
    let plain = median(&mut plain);
    for (n, (words, ..)) in SPANS.iter().enumerate() {
        let (read, drawn) = (median(&mut times[n].0), median(&mut times[n].1));
        let (events, attempts) = counted[n];
        println!(
            "{words:<8} read {:>7.2} ms (most {:>7.2})  drawn {:>6.2} ms  {events:>8} events {attempts:>8} attempts  GROUP BY / this {:>6.1}",
            ms(read),
            ms(*times[n].0.last().unwrap()),
            ms(drawn),
            plain.as_secs_f64() / read.as_secs_f64()
        );
    }
    println!("GROUP BY over the events of the month: {:.1} ms", ms(plain));
}

/// Of sorted ones the last is the most.
fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

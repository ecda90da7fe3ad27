//! Finding among a million events: pages, field filters, texts, against `LIKE` on the same file, interleaved in one run.
//!
//! `cargo bench --bench find`; `EVENTS=100000` in the environment makes it shorter. Only the ratios of one run mean
//! anything; the index is not used by anything but this program's own filters.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};
use whisper_tui::FindBench;

/// Rounds of the quick cases between two of the slow one.
const QUICK: usize = 9;
const SLOW: usize = 3;

fn main() {
    let events: i64 = std::env::var("EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let begin = Instant::now();
    let bench = FindBench::fill(&path, events).unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    println!("{events} events, {} MB, filled in {:.1} s", size >> 20, begin.elapsed().as_secs_f64());
    let begin = Instant::now();
    let size = bench.index().unwrap();
    let each = begin.elapsed().as_secs_f64() * 1e6 / events as f64;
    println!("index: {} bytes and {each:.1} us an event, reading it included\n", size / events as u64);

    let id = |n: i64| format!("{:016x}", (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let rare = id(events / 3);
    type Case<'a> = (&'a str, Box<dyn Fn(usize) -> u64 + 'a>, u64);
    let newest = |filter: &str| bench.newest(filter).unwrap() as u64;
    let cases: Vec<Case> = vec![
        ("newest page", Box::new(|_| newest("")), 5),
        ("jump to an event", Box::new(|n| bench.around(events / 10 * (n as i64 + 1)).unwrap() as u64), 5),
        ("source:rare", Box::new(|_| newest("source:rare")), 5),
        ("type:charge.failed source:billing (none)", Box::new(|_| newest("type:charge.failed source:billing")), 5),
        ("a rare text", Box::new(|_| newest(&rare)), 20),
        ("a text that is nowhere", Box::new(|_| newest("no-such-text")), 20),
        ("a text that is in all", Box::new(|_| newest("Remaining")), 20),
        ("body.id of one", Box::new(|_| newest(&format!("body.id:evt_{rare}"))), 20),
        ("key of one, -sig:ok (none)", Box::new(|_| newest(&format!("key:evt_{rare} -sig:ok"))), 5),
    ];
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    let mut found = vec![0; cases.len()];
    let mut like = Vec::new();
    for round in 0..SLOW {
        for quick in 0..QUICK {
            for (n, (_, work, _)) in cases.iter().enumerate() {
                let begin = Instant::now();
                found[n] = work(quick);
                if round + quick > 0 {
                    times[n].push(begin.elapsed());
                }
            }
        }
        let begin = Instant::now();
        assert_eq!(bench.like(&rare).unwrap(), 1);
        like.push(begin.elapsed());
    }
    let like = median(&mut like);
    for (n, (name, _, bound)) in cases.iter().enumerate() {
        let most = *times[n].iter().max().unwrap();
        let time = median(&mut times[n]);
        println!(
            "{name:<42} {:>8.2} ms (most {:>7.2})  bound {bound:>2} ms  {:>4} rows  LIKE / this {:>8.0}",
            ms(time),
            ms(most),
            found[n],
            like.as_secs_f64() / time.as_secs_f64()
        );
    }
    println!("{:<42} {:>8.2} ms", "LIKE, the rare text", ms(like));
    for filter in ["type:charge.failed", "Remaining", "-source:stripe", "body.data.object.amount_paid:>8990"] {
        let begin = Instant::now();
        let many = bench.count(filter).unwrap();
        println!("count of {filter:<33} {:>8.2} ms  {many}", ms(begin.elapsed()));
    }
    println!("resident memory: {} MB", resident() >> 10);
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// In KiB; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

//! What verification costs: recognising the sender among all entries and judging 1 KiB, beside the bare HMAC that every
//! verifier has to make; the reading of the catalogue; the doctor on 100 KB. Interleaved in one run.
#![allow(missing_docs)]

use std::time::{Duration, Instant};
use whisper_tui::VerifyBench;

const ROUNDS: usize = 200;
const TIMES: usize = 50;

fn timed(work: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let bench = VerifyBench::default();
    let (mut whole, mut bare, mut loads, mut doctor) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut guesses = 0;
    for round in 0..ROUNDS {
        whole.push(timed(|| (0..TIMES).for_each(|_| bench.round())));
        bare.push(timed(|| (0..TIMES).for_each(|_| bench.hmacs())));
        if round % 10 == 0 {
            loads.push(timed(|| {
                bench.load();
            }));
            doctor.push(timed(|| guesses = bench.doctor()));
        }
    }
    let each = |times: Vec<Duration>| median(times).as_secs_f64() * 1e6 / (TIMES * bench.requests()) as f64;
    let (whole, bare) = (each(whole), each(bare));
    println!("recognise and verify 1 KiB  {whole:>8.2} us   bound 20 us");
    println!("HMAC-SHA256 of 1 KiB        {bare:>8.2} us   ratio {:.2}", whole / bare);
    println!("read the catalogue          {:>8.2} ms   bound 5 ms", median(loads).as_secs_f64() * 1e3);
    println!(
        "doctor, 100 KB, no match    {:>8.2} ms   bound 50 ms, {guesses} guesses",
        median(doctor).as_secs_f64() * 1e3
    );
}

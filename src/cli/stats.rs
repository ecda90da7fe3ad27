//! `stats`: what arrived, counted by source; attempts by subscriber; and when nobody listened.

use super::args;
use super::context::Context;
use super::error::Failure;
use super::output;
use crate::model::{EventId, Gap, Percentiles, Tally, Verdict, micros, safe, shape, thousands};
use crate::runtime;
use crate::store::{Reader, Sieve};
use std::collections::{BTreeMap, HashSet};
use std::io::Write;

/// The verdicts in the order of their columns, each with the screen's word.
const VERDICTS: [Verdict; 6] =
    [Verdict::Valid, Verdict::Invalid, Verdict::Stale, Verdict::Unsigned, Verdict::NoSecret, Verdict::Unknown];

pub(super) fn run(context: &Context, args: &args::Stats) -> Result<u8, Failure> {
    let filter = context.filter(&args.filter.join(" "))?;
    let zone = runtime::zone();
    let reader = Reader::open(&context.store)?;
    let (mut all, mut sources) = (Tally::default(), BTreeMap::<String, Tally>::new());
    let mut matching = HashSet::new();
    let sieve = Sieve { now: runtime::now(), zone: &zone, overtaken: &|_| false };
    reader.each(&filter, &sieve, EventId(0), |stored| {
        all.add(stored);
        sources.entry(stored.event.source.clone()).or_default().add(stored);
        matching.insert(stored.id);
        true
    })?;
    let subscribers = of_subscribers(&reader, &matching)?;
    let gaps = reader.gaps(EventId(0), EventId(i64::MAX))?;
    // Of those before the first event that is counted nobody asked.
    let counted = |gap: &Gap| args.filter.is_empty() || all.first().is_some_and(|first| gap.to >= first);
    let gaps: Vec<Gap> = gaps.into_iter().filter(counted).collect();
    let mut out = std::io::stdout().lock();
    if context.json {
        writeln!(out, "{}", output::json_line(&shape::tally("all", None, &all)))?;
        for (name, tally) in &sources {
            writeln!(out, "{}", output::json_line(&shape::tally("source", Some(name), tally)))?;
        }
        for (name, tally) in &subscribers {
            writeln!(out, "{}", output::json_line(&shape::tally("subscriber", Some(name), tally)))?;
        }
        for gap in &gaps {
            writeln!(out, "{}", output::json_line(&shape::gap(gap)))?;
        }
        return Ok(0);
    }
    let verdicts: Vec<Verdict> = VERDICTS.into_iter().filter(|verdict| all.verdict(*verdict) > 0).collect();
    let words: String = verdicts.iter().map(|verdict| format!("{:>6}", verdict.word())).collect();
    writeln!(out, "{:<14}{:>8}{:>8}{words}{:>8}{:>8}{:>8}  told", "", "events", "per min", "p50", "p95", "p99")?;
    writeln!(out, "{}", row("all", &all, &verdicts))?;
    for (name, tally) in &sources {
        writeln!(out, "{}", row(name, tally, &verdicts))?;
    }
    if !subscribers.is_empty() {
        let heading = "attempts for";
        writeln!(out, "{heading:<14}{:>8}{:>8}{:>8}{:>8}{:>8}  answered", "", "per min", "p50", "p95", "p99")?;
    }
    for (name, tally) in &subscribers {
        writeln!(out, "{}", row(name, tally, &[]))?;
    }
    for gap in &gaps {
        writeln!(out, "{}", gap.words(&zone))?;
    }
    Ok(0)
}

/// Attempts for each subscriber to bring it these events.
fn of_subscribers(reader: &Reader, events: &HashSet<EventId>) -> Result<BTreeMap<String, Tally>, Failure> {
    let mut all = BTreeMap::<String, Tally>::new();
    reader.each_attempt(|attempt| {
        if let Some(name) = attempt.what.subscriber.as_ref().filter(|_| events.contains(&attempt.what.event)) {
            all.entry(name.clone()).or_default().add_attempt(attempt);
        }
    })?;
    Ok(all)
}

fn row(name: &str, tally: &Tally, verdicts: &[Verdict]) -> String {
    let verdicts = verdicts.iter().map(|verdict| match tally.verdict(*verdict) {
        0 => format!("{:>6}", "."),
        n => format!("{:>6}", thousands(n)),
    });
    let Percentiles { count, p50, p95, p99, .. } = tally.ack();
    let time = |us: u64| if count == 0 { "-".to_owned() } else { micros(us) };
    let told: Vec<String> = tally.answers.iter().map(|(status, many)| format!("{many}x {status}")).collect();
    format!(
        "{:<14}{:>8}{:>8.1}{}{:>8}{:>8}{:>8}  {}",
        safe(name).to_string(),
        thousands(tally.events),
        tally.rate_per_min(),
        verdicts.collect::<String>(),
        time(p50),
        time(p95),
        time(p99),
        told.join(", ")
    )
}

//! The figures beneath the bars: delivery time of each subscriber, acknowledgement, clocks, retries and backlog, the slowest.

use super::spark;
use crate::model::{
    Arrivals, Histogram, Overview, Painted, Percentiles, Role, SubscriberStanding, TargetOverview, Timestamp, Timing,
    micros, safe, thousands,
};
use jiff::tz::TimeZone;

/// Columns of a name.
const NAME: usize = 13;
/// From this width on there are spreads and more figures.
const WIDE: usize = 110;
/// Cells of a spread, and what they go from and to: 100 us to 100 s, a decade in so many cells.
const DECADE: usize = 6;
const SPREAD: usize = 6 * DECADE;
/// The slowest that are named.
const SLOWEST: usize = 5;

/// All tables.
pub(super) fn lines(
    read: &Overview,
    standings: &[SubscriberStanding],
    (width, span, filtered): (usize, &str, bool),
    (zone, close): (&TimeZone, bool),
) -> Vec<Painted> {
    let mut times = delivery_times(read, width);
    times.extend(clocks(read, width));
    let tables = [times, backlog(read, standings, (width, span, filtered), zone), slowest(read)];
    let mut lines = Vec::new();
    for table in tables.into_iter().filter(|table| !table.is_empty()) {
        // Where there is little room the headings alone divide them.
        if !close {
            lines.push(Painted::default());
        }
        lines.extend(table);
    }
    lines
}

fn heading(text: &str, rest: &str) -> Painted {
    Painted::of(Role::Strong, format!(" {text}")).and(Role::Faint, format!("  {rest}"))
}

fn delivery_times(read: &Overview, width: usize) -> Vec<Painted> {
    let wide = width >= WIDE;
    let scale = if wide { scale() } else { String::new() };
    let ok = if wide { " OK %" } else { "" };
    let title =
        format!(" {:<NAME$} {:>7}{ok}  {:>8} {:>8} {:>8} {:>8}   {scale}", "DELIVERY", "N", "P50", "P95", "P99", "MAX");
    let mut lines = vec![Painted::of(Role::Strong, title)];
    for (name, target) in &read.targets {
        let all = target.all();
        let percent = (all.succeeded * 100).checked_div(all.tried);
        let mut line = figures(safe(name).as_str(), &all.took, percent.filter(|_| wide), wide);
        if wide {
            let p95: Vec<u64> = target.bars.iter().map(|bar| bar.took.percentiles().p95).collect();
            let room = width.saturating_sub(NAME + SPREAD + 54);
            line.push(Role::Number, format!("  {}", spark::row(&spark::squeezed(&p95, room))));
        }
        lines.push(line);
    }
    let all = read.all();
    let good = all.arrived.saturating_sub(all.failed) * 100;
    lines.push(figures("ack to sender", &all.ack, good.checked_div(all.arrived).filter(|_| wide), wide));
    lines.extend(phases(&all, wide));
    lines
}

/// A row of the table; too few to mean much are marked.
fn figures(name: &str, took: &Histogram, percent: Option<u64>, wide: bool) -> Painted {
    let Percentiles { count, p50, p95, p99, max } = took.percentiles();
    let vague = if count > 0 && count < 20 { "~" } else { "" };
    let time = |us: u64| if count == 0 { "-".to_owned() } else { format!("{vague}{}", short(us)) };
    let name: String = name.chars().take(NAME).collect();
    let percent = if wide { format!(" {:>4}", percent.map_or("-".into(), |n| n.to_string())) } else { String::new() };
    let last = if count == 0 { "-".to_owned() } else { short(max) };
    let line = format!(
        " {name:<NAME$} {:>7}{percent}  {:>8} {:>8} {:>8} {last:>8}",
        thousands(count as u64),
        time(p50),
        time(p95),
        time(p99)
    );
    let line = Painted::plain(line);
    if wide && count > 0 { line.and(Role::Number, format!("   {}", spread(took))) } else { line }
}

/// Which parts the acknowledgement has, as means.
fn phases(all: &Arrivals, wide: bool) -> Option<Painted> {
    let many = all.ack.count();
    let mean = |sum: u64| sum.checked_div(many);
    let parts: Option<Vec<String>> = Timing::NAMES
        .iter()
        .zip(all.phases)
        .map(|(name, sum)| mean(sum).map(|us| format!("{name} {}", short(us))))
        .collect();
    parts.map(|parts| match wide {
        true => Painted::of(Role::Faint, format!(" {:<NAME$} {}  (means)", "its parts", parts.join("  "))),
        false => Painted::of(Role::Faint, format!(" parts {}", parts.join(" "))),
    })
}

/// `12ms`, `1.2s`: for columns.
fn short(us: u64) -> String {
    micros(us).replace(' ', "")
}

/// The decades above a spread.
fn scale() -> String {
    ["100us", "1ms", "10ms", "100ms", "1s", "10s"].iter().map(|label| format!("{label:<DECADE$}")).collect()
}

/// From the least to the most as a line, half of them between the thick cells.
fn spread(took: &Histogram) -> String {
    let Percentiles { p50, p95, max, .. } = took.percentiles();
    let cell = |us: u64| {
        let decades = (us.max(1) as f64 / 100.0).log10().clamp(0.0, 6.0);
        ((decades * DECADE as f64) as usize).min(SPREAD - 1)
    };
    let least = took.least();
    let (from, middle, most, to) = (cell(least), cell(p50), cell(p95), cell(max));
    (0..SPREAD)
        .map(|n| match n {
            n if n == middle => '█',
            n if n == from && n < middle => '├',
            n if n == to && n > middle => '┤',
            n if n > middle && n <= most => '═',
            n if n > from && n < to => '─',
            _ => ' ',
        })
        .collect()
}

/// How the providers' clocks stand, on as many lines as that needs.
fn clocks(read: &Overview, width: usize) -> Vec<Painted> {
    let one = |(provider, skews): (&String, &crate::model::Skews)| {
        let signed = |us: i64| format!("{}{}", if us < 0 { "-" } else { "+" }, short(us.unsigned_abs()));
        let vague = if skews.count() < 20 { "~" } else { "" };
        format!("{} {vague}{} (most {})", safe(provider), signed(skews.median_us()), signed(skews.farthest_us()))
    };
    let all: Vec<String> = read.skews.iter().map(one).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let line = Painted::of(Role::Faint, format!(" {:<NAME$} {}", "clock skew", all.join("   ")));
    line.wrap(width, NAME + 2)
}

fn backlog(
    read: &Overview,
    standings: &[SubscriberStanding],
    (width, span, filtered): (usize, &str, bool),
    zone: &TimeZone,
) -> Vec<Painted> {
    if standings.is_empty() && read.targets.is_empty() {
        return Vec::new();
    }
    let room = (width.saturating_sub(NAME + 44) / 2).clamp(8, 40);
    let title = format!(
        " {:<NAME$} {:<room$}      {:<room$} {:>7}  {:<9} {:>5}",
        "SUBSCRIBER",
        format!("RETRIES, {span}"),
        // What waits is not known by filter.
        if filtered { "BACKLOG of all" } else { "BACKLOG" },
        "WAITING",
        "OLDEST",
        "DEAD"
    );
    let mut lines = vec![Painted::of(Role::Strong, title)];
    let empty = TargetOverview::default();
    let mut names: Vec<&str> = standings.iter().map(|one| one.name.as_str()).collect();
    names.extend(read.targets.keys().map(String::as_str));
    names.sort_unstable();
    names.dedup();
    for name in names {
        let target = read.targets.get(name).unwrap_or(&empty);
        let standing = standings.iter().find(|one| one.name == name);
        let retried: Vec<u64> = target.bars.iter().map(|bar| bar.retried).collect();
        let many: u64 = retried.iter().sum();
        let waited = spark::row(&spark::squeezed(&target.backlog(), room));
        let waiting = standing.map_or(0, |one| one.waiting);
        let oldest = standing.and_then(|one| one.oldest).map_or("-".to_owned(), |us| Timestamp(us).clock(zone));
        let dead = standing.map_or(0, |one| one.dead);
        let name: String = safe(name).to_string().chars().take(NAME).collect();
        let line = Painted::plain(format!(" {name:<NAME$} "))
            .and(Role::Warn, format!("{:<room$}", spark::row(&spark::squeezed(&retried, room))))
            .and(Role::Plain, format!("{:>5} ", thousands(many)))
            .and(Role::Number, format!("{waited:<room$}"))
            .and(if waiting > 0 { Role::Warn } else { Role::Plain }, format!(" {:>7}", thousands(waiting)))
            .and(Role::Plain, format!("  {oldest:<9}"))
            .and(if dead > 0 { Role::Bad } else { Role::Plain }, format!(" {:>5}", thousands(dead)));
        lines.push(line);
    }
    lines
}

fn slowest(read: &Overview) -> Vec<Painted> {
    let all = read.slowest();
    if all.is_empty() {
        return Vec::new();
    }
    let one = |(name, slow): &(&str, crate::model::Slow)| {
        Painted::plain(format!(" {:>8}  #{:<8} {}", short(slow.took_us), slow.event.to_string(), safe(name)))
    };
    let mut lines = vec![heading("SLOWEST", "attempts of the span")];
    lines.extend(all.iter().take(SLOWEST).map(one));
    lines
}

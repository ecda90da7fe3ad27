//! What arrived as bars, beneath them what failed, and the chosen ones in words.

use super::{MARGIN, spark};
use crate::model::{Arrivals, Counts, Overview, Painted, Role, Timestamp, micros, thousands};
use jiff::tz::TimeZone;
use std::ops::RangeInclusive;

/// The length of a day in microseconds.
const DAY: i64 = 86_400_000_000;

/// The picture, for so many rows of bars and a pane of this width.
pub(super) fn lines(
    read: &Overview,
    (rows, width): (usize, usize),
    (chosen, range): (usize, &RangeInclusive<usize>),
    zone: &TimeZone,
) -> Vec<Painted> {
    // Each bar has as many cells as there is room for.
    let cells = (width.saturating_sub(MARGIN + 1) / read.bars.len().max(1)).clamp(1, 3);
    let mut lines = arrivals(read, rows, cells, range);
    lines.push(times(read, cells, zone));
    lines.push(row("not 2xx", Role::Bad, read, cells, |bar| bar.failed));
    lines.push(row("bad sig", Role::Warn, read, cells, Arrivals::suspect));
    if read.bars.iter().any(|bar| bar.late > 0) {
        lines.push(row("late", Role::Warn, read, cells, |bar| bar.late));
    }
    lines.push(pointer(read, cells, (chosen, range)));
    lines.push(selected(read, range, zone));
    lines
}

fn arrivals(read: &Overview, rows: usize, cells: usize, range: &RangeInclusive<usize>) -> Vec<Painted> {
    let peak = read.bars.iter().map(|bar| bar.arrived).max().unwrap_or(0);
    let line = |row: usize| {
        let label = if row == rows - 1 { thousands(peak) } else { String::new() };
        let mut line = Painted::of(Role::Faint, format!("{label:>9}│"));
        for (n, bar) in read.bars.iter().enumerate() {
            let cell = spark::cell(bar.arrived, peak, rows, row);
            let role = if range.contains(&n) { Role::Hit } else { Role::Number };
            line = line.and(role, cell.to_string().repeat(cells));
        }
        line
    };
    (0..rows).rev().map(line).collect()
}

/// When the bars are.
fn times(read: &Overview, cells: usize, zone: &TimeZone) -> Painted {
    let days = read.to().since(read.from) >= DAY;
    let show = |at: Timestamp| match (days, read.bar_us < 60_000_000) {
        (true, _) => format!("{} {}", &at.date(zone)[5..], &at.clock(zone)[..5]),
        (false, true) => at.clock(zone),
        (false, false) => at.clock(zone)[..5].to_owned(),
    };
    let room = read.bars.len() * cells;
    let mut text = String::new();
    let every = (16 / cells).max(1);
    for n in (0..read.bars.len()).step_by(every) {
        let label = show(Timestamp(read.from.0 + n as i64 * read.bar_us));
        if n * cells + label.len() <= room {
            text.push_str(&" ".repeat((n * cells).saturating_sub(text.len())));
            text.push_str(&label);
        }
    }
    Painted::of(Role::Faint, format!("{:>9} {text}", ""))
}

fn row(name: &str, role: Role, read: &Overview, cells: usize, of: fn(&Arrivals) -> u64) -> Painted {
    let values: Vec<u64> = read.bars.iter().map(of).collect();
    let total: u64 = values.iter().sum();
    let bars: String = spark::row(&values).chars().flat_map(|c| std::iter::repeat_n(c, cells)).collect();
    let total = if total == 0 { " none".to_owned() } else { format!(" {}", thousands(total)) };
    Painted::of(Role::Faint, format!("{name:>9} ")).and(role, bars).and(Role::Faint, total)
}

fn pointer(read: &Overview, cells: usize, (chosen, range): (usize, &RangeInclusive<usize>)) -> Painted {
    let sign = |n: usize| match n {
        n if n == chosen => '^',
        n if range.contains(&n) => '-',
        _ => ' ',
    };
    let text: String = (0..read.bars.len()).flat_map(|n| std::iter::repeat_n(sign(n), cells)).collect();
    Painted::of(Role::Strong, format!("{:>9} {text}", ""))
}

/// The chosen bars in words.
fn selected(read: &Overview, range: &RangeInclusive<usize>, zone: &TimeZone) -> Painted {
    let mut all = Arrivals::default();
    read.bars[range.clone()].iter().for_each(|bar| all.merge(bar));
    let edge = |bar: usize| Timestamp(read.from.0 + bar as i64 * read.bar_us);
    let (from, to) = (edge(*range.start()), edge(range.end() + 1));
    let show = |at: Timestamp| match read.bar_us >= 1_800_000_000 {
        true => format!("{} {}", &at.date(zone)[5..], &at.clock(zone)[..5]),
        false => at.clock(zone),
    };
    let took = read.took(range.clone()).percentiles();
    let p95 = if took.count > 0 { format!("   p95 {}", micros(took.p95)) } else { String::new() };
    let late = if all.late > 0 { format!("   {} late", thousands(all.late)) } else { String::new() };
    let text = format!(
        " {} to {}   {} arrived   {} not 2xx   {} bad sig{late}{p95}",
        show(from),
        show(to),
        thousands(all.arrived),
        thousands(all.failed),
        thousands(all.suspect())
    );
    Painted::of(Role::Strong, text)
}

//! The timing of one event: a picture with a lane for each phase and each try, and the same as a table.
//! It must not read a clock: what is still to come is told by when it is due.

mod axis;
mod lanes;
mod table;

pub use axis::Scale;

use crate::app::Opened;
use crate::app::command::Command;
use crate::model::{Painted, Percentiles, Punctuality, Role, Spaced, Usual, micros, safe, spaced, trace_id};
use axis::Axis;
use jiff::tz::TimeZone;
use lanes::{Kind, Lane, Part};
pub(in crate::app) use table::text;

/// A difference of clocks below this is not worth a word beside the event's own time, in microseconds.
const WORTH_US: i64 = 2_000_000;
/// By how much what goes on in the next line is moved in.
const INDENT: &str = "      ";
/// Cells of a lane's name, and of what came of it.
const NAME: usize = 14;
const RESULT: usize = 22;
/// On a wide screen names are written out.
const WIDE: usize = 100;
const WIDE_NAME: usize = 26;
/// How the picture is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waterfall {
    /// How time is laid out.
    pub scale: Scale,
    /// The chosen try, counted from the first; beyond the last it is the last.
    pub chosen: Option<usize>,
    /// The chosen try fills the picture.
    pub alone: bool,
}

impl Waterfall {
    /// Carries out a command that means the picture, for an event with so many tries.
    pub(in crate::app) fn obey(&mut self, command: Command, tries: usize) {
        match command {
            Command::Mode => self.scale = self.scale.next(),
            Command::Left => self.step(-1, tries),
            Command::Right => self.step(1, tries),
            Command::UnfoldAll => {
                self.chosen = self.chosen.or(tries.checked_sub(1));
                self.alone = self.chosen.is_some();
            }
            Command::FoldAll => self.alone = false,
            _ => {}
        }
    }

    /// Chooses a try further on or back.
    fn step(&mut self, by: isize, tries: usize) {
        let last = tries.saturating_sub(1);
        self.chosen = match (self.chosen, by) {
            _ if tries == 0 => None,
            (None, 1..) => Some(0),
            (None, _) => Some(last),
            (Some(at), by) => Some(at.min(last).saturating_add_signed(by).min(last)),
        };
    }
}

/// All of it, for a pane of this width.
pub(super) fn lines(opened: &Opened, view: &Waterfall, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let mut lines = summary(opened, zone, width);
    lines.push(Painted::default());
    lines.extend(picture(opened, view, zone, width));
    lines.push(Painted::default());
    lines.extend(arrivals(opened, zone));
    lines.extend(table::lines(opened, zone, width));
    lines.extend(compared(opened, view, (zone, width)));
    lines
}

/// The picture alone, for the third column of a wide screen.
pub(super) fn glance(opened: &Opened, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let mut lines = summary(opened, zone, width);
    lines.push(Painted::default());
    lines.extend(picture(opened, &Waterfall::default(), zone, width));
    lines
}

/// When it came, how fast it was answered, and what its sender says of it.
fn summary(opened: &Opened, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let stored = &opened.stored;
    let answered = match (&stored.answer, stored.timing().total_us) {
        (Some(answer), Some(total)) if answer.status.is_some() => {
            format!("answered {} in {}", answer.words(), micros(total))
        }
        (Some(answer), Some(total)) => format!("{} after {}", answer.words(), micros(total)),
        _ => "not yet answered".to_owned(),
    };
    let received = format!("received {}", stored.event.received_at.clock_millis(zone));
    let mut answered = Painted::of(Role::Strong, answered);
    if let Some(deadline) = stored.event.origin.deadline_us.map(micros) {
        let (role, words) = match stored.punctuality() {
            Some(Punctuality::Late) => (Role::Bad, " LATE"),
            Some(Punctuality::Nearly) => (Role::Warn, " nearly late"),
            _ => (Role::Faint, ""),
        };
        answered.push(role, format!(" of {deadline}{words}"));
    }
    let tracks = stored.tracks();
    let done = tracks.iter().filter(|track| track.attempts.last().is_some_and(|last| last.what.succeeded())).count();
    let done = (!tracks.is_empty()).then(|| Painted::plain(format!("done: {done} of {}", tracks.len())));
    let first = [Some(Painted::of(Role::Strong, received)), Some(answered), done].into_iter().flatten();
    let mut lines = flow(first, "  ", width);
    lines.extend(sender_says(opened, zone, width));
    lines.extend([repeated(opened), order(opened)].into_iter().flatten());
    lines
}

/// Facts one after the other, broken between them where a line is full.
pub(super) fn flow(facts: impl Iterator<Item = Painted>, gap: &str, width: usize) -> Vec<Painted> {
    let mut lines: Vec<Painted> = Vec::new();
    for fact in facts {
        match lines.last_mut() {
            Some(line) if line.width() + gap.len() + fact.width() <= width => {
                line.push(Role::Faint, gap);
                fact.pieces().for_each(|(role, text)| line.push(role, text));
            }
            Some(_) => {
                let indent = Painted::plain(INDENT);
                lines.push(fact.pieces().fold(indent, |line, (role, text)| line.and(role, text)));
            }
            None => lines.push(fact),
        }
    }
    lines
}

/// The sender's clock and its count of attempts.
fn sender_says(opened: &Opened, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let event = &opened.stored.event;
    let made = opened.made.0.map(|at| {
        let before = event.received_at.since(at);
        let side = if before < 0 { "after it arrived" } else { "before" };
        let day = if at.date(zone) == event.received_at.date(zone) { String::new() } else { at.date(zone) + " " };
        format!("made {day}{}, {} {side}", at.clock_millis(zone), micros(before.unsigned_abs()))
    });
    let skew = event.judgement.skew_us.filter(|us| us.abs() >= WORTH_US || opened.made.0.is_none()).map(|us| {
        let sign = if us < 0 { "-" } else { "" };
        format!("signed {sign}{} before", micros(us.unsigned_abs()))
    });
    let attempt = opened.made.1.as_ref().map(|n| format!("its attempt {}", safe(n)));
    let trace = trace_id(&opened.headers).map(|id| format!("trace {id}"));
    let said: Vec<String> = made.into_iter().chain(skew).chain(attempt).chain(trace).collect();
    let label = |(n, fact): (usize, String)| match n {
        0 => Painted::of(Role::Faint, format!("sender: {fact}")),
        _ => Painted::of(Role::Faint, fact),
    };
    flow(said.into_iter().enumerate().map(label), " · ", width)
}

/// Which arrival it is, and how that fits what its provider documents.
fn repeated(opened: &Opened) -> Option<Painted> {
    let (all, documented) = &opened.arrivals;
    let mut each = spaced(all, documented);
    let Spaced { arrival, after_us, documented_us } = each.find(|one| one.arrival.id == opened.stored.id)?;
    let last = all.last().map_or(0, |last| last.arrival);
    let after = after_us.map(|us| format!(", {} after the one before", micros(us.unsigned_abs())));
    let documented = documented_us.map(|us| format!(" (documented {})", micros(us)));
    let parts = [after, documented].into_iter().flatten().collect::<String>();
    Some(Painted::plain(format!("no. {} of {last} arrivals{parts}", arrival.arrival)))
}

/// What it was overtaken by, and what it overtook itself.
fn order(opened: &Opened) -> Option<Painted> {
    let by = opened
        .stored
        .overtaken_by
        .map(|id| format!("out of order: #{id} of its source was made later and came before"));
    let ids: Vec<String> = opened.overtook.iter().map(|id| format!("#{id}")).collect();
    let overtook = (!ids.is_empty()).then(|| format!("it overtook {}", ids.join(" ")));
    let said: Vec<String> = by.into_iter().chain(overtook).collect();
    (!said.is_empty()).then(|| Painted::of(Role::Warn, said.join(" · ")))
}

/// Each arrival of the event, how long after the one before, and what its provider says of that.
fn arrivals(opened: &Opened, zone: &TimeZone) -> Vec<Painted> {
    let (all, documented) = &opened.arrivals;
    if all.is_empty() {
        return Vec::new();
    }
    let schedule = match documented.is_empty() {
        true => "no schedule of its provider is known".to_owned(),
        false => format!("its provider documents {}", steps(documented)),
    };
    let mut lines = vec![
        Painted::of(Role::Strong, format!("  arrived {} times", all.last().map_or(0, |last| last.arrival)))
            .and(Role::Faint, format!("   {schedule}")),
    ];
    for Spaced { arrival, after_us, documented_us } in spaced(all, documented) {
        let here = if arrival.id == opened.stored.id { "▌" } else { " " };
        let told = arrival.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let after = after_us.map_or_else(String::new, |us| format!("+{}", micros(us.unsigned_abs())));
        let beside = documented_us.map_or_else(String::new, |us| format!("  documented +{}", micros(us)));
        let line = format!(
            "{here} {:>3}  #{:<6} {}  told {told:<4} {after:>10}",
            arrival.arrival,
            arrival.id.to_string(),
            arrival.received_at.clock_millis(zone)
        );
        lines.push(Painted::plain(line).and(Role::Faint, beside));
    }
    lines.push(Painted::default());
    lines
}

/// `3 x 3 m 0 s, 60 m 0 s`.
fn steps(schedule: &[u64]) -> String {
    let alike = schedule.chunk_by(|a, b| a == b);
    let words = alike.map(|some| match some.len() {
        1 => micros(some[0]),
        n => format!("{n} x {}", micros(some[0])),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// The attempt that is chosen, by its place among those of the event: tries are counted as the lanes stand.
fn chosen(tries: &[Lane], view: &Waterfall) -> Option<usize> {
    let attempts: Vec<usize> = tries.iter().filter_map(|lane| lane.attempt).collect();
    attempts.get(view.chosen?.min(attempts.len().saturating_sub(1))).copied()
}

fn picture(opened: &Opened, view: &Waterfall, zone: &TimeZone, width: usize) -> Vec<Painted> {
    let mut lanes = lanes::capture(&opened.stored);
    let acked = lanes.last().and_then(Lane::busy).map_or(1, |(_, to)| to);
    let tries = lanes::attempts(&opened.stored, zone);
    let name = if width >= WIDE { WIDE_NAME } else { NAME };
    let cells = width.saturating_sub(name + RESULT + 5).max(8);
    let deadline = opened.stored.event.origin.deadline_us.map(|us| us as i64);
    let chosen = chosen(&tries, view);
    let alone =
        tries.iter().find(|lane| view.alone && chosen.is_some() && lane.attempt == chosen).and_then(Lane::working);
    let axis = match alone {
        Some(stretch) => Axis::over(stretch, cells),
        None => {
            let mut busy: Vec<(i64, i64)> = tries.iter().filter_map(Lane::busy).collect();
            // What is still to come ends the axis; the sender's deadline stands on it where that costs no scale.
            busy.extend(
                tries
                    .iter()
                    .filter(|lane| lane.busy().is_none())
                    .flat_map(|lane| &lane.parts)
                    .map(|p| (p.to, p.to + 1)),
            );
            busy.extend(deadline.filter(|_| view.scale != Scale::Linear).map(|at| (at, at + 1)));
            Axis::new(view.scale, acked, &busy, cells)
        }
    };
    lanes.extend(tries);
    let mut out = vec![heading(&axis, view, alone.map(|(from, _)| from), (name, cells))];
    let mut before = false;
    for lane in &lanes {
        let begins = lane.name.starts_with(char::is_uppercase);
        if begins && !before {
            out.push(Painted::default());
        }
        before = begins;
        let line = deadline.filter(|at| !lane.is_try && axis.holds(*at)).map(|at| axis.cell(at));
        let is_chosen = lane.attempt.is_some() && lane.attempt == chosen;
        out.push(row(lane, &axis, (name, cells), line, is_chosen));
    }
    out.push(legend(&lanes, &axis, deadline.is_some_and(|at| axis.holds(at))));
    out
}

/// The times at which pieces of the axis begin; of one try alone those since it began.
fn heading(axis: &Axis, view: &Waterfall, alone: Option<i64>, (name, cells): (usize, usize)) -> Painted {
    let mut text: Vec<Option<char>> = vec![None; cells + RESULT];
    let mut free = 0;
    for (cell, at) in axis.labels() {
        let at = at - alone.unwrap_or(0);
        let label = if at == 0 { "0".to_owned() } else { micros(at.unsigned_abs()) };
        if cell >= free && cell + label.len() <= text.len() {
            text[cell..].iter_mut().zip(label.chars()).for_each(|(place, c)| *place = Some(c));
            free = cell + label.chars().count() + 1;
        }
    }
    for cell in axis.folds() {
        if let Some(place) = text.get_mut(cell) {
            place.get_or_insert('╱');
        }
    }
    let text: String = text.into_iter().map(|place| place.unwrap_or(' ')).collect();
    let scale = if alone.is_some() { "this try" } else { view.scale.name() };
    Painted::of(Role::Faint, format!("{:<w$}{}", format!("  {scale}"), text.trim_end(), w = name + 3))
}

fn row(lane: &Lane, axis: &Axis, (name, cells): (usize, usize), line: Option<usize>, chosen: bool) -> Painted {
    let mut signs = vec![' '; cells + 1];
    for Part { kind, from, to } in &lane.parts {
        let first = axis.cell(*from).min(cells);
        let last = axis.cell(*to).clamp(first + 1, cells + 1);
        // Nothing stands on the axis where it is another's time alone.
        if axis.holds(*from) || axis.holds(*to) {
            signs[first.min(cells)..last].fill(kind.sign());
        }
    }
    let (from, to) = (lane.parts.first().map(|p| p.from), lane.parts.last().map(|p| p.to));
    let within = |cell: &usize| {
        let at = |moment: Option<i64>| moment.map(|moment| axis.cell(moment));
        at(from).is_some_and(|from| from <= *cell) && at(to).is_some_and(|to| *cell < to)
    };
    // The middle of a fold; around it what went on meanwhile.
    let folds = axis.folds();
    let middle = |cell: &&usize| folds.contains(&cell.saturating_sub(1)) == folds.contains(&(**cell + 1));
    folds.iter().filter(middle).filter(|cell| within(cell)).for_each(|cell| signs[(*cell).min(cells)] = '╱');
    if let Some(cell) = line.filter(|cell| *cell < signs.len() && signs[*cell] == ' ') {
        signs[cell] = '┊';
    }
    let bar: String = signs.into_iter().collect();
    let mark = if chosen { "▌" } else { " " };
    Painted::of(if chosen { Role::Strong } else { Role::Plain }, format!("{mark} {} ", column(&lane.name, name)))
        .and(Role::Number, bar)
        .and(lane.role, format!(" {}", lane.result))
}

/// The text cut or filled to so many cells.
fn column(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut out = String::new();
    for c in text.chars() {
        if out.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) > width {
            // The number of the try stays in view.
            let number = text.rsplit(' ').next().unwrap_or_default();
            let keep = width.saturating_sub(number.width() + 2);
            out = format!("{}~ {number}", out.chars().take(keep).collect::<String>());
            break;
        }
        out.push(c);
    }
    let fill = width.saturating_sub(out.width());
    format!("{out}{}", " ".repeat(fill))
}

fn legend(lanes: &[Lane], axis: &Axis, deadline: bool) -> Painted {
    let there = |kind: Kind| lanes.iter().flat_map(|lane| &lane.parts).any(|part| part.kind == kind);
    let kinds = Kind::ALL.iter().filter(|(kind, ..)| there(*kind));
    let mut signs: Vec<String> = kinds.map(|(_, sign, words)| format!("{sign} {words}")).collect();
    if !axis.folds().is_empty() {
        signs.push("╱ left out".into());
    }
    if deadline {
        signs.push("┊ deadline".into());
    }
    Painted::of(Role::Faint, format!("  {}", signs.join("   ")))
}

/// How the chosen try, and the answer, compare with the last of their like.
fn compared(opened: &Opened, view: &Waterfall, (zone, width): (&TimeZone, usize)) -> Vec<Painted> {
    let attempts = &opened.stored.attempts;
    let chosen = chosen(&lanes::attempts(&opened.stored, zone), view).and_then(|at| attempts.get(at));
    let usual = |whose: Option<&str>| opened.usual.iter().find(|usual| usual.subscriber.as_deref() == whose);
    let of_try = chosen.or(attempts.last()).and_then(|attempt| {
        let whose = attempt.what.subscriber.as_deref()?;
        Some(sentence("of ", whose, usual(Some(whose))?, attempt.what.total_us))
    });
    let of_answer =
        opened.stored.timing().total_us.and_then(|total| Some(sentence("answers", "", usual(None)?, total)));
    let facts = of_answer.into_iter().chain(of_try).filter(|facts| !facts.is_empty());
    let lines: Vec<Painted> = facts.flat_map(|facts| flow(facts.into_iter(), " ", width)).collect();
    if lines.is_empty() { lines } else { std::iter::once(Painted::default()).chain(lines).collect() }
}

/// `last 200 of billing: p50 44 ms p95 61 ms p99 180 ms: slower than p99`, in parts; none where there were no others.
fn sentence(what: &str, of: &str, Usual { took, .. }: &Usual, us: u64) -> Vec<Painted> {
    let Percentiles { count, p50, p95, p99, .. } = *took;
    if count == 0 {
        return Vec::new();
    }
    let vague = if took.is_vague() { "~" } else { "" };
    let role = if us > took.p95 { Role::Warn } else { Role::Good };
    vec![
        Painted::plain(format!("  last {count} {what}{}:", safe(of))),
        Painted::plain(format!("p50 {vague}{}", micros(p50))),
        Painted::plain(format!("p95 {vague}{}", micros(p95))),
        Painted::plain(format!("p99 {vague}{}", micros(p99))),
        Painted::of(role, format!("this one: {}", took.rank(us))),
    ]
}

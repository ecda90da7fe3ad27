//! The timing view: arrivals over a span of time as bars, one of them chosen, and the acknowledgement in figures.
//! It must not count: the reader of the log does.

use crate::app::command::Command;
use crate::app::{App, Effect};
use crate::model::{Bar, Painted, Percentiles, Role, Timeline, TimelineWish, Timestamp, micros, thousands};

/// Spans to choose from, in minutes with their words.
const SPANS: [(i64, &str); 6] =
    [(5, "5 min"), (15, "15 min"), (60, "60 min"), (360, "6 h"), (1440, "24 h"), (10_080, "7 days")];
/// The span at the start: 60 min.
const FIRST: usize = 2;
/// Bars at most.
const BARS: usize = 120;
/// The picture is not made anew more often than this, in microseconds.
const PACE_US: i64 = 1_000_000;
/// Heights of a bar's topmost cell, in eighths.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Columns left of the bars.
const MARGIN: usize = 10;

/// The view's state.
#[derive(Debug)]
pub struct TimelineView {
    span: usize,
    /// The chosen bar, counted from the newest.
    chosen: usize,
    read: Option<Timeline>,
    /// The log has gone on since.
    behind: bool,
    /// Not to be asked for before.
    pub(in crate::app) due: Timestamp,
}

impl Default for TimelineView {
    fn default() -> Self {
        TimelineView { span: FIRST, chosen: 0, read: None, behind: false, due: Timestamp(0) }
    }
}

impl TimelineView {
    /// When it wants to be made anew.
    pub(in crate::app) fn alarm(&self) -> Option<Timestamp> {
        self.behind.then_some(self.due)
    }

    /// The log has gone on.
    pub(in crate::app) fn heads(&mut self) {
        self.behind = true;
    }

    pub(in crate::app) fn take(&mut self, timeline: Timeline, at: Timestamp) {
        self.read = Some(timeline);
        self.due = Timestamp(at.0 + PACE_US);
    }

    fn bar(&self) -> Option<(usize, &Timeline, Bar)> {
        let read = self.read.as_ref()?;
        let at = read.bars.len().checked_sub(self.chosen + 1)?;
        Some((at, read, read.bars[at]))
    }
}

impl App {
    pub(in crate::app) fn ask_timeline(&mut self) -> Vec<Effect> {
        self.timeline.behind = false;
        let width = usize::from(self.layout().panes.inside(self.layout().boxed).width);
        let bars = width.saturating_sub(MARGIN + 1).clamp(1, BARS);
        vec![Effect::Timeline(TimelineWish { span_us: SPANS[self.timeline.span].0 * 60_000_000, bars })]
    }

    pub(in crate::app) fn timeline_command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        let view = &mut self.timeline;
        let most = view.read.as_ref().map_or(0, |read| read.bars.len().saturating_sub(1));
        match command {
            Command::EarlierBar => view.chosen = (view.chosen + 1).min(most),
            Command::LaterBar => view.chosen = view.chosen.saturating_sub(1),
            Command::First => view.chosen = most,
            Command::Last => view.chosen = 0,
            Command::LongerSpan | Command::ShorterSpan => {
                let by = if command == Command::LongerSpan { 1 } else { -1 };
                view.span = view.span.saturating_add_signed(by).min(SPANS.len() - 1);
                view.chosen = 0;
                return self.ask_timeline();
            }
            Command::ListBar => return self.list_bar(at),
            _ => {}
        }
        Vec::new()
    }

    /// To the events of the chosen bar.
    fn list_bar(&mut self, at: Timestamp) -> Vec<Effect> {
        match self.timeline.bar().and_then(|(_, _, bar)| bar.first) {
            Some(id) => {
                self.view = super::View::Events;
                self.focus = crate::app::Focus::List;
                self.list.jump(id)
            }
            None => self.say("nothing arrived then", at),
        }
    }

    pub(super) fn timeline_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let words = SPANS[self.timeline.span].1;
        let title = format!("Arrivals, last {words}");
        let Some((chosen, read, bar)) = self.timeline.bar() else { return (title, vec![Painted::plain(" ...")]) };
        let rows = height.saturating_sub(17).clamp(2, 12);
        let mut lines = arrivals(read, rows, chosen);
        lines.extend(under(read, chosen, self));
        lines.push(Painted::of(Role::Strong, selected(read, chosen, bar, self)));
        lines.push(Painted::default());
        lines.extend(acknowledgement(read, width));
        if read.cut {
            lines.push(Painted::of(Role::Faint, " only the newest 200,000 events of the span are counted"));
        }
        (title, lines)
    }
}

/// The bars, row by row from above; the chosen one stands out.
fn arrivals(read: &Timeline, rows: usize, chosen: usize) -> Vec<Painted> {
    let peak = read.bars.iter().map(|bar| bar.arrived).max().unwrap_or(0);
    let line = |row: usize| {
        let label = match row {
            0 => thousands(peak),
            _ => String::new(),
        };
        let mut line = Painted::of(Role::Faint, format!("{label:>9}│"));
        let floor = (rows - 1 - row) as u64 * 8;
        for (n, bar) in read.bars.iter().enumerate() {
            // At least an eighth for anything at all.
            let eighths = if bar.arrived == 0 { 0 } else { (bar.arrived * rows as u64 * 8 / peak.max(1)).max(1) };
            let cell = EIGHTHS[eighths.saturating_sub(floor).min(8) as usize];
            let role = if n == chosen { Role::Hit } else { Role::Number };
            line = line.and(role, cell.to_string());
        }
        line
    };
    (0..rows).map(line).collect()
}

/// What is beneath the bars: the time, and rows for what failed.
fn under(read: &Timeline, chosen: usize, app: &App) -> Vec<Painted> {
    let zone = &app.place.zone;
    let days = read.to.since(read.from) >= 86_400_000_000;
    let show = |at: Timestamp| match days {
        true => format!("{} {}", at.date(zone), &at.clock(zone)[..5]),
        false => at.clock(zone),
    };
    let (from, to) = (show(read.from), show(read.to));
    let gap = read.bars.len().saturating_sub(from.len() + to.len());
    let row = |name: &str, role, of: fn(&Bar) -> u64| {
        let cells: String = read.bars.iter().map(|bar| if of(bar) > 0 { '▄' } else { ' ' }).collect();
        Painted::of(Role::Faint, format!("{name:>9} ")).and(role, cells)
    };
    let mark: String = (0..read.bars.len()).map(|n| if n == chosen { '^' } else { ' ' }).collect();
    vec![
        Painted::of(Role::Faint, format!("{:>9} {from}{}{to}", "", " ".repeat(gap))),
        row("failed", Role::Bad, |bar| bar.failed),
        row("bad sig", Role::Warn, |bar| bar.suspect),
        Painted::of(Role::Strong, format!("{:>9} {mark}", "")),
    ]
}

fn selected(read: &Timeline, chosen: usize, bar: Bar, app: &App) -> String {
    let span = read.to.since(read.from);
    let edge =
        |n: usize| Timestamp(read.from.0 + span * n as i64 / read.bars.len().max(1) as i64).clock(&app.place.zone);
    format!(
        " {} to {}   {} arrived   {} failed   {} bad signature",
        edge(chosen),
        edge(chosen + 1),
        thousands(bar.arrived),
        thousands(bar.failed),
        thousands(bar.suspect),
    )
}

fn acknowledgement(read: &Timeline, width: usize) -> Vec<Painted> {
    let Percentiles { count, p50, p95, p99, max } = read.ack;
    if count == 0 {
        return vec![Painted::of(Role::Faint, " nothing was acknowledged in this span")];
    }
    let vague = if read.ack.is_vague() { "~" } else { "" };
    let mean: u64 = read.parts.iter().map(|(_, us)| us).sum();
    let mut lines = vec![
        Painted::of(Role::Strong, " Acknowledgement: first byte to answer"),
        Painted::of(Role::Faint, format!(" {:>9}  {:>9}  {:>9}  {:>9}  {:>9}", "n", "p50", "p95", "p99", "max")),
        Painted::plain(format!(
            " {:>9}  {:>9}  {:>9}  {:>9}  {:>9}",
            thousands(count as u64),
            format!("{vague}{}", micros(p50)),
            format!("{vague}{}", micros(p95)),
            format!("{vague}{}", micros(p99)),
            micros(max)
        )),
        Painted::default(),
        Painted::of(Role::Faint, " its parts, as means"),
    ];
    let room = width.saturating_sub(24).clamp(4, 60) as u64;
    for (name, us) in &read.parts {
        let cells = (us * room / mean.max(1)).max(u64::from(*us > 0));
        lines.push(
            Painted::plain(format!(" {name:>9}  {:>9}  ", micros(*us))).and(Role::Number, "█".repeat(cells as usize)),
        );
    }
    lines
}

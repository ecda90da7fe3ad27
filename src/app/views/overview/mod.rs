//! The timing view: all events over a span of time, as bars that can be chosen and as tables.
//! It must not count: the reader of the log does.

mod bars;
mod spark;
mod tables;

use crate::app::command::Command;
use crate::app::{App, Effect, View};
use crate::model::filter::Filter;
use crate::model::{Overview, OverviewWish, Painted, Role, Timestamp, count, micros, safe};

/// A span to choose: its words, the length of a bar, and how many of them.
struct Span {
    words: &'static str,
    bar_us: i64,
    bars: usize,
}

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

const SPANS: [Span; 7] = [
    Span { words: "5 min", bar_us: 5 * SECOND, bars: 60 },
    Span { words: "15 min", bar_us: 15 * SECOND, bars: 60 },
    Span { words: "60 min", bar_us: MINUTE, bars: 60 },
    Span { words: "6 h", bar_us: 6 * MINUTE, bars: 60 },
    Span { words: "24 h", bar_us: 30 * MINUTE, bars: 48 },
    Span { words: "7 days", bar_us: 3 * HOUR, bars: 56 },
    Span { words: "30 days", bar_us: 12 * HOUR, bars: 60 },
];
/// The span at the start: 60 min.
const FIRST: usize = 2;
/// The picture is not made anew more often than this, in microseconds.
const PACE_US: i64 = 1_000_000;
/// Below so many rows nothing stands between the tables.
const CLOSE: usize = 28;
/// Columns left of the bars.
const MARGIN: usize = 10;

/// The view's state.
#[derive(Debug)]
pub struct OverviewView {
    span: usize,
    /// The chosen bar, by its begin; `None` = the newest.
    chosen: Option<Timestamp>,
    /// Where a range of bars begins, by the begin of its bar.
    anchor: Option<Timestamp>,
    read: Option<Box<Overview>>,
    /// What was asked for last.
    asked: Option<OverviewWish>,
    /// The log has gone on since.
    behind: bool,
    /// Not to be asked for before.
    pub(in crate::app) due: Timestamp,
    /// Lines of the tables that are scrolled away.
    scroll: usize,
}

impl Default for OverviewView {
    fn default() -> Self {
        OverviewView {
            span: FIRST,
            chosen: None,
            anchor: None,
            read: None,
            asked: None,
            behind: false,
            due: Timestamp(0),
            scroll: 0,
        }
    }
}

impl OverviewView {
    /// When it wants to be made anew.
    pub(in crate::app) fn alarm(&self) -> Option<Timestamp> {
        // A bar that has ended lets the next one begin.
        let next = self.read.as_ref().map(|read| read.to().max(self.due));
        self.behind.then_some(self.due).into_iter().chain(next).min()
    }

    /// The log has gone on.
    pub(in crate::app) fn heads(&mut self) {
        self.behind = true;
    }

    pub(in crate::app) fn take(&mut self, overview: Box<Overview>, at: Timestamp) {
        self.read = Some(overview);
        self.due = Timestamp(at.0 + PACE_US);
    }

    /// The chosen bar and the whole range, by their places.
    fn range(&self, read: &Overview) -> (usize, std::ops::RangeInclusive<usize>) {
        let last = read.bars.len().saturating_sub(1);
        let place =
            |at: Timestamp| usize::try_from(at.since(read.from).div_euclid(read.bar_us.max(1))).unwrap_or(0).min(last);
        let chosen = self.chosen.map_or(last, place);
        let other = self.anchor.map_or(chosen, place);
        (chosen, chosen.min(other)..=chosen.max(other))
    }

    /// Ends a range of bars; whether there was one.
    pub(in crate::app) fn drops_range(&mut self) -> bool {
        self.anchor.take().is_some()
    }

    fn choose(&mut self, bar: usize) {
        let Some(read) = &self.read else { return };
        let last = read.bars.len().saturating_sub(1);
        self.chosen = (bar < last).then(|| Timestamp(read.from.0 + bar as i64 * read.bar_us));
    }
}

impl App {
    pub(in crate::app) fn ask_overview(&mut self, at: Timestamp) -> Vec<Effect> {
        self.overview.behind = false;
        let width = usize::from(self.layout().panes.inside(self.layout().boxed).width);
        let room = width.saturating_sub(MARGIN + 1).max(1);
        let Span { mut bar_us, mut bars, .. } = SPANS[self.overview.span];
        while bars > room {
            (bar_us, bars) = (bar_us * 2, bars.div_ceil(2));
        }
        let filter = match (&self.list.scope.filter, &self.window) {
            // The events of some bars are listed: it is still about all of them.
            (Some(shown), Some(window)) if window.from == View::Timing && *shown == window.shown => {
                window.before.clone()
            }
            (shown, _) => shown.clone(),
        };
        let wish = OverviewWish { to: at, bar_us, bars, filter };
        self.overview.asked = Some(wish.clone());
        vec![Effect::Overview(wish)]
    }

    /// Asks anew where it is about another filter by now.
    pub(in crate::app) fn overview_command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        let view = &mut self.overview;
        let Some(read) = view.read.as_deref() else { return Vec::new() };
        let (chosen, _) = view.range(read);
        let begin = |bar: usize| Timestamp(read.from.0 + bar as i64 * read.bar_us);
        match command {
            Command::EarlierBar => view.choose(chosen.saturating_sub(1)),
            Command::LaterBar => view.choose(chosen + 1),
            Command::First => view.choose(0),
            Command::Last => (view.chosen, view.anchor) = (None, None),
            Command::BarRange if view.anchor.is_some() => view.anchor = None,
            Command::BarRange => view.anchor = Some(begin(chosen)),
            Command::Down => self.scroll_overview(1),
            Command::Up => self.scroll_overview(-1),
            Command::PageDown | Command::HalfDown => self.scroll_overview(5),
            Command::PageUp | Command::HalfUp => self.scroll_overview(-5),
            Command::LongerSpan | Command::ShorterSpan => {
                let by = if command == Command::LongerSpan { 1 } else { -1 };
                view.span = view.span.saturating_add_signed(by).min(SPANS.len() - 1);
                (view.chosen, view.anchor) = (None, None);
                return self.ask_overview(at);
            }
            Command::ListBar => return self.list_bars(at),
            _ => {}
        }
        Vec::new()
    }

    /// To the events of the chosen bars.
    fn list_bars(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(read) = self.overview.read.as_deref() else { return Vec::new() };
        let (_, range) = self.overview.range(read);
        if read.bars[range.clone()].iter().all(|bar| bar.arrived == 0) {
            return self.say("nothing arrived then", at);
        }
        let begin = |bar: usize| Timestamp(read.from.0 + bar as i64 * read.bar_us);
        let before = self.overview.asked.as_ref().and_then(|wish| wish.filter.clone());
        let window = Filter::between(before.as_ref(), begin(*range.start()), begin(range.end() + 1));
        self.list_for_view(window, before)
    }

    /// Moves in the tables, as far as there is more of them.
    fn scroll_overview(&mut self, by: isize) {
        let inside = self.layout().panes.inside(self.layout().boxed);
        let Some(read) = self.overview.read.as_deref() else { return };
        let (above, below) = self.overview_parts(read, inside.width.into(), inside.height.into());
        let most = below.len().saturating_sub(usize::from(inside.height).saturating_sub(above.len()));
        self.overview.scroll = self.overview.scroll.min(most).saturating_add_signed(by).min(most);
    }

    pub(in crate::app) fn overview_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let span = &SPANS[self.overview.span];
        let filter = self.overview.asked.as_ref().and_then(|wish| wish.filter.as_ref());
        let about = filter.map_or_else(String::new, |filter| format!(" / {}", safe(&filter.to_string())));
        let Some(read) = self.overview.read.as_deref() else {
            return (format!("Arrivals, last {}{about}", span.words), vec![Painted::plain(" ...")]);
        };
        let bar = micros(read.bar_us.unsigned_abs()).replace(" 0 s", "").replace(" 0 m", "").replace(".0 s", " s");
        let many = count(read.all().arrived, "event");
        let title = format!("Arrivals, last {}: {many} · 1 bar = {bar}{about}", span.words);
        let (mut lines, rest) = self.overview_parts(read, width, height);
        let room = height.saturating_sub(lines.len());
        let skipped = self.overview.scroll.min(rest.len().saturating_sub(room));
        let left = rest.len().saturating_sub(skipped + room);
        lines.extend(rest.into_iter().skip(skipped).take(room));
        if let Some(last) = lines.last_mut().filter(|_| left > 0 && room > 1) {
            *last = Painted::of(Role::Faint, format!(" {} more below (j, k)", left + 1));
        }
        (title, lines)
    }

    /// The bars, which stay, and the tables, which scroll.
    fn overview_parts(&self, read: &Overview, width: usize, height: usize) -> (Vec<Painted>, Vec<Painted>) {
        let (chosen, range) = self.overview.range(read);
        let rows = if height >= 30 { 5 } else { 3 };
        let above = bars::lines(read, (rows, width), (chosen, &range), &self.place.zone);
        let words = SPANS[self.overview.span].words;
        let filtered = self.overview.asked.as_ref().is_some_and(|wish| wish.filter.is_some());
        let style = (width, words, filtered);
        let mut rest = tables::lines(read, &self.subscribers.all, style, (&self.place.zone, height < CLOSE));
        if read.cut {
            rest.push(Painted::of(Role::Warn, " only the newest 200,000 events of the span were looked at"));
        }
        (above, rest)
    }
}

//! The subscribers' view as lines: a table, the chosen one's queue, and what there is to say of it.
//! It must not know what a key does.

use super::{SECOND_US, SubscribersView};
use crate::app::App;
use crate::model::{
    Painted, QueuedEvent, Role, SubscriberStanding, SubscriberState, Timestamp, micros, outcome, safe, thousands,
};
use unicode_width::UnicodeWidthChar;

/// Columns from which queue and words stand side by side.
const WIDE: usize = 116;
/// Columns of the words beside the queue.
const ASIDE: usize = 52;
/// Columns of the queue that do not give way: event, tries, last result, next, waited.
const FIXED: usize = 2 + 8 + 6 + 22 + 12 + 10;

impl App {
    pub(in crate::app::views) fn subscribers_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let view = &self.subscribers;
        let Some(chosen) = view.chosen() else { return ("Subscribers".to_owned(), none(self)) };
        let mut lines = table(view, width, table_rows(height));
        lines.push(Painted::default());
        let mut about = self.about(chosen);
        if width < WIDE && view.row.is_some() {
            // Whoever looks at the queue needs the room, and why it stands still.
            about.retain(|line| ["  state", "  last"].iter().any(|label| line.to_string().starts_with(label)));
        }
        let room = queue_height(view, width, height);
        if width >= WIDE {
            let queue = queue(view, chosen, (width - ASIDE, room));
            lines.extend(beside(queue, about, width - ASIDE));
        } else {
            lines.extend(queue(view, chosen, (width, room)));
            lines.push(Painted::default());
            lines.extend(about);
        }
        (format!("Subscribers · {}", view.all.len()), lines)
    }

    /// What stands in a line of the view.
    pub(super) fn subscribers_at(&self, line: usize, width: usize, height: usize) -> Option<Place> {
        let view = &self.subscribers;
        let first = table_from(view, table_rows(height));
        let shown = (view.all.len() - first).min(table_rows(height));
        if (1..=shown).contains(&line) {
            return Some(Place::Subscriber(first + line - 1));
        }
        // Below the table: a blank line, the queue's title and its heading.
        let row = line.checked_sub(shown + 4)?;
        let room = queue_room(queue_height(view, width, height));
        let at = queue_from(view, room) + row;
        (row < room && at < view.rows().len()).then_some(Place::Event(at))
    }

    fn about(&self, s: &SubscriberStanding) -> Vec<Painted> {
        let now = self.subscribers.now;
        let line =
            |label: &str, words: String| Painted::of(Role::Faint, format!("  {label:<7} ")).and(Role::Plain, words);
        let filter = if s.when.is_empty() { "(all)".to_owned() } else { safe(&s.when).to_string() };
        let next = s.next.filter(|at| !s.state.is_held() && *at > now.0);
        let next = next.map(|at| format!(", tried again in {}", seconds((at - now.0) / SECOND_US + 1)));
        let last = s.last.as_ref().map_or("nothing yet".to_owned(), |(at, status, error)| {
            let outcome = outcome(&s.url, *status, error.as_deref());
            format!("{} at {}", safe(&outcome), Timestamp(*at).clock(&self.place.zone))
        });
        let ok = s.ok_percent.map_or(String::new(), |n| format!(", {n} % of the last tries"));
        vec![
            line("target", safe(&s.url).to_string()),
            line("filter", filter),
            line("state", format!("{}{}", words(s), next.unwrap_or_default())),
            line("order", format!("{}; {} being sent", safe(&s.order), s.sending)),
            line("policy", safe(&s.policy).to_string()),
            line("so far", format!("{} delivered, {} given up{ok}", thousands(s.delivered), thousands(s.dead))),
            line("pace", pace(s)),
            line("last", last),
        ]
    }
}

/// What the mouse can point at.
pub(super) enum Place {
    /// A subscriber of the table.
    Subscriber(usize),
    /// A row of the queue.
    Event(usize),
}

/// Subscribers that are shown at once.
fn table_rows(height: usize) -> usize {
    (height / 3).max(3)
}

/// The first of them.
fn table_from(view: &SubscribersView, rows: usize) -> usize {
    (view.chosen.min(view.all.len().saturating_sub(1)) + 1).saturating_sub(rows)
}

/// Lines that the queue has, its title and heading included: what table and words leave.
fn queue_height(view: &SubscribersView, width: usize, height: usize) -> usize {
    let rows = table_rows(height);
    let table = (view.all.len() - table_from(view, rows)).min(rows) + 2;
    let left = height.saturating_sub(table);
    match width >= WIDE {
        true => left,
        false => left.saturating_sub(if view.row.is_some() { 3 } else { 9 }).max(4),
    }
}

/// Of these its rows; one line is for how many more there are.
fn queue_room(height: usize) -> usize {
    height.saturating_sub(3).max(1)
}

/// The first of them.
fn queue_from(view: &SubscribersView, room: usize) -> usize {
    (view.row.unwrap_or(0) + 1).saturating_sub(room)
}

/// How fast it goes, and when nothing will wait any more.
fn pace(s: &SubscriberStanding) -> String {
    let goes_on = s.state == SubscriberState::Running && s.next.is_none();
    match (s.per_min, s.waiting) {
        (0, _) => "nothing in the last minute".to_owned(),
        (rate, 1..) if !goes_on => format!("{} a minute before it stood still", thousands(rate)),
        (rate, 0) => format!("{} a minute", thousands(rate)),
        (rate, waiting) => {
            let left = i64::try_from(waiting.saturating_mul(60) / rate).unwrap_or(i64::MAX);
            format!("{} a minute: the queue is empty in {}", thousands(rate), seconds(left))
        }
    }
}

/// The subscribers, so many rows of them at most, around the chosen one.
fn table(view: &SubscribersView, width: usize, rows: usize) -> Vec<Painted> {
    let name = (width / 5).clamp(10, 24);
    let target = width.saturating_sub(name + 46);
    let heading = format!("  {} {} STATE       WAIT   DEAD     OK    P95", cell("NAME", name), cell("TARGET", target));
    let (chosen, from) = (view.chosen.min(view.all.len() - 1), table_from(view, rows));
    let shown = view.all.iter().enumerate().skip(from).take(rows);
    let inside = view.row.is_some();
    let lines = shown.map(|(n, s)| row(s, (n == chosen, inside), (name, target)));
    std::iter::once(Painted::of(Role::Strong, heading)).chain(lines).collect()
}

fn row(s: &SubscriberStanding, (chosen, inside): (bool, bool), (name, target): (usize, usize)) -> Painted {
    let mark = match (chosen, inside) {
        (true, false) => "▌ ",
        (true, true) => "· ",
        (false, _) => "  ",
    };
    let (state, role) = match s.state {
        SubscriberState::Running if s.next.is_some() && s.waiting > 0 => ("retrying", Role::Warn),
        SubscriberState::Running => ("ok", Role::Good),
        SubscriberState::WaitingForTarget => ("no target", Role::Bad),
        SubscriberState::Suspended => ("suspended", Role::Warn),
        SubscriberState::Disabled => ("disabled", Role::Bad),
    };
    let ok = s.ok_percent.map_or("-".to_owned(), |n| format!("{n}%"));
    let p95 = s.p95_us.map_or("-".to_owned(), micros);
    let strong = if chosen { Role::Strong } else { Role::Plain };
    Painted::of(strong, format!("{mark}{} ", cell(safe(&s.name).as_str(), name)))
        .and(strong, format!("{} ", cell(safe(s.url.trim_start_matches("http://")).as_str(), target)))
        .and(role, format!("{state:<9}"))
        .and(strong, format!("{:>7}", thousands(s.waiting)))
        .and(if s.dead > 0 { Role::Bad } else { strong }, format!("{:>7}", thousands(s.dead)))
        .and(strong, format!("{ok:>7}{p95:>8}"))
}

/// What waits for the chosen one, then what it has given up.
fn queue(view: &SubscribersView, s: &SubscriberStanding, (width, height): (usize, usize)) -> Vec<Painted> {
    let title = format!("  {}  queue: {} waiting, {} given up", safe(&s.name), thousands(s.waiting), thousands(s.dead));
    let mut lines = vec![Painted::of(Role::Strong, title)];
    let rows = view.rows();
    if rows.is_empty() {
        let words = if s.waiting > 0 { "  ..." } else { "  nothing waits, and nothing was given up" };
        lines.push(Painted::of(Role::Faint, words));
        return lines;
    }
    let label = width.saturating_sub(FIXED).max(8);
    let heading =
        format!("  {:<8}{}{:<6}{:<22}{:<12}WAITED", "EVENT", cell("TYPE", label), "TRY", "LAST RESULT", "NEXT");
    lines.push(Painted::of(Role::Faint, heading));
    let room = queue_room(height);
    let from = queue_from(view, room);
    let first = rows.first().filter(|(_, dead)| !dead).map(|(event, _)| event.id);
    for (n, (event, dead)) in rows.iter().enumerate().skip(from).take(room) {
        let next = if *dead { "given up".to_owned() } else { next(event, Some(event.id) == first, s, view.now) };
        let role = if *dead { Role::Bad } else { Role::Plain };
        lines.push(queued(event, (view.row == Some(n), role), (label, next, s.tries, view.now)));
    }
    let shown = (rows.len() - from).min(room) as u64;
    let more = (s.waiting + s.dead).saturating_sub(from as u64 + shown);
    if more > 0 {
        lines.push(Painted::of(Role::Faint, format!("  and {} more", thousands(more))));
    }
    lines
}

fn queued(
    event: &QueuedEvent,
    (chosen, role): (bool, Role),
    (label, next, tries, now): (usize, String, u32, Timestamp),
) -> Painted {
    let mark = if chosen { "▌ " } else { "  " };
    let role = if chosen { Role::Strong } else { role };
    let waited = seconds(now.since(event.received_at) / SECOND_US);
    let last = event.last.as_deref().unwrap_or("not tried yet");
    let tried = format!("{}/{tries}", event.attempts);
    let id = format!("#{}", event.id);
    Painted::of(role, format!("{mark}{id:<8}"))
        .and(role, cell(safe(&event.label).as_str(), label - 1))
        .and(role, format!(" {tried:<6}"))
        .and(role, cell(safe(last).as_str(), 21))
        .and(role, format!(" {next:<12}{waited}"))
}

/// When an event is tried next.
fn next(event: &QueuedEvent, first: bool, s: &SubscriberStanding, now: Timestamp) -> String {
    match (s.state, event.due) {
        (SubscriberState::Suspended | SubscriberState::Disabled, _) => "on resume".to_owned(),
        (_, Some(due)) if due > now => format!("in {} s", (due.0 - now.0) / SECOND_US + 1),
        (SubscriberState::WaitingForTarget, _) => match s.next.filter(|at| first && *at > now.0) {
            Some(at) => format!("in {}", seconds((at - now.0) / SECOND_US + 1)),
            None => "its turn".to_owned(),
        },
        (SubscriberState::Running, _) if first => "now".to_owned(),
        (SubscriberState::Running, _) => "its turn".to_owned(),
    }
}

/// `0 s`, `18 s`, `2 m 11 s`, `3 h 5 m`.
fn seconds(seconds: i64) -> String {
    match seconds.max(0) {
        short @ 0..60 => format!("{short} s"),
        mid @ 60..3600 => format!("{} m {} s", mid / 60, mid % 60),
        long => format!("{} h {} m", long / 3600, long % 3600 / 60),
    }
}

/// Two columns of lines, the left one so wide.
fn beside(left: Vec<Painted>, right: Vec<Painted>, width: usize) -> Vec<Painted> {
    let many = left.len().max(right.len());
    let mut right = right.into_iter();
    let mut left = left.into_iter();
    let mut lines = Vec::new();
    for _ in 0..many {
        let own = left.next().unwrap_or_default().window(0, width - 1);
        let gap = width - own.width();
        let other = right.next().unwrap_or_default();
        let line = own.and(Role::Plain, " ".repeat(gap));
        lines.push(other.pieces().fold(line, |line, (role, text)| line.and(role, text)));
    }
    lines
}

/// Cut or filled to so many columns.
fn cell(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    out + &" ".repeat(width - used)
}

/// How one is, in words.
pub(super) fn words(s: &SubscriberStanding) -> String {
    match (s.state, &s.held) {
        (SubscriberState::Running, _) => "at work".to_owned(),
        (SubscriberState::WaitingForTarget, _) => "waiting: its target cannot be reached".to_owned(),
        (SubscriberState::Disabled, Some(why)) => format!("disabled: {}; s goes on", safe(why)),
        (SubscriberState::Disabled, None) => "disabled; s goes on".to_owned(),
        (SubscriberState::Suspended, _) => "suspended; s goes on".to_owned(),
    }
}

fn none(app: &App) -> Vec<Painted> {
    let url = app.place.urls.first().map_or("", String::as_str);
    let plain = |text: &str| Painted::plain(format!("  {text}"));
    let strong = |text: &str| Painted::of(Role::Strong, format!("     {text}"));
    vec![
        Painted::default(),
        plain("A subscriber gets every event that its filter matches, in order, with"),
        plain("retries and a place in the log of its own: it catches up when it was down."),
        Painted::default(),
        plain("your handler, from now on, kept in the configuration"),
        strong("a   then http://127.0.0.1:3000/hooks, and a filter if not all"),
        strong("a   then exec:./handle.sh, which gets each event as JSON on its input"),
        plain("the same only for this time"),
        strong("whisper-tui --forward http://127.0.0.1:3000/hooks"),
        plain("with filters, order, retries, transforms: [[subscriber]]"),
        strong("whisper-tui check --print-config"),
        Painted::default(),
        Painted::of(Role::Faint, format!("  listening on {url}; Esc goes back to the events")),
    ]
}

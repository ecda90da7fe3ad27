//! The subscribers' view: each with what waits for it, and more about the chosen one.

use crate::app::command::Command;
use crate::app::{App, Effect};
use crate::model::{
    Painted, Role, SubscriberOrder, SubscriberStanding, SubscriberState, Timestamp, count, micros, safe, thousands,
};

use unicode_width::UnicodeWidthChar;

/// While something counts down, in microseconds.
const SECOND_US: i64 = 1_000_000;

/// What the view shows.
#[derive(Debug, Default)]
pub struct SubscribersView {
    /// How they are doing.
    pub all: Vec<SubscriberStanding>,
    chosen: usize,
    /// They have been heard of.
    known: bool,
    /// The present, for what counts down.
    now: Timestamp,
}

impl SubscribersView {
    /// Events that wait for those that work.
    pub fn waiting(&self) -> u64 {
        self.all.iter().filter(|s| !s.state.is_held()).map(|s| s.waiting).sum()
    }

    /// When the view wants to be told that time has gone on.
    pub(in crate::app) fn alarm(&self) -> Option<Timestamp> {
        let counts_down = self.all.iter().any(|s| s.next.is_some_and(|next| next > self.now.0));
        counts_down.then_some(Timestamp(self.now.0 + SECOND_US))
    }

    pub(in crate::app) fn tick(&mut self, at: Timestamp) {
        self.now = at;
    }

    fn chosen(&self) -> Option<&SubscriberStanding> {
        self.all.get(self.chosen.min(self.all.len().saturating_sub(1)))
    }
}

impl App {
    /// How the subscribers are doing now.
    pub(in crate::app) fn subscribers_are(&mut self, all: Vec<SubscriberStanding>, at: Timestamp) -> Vec<Effect> {
        let before = std::mem::take(&mut self.subscribers.all);
        let of = |list: &[SubscriberStanding], name: &str| list.iter().find(|one| one.name == name).cloned();
        for now in &all {
            match of(&before, &now.name) {
                Some(before) if before.state != now.state => {
                    let error = matches!(now.state, SubscriberState::Disabled | SubscriberState::WaitingForTarget);
                    self.journal.note(&format!("{} is {}", now.name, words(now)), error, at);
                }
                None if self.subscribers.known => {
                    self.journal.note(&format!("the subscriber {} begins", now.name), false, at);
                }
                _ => {}
            }
        }
        for gone in before.iter().filter(|one| of(&all, &one.name).is_none()) {
            self.journal.note(&format!("the subscriber {} is there no longer", gone.name), false, at);
        }
        self.subscribers.known = true;
        (self.subscribers.all, self.subscribers.now) = (all, at);
        Vec::new()
    }

    pub(super) fn subscribers_command(&mut self, command: Command) -> Vec<Effect> {
        let most = self.subscribers.all.len().saturating_sub(1);
        let chosen = self.subscribers.chosen;
        self.subscribers.chosen = match command {
            Command::Down => chosen.saturating_add(1).min(most),
            Command::Up => chosen.saturating_sub(1),
            Command::First => 0,
            Command::Last => most,
            _ => chosen,
        };
        Vec::new()
    }

    /// Suspends the chosen subscriber, or has it go on; or has it try again what it has given up.
    pub(in crate::app) fn order_subscriber(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        let Some(chosen) = self.subscribers.chosen() else { return self.say("there is no subscriber", at) };
        let held = chosen.state.is_held();
        let order = match command {
            Command::Retry if chosen.dead == 0 => {
                let text = format!("{} has given nothing up", safe(&chosen.name));
                return self.say(&text, at);
            }
            Command::Retry => SubscriberOrder::Retry,
            _ if held => SubscriberOrder::Resume,
            _ => SubscriberOrder::Suspend,
        };
        vec![Effect::Subscriber(chosen.name.clone(), order)]
    }

    /// A subscriber was told, or could not be (what, and what to do).
    pub(in crate::app) fn ordered(
        &mut self,
        (name, order): (String, SubscriberOrder),
        result: Result<(), (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        let name = safe(&name).to_string();
        match (result, order) {
            (Ok(()), SubscriberOrder::Suspend) => self.tell(&format!("{name} is suspended; s goes on"), at),
            (Ok(()), SubscriberOrder::Resume) => self.tell(&format!("{name} goes on"), at),
            (Ok(()), SubscriberOrder::Retry) => self.tell(&format!("{name} tries again what it had given up"), at),
            (Ok(()), SubscriberOrder::Hurry(event)) => self.tell(&format!("{name} tries {event} now"), at),
            (Ok(()), SubscriberOrder::Dismiss) => self.tell(&format!("{name}: what was given up is dropped"), at),
            (Err((what, hint)), _) => self.complain(&format!("{what}; {hint}"), at),
        }
    }

    pub(super) fn subscribers_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let view = &self.subscribers;
        if view.all.is_empty() {
            return ("Subscribers".to_owned(), none(self));
        }
        let name = (width / 5).clamp(10, 24);
        let target = width.saturating_sub(name + 46);
        let heading =
            format!("  {} {} STATE       WAIT   DEAD     OK    P95", cell("NAME", name), cell("TARGET", target));
        let mut lines = vec![Painted::of(Role::Strong, heading)];
        let chosen = view.chosen.min(view.all.len() - 1);
        let rows = height.saturating_sub(10).max(3);
        let from = (chosen + 1).saturating_sub(rows);
        for (n, s) in view.all.iter().enumerate().skip(from).take(rows) {
            lines.push(row(s, n == chosen, (name, target)));
        }
        lines.push(Painted::default());
        lines.extend(view.chosen().into_iter().flat_map(|s| self.about(s)));
        (format!("Subscribers · {}", view.all.len()), lines)
    }

    fn about(&self, s: &SubscriberStanding) -> Vec<Painted> {
        let line =
            |label: &str, words: String| Painted::of(Role::Faint, format!("  {label:<10} ")).and(Role::Plain, words);
        let filter = if s.when.is_empty() { "(all)".to_owned() } else { safe(&s.when).to_string() };
        let left = |at: i64| (at - self.subscribers.now.0).max(0) / SECOND_US;
        let next = s.next.filter(|_| !s.state.is_held());
        let next = next.filter(|at| *at > self.subscribers.now.0).map(|at| format!(", tried again in {} s", left(at)));
        let last = s.last.as_ref().map_or("nothing yet".to_owned(), |(at, status, error)| {
            let outcome: Vec<String> = [status.map(|n| n.to_string()), error.clone()].into_iter().flatten().collect();
            format!("{} at {}", safe(&outcome.join(", ")), Timestamp(*at).clock(&self.place.zone))
        });
        let oldest = s.oldest.map(|at| format!(", the oldest since {}", Timestamp(at).clock(&self.place.zone)));
        let queue = format!("{} waiting{}", thousands(s.waiting), oldest.unwrap_or_default());
        let done = format!("{}, {} given up", count(s.delivered, "event") + " delivered", thousands(s.dead));
        vec![
            Painted::of(Role::Strong, format!("  {}", safe(&s.name))),
            line("target", safe(&s.url).to_string()),
            line("filter", filter),
            line("state", format!("{}{}", words(s), next.unwrap_or_default())),
            line("queue", queue),
            line("so far", done),
            line("last", last),
        ]
    }
}

fn row(s: &SubscriberStanding, chosen: bool, (name, target): (usize, usize)) -> Painted {
    let mark = if chosen { "▌ " } else { "  " };
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

fn words(s: &SubscriberStanding) -> String {
    match (s.state, &s.held) {
        (SubscriberState::Running, _) => "at work".to_owned(),
        (SubscriberState::WaitingForTarget, _) => "waiting: its target cannot be reached".to_owned(),
        (SubscriberState::Disabled, Some(why)) => format!("disabled: {}; s goes on", safe(why)),
        (SubscriberState::Disabled, None) => "disabled; s goes on".to_owned(),
        (SubscriberState::Suspended, _) => "suspended".to_owned(),
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
        plain("all events to your handler, from the next start on"),
        strong("whisper-tui --forward http://127.0.0.1:3000/hooks"),
        plain("several, with filters: [[subscriber]] in the configuration"),
        strong("whisper-tui check --print-config"),
        plain("what has arrived already, by hand"),
        strong("whisper-tui resend --filter 'since:1h' --to http://127.0.0.1:3000"),
        Painted::default(),
        Painted::of(Role::Faint, format!("  listening on {url}; Esc goes back to the events")),
    ]
}

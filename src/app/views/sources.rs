//! The sources' view: each entrance with its verdicts and its rhythm, and for the chosen one what is done well about it.
//! It must not look at the log: whoever reads it gives the facts.

use crate::app::command::Command;
use crate::app::{App, Effect};
use crate::model::filter::Filter;
use crate::model::{Answered, Painted, Role, SourceFacts, Timestamp, Verdict, micros, safe};

/// It is not looked at anew more often than this, in microseconds.
const PACE_US: i64 = 2_000_000;
/// How often the silences grow on the screen.
const SECOND_US: i64 = 1_000_000;
/// Columns of a name, of a provider and of a count, where there is room and where there is little.
const ROOMY: [usize; 3] = [16, 14, 6];
const CLOSE: [usize; 3] = [13, 11, 5];
/// Columns of what is asked, and of the label of a fact.
const SKILL: usize = 18;
/// Rows of the list beside the chosen one's facts.
const LEAST: usize = 3;
/// From this width on there is room for the rhythm in the list.
const WIDE: usize = 110;

/// The view's state.
#[derive(Debug, Default)]
pub struct SourcesView {
    all: Option<Vec<SourceFacts>>,
    /// The name of the chosen one.
    chosen: Option<String>,
    /// The log has gone on since.
    behind: bool,
    /// When they were looked at, and the present.
    at: Timestamp,
    now: Timestamp,
}

impl SourcesView {
    /// When it wants to be made anew.
    pub(in crate::app) fn alarm(&self) -> Option<Timestamp> {
        let silent = self.all.as_ref().is_some_and(|all| !all.is_empty());
        let counts_up = silent.then_some(Timestamp(self.now.0 + SECOND_US));
        self.behind.then_some(Timestamp(self.at.0 + PACE_US)).into_iter().chain(counts_up).min()
    }

    /// Time has gone on; whether they are to be looked at anew.
    pub(in crate::app) fn tick(&mut self, at: Timestamp) -> bool {
        self.now = at;
        self.behind && self.at.0 + PACE_US <= at.0
    }

    /// The log has gone on.
    pub(in crate::app) fn heads(&mut self) {
        self.behind = true;
    }

    pub(in crate::app) fn take(&mut self, all: Vec<SourceFacts>, at: Timestamp) {
        (self.all, self.at, self.now) = (Some(all), at, at);
    }

    fn place(&self) -> usize {
        let all = self.all.as_deref().unwrap_or_default();
        all.iter().position(|one| Some(&one.name) == self.chosen.as_ref()).unwrap_or(0)
    }
}

impl App {
    pub(in crate::app) fn ask_sources(&mut self) -> Vec<Effect> {
        self.sources.behind = false;
        vec![Effect::Sources]
    }

    pub(in crate::app) fn sources_command(&mut self, command: Command) -> Vec<Effect> {
        let place = self.sources.place();
        let all = self.sources.all.as_deref().unwrap_or_default();
        let last = all.len().saturating_sub(1);
        let to = match command {
            Command::Down => place + 1,
            Command::Up => place.saturating_sub(1),
            Command::PageDown | Command::HalfDown => place + LEAST,
            Command::PageUp | Command::HalfUp => place.saturating_sub(LEAST),
            Command::First => 0,
            Command::Last => last,
            _ => return Vec::new(),
        };
        self.sources.chosen = all.get(to.min(last)).map(|one| one.name.clone());
        Vec::new()
    }

    /// To the events of the chosen source.
    pub(in crate::app) fn list_source(&mut self) -> Vec<Effect> {
        let chosen = self.sources.all.as_deref().unwrap_or_default().get(self.sources.place());
        let Some(filter) = chosen.map(|one| Filter::of_source(&one.name)) else { return Vec::new() };
        let before = self.list.scope.filter.clone();
        self.list_for_view(filter, before)
    }

    pub(in crate::app) fn sources_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        let Some(all) = &self.sources.all else { return ("Sources".to_owned(), vec![Painted::plain(" ...")]) };
        let title = format!("Sources: {}", all.len());
        if all.is_empty() {
            let none = " no source yet: nothing has arrived, and no [[source]] is configured";
            return (title, vec![Painted::of(Role::Faint, none)]);
        }
        let place = self.sources.place();
        let about = self.about_source(&all[place], width);
        let rows = height.saturating_sub(about.len() + 2).max(LEAST).min(all.len());
        let first = (place + 1).saturating_sub(rows);
        let mut lines = vec![Painted::of(Role::Strong, heading(width))];
        let shown = all.iter().enumerate().skip(first).take(rows);
        lines.extend(shown.map(|(n, one)| self.source_line(one, n == place, width)));
        lines.push(Painted::default());
        lines.extend(about);
        (title, lines)
    }

    fn source_line(&self, one: &SourceFacts, chosen: bool, width: usize) -> Painted {
        let mark = if chosen { "▌" } else { " " };
        let role = if chosen { Role::Strong } else { Role::Plain };
        let provider = one.provider.as_deref().unwrap_or("-");
        let [name, sender, number] = columns(width);
        let many = short(one.ever.arrived);
        let start = format!("{mark}{} {} {many:>6} ", column(&one.name, name), column(provider, sender));
        let mut line = Painted::of(role, start);
        for (verdict, ..) in Verdict::ALL {
            let many = one.ever.verdicts[verdict as usize];
            let text = if many == 0 { ".".to_owned() } else { short(many) };
            line.push(if many == 0 { Role::Faint } else { verdict.into() }, format!("{text:>number$}"));
        }
        line.push(Role::Plain, "  ");
        for skill in one.skills(&self.place.zone) {
            let (sign, role) = match skill.answered {
                Answered::Yes => ("y", Role::Good),
                Answered::No => ("N", Role::Bad),
                Answered::Unseen => ("-", Role::Faint),
            };
            line.push(role, sign);
        }
        if width >= WIDE
            && let Some((words, unusual)) = one.rhythm(self.sources.now)
        {
            line.push(if unusual { Role::Bad } else { Role::Faint }, format!("  {words}"));
        }
        line
    }

    /// The chosen one's facts and its checklist.
    fn about_source(&self, one: &SourceFacts, width: usize) -> Vec<Painted> {
        let zone = &self.place.zone;
        let fact =
            |label: &str, text: String| Painted::of(Role::Faint, format!(" {label:<SKILL$}")).and(Role::Plain, text);
        let mut lines = vec![Painted::of(Role::Strong, format!(" {}", safe(&one.name)))];
        let path = one.path.as_ref().map(|path| format!("  path {}", safe(path))).unwrap_or_default();
        let table = if one.configured { path } else { "  not in the configuration".to_owned() };
        let waits = one.deadline_us.map(|us| format!("  waits {} for the answer", micros(us))).unwrap_or_default();
        let provider = safe(one.provider.as_deref().unwrap_or("not known")).to_string();
        lines.push(fact("provider", format!("{provider}{table}{waits}")));
        let secrets =
            if one.secrets.is_empty() { "none".to_owned() } else { safe(&one.secrets.join(", ")).to_string() };
        let url = one.public_url.as_ref().map(|url| format!("  public URL {}", safe(url))).unwrap_or_default();
        lines.push(fact("secrets", format!("{secrets}{url}")));
        if let Some((at, well)) = one.recent.handshake {
            let how = if well { "answered" } else { "NOT answered well" };
            lines.push(fact("handshake", format!("{how} {} {}", at.date(zone), at.clock(zone))));
        }
        if let Some((words, unusual)) = one.rhythm(self.sources.now) {
            let role = if unusual { Role::Bad } else { Role::Plain };
            lines.push(Painted::of(Role::Faint, format!(" {:<SKILL$}", "rhythm")).and(role, words));
        }
        for skill in one.skills(zone) {
            let role = match skill.answered {
                Answered::Yes => Role::Good,
                Answered::No => Role::Bad,
                Answered::Unseen => Role::Faint,
            };
            let line = Painted::plain(format!(" {:<SKILL$}", skill.name))
                .and(role, format!("{:<4}", skill.answered.word()))
                .and(Role::Plain, safe(&skill.proof).to_string());
            lines.extend(line.wrap(width, SKILL + 5));
            if let Some(mend) = skill.mend {
                let line = Painted::of(Role::Key, format!(" {:<w$}{mend}", "", w = SKILL + 4));
                lines.extend(line.wrap(width, SKILL + 5));
            }
        }
        lines
    }
}

fn heading(width: usize) -> String {
    let [name, sender, number] = columns(width);
    let verdicts: String = Verdict::ALL.iter().map(|row| format!("{:>number$}", row.2)).collect();
    let rhythm = if width >= WIDE { "  RHYTHM" } else { "" };
    format!(" {:<name$} {:<sender$} EVENTS {verdicts}  VDQRO{rhythm}", "SOURCE", "PROVIDER")
}

fn columns(width: usize) -> [usize; 3] {
    if width >= WIDE { ROOMY } else { CLOSE }
}

/// A number in five columns.
fn short(many: u64) -> String {
    match many {
        0..10_000 => many.to_string(),
        10_000..1_000_000 => format!("{}k", many / 1_000),
        _ => format!("{}m", many / 1_000_000),
    }
}

fn column(text: &str, width: usize) -> String {
    let text: String = safe(text).to_string().chars().take(width).collect();
    format!("{text:<width$}")
}

//! Comparing two events: the first is chosen, then the second; what differs is shown part by part.
//! It must not compare: whoever reads the log does.

use super::sheet::{closes, scrolls};
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::body::{Comparison, Difference, Part};
use crate::model::{EventId, Painted, Role, Timestamp, count, safe};
use serde_json::Value;

/// The popup's state.
#[derive(Debug, PartialEq)]
pub struct Compare {
    /// The first event.
    pub a: EventId,
    /// The second.
    pub b: EventId,
    comparison: Comparison,
    /// The part in front; `None` = all of them.
    part: Option<Part>,
    /// What differs with nearly every event is shown too.
    volatile: bool,
    /// Bodies line by line as they came, in place of by key.
    raw: bool,
    /// First row shown.
    pub scroll: usize,
}

/// The parts in the order of their tabs.
const PARTS: [Option<Part>; 4] = [None, Some(Part::Body), Some(Part::Headers), Some(Part::Request)];

impl App {
    /// Chooses the first event, or compares it with this one. Where the toast offers it, the last two answers instead.
    pub(in crate::app) fn compare(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(here) = self.list.selected.as_ref().map(|row| row.id) else {
            return self.say("there is no event to compare yet", at);
        };
        if self.offered.take() == Some(here) {
            return self.changes(at);
        }
        if let [a, b] = self.list.meant()[..] {
            return vec![Effect::Compare(a, b)];
        }
        match self.compared.take() {
            Some(first) if first != here => vec![Effect::Compare(first, here)],
            Some(_) => self.say("no longer the first of two to compare", at),
            None => {
                self.compared = Some(here);
                self.say(&format!("#{here} is the first: d on another compares them, Esc cancels"), at)
            }
        }
    }

    pub(in crate::app) fn take_comparison(&mut self, a: EventId, b: EventId, comparison: Comparison) -> Vec<Effect> {
        self.toast = None;
        self.show_later(Overlay::Compare(Compare {
            a,
            b,
            comparison,
            part: None,
            volatile: false,
            raw: false,
            scroll: 0,
        }))
    }

    /// The popup's rows, wrapped to its width.
    pub fn compare_rows(&self, compare: &Compare) -> Vec<Painted> {
        let width = usize::from(self.layout().panes.inside(true).width);
        compare.lines().into_iter().flat_map(|line| line.wrap(width, 4)).collect()
    }

    pub(in crate::app) fn compare_key(&mut self, key: Key) -> Vec<Effect> {
        let height = usize::from(self.layout().panes.inside(true).height);
        let Overlay::Compare(compare) = &self.overlay else { return Vec::new() };
        let most = self.compare_rows(compare).len().saturating_sub(height);
        if closes(key) {
            return self.close();
        }
        let by = match key.code {
            Code::Char('n') => 1,
            Code::Char('N') => -1,
            _ => scrolls(key, height),
        };
        let Overlay::Compare(compare) = &mut self.overlay else { return Vec::new() };
        compare.scroll = compare.scroll.saturating_add_signed(by).min(most);
        let turn = match key.code {
            Code::Char(']' | ')') | Code::Tab | Code::Right => 1,
            Code::Char('[' | '(') | Code::BackTab | Code::Left => -1,
            Code::Char('m') => {
                compare.raw = !compare.raw;
                compare.scroll = 0;
                0
            }
            Code::Char('.') => {
                compare.volatile = !compare.volatile;
                compare.scroll = 0;
                0
            }
            _ => 0,
        };
        if turn != 0 {
            let at = PARTS.iter().position(|part| *part == compare.part).unwrap_or(0) as isize;
            compare.part = PARTS[(at + turn).rem_euclid(PARTS.len() as isize) as usize];
            compare.scroll = 0;
        }
        Vec::new()
    }
}

impl Compare {
    fn of(&self, part: Option<Part>) -> impl Iterator<Item = &Difference> {
        let raw = self.raw && !self.comparison.by_line;
        let by_key = self.comparison.differences.iter().filter(move |d| !(raw && d.part == Part::Body));
        let lines = self.comparison.raw.iter().filter(move |_| raw);
        by_key.chain(lines).filter(move |d| part.is_none_or(|part| d.part == part))
    }

    /// The tabs, each with how much differs in it.
    fn tabs(&self) -> String {
        let tab = |part: &Option<Part>| {
            let name = match part {
                None => "All",
                Some(Part::Body) => "Body",
                Some(Part::Headers) => "Headers",
                Some(Part::Request) => "Request",
            };
            let text = format!("{name} {}", self.of(*part).filter(|d| !d.volatile).count());
            if *part == self.part { format!("[{text}]") } else { format!(" {text} ") }
        };
        PARTS.iter().map(tab).collect::<Vec<_>>().join(" ")
    }

    fn lines(&self) -> Vec<Painted> {
        let mut lines = vec![Painted::of(Role::Strong, self.tabs())];
        lines.extend(self.of(self.part).filter(|d| self.volatile || !d.volatile).flat_map(difference));
        if lines.len() == 1 {
            lines.push(Painted::plain("nothing differs here"));
        }
        if self.comparison.only_written_otherwise && self.part.is_none_or(|part| part == Part::Body) {
            lines.push(Painted::of(Role::Warn, "the bodies say the same, though not with the same bytes"));
        }
        if self.comparison.cut {
            lines.push(Painted::of(Role::Warn, "only the first 1 MB of each body is compared"));
        }
        let hidden: Vec<String> =
            self.of(self.part).filter(|d| d.volatile).map(|d| safe(&d.path).to_string()).collect();
        if !hidden.is_empty() && !self.volatile {
            let text = format!("left out, for it differs every time: {}  (. shows it)", hidden.join(", "));
            lines.push(Painted::of(Role::Faint, text));
        }
        lines.push(Painted::of(
            Role::Faint,
            format!("{} of the body equal", count(self.comparison.equal as u64, "value")),
        ));
        lines
    }
}

/// The lines of one difference: `-` only in the first event, `+` only in the second, both where it changed.
pub fn difference(d: &Difference) -> Vec<Painted> {
    let path = safe(&d.path).to_string();
    let line = |sign: &str, role, value: &Value| {
        Painted::of(role, format!("{sign} {path}  ")).and(role, safe(&shown(value)).to_string())
    };
    if let Some(name) = &d.renamed {
        let text = format!("~ {path}  is written {} in the second", safe(name));
        return vec![Painted::of(Role::Warn, text)];
    }
    let mut lines = Vec::new();
    lines.extend(d.a.as_ref().map(|value| line("-", Role::Bad, value)));
    lines.extend(d.b.as_ref().map(|value| line("+", Role::Good, value)));
    if let (Some(last), Some(by)) = (lines.last_mut(), by_how_much(d)) {
        *last = std::mem::take(last).and(Role::Faint, by);
    }
    lines
}

/// A value in one line; a large one by its size.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(map) if map.contains_key("redacted") => "••••".to_owned(),
        Value::Object(map) => format!("{{{}}}", count(map.len() as u64, "key")),
        Value::Array(list) => format!("[{}]", count(list.len() as u64, "element")),
        other => other.to_string(),
    }
}

/// `  +700 (+16.7 %)` between two numbers.
fn by_how_much(d: &Difference) -> Option<String> {
    let (a, b) = (d.a.as_ref()?.as_f64()?, d.b.as_ref()?.as_f64()?);
    let percent = if a == 0.0 { String::new() } else { format!(" ({:+.1} %)", (b - a) / a.abs() * 100.0) };
    Some(format!("  {:+}{percent}", b - a))
}

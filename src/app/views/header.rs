//! The words of the screen's first row: where it is listened, the views, what there is.

use super::View;
use crate::app::App;
use crate::model::{count, safe, thousands};
use unicode_width::UnicodeWidthStr;

/// Columns from which there is room for the whole URL.
const ROOMY: u16 = 100;

/// The parts of the first row.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether it is listened: `LIVE` only if the sockets accept and the last commit worked.
    pub state: &'static str,
    /// That is so.
    pub well: bool,
    /// Where.
    pub place: String,
    /// What acts on answers.
    pub acting: String,
    /// The views, each with the column where it begins; the one in front in brackets.
    pub tabs: Vec<(u16, View, String)>,
    /// What there is, to the right.
    pub counts: String,
}

impl App {
    /// The words of the first row, as far as they fit.
    pub fn header(&self) -> Header {
        let (state, well) = match self.health.problem() {
            _ if self.health.gone => ("✗ NOT LISTENING", false),
            None => ("● LIVE", true),
            Some(_) => ("▲ DEGRADED", false),
        };
        let place = self.place_words();
        let width = usize::from(self.size.0);
        let acting = self.acting();
        let start = 1 + state.width() + 1 + place.width() + acting.width() + 2;
        let named = self.tabs(start, |view| view.name().to_owned() + &self.badge(view));
        let end =
            |tabs: &[(u16, View, String)]| tabs.last().map_or(start, |(x, _, text)| usize::from(*x) + text.width());
        let counts = [self.counts(), thousands(self.list.total), String::new()];
        let fits = |tabs: &[(u16, View, String)], counts: &str| end(tabs) + counts.width() + 2 <= width;
        // Only the view in front has its name where there is little room.
        let short = self.tabs(start, |view| if view == self.view { view.name().to_owned() } else { String::new() });
        for tabs in [named, short.clone()] {
            if let Some(counts) = counts.iter().find(|counts| fits(&tabs, counts)) {
                return Header { state, well, place, acting, tabs, counts: counts.clone() };
            }
        }
        Header { state, well, place, acting, tabs: short, counts: String::new() }
    }

    fn place_words(&self) -> String {
        let url = self.place.urls.first().map_or("", String::as_str);
        let others = match self.place.urls.len() {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        match url.rsplit_once(':') {
            Some((_, port)) if self.size.0 < ROOMY => format!(":{port}{others}"),
            _ => format!("{url}{others}"),
        }
    }

    fn tabs(&self, start: usize, name: impl Fn(View) -> String) -> Vec<(u16, View, String)> {
        let mut x = start;
        let tab = |(n, view): (usize, View)| {
            let text = format!("{} {}", n + 1, name(view));
            let text = text.trim_end();
            let text = if view == self.view { format!("[{text}]") } else { format!(" {text} ") };
            let at = x as u16;
            x += text.width();
            (at, view, text)
        };
        View::ALL.into_iter().enumerate().map(tab).collect()
    }

    /// Errors that nobody has looked at.
    fn badge(&self, view: View) -> String {
        let waiting = self.subscribers.waiting();
        match (view, self.journal.unseen) {
            (View::Subscribers, _) if waiting > 0 => format!("·{}", thousands(waiting)),
            (View::Log, n @ 1..) => format!("·{n}!"),
            _ => String::new(),
        }
    }

    fn counts(&self) -> String {
        let under_way = match &self.batch {
            Some(batch) => format!("re-sending {} of {}", batch.done + 1, batch.total),
            None if self.sending > 0 => format!("sending {}", self.sending),
            None => String::new(),
        };
        let health = |n: u64, words: &str| if n > 0 { format!("{} {words}", thousands(n)) } else { String::new() };
        let running = self.running.as_ref().map(|command| format!("running {}", safe(command)));
        let parts = [
            running.unwrap_or_default(),
            under_way,
            health(self.health.uncounted, "rejected only counted"),
            health(self.health.refused, "answered 503"),
            count(self.list.total, "event"),
        ];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
    }
}

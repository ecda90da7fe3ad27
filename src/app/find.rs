//! Finding text in the tab in front: a prompt, the hits with their count, and the way from one to the next.
//! It must not search while one types: a body may have 25 MB.

use super::over::edit_request;
use super::{App, Code, Effect, Key, Overlay, Tab};
use crate::model::Timestamp;
use regex::{Regex, RegexBuilder};
use tui_input::Input;

/// Hits that are counted.
const MOST: usize = 100_000;

/// What is looked for, and where it stands in the tab in front.
#[derive(Clone, Debug)]
pub struct Find {
    /// The text as it was typed.
    pub text: String,
    /// Finds it, letter case ignored.
    pub needle: Regex,
    /// Lines with hits, ascending; a line of the body stands as often as it has hits.
    pub hits: Vec<usize>,
    /// Which of them was gone to last.
    at: usize,
    /// The tab that was searched.
    tab: Tab,
}

impl App {
    pub(super) fn open_find(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.detail.opened.is_none() {
            return self.say("there is no event to search yet", at);
        }
        self.open(Overlay::Find(Input::default()))
    }

    pub(super) fn find_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Find(input) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc => return self.close(),
            Code::Enter => {
                let text = input.value().to_owned();
                self.overlay = Overlay::None;
                self.detail.find = None;
                return if text.is_empty() { Vec::new() } else { self.find(text, at) };
            }
            _ => {}
        }
        if let Some(request) = edit_request(key) {
            input.handle(request);
        }
        Vec::new()
    }

    fn find(&mut self, text: String, at: Timestamp) -> Vec<Effect> {
        let needle = RegexBuilder::new(&regex::escape(&text)).case_insensitive(true).build();
        let Ok(needle) = needle else { return self.complain("that is too long to look for", at) };
        let (hits, tab) = (self.hits(&text, &needle), self.detail.tab);
        let line = if tab == Tab::Body { self.detail.cursor } else { 0 };
        let first = hits.iter().position(|hit| *hit >= line).unwrap_or(0);
        let none = hits.is_empty();
        self.detail.find = Some(Find { text: text.clone(), needle, hits, at: first, tab });
        match none {
            true => self.say(&format!("`{text}` is not in this tab"), at),
            false => self.show_hit(at),
        }
    }

    /// Lines of the tab in front that hold the text, before they are wrapped.
    fn hits(&self, text: &str, needle: &Regex) -> Vec<usize> {
        let Some(opened) = &self.detail.opened else { return Vec::new() };
        if self.detail.tab == Tab::Body {
            return opened.body.find(self.detail.mode, text, MOST);
        }
        let lines = self.tab_lines(self.detail.tab, opened, self.layout().detail_lines().width.into());
        let holding = lines.iter().enumerate().filter(|(_, line)| needle.is_match(&line.to_string()));
        holding.map(|(n, _)| n).collect()
    }

    /// To the next or the previous hit, around the ends.
    pub(super) fn go_to_hit(&mut self, by: isize, at: Timestamp) -> Vec<Effect> {
        let Some(find) = self.detail.find.clone() else { return self.say("nothing is looked for: / asks", at) };
        if find.tab != self.detail.tab {
            return self.find(find.text, at);
        }
        // The other tabs are small and may have changed; a body has not.
        let hits = if find.tab == Tab::Body { find.hits } else { self.hits(&find.text, &find.needle) };
        if hits.is_empty() {
            return self.say(&format!("`{}` is not in this tab", find.text), at);
        }
        let number = (find.at as isize + by).rem_euclid(hits.len() as isize) as usize;
        self.detail.find = Some(Find { at: number, hits, ..find });
        self.show_hit(at)
    }

    fn show_hit(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(find) = self.detail.find.clone() else { return Vec::new() };
        self.show_line(find.hits[find.at]);
        let many = if find.hits.len() == MOST { "+" } else { "" };
        let (number, of) = (find.at + 1, find.hits.len());
        self.say(&format!("`{}`: hit {number} of {of}{many}  n next  N previous", find.text), at)
    }

    fn show_line(&mut self, line: usize) {
        let area = self.layout().detail_lines();
        if self.detail.tab == Tab::Body {
            return self.detail.go_to(line, area);
        }
        let Some(opened) = &self.detail.opened else { return };
        let before = self.tab_lines(self.detail.tab, opened, area.width.into()).into_iter().take(line);
        let rows: usize = before.map(|line| self.tab_line_rows(line, area.width).len()).sum();
        self.detail.set_scroll(0);
        self.scroll_detail(rows.try_into().unwrap_or(isize::MAX));
    }
}

//! Finding text in the tab in front: a prompt, the hits with their count, and the way from one to the next.
//! It must not search while one types: a body may have 25 MB.

use super::dialog::edit_request;
use super::{App, Code, Effect, Key, Overlay, Tab};
use crate::model::Timestamp;
use tui_input::Input;

/// Hits that are counted.
const MOST: usize = 100_000;

/// What is looked for, and where it stands in the tab in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Find {
    /// The text, letter case ignored.
    pub text: String,
    /// Lines with hits, ascending; a line stands as often as it has hits.
    pub hits: Vec<usize>,
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
        let (hits, tab) = (self.hits(&text), self.detail.tab);
        let none = hits.is_empty();
        self.detail.find = Some(Find { text: text.clone(), hits, tab });
        if none {
            return self.say(&format!("`{text}` is not in this tab"), at);
        }
        self.go_to_hit(Direction::Here, at)
    }

    /// Lines of the tab in front that hold the text.
    fn hits(&self, text: &str) -> Vec<usize> {
        let Some(opened) = &self.detail.opened else { return Vec::new() };
        if self.detail.tab == Tab::Body {
            return opened.body.find(self.detail.mode, text, MOST);
        }
        let text = text.to_lowercase();
        let rows = self.tab_rows(self.layout().detail_lines().width).into_iter().enumerate();
        rows.filter(|(_, row)| row.to_string().to_lowercase().contains(&text)).map(|(n, _)| n).collect()
    }

    /// To the next or the previous hit, around the ends.
    pub(super) fn go_to_hit(&mut self, direction: Direction, at: Timestamp) -> Vec<Effect> {
        let Some(find) = self.detail.find.clone() else { return self.say("nothing is looked for: / asks", at) };
        if find.tab != self.detail.tab {
            return self.find(find.text, at);
        }
        let line = if find.tab == Tab::Body { self.detail.cursor } else { self.detail.scroll() };
        let number = match direction {
            Direction::Here => find.hits.iter().position(|hit| *hit >= line).or(find.hits.first().map(|_| 0)),
            Direction::Next => find.hits.iter().position(|hit| *hit > line).or(find.hits.first().map(|_| 0)),
            Direction::Previous => find.hits.iter().rposition(|hit| *hit < line).or(find.hits.len().checked_sub(1)),
        };
        let Some(number) = number else { return self.say(&format!("`{}` is not in this tab", find.text), at) };
        self.show_line(find.hits[number]);
        let many = if find.hits.len() == MOST { "+" } else { "" };
        self.say(&format!("`{}`: hit {} of {}{many}  n next  N previous", find.text, number + 1, find.hits.len()), at)
    }

    fn show_line(&mut self, line: usize) {
        let area = self.layout().detail_lines();
        match self.detail.tab {
            Tab::Body => self.detail.go_to(line, area),
            _ => {
                self.detail.set_scroll(0);
                self.scroll_detail(line.try_into().unwrap_or(isize::MAX));
            }
        }
    }
}

/// Where from the cursor to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From its own line on.
    Here,
    /// Below it.
    Next,
    /// Above it.
    Previous,
}

//! The filter of the list: typed in a prompt, in force while it is typed, kept until it is taken away.
//! It must not decide what matches, nor count: whoever reads the log does.

use super::dialog::edit_request;
use super::offers::{Offer, Offers};
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::filter::complete::{self, Asked};
use crate::model::filter::{Filter, FilterError, Saved, Subject};
use crate::model::{EventId, StoredEvent, SuggestWish, Suggestions, Timestamp};
use jiff::tz::TimeZone;
use tui_input::Input;

/// How long nothing is typed before what was typed is in force, in microseconds.
const REST_US: i64 = 60_000;

/// Largest body that is asked why it does not match, in bytes: that is done while one types.
const LARGEST: u64 = 1 << 20;

/// The language on a page.
pub const SYNTAX: [(&str, &str); 12] = [
    ("source:stripe -sig:ok", "both; OR, - or NOT, brackets"),
    ("type:invoice.*,push", "whole value, * any text, any of"),
    ("body.a.b:>40 body.l[*].n:7", "JSON; also header.N: query.N:"),
    ("size:>64k ack:>50ms skew:<-1s", "b k m, us ms s m h d"),
    ("since:10m before:10:12", "ago, or a time; Z is allowed"),
    ("at:10:12..10:13 at:2026-11-23", "both ends are included"),
    ("id:5..9 answer:5xx tries:>2", "numbers and classes"),
    ("subscriber:a status:5xx", "of one and the same delivery"),
    ("is:unread is:problem is:pinned", "states; Tab after is: has all"),
    ("has:body.error -has:note", "presence"),
    ("word \"two words\" /reg(ex)?/", "path, type, header, body"),
    ("@name", "a saved one; :save NAME"),
];

/// The prompt.
#[derive(Debug)]
pub struct FilterPrompt {
    /// What is typed.
    pub input: Input,
    /// What is wrong with it; what is shown stays.
    pub wrong: Option<FilterError>,
    /// What can stand in the place of the word at the cursor.
    pub offers: Offers,
    /// The language is shown in place of that.
    pub syntax: bool,
    /// What Esc brings back.
    before: Option<Filter>,
    /// Whether the list followed, and which event was selected.
    stood: (bool, Option<EventId>),
    /// Why the event that was selected is left out, in words; untrusted text.
    pub explained: Option<String>,
    /// The event that was selected when the prompt was opened.
    about: Option<Box<StoredEvent>>,
    /// The word is to be completed as soon as it is known by what.
    completes: bool,
    /// When what is typed will be in force.
    due: Option<Timestamp>,
}

impl App {
    pub(in crate::app) fn open_filter(&mut self, at: Timestamp) -> Vec<Effect> {
        let text = self.list.scope.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        self.open_filter_with(text, at)
    }

    /// To ask why a filter leaves the selected event out: the one in force, else the last one.
    pub(in crate::app) fn open_explain(&mut self, at: Timestamp) -> Vec<Effect> {
        let text = self.list.scope.filter.as_ref().map(ToString::to_string);
        let text = text.or_else(|| self.histories.filter.last()).unwrap_or_default();
        self.open_filter_with(text, at)
    }

    fn open_filter_with(&mut self, text: String, at: Timestamp) -> Vec<Effect> {
        self.histories.filter.begin();
        let selected = self.list.selected.as_ref().map(|row| row.id);
        let opened = self.detail.opened.as_ref().map(|opened| &opened.stored);
        let about = opened.filter(|stored| Some(stored.id) == selected && stored.size <= LARGEST);
        let about = about.map(|stored| Box::new(stored.clone()));
        let mut prompt = FilterPrompt {
            input: Input::new(text),
            wrong: None,
            offers: Offers::default(),
            syntax: false,
            before: self.list.scope.filter.clone(),
            stood: (self.list.follow, selected),
            explained: None,
            about,
            completes: false,
            due: None,
        };
        let asked = prompt.look(&self.place.saved);
        prompt.explain((at, &self.place.zone), &self.place.saved);
        self.overlay = Overlay::Filter(Box::new(prompt));
        vec![asked]
    }

    pub(in crate::app) fn filter_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let saved = &self.place.saved;
        let Overlay::Filter(prompt) = &mut self.overlay else { return Vec::new() };
        let at_end = prompt.input.cursor() == prompt.input.value().chars().count();
        prompt.completes = false;
        match key.code {
            Code::Esc => {
                let (before, (follow, selected)) = (prompt.before.take(), prompt.stood);
                self.overlay = Overlay::None;
                let mut effects = self.filter(before);
                // Where nothing has matched meanwhile nothing is selected any more.
                if let Some(id) = selected.filter(|_| !effects.is_empty() && !follow) {
                    effects = self.list.jump(id);
                }
                return effects;
            }
            Code::F1 => {
                prompt.syntax = !prompt.syntax;
                return Vec::new();
            }
            Code::Enter => return self.keep_filter(at),
            Code::Up | Code::Down => self.histories.filter.go(&mut prompt.input, key.code == Code::Up),
            Code::Tab if prompt.offers.are_to_come() => {
                prompt.completes = true;
                return Vec::new();
            }
            Code::Tab | Code::BackTab => prompt.offers.complete(&mut prompt.input, key.code == Code::BackTab),
            Code::Right if at_end && prompt.ghost().is_some() => {
                let ghost = prompt.ghost().unwrap_or_default();
                let text = format!("{}{ghost}", prompt.input.value());
                prompt.input = Input::new(text);
                prompt.offers.forget();
            }
            _ => {
                let Some(request) = edit_request(key) else { return Vec::new() };
                prompt.input.handle(request);
                prompt.offers.forget();
            }
        }
        prompt.wrong = None;
        prompt.due = Some(Timestamp(at.0 + REST_US));
        if prompt.offers.is_cycling() { Vec::new() } else { vec![prompt.look(saved)] }
    }

    /// What was pasted counts like what was typed.
    pub(in crate::app) fn filter_pasted(&mut self, at: Timestamp) -> Vec<Effect> {
        let Overlay::Filter(prompt) = &mut self.overlay else { return Vec::new() };
        prompt.due = Some(Timestamp(at.0 + REST_US));
        prompt.offers.forget();
        vec![prompt.look(&self.place.saved)]
    }

    fn keep_filter(&mut self, at: Timestamp) -> Vec<Effect> {
        let Overlay::Filter(prompt) = &mut self.overlay else { return Vec::new() };
        if let Some(line) = prompt.input.value().trim().strip_prefix(':') {
            // It is about the filter that is in force.
            let line = line.to_owned();
            self.overlay = Overlay::None;
            return self.verb_line(&line, at);
        }
        match prompt.read(&self.place.saved) {
            Ok(filter) => {
                self.histories.filter.keep(prompt.input.value());
                self.overlay = Overlay::None;
                self.filter(filter)
            }
            // What is shown stays.
            Err(wrong) => {
                (prompt.wrong, prompt.due) = (Some(wrong), None);
                Vec::new()
            }
        }
    }

    /// Nothing was typed for a moment: what stands there is in force, or what is wrong with it is said.
    pub(in crate::app) fn filter_rests(&mut self, at: Timestamp) -> Vec<Effect> {
        let Overlay::Filter(prompt) = &mut self.overlay else { return Vec::new() };
        if prompt.due.take_if(|due| *due <= at).is_none() {
            return Vec::new();
        }
        prompt.explain((at, &self.place.zone), &self.place.saved);
        match prompt.read(&self.place.saved) {
            Ok(filter) => self.filter(filter),
            Err(wrong) if wrong.unfinished => Vec::new(),
            Err(wrong) => {
                prompt.wrong = Some(wrong);
                Vec::new()
            }
        }
    }

    /// When that will be.
    pub(in crate::app) fn filter_due(&self) -> Option<Timestamp> {
        match &self.overlay {
            Overlay::Filter(prompt) => prompt.due,
            _ => None,
        }
    }

    /// What occurs in the place of the word that is being typed.
    pub(in crate::app) fn suggested(&mut self, wish: &SuggestWish, found: Suggestions, at: Timestamp) -> Vec<Effect> {
        let Overlay::Filter(prompt) = &mut self.overlay else { return Vec::new() };
        prompt.offers.take(wish, found, &self.place.saved);
        match prompt.completes && !prompt.offers.awaited {
            true => self.filter_key(Key { code: Code::Tab, ctrl: false }, at),
            false => Vec::new(),
        }
    }

    pub(in crate::app) fn filter(&mut self, filter: Option<Filter>) -> Vec<Effect> {
        if self.list.scope.filter == filter {
            return Vec::new();
        }
        self.overview.heads();
        self.show(|scope| scope.filter = filter)
    }
}

impl FilterPrompt {
    /// What stands there; nothing is no filter.
    fn read(&self, saved: &Saved) -> Result<Option<Filter>, FilterError> {
        match self.input.value().trim() {
            "" => Ok(None),
            text => Filter::parse_with(text, saved).map(Some),
        }
    }

    /// Says why the event that was selected is left out by what is typed.
    fn explain(&mut self, (now, zone): (Timestamp, &TimeZone), saved: &Saved) {
        let Some(about) = &self.about else { return };
        let Ok(filter) = self.read(saved) else {
            // It would be said of another filter.
            self.explained = None;
            return;
        };
        let why = filter.map(|filter| filter.explain(&Subject { event: about, now, zone }));
        self.explained = why.map(|why| match why {
            Some(why) => format!("#{} is left out by {}: {}", about.id, why.clause, why.found),
            None => format!("#{} matches", about.id),
        });
    }

    /// Looks at the word at the cursor, and asks what occurs in its place.
    fn look(&mut self, saved: &Saved) -> Effect {
        let text = self.input.value();
        let cursor = text.char_indices().nth(self.input.cursor()).map_or(text.len(), |(at, _)| at);
        let typing = complete::typing(text, cursor);
        let rest = complete::rest(text, &typing, saved);
        let saved_too = matches!(&typing.wanted, Asked::Name(begin) if begin.is_empty() || begin.starts_with('@'));
        let wish = SuggestWish {
            wanted: typing.wanted.clone(),
            rest,
            saved: if saved_too { saved.iter().map(|(name, _)| name.to_owned()).collect() } else { Vec::new() },
        };
        self.offers.begin(typing, saved);
        Effect::Suggest(wish)
    }

    /// How the word at the cursor would go on.
    pub fn ghost(&self) -> Option<String> {
        let at_end = self.input.cursor() == self.input.value().chars().count();
        self.offers.ghost().filter(|_| at_end && !self.input.value().is_empty())
    }

    /// What can stand in the place of the word, the one that is chosen marked.
    pub fn shown(&self) -> impl Iterator<Item = (bool, &Offer)> {
        self.offers.shown()
    }
}

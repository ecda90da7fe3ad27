//! What is asked for about subscribers: where one more shall get its events, and what is to be replayed to one.

use super::dialog::edit_request;
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::filter::{Filter, FilterError, Saved};
use crate::model::{Destination, SetupOrder};
use tui_input::Input;

/// A line about a subscriber that is being typed.
#[derive(Debug)]
pub struct Subscribe {
    /// What is typed.
    pub input: Input,
    /// What was wrong with it.
    pub wrong: Option<FilterError>,
    /// To whom is replayed; `None` = one more is added.
    pub replay: Option<String>,
}

impl Subscribe {
    /// What is asked for.
    pub fn question(&self) -> String {
        match &self.replay {
            None => "Send events to (URL and filter, or exec:COMMAND)".to_owned(),
            Some(name) => format!("Replay to {name}: events that match"),
        }
    }
}

impl App {
    pub(in crate::app) fn open_subscribe(&mut self) -> Vec<Effect> {
        self.open(Overlay::Subscribe(Subscribe { input: Input::default(), wrong: None, replay: None }))
    }

    pub(in crate::app) fn open_replay(&mut self, name: String) -> Vec<Effect> {
        let input = Input::new("since:1h".to_owned());
        self.open(Overlay::Subscribe(Subscribe { input, wrong: None, replay: Some(name) }))
    }

    pub(in crate::app) fn subscribe_key(&mut self, key: Key) -> Vec<Effect> {
        let saved = &self.place.saved;
        let Overlay::Subscribe(asked) = &mut self.overlay else { return Vec::new() };
        asked.wrong = None;
        match (key.code, &asked.replay) {
            (Code::Esc, _) => return self.close(),
            (Code::Enter, None) => match added(asked.input.value(), saved) {
                Ok(order) => {
                    self.overlay = Overlay::None;
                    return vec![Effect::SetUp(order)];
                }
                Err(wrong) => asked.wrong = Some(wrong),
            },
            (Code::Enter, Some(name)) => match Filter::parse_with(asked.input.value(), saved) {
                Ok(filter) => {
                    let effect = Effect::Replayable(name.clone(), filter);
                    self.overlay = Overlay::None;
                    return vec![effect];
                }
                Err(wrong) => asked.wrong = Some(wrong),
            },
            _ => {
                if let Some(request) = edit_request(key) {
                    asked.input.handle(request);
                }
            }
        }
        Vec::new()
    }
}

/// `URL FILTER`, or `exec:COMMAND`, which has the whole line.
fn added(text: &str, saved: &Saved) -> Result<SetupOrder, FilterError> {
    let text = text.trim();
    let (target, when) = match text.split_once(char::is_whitespace).filter(|_| !text.starts_with("exec:")) {
        Some((target, when)) => (target, when.trim()),
        None => (text, ""),
    };
    let wrong =
        |e: crate::model::TargetError| FilterError { at: 0, what: e.to_string(), hint: e.hint(), unfinished: false };
    Destination::parse(target).map_err(wrong)?;
    let at = text.len() - when.len();
    Filter::parse_with(when, saved).map_err(|e| FilterError { at: at + e.at, ..e })?;
    Ok(SetupOrder::Add { target: target.to_owned(), when: when.to_owned() })
}

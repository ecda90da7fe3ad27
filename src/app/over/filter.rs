//! The filter of the list: asked for in a prompt, kept until it is taken away.
//! It must not decide what matches: whoever reads the log does.

use super::dialog::edit_request;
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::filter::Filter;
use tui_input::Input;

impl App {
    pub(in crate::app) fn open_filter(&mut self) -> Vec<Effect> {
        self.histories.filter.begin();
        let text = self.list.scope.filter.as_ref().map(ToString::to_string).unwrap_or_default();
        self.open(Overlay::Filter(Input::new(text), None))
    }

    pub(in crate::app) fn filter_key(&mut self, key: Key) -> Vec<Effect> {
        let Overlay::Filter(input, error) = &mut self.overlay else { return Vec::new() };
        *error = None;
        match key.code {
            Code::Up | Code::Down => self.histories.filter.go(input, key.code == Code::Up),
            Code::Esc => return self.close(),
            Code::Enter if input.value().trim().is_empty() => {
                self.overlay = Overlay::None;
                return self.filter(None);
            }
            Code::Enter => match Filter::parse_with(input.value(), &self.place.saved) {
                Ok(filter) => {
                    self.histories.filter.keep(input.value());
                    self.overlay = Overlay::None;
                    return self.filter(Some(filter));
                }
                // What is shown stays.
                Err(wrong) => *error = Some(wrong),
            },
            _ => {
                if let Some(request) = edit_request(key) {
                    input.handle(request);
                }
            }
        }
        Vec::new()
    }

    pub(in crate::app) fn filter(&mut self, filter: Option<Filter>) -> Vec<Effect> {
        if self.list.scope.filter == filter {
            return Vec::new();
        }
        self.show(|scope| scope.filter = filter)
    }
}

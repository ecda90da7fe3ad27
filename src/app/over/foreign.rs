//! The first event to a target beyond this machine: its host has to be typed, for what is sent cannot be taken back.

use super::dialog::edit_request;
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::{ResendOrder, Target, Timestamp};
use tui_input::Input;

/// What waits for the host to be typed.
#[derive(Debug)]
pub struct Foreign {
    order: ResendOrder,
    /// The host.
    pub host: String,
    /// What has been typed of it.
    pub input: Input,
}

impl App {
    /// Sends, after the host of a target that is neither loopback nor known has been typed.
    pub(in crate::app) fn send_with_care(&mut self, order: ResendOrder, target: &Target, at: Timestamp) -> Vec<Effect> {
        if self.is_known(target) {
            return self.send(order, at);
        }
        self.open(Overlay::Foreign(Foreign { order, host: target.host(), input: Input::default() }))
    }

    /// Whether it is this machine, or was sent to before.
    pub(in crate::app) fn is_known(&self, target: &Target) -> bool {
        let used = |used: &String| Target::parse(used).is_ok_and(|used| used.origin() == target.origin());
        target.is_loopback() || self.targets.iter().any(used)
    }

    pub(in crate::app) fn foreign_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Foreign(foreign) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc => return self.close(),
            Code::Enter if foreign.input.value().trim() == foreign.host => {
                let order = foreign.order.clone();
                self.overlay = Overlay::None;
                return self.send(order, at);
            }
            Code::Enter => {
                let text = format!("that is not {}: nothing is sent", foreign.host);
                self.overlay = Overlay::None;
                return self.say(&text, at);
            }
            _ => {}
        }
        if let Some(request) = edit_request(key) {
            foreign.input.handle(request);
        }
        Vec::new()
    }
}

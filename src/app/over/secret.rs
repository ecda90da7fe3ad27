//! Asking for a secret for the sender of the selected event: one that the doctor has found, or one that is typed.
//! It must not show what is typed, nor keep it longer than the prompt is open.

use super::{edit_request, pasted};
use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::{EventId, NewSecret, SecretOrder, SecretRef, Timestamp};
use std::fmt;
use tui_input::{Input, InputRequest};

/// The prompt's state.
pub struct SecretPrompt {
    /// The event that shows the sender.
    pub event: EventId,
    /// The sender.
    pub provider: String,
    /// A secret that is configured elsewhere and makes its signature right.
    pub cure: Option<SecretRef>,
    /// A secret that came with a set-up question.
    pub(in crate::app) arrived: Option<String>,
    /// What is typed.
    pub(in crate::app) typed: Input,
}

/// Without what was typed.
impl fmt::Debug for SecretPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretPrompt(#{} {})", self.event, self.provider)
    }
}

impl SecretPrompt {
    /// What is asked.
    pub fn question(&self) -> String {
        match (&self.cure, &self.arrived) {
            (Some(cure), _) => format!("Enter uses {} for {}; or type another secret", cure.name(), self.provider),
            (None, Some(_)) => format!("Enter keeps the secret that came for {}; or type another", self.provider),
            (None, None) => format!("Secret for {} (kept here, not shown)", self.provider),
        }
    }

    pub(in crate::app) fn paste(&mut self, text: &str) {
        for c in pasted(text) {
            self.typed.handle(InputRequest::InsertChar(c));
        }
    }

    /// A dot for each character that was typed.
    pub fn dots(&self) -> Input {
        Input::new("•".repeat(self.typed.value().chars().count()))
    }
}

impl App {
    /// Opens the prompt, for the sender of the event that is shown.
    pub(in crate::app) fn open_secret(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(opened) = self.current() else { return Vec::new() };
        let Some(provider) = opened.stored.event.provider.clone() else {
            let text = "who sent this is not known: a [[source]] with its provider says so";
            return self.say(text, at);
        };
        let cure = opened.diagnosis.as_ref().and_then(|found| found.cure.clone());
        let prompt = SecretPrompt {
            event: opened.stored.id,
            provider,
            cure,
            arrived: opened.arriving.clone(),
            typed: Input::default(),
        };
        self.open(Overlay::Secret(prompt))
    }

    pub(in crate::app) fn secret_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Secret(prompt) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc => return self.close(),
            Code::Enter => {
                let typed = prompt.typed.value_and_reset();
                let secret = match (&prompt.cure, prompt.arrived.take()) {
                    _ if !typed.is_empty() => NewSecret::Typed(typed),
                    (Some(cure), _) => NewSecret::Known(cure.to_string()),
                    (None, Some(arrived)) => NewSecret::Typed(arrived),
                    (None, None) => return self.close(),
                };
                let event = prompt.event;
                self.overlay = Overlay::None;
                self.say("the secret is taken into use ...", at);
                return vec![Effect::Secret(Some(SecretOrder { event, secret }), event)];
            }
            _ => {}
        }
        if let Some(request) = edit_request(key) {
            prompt.typed.handle(request);
        }
        Vec::new()
    }

    pub(in crate::app) fn keyed(&mut self, result: Result<String, (String, String)>, at: Timestamp) -> Vec<Effect> {
        match result {
            Ok(words) => {
                self.tell(&words, at);
                // The proof is made with the secrets of the moment.
                self.list.selected.iter().map(|row| Effect::Open(row.id)).collect()
            }
            Err((what, hint)) => self.complain(&format!("{what}: {hint}"), at),
        }
    }

    /// Reads secrets and configuration again and judges the event that is shown.
    pub(in crate::app) fn verify_again(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(event) = self.list.selected.as_ref().map(|row| row.id) else { return Vec::new() };
        self.say("verifying again ...", at);
        vec![Effect::Secret(None, event)]
    }
}

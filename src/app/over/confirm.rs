//! A question before something that touches many events. The safe answer is the default: Enter cancels.

use crate::app::{App, Code, Effect, Key, Overlay};
use crate::model::{MarkOrder, ResendOrder, SetupOrder, SubscriberOrder, Timestamp};

/// The question, and what a yes does.
#[derive(Debug)]
pub struct Confirm {
    /// The words.
    pub question: String,
    /// The key that means yes.
    pub key: char,
    /// What it then does, in a word.
    pub word: &'static str,
    /// What is asked.
    pub(in crate::app) of: Question,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(in crate::app) enum Question {
    /// Whether to delete.
    Delete(MarkOrder),
    /// Whether to send.
    Resend(Vec<ResendOrder>),
    /// Whether to tell a subscriber.
    Subscriber(String, SubscriberOrder),
    /// Whether to change the configuration.
    SetUp(SetupOrder),
}

impl App {
    pub(in crate::app) fn confirm_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Confirm(confirm) = &self.overlay else { return Vec::new() };
        let yes = key.code == Code::Char(confirm.key) && !key.ctrl;
        let of = confirm.of.clone();
        match (yes, key.code) {
            (true, _) => {
                self.overlay = Overlay::None;
                match of {
                    Question::Delete(order) => self.delete_now(order),
                    Question::Resend(orders) => self.send_all(orders, at),
                    Question::Subscriber(name, order) => vec![Effect::Subscriber(name, order)],
                    Question::SetUp(order) => vec![Effect::SetUp(order)],
                }
            }
            (false, Code::Enter | Code::Esc | Code::Char('c' | 'q')) => self.close(),
            // Any other key is no answer.
            (false, _) => Vec::new(),
        }
    }
}

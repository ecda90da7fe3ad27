//! Sending again: to the last target at once, and what is said of the answer.

use super::{App, Effect};
use crate::model::{Cause, ResendOrder, Resent, Timestamp, micros};

/// Targets that are remembered and offered by the dialog.
pub const TARGETS: usize = 4;

impl App {
    /// To the last target at once; before any was used, the dialog asks for one.
    pub(super) fn resend(&mut self, at: Timestamp) -> Vec<Effect> {
        let (Some(row), Some(target)) = (&self.list.selected, self.targets.first()) else {
            return self.open_dialog(at);
        };
        if let Some(why) = &row.rejected {
            let text = format!("#{} was rejected ({why}) and cannot be sent", row.id);
            return self.complain(&text, at);
        }
        let order = ResendOrder::plain(row.id, target.clone(), Cause::Manual);
        self.send(order, at)
    }

    /// Gives the order; its target is the last one from now on.
    pub(super) fn send(&mut self, order: ResendOrder, at: Timestamp) -> Vec<Effect> {
        self.sending += 1;
        self.remember(&order.target);
        self.say(&format!("sending #{} to {} ...", order.event, order.target), at);
        vec![Effect::Resend(order)]
    }

    fn remember(&mut self, target: &str) {
        self.targets.retain(|known| known != target);
        self.targets.insert(0, target.to_owned());
        self.targets.truncate(TARGETS);
    }

    pub(super) fn sent(&mut self, result: Result<Box<Resent>, (String, String)>, at: Timestamp) -> Vec<Effect> {
        self.sending = self.sending.saturating_sub(1);
        match result {
            Ok(resent) => {
                let a = &resent.attempt.what;
                self.detail.add_attempt(&resent.attempt);
                let was = resent.before.as_ref().map(|b| format!(" (was {})", b.what.outcome())).unwrap_or_default();
                // `d` compares the answers to the selected event, which may be another one by now.
                let here = self.list.selected.as_ref().is_some_and(|row| row.id == a.event);
                let diff = if resent.before.is_some() && here { "  d diff" } else { "" };
                let cut = if a.truncated { ", answer cut at 1 MB" } else { "" };
                let took = micros(a.total_us);
                let text = format!("#{} -> {} {} in {took}{cut}{was}{diff}", a.event, a.url, a.outcome());
                if a.succeeded() { self.say(&text, at) } else { self.complain(&text, at) }
            }
            Err((what, hint)) => self.complain(&format!("{what}: {hint}"), at),
        }
    }
}

//! Sending again: to the last target, by the dialog, and what is said of the answer.

use super::{App, Code, Effect, Key, Overlay, attempt_changes};
use crate::model::{Cause, EventId, ResendOrder, Resent, SignaturePolicy, Target, Timestamp, Verdict, micros};

/// The dialog's state.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialog {
    /// The event, fixed when the dialog was opened.
    pub event: EventId,
    /// Its name, as shown.
    pub label: String,
    /// The URL field.
    pub url: String,
    /// What becomes of the signature.
    pub signature: SignaturePolicy,
    /// A secret is known, so that it can be made anew.
    pub can_resign: bool,
    /// Where the keys go to.
    pub field: Field,
    /// What is wrong with what was entered, and what to do about it.
    pub error: Option<(String, String)>,
    /// No key but the one that opened it has come yet.
    pub(in crate::app) untouched: bool,
}

/// The fields of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The URL.
    Url,
    /// The signature.
    Signature,
}

impl Dialog {
    /// The order as it stands.
    pub(super) fn order(&self) -> ResendOrder {
        ResendOrder { signature: self.signature, ..ResendOrder::plain(self.event, self.url.trim(), Cause::Manual) }
    }

    pub(super) fn next_field(&mut self) {
        self.field = if self.field == Field::Url { Field::Signature } else { Field::Url };
    }

    pub(super) fn next_signature(&mut self) {
        self.signature = match self.signature {
            SignaturePolicy::Keep if self.can_resign => SignaturePolicy::Resign,
            SignaturePolicy::Keep | SignaturePolicy::Resign => SignaturePolicy::Strip,
            SignaturePolicy::Strip => SignaturePolicy::Keep,
        };
    }
}

impl App {
    /// To the last target at once; before any was used, the dialog asks for one.
    pub(super) fn resend(&mut self, at: Timestamp) -> Vec<Effect> {
        let (Some(row), Some(target)) = (&self.list.selected, &self.last_target) else {
            return self.open_dialog(at);
        };
        if let Some(why) = &row.rejected {
            let text = format!("#{} was rejected ({why}) and cannot be sent", row.id);
            return self.complain(&text, at);
        }
        let order = ResendOrder::plain(row.id, target.clone(), Cause::Manual);
        self.sending += 1;
        vec![Effect::Resend(order)]
    }

    pub(super) fn open_dialog(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(row) = &self.list.selected else { return self.say("there is no event to send yet", at) };
        if let Some(why) = &row.rejected {
            let text = format!("#{} was rejected ({why}) and cannot be sent", row.id);
            return self.complain(&text, at);
        }
        let opened = self.detail.opened.as_ref().filter(|o| o.stored.id == row.id);
        let proof = opened.map(|o| &o.proof);
        let can_resign = proof.is_some_and(|p| matches!(p.verdict, Verdict::Valid | Verdict::Stale | Verdict::Invalid));
        // A kept signature past its window would only be refused: make it anew where that is possible.
        let stale = proof.is_some_and(|p| {
            can_resign && p.skew_us.is_some_and(|skew| at.since(row.received_at) + skew > 300_000_000)
        });
        self.open(Overlay::Resend(Dialog {
            event: row.id,
            label: format!("{} {}", row.source, row.label),
            url: self.last_target.clone().unwrap_or_else(|| "http://127.0.0.1:".to_owned()),
            signature: if stale { SignaturePolicy::Resign } else { SignaturePolicy::Keep },
            can_resign,
            field: Field::Url,
            error: None,
            untouched: true,
        }))
    }

    pub(super) fn dialog_key(&mut self, key: Key, _at: Timestamp) -> Vec<Effect> {
        let Overlay::Resend(dialog) = &mut self.overlay else { return Vec::new() };
        dialog.error = None;
        dialog.untouched = false;
        match (key.code, dialog.field) {
            (Code::Esc, _) => return self.close(),
            (Code::Tab | Code::BackTab | Code::Up | Code::Down, _) => dialog.next_field(),
            (Code::Enter, _) => {
                let order = dialog.order();
                let checked = Target::parse(&order.target).and_then(|target| self.place.allowed.check(&target));
                match checked {
                    Err(error) => dialog.error = Some((error.to_string(), error.hint())),
                    Ok(()) => {
                        self.overlay = Overlay::None;
                        self.sending += 1;
                        return vec![Effect::Resend(order)];
                    }
                }
            }
            (Code::Char('u'), Field::Url) if key.ctrl => dialog.url.clear(),
            (Code::Char(c), Field::Url) if !key.ctrl => dialog.url.push(c),
            (Code::Backspace, Field::Url) => drop(dialog.url.pop()),
            (Code::Char(' ') | Code::Left | Code::Right, Field::Signature) => dialog.next_signature(),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn sent(&mut self, result: Result<Box<Resent>, (String, String)>, at: Timestamp) -> Vec<Effect> {
        self.sending = self.sending.saturating_sub(1);
        match result {
            Ok(resent) => {
                let a = &resent.attempt.what;
                self.last_target = Some(a.url.clone());
                self.detail.add_attempt(&resent.attempt);
                let was = resent.before.as_ref().map(|b| format!(" (was {})", b.what.outcome())).unwrap_or_default();
                let diff = if resent.before.is_some() { "  d diff" } else { "" };
                let text = format!("#{} -> {} {} in {}{was}{diff}", a.event, a.url, a.outcome(), micros(a.total_us));
                if a.succeeded() { self.say(&text, at) } else { self.complain(&text, at) }
            }
            Err((what, hint)) => self.complain(&format!("{what}: {hint}"), at),
        }
    }

    /// The last two answers of the selected event, from the same target.
    pub(super) fn changes(&mut self, at: Timestamp) -> Vec<Effect> {
        let attempts = self.detail.opened.as_ref().map_or(&[] as &[_], |o| o.stored.attempts.as_slice());
        let last = attempts.last();
        let before = last.and_then(|l| attempts.iter().rev().skip(1).find(|a| a.what.url == l.what.url));
        match (before, last) {
            (Some(before), Some(last)) => {
                let mut lines = attempt_changes(before, last);
                if lines.is_empty() {
                    lines.push("both answers are the same".to_owned());
                }
                self.open(Overlay::Changes(lines))
            }
            _ => self.say("send this event twice to one target to compare its answers", at),
        }
    }
}

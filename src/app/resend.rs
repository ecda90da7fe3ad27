//! The re-send dialog: where to, and what becomes of the signature.

use crate::model::{Cause, EventId, ResendOrder, SignaturePolicy};

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
    /// What is wrong with what was entered.
    pub error: Option<String>,
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

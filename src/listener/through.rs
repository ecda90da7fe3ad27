//! Senders who are told what a subscriber really answered, if that is known in time.
//! It must not send anything: the subscriber does that by itself, and the log tells.

use crate::model::{EventId, NewAttempt};
use crate::store::{Reader, Store};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Looks for answers in the log: one hold on it for all who wait.
#[derive(Default)]
pub(super) struct Through {
    reader: Mutex<Option<Reader>>,
}

impl Through {
    /// The subscriber's first answer to this event; `None` where there is none within this time.
    pub(super) async fn answer_of(
        &self,
        store: &Store,
        event: EventId,
        subscriber: &str,
        within: Duration,
    ) -> Option<NewAttempt> {
        let mut heads = store.signals().heads.clone();
        let waiting = async {
            let mut seen = None;
            loop {
                let attempt = heads.borrow_and_update().attempt;
                // Only an attempt can be an answer.
                if seen.replace(attempt) != Some(attempt)
                    && let Some(answer) = tokio::task::block_in_place(|| self.read(store, event, subscriber))
                {
                    return Some(answer);
                }
                heads.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, waiting).await.ok().flatten()
    }

    /// A log that cannot be read has no answer.
    fn read(&self, store: &Store, event: EventId, subscriber: &str) -> Option<NewAttempt> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.is_none() {
            *reader = Reader::open(store.path()).ok();
        }
        let answer = reader.as_ref()?.answer_of(subscriber, event).ok()?;
        answer.map(|attempt| attempt.what)
    }
}

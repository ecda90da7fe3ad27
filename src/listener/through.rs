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
                // Only with an attempt there can be an answer, or none any more.
                if seen.replace(attempt) != Some(attempt)
                    && let Some(answer) = tokio::task::block_in_place(|| self.read(store, event, subscriber))
                {
                    return answer;
                }
                heads.changed().await.ok()?;
            }
        };
        tokio::time::timeout(within, waiting).await.ok().flatten()
    }

    /// The answer; `Some(None)` where there will be none. A log that cannot be read has not got it yet.
    fn read(&self, store: &Store, event: EventId, subscriber: &str) -> Option<Option<NewAttempt>> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.is_none() {
            *reader = Reader::open(store.path()).ok();
        }
        let reader = reader.as_ref()?;
        if let Some(answer) = reader.answer_of(subscriber, event).ok()? {
            return Some(Some(answer.what));
        }
        let deliveries = reader.deliveries(event).ok()?;
        let own = deliveries.iter().find(|delivery| delivery.subscriber == subscriber)?;
        own.state.is_final().then_some(None)
    }
}

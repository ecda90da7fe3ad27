//! A sender is told what a subscriber really answered, if that is known in time.
//! It must not send anything: the subscriber does that by itself, and the log tells.

use crate::model::{EventId, NewAttempt};
use crate::store::{Reader, Store};
use std::time::Duration;

/// The subscriber's first answer to this event; `None` where there is none within this time.
pub(super) async fn answer_of(store: &Store, event: EventId, subscriber: &str, within: Duration) -> Option<NewAttempt> {
    let mut heads = store.signals().heads.clone();
    let waiting = async {
        loop {
            heads.borrow_and_update();
            if let Some(answer) = tokio::task::block_in_place(|| read(store, event, subscriber)) {
                return Some(answer);
            }
            heads.changed().await.ok()?;
        }
    };
    tokio::time::timeout(within, waiting).await.ok().flatten()
}

/// A log that cannot be read has no answer.
fn read(store: &Store, event: EventId, subscriber: &str) -> Option<NewAttempt> {
    let attempts = Reader::open(store.path()).and_then(|reader| reader.attempts(event)).ok()?;
    let own = attempts.into_iter().map(|attempt| attempt.what);
    own.filter(|what| what.subscriber.as_deref() == Some(subscriber)).find(|what| what.status.is_some())
}

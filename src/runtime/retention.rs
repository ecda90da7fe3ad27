//! Keeping the log within its limits while it is served: removes what may go, and refuses when that does not help.
//! It must not wake an idle process more than once an hour.

use super::clock;
use crate::model::Retention;
use crate::store::{Reader, Store};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often it is looked at while events arrive.
const PACE: Duration = Duration::from_secs(5);
/// How often it is looked at in any case.
const SELDOM: Duration = Duration::from_secs(3600);

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// For how long, in microseconds; `None` = forever.
    pub age_us: Option<i64>,
    /// Up to how many bytes.
    pub max_size: u64,
}

/// Looks after the log until the task is aborted.
pub(super) fn spawn(store: Store, keep: Keep) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut heads = store.signals().heads.clone();
        loop {
            look(&store, keep).await;
            tokio::time::sleep(PACE).await;
            tokio::select! {
                changed = heads.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(SELDOM) => {}
            }
            heads.mark_unchanged();
        }
    })
}

async fn look(store: &Store, keep: Keep) {
    // What cannot be pruned now is tried again; a log that cannot be written says so with the next event.
    let _ = store.prune(Retention::at(clock::now(), keep.age_us, Some(keep.max_size))).await;
    let path = store.path().to_owned();
    let used = tokio::task::spawn_blocking(move || Reader::open(&path)?.used_size()).await;
    if let Ok(Ok(used)) = used {
        store.refuse(used > keep.max_size.saturating_mul(2));
    }
}

//! Making the search index while the log is served: behind capture, woken by it, and never in its way.
//! It must not wake an idle process: where nothing arrives there is nothing to make.

use crate::store::{Indexer, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long an index that cannot be written is left alone: until then what is not in it is read.
const PAUSE: Duration = Duration::from_secs(10);

/// The task that makes it.
pub(super) struct Indexing {
    task: JoinHandle<()>,
    stop: Arc<AtomicBool>,
}

impl Indexing {
    /// Makes what is missing, and then goes along with the log.
    pub(super) fn start(store: &Store) -> Indexing {
        let stop = Arc::<AtomicBool>::default();
        Indexing { task: tokio::spawn(run(store.clone(), stop.clone())), stop }
    }

    /// Ends it, at the latest with the block that is being made.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

async fn run(store: Store, stop: Arc<AtomicBool>) {
    let mut heads = store.signals().heads.clone();
    let mut indexer = None;
    loop {
        let (path, stop) = (store.path().to_owned(), stop.clone());
        let work = move || {
            let mut indexer = match indexer {
                Some(indexer) => indexer,
                None => Indexer::open(&path)?,
            };
            indexer.catch_up(&|| !stop.load(Ordering::Relaxed)).map(|_| indexer)
        };
        indexer = tokio::task::spawn_blocking(work).await.ok().and_then(Result::ok);
        let wanted = match &indexer {
            Some(indexer) => indexer.wanted(),
            None => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if heads.wait_for(|heads| heads.event >= wanted).await.is_err() {
            return;
        }
    }
}

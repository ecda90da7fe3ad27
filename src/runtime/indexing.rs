//! Making the search index while the log is served: a thread of its own behind capture, with what is left of the processor.
//! It must not wake an idle process: where nothing arrives there is nothing to make.

use crate::model::Heads;
use crate::store::{Indexer, Store};
use std::cell::Cell;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::watch;

/// How long an index that cannot be written is left alone: until then what is not in it is read.
const PAUSE: Duration = Duration::from_secs(10);

/// How often it is looked at how far the log has come, while it goes on.
const PACE: Duration = Duration::from_millis(250);
/// While events arrive a block is followed by a pause of so many times what it took, and of this at most.
const SHARE: u32 = 9;
const LONGEST: Duration = Duration::from_millis(400);

/// The thread that makes it; it ends when this is dropped, at the latest with the block that is being made.
pub(super) struct Indexing {
    _stop: watch::Sender<()>,
}

impl Indexing {
    /// Makes what is missing, and then goes along with the log.
    pub(super) fn start(store: &Store) -> Indexing {
        let (stop, stopped) = watch::channel(());
        let (store, handle) = (store.clone(), Handle::current());
        // Without a thread nothing is lost: everything is found by reading.
        let _ = std::thread::Builder::new().name("log-indexer".into()).spawn(move || run(&store, &handle, stopped));
        Indexing { _stop: stop }
    }
}

fn run(store: &Store, handle: &Handle, stopped: watch::Receiver<()>) {
    step_back();
    let mut heads = store.signals().heads.clone();
    let mut indexer = None;
    loop {
        let begun = Cell::new(None);
        let go_on = || {
            if let Some((at, event)) = begun.get()
                && heads.borrow().event > event
            {
                // Events go on arriving: they come first.
                let pause = LONGEST.min(Instant::now().duration_since(at) * SHARE);
                let mut stopped = stopped.clone();
                let _ = handle.block_on(async { tokio::time::timeout(pause, stopped.changed()).await });
            }
            begun.set(Some((Instant::now(), heads.borrow().event)));
            stopped.has_changed().is_ok()
        };
        let made = match indexer.take() {
            Some(indexer) => Ok(indexer),
            None => Indexer::open(store.path()),
        };
        indexer = made.and_then(|mut indexer: Indexer| indexer.catch_up(&go_on).map(|_| indexer)).ok();
        let wanted = indexer.as_ref().map(Indexer::wanted);
        let mut stopped = stopped.clone();
        let goes_on = handle.block_on(async {
            let more = async {
                match wanted {
                    Some(wanted) => reaches(&mut heads, wanted).await,
                    None => {
                        tokio::time::sleep(PAUSE).await;
                        true
                    }
                }
            };
            tokio::select! {
                more = more => more,
                // Nothing is ever sent: it ends with its sender.
                _ = stopped.changed() => false,
            }
        });
        if !goes_on {
            return;
        }
    }
}

/// Waits until the log has an event; `false` = it will not any more. To be woken by every commit would cost capture more
/// than the index itself.
async fn reaches(heads: &mut watch::Receiver<Heads>, event: i64) -> bool {
    while heads.borrow_and_update().event < event {
        if heads.changed().await.is_err() {
            return false;
        }
        tokio::time::sleep(PACE).await;
    }
    true
}

/// Whoever captures or delivers comes first where the processor is busy. On Linux this is the thread's own priority.
pub(super) fn step_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(19);
}

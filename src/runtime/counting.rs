//! Counting what arrives by the minute, and learning its shapes, while the log is served: a thread of its own behind capture.
//! It must not wake an idle process: where nothing happens there is nothing to count.

use super::clock;
use super::indexing::step_back;
use crate::model::SubscriberStanding;
use crate::store::{Counted, Counter, Learner, Store};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// How often it is counted while the log goes on.
const PACE: Duration = Duration::from_secs(1);
/// How long a log that cannot be read or written is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// The thread that counts; it ends when this is dropped.
pub(super) struct Counting {
    _stop: watch::Sender<()>,
}

impl Counting {
    /// Counts what is missing, and then goes along with the log.
    pub(super) fn start(store: &Store, standings: watch::Receiver<Vec<SubscriberStanding>>) -> Counting {
        let (stop, mut stopped) = watch::channel(());
        let (store, handle) = (store.clone(), Handle::current());
        let run = move || {
            step_back();
            handle.block_on(async {
                tokio::select! {
                    () = run(&store, standings) => {}
                    // Nothing is ever sent: it ends with its sender.
                    _ = stopped.changed() => {}
                }
            });
        };
        // Without a thread nothing is lost: what is not counted is read.
        let _ = std::thread::Builder::new().name("log-counter".into()).spawn(run);
        Counting { _stop: stop }
    }
}

/// Learns the shapes of what has arrived.
async fn learn(store: &Store, learner: &mut Option<Learner>) {
    if learner.is_none() {
        *learner = Learner::open(store.path()).ok();
    }
    while let Some(open) = learner {
        match open.step(store).await {
            // Events that go on arriving come first.
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => return,
            Err(_) => *learner = None,
        }
    }
}

async fn run(store: &Store, mut standings: watch::Receiver<Vec<SubscriberStanding>>) {
    let mut heads = store.signals().heads.clone();
    let (mut counter, mut learner) = (None, None);
    loop {
        let opened = counter.take().map_or_else(|| Counter::open(store.path()), Ok);
        let Ok(mut open) = opened else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        heads.borrow_and_update();
        let waiting: Vec<(String, u64)> =
            standings.borrow_and_update().iter().map(|one| (one.name.clone(), one.waiting)).collect();
        let counted = open.step(store, &waiting, clock::now()).await;
        match counted {
            Ok(Counted::More) => {
                counter = Some(open);
                // Events that go on arriving come first.
                tokio::task::yield_now().await;
                continue;
            }
            Ok(_) => counter = Some(open),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
        learn(store, &mut learner).await;
        let pace = if counted == Ok(Counted::Waits) { Some(tokio::time::sleep(2 * PACE)) } else { None };
        tokio::select! {
            changed = heads.changed() => if changed.is_err() { return },
            changed = standings.changed() => if changed.is_err() { return },
            () = async { match pace { Some(pace) => pace.await, None => std::future::pending().await } } => {}
        }
        tokio::time::sleep(PACE).await;
    }
}

//! The configuration's file, looked at while the program runs: what has changed in it is in force without a restart.
//! It must not read the file all the time: only its date and size are looked at.

use super::Keys;
use super::keys;
use crate::delivery::Subscribers;
use crate::store::Store;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How often the file is looked at.
const PACE: Duration = Duration::from_secs(1);

/// What tells one state of a file from another; `None` where there is none.
type Stamp = Option<(SystemTime, u64)>;

/// Watches until it is aborted. A file that is wrong changes nothing: the health says what is wrong with it.
pub(super) async fn watch(keys: Keys, store: Store, subscribers: Subscribers) {
    let mut seen = stamp(&keys.config).await;
    loop {
        tokio::time::sleep(PACE).await;
        let now = stamp(&keys.config).await;
        if now == seen {
            continue;
        }
        seen = now;
        let (own, log, all) = (keys.clone(), store.clone(), subscribers.clone());
        let read = move || keys::carry_out(&own, (&log, &all), None, None);
        let wrong = match tokio::task::spawn_blocking(read).await {
            Ok(Ok(_)) => None,
            Ok(Err((what, _))) => Some(what),
            Err(error) => Some(error.to_string()),
        };
        store.count(|health| health.config_error = wrong);
    }
}

async fn stamp(path: &Path) -> Stamp {
    let path = path.to_owned();
    let look = move || {
        let about = std::fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len()))
    };
    tokio::task::spawn_blocking(look).await.ok()?
}

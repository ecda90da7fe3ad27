//! Senders that keep sending: an event every few seconds, and again where it was not taken.

use super::Script;
use super::request::Request;
use super::script::Item;
use crate::delivery::send_sample;
use crate::model::{Target, Timestamp};
use crate::verify::LiveKeyring;
use std::time::{Duration, SystemTime};

/// Before an event that was not taken is sent again.
const RETRIES: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];

/// Sends the script's live events to the listener at `url`, over and over; ends only by being dropped.
pub async fn keep_sending(script: Script, url: String, keyring: LiveKeyring) {
    let Ok(target) = Target::parse(&url) else { return };
    // Secrets that are added in the demo are the receiver's: senders go on with what they have.
    let keyring = keyring.now();
    let mut under_way = tokio::task::JoinSet::new();
    let script = std::sync::Arc::new(script);
    let pause = script.pause();
    for n in 0.. {
        tokio::time::sleep(pause).await;
        while under_way.try_join_next().is_some() {}
        let (script, target, keyring) =
            (std::sync::Arc::clone(&script), target.clone(), std::sync::Arc::clone(&keyring));
        under_way.spawn(async move {
            let Some(item) = script.live.get(n % script.live.len().max(1)) else { return };
            let now = SystemTime::now().into();
            if let Some(request) = item.request(&target, &keyring, (now, now), seed(now)) {
                deliver(item, request, &target).await;
            }
        });
    }
}

fn seed(now: Timestamp) -> u64 {
    now.0 as u64
}

/// Sends it, again until it is taken, and once more where the script says that it comes twice.
async fn deliver(item: &Item, request: Request, target: &Target) {
    let attempt = || send_sample(target, request.out.clone(), request.body.clone(), None);
    for wait in RETRIES {
        if attempt().await.what.succeeded() {
            break;
        }
        tokio::time::sleep(wait).await;
    }
    for later in &item.again {
        tokio::time::sleep(Duration::from_secs(*later)).await;
        attempt().await;
    }
}

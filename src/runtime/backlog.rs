//! How much waits for each subscriber, counted in the background.
//! It must not change anything: what waits is told by the log, the cursor and the filter.

use super::clock;
use crate::delivery::Subscribers;
use crate::model::filter::{Filter, Subject};
use crate::model::{
    EventId, Heads, Percentiles, Subscriber, SubscriberStanding, SubscriberState, Timestamp, Wanted, is_success,
};
use crate::store::{Reader, Sieve, StoreError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// In microseconds.
const MINUTE_US: i64 = 60_000_000;
/// From so many attempts on their own span tells how fast it goes.
const ENOUGH: usize = 100;
/// At most so often, and a tenth of the time at most.
const PACE: Duration = Duration::from_millis(300);

/// Counts whenever the log has grown, until it is aborted.
pub(super) async fn keep(log: PathBuf, subscribers: Subscribers, mut heads: watch::Receiver<Heads>) {
    loop {
        heads.borrow_and_update();
        let (log, all) = (log.clone(), subscribers.clone());
        let begin = tokio::time::Instant::now();
        // A log that cannot be read says so everywhere else.
        let _ = tokio::task::spawn_blocking(move || count(&log, &all)).await;
        tokio::time::sleep(PACE.max(9 * begin.elapsed())).await;
        if heads.changed().await.is_err() {
            return;
        }
    }
}

fn count(log: &Path, subscribers: &Subscribers) -> Result<(), StoreError> {
    let list = subscribers.list();
    if list.is_empty() {
        return Ok(());
    }
    let reader = Reader::open(log)?;
    let mut counted = Vec::new();
    for subscriber in &list {
        counted.push(of_one(&reader, subscriber)?);
    }
    subscribers.count(|standing| {
        let Some(new) = counted.iter().find(|new| new.name == standing.name) else { return };
        let last = standing.last.take().or_else(|| new.last.clone());
        // What the worker says itself is newer.
        let SubscriberStanding { state, next, sending, ref held, .. } = *standing;
        *standing = SubscriberStanding { state, last, next, sending, held: held.clone(), ..new.clone() };
    });
    Ok(())
}

/// What the log says of one subscriber.
pub fn of_one(reader: &Reader, subscriber: &Subscriber) -> Result<SubscriberStanding, StoreError> {
    let place = reader.place(&subscriber.name, subscriber.start)?;
    let (now, zone) = (clock::now(), clock::zone());
    let sieve = Sieve { now, zone: &zone, overtaken: &|_| false };
    let everything = Filter::all();
    let filter = subscriber.when.as_ref().unwrap_or(&everything);
    let known = reader.known_behind(&subscriber.name, &place, (place.cursor, EventId(i64::MAX)))?;
    let (mut waiting, mut oldest) = (0u64, None);
    reader.each(filter, &sieve, place.cursor, |event| {
        let wanted = subscriber.wants(&Subject { event, now, zone: &zone }) != Wanted::No;
        if wanted && known.waits(event.id) {
            waiting += 1;
            oldest.get_or_insert(event.event.received_at.0);
        }
        true
    })?;
    let record = reader.record(&subscriber.name)?;
    let many = record.last.len() as u64;
    let good = record.last.iter().filter(|(_, status, error, _)| is_success(*status) && error.is_none());
    let times = record.last.iter().map(|(.., us)| *us).collect();
    Ok(SubscriberStanding {
        state: SubscriberState::of_held(place.held.as_deref()),
        held: place.held,
        waiting,
        oldest,
        dead: record.dead,
        delivered: record.delivered,
        ok_percent: (good.clone().count() as u64 * 100).checked_div(many),
        p95_us: (many > 0).then(|| Percentiles::of(times).p95),
        per_min: per_minute(good.map(|(at, ..)| *at), now),
        last: record.last.first().map(|(at, status, error, _)| (at.0, *status, error.clone())),
        ..subscriber.described()
    })
}

/// How many were delivered in the last minute, by those of the last attempts that were; where all of these were made in less
/// than that, as if it went on so.
fn per_minute(delivered: impl Iterator<Item = Timestamp>, now: Timestamp) -> u64 {
    let recent: Vec<Timestamp> = delivered.filter(|at| now.since(*at) < MINUTE_US).collect();
    let span = recent.last().map_or(MINUTE_US, |oldest| now.since(*oldest).max(1));
    let many = recent.len() as i64;
    (if recent.len() >= ENOUGH { many * MINUTE_US / span } else { many }) as u64
}

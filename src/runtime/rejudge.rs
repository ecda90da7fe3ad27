//! Judges stored events again that another secret concerns, on a thread of its own, in batches behind capture.
//! It must not know where secrets are written down.

use crate::model::{Class, Entrance, EventId, Judgement, StoredEvent};
use crate::store::{AppendError, Extent, Reader, Store, StoreError};
use crate::verify::{self, Catalogue, LiveKeyring, Source};

/// Events judged in one go.
const BATCH: usize = 200;
/// How long to wait while capture fills the queue.
const LATER: std::time::Duration = std::time::Duration::from_millis(50);

/// What came in at these entrances, and one event besides.
pub(super) fn concerned(store: &Store, live: &LiveKeyring, entrances: Vec<Entrance>, event: Option<EventId>) {
    spawn(store, live, move |judge, reader| {
        if let Some(stored) = event.map(|id| reader.event(id)).transpose()?.flatten() {
            judge.write(judge.other_verdict(&stored).into_iter().collect());
        }
        judge.all(reader, &entrances, Extent::Unsettled)
    });
}

/// At the start: events for which there was no secret, where there is one now.
pub(super) fn keyless(store: &Store, live: &LiveKeyring) {
    spawn(store, live, |judge, reader| {
        let keyring = judge.live.now();
        let known = |id: &String| {
            let may_be = |source: &&Source| source.provider.as_ref().is_none_or(|provider| provider == id);
            keyring.providers.contains_key(id) || keyring.sources.iter().filter(may_be).any(|s| !s.secrets.is_empty())
        };
        let entrances: Vec<Entrance> = reader.keyless()?.into_iter().filter(known).map(Entrance::Provider).collect();
        judge.all(reader, &entrances, Extent::Keyless)
    });
}

fn spawn(
    store: &Store,
    live: &LiveKeyring,
    work: impl FnOnce(&Judge, &Reader) -> Result<(), StoreError> + Send + 'static,
) {
    let (store, live) = (store.clone(), live.clone());
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let judge = Judge { store: &store, live: &live, handle };
        // A log that cannot be read says so on the screen; the verdicts stay as they were.
        let _ = Reader::open(store.path()).and_then(|reader| work(&judge, &reader));
        store.count(|health| health.judging = None);
    });
}

struct Judge<'a> {
    store: &'a Store,
    /// Asked for each event: what began before a change must not write over what it changed.
    live: &'a LiveKeyring,
    handle: tokio::runtime::Handle,
}

impl Judge<'_> {
    fn all(&self, reader: &Reader, entrances: &[Entrance], extent: Extent) -> Result<(), StoreError> {
        let counts = entrances.iter().map(|entrance| reader.count_of_entrance(entrance, extent));
        let total: u64 = counts.sum::<Result<u64, StoreError>>()?;
        let mut done = 0;
        for entrance in entrances {
            let mut after = EventId(0);
            loop {
                self.store.count(|health| health.judging = Some((done, total)));
                let batch = reader.of_entrance(entrance, extent, after, BATCH)?;
                let Some(last) = batch.last() else { break };
                after = last.id;
                done += batch.len() as u64;
                self.write(batch.iter().filter_map(|stored| self.other_verdict(stored)).collect());
            }
        }
        Ok(())
    }

    /// What a signature is worth now, where that is something else than before.
    fn other_verdict(&self, stored: &StoredEvent) -> Option<(EventId, Judgement)> {
        // The body of a rejected event was not kept whole.
        if stored.event.class == Class::Rejected {
            return None;
        }
        let headers = stored.event.head.headers();
        let now = verify::again(Catalogue::in_force(), &self.live.now(), &stored.event, &headers)?;
        let before = &stored.event.judgement;
        let same = now.verdict == before.verdict && now.secret == before.secret && now.reason == before.reason;
        (!same && !stored.damaged).then_some((stored.id, now))
    }

    fn write(&self, judged: Vec<(EventId, Judgement)>) {
        if !judged.is_empty() {
            // Capture comes first. What cannot be written stays as it was, and capture says that the log cannot be written.
            while let Err(AppendError::QueueFull) = self.handle.block_on(self.store.judge(judged.clone())) {
                self.handle.block_on(tokio::time::sleep(LATER));
            }
        }
    }
}

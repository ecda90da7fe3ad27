//! Secrets while the program runs: using another one, reading them anew, and judging again what they concern.
//! It must not decide which secret is right: the doctor or the user has.

use crate::config::{assign, keep, kept_names};
use crate::model::{Class, Entrance, Event, EventId, Judgement, NewSecret, SecretOrder, SecretRef, Verdict};
use crate::store::{AppendError, Extent, Reader, Store, StoreError};
use crate::verify::{self, Catalogue, Keyring, LiveKeyring, Source};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Events judged in one go.
const BATCH: usize = 200;
/// How long to wait while capture fills the queue.
const LATER: std::time::Duration = std::time::Duration::from_millis(50);

/// What is wrong, and what to do about it.
pub type Refusal = (String, String);

type Read = dyn Fn(&[(Entrance, SecretRef)]) -> Result<Keyring, String> + Send + Sync;

/// Reads the configuration and all secrets once more; those given are used besides.
#[derive(Clone)]
pub struct Reload(Arc<Read>);

impl Reload {
    /// By this function.
    pub fn new(read: impl Fn(&[(Entrance, SecretRef)]) -> Result<Keyring, String> + Send + Sync + 'static) -> Reload {
        Reload(Arc::new(read))
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

/// The secrets of a process, and where they are written down.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Those in force.
    pub live: LiveKeyring,
    /// Reads them anew.
    pub reload: Reload,
    /// The configuration's file.
    pub config: PathBuf,
    /// The file of kept secrets.
    pub kept: PathBuf,
    /// What was taken into use while the program ran; options of the command line would hide it.
    pub extra: Arc<Mutex<Vec<(Entrance, SecretRef)>>>,
}

impl Keys {
    /// Writes down that a secret is used from now on for what comes in like `event`, and puts it in force.
    /// Gives words for it, and where secrets have changed.
    pub fn take(&self, order: &SecretOrder, event: &Event) -> Result<(String, Vec<Entrance>), Refusal> {
        let refused = |what: String| (what, "whisper-tui check examines the configuration".to_owned());
        let provider = event.provider.as_deref().ok_or_else(|| {
            ("who sent this event is not known".to_owned(), "a [[source]] with its provider says so".to_owned())
        })?;
        let entrance = self.live.now().entrance(event.path(), provider);
        let reference = match &order.secret {
            NewSecret::Known(text) => SecretRef::parse(text).map_err(|e| refused(e.to_owned()))?,
            NewSecret::Typed(text) if text.trim().is_empty() => return Err(refused("the secret is blank".into())),
            NewSecret::Typed(_) => SecretRef::Kept(self.free_name(&entrance).map_err(refused)?),
        };
        // Nothing is kept that the configuration could not name.
        let assigned = assign(&self.config, &entrance, &reference).map_err(refused)?;
        if let NewSecret::Typed(text) = &order.secret {
            keep(&self.kept, reference.name(), Some(text.clone())).map_err(refused)?;
        }
        assigned.write().map_err(refused)?;
        let mut extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner);
        extra.push((entrance.clone(), reference.clone()));
        drop(extra);
        let changed = self.read_anew().map_err(refused)?;
        Ok((format!("{entrance} uses the secret {} from now on", reference.name()), changed))
    }

    /// Reads configuration and secrets once more; gives where secrets have changed.
    pub fn read_anew(&self) -> Result<Vec<Entrance>, String> {
        let extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(self.live.replace((self.reload.0)(&extra)?))
    }

    /// A name under which nothing is kept yet.
    fn free_name(&self, entrance: &Entrance) -> Result<String, String> {
        let (Entrance::Source(base) | Entrance::Provider(base)) = entrance;
        let plain: String = base.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let taken = kept_names(&self.kept)?;
        let names = std::iter::once(plain.clone()).chain((2..).map(|n| format!("{plain}-{n}")));
        let free = names.take(taken.len() + 1).find(|name| !taken.contains(name));
        free.ok_or_else(|| format!("every name like {plain} is taken"))
    }
}

/// Judges again, on a thread of its own, what came in at these entrances, and one event besides.
pub fn judge_again(store: &Store, live: &LiveKeyring, entrances: Vec<Entrance>, event: Option<EventId>) {
    judge_at(store, live, (entrances, Extent::All), event);
}

fn judge_at(store: &Store, live: &LiveKeyring, concerned: (Vec<Entrance>, Extent), event: Option<EventId>) {
    let (store, live) = (store.clone(), live.clone());
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let judge = Judge { store: &store, live: &live, handle };
        // A log that cannot be read says so on the screen; the verdicts stay as they were.
        let _ = judge.all(&concerned.0, concerned.1, event);
        store.count(|health| health.judging = None);
    });
}

/// At the start: events for which there was no secret, where there is one now.
pub fn judge_keyless(store: &Store, live: &LiveKeyring) {
    let Ok(keyless) = Reader::open(store.path()).and_then(|reader| reader.keyless()) else { return };
    let keyring = live.now();
    let known = |id: &String| {
        let may_be = |source: &&Source| source.provider.as_ref().is_none_or(|provider| provider == id);
        keyring.providers.contains_key(id) || keyring.sources.iter().filter(may_be).any(|s| !s.secrets.is_empty())
    };
    let entrances: Vec<Entrance> = keyless.into_iter().filter(known).map(Entrance::Provider).collect();
    if !entrances.is_empty() {
        judge_at(store, live, (entrances, Extent::Keyless), None);
    }
}

struct Judge<'a> {
    store: &'a Store,
    /// Asked for each event: what began before a change must not write over what it changed.
    live: &'a LiveKeyring,
    handle: tokio::runtime::Handle,
}

impl Judge<'_> {
    fn all(&self, entrances: &[Entrance], extent: Extent, event: Option<EventId>) -> Result<(), StoreError> {
        let reader = Reader::open(self.store.path())?;
        if let Some(stored) = event.map(|id| reader.event(id)).transpose()?.flatten() {
            self.write(self.other_verdict(&stored, true).into_iter().collect());
        }
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
                self.write(batch.iter().filter_map(|stored| self.other_verdict(stored, false)).collect());
            }
        }
        Ok(())
    }

    /// What a signature is worth now, where that is something else than before. What was found right once stays so, though
    /// its secret be gone, unless the event was `asked` for.
    fn other_verdict(&self, stored: &crate::model::StoredEvent, asked: bool) -> Option<(EventId, Judgement)> {
        // The body of a rejected event was not kept whole.
        let settled = matches!(stored.event.judgement.verdict, Verdict::Valid | Verdict::Stale);
        if stored.event.class == Class::Rejected || (settled && !asked) {
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

/// The order to use a secret, read and carried out by who serves the log. Gives words for what was done.
pub fn carry_out(
    keys: &Keys,
    store: &Store,
    order: Option<&SecretOrder>,
    event: Option<EventId>,
) -> Result<String, Refusal> {
    let refused = |what: String| (what, "whisper-tui check examines the log".to_owned());
    let (words, changed) = match order {
        Some(order) => {
            let found = Reader::open(store.path()).and_then(|reader| reader.event(order.event));
            let stored = found.map_err(|e| refused(e.to_string()))?;
            let stored = stored.ok_or_else(|| refused(format!("there is no event {}", order.event)))?;
            keys.take(order, &stored.event)?
        }
        None => {
            let changed = keys.read_anew().map_err(|what| (what, "mend the configuration".to_owned()))?;
            ("secrets and configuration were read again".to_owned(), changed)
        }
    };
    judge_again(store, &keys.live, changed, event);
    Ok(words)
}

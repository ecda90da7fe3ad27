//! Secrets while the program runs: using another one, and reading them anew.
//! It must not decide which secret is right: the doctor or the user has.

use super::rejudge;
use crate::config::{assign, keep, kept_names};
use crate::delivery::{Routes, Subscribers};
use crate::model::filter::Saved;
use crate::model::{Entrance, Event, EventId, NewSecret, SecretOrder, SecretRef};
use crate::store::{Reader, Store};
use crate::verify::{self, Catalogue, Keyring, LiveKeyring, Proof};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// What is wrong, and what to do about it.
pub type Refusal = (String, String);

/// What the configuration says now of what can change while the program runs.
#[derive(Debug)]
pub struct Anew {
    /// Sources and secrets.
    pub keyring: Keyring,
    /// Where events may go, and who gets them by itself.
    pub routes: Routes,
    /// Filters by name.
    pub saved: Saved,
}

type Read = dyn Fn(&[(Entrance, SecretRef)]) -> Result<Anew, String> + Send + Sync;

/// Reads the configuration and all secrets once more; those given are used besides.
#[derive(Clone)]
pub struct Reload(Arc<Read>);

impl Reload {
    /// By this function.
    pub fn new(read: impl Fn(&[(Entrance, SecretRef)]) -> Result<Anew, String> + Send + Sync + 'static) -> Reload {
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
    /// Filters by name; whoever shows them is woken when they change.
    pub saved: watch::Sender<Saved>,
    /// The configuration's file.
    pub config: PathBuf,
    /// The file of kept secrets.
    pub kept: PathBuf,
    /// What was taken into use while the program ran; options of the command line would hide it.
    pub extra: Arc<Mutex<Vec<(Entrance, SecretRef)>>>,
    /// Held by whoever reads or changes the configuration's file, so that nothing that was read before goes in after.
    pub file: Arc<Mutex<()>>,
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
        let (changed, _) = self.read_anew().map_err(refused)?;
        Ok((format!("{entrance} uses the secret {} from now on", reference.name()), changed))
    }

    /// Reads configuration and secrets once more; gives where secrets have changed, and the routes, which are not in force
    /// yet.
    pub fn read_anew(&self) -> Result<(Vec<Entrance>, Routes), String> {
        let extra = self.extra.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Anew { keyring, routes, saved } = (self.reload.0)(&extra)?;
        self.saved.send_if_modified(|known| {
            *known != saved && {
                *known = saved;
                true
            }
        });
        Ok((self.live.replace(keyring), routes))
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

/// Whether the signature of an event holds with these secrets.
fn is_right(event: &Event, keyring: &Keyring) -> bool {
    let headers = event.head.headers();
    let found = verify::examine(Catalogue::in_force(), keyring, event, &headers, Proof::Omitted);
    found.judgement.verdict.is_proved()
}

/// The order to use a secret, or to read the configuration again, carried out by who serves the log. Gives words for what
/// was done.
pub fn carry_out(
    keys: &Keys,
    (store, subscribers): (&Store, &Subscribers),
    order: Option<&SecretOrder>,
    event: Option<EventId>,
) -> Result<String, Refusal> {
    let _file = keys.file.lock().unwrap_or_else(PoisonError::into_inner);
    locked(keys, (store, subscribers), order, event)
}

/// The same by who holds the file already.
pub(super) fn locked(
    keys: &Keys,
    (store, subscribers): (&Store, &Subscribers),
    order: Option<&SecretOrder>,
    event: Option<EventId>,
) -> Result<String, Refusal> {
    let refused = |what: String| (what, "whisper-tui check examines the log".to_owned());
    let (words, changed) = match order {
        Some(order) => {
            let found = Reader::open(store.path()).and_then(|reader| reader.event(order.event));
            let stored = found.map_err(|e| refused(e.to_string()))?;
            let stored = stored.ok_or_else(|| refused(format!("there is no event {}", order.event)))?;
            let (words, changed) = keys.take(order, &stored.event)?;
            let fits = is_right(&stored.event, &keys.live.now());
            (if fits { words } else { format!("{words}; #{} is not right with it", stored.id) }, changed)
        }
        None => {
            let (changed, routes) = keys.read_anew().map_err(|what| (what, "mend it".to_owned()))?;
            subscribers.reload(routes);
            ("secrets and configuration were read again".to_owned(), changed)
        }
    };
    rejudge::concerned(store, &keys.live, changed, event);
    Ok(words)
}

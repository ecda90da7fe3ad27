//! A serving process: log, listener and control socket, started in that order and stopped in the reverse one.

use super::counting::Counting;
use super::indexing::Indexing;
use super::metrics;
use super::{Keep, Keys, backlog, clock, importing, keys, rejudge, reload, retention, setup};
use crate::answer::{Answers, Rule};
#[cfg(unix)]
use crate::control::{Importer, KeyKeeper, Setup};
use crate::delivery::{Courier, Routes, Subscribers};
use crate::listener::{Limits, ListenError, Listener, Shared};
use crate::model::{EventId, Heads, Live, SecretOrder, SetupOrder};
use crate::store::{Store, StoreError, socket_path};
use crate::verify::Catalogue;
#[cfg(unix)]
use futures_util::future::BoxFuture;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// What a serving process needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The event log.
    pub store: PathBuf,
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// What senders may take.
    pub limits: Limits,
    /// Sources and secrets, and where they are written down.
    pub keys: Keys,
    /// Where events may go, and who gets them by itself.
    pub routes: Live<Routes>,
    /// What is kept.
    pub keep: Keep,
    /// What senders are told on purpose.
    pub answers: Vec<Rule>,
    /// The subscribers that leave out what they have missed, by name.
    pub skip: Vec<String>,
}

/// Why it cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The log.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A port.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The control socket.
    #[error("cannot open the control socket: {0}")]
    Control(std::io::Error),
}

/// The running parts.
pub struct Serving {
    /// The log.
    pub store: Store,
    /// Secrets, and where they are written down.
    pub keys: Keys,
    /// Re-sends.
    pub courier: Courier,
    /// What senders are told on purpose.
    pub answers: Answers,
    /// Who gets events by itself.
    pub subscribers: Subscribers,
    /// The URLs on which it listens.
    pub urls: Vec<String>,
    /// How many other processes look on.
    pub watchers: watch::Receiver<usize>,
    /// How far the log had come before the first request.
    pub started_at: Heads,
    listener: Listener,
    retention: tokio::task::JoinHandle<()>,
    backlog: tokio::task::JoinHandle<()>,
    reload: tokio::task::JoinHandle<()>,
    indexing: Indexing,
    counting: Counting,
    metrics: Option<tokio::task::JoinHandle<()>>,
    #[cfg(unix)]
    control: tokio::task::JoinHandle<()>,
}

/// What other processes may have changed about secrets and subscribers.
#[cfg(unix)]
fn keepers(keys: &Keys, store: &Store, subscribers: &Subscribers) -> (KeyKeeper, Setup, Importer) {
    let (own, log, all) = (keys.clone(), store.clone(), subscribers.clone());
    let keeper = move |order: Option<&SecretOrder>, event| keys::carry_out(&own, (&log, &all), order, event);
    let (own, log, all) = (keys.clone(), store.clone(), subscribers.clone());
    let setup = move |order: &SetupOrder| setup::carry_out(&own, (&log, &all), order);
    let (own, log) = (keys.live.clone(), store.clone());
    let importer = move |lines: String| -> BoxFuture<'static, _> {
        let (own, log) = (own.clone(), log.clone());
        Box::pin(async move { importing::import_lines(&log, &own, &lines).await })
    };
    (Arc::new(keeper), Arc::new(setup), Arc::new(importer))
}

impl Serving {
    /// Starts everything, or nothing.
    pub async fn start(settings: &Settings) -> Result<Serving, ServeError> {
        super::open_files::raise();
        let store = Store::open(&settings.store)?;
        match Serving::start_on(&store, settings).await {
            Ok(serving) => Ok(serving),
            Err(error) => {
                // Nobody listened, and the error that is given back says so.
                let _ = store.listening(false, clock::now()).await;
                store.close();
                Err(error)
            }
        }
    }

    async fn start_on(store: &Store, settings: &Settings) -> Result<Serving, ServeError> {
        // Read now, the first event does not wait for it.
        tokio::task::spawn_blocking(Catalogue::in_force);
        let started_at = *store.signals().heads.borrow();
        let answers = Answers::new(settings.answers.clone());
        let (live, limits) = (settings.keys.live.clone(), settings.limits.clone());
        let shared = Shared::new(store.clone(), live, limits, answers.clone());
        // Before the first event. Where that cannot be written no event can be either, and the screen says so.
        let _ = store.listening(true, clock::now()).await;
        let seats = settings.routes.now().subscribers.iter().map(|one| (one.name.clone(), one.start)).collect();
        // Before the first event, which is theirs already.
        let _ = store.seat(seats, clock::now()).await;
        let listener = Listener::start(&settings.listen, Arc::new(shared)).await?;
        let courier = Courier::new(store.clone(), settings.keys.live.clone(), settings.routes.clone());
        let skip = (settings.skip.as_slice(), EventId(started_at.event));
        let subscribers = Subscribers::start(store, courier.planner(), skip);
        let heads = store.signals().heads.clone();
        let backlog = tokio::spawn(backlog::keep(settings.store.clone(), subscribers.clone(), heads));
        let urls: Vec<String> = listener.addresses().iter().map(|a| format!("http://{a}")).collect();
        let watchers = watch::Sender::new(0);
        #[cfg(unix)]
        let control = crate::control::serve(
            &socket_path(&settings.store),
            urls.clone(),
            (courier.clone(), store.clone(), answers.clone(), subscribers.clone()),
            keepers(&settings.keys, store, &subscribers),
            (store.signals().heads.clone(), store.signals().health.clone()),
            watchers.clone(),
        )
        .map_err(ServeError::Control)?;
        rejudge::keyless(store, &settings.keys.live);
        let counting = Counting::start(store, subscribers.standings());
        Ok(Serving {
            keys: settings.keys.clone(),
            store: store.clone(),
            answers,
            subscribers: subscribers.clone(),
            backlog,
            reload: tokio::spawn(reload::watch(settings.keys.clone(), store.clone(), subscribers)),
            courier,
            urls,
            watchers: watchers.subscribe(),
            started_at,
            listener,
            indexing: Indexing::start(store),
            counting,
            metrics: None,
            retention: retention::spawn(store.clone(), settings.keep),
            #[cfg(unix)]
            control,
        })
    }

    /// Tells what was counted on this address, for Prometheus; gives the address that it got.
    pub async fn tell_metrics(&mut self, address: SocketAddr) -> std::io::Result<SocketAddr> {
        let sources = metrics::Sources {
            log: self.store.path().to_owned(),
            keyring: self.keys.live.clone(),
            standings: self.subscribers.standings(),
            health: self.store.signals().health.clone(),
        };
        let (bound, handle) = metrics::serve(address, sources).await?;
        self.metrics = Some(handle);
        Ok(bound)
    }

    /// Stops listening, lets open requests end, writes what waits.
    pub async fn stop(self) {
        self.listener.stop().await;
        self.retention.abort();
        self.backlog.abort();
        self.reload.abort();
        self.metrics.iter().for_each(tokio::task::JoinHandle::abort);
        drop((self.indexing, self.counting));
        self.subscribers.stop().await;
        self.courier.stop().await;
        // Without it the gap that begins here shows as that of a killed process.
        let _ = self.store.listening(false, clock::now()).await;
        #[cfg(unix)]
        self.control.abort();
        // A socket that is left behind is recognised as dead by the next process.
        let _ = std::fs::remove_file(socket_path(self.store.path()));
        let store = self.store;
        let closed = tokio::task::spawn_blocking(move || store.close());
        // The writer's own panic has been reported by then.
        let _ = closed.await;
    }
}

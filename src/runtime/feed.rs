//! What the interface runs on: a log with its wake-ups, and somebody who sends.
//! It must not know whether this process serves the log or only looks at it.

use super::{Keys, Serving, clock, keys, setup};
use crate::answer::Answers;
use crate::control::{Client, ControlError, Step};
use crate::delivery::{Courier, Planner, Routes, Subscribers};
use crate::model::filter::Saved;
use crate::model::{
    EventId, Heads, Health, Live, MarkOrder, ResendOrder, Resent, SecretOrder, SetupOrder, Standing, SubscriberOrder,
    SubscriberStanding,
};
use crate::store::{Reader, Store, StoreError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// How often a serving process that is gone is looked for.
const SEARCH: Duration = Duration::from_secs(1);

/// The interface's view of the world.
#[derive(Clone)]
pub struct Feed {
    /// Where the log is served.
    pub urls: watch::Receiver<Vec<String>>,
    /// Plans what is to be sent; knows the log.
    pub planner: Planner,
    /// How far the log has come.
    pub heads: watch::Receiver<Heads>,
    /// Whether capture works.
    pub health: watch::Receiver<Health>,
    /// How the rules for answers stand.
    pub standings: watch::Receiver<Vec<Standing>>,
    /// How the subscribers are doing.
    pub subscribers: watch::Receiver<Vec<SubscriberStanding>>,
    /// What `@name` means in a filter.
    pub saved: watch::Receiver<Saved>,
    /// How many other processes look on at what this one serves.
    pub watchers: watch::Receiver<usize>,
    keys: Keys,
    sender: Sender,
}

/// Who sends.
#[derive(Clone)]
enum Sender {
    /// This process.
    Own(Box<Courier>, Store, Answers, Subscribers),
    /// The process that serves the log.
    Other,
}

/// Why one cannot look at a log.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// The file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The process that should serve it.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The system.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Feed {
    /// That of the serving process itself.
    pub fn of(serving: &Serving) -> Feed {
        let signals = serving.store.signals();
        Feed {
            urls: watch::channel(serving.urls.clone()).1,
            planner: serving.courier.planner().clone(),
            heads: signals.heads.clone(),
            health: signals.health.clone(),
            watchers: serving.watchers.clone(),
            standings: serving.answers.standings(),
            subscribers: serving.subscribers.standings(),
            saved: serving.keys.saved.subscribe(),
            keys: serving.keys.clone(),
            sender: Sender::Own(
                Box::new(serving.courier.clone()),
                serving.store.clone(),
                serving.answers.clone(),
                serving.subscribers.clone(),
            ),
        }
    }

    /// That of a log which another process serves.
    pub fn attach(log: &Path, keys: Keys, routes: Live<Routes>) -> Result<Feed, AttachError> {
        let reader = Reader::open(log)?;
        let planner = Planner { log: log.to_owned(), log_id: reader.log_id()?, keyring: keys.live.clone(), routes };
        let mut client = Client::connect(log)?;
        let (urls_sender, urls) = watch::channel(client.urls()?);
        client.watch()?;
        let (heads_sender, heads) = watch::channel(reader.heads()?);
        let (health_sender, health) = watch::channel(Health::default());
        let (standings_sender, standings) = watch::channel(Vec::new());
        let (subscribers_sender, subscribers) = watch::channel(Vec::new());
        let watcher = Watcher {
            log: log.to_owned(),
            reader,
            urls: urls_sender,
            heads: heads_sender,
            health: health_sender,
            standings: standings_sender,
            subscribers: subscribers_sender,
        };
        std::thread::Builder::new().name("log-watcher".into()).spawn(move || watcher.run(client))?;
        let watchers = watch::channel(0).1;
        let saved = keys.saved.subscribe();
        Ok(Feed { urls, planner, heads, health, standings, subscribers, saved, watchers, keys, sender: Sender::Other })
    }

    /// Whether this process listens.
    pub fn serves(&self) -> bool {
        matches!(self.sender, Sender::Own(..))
    }

    /// Has an event sent; an error is what went wrong, and what to do.
    pub async fn resend(&self, order: &ResendOrder) -> Result<Resent, (String, String)> {
        match &self.sender {
            Sender::Own(courier, ..) => courier.resend(order).await.map_err(|e| (e.to_string(), e.hint())),
            Sender::Other => {
                let (log, order) = (self.planner.log.clone(), order.clone());
                let asked = tokio::task::spawn_blocking(move || ask(&log, &order)).await;
                asked.unwrap_or_else(|e| Err((e.to_string(), String::new())))
            }
        }
    }
}

impl Feed {
    /// Has a mark set on events; gives those for which that changed something. An error is what went wrong, and what to
    /// do.
    pub async fn mark(&self, order: MarkOrder) -> Result<Vec<EventId>, (String, String)> {
        match &self.sender {
            Sender::Own(_, store, ..) => store.mark(order).await.map_err(|e| (e.to_string(), "try again".to_owned())),
            Sender::Other => {
                let log = self.planner.log.clone();
                let asked = tokio::task::spawn_blocking(move || Client::connect(&log)?.mark(&order)).await;
                asked.map_err(|e| (e.to_string(), String::new()))?.map_err(refused)
            }
        }
    }
}

impl Feed {
    /// Has a secret used, or all of them read again, and an event judged again; gives words for what was done. An error is
    /// what went wrong, and what to do.
    pub async fn keys(&self, order: Option<SecretOrder>, event: EventId) -> Result<String, (String, String)> {
        let (keys, sender, log) = (self.keys.clone(), self.sender.clone(), self.planner.log.clone());
        let own_routes = self.planner.routes.clone();
        let done = tokio::task::spawn_blocking(move || match sender {
            Sender::Own(_, store, _, subscribers) => {
                keys::carry_out(&keys, (&store, &subscribers), order.as_ref(), Some(event))
            }
            Sender::Other => {
                let asked = Client::connect(&log).and_then(|mut client| client.keys(order, Some(event)));
                let words = asked.map_err(refused)?;
                // This process proves signatures for its own screen.
                let (_, routes) = keys.read_anew().map_err(|what| (what, "mend the configuration".to_owned()))?;
                own_routes.replace(routes);
                Ok(words)
            }
        });
        done.await.unwrap_or_else(|e| Err((e.to_string(), String::new())))
    }
}

impl Feed {
    /// Has a rule for answers turned on or off. An error is what went wrong, and what to do.
    pub async fn answer(&self, rule: String, on: bool) -> Result<(), (String, String)> {
        match &self.sender {
            Sender::Own(_, _, answers, _) => {
                let gone = || (format!("there is no answer named `{rule}`"), "start it anew".to_owned());
                answers.turn(&rule, on).then_some(()).ok_or_else(gone)
            }
            Sender::Other => {
                let log = self.planner.log.clone();
                let asked = tokio::task::spawn_blocking(move || Client::connect(&log)?.answer(&rule, on)).await;
                asked.map_err(|e| (e.to_string(), String::new()))?.map_err(refused)
            }
        }
    }

    /// Tells a subscriber what to do. An error is what went wrong, and what to do.
    pub async fn subscriber(&self, name: String, order: SubscriberOrder) -> Result<(), (String, String)> {
        match &self.sender {
            Sender::Own(.., subscribers) => {
                let gone = || (format!("there is no subscriber `{name}`"), "start it anew".to_owned());
                subscribers.tell(&name, order).await.then_some(()).ok_or_else(gone)
            }
            Sender::Other => {
                let log = self.planner.log.clone();
                let asked = tokio::task::spawn_blocking(move || Client::connect(&log)?.subscriber(&name, order)).await;
                asked.map_err(|e| (e.to_string(), String::new()))?.map_err(refused)
            }
        }
    }

    /// Has the subscribers of the configuration changed; gives words for what was done, or the text that was asked for.
    pub async fn set_up(&self, order: SetupOrder) -> Result<String, (String, String)> {
        let (keys, sender, log) = (self.keys.clone(), self.sender.clone(), self.planner.log.clone());
        let done = tokio::task::spawn_blocking(move || match sender {
            Sender::Own(_, store, _, subscribers) => setup::carry_out(&keys, (&store, &subscribers), &order),
            Sender::Other => {
                let done = Client::connect(&log).and_then(|mut client| client.set_up(&order)).map_err(refused)?;
                // What this process shows of the configuration has changed, too.
                keys.read_anew().map_err(|what| (what, "mend the configuration".to_owned()))?;
                Ok(done)
            }
        });
        done.await.unwrap_or_else(|e| Err((e.to_string(), String::new())))
    }

    /// Notes that senders can reach this process from now on, or no longer.
    pub async fn listening(&self, yes: bool) {
        if let Sender::Own(_, store, ..) = &self.sender {
            // A log that cannot be written says so with the next event.
            let _ = store.listening(yes, clock::now()).await;
        }
    }
}

/// Wakes the readers of a log that another process serves, and finds that process again when it was restarted.
struct Watcher {
    log: PathBuf,
    reader: Reader,
    urls: watch::Sender<Vec<String>>,
    heads: watch::Sender<Heads>,
    health: watch::Sender<Health>,
    standings: watch::Sender<Vec<Standing>>,
    subscribers: watch::Sender<Vec<SubscriberStanding>>,
}

impl Watcher {
    /// Runs until nobody looks any more.
    fn run(self, mut client: Client) {
        loop {
            self.follow(&mut client);
            self.health.send_modify(|health| health.gone = true);
            client = loop {
                if self.heads.is_closed() {
                    return;
                }
                // How often somebody is looked for.
                #[allow(clippy::disallowed_methods)]
                std::thread::sleep(SEARCH);
                if let Ok(found) = self.find() {
                    break found;
                }
            };
        }
    }

    fn find(&self) -> Result<Client, ControlError> {
        let mut client = Client::connect(&self.log)?;
        self.urls.send_replace(client.urls()?);
        client.watch()?;
        Ok(client)
    }

    /// What a step was is read in the log; how capture does is said by who does it.
    fn follow(&self, client: &mut Client) {
        while let Ok(Step { mark, health: said, standings, subscribers, .. }) = client.step() {
            if let Some(standings) = standings {
                self.standings.send_replace(standings);
            }
            if let Some(subscribers) = subscribers {
                self.subscribers.send_replace(subscribers);
            }
            let read = self.reader.heads();
            if let Ok(now) = &read {
                self.heads.send_modify(|heads| *heads = Heads { change: heads.change + 1, mark, ..*now });
            }
            let unread = read.err().map(|error| error.to_string());
            self.health.send_if_modified(|health| {
                let now = Health { store_error: unread.or(said.store_error.clone()), ..said };
                *health != now && {
                    *health = now;
                    true
                }
            });
        }
    }
}

/// An error as what went wrong, and what to do.
fn refused(error: ControlError) -> (String, String) {
    match error {
        ControlError::Refused { what, hint, .. } => (what, hint),
        gone => (gone.to_string(), "start whisper-tui serve, or whisper-tui alone".to_owned()),
    }
}

/// Asks the serving process to send, and reads in the log what came of it.
fn ask(log: &Path, order: &ResendOrder) -> Result<Resent, (String, String)> {
    let mut client = Client::connect(log).map_err(refused)?;
    let reply = client.resend(order).map_err(refused)?;
    let made_at = reply["attempt"]["at"].as_str().unwrap_or_default();
    let read = || Reader::open(log)?.attempts(order.event);
    let attempts = read().map_err(|e: StoreError| (e.to_string(), e.hint()))?;
    let mut latest = attempts.into_iter().rev().skip_while(|a| a.what.at.to_string() != made_at);
    let attempt = latest.next().ok_or_else(|| ("the attempt is not in the log".to_owned(), String::new()))?;
    let before = latest.find(|before| before.what.goes_where(&attempt.what));
    Ok(Resent { attempt, before })
}

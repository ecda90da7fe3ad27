//! What the interface runs on: a log with its wake-ups, and somebody who sends.
//! It must not know whether this process serves the log or only looks at it.

use super::Serving;
use crate::control::{Client, ControlError};
use crate::delivery::{Courier, Planner};
use crate::model::{Allowed, Heads, Health, ResendOrder, Resent};
use crate::store::{Reader, StoreError};
use crate::verify::Keyring;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// The interface's view of the world.
#[derive(Clone)]
pub struct Feed {
    /// Where the log is served.
    pub urls: Vec<String>,
    /// Plans what is to be sent; knows the log.
    pub planner: Planner,
    /// How far the log has come.
    pub heads: watch::Receiver<Heads>,
    /// Whether capture works.
    pub health: watch::Receiver<Health>,
    sender: Sender,
}

/// Who sends.
#[derive(Clone)]
enum Sender {
    /// This process.
    Own(Courier),
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
            urls: serving.urls.clone(),
            planner: serving.courier.planner().clone(),
            heads: signals.heads.clone(),
            health: signals.health.clone(),
            sender: Sender::Own(serving.courier.clone()),
        }
    }

    /// That of a log which another process serves.
    pub fn attach(log: &Path, keyring: Arc<Keyring>, allowed: Arc<Allowed>) -> Result<Feed, AttachError> {
        let reader = Reader::open(log)?;
        let mut client = Client::connect(log)?;
        let urls = client.urls()?;
        client.watch()?;
        let (heads_sender, heads) = watch::channel(reader.heads()?);
        let (health_sender, health) = watch::channel(Health::default());
        let planner = Planner { log: log.to_owned(), log_id: reader.log_id()?, keyring, allowed };
        std::thread::Builder::new()
            .name("log-watcher".into())
            .spawn(move || watch(&mut client, &reader, &heads_sender, &health_sender))?;
        Ok(Feed { urls, planner, heads, health, sender: Sender::Other })
    }

    /// Has an event sent; an error is what went wrong, and what to do.
    pub async fn resend(&self, order: &ResendOrder) -> Result<Resent, (String, String)> {
        match &self.sender {
            Sender::Own(courier) => courier.resend(order).await.map_err(|e| (e.to_string(), e.hint())),
            Sender::Other => {
                let (log, order) = (self.planner.log.clone(), order.clone());
                let asked = tokio::task::spawn_blocking(move || ask(&log, &order)).await;
                asked.unwrap_or_else(|e| Err((e.to_string(), String::new())))
            }
        }
    }
}

/// Wakes the readers at every step; what the step was they read in the log.
fn watch(client: &mut Client, reader: &Reader, heads: &watch::Sender<Heads>, health: &watch::Sender<Health>) {
    while client.step().is_ok() {
        let Ok(now) = reader.heads() else { break };
        heads.send_modify(|heads| *heads = Heads { change: heads.change + 1, ..now });
    }
    health.send_modify(|health| health.gone = true);
}

/// Asks the serving process to send, and reads in the log what came of it.
fn ask(log: &Path, order: &ResendOrder) -> Result<Resent, (String, String)> {
    let refused = |error: ControlError| match error {
        ControlError::Refused { what, hint, .. } => (what, hint),
        gone => (gone.to_string(), "start whisper-tui serve, or whisper-tui alone".to_owned()),
    };
    let mut client = Client::connect(log).map_err(refused)?;
    client.resend(order).map_err(refused)?;
    let read = || Reader::open(log)?.attempts(order.event);
    let attempts = read().map_err(|e: StoreError| (e.to_string(), e.hint()))?;
    let mut latest = attempts.into_iter().rev();
    let attempt = latest.next().ok_or_else(|| ("the attempt is not in the log".to_owned(), String::new()))?;
    let before = latest.find(|before| before.what.url == attempt.what.url);
    Ok(Resent { attempt, before })
}

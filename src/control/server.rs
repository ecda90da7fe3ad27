//! The serving end of the socket.

use super::protocol::{PROTOCOL, Request, Step};
use super::socket;
use crate::answer::Answers;
use crate::delivery::{Courier, Subscribers};
use crate::model::{
    EventId, Heads, Health, MarkOrder, ResendOrder, Retention, SecretOrder, SetupOrder, SubscriberOrder, shape,
};
use crate::store::Store;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Uses a secret, or reads all of them again, and has what that concerns judged again; gives words for it, or what is
/// wrong and what to do.
pub type KeyKeeper =
    Arc<dyn Fn(Option<&SecretOrder>, Option<EventId>) -> Result<String, (String, String)> + Send + Sync>;

/// Changes the subscribers of the configuration; gives words for it, or what is wrong and what to do.
pub type Setup = Arc<dyn Fn(&SetupOrder) -> Result<String, (String, String)> + Send + Sync>;

/// Takes in events, one a line as a file has them; gives their ids, or what is wrong and what to do.
pub type Importer = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Vec<EventId>, (String, String)>> + Send + Sync>;

/// Pause after a failed accept, so that the loop does not spin.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);
/// Longest request line: an edited body of 25 MiB in base64 fits.
const LONGEST: u64 = 64 << 20;

/// Opens the socket at `path` and answers on it until the handle is aborted.
pub fn serve(
    path: &Path,
    urls: Vec<String>,
    (courier, store, answers, subscribers): (Courier, Store, Answers, Subscribers),
    (keys, setup, importer): (KeyKeeper, Setup, Importer),
    signals: (watch::Receiver<Heads>, watch::Receiver<Health>),
    watchers: watch::Sender<usize>,
) -> std::io::Result<JoinHandle<()>> {
    let listener = bind(path)?;
    let about = Arc::new(json!({
        "protocol": PROTOCOL, "version": env!("CARGO_PKG_VERSION"), "pid": std::process::id(), "urls": urls,
    }));
    Ok(tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Too many open files, for example: that passes.
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (heads, health) = signals.clone();
            let session = Session {
                about: Arc::clone(&about),
                courier: courier.clone(),
                store: store.clone(),
                answers: answers.clone(),
                subscribers: subscribers.clone(),
                keys: Arc::clone(&keys),
                setup: Arc::clone(&setup),
                importer: Arc::clone(&importer),
                watchers: watchers.clone(),
                heads,
                health,
            };
            // A client that goes away in the middle is its own affair.
            tokio::spawn(async move { session.run(stream).await.ok() });
        }
    }))
}

/// Only the holder of the log's lock comes here, so a socket that is there already is a dead one.
fn bind(path: &Path) -> std::io::Result<UnixListener> {
    let (short, _folder) = socket::reachable(path)?;
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o177));
    let bound = UnixListener::bind(short);
    rustix::process::umask(before);
    bound
}

struct Session {
    about: Arc<Value>,
    courier: Courier,
    store: Store,
    answers: Answers,
    subscribers: Subscribers,
    keys: KeyKeeper,
    setup: Setup,
    importer: Importer,
    /// How many processes look on.
    watchers: watch::Sender<usize>,
    heads: watch::Receiver<Heads>,
    health: watch::Receiver<Health>,
}

impl Session {
    async fn run(mut self, stream: UnixStream) -> std::io::Result<()> {
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read.take(LONGEST));
        let mut line = String::new();
        let mut first = true;
        while lines.read_line(&mut line).await? > 0 {
            let mut reply = match serde_json::from_str(&line) {
                Ok(Request::Hello) => (*self.about).clone(),
                Ok(Request::Watch) => {
                    say(&mut write, &json!({"protocol": PROTOCOL})).await?;
                    self.watchers.send_modify(|many| *many += 1);
                    let watched = self.watch(&mut write, &mut lines).await;
                    self.watchers.send_modify(|many| *many -= 1);
                    return watched;
                }
                Ok(Request::Resend { order }) => self.resend(&order).await,
                Ok(Request::Prune { retention }) => self.prune(retention).await,
                Ok(Request::Mark { order }) => self.mark(order).await,
                Ok(Request::Keys { order, event }) => self.keys(order, event).await,
                Ok(Request::Subscribers) => json!({"subscribers": *self.subscribers.standings().borrow()}),
                Ok(Request::Subscriber { name, order }) => self.subscriber(&name, order).await,
                Ok(Request::Setup { order }) => self.set_up(order).await,
                Ok(Request::Import { lines }) => match (self.importer)(lines).await {
                    Ok(ids) => json!({"imported": ids}),
                    Err((what, hint)) => json!({"error": what, "hint": hint, "exit": 1}),
                },
                Ok(Request::Answer { rule, on }) => self.answer(&rule, on),
                Err(e) => json!({"error": format!("not understood: {e}"), "hint": "both must be of one version"}),
            };
            if std::mem::take(&mut first) {
                reply["protocol"] = json!(PROTOCOL);
            }
            say(&mut write, &reply).await?;
            line.clear();
            lines.get_mut().set_limit(LONGEST);
        }
        Ok(())
    }

    /// Says every step until the other end goes away, or says something: there is nothing more to be said.
    async fn watch(
        &mut self,
        write: &mut (impl AsyncWriteExt + Unpin),
        read: &mut (impl AsyncReadExt + Unpin),
    ) -> std::io::Result<()> {
        let mut standings = self.answers.standings();
        let mut subscribers = self.subscribers.standings();
        standings.mark_changed();
        subscribers.mark_changed();
        loop {
            let (heads, health) = (*self.heads.borrow_and_update(), self.health.borrow_and_update().clone());
            let changed = standings.has_changed().unwrap_or(false);
            let step = Step::new(heads, health, changed.then(|| standings.borrow_and_update().clone()));
            let changed = subscribers.has_changed().unwrap_or(false);
            let step = Step { subscribers: changed.then(|| subscribers.borrow_and_update().clone()), ..step };
            say(write, &json!(step)).await?;
            let changed = tokio::select! {
                changed = self.heads.changed() => changed,
                changed = self.health.changed() => changed,
                changed = subscribers.changed() => {
                    subscribers.mark_changed();
                    changed
                }
                changed = standings.changed() => {
                    standings.mark_changed();
                    changed
                }
                _ = read.read_u8() => return Ok(()),
            };
            if changed.is_err() {
                return Ok(());
            }
        }
    }

    async fn resend(&self, order: &ResendOrder) -> Value {
        match self.courier.resend(order).await {
            Ok(resent) => shape::resent(&resent),
            Err(error) => {
                let exit = if error.is_usage() { 2 } else { 1 };
                json!({"error": error.to_string(), "hint": error.hint(), "exit": exit})
            }
        }
    }
}

impl Session {
    async fn prune(&self, retention: Retention) -> Value {
        match self.store.prune(retention).await {
            Ok(removed) => json!({"removed": removed}),
            Err(error) => json!({"error": error.to_string(), "hint": "try again", "exit": 1}),
        }
    }

    /// It reads and writes files, so that it has a thread of its own.
    async fn keys(&self, order: Option<SecretOrder>, event: Option<EventId>) -> Value {
        let keys = Arc::clone(&self.keys);
        said(tokio::task::spawn_blocking(move || keys(order.as_ref(), event)).await)
    }

    async fn set_up(&self, order: SetupOrder) -> Value {
        let setup = Arc::clone(&self.setup);
        said(tokio::task::spawn_blocking(move || setup(&order)).await)
    }

    async fn subscriber(&self, name: &str, order: SubscriberOrder) -> Value {
        match self.subscribers.tell(name, order).await {
            true => json!({"done": true}),
            false => {
                let what = format!("there is no subscriber `{name}`");
                json!({"error": what, "hint": "whisper-tui subscribers lists them", "exit": 2})
            }
        }
    }

    fn answer(&self, rule: &str, on: bool) -> Value {
        match self.answers.turn(rule, on) {
            true => json!({"done": true}),
            false => json!({"error": format!("there is no answer named `{rule}`"), "hint": "start it anew", "exit": 2}),
        }
    }

    async fn mark(&self, order: MarkOrder) -> Value {
        match self.store.mark(order).await {
            Ok(changed) => json!({"changed": changed}),
            Err(error) => json!({"error": error.to_string(), "hint": "try again", "exit": 1}),
        }
    }
}

fn said(done: Result<Result<String, (String, String)>, tokio::task::JoinError>) -> Value {
    match done.unwrap_or_else(|e| Err((e.to_string(), String::new()))) {
        Ok(words) => json!({"done": words}),
        Err((what, hint)) => json!({"error": what, "hint": hint, "exit": 2}),
    }
}

async fn say(write: &mut (impl AsyncWriteExt + Unpin), reply: &Value) -> std::io::Result<()> {
    let mut line = reply.to_string();
    line.push('\n');
    write.write_all(line.as_bytes()).await
}

//! The serving process's hold on a log: what is to be written waits for the one thread that writes.
//! It must not let anybody wait for room: where too much waits, it is refused.

mod change;
mod thread;

use super::deliveries::Step;
use super::drift::Learnt;
use super::insert::Prepared;
use super::runs::Refusals;
use super::spans::Tallied;
use super::{AppendError, Lock, StoreError, files, reader, schema};
use crate::model::{
    Answer, Event, EventId, Heads, Health, Judgement, LogId, MarkOrder, NewAttempt, Receipt, Start, Timestamp,
};
use change::{Change, Done};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use thread::{Write, Writer};
use tokio::sync::{oneshot, watch};

/// Writes that may wait; beyond it senders are told to come again.
const QUEUE: usize = 4096;
/// Bodies above this are hashed off the network's threads, in bytes.
const LARGE: usize = 1 << 20;

/// Requests that were answered 503, until the log knows of them.
type Pending = Arc<Mutex<Option<Refusals>>>;

/// The serving process's hold on a log.
#[derive(Clone)]
pub struct Store {
    queue: SyncSender<Write>,
    signals: StoreSignals,
    log_id: LogId,
    path: PathBuf,
    /// The log has become too large: no event is taken in.
    full: Arc<AtomicBool>,
    /// Requests that were answered 503 and of which the log does not know yet.
    refused: Pending,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    _lock: Arc<Lock>,
}

/// What readers are woken by.
#[derive(Clone)]
pub struct StoreSignals {
    /// How far the log has come.
    pub heads: watch::Receiver<Heads>,
    /// Whether commits work.
    pub health: watch::Receiver<Health>,
    health_sender: watch::Sender<Health>,
}

impl Store {
    /// Takes the lock, opens or creates the log, brings it up to date and starts the writer.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let lock = Lock::take(path)?;
        if !path.exists() {
            files::create_log_file(path)?;
        }
        schema::recognise(path)?;
        let mut connection = open(path)?;
        schema::migrate(&mut connection, path)?;
        let log_id = connection.query_row("SELECT value FROM meta WHERE name = 'log_id'", [], |row| row.get(0))?;
        let first_heads = reader::heads(&connection)?;
        let (heads_sender, heads) = watch::channel(first_heads);
        let (health_sender, health) = watch::channel(Health::default());
        let (queue, waiting) = sync_channel(QUEUE);
        let refused = Pending::default();
        let writer = Writer {
            refused: refused.clone(),
            path: path.to_owned(),
            connection: Some(connection),
            heads: heads_sender,
            health: health_sender.clone(),
        };
        let thread = std::thread::Builder::new()
            .name("log-writer".into())
            .spawn(move || writer.run(&waiting))
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        Ok(Store {
            queue,
            signals: StoreSignals { heads, health, health_sender },
            log_id: LogId(log_id),
            path: path.to_owned(),
            full: Arc::default(),
            refused,
            thread: Arc::new(Mutex::new(Some(thread))),
            _lock: Arc::new(lock),
        })
    }

    /// The log's UUID.
    pub fn log_id(&self) -> &LogId {
        &self.log_id
    }

    /// The log's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The signals of this log.
    pub fn signals(&self) -> &StoreSignals {
        &self.signals
    }

    /// Keeps an event. Returning `Ok` means that it is on disk.
    pub async fn append(&self, event: Event) -> Result<Receipt, AppendError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(AppendError::Full);
        }
        let (reply, receipt) = oneshot::channel();
        let queued = Instant::now();
        // Hashing a large body takes a while: then the other tasks get another thread.
        let prepared = match event.body.len() > LARGE {
            true => tokio::task::block_in_place(|| Prepared::new(event)),
            false => Prepared::new(event),
        };
        self.put(Write::Event(Box::new(prepared), queued, reply))?;
        receipt.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Records an attempt and remembers its target. Returning `Ok` means that it is on disk.
    pub async fn record_attempt(&self, attempt: NewAttempt) -> Result<i64, AppendError> {
        Ok(self.change(Change::Attempt(Box::new(attempt))).await?.id)
    }

    /// Records what came of attempts for a subscriber, and where that stands, all in one transaction. Returning `Ok` means
    /// that it is on disk.
    pub async fn steps(&self, steps: Vec<Step>) -> Result<(), AppendError> {
        self.change(Change::Steps(steps)).await.map(drop)
    }

    /// Notes which subscribers there are: one that is new gets its place, and what is kept of others goes after seven days.
    pub async fn seat(&self, names: Vec<(String, Start)>, now: Timestamp) -> Result<(), AppendError> {
        self.change(Change::Seat(names, now)).await.map(drop)
    }

    /// Brings back what a subscriber has given up, or of that one event, to be tried again; gives how many that are.
    pub async fn revive(&self, subscriber: String, only: Option<EventId>) -> Result<u64, AppendError> {
        Ok(self.change(Change::Revive(subscriber, only)).await?.many)
    }

    /// Keeps what a subscriber has given up no longer as such; gives how many events that are.
    pub async fn dismiss(&self, subscriber: String) -> Result<u64, AppendError> {
        Ok(self.change(Change::Dismiss(subscriber)).await?.many)
    }

    /// Sets a mark, and gives the events for which that changed something. Returning `Ok` means that it is on disk.
    pub async fn mark(&self, order: MarkOrder) -> Result<Vec<EventId>, AppendError> {
        Ok(self.change(Change::Mark(order)).await?.marked)
    }

    /// Notes that senders can reach us from now on, or no longer. Returning `Ok` means that it is on disk.
    pub async fn listening(&self, yes: bool, at: Timestamp) -> Result<(), AppendError> {
        self.change(Change::Run(yes, at)).await.map(drop)
    }

    /// Records verdicts that a later secret has changed. Returning `Ok` means that it is on disk.
    pub async fn judge(&self, judged: Vec<(EventId, Judgement)>) -> Result<(), AppendError> {
        self.change(Change::Judge(judged)).await.map(drop)
    }

    /// Removes events for good. Returning `Ok` means that it is on disk.
    pub(super) async fn remove(&self, events: Vec<EventId>) -> Result<(), AppendError> {
        self.change(Change::Remove(events)).await.map(drop)
    }

    /// Adds counts of whole minutes to those in the log. Returning `Ok` means that it is on disk.
    pub(super) async fn count_spans(&self, tallied: Tallied) -> Result<(), AppendError> {
        self.change(Change::Count(Box::new(tallied))).await.map(drop)
    }

    /// Keeps what was learnt of the shapes of events. Returning `Ok` means that it is on disk.
    pub(super) async fn learn(&self, learnt: Learnt) -> Result<(), AppendError> {
        self.change(Change::Learn(Box::new(learnt))).await.map(drop)
    }

    /// Gives the room of removed events back to the disk. It takes as long as copying the log, and capture waits.
    pub async fn shrink(&self) -> Result<(), AppendError> {
        self.change(Change::Shrink).await.map(drop)
    }

    /// Takes no event in any more, or does again.
    pub fn refuse(&self, yes: bool) {
        if self.full.swap(yes, Ordering::Relaxed) != yes {
            self.count(|health| health.full = yes);
        }
    }

    /// Notes what the sender was told. Lost if the queue is full: the event itself is safe.
    pub fn answered(&self, id: EventId, answer: Answer) {
        let _ = self.put(Write::Answer(id, answer));
    }

    /// Notes a request that was answered 503 because it could not be kept: the log says so once it can be written again.
    pub fn refused(&self, at: Timestamp) {
        self.count(|health| health.refused += 1);
        let mut pending = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = pending.get_or_insert(Refusals { from: at, to: at, requests: 0 });
        (known.to, known.requests) = (at, known.requests + 1);
    }

    /// Counts a request that was answered 503, or one that was only counted.
    pub fn count(&self, change: impl FnOnce(&mut Health)) {
        self.signals.health_sender.send_modify(change);
    }

    /// Writes what waits and ends the writer.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Write::Close);
            let _ = thread.join();
        }
    }

    async fn change(&self, change: Change) -> Result<Done, AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Change(change, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    fn put(&self, write: Write) -> Result<(), AppendError> {
        self.queue.try_send(write).map_err(|refused| match refused {
            TrySendError::Full(_) => AppendError::QueueFull,
            TrySendError::Disconnected(_) => AppendError::Closed,
        })
    }
}

fn open(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "page_size", 8192)?;
    schema::settle(&connection)?;
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    Ok(connection)
}

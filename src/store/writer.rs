//! The one thread that writes the log: it takes what waits, writes it in one transaction, and only then says so.
//! It must not wait for more than there is: while one commit runs, the next one's events gather by themselves.

use super::deliveries::{self, Step};
use super::drift::{self, Learnt};
use super::insert::{self, Placed, Prepared};
use super::runs::Refusals;
use super::spans::{self, Tallied};
use super::{AppendError, Lock, StoreError, files, marks, prune, reader, runs, schema, verdicts};
use crate::model::{
    Answer, Cause, Event, EventId, Heads, Health, Judgement, LogId, MarkOrder, NewAttempt, Receipt, Start, Timestamp,
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Writes that may wait; beyond it senders are told to come again.
const QUEUE: usize = 4096;
/// Rows and bytes of one transaction at most, so that nobody waits for a giant one.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 32 << 20;
/// Bodies above this are hashed off the network's threads, in bytes.
const LARGE: usize = 1 << 20;
/// How long answers wait for an event to share a commit with.
const ANSWERS_LINGER: Duration = Duration::from_millis(100);

/// Requests that were answered 503, until the log knows of them.
type Pending = Arc<Mutex<Option<Refusals>>>;

type Reply<T> = oneshot::Sender<Result<T, AppendError>>;

enum Write {
    Event(Box<Prepared>, Instant, Reply<Receipt>),
    Answer(EventId, Answer),
    Attempt(Box<NewAttempt>, Reply<i64>),
    Steps(Vec<Step>, Reply<()>),
    Seat(Vec<(String, Start)>, Timestamp, Reply<()>),
    Revive(String, Option<EventId>, Reply<u64>),
    Dismiss(String, Reply<u64>),
    Mark(MarkOrder, Reply<Vec<EventId>>),
    Judge(Vec<(EventId, Judgement)>, Reply<()>),
    Remove(Vec<EventId>, Reply<()>),
    Shrink(Reply<()>),
    /// Counts of whole minutes.
    Count(Box<Tallied>, Reply<()>),
    /// Shapes of events.
    Learn(Box<Learnt>, Reply<()>),
    /// Somebody listens from now on, or no longer.
    Run(bool, Timestamp, Reply<()>),
    Close,
}

/// What came of a write, once it is on disk.
enum Done {
    Nothing,
    /// The row's id.
    Id(i64),
    /// The event's id and its place among its like.
    Event(Placed),
    /// So many.
    Many(u64),
    /// The events whose mark was changed.
    Marked(Vec<EventId>),
}

impl From<()> for Done {
    fn from((): ()) -> Done {
        Done::Nothing
    }
}

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
        let (reply, id) = oneshot::channel();
        self.put(Write::Attempt(Box::new(attempt), reply))?;
        id.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Records what came of attempts for a subscriber, and where that stands, all in one transaction. Returning `Ok` means
    /// that it is on disk.
    pub async fn steps(&self, steps: Vec<Step>) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Steps(steps, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Notes which subscribers there are: one that is new gets its place, and what is kept of others goes after seven days.
    pub async fn seat(&self, names: Vec<(String, Start)>, now: Timestamp) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Seat(names, now, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Brings back what a subscriber has given up, or of that one event, to be tried again; gives how many that are.
    pub async fn revive(&self, subscriber: String, only: Option<EventId>) -> Result<u64, AppendError> {
        let (reply, many) = oneshot::channel();
        self.put(Write::Revive(subscriber, only, reply))?;
        many.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Keeps what a subscriber has given up no longer as such; gives how many events that are.
    pub async fn dismiss(&self, subscriber: String) -> Result<u64, AppendError> {
        let (reply, many) = oneshot::channel();
        self.put(Write::Dismiss(subscriber, reply))?;
        many.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Sets a mark, and gives the events for which that changed something. Returning `Ok` means that it is on disk.
    pub async fn mark(&self, order: MarkOrder) -> Result<Vec<EventId>, AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Mark(order, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Notes that senders can reach us from now on, or no longer. Returning `Ok` means that it is on disk.
    pub async fn listening(&self, yes: bool, at: Timestamp) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Run(yes, at, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Records verdicts that a later secret has changed. Returning `Ok` means that it is on disk.
    pub async fn judge(&self, judged: Vec<(EventId, Judgement)>) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Judge(judged, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Removes events for good. Returning `Ok` means that it is on disk.
    pub(super) async fn remove(&self, events: Vec<EventId>) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Remove(events, reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Adds counts of whole minutes to those in the log. Returning `Ok` means that it is on disk.
    pub(super) async fn count_spans(&self, tallied: Tallied) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Count(Box::new(tallied), reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Keeps what was learnt of the shapes of events. Returning `Ok` means that it is on disk.
    pub(super) async fn learn(&self, learnt: Learnt) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Learn(Box::new(learnt), reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
    }

    /// Gives the room of removed events back to the disk. It takes as long as copying the log, and capture waits.
    pub async fn shrink(&self) -> Result<(), AppendError> {
        let (reply, done) = oneshot::channel();
        self.put(Write::Shrink(reply))?;
        done.await.unwrap_or(Err(AppendError::Closed))
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

struct Writer {
    path: PathBuf,
    refused: Pending,
    /// `None` after a failed commit until the log could be opened anew.
    connection: Option<Connection>,
    heads: watch::Sender<Heads>,
    health: watch::Sender<Health>,
}

impl Writer {
    fn run(mut self, waiting: &Receiver<Write>) {
        let mut open = true;
        while open {
            let mut batch = Vec::new();
            open = gather(waiting, &mut batch);
            if !batch.is_empty() {
                self.write(batch);
            }
        }
        // Whoever copies the file after a clean end has all of it. Where somebody still reads the rest stays beside it.
        if let Some(connection) = &self.connection {
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    fn write(&mut self, batch: Vec<Write>) {
        let begin = Instant::now();
        let result = self.commit(&batch, begin);
        let commit_us = begin.elapsed().as_micros() as u64;
        self.report(result.as_ref().err());
        match result {
            Ok(done) => {
                self.advance(&batch, &done);
                for (write, done) in batch.into_iter().zip(done) {
                    match (write, done) {
                        (Write::Event(_, _, reply), Done::Event(placed)) => {
                            let Placed { id, family, overtaken_by, queue_us } = placed;
                            drop(reply.send(Ok(Receipt { id, family, overtaken_by, queue_us, commit_us })));
                        }
                        (Write::Attempt(_, reply), Done::Id(id)) => drop(reply.send(Ok(id))),
                        (Write::Steps(_, reply), _) => drop(reply.send(Ok(()))),
                        (Write::Revive(_, _, reply) | Write::Dismiss(_, reply), Done::Many(many)) => {
                            drop(reply.send(Ok(many)));
                        }
                        (Write::Seat(_, _, reply), _) => drop(reply.send(Ok(()))),
                        (Write::Mark(_, reply), Done::Marked(events)) => drop(reply.send(Ok(events))),
                        (Write::Judge(_, reply) | Write::Run(_, _, reply), _) => drop(reply.send(Ok(()))),
                        (Write::Remove(_, reply) | Write::Shrink(reply), _) => drop(reply.send(Ok(()))),
                        (Write::Count(_, reply) | Write::Learn(_, reply), _) => drop(reply.send(Ok(()))),
                        _ => {}
                    }
                }
            }
            Err(error) => {
                // What a failed fsync left behind is unknown: start again from what is on disk.
                self.connection = None;
                for write in batch {
                    let failed = AppendError::Failed(error.to_string());
                    match write {
                        Write::Event(_, _, reply) => drop(reply.send(Err(failed))),
                        Write::Attempt(_, reply) => drop(reply.send(Err(failed))),
                        Write::Steps(_, reply) => drop(reply.send(Err(failed))),
                        Write::Revive(_, _, reply) | Write::Dismiss(_, reply) => drop(reply.send(Err(failed))),
                        Write::Seat(_, _, reply) => drop(reply.send(Err(failed))),
                        Write::Mark(_, reply) => drop(reply.send(Err(failed))),
                        Write::Judge(_, reply) | Write::Run(_, _, reply) => drop(reply.send(Err(failed))),
                        Write::Remove(_, reply) | Write::Shrink(reply) => drop(reply.send(Err(failed))),
                        Write::Count(_, reply) | Write::Learn(_, reply) => drop(reply.send(Err(failed))),
                        Write::Answer(..) | Write::Close => {}
                    }
                }
            }
        }
    }

    fn commit(&mut self, batch: &[Write], begin: Instant) -> Result<Vec<Done>, StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(open(&self.path)?),
        };
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut done = Vec::with_capacity(batch.len());
        // Whatever is written next: what could not be stands before it.
        let pending = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pending) = &pending {
            runs::refused(&transaction, pending)?;
        }
        for write in batch {
            done.push(match write {
                Write::Event(prepared, queued, _) => {
                    let queue_us = begin.saturating_duration_since(*queued).as_micros() as u64;
                    Done::Event(insert::event(&transaction, prepared, queue_us)?)
                }
                Write::Answer(id, answer) => insert::answer(&transaction, *id, answer).map(Done::from)?,
                Write::Attempt(attempt, _) => {
                    if attempt.cause == Cause::Manual {
                        insert::last_target(&transaction, attempt.subscriber.as_deref().unwrap_or(&attempt.url))?;
                    }
                    deliveries::replayed(&transaction, attempt)?;
                    Done::Id(insert::attempt(&transaction, attempt)?)
                }
                Write::Steps(steps, _) => Done::Id(deliveries::steps(&transaction, steps)?),
                Write::Seat(names, now, _) => deliveries::seat(&transaction, names, *now).map(Done::from)?,
                Write::Revive(name, only, _) => Done::Many(deliveries::revive(&transaction, name, *only)?),
                Write::Dismiss(name, _) => Done::Many(deliveries::dismiss(&transaction, name)?),
                Write::Mark(order, _) => Done::Marked(marks::set(&transaction, order)?),
                Write::Judge(judged, _) => verdicts::set(&transaction, judged).map(Done::from)?,
                Write::Run(true, at, _) => runs::begin(&transaction, *at).map(Done::from)?,
                Write::Run(false, at, _) => runs::end(&transaction, *at).map(Done::from)?,
                Write::Remove(events, _) => prune::remove(&transaction, events).map(Done::from)?,
                Write::Count(tallied, _) => spans::write(&transaction, tallied).map(Done::from)?,
                Write::Learn(learnt, _) => drift::write(&transaction, learnt).map(Done::from)?,
                Write::Shrink(_) | Write::Close => Done::Nothing,
            });
        }
        transaction.commit()?;
        if let Some(known) = pending {
            forget(&self.refused, &known);
        }
        if batch.iter().any(|write| matches!(write, Write::Shrink(_))) {
            // It cannot run inside a transaction.
            connection.execute_batch("VACUUM")?;
        }
        Ok(done)
    }

    fn advance(&self, batch: &[Write], done: &[Done]) {
        // What is counted is not news, nor is a shape in which nothing is new.
        let silent = |write: &Write| match write {
            Write::Learn(learnt, _) => !learnt.marks_any(),
            other => matches!(other, Write::Count(..)),
        };
        if batch.iter().all(silent) {
            return;
        }
        self.heads.send_modify(|heads| {
            heads.change += 1;
            for (write, done) in batch.iter().zip(done) {
                match (write, done) {
                    (Write::Event(..), Done::Event(placed)) => heads.event = placed.id.0,
                    (Write::Attempt(..), Done::Id(id)) => heads.attempt = *id,
                    // One that left an event out has no attempt.
                    (Write::Steps(..), Done::Id(id)) => heads.attempt = heads.attempt.max(*id),
                    (Write::Mark(..) | Write::Judge(..) | Write::Remove(..), _) => heads.mark += 1,
                    (Write::Learn(learnt, _), _) if learnt.marks_any() => heads.mark += 1,
                    _ => {}
                }
            }
        });
    }

    fn report(&self, error: Option<&StoreError>) {
        let error = error.map(ToString::to_string);
        self.health.send_if_modified(|health| {
            let changed = health.store_error != error;
            health.store_error = error;
            changed
        });
    }
}

/// Forgets what the log knows by now; what came meanwhile stays.
fn forget(pending: &Pending, known: &Refusals) {
    let mut pending = pending.lock().unwrap_or_else(PoisonError::into_inner);
    let more = pending.map_or(0, |now| now.requests.saturating_sub(known.requests));
    *pending = pending.filter(|_| more > 0).map(|now| Refusals { from: now.to, requests: more, ..now });
}

/// Takes what waits; answers alone linger a little, to share a commit with the next event. `false` = closed.
fn gather(waiting: &Receiver<Write>, batch: &mut Vec<Write>) -> bool {
    let Ok(first) = waiting.recv() else { return false };
    let mut bytes = 0;
    let mut deadline = None;
    let mut next = first;
    loop {
        match &next {
            Write::Close => return false,
            Write::Event(prepared, ..) => bytes += prepared.event.body.len(),
            Write::Answer(..) | Write::Attempt(..) | Write::Mark(..) | Write::Run(..) => {}
            Write::Judge(..) | Write::Remove(..) | Write::Shrink(_) => {}
            Write::Count(..) | Write::Learn(..) => {}
            Write::Steps(..) | Write::Seat(..) | Write::Revive(..) | Write::Dismiss(..) => {}
        }
        batch.push(next);
        if batch.len() >= BATCH_ROWS || bytes >= BATCH_BYTES {
            return true;
        }
        next = match waiting.try_recv() {
            Ok(write) => write,
            Err(TryRecvError::Disconnected) => return false,
            Err(TryRecvError::Empty) if batch.iter().any(|w| !matches!(w, Write::Answer(..))) => return true,
            Err(TryRecvError::Empty) => {
                let until = *deadline.get_or_insert_with(|| Instant::now() + ANSWERS_LINGER);
                match waiting.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(write) => write,
                    Err(RecvTimeoutError::Timeout) => return true,
                    Err(RecvTimeoutError::Disconnected) => return false,
                }
            }
        };
    }
}

//! The thread: it takes what waits, writes it in one transaction, and only then says so.
//! It must not wait for more than there is: while one commit runs, the next one's events gather by themselves.

use super::change::{Change, Done};
use super::{Pending, open};
use crate::model::{Answer, EventId, Heads, Health, Receipt};
use crate::store::insert::{self, Placed, Prepared};
use crate::store::runs::{self, Refusals};
use crate::store::{AppendError, StoreError};
use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// Rows and bytes of one transaction at most, so that nobody waits for a giant one.
const BATCH_ROWS: usize = 1024;
const BATCH_BYTES: usize = 32 << 20;
/// How long answers wait for an event to share a commit with.
const ANSWERS_LINGER: Duration = Duration::from_millis(100);

pub(super) type Reply<T> = oneshot::Sender<Result<T, AppendError>>;

/// What waits to be written.
pub(super) enum Write {
    Event(Box<Prepared>, Instant, Reply<Receipt>),
    Answer(EventId, Answer),
    Change(Change, Reply<Done>),
    Close,
}

/// What came of a write, once it is on disk.
enum Written {
    Event(Placed),
    Change(Done),
    /// It failed by itself, and nothing with it.
    Failed(String),
    Nothing,
}

pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) refused: Pending,
    /// `None` after a failed commit until the log could be opened anew.
    pub(super) connection: Option<Connection>,
    pub(super) heads: watch::Sender<Heads>,
    pub(super) health: watch::Sender<Health>,
}

impl Writer {
    pub(super) fn run(mut self, waiting: &Receiver<Write>) {
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
            Ok(written) => {
                self.advance(&batch, &written);
                batch.into_iter().zip(written).for_each(|(write, written)| say(write, written, commit_us));
            }
            Err(error) => {
                // What a failed fsync left behind is unknown: start again from what is on disk.
                self.connection = None;
                let why = error.to_string();
                batch.into_iter().for_each(|write| say(write, Written::Failed(why.clone()), commit_us));
            }
        }
    }

    fn commit(&mut self, batch: &[Write], begin: Instant) -> Result<Vec<Written>, StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(open(&self.path)?),
        };
        let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut written = Vec::with_capacity(batch.len());
        // Whatever is written next: what could not be stands before it.
        let pending = *self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pending) = &pending {
            runs::refused(&transaction, pending)?;
        }
        for write in batch {
            written.push(match write {
                Write::Event(prepared, queued, _) => {
                    let queue_us = begin.saturating_duration_since(*queued).as_micros() as u64;
                    Written::Event(insert::event(&transaction, prepared, queue_us)?)
                }
                Write::Answer(id, answer) => {
                    insert::answer(&transaction, *id, answer)?;
                    Written::Nothing
                }
                Write::Change(change, _) if change.is_derived() => apart(&mut transaction, change)?,
                Write::Change(change, _) => Written::Change(change.write(&transaction)?),
                Write::Close => Written::Nothing,
            });
        }
        transaction.commit()?;
        if let Some(known) = pending {
            forget(&self.refused, &known);
        }
        if batch.iter().any(|write| matches!(write, Write::Change(Change::Shrink, _))) {
            // It cannot run inside a transaction.
            connection.execute_batch("VACUUM")?;
        }
        Ok(written)
    }

    fn advance(&self, batch: &[Write], written: &[Written]) {
        if batch.iter().all(|write| matches!(write, Write::Change(change, _) if change.is_silent())) {
            return;
        }
        self.heads.send_modify(|heads| {
            heads.change += 1;
            for (write, written) in batch.iter().zip(written) {
                match (write, written) {
                    (Write::Event(..), Written::Event(placed)) => heads.event = placed.id.0,
                    (Write::Change(change, _), Written::Change(done)) => change.advance(done, heads),
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

/// Writes what may fail without the rest of the transaction.
fn apart(transaction: &mut Transaction, change: &Change) -> Result<Written, StoreError> {
    let savepoint: Savepoint = transaction.savepoint()?;
    let error = match change.write(&savepoint) {
        Ok(done) => {
            savepoint.commit()?;
            return Ok(Written::Change(done));
        }
        Err(error) => error,
    };
    // It is undone; where SQLite has undone everything with it (a full disk), that is everybody's failure.
    savepoint.finish()?;
    if transaction.is_autocommit() { Err(error.into()) } else { Ok(Written::Failed(error.to_string())) }
}

/// Tells whoever waits what came of it; who has gone need not know.
fn say(write: Write, written: Written, commit_us: u64) {
    match (write, written) {
        (Write::Event(_, _, reply), Written::Event(placed)) => {
            let Placed { id, family, overtaken_by, queue_us } = placed;
            drop(reply.send(Ok(Receipt { id, family, overtaken_by, queue_us, commit_us })));
        }
        (Write::Change(_, reply), Written::Change(done)) => drop(reply.send(Ok(done))),
        (Write::Event(_, _, reply), Written::Failed(why)) => drop(reply.send(Err(AppendError::Failed(why)))),
        (Write::Change(_, reply), Written::Failed(why)) => drop(reply.send(Err(AppendError::Failed(why)))),
        _ => {}
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
            Write::Answer(..) | Write::Change(..) => {}
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

//! Changes of the log besides new events and their answers: what each writes, and what of that readers are told.
//! It must not know who waits for it.

use crate::model::{Cause, EventId, Heads, Judgement, MarkOrder, NewAttempt, Start, Timestamp};
use crate::store::deliveries::{self, Step};
use crate::store::drift::{self, Learnt};
use crate::store::spans::{self, Tallied};
use crate::store::{insert, marks, prune, runs, verdicts};
use rusqlite::{Connection, Result};

/// A change that somebody waits for.
#[derive(Debug)]
pub(super) enum Change {
    /// An attempt for nobody's queue.
    Attempt(Box<NewAttempt>),
    /// What came of attempts for a subscriber.
    Steps(Vec<Step>),
    /// Which subscribers there are.
    Seat(Vec<(String, Start)>, Timestamp),
    /// What a subscriber has given up is tried again.
    Revive(String, Option<EventId>),
    /// What a subscriber has given up is forgotten.
    Dismiss(String),
    /// A mark beside events.
    Mark(MarkOrder),
    /// Verdicts that a later secret has changed.
    Judge(Vec<(EventId, Judgement)>),
    /// Events go for good.
    Remove(Vec<EventId>),
    /// The room of removed events goes back to the disk.
    Shrink,
    /// Counts of whole minutes.
    Count(Box<Tallied>),
    /// Shapes of events.
    Learn(Box<Learnt>),
    /// Somebody listens from now on, or no longer.
    Run(bool, Timestamp),
}

/// What came of a change.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// The last row that was added.
    pub(super) id: i64,
    /// How many rows are concerned.
    pub(super) many: u64,
    /// The events whose mark was changed.
    pub(super) marked: Vec<EventId>,
}

impl Done {
    fn id(id: i64) -> Done {
        Done { id, ..Done::default() }
    }

    fn many(many: u64) -> Done {
        Done { many, ..Done::default() }
    }
}

impl Change {
    /// Writes it, inside a transaction.
    pub(super) fn write(&self, db: &Connection) -> Result<Done> {
        match self {
            Change::Attempt(attempt) => {
                if attempt.cause == Cause::Manual {
                    insert::last_target(db, attempt.subscriber.as_deref().unwrap_or(&attempt.url))?;
                }
                deliveries::replayed(db, attempt)?;
                return insert::attempt(db, attempt).map(Done::id);
            }
            Change::Steps(steps) => return deliveries::steps(db, steps).map(Done::id),
            Change::Revive(name, only) => return deliveries::revive(db, name, *only).map(Done::many),
            Change::Dismiss(name) => return deliveries::dismiss(db, name).map(Done::many),
            Change::Mark(order) => return Ok(Done { marked: marks::set(db, order)?, ..Done::default() }),
            Change::Seat(names, now) => deliveries::seat(db, names, *now)?,
            Change::Judge(judged) => verdicts::set(db, judged)?,
            Change::Remove(events) => prune::remove(db, events)?,
            Change::Count(tallied) => spans::write(db, tallied)?,
            Change::Learn(learnt) => drift::write(db, learnt)?,
            Change::Run(true, at) => runs::begin(db, *at)?,
            Change::Run(false, at) => runs::end(db, *at)?,
            // It cannot run inside a transaction.
            Change::Shrink => {}
        }
        Ok(Done::default())
    }

    /// Whether it follows from what is in the log anyway: where it fails, nothing else may fail with it.
    pub(super) fn is_derived(&self) -> bool {
        matches!(self, Change::Count(_) | Change::Learn(_))
    }

    /// Whether nobody has to look at the log again because of it.
    pub(super) fn is_silent(&self) -> bool {
        match self {
            Change::Count(_) => true,
            Change::Learn(learnt) => !learnt.marks_any(),
            _ => false,
        }
    }

    /// How far the log has come by it.
    pub(super) fn advance(&self, done: &Done, heads: &mut Heads) {
        match self {
            // Steps that left an event out have no attempt.
            Change::Attempt(_) | Change::Steps(_) => heads.attempt = heads.attempt.max(done.id),
            Change::Mark(_) | Change::Judge(_) | Change::Remove(_) => heads.mark += 1,
            Change::Learn(learnt) if learnt.marks_any() => heads.mark += 1,
            _ => {}
        }
    }
}

//! Reads what is new in the log, and what a filter says of an event only once more is known of it.
//! It must not know who waits for it.

use super::error::Failure;
use super::walk::each_after;
use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, StoredEvent};
use crate::runtime;
use crate::store::Reader;
use std::collections::VecDeque;

/// Events that may still come to match; of more than these the oldest are given up.
const MOST_OPEN: usize = 500;

/// A cursor in the log, and what was passed but may match later: an answer, a mark and a verdict are written after an event.
pub(super) struct Follow<'r> {
    reader: &'r Reader,
    filter: &'r Filter,
    seen: EventId,
    open: VecDeque<EventId>,
}

impl<'r> Follow<'r> {
    /// Follows what comes after `seen`.
    pub(super) fn new(reader: &'r Reader, filter: &'r Filter, seen: EventId) -> Follow<'r> {
        Follow { reader, filter, seen, open: VecDeque::new() }
    }

    /// Calls `take` for each event that matches by now and did not before, until it says `false`.
    pub(super) fn step(&mut self, mut take: impl FnMut(&StoredEvent) -> Result<bool, Failure>) -> Result<(), Failure> {
        let (filter, now, zone) = (self.filter, runtime::now(), runtime::zone());
        let matches = |event: &StoredEvent| filter.matches(&Subject { event, now, zone: &zone });
        for id in std::mem::take(&mut self.open) {
            let Some(event) = self.reader.event(id)? else { continue };
            if !matches(&event) {
                self.open.push_back(id);
            } else if !take(&event)? {
                return Ok(());
            }
        }
        let later = self.filter.may_match_later();
        let everything = Filter::all();
        let wanted = if later { &everything } else { self.filter };
        let (reader, after) = (self.reader, self.seen);
        self.seen = each_after(reader, wanted, after, |event| {
            if !later || matches(event) {
                return take(event);
            }
            self.open.push_back(event.id);
            if self.open.len() > MOST_OPEN {
                self.open.pop_front();
            }
            Ok(true)
        })?;
        Ok(())
    }
}

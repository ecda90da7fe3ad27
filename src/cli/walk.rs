//! Walking over the events that match a filter. It must not know how a command prints them.

use super::error::Failure;
use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, StoredEvent};
use crate::runtime;
use crate::store::Reader;

/// Events read at once.
pub(super) const BATCH: usize = 256;

/// Calls `take` for each matching event after `after`, until it says `false`; gives the last event looked at.
pub(super) fn each_after(
    reader: &Reader,
    filter: &Filter,
    mut after: EventId,
    mut take: impl FnMut(&StoredEvent) -> Result<bool, Failure>,
) -> Result<EventId, Failure> {
    let (now, zone) = (runtime::now(), runtime::zone());
    loop {
        let events = reader.after(after, BATCH)?;
        let Some(last) = events.last() else { return Ok(after) };
        after = last.id;
        for event in &events {
            if filter.matches(&Subject { event, now, zone: &zone }) && !take(event)? {
                return Ok(event.id);
            }
        }
    }
}

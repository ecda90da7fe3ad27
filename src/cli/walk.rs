//! Walking over the events that match a filter. It must not know how a command prints them.

use super::error::Failure;
use crate::model::filter::Filter;
use crate::model::{EventId, StoredEvent};
use crate::runtime;
use crate::store::{Reader, Sieve};

/// Events looked for at once: between two looks nothing is held in the log.
const BATCH: usize = 256;

/// Calls `take` for each matching event after `after`, until it says `false`; gives the last event looked at.
pub(super) fn each_after(
    reader: &Reader,
    filter: &Filter,
    mut after: EventId,
    mut take: impl FnMut(&StoredEvent) -> Result<bool, Failure>,
) -> Result<EventId, Failure> {
    let last = EventId(reader.heads()?.event);
    let zone = runtime::zone();
    let sieve = Sieve { now: runtime::now(), zone: &zone, overtaken: &|_| false };
    loop {
        let ids = reader.next(filter, &sieve, (after, last), BATCH)?;
        for id in &ids {
            // One that was pruned meanwhile is passed over.
            if let Some(event) = reader.event(*id)?
                && !take(&event)?
            {
                return Ok(*id);
            }
        }
        match ids.last().filter(|_| ids.len() == BATCH) {
            Some(last) => after = *last,
            None => return Ok(last.max(after)),
        }
    }
}

/// The newest matching events up to `upto`, oldest first.
pub(super) fn newest(
    reader: &Reader,
    filter: &Filter,
    limit: usize,
    upto: EventId,
) -> Result<Vec<StoredEvent>, Failure> {
    let zone = runtime::zone();
    let sieve = Sieve { now: runtime::now(), zone: &zone, overtaken: &|_| false };
    let ids = reader.newest(filter, &sieve, upto, limit)?;
    let events = ids.into_iter().map(|id| reader.event(id)).collect::<Result<Vec<_>, _>>()?;
    Ok(events.into_iter().flatten().collect())
}

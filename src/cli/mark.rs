//! `mark`: pins, notes and soft deletes, through the serving process or by itself where there is none.

use super::args;
use super::context::Context;
use super::error::Failure;
use crate::control::{Client, ControlError};
use crate::model::{EventId, Mark, MarkOrder};
use crate::runtime;
use crate::store::Store;

pub(super) fn run(context: &Context, args: &args::Mark) -> Result<u8, Failure> {
    // Every id is looked up before anything is changed.
    args.ids.iter().try_for_each(|&id| context.event(id).map(drop))?;
    let marks = [
        args.pin.then_some(Mark::Pinned(true)),
        args.unpin.then_some(Mark::Pinned(false)),
        args.note.as_deref().map(Mark::note),
        args.delete.then(|| Mark::Deleted(Some(runtime::now()))),
        args.restore.then_some(Mark::Deleted(None)),
    ];
    let events: Vec<EventId> = args.ids.iter().map(|&id| EventId(id)).collect();
    let orders = marks.into_iter().flatten().map(|mark| MarkOrder { events: events.clone(), mark, folded: Vec::new() });
    match Client::connect(&context.store) {
        Ok(mut client) => orders.into_iter().try_for_each(|order| Ok(client.mark(&order).map(drop)?)).map(|()| 0),
        Err(ControlError::Nobody(_)) => own(context, orders),
        Err(error) => Err(error.into()),
    }
}

/// Takes the log's lock for as long as it lasts.
fn own(context: &Context, orders: impl Iterator<Item = MarkOrder>) -> Result<u8, Failure> {
    let store = Store::open(&context.store)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for order in orders {
        runtime.block_on(store.mark(order))?;
    }
    store.close();
    Ok(0)
}

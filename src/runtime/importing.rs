//! Events from a file into the log, by who serves it.
//! It must not bring them anywhere: they are of the class `import`, which subscribers have to ask for.

use super::keys::Refusal;
use crate::exchange::{self, ImportError, Item};
use crate::model::{EventId, Mark, MarkOrder};
use crate::store::{AppendError, Store};
use crate::verify::LiveKeyring;
use futures_util::future::join_all;

/// Takes lines of a file in, each of them an event; gives their ids, in the order of the lines.
pub async fn import_lines(store: &Store, keyring: &LiveKeyring, lines: &str) -> Result<Vec<EventId>, Refusal> {
    let mut items = Vec::new();
    let keep = &mut |item| {
        items.push(item);
        Ok::<(), ImportError>(())
    };
    exchange::read(lines.as_bytes(), keep).map_err(|e| (e.to_string(), "both must be of one version".to_owned()))?;
    let taken = import(store, keyring, items).await;
    taken.map_err(|e| (e.to_string(), "whisper-tui check examines the log".to_owned()))
}

/// Takes events in. Returning `Ok` means that they are on disk.
pub async fn import(store: &Store, keyring: &LiveKeyring, items: Vec<Item>) -> Result<Vec<EventId>, AppendError> {
    let keys = keyring.now();
    let appended = items.into_iter().map(|item| {
        let item = item.judge(&keys);
        async move { Ok((store.append(item.event).await?.id, item.answer, item.pinned, item.note)) }
    });
    let mut ids = Vec::new();
    for one in join_all(appended).await {
        let (id, answer, pinned, note) = one?;
        ids.push(id);
        if let Some(answer) = answer {
            store.answered(id, answer);
        }
        let marks = [pinned.then_some(Mark::Pinned(true)), note.map(|note| Mark::Note(Some(note)))];
        for mark in marks.into_iter().flatten() {
            store.mark(MarkOrder { events: vec![id], mark, folded: Vec::new() }).await?;
        }
    }
    Ok(ids)
}

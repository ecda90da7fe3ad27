//! What had arrived before the demo was started, written into its log as if it had.
//! It must not be used on a log that anybody keeps.

use super::Script;
use super::request::Request;
use super::script::Item;
use crate::model::{Answer, Event, EventId, Head, Mark, MarkOrder, Target, Timestamp, default_source, path_of};
use crate::store::{AppendError, Store, StoreError};
use crate::verify::{self, Catalogue, Keyring, Proof};
use std::path::Path;

/// Where the events of the past came in, whatever port is free today.
const LISTENER: &str = "http://127.0.0.1:9477";
const MINUTE: f64 = 60e6;

/// Why the past could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The log cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be written.
    #[error(transparent)]
    Append(#[from] AppendError),
}

/// Writes the script's past into a new log; gives the events that are to be sent on to the handler.
pub async fn fill(log: &Path, script: &Script, keyring: &Keyring, now: Timestamp) -> Result<Vec<EventId>, FillError> {
    let store = Store::open(log)?;
    let before = |minutes: f64| Timestamp(now.0 - (minutes * MINUTE) as i64);
    let mut delivered = Vec::new();
    let arrivals = arrivals(script, now);
    let mut rest = arrivals.as_slice();
    for (from, to) in &script.runs {
        store.listening(true, before(*from)).await?;
        let end = rest.iter().position(|arrival| arrival.at >= before(*to)).unwrap_or(rest.len());
        let (run, later) = rest.split_at(end);
        for (n, arrival) in run.iter().enumerate() {
            let arrived = arrive(&store, arrival, keyring, n).await?;
            delivered.extend(arrived.filter(|_| arrival.item.delivered));
        }
        rest = later;
        store.listening(false, before(*to)).await?;
    }
    tokio::task::spawn_blocking(move || store.close()).await.unwrap_or(());
    Ok(delivered)
}

/// One time that an event arrived.
struct Arrival<'a> {
    item: &'a Item,
    /// When it came first.
    made: Timestamp,
    at: Timestamp,
}

/// Every arrival, repeated ones as often as they came.
fn arrivals(script: &Script, now: Timestamp) -> Vec<Arrival<'_>> {
    let mut all = Vec::new();
    for item in &script.past {
        let made = Timestamp(now.0 - (item.minutes * MINUTE) as i64);
        let again = item.again.iter().map(|later| Timestamp(made.0 + *later as i64 * 1_000_000));
        all.extend(std::iter::once(made).chain(again).map(|at| Arrival { item, made, at }));
    }
    all.sort_by_key(|arrival| arrival.at);
    all
}

async fn arrive(
    store: &Store,
    arrival: &Arrival<'_>,
    keyring: &Keyring,
    n: usize,
) -> Result<Option<EventId>, AppendError> {
    let Arrival { item, made, at } = *arrival;
    // Whenever it arrives, it is the same event.
    let seed = item.minutes.to_bits();
    let request = Target::parse(LISTENER).ok().and_then(|target| item.request(&target, keyring, (made, at), seed));
    let Some(request) = request else { return Ok(None) };
    let event = judged(request, keyring, at);
    let (verify_us, total_us) = (event.verify_us, 900 + 370 * (n as u64 % 7));
    let receipt = store.append(event).await?;
    let commit_us = total_us - verify_us - 120;
    let answer = Answer { status: Some(200), rule: None, how: None, commit_us, answer_us: 60, total_us };
    store.answered(receipt.id, answer);
    if let Some(note) = &item.note {
        let mark = Mark::Note(Some(note.clone()));
        store.mark(MarkOrder { events: vec![receipt.id], mark, folded: Vec::new() }).await?;
    }
    Ok(Some(receipt.id))
}

/// The event that this request made when it arrived.
fn judged(request: Request, keyring: &Keyring, at: Timestamp) -> Event {
    let Request { out, body } = request;
    let mut event = Event {
        received_at: at,
        source: default_source(None, path_of(&out.path)),
        remote: "127.0.0.1:50122".to_owned(),
        content_type: out.headers.text("content-type").map(str::to_owned),
        head: Head::rebuild(&out.method, &out.path, "HTTP/1.1", &out.headers),
        method: out.method,
        target: out.path,
        version: "HTTP/1.1".to_owned(),
        body: body.into(),
        head_us: 40,
        body_us: 20,
        verify_us: 90,
        ..Event::default()
    };
    verify::examine(Catalogue::in_force(), keyring, &event, &out.headers, Proof::Omitted).settle(&mut event);
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::Home;
    use crate::model::{Secret, Verdict};
    use crate::store::Reader;
    use crate::verify::example_secret;

    #[tokio::test]
    async fn the_past_shows_what_the_tour_speaks_of() {
        let script = Script::shipped().unwrap();
        let home = Home::new(&script, "http://127.0.0.1:1").unwrap();
        let mut keyring = Keyring::default();
        for id in script.providers() {
            let provider = Catalogue::in_force().get(id).unwrap_or_else(|| panic!("{id}"));
            let secret = Secret::new(id, example_secret(provider).into_bytes());
            keyring.providers.insert(id.to_owned(), vec![secret]);
        }
        let delivered =
            fill(&home.file("events.db"), &script, &keyring, Timestamp(1_764_209_417_123_456)).await.unwrap();
        let reader = Reader::open(&home.file("events.db")).unwrap();
        let events = reader.after(EventId(0), 100).unwrap();
        let all = script.past.iter().map(|item| 1 + item.again.len()).sum::<usize>();
        assert_eq!((events.len(), delivered.len()), (all, 3));
        let count = |verdict: Verdict| events.iter().filter(|e| e.event.judgement.verdict == verdict).count();
        assert_eq!([Verdict::Invalid, Verdict::Stale, Verdict::Unsigned].map(count), [2, 1, 1]);
        assert_eq!(count(Verdict::Valid), all - 4);
        // Retries of one event: the same body, signed anew.
        let retried: Vec<_> = events.iter().filter(|e| e.family.arrival > 1).collect();
        assert!(retried.len() == 2 && retried.iter().all(|e| !e.family.conflict && e.family.duplicate_of.is_some()));
        assert_eq!(reader.gaps(EventId(0), EventId(i64::MAX)).unwrap().len(), 1);
        assert_eq!(events.iter().filter(|e| e.marks.note.is_some()).count(), 1);
    }

    #[test]
    fn every_live_event_can_be_made() {
        let script = Script::shipped().unwrap();
        let (target, now) = (Target::parse(LISTENER).unwrap(), Timestamp(1_764_209_417_123_456));
        for item in &script.live {
            assert!(item.request(&target, &Keyring::default(), (now, now), 1).is_some(), "{item:?}");
        }
        assert!(script.providers().len() >= 12);
    }
}

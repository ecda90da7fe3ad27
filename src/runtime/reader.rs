//! The thread that reads the log for the screen. What has been overtaken by a later wish is not read.

use super::clock;
use super::painter::Painter;
use crate::app::{Msg, Opened, Resign};
use crate::body::{Body, compare};
use crate::model::{EventId, PageWish, Scope, StoredEvent, Target, TimelineWish, Timestamp, curl};
use crate::store::{Reader, Sieve, StoreError};
use crate::verify::{self, Catalogue, Keyring, Proof, Provider};
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::mpsc::Sender;

/// A wish of the screen.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// A window of rows.
    Page(PageWish),
    /// The ids of the rows between two events.
    Ids(Scope, (EventId, EventId)),
    /// Arrivals over a span of time.
    Timeline(TimelineWish),
    /// When somebody listened.
    Runs,
    /// What differs between two events.
    Compare(EventId, EventId),
    /// A whole event.
    Open(EventId),
}

/// Wishes that may wait; a screen that is so far ahead has overtaken them anyway.
const QUEUE: usize = 256;

/// Events marked at once at most, the newest ones.
const MARKED: usize = 10_000;

/// Runs shown in the log view, the newest ones.
const RUNS: usize = 200;

/// What the thread needs.
pub(super) struct ReaderThread {
    pub(super) path: PathBuf,
    pub(super) keyring: Arc<Keyring>,
    pub(super) url: String,
    pub(super) messages: Sender<Msg>,
    pub(super) painter: Painter,
    pub(super) zone: TimeZone,
    /// Pages that were wished for so far.
    pub(super) asked: Arc<AtomicU64>,
}

impl ReaderThread {
    /// Starts it; it ends when the sender of wishes is dropped.
    pub(super) fn spawn(self) -> std::io::Result<SyncSender<Wish>> {
        let (wishes, waiting) = sync_channel(QUEUE);
        std::thread::Builder::new().name("screen-reader".into()).spawn(move || self.run(&waiting))?;
        Ok(wishes)
    }

    fn run(self, waiting: &Receiver<Wish>) {
        let reader = match Reader::open(&self.path) {
            Ok(reader) => reader,
            Err(error) => return self.failed(&error),
        };
        while let Ok(first) = waiting.recv() {
            let (mut page, mut ids, mut open, mut timeline, mut runs, mut compare) =
                (None, None, None, None, false, None);
            for wish in std::iter::once(first).chain(waiting.try_iter()) {
                match wish {
                    Wish::Page(wish) => page = Some(wish),
                    Wish::Ids(scope, between) => ids = Some((scope, between)),
                    Wish::Timeline(wish) => timeline = Some(wish),
                    Wish::Runs => runs = true,
                    Wish::Compare(a, b) => compare = Some((a, b)),
                    Wish::Open(id) => open = Some(id),
                }
            }
            if let Some(wish) = page {
                // Another page that is wished for meanwhile overtakes this one.
                let asked = self.asked.load(Ordering::Relaxed);
                let overtaken = || self.asked.load(Ordering::Relaxed) != asked;
                let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &overtaken };
                match reader.page(&wish, &sieve) {
                    Ok(Some(page)) => self.say(Msg::Page(page, clock::now())),
                    Ok(None) => {}
                    Err(error) => self.failed(&error),
                }
            }
            if let Some((scope, between)) = ids {
                let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &|| false };
                self.answer(reader.ids(&scope, between, MARKED, &sieve), |ids| Msg::Ids(ids, clock::now()));
            }
            if let Some(wish) = timeline {
                self.answer(reader.timeline(&wish, clock::now()), |timeline| Msg::Timeline(timeline, clock::now()));
            }
            if runs {
                self.answer(reader.runs(RUNS), Msg::Runs);
            }
            if let Some((a, b)) = compare {
                self.compare(&reader, a, b);
            }
            match open.map(|id| self.open(&reader, id)) {
                Some(Ok(Some(opened))) => {
                    let (id, text) = (opened.stored.id, opened.body.paintable());
                    let content_type = opened.stored.event.content_type.clone();
                    self.say(Msg::Opened(Box::new(opened), clock::now()));
                    if let Some(text) = text {
                        self.painter.paint(id, text, content_type);
                    }
                }
                Some(Err(error)) => self.failed(&error),
                Some(Ok(None)) | None => {}
            }
        }
    }

    fn compare(&self, reader: &Reader, a: EventId, b: EventId) {
        match (reader.event(a), reader.event(b)) {
            (Ok(Some(first)), Ok(Some(second))) => {
                let secrets = verify::secret_headers([&first, &second]);
                self.say(Msg::Compared(a, b, compare(&first, &second, &secrets)));
            }
            (Err(error), _) | (_, Err(error)) => self.failed(&error),
            // One of them was pruned meanwhile.
            _ => {}
        }
    }

    fn open(&self, reader: &Reader, id: EventId) -> Result<Option<Opened>, StoreError> {
        let Some(stored) = reader.event(id)? else { return Ok(None) };
        let headers = stored.event.head.headers();
        let proof = verify::examine(Catalogue::built_in(), &self.keyring, &stored.event, &headers, Proof::Wanted);
        let provider = stored.event.provider.as_deref().and_then(|id| Catalogue::built_in().get(id));
        let secret_header = provider.and_then(|p| p.secret_header.clone());
        let target = Target::parse(&self.url).ok();
        Ok(Some(Opened {
            headers,
            proof: proof.judgement,
            body: Body::new(stored.event.body.clone(), stored.event.content_type.as_deref()),
            curl: target.map(|t| curl(&stored.event, &t, secret_header.as_deref())).unwrap_or_default(),
            secret_header,
            resign: provider.and_then(|p| self.resign(p, &stored)),
            stored,
        }))
    }

    /// Whether and with which secret the event's signature can be made anew.
    fn resign(&self, provider: &Provider, stored: &StoredEvent) -> Option<Resign> {
        let source = self.keyring.source_for(stored.event.path());
        let secret = self.keyring.secrets(source, &provider.id).first().filter(|_| provider.can_sign())?;
        let sent = stored.event.judgement.skew_us.map(|skew| stored.event.received_at.0 - skew);
        let expires = sent.zip(provider.tolerance()).map(|(at, s)| Timestamp(at.saturating_add(s * 1_000_000)));
        Some(Resign { secret: secret.name.clone(), expires })
    }

    fn answer<T>(&self, read: Result<T, StoreError>, msg: impl FnOnce(T) -> Msg) {
        match read {
            Ok(read) => self.say(msg(read)),
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &StoreError) {
        self.say(Msg::ReadFailed(error.to_string(), clock::now()));
    }

    /// A screen that is gone needs nothing more.
    fn say(&self, msg: Msg) {
        let _ = self.messages.blocking_send(msg);
    }
}

//! The thread that reads the log for the screen. What has been overtaken by a later wish is not read.

use super::clinic::{Case, Clinic};
use super::clock;
use super::painter::Painter;
use super::sources::sources;
use super::story;
use super::suggest;
use super::wishes::{WishBox, Wishes};
use crate::app::{MOST_MARKED, Msg, Opened, Resign};
use crate::body::{Body, compare};
use crate::delivery::{Routes, note_waiting, queued};
use crate::exchange::is_secret;
use crate::model::filter::Saved;
use crate::model::{
    EventId, Judgement, Live, Page, PageWish, Step, StoredEvent, SubscriberStanding, Target, Timestamp, Verdict, curl,
};
use crate::store::{Reader, Sieve, StoreError};
use crate::verify::{self, Catalogue, LiveKeyring, Proof, Provider};
use jiff::tz::TimeZone;
use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

/// Events of a queue that are shown, waiting and given up each.
const QUEUED: usize = 200;
/// How long a search goes on before what it has found is shown.
const PATIENCE: Duration = Duration::from_millis(100);
/// Runs shown in the log view, the newest ones.
const RUNS: usize = 200;

/// What the thread needs.
pub(super) struct ReaderThread {
    pub(super) path: PathBuf,
    pub(super) keyring: LiveKeyring,
    pub(super) routes: Live<Routes>,
    pub(super) url: String,
    pub(super) messages: Sender<Msg>,
    pub(super) painter: Painter,
    pub(super) clinic: Clinic,
    pub(super) zone: TimeZone,
    pub(super) saved: watch::Receiver<Saved>,
    pub(super) standings: watch::Receiver<Vec<SubscriberStanding>>,
    pub(super) wishes: WishBox,
}

impl ReaderThread {
    /// Starts it; it ends when there will be no more wishes.
    pub(super) fn spawn(self) -> std::io::Result<()> {
        std::thread::Builder::new().name("screen-reader".into()).spawn(move || self.run()).map(drop)
    }

    fn run(self) {
        let reader = match Reader::open(&self.path) {
            Ok(reader) => reader,
            Err(error) => return self.failed(&error),
        };
        while let Some(wishes) = self.wishes.take() {
            self.fulfil(&reader, wishes);
        }
    }

    pub(super) fn fulfil(&self, reader: &Reader, wishes: Wishes) {
        if let Some(wish) = wishes.page {
            self.page(reader, &wish);
        }
        if let Some((scope, between)) = wishes.ids {
            let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &|_| false };
            self.answer(reader.ids(&scope, between, MOST_MARKED, &sieve), |ids| Msg::Ids(ids, clock::now()));
        }
        if let Some(wish) = wishes.overview {
            let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &|_| self.wishes.is_overview() };
            match reader.overview(&wish, &sieve) {
                Ok(Some(overview)) => self.say(Msg::Overview(Box::new(overview), clock::now())),
                Ok(None) => {}
                Err(error) => self.failed(&error),
            }
        }
        if wishes.sources {
            let standings = self.standings.borrow().clone();
            let read = sources(reader, &self.keyring.now(), &standings);
            self.answer(read, |found| Msg::Sources(found, clock::now()));
        }
        if wishes.runs {
            self.answer(reader.runs(RUNS), Msg::Runs);
        }
        if let Some(subscriber) = wishes.queue.and_then(|name| self.routes.now().subscriber(&name).cloned()) {
            let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &|_| false };
            self.answer(queued(reader, &subscriber, &sieve, QUEUED), Msg::Queued);
        }
        if let Some(id) = wishes.story {
            let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &|_| false };
            let read = story::read(reader, &self.routes.now(), &sieve, id);
            self.answer(read, |story| Msg::Story(id, story, clock::now()));
        }
        if let Some((a, b)) = wishes.compare {
            self.compare(reader, a, b);
        }
        match wishes.open.map(|id| self.open(reader, id)) {
            Some(Ok(Some(opened))) => {
                let (id, text) = (opened.stored.id, opened.body.paintable());
                let content_type = opened.stored.event.content_type.clone();
                self.clinic.ask(self.case(&opened));
                self.say(Msg::Opened(Box::new(opened), clock::now()));
                if let Some(text) = text {
                    self.painter.paint(id, text, content_type);
                }
            }
            Some(Err(error)) => self.failed(&error),
            Some(Ok(None)) | None => {}
        }
        if let Some(wish) = wishes.suggest {
            // Whoever changes them must not wait for a count.
            let saved = self.saved.borrow().clone();
            let found = suggest::look(reader, &wish, &saved, &self.zone, &|| self.wishes.is_any());
            self.answer(found, |found| Msg::Suggested(wish.clone(), found, clock::now()));
        }
    }

    /// Another page that is wished for meanwhile overtakes this one.
    fn page(&self, reader: &Reader, wish: &PageWish) {
        let asked = self.wishes.pages();
        let told = Cell::new(Instant::now());
        let overtaken = |picked: &[EventId]| {
            if wish.scope.filter.is_some() && told.get().elapsed() > PATIENCE {
                told.set(Instant::now());
                self.answer(reader.partly(wish, picked), |page| Msg::Page(page, clock::now()));
            }
            self.wishes.pages() != asked
        };
        let sieve = Sieve { now: clock::now(), zone: &self.zone, overtaken: &overtaken };
        let read = reader.page(wish, &sieve).and_then(|page| match page {
            Some(mut page) => {
                // What has been found so far is told by the search alone.
                let sieve = Sieve { overtaken: &|_| self.wishes.pages() != asked, ..sieve };
                self.note_waiting(reader, &mut page, &sieve).map(|()| Some(page))
            }
            None => Ok(None),
        });
        match read {
            Ok(Some(page)) => self.say(Msg::Page(page, clock::now())),
            Ok(None) => {}
            Err(error) => self.failed(&error),
        }
    }

    /// What waits for a subscriber has no row of its own in the log.
    fn note_waiting(&self, reader: &Reader, page: &mut Page, sieve: &Sieve) -> Result<(), StoreError> {
        let routes = self.routes.now();
        routes.subscribers.iter().try_for_each(|one| note_waiting(&mut page.rows, reader, one, sieve))
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
        let proof = verify::examine(Catalogue::in_force(), &self.keyring.now(), &stored.event, &headers, Proof::Wanted);
        let mut judgement = proof.judgement;
        let known = stored.event.judgement.verdict;
        if judgement.verdict == Verdict::NoSecret && known != Verdict::NoSecret {
            // Who serves the log has read secrets that this process cannot read.
            let shows =
                "this process has no secret for it: the verdict is that of the process that serves the log".into();
            judgement.steps.push(Step { step: "Secret", shows, ok: None });
            judgement = Judgement { steps: judgement.steps, ..stored.event.judgement.clone() };
        }
        let provider = stored.event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
        let secret_header = provider.and_then(|p| p.secret_header().map(str::to_owned));
        let target = Target::parse(&self.url).ok();
        let made = verify::provider_facts(Catalogue::in_force(), &stored.event, &headers);
        let arriving = verify::arriving_secret(Catalogue::in_force(), &stored.event, &headers);
        Ok(Some(Opened {
            headers,
            proof: judgement,
            body: Body::of(&stored.event),
            curl: target.map(|t| curl(&stored.event, &t, &|name| is_secret(&stored, name))).unwrap_or_default(),
            secret_header,
            resign: provider.and_then(|p| self.resign(p, &stored)),
            made: (stored.event.origin.made_at.or(made.0), made.1),
            usual: reader.usual(&stored)?,
            overtook: reader.overtook(stored.id)?,
            arrivals: (reader.arrivals(&stored)?, provider.map(|p| p.patience.retries.clone()).unwrap_or_default()),
            arriving,
            diagnosis: None,
            guesses: 0,
            stored,
        }))
    }

    /// What there is for the doctor to look at; nothing where the signature is right or there is none to be had.
    fn case(&self, opened: &Opened) -> Option<Case> {
        let verdict = opened.proof.verdict;
        let unread = opened.proof.steps.last().is_some_and(|step| step.step == "Secret" && step.ok.is_none());
        let looked_at = verdict != Verdict::Valid && opened.stored.event.rejected.is_none() && !unread;
        looked_at.then(|| Case {
            id: opened.stored.id,
            event: Arc::new(opened.stored.event.clone()),
            headers: Arc::new(opened.headers.clone()),
            judgement: opened.proof.clone(),
            keyring: self.keyring.now(),
        })
    }

    /// Whether and with which secret the event's signature can be made anew.
    fn resign(&self, provider: &Provider, stored: &StoredEvent) -> Option<Resign> {
        let keyring = self.keyring.now();
        let source = keyring.source_for(stored.event.path());
        let secret = keyring.secrets(source, &provider.id).first().filter(|_| provider.can_sign())?;
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

//! Carries out what the screen asks for: each thing on a task or a thread of its own, and what came of it comes back as a
//! message. It must not change the screen's state.

use super::terminal::report_mouse;
use super::wishes::WishBox;
use super::{Feed, clock, exporting, outside, testing};
use crate::app::{Effect, Msg};
use crate::delivery::replay::{self, To, Without};
use crate::model::filter::Filter;
use crate::model::{EventId, ResendOrder, Scope, Subscriber};
use crate::store::{Reader, Sieve};
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use std::io::{self, stdout};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// Most that is handed to the terminal's clipboard.
const CLIPBOARD: usize = 100_000;

/// What effects act with.
pub(super) struct Hands {
    pub(super) wishes: WishBox,
    pub(super) sender: Sender<Msg>,
    pub(super) feed: Feed,
    /// When a page was asked for, and how long the last one took.
    pub(super) page_asked: Option<Instant>,
    pub(super) reading: Duration,
    /// The command that is running.
    piped: Option<AbortHandle>,
    /// The preview that is being made.
    preview: Option<AbortHandle>,
    /// Countings that were asked for so far.
    counts: Arc<AtomicU64>,
    /// A subscriber's settings that were edited and could not be used.
    pub(super) settings: Option<(String, String)>,
}

impl Hands {
    pub(super) fn new(wishes: WishBox, sender: Sender<Msg>, feed: Feed) -> Hands {
        let (page_asked, reading) = (None, Duration::ZERO);
        Hands {
            wishes,
            sender,
            feed,
            page_asked,
            reading,
            piped: None,
            preview: None,
            counts: Arc::default(),
            settings: None,
        }
    }

    pub(super) fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        if matches!(effect, Effect::Page(_)) {
            self.page_asked = Some(Instant::now());
        }
        let Some(effect) = self.wishes.wish(effect) else { return Ok(()) };
        match effect {
            Effect::Count(scope, upto) => self.count(scope, upto),
            Effect::Replayable(name, filter) => self.replayable(name, filter),
            Effect::Export(filter, file) => self.export(filter, file),
            Effect::Preview(order) => self.preview(order),
            Effect::Resend(order) => self.by(|feed| async move {
                let result = feed.resend(&order).await.map(Box::new);
                Msg::Sent(order, result, clock::now())
            }),
            Effect::Test(wish) => self.by(|feed| async move {
                let keyring = feed.planner.keyring.now();
                Msg::Tested(testing::send(&wish, &keyring).await, clock::now())
            }),
            Effect::Subscriber(name, order) => self.by(|feed| async move {
                let done = feed.subscriber(name.clone(), order).await;
                Msg::Ordered((name, order), done, clock::now())
            }),
            Effect::SetUp(order) => self.by(|feed| async move { Msg::SetUp(feed.set_up(order).await, clock::now()) }),
            Effect::Answer(rule, on) => self.by(|feed| async move {
                let done = feed.answer(rule.clone(), on).await;
                Msg::Turned((rule, on), done, clock::now())
            }),
            Effect::Secret(order, event) => {
                self.by(|feed| async move { Msg::Keyed(feed.keys(order, event).await, clock::now()) });
            }
            Effect::Mark(order) => self.by(|feed| async move {
                let changed = feed.mark(order.clone()).await;
                Msg::Marked(order, changed, clock::now())
            }),
            Effect::Copy(what, bytes) => self.copy(what, bytes)?,
            Effect::Mouse(on) => report_mouse(on)?,
            Effect::Pipe(command, bytes) => {
                self.piped = Some(self.ask(async move { Msg::Piped(outside::pipe(command, bytes).await) }));
            }
            // What it has started ends with it.
            Effect::StopPipe => drop(self.piped.take().map(|piped| piped.abort())),
            // The session's own: leaving, suspending, the editor and the pager.
            _ => {}
        }
        Ok(())
    }

    /// Has something done by whoever serves the log, which may take a while.
    fn by<F>(&self, work: impl FnOnce(Feed) -> F)
    where
        F: Future<Output = Msg> + Send + 'static,
    {
        self.ask(work(self.feed.clone()));
    }

    /// Only what the dialog asked last is of interest.
    fn preview(&mut self, order: ResendOrder) {
        if let Some(before) = self.preview.take() {
            before.abort();
        }
        let planner = self.feed.planner.clone();
        self.preview = Some(self.ask(async move {
            let result = planner.preview(&order).await.map_err(|e| (e.to_string(), e.hint()));
            Msg::Previewed(order, result)
        }));
    }

    /// Works on a task of its own; a screen that is gone needs no message.
    fn ask(&self, work: impl Future<Output = Msg> + Send + 'static) -> AbortHandle {
        let sender = self.sender.clone();
        tokio::spawn(async move { sender.send(work.await).await.ok() }).abort_handle()
    }

    /// Finds what a replay would send, on a thread of its own: it may have to look at the whole log.
    fn replayable(&self, name: String, filter: Filter) {
        let (planner, sender) = (self.feed.planner.clone(), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            let found = match planner.routes.now().subscriber(&name) {
                Some(subscriber) => to_replay(&planner.log, &filter, Arc::clone(subscriber)),
                None => Err((format!("{name} is set up elsewhere"), "whisper-tui subscribers replay does it".into())),
            };
            sender.blocking_send(Msg::Replayable((name, filter), found, clock::now())).ok()
        });
    }

    /// Writes a file on a thread of its own.
    fn export(&self, filter: Filter, file: String) {
        let (planner, sender) = (self.feed.planner.clone(), self.sender.clone());
        let url = self.feed.urls.borrow().first().cloned().unwrap_or_default();
        tokio::task::spawn_blocking(move || {
            let done = exporting::to_file(&planner.log, &planner.keyring.now(), &filter, (&file, &url));
            sender.blocking_send(Msg::Exported(done, clock::now())).ok()
        });
    }

    /// Copies by the terminal; what is too long for it is written to a file, on a thread of its own.
    fn copy(&self, what: String, bytes: Vec<u8>) -> io::Result<()> {
        if bytes.len() <= CLIPBOARD {
            execute!(stdout(), CopyToClipboard::to_clipboard_from(bytes))?;
            let text = format!("copied {what} (OSC 52; if nothing pasted: tmux needs set-clipboard on)");
            self.tell(Msg::Copied(text, clock::now()));
            return Ok(());
        }
        let sender = self.sender.clone();
        tokio::task::spawn_blocking(move || {
            let done = match outside::kept_in_a_file(&bytes) {
                Ok(path) => format!("written to {path}"),
                Err(error) => format!("and no file can be written: {error}"),
            };
            let text = format!("{what}, too long for the terminal's clipboard: {done}");
            sender.blocking_send(Msg::Copied(text, clock::now())).ok()
        });
        Ok(())
    }

    /// Counts on a thread of its own: it may take a while, and what is opened meanwhile must not wait. What is counted is
    /// told by its scope.
    fn count(&self, scope: Scope, upto: EventId) {
        let (path, sender, latest) = (self.feed.planner.log.clone(), self.sender.clone(), Arc::clone(&self.counts));
        // An earlier one is of no interest any more.
        let own = latest.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::task::spawn_blocking(move || {
            let zone = clock::zone();
            let overtaken = |_: &[EventId]| sender.is_closed() || latest.load(Ordering::Relaxed) != own;
            let sieve = Sieve { now: clock::now(), zone: &zone, overtaken: &overtaken };
            // A log that cannot be read says so with its next page.
            if let Ok(Some(matching)) = Reader::open(&path).and_then(|reader| reader.count(&scope, upto, &sieve)) {
                let _ = sender.blocking_send(Msg::Counted(scope, matching, upto));
            }
        });
    }

    /// Puts a message into the loop's own queue.
    pub(super) fn tell(&self, msg: Msg) {
        self.ask(async { msg });
    }
}

/// What a replay by a filter would send to a subscriber, and how many it gets by itself.
fn to_replay(
    log: &Path,
    filter: &Filter,
    subscriber: Arc<Subscriber>,
) -> Result<(Vec<EventId>, u64), (String, String)> {
    let to = To::Subscriber(subscriber);
    let sieve = Sieve { now: clock::now(), zone: &clock::zone(), overtaken: &|_| false };
    let picked = Reader::open(log).and_then(|reader| {
        let ids = replay::matching(&reader, filter, &sieve)?;
        replay::sift(&reader, &ids, (&to, Without { others: true, delivered: false }), &sieve)
    });
    let picked = picked.map_err(|e| (e.to_string(), e.hint()))?;
    Ok((picked.events.into_iter().map(|(id, _)| id).collect(), picked.coming))
}

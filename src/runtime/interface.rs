//! The loop: wait for a message, update, carry out the effects, draw once.
//! It must not draw without a change or read the disk: between two messages it sleeps.

use super::background::{self, LateAnswer};
use super::clinic::Clinic;
use super::painter::Painter;
use super::reader::ReaderThread;
use super::signals::Asked;
use super::terminal::{Screen, report_mouse};
use super::wishes::WishBox;
use super::{Feed, clock, input, outside, signals, testing};
use crate::app::{App, Effect, KeyMap, Memory, Msg, Place, TARGETS, update};
use crate::config::state;
use crate::delivery::replay::{self, To};
use crate::model::filter::Filter;
use crate::model::{
    EventId, Heads, Health, Scope, SetupOrder, Standing, Subscriber, SubscriberStanding, Timestamp, count,
};
use crate::store::{Reader, Sieve};
use crate::ui::{self, Theme};
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use std::io::{self, Stdout, Write, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

/// At most so often the log's progress reaches the screen.
const FRAME: Duration = Duration::from_millis(33);
/// Messages that may wait for the loop.
const QUEUE: usize = 256;
/// Most that is handed to the terminal's clipboard.
const CLIPBOARD: usize = 100_000;

/// How the interface looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// Its styles.
    pub theme: Theme,
    /// Nothing but ASCII on the screen.
    pub ascii: bool,
    /// Its keys.
    pub keys: KeyMap,
    /// Where it is remembered how things were shown.
    pub state: PathBuf,
    /// What the user should know from the start.
    pub warnings: Vec<String>,
    /// It is the demo, which is explained step by step.
    pub tour: bool,
    /// Panic after the first frame, for tests.
    pub debug_panic: bool,
}

/// Runs the interface until the user leaves; gives the exit status.
pub async fn interface(feed: Feed, look: Look) -> io::Result<u8> {
    let (sender, messages) = channel(QUEUE);
    let path = feed.planner.log.clone();
    let place = Place {
        urls: feed.urls.borrow().clone(),
        serves: feed.serves(),
        store: shown(&path.display().to_string()),
        zone: clock::zone(),
        allowed: feed.planner.routes.now().allowed.clone(),
        keys: look.keys.clone(),
        tour: look.tour,
        warnings: look.warnings.iter().chain(&look.keys.warnings).cloned().collect(),
    };
    let wishes = WishBox::default();
    let reader = ReaderThread {
        path: path.clone(),
        keyring: feed.planner.keyring.clone(),
        routes: feed.planner.routes.clone(),
        url: feed.urls.borrow().first().cloned().unwrap_or_default(),
        messages: sender.clone(),
        painter: Painter::start(sender.clone()),
        clinic: Clinic::start(sender.clone()),
        zone: clock::zone(),
        wishes: wishes.clone(),
    };
    // A log that cannot be read says so with its first page.
    let targets = Reader::open(&path).and_then(|reader| reader.targets(TARGETS)).unwrap_or_default();
    reader.spawn()?;
    let (background, late) = if look.theme.asks() { background::ask() } else { (None, LateAnswer::default()) };
    let theme = background.map_or(look.theme, |known| look.theme.on(known));
    // Whether there are colours has been decided by the theme.
    crossterm::style::force_color_output(true);
    let asked = signals::asked_to_go();
    let screen = Screen::take()?;
    let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let size = terminal.size()?;
    let mut app = App::new(place, (size.width, size.height), targets);
    let memory: Memory = state::recall(&look.state);
    app.recall(&memory);
    report_mouse(app.pointer.on)?;
    let input = Some(input::spawn(sender.clone(), late));
    let signals = Signals {
        heads: feed.heads.clone(),
        health: feed.health.clone(),
        urls: feed.urls.clone(),
        watchers: feed.watchers.clone(),
        standings: feed.standings.clone(),
        subscribers: feed.subscribers.clone(),
        asked,
    };
    let hands = Hands {
        wishes,
        sender,
        feed,
        page_asked: None,
        reading: Duration::ZERO,
        piped: None,
        preview: None,
        settings: None,
    };
    let mut session = Session { app, terminal, screen, input, theme, hands, look };
    let result = session.run(messages, signals).await;
    session.hands.wishes.close();
    session.stop_input().await;
    session.screen.lend();
    if session.app.memory() != memory {
        // A screen that cannot be remembered looks as at the first start: nothing is lost.
        let _ = state::remember(&session.look.state, &session.app.memory());
    }
    if session.look.tour {
        return result;
    }
    // A terminal that is gone needs no last words.
    let queued = match session.app.subscribers.waiting() {
        0 => String::new(),
        many => format!("; {} queued", count(many, "delivery")),
    };
    let _ = writeln!(stdout(), "{} kept in {}{queued}", count(session.app.list.total, "event"), path.display());
    result
}

struct Session {
    app: App,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    screen: Screen,
    /// Reads the terminal, while it is ours.
    input: Option<JoinHandle<()>>,
    theme: Theme,
    hands: Hands,
    look: Look,
}

impl Session {
    async fn run(&mut self, mut messages: Receiver<Msg>, signals: Signals) -> io::Result<u8> {
        let Signals { mut heads, mut health, mut urls, mut watchers, mut standings, mut subscribers, mut asked } =
            signals;
        let (mut next_heads, mut next_standings, mut next_subscribers) =
            (Instant::now(), Instant::now(), Instant::now());
        standings.mark_changed();
        subscribers.mark_changed();
        let first = self.app.list.start();
        if let Some(status) = self.act(vec![first]).await? {
            return Ok(status);
        }
        let mut drawn = false;
        loop {
            // The first frame waits for the first page: an empty screen would only flicker.
            if self.app.list.loaded || drawn {
                self.draw()?;
                assert!(!self.look.debug_panic, "asked for by --debug-panic");
                drawn = true;
            }
            let until = self.app.alarm();
            let msg = tokio::select! {
                msg = messages.recv() => match msg {
                    Some(msg) => msg,
                    None => return Ok(0),
                },
                () = async { tokio::time::sleep_until(next_heads).await; changed(&mut heads).await; } => {
                    // A log that takes long to read is not read all the time.
                    next_heads = Instant::now() + FRAME.max(3 * self.hands.reading);
                    Msg::Heads(*heads.borrow_and_update())
                }
                () = changed(&mut watchers) => Msg::Watched(*watchers.borrow_and_update()),
                () = async { tokio::time::sleep_until(next_standings).await; changed(&mut standings).await; } => {
                    next_standings = Instant::now() + FRAME;
                    Msg::Standings(standings.borrow_and_update().clone(), clock::now())
                }
                () = async { tokio::time::sleep_until(next_subscribers).await; changed(&mut subscribers).await; } => {
                    next_subscribers = Instant::now() + FRAME;
                    Msg::Subscribers(subscribers.borrow_and_update().clone(), clock::now())
                }
                () = changed(&mut urls) => Msg::Listening(urls.borrow_and_update().clone()),
                () = changed(&mut health) => Msg::Health(health.borrow_and_update().clone(), clock::now()),
                () = expiry(until) => Msg::Tick(clock::now()),
                status = &mut asked => return Ok(status),
            };
            let mut next = Some(msg);
            while let Some(msg) = next {
                if let (Msg::Page(..), Some(asked)) = (&msg, self.hands.page_asked.take()) {
                    self.hands.reading = asked.elapsed();
                }
                let effects = update(&mut self.app, msg);
                let lent = effects.iter().any(lends);
                if let Some(status) = self.act(effects).await? {
                    return Ok(status);
                }
                if lent {
                    // What was pressed for the other program must not be taken for ours afterwards.
                    asked = signals::asked_to_go();
                }
                next = messages.try_recv().ok();
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (app, theme) = (&self.app, &self.theme);
        let ascii = self.look.ascii;
        let draw = |frame: &mut Frame| {
            ui::draw(frame, app, theme);
            if ascii {
                ui::to_ascii(frame.buffer_mut());
            }
        };
        self.terminal.draw(draw).map(drop)
    }

    /// Carries effects out; `Some` = leave with this status.
    async fn act(&mut self, effects: Vec<Effect>) -> io::Result<Option<u8>> {
        for effect in effects {
            let left = match effect {
                Effect::Quit(status) => Some(status),
                Effect::Redraw => {
                    self.redraw()?;
                    None
                }
                Effect::Pager(bytes) => {
                    let (told, left) = self.lend(outside::pager(bytes)).await?;
                    if let Some(Err(why)) = told {
                        update(&mut self.app, Msg::ReadFailed(why, clock::now()));
                    }
                    left
                }
                Effect::Edit(id, text) => {
                    let (told, left) = self.lend(outside::edit(text, ".http")).await?;
                    if let Some(edited) = told {
                        self.hands.tell(Msg::Edited(id, edited, clock::now()));
                    }
                    left
                }
                Effect::EditSubscriber(name) => self.edit_subscriber(name).await?,
                Effect::Suspend => {
                    let feed = self.hands.feed.clone();
                    // The gap in listening is in the log like any other.
                    let (_, left) = self
                        .lend(async move {
                            feed.listening(false).await;
                            let stopped = signals::suspend();
                            feed.listening(true).await;
                            stopped
                        })
                        .await?;
                    left
                }
                effect => {
                    self.hands.carry_out(effect)?;
                    None
                }
            };
            if left.is_some() {
                return Ok(left);
            }
        }
        Ok(None)
    }

    /// Lends the terminal to the editor for a subscriber's settings. What could not be used is there again the next time.
    async fn edit_subscriber(&mut self, name: String) -> io::Result<Option<u8>> {
        let kept = self.hands.settings.take().filter(|(whose, _)| *whose == name).map(|(_, text)| text);
        let text = match kept {
            Some(text) => Ok(text),
            None => self.hands.feed.set_up(SetupOrder::Show(name.clone())).await,
        };
        let text = match text {
            Ok(text) => text,
            Err(refusal) => {
                update(&mut self.app, Msg::SetUp(Err(refusal), clock::now()));
                return Ok(None);
            }
        };
        let (edited, left) = self.lend(outside::edit(text, ".toml")).await?;
        let result = match edited {
            Some(Ok(Some(text))) => {
                let done = self.hands.feed.set_up(SetupOrder::Write(name.clone(), text.clone())).await;
                self.hands.settings = done.is_err().then_some((name, text));
                done.map_err(|(what, _)| (what, "e goes on with what you wrote".to_owned()))
            }
            Some(Err(why)) => Err((why, "name another editor in $EDITOR".to_owned())),
            Some(Ok(None)) => Ok("nothing was changed".to_owned()),
            None => return Ok(left),
        };
        update(&mut self.app, Msg::SetUp(result, clock::now()));
        Ok(left)
    }

    /// Draws everything anew. `clear` would ask the terminal where its cursor is, and the answer would come as a key.
    fn redraw(&mut self) -> io::Result<()> {
        self.terminal.resize(self.terminal.size()?.into())
    }

    /// Lends the terminal for as long as `work` takes; also gives the status, should this process be asked to go.
    async fn lend<T>(&mut self, work: impl Future<Output = T>) -> io::Result<(Option<T>, Option<u8>)> {
        self.stop_input().await;
        self.screen.lend();
        let done = tokio::select! {
            done = work => (Some(done), None),
            status = signals::asked_to_go_by_others() => (None, Some(status)),
        };
        self.screen.take_back(self.app.pointer.on)?;
        self.input = Some(input::spawn(self.hands.sender.clone(), LateAnswer::default()));
        let size = self.terminal.size()?;
        update(&mut self.app, Msg::Resize(size.width, size.height));
        self.redraw()?;
        Ok(done)
    }

    /// Lets go of the terminal's input.
    async fn stop_input(&mut self) {
        if let Some(input) = self.input.take() {
            input.abort();
            // It ends because it was told to.
            let _ = input.await;
        }
    }
}

/// Whether an effect lends the terminal to another program.
fn lends(effect: &Effect) -> bool {
    matches!(effect, Effect::Pager(_) | Effect::Edit(..) | Effect::EditSubscriber(_) | Effect::Suspend)
}

/// What a replay by a filter would send to a subscriber, and how many it gets by itself.
fn to_replay(
    log: &Path,
    filter: &Filter,
    subscriber: Arc<Subscriber>,
) -> Result<(Vec<EventId>, u64), (String, String)> {
    let to = To::Subscriber(subscriber);
    let sieve = Sieve { now: clock::now(), zone: &clock::zone(), overtaken: &|| false };
    let picked = Reader::open(log).and_then(|reader| {
        let ids = replay::matching(&reader, filter, (&to, true), &sieve)?;
        replay::sift(&reader, &ids, &to, false)
    });
    let picked = picked.map_err(|e| (e.to_string(), e.hint()))?;
    Ok((picked.events.into_iter().map(|(id, _)| id).collect(), picked.coming))
}

/// What wakes the loop besides messages.
struct Signals {
    heads: watch::Receiver<Heads>,
    health: watch::Receiver<Health>,
    urls: watch::Receiver<Vec<String>>,
    watchers: watch::Receiver<usize>,
    standings: watch::Receiver<Vec<Standing>>,
    subscribers: watch::Receiver<Vec<SubscriberStanding>>,
    asked: Asked,
}

/// What effects act with.
struct Hands {
    wishes: WishBox,
    sender: Sender<Msg>,
    feed: Feed,
    /// When a page was asked for, and how long the last one took.
    page_asked: Option<Instant>,
    reading: Duration,
    /// The command that is running.
    piped: Option<AbortHandle>,
    /// The preview that is being made.
    preview: Option<AbortHandle>,
    /// A subscriber's settings that were edited and could not be used.
    settings: Option<(String, String)>,
}

impl Hands {
    fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Page(wish) => {
                self.page_asked = Some(Instant::now());
                self.wishes.leave(|wishes| wishes.page = Some(wish));
            }
            Effect::Ids(scope, between) => self.wishes.leave(|wishes| wishes.ids = Some((scope, between))),
            Effect::Timeline(wish) => self.wishes.leave(|wishes| wishes.timeline = Some(wish)),
            Effect::Runs => self.wishes.leave(|wishes| wishes.runs = true),
            Effect::Compare(a, b) => self.wishes.leave(|wishes| wishes.compare = Some((a, b))),
            Effect::Open(id) => self.wishes.leave(|wishes| wishes.open = Some(id)),
            Effect::Count(scope, upto) => self.count(scope, upto),
            Effect::Preview(order) => {
                let (planner, sender) = (self.feed.planner.clone(), self.sender.clone());
                // Only what the dialog asked last is of interest.
                if let Some(before) = self.preview.take() {
                    before.abort();
                }
                let preview = tokio::spawn(async move {
                    let result = planner.preview(&order).await.map_err(|e| (e.to_string(), e.hint()));
                    let _ = sender.send(Msg::Previewed(order, result)).await;
                });
                self.preview = Some(preview.abort_handle());
            }
            Effect::Resend(order) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let result = feed.resend(&order).await.map(Box::new);
                    // A screen that is gone needs no toast; the attempt is in the log.
                    let _ = sender.send(Msg::Sent(order, result, clock::now())).await;
                });
            }
            Effect::Test(wish) => {
                let (keyring, sender) = (self.feed.planner.keyring.now(), self.sender.clone());
                tokio::spawn(async move {
                    let sent = testing::send(&wish, &keyring).await;
                    sender.send(Msg::Tested(sent, clock::now())).await.ok()
                });
            }
            Effect::Subscriber(name, order) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let done = feed.subscriber(name.clone(), order).await;
                    sender.send(Msg::Ordered((name, order), done, clock::now())).await.ok()
                });
            }
            Effect::Queue(name) => self.wishes.leave(|wishes| wishes.queue = Some(name)),
            Effect::SetUp(order) => self.set_up(order),
            Effect::Replayable(name, filter) => self.replayable(name, filter),
            Effect::Answer(rule, on) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let done = feed.answer(rule.clone(), on).await;
                    sender.send(Msg::Turned((rule, on), done, clock::now())).await.ok()
                });
            }
            Effect::Secret(order, event) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let done = feed.keys(order, event).await;
                    sender.send(Msg::Keyed(done, clock::now())).await.ok()
                });
            }
            Effect::Mark(order) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move {
                    let changed = feed.mark(order.clone()).await;
                    sender.send(Msg::Marked(order, changed, clock::now())).await.ok()
                });
            }
            Effect::Copy(what, bytes) => self.copy(what, bytes)?,
            Effect::Mouse(on) => report_mouse(on)?,
            Effect::Pipe(command, bytes) => {
                let sender = self.sender.clone();
                let piped = async move { sender.send(Msg::Piped(outside::pipe(command, bytes).await)).await.ok() };
                self.piped = Some(tokio::spawn(piped).abort_handle());
            }
            Effect::StopPipe => {
                // What it has started ends with it.
                if let Some(piped) = self.piped.take() {
                    piped.abort();
                }
            }
            // The session's own.
            Effect::Quit(_) | Effect::Redraw | Effect::Suspend => {}
            Effect::Pager(_) | Effect::Edit(..) | Effect::EditSubscriber(_) => {}
        }
        Ok(())
    }

    /// Has the subscribers of the configuration changed.
    fn set_up(&self, order: SetupOrder) {
        let (feed, sender) = (self.feed.clone(), self.sender.clone());
        tokio::spawn(async move {
            let done = feed.set_up(order).await;
            sender.send(Msg::SetUp(done, clock::now())).await.ok()
        });
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
        let (path, sender) = (self.feed.planner.log.clone(), self.sender.clone());
        tokio::task::spawn_blocking(move || {
            let zone = clock::zone();
            let overtaken = || sender.is_closed();
            let sieve = Sieve { now: clock::now(), zone: &zone, overtaken: &overtaken };
            // A log that cannot be read says so with its next page.
            if let Ok(Some(matching)) = Reader::open(&path).and_then(|reader| reader.count(&scope, upto, &sieve)) {
                let _ = sender.blocking_send(Msg::Counted(scope, matching, upto));
            }
        });
    }

    /// Puts a message into the loop's own queue.
    fn tell(&self, msg: Msg) {
        let sender = self.sender.clone();
        tokio::spawn(async move { sender.send(msg).await.ok() });
    }
}

/// Waits for the next change; one that can never come is waited for forever.
async fn changed<T>(signal: &mut watch::Receiver<T>) {
    if signal.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when a toast has stood long enough; never where there is none.
async fn expiry(until: Option<Timestamp>) {
    match until {
        Some(until) => {
            let left = until.since(clock::now()).max(0) as u64;
            tokio::time::sleep(Duration::from_micros(left)).await;
        }
        None => std::future::pending().await,
    }
}

/// A path with `~` for the home folder.
fn shown(path: &str) -> String {
    match std::env::var("HOME") {
        Ok(home) if !home.is_empty() && path.starts_with(&format!("{home}/")) => format!("~{}", &path[home.len()..]),
        _ => path.to_owned(),
    }
}

//! The loop: wait for a message, update, carry out the effects, draw once.
//! It must not draw without a change or read the disk: between two messages it sleeps.

use super::background::{self, LateAnswer};
use super::clinic::Clinic;
use super::hands::Hands;
use super::painter::Painter;
use super::reader::ReaderThread;
use super::signals::Asked;
use super::terminal::{Screen, report_mouse};
use super::wishes::WishBox;
use super::{Feed, clock, input, outside, signals};
use crate::app::{App, Effect, KeyMap, Memory, Msg, Place, TARGETS, update};
use crate::config::state;
use crate::model::filter::Saved;
use crate::model::{Heads, Health, SetupOrder, Standing, SubscriberStanding, Timestamp, count};
use crate::store::Reader;
use crate::ui::{self, Theme};
use ratatui::backend::CrosstermBackend;
use ratatui::{Frame, Terminal};
use std::io::{self, Stdout, Write, stdout};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// At most so often the log's progress reaches the screen.
const FRAME: Duration = Duration::from_millis(33);
/// Messages that may wait for the loop.
const QUEUE: usize = 256;

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
        saved: feed.saved.borrow().clone(),
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
        saved: feed.saved.clone(),
        standings: feed.subscribers.clone(),
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
        saved: feed.saved.clone(),
        asked,
    };
    let hands = Hands::new(wishes, sender, feed);
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
        let Signals {
            mut heads,
            mut health,
            mut urls,
            mut watchers,
            mut standings,
            mut subscribers,
            mut saved,
            mut asked,
        } = signals;
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
                () = changed(&mut saved) => Msg::Saved(saved.borrow_and_update().clone()),
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

/// What wakes the loop besides messages.
struct Signals {
    heads: watch::Receiver<Heads>,
    health: watch::Receiver<Health>,
    urls: watch::Receiver<Vec<String>>,
    watchers: watch::Receiver<usize>,
    standings: watch::Receiver<Vec<Standing>>,
    subscribers: watch::Receiver<Vec<SubscriberStanding>>,
    saved: watch::Receiver<Saved>,
    asked: Asked,
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

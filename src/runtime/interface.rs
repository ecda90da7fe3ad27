//! The loop: wait for a message, update, carry out the effects, draw once.
//! It must not draw without a change or read the disk: between two messages it sleeps.

use super::painter::Painter;
use super::reader::{ReaderThread, Wish};
use super::terminal::{Screen, report_mouse};
use super::{Feed, clock, input, signals};
use crate::app::{App, Effect, Msg, Place, TARGETS, update};
use crate::model::{Heads, Health, Timestamp, count};
use crate::store::Reader;
use crate::ui::{self, Theme};
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, Stdout, stdout};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::watch;
use tokio::task::AbortHandle;
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
    /// What the user should know from the start.
    pub warnings: Vec<String>,
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
        allowed: (*feed.planner.allowed).clone(),
        warnings: look.warnings.clone(),
    };
    let reader = ReaderThread {
        path: path.clone(),
        keyring: Arc::clone(&feed.planner.keyring),
        url: feed.urls.borrow().first().cloned().unwrap_or_default(),
        messages: sender.clone(),
        painter: Painter::start(sender.clone()),
    };
    // A log that cannot be read says so with its first page.
    let targets = Reader::open(&path).and_then(|reader| reader.targets(TARGETS)).unwrap_or_default();
    let wishes = reader.spawn()?;
    // Whether there are colours has been decided by the theme.
    crossterm::style::force_color_output(true);
    let screen = Screen::take()?;
    let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
    let size = terminal.size()?;
    let app = App::new(place, (size.width, size.height), targets);
    let input = input::spawn(sender.clone());
    let signals = Signals { heads: feed.heads.clone(), health: feed.health.clone(), urls: feed.urls.clone() };
    let hands = Hands { wishes, sender, feed, preview: None };
    let mut session = Session { app, terminal, theme: look.theme, hands, look };
    let result = session.run(messages, signals).await;
    input.abort();
    drop(screen);
    println!("{} kept in {}", count(session.app.list.total, "event"), path.display());
    result
}

struct Session {
    app: App,
    terminal: Terminal<CrosstermBackend<Stdout>>,
    theme: Theme,
    hands: Hands,
    look: Look,
}

impl Session {
    async fn run(&mut self, mut messages: Receiver<Msg>, signals: Signals) -> io::Result<u8> {
        let Signals { mut heads, mut health, mut urls } = signals;
        let mut asked = std::pin::pin!(signals::asked_to_go());
        let mut next_heads = Instant::now();
        let first = self.app.list.start();
        if let Some(status) = self.act(vec![first])? {
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
                    next_heads = Instant::now() + FRAME;
                    Msg::Heads(*heads.borrow_and_update())
                }
                () = changed(&mut urls) => Msg::Listening(urls.borrow_and_update().clone()),
                () = changed(&mut health) => Msg::Health(health.borrow_and_update().clone(), clock::now()),
                () = expiry(until) => Msg::Tick(clock::now()),
                status = &mut asked => return Ok(status),
            };
            let mut next = Some(msg);
            while let Some(msg) = next {
                let effects = update(&mut self.app, msg);
                if let Some(status) = self.act(effects)? {
                    return Ok(status);
                }
                next = messages.try_recv().ok();
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        let (app, theme) = (&self.app, &self.theme);
        self.terminal.draw(|frame| ui::draw(frame, app, theme)).map(drop)
    }

    /// Carries effects out; `Some` = leave with this status.
    fn act(&mut self, effects: Vec<Effect>) -> io::Result<Option<u8>> {
        for effect in effects {
            match effect {
                Effect::Quit(status) => return Ok(Some(status)),
                // `clear` would ask the terminal where its cursor is, and the answer would come as a key.
                Effect::Redraw => self.terminal.resize(self.terminal.size()?.into())?,
                effect => self.hands.carry_out(effect)?,
            }
        }
        Ok(None)
    }
}

/// What wakes the loop besides messages.
struct Signals {
    heads: watch::Receiver<Heads>,
    health: watch::Receiver<Health>,
    urls: watch::Receiver<Vec<String>>,
}

/// What effects act with.
struct Hands {
    wishes: SyncSender<Wish>,
    sender: Sender<Msg>,
    feed: Feed,
    /// The preview that is being made.
    preview: Option<AbortHandle>,
}

impl Hands {
    fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            // A reader that is gone has said why.
            Effect::Page(wish) => drop(self.wishes.try_send(Wish::Page(wish))),
            Effect::Ids(scope, between) => drop(self.wishes.try_send(Wish::Ids(scope, between))),
            Effect::Timeline(wish) => drop(self.wishes.try_send(Wish::Timeline(wish))),
            Effect::Runs => drop(self.wishes.try_send(Wish::Runs)),
            Effect::Open(id) => drop(self.wishes.try_send(Wish::Open(id))),
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
            Effect::Mark(order) => {
                let (feed, sender) = (self.feed.clone(), self.sender.clone());
                tokio::spawn(async move { sender.send(Msg::Marked(feed.mark(order).await, clock::now())).await.ok() });
            }
            Effect::Copy(what, bytes) => {
                let text = if bytes.len() > CLIPBOARD {
                    format!("{what}: too long for the terminal's clipboard; whisper-tui show ID --body > FILE")
                } else {
                    execute!(stdout(), CopyToClipboard::to_clipboard_from(bytes))?;
                    format!("copied {what} (OSC 52; if nothing pasted: tmux needs set-clipboard on)")
                };
                let sender = self.sender.clone();
                tokio::spawn(async move { sender.send(Msg::Copied(text, clock::now())).await.ok() });
            }
            Effect::Mouse(on) => report_mouse(on)?,
            Effect::Quit(_) | Effect::Redraw => {}
        }
        Ok(())
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

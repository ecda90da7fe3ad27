//! The terminal while the interface has it, and its return in every way of leaving.

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use std::io::{self, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

/// Raw mode and the alternate screen until it is dropped.
pub(super) struct Screen;

impl Screen {
    /// Takes the terminal; a panic of the thread that draws gives it back before it is reported.
    pub(super) fn take() -> io::Result<Screen> {
        let drawing = std::thread::current().id();
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Other threads' panics are contained there, and the screen goes on.
            if std::thread::current().id() == drawing {
                give_back();
                report(panic);
            }
        }));
        let screen = Screen;
        enter(true)?;
        Ok(screen)
    }

    /// Lends the terminal to another program.
    pub(super) fn lend(&self) {
        give_back();
    }

    /// Takes it again from there.
    pub(super) fn take_back(&self, mouse: bool) -> io::Result<()> {
        enter(mouse)?;
        // What was typed for the other program must not act here.
        #[cfg(unix)]
        let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
        Ok(())
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    report_mouse(mouse)
}

/// Has the mouse reported, or leaves it to the terminal.
pub(super) fn report_mouse(on: bool) -> io::Result<()> {
    if on { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// The terminal is ours: it is given back once, for a second time would put the cursor where it was before.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal may be gone already; then there is nothing to give back.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

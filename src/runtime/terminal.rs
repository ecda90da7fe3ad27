//! The terminal while the interface has it, and its return in every way of leaving.

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use std::io::{self, stdout};

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
        enable_raw_mode()?;
        let screen = Screen;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableMouseCapture, cursor::Hide)?;
        Ok(screen)
    }
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

/// The terminal may be gone already; then there is nothing to give back.
fn give_back() {
    let _ = execute!(stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}

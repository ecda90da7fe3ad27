//! What was typed into a prompt before: the arrows bring it back.

use tui_input::Input;

/// Lines that are remembered.
const MOST: usize = 50;

/// The prompts that have one.
#[derive(Debug, Default)]
pub(in crate::app) struct Histories {
    /// Filters.
    pub(super) filter: History,
    /// Commands.
    pub(super) pipe: History,
}

/// The lines of one prompt.
#[derive(Debug, Default)]
pub(in crate::app) struct History {
    lines: Vec<String>,
    /// How far back one has gone; 0 = what is being typed.
    back: usize,
}

impl History {
    /// Remembers a line.
    pub(super) fn keep(&mut self, line: &str) {
        self.back = 0;
        if !line.trim().is_empty() {
            self.lines.retain(|known| known != line);
            self.lines.push(line.to_owned());
            let over = self.lines.len().saturating_sub(MOST);
            self.lines.drain(..over);
        }
    }

    /// Puts an older or a younger line into the prompt.
    pub(super) fn go(&mut self, input: &mut Input, older: bool) {
        self.back = if older { (self.back + 1).min(self.lines.len()) } else { self.back.saturating_sub(1) };
        let line = self.lines.len().checked_sub(self.back).and_then(|at| self.lines.get(at));
        *input = Input::new(line.cloned().unwrap_or_default());
    }
}

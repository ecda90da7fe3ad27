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
    /// What was being typed before one went back.
    draft: String,
}

impl History {
    /// The prompt was opened.
    pub(super) fn begin(&mut self) {
        self.back = 0;
    }

    /// The youngest line.
    pub(super) fn last(&self) -> Option<String> {
        self.lines.last().cloned()
    }

    /// Remembers a line.
    pub(super) fn keep(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.lines.retain(|known| known != line);
            self.lines.push(line.to_owned());
            let over = self.lines.len().saturating_sub(MOST);
            self.lines.drain(..over);
        }
    }

    /// Puts an older or a younger line into the prompt; the youngest is what was being typed.
    pub(super) fn go(&mut self, input: &mut Input, older: bool) {
        let to = if older { (self.back + 1).min(self.lines.len()) } else { self.back.saturating_sub(1) };
        if to == self.back {
            return;
        }
        if self.back == 0 {
            self.draft = input.value().to_owned();
        }
        self.back = to;
        let line = match to {
            0 => self.draft.clone(),
            back => self.lines[self.lines.len() - back].clone(),
        };
        *input = Input::new(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_typed_comes_back() {
        let (mut history, mut input) = (History::default(), Input::new("draft".into()));
        history.go(&mut input, true);
        history.go(&mut input, false);
        assert_eq!(input.value(), "draft");
        ["one", "two", "one"].iter().for_each(|line| history.keep(line));
        history.begin();
        let mut go = |older| {
            history.go(&mut input, older);
            input.value().to_owned()
        };
        assert_eq!(
            [true, true, true, false, false, false].map(&mut go),
            ["one", "two", "two", "one", "draft", "draft"]
        );
    }
}

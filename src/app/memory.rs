//! What the screen remembers from one run to the next: how things are shown, never what they are.
//! It must not know where it is kept.

use super::App;
use crate::body::Mode;
use crate::model::Scope;
use serde::{Deserialize, Serialize};

/// Settings of the screen; what is missing is as at the first start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The mouse works here.
    pub mouse: bool,
    /// The newest event stands above.
    pub newest_first: bool,
    /// Fewer columns.
    pub compact: bool,
    /// Every arrival has a row of its own.
    pub unfolded: bool,
    /// Long lines are cut.
    pub cut: bool,
    /// Name of the body's mode.
    pub mode: String,
    /// How much wider the list is than at first, in percent of the screen.
    pub split: i8,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            mouse: true,
            newest_first: false,
            compact: false,
            unfolded: false,
            cut: false,
            mode: String::new(),
            split: 0,
        }
    }
}

impl App {
    /// Shows things as they were shown before.
    pub fn recall(&mut self, memory: &Memory) {
        self.pointer.on = memory.mouse;
        self.list.newest_first = memory.newest_first;
        self.list.compact = memory.compact;
        self.list.scope = Scope { unfolded: memory.unfolded, ..Scope::default() };
        self.detail.cut = memory.cut;
        self.detail.mode =
            Mode::ALL.iter().find(|(_, name)| *name == memory.mode).map_or(Mode::default(), |(mode, _)| *mode);
        self.split = memory.split.clamp(-super::layout::MOST_SPLIT, super::layout::MOST_SPLIT);
    }

    /// How things are shown.
    pub fn memory(&self) -> Memory {
        let mode = Mode::ALL.iter().find(|(mode, _)| *mode == self.detail.mode).map_or("", |(_, name)| *name);
        Memory {
            mouse: self.pointer.on,
            newest_first: self.list.newest_first,
            compact: self.list.compact,
            unfolded: self.list.scope.unfolded,
            cut: self.detail.cut,
            mode: mode.to_owned(),
            split: self.split,
        }
    }
}

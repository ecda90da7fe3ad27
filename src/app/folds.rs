//! Which lines of a JSON body are folded, found from both ends.

use std::collections::BTreeMap;

/// Folded lines with the lines that close them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    by_open: BTreeMap<usize, usize>,
    by_close: BTreeMap<usize, usize>,
}

impl Folds {
    pub(super) fn insert(&mut self, open: usize, close: usize) {
        self.by_open.insert(open, close);
        self.by_close.insert(close, open);
    }

    /// Unfolds a line; says whether it was folded.
    pub(super) fn remove(&mut self, open: usize) -> bool {
        let close = self.by_open.remove(&open);
        close.is_some_and(|close| self.by_close.remove(&close).is_some())
    }

    pub(super) fn clear(&mut self) {
        *self = Folds::default();
    }

    /// The line that closes what is folded at `open`.
    pub(super) fn closing(&self, open: usize) -> Option<usize> {
        self.by_open.get(&open).copied()
    }

    /// The folded line that ends at `close`.
    pub(super) fn opening(&self, close: usize) -> Option<usize> {
        self.by_close.get(&close).copied()
    }

    /// Unfolds all that hides `line`.
    pub(super) fn reveal(&mut self, line: usize) {
        let hiding: Vec<usize> =
            self.by_open.range(..line).filter(|(_, close)| line <= **close).map(|(open, _)| *open).collect();
        for open in hiding {
            self.remove(open);
        }
    }
}

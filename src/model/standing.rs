//! How a rule for answers stands: on or off, and what it has done.

/// A rule as the screen shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub says: String,
    /// It acts.
    pub on: bool,
    /// What was told since it was turned on (`500`, `drop` ...), and how often.
    pub told: Vec<(String, u64)>,
}

impl Standing {
    /// Counts one more answer of this kind.
    pub fn count(&mut self, kind: &str) {
        match self.told.iter_mut().find(|(known, _)| known == kind) {
            Some((_, many)) => *many += 1,
            None => self.told.push((kind.to_owned(), 1)),
        }
    }

    /// What it has told, in words: `12x 500, 3x drop`.
    pub fn counts(&self) -> String {
        let counts: Vec<String> = self.told.iter().map(|(kind, many)| format!("{many}x {kind}")).collect();
        counts.join(", ")
    }
}

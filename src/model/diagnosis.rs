//! What the doctor tried on a signature that is not right, as data.

use super::SecretRef;

/// One guess, really computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// What was assumed to be otherwise.
    pub guess: String,
    /// The signature is right under this assumption.
    pub matched: bool,
}

/// What came of all guesses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// The guesses in their order; the one that matched ends them.
    pub tried: Vec<Guess>,
    /// The cause in words, or what remains possible; a line each.
    pub words: Vec<String>,
    /// A secret that is configured elsewhere and makes the signature right.
    pub cure: Option<SecretRef>,
}

impl Diagnosis {
    /// The guess that matched.
    pub fn matched(&self) -> Option<&str> {
        self.tried.iter().find(|guess| guess.matched).map(|guess| guess.guess.as_str())
    }
}

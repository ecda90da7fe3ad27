//! What the doctor tried on a signature that is not right, as data.

use super::SecretRef;

/// What a guess assumes to be otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumed {
    /// The way in which the signature is written.
    Writing,
    /// The secret.
    Secret,
    /// The way in which the secret's text becomes a key.
    Key,
    /// The body.
    Body,
    /// The time that was signed.
    Time,
    /// The URL.
    Url,
    /// The algorithm, or what is signed.
    Scheme,
    /// Two of these.
    Pair,
}

impl Assumed {
    /// All of them, in the order in which they are tried, with words for the group.
    pub const ALL: [(Assumed, &'static str); 8] = [
        (Assumed::Writing, "the signature written otherwise"),
        (Assumed::Secret, "another secret that is configured"),
        (Assumed::Key, "the secret: spaces, quotes, whsec_, base64, hex"),
        (Assumed::Body, "the body: JSON written anew, line ends, gzip"),
        (Assumed::Time, "the time: another one, another unit"),
        (Assumed::Url, "the URL: port, slash, scheme, query"),
        (Assumed::Scheme, "another algorithm, or another text signed"),
        (Assumed::Pair, "two of these at once"),
    ];
}

/// One guess, really computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The kind of it.
    pub assumed: Assumed,
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
    /// How often each kind was tried, and whether it matched; kinds that were not tried are left out.
    pub fn groups(&self) -> Vec<(&'static str, usize, bool)> {
        let group = |&(assumed, words): &(Assumed, &'static str)| {
            let of_it = || self.tried.iter().filter(|guess| guess.assumed == assumed);
            let tried = of_it().count();
            (tried > 0).then(|| (words, tried, of_it().any(|guess| guess.matched)))
        };
        Assumed::ALL.iter().filter_map(group).collect()
    }

    /// The guess that matched.
    pub fn matched(&self) -> Option<&str> {
        self.tried.iter().find(|guess| guess.matched).map(|guess| guess.guess.as_str())
    }
}

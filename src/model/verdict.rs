//! What a signature check found, as data.
//! It must not know how a check is done; `verify` does that.

/// The result of a signature check (contract section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Verdict {
    /// The signature is right and recent enough.
    Valid,
    /// The signature is wrong or cannot be read.
    Invalid,
    /// The signature is right, its time is outside the entry's window.
    Stale,
    /// There is no signature.
    #[default]
    Unsigned,
    /// A signature of a known provider, and no secret for it.
    NoSecret,
    /// Something looks like a signature and no catalogue entry fits.
    Unknown,
}

impl Verdict {
    /// All verdicts with their contract name and their word on the screen.
    pub const ALL: [(Verdict, &'static str, &'static str); 6] = [
        (Verdict::Valid, "valid", "ok"),
        (Verdict::Invalid, "invalid", "BAD"),
        (Verdict::Stale, "stale", "old"),
        (Verdict::Unsigned, "unsigned", "-"),
        (Verdict::NoSecret, "no_secret", "key?"),
        (Verdict::Unknown, "unknown", "?"),
    ];

    fn row(self) -> (Verdict, &'static str, &'static str) {
        Self::ALL[self as usize]
    }

    /// The contract's name.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        self.row().2
    }

    /// Whether the signature is right, in time or not: then the sender's words are its own.
    pub fn is_proved(self) -> bool {
        matches!(self, Verdict::Valid | Verdict::Stale)
    }

    /// Whether the signature is wrong or unknown.
    pub fn is_suspect(self) -> bool {
        matches!(self, Verdict::Invalid | Verdict::Unknown)
    }

    /// Reads a contract name.
    pub fn from_name(name: &str) -> Option<Verdict> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// Why a verdict is not `valid` (contract section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No configured secret produces a signature that was received.
    Mismatch,
    /// The signature cannot be read in the entry's form.
    Malformed,
    /// A header that the entry needs is absent.
    MissingHeader,
    /// The sender's time is absent.
    MissingTimestamp,
    /// The sender's time cannot be read.
    BadTimestamp,
    /// Older than the entry's window.
    TooOld,
    /// Further in the future than the entry's window.
    InFuture,
    /// The key named by the sender is not ours.
    WrongKeyId,
    /// The catalogue entry needs something that is not there yet.
    Unsupported,
    /// The entry signs parts of the body, which cannot be read.
    BodyUnreadable,
}

impl Reason {
    const ALL: [(Reason, &'static str); 10] = [
        (Reason::Mismatch, "mismatch"),
        (Reason::Malformed, "malformed"),
        (Reason::MissingHeader, "missing_header"),
        (Reason::MissingTimestamp, "missing_timestamp"),
        (Reason::BadTimestamp, "bad_timestamp"),
        (Reason::TooOld, "too_old"),
        (Reason::InFuture, "in_future"),
        (Reason::WrongKeyId, "wrong_key_id"),
        (Reason::Unsupported, "unsupported"),
        (Reason::BodyUnreadable, "body_unreadable"),
    ];

    /// The contract's name.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// Reads a contract name.
    pub fn from_name(name: &str) -> Option<Reason> {
        Self::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// One numbered line of the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was looked at: `Header`, `Parsed`, `Time`, `Content`, `Secret`, `HMAC` ...
    pub step: &'static str,
    /// What was found, as text (not yet escaped for a terminal).
    pub shows: String,
    /// Whether it is as it should be; `None` where there was nothing to judge.
    pub ok: Option<bool>,
}

/// A verdict with all that explains it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The catalogue entry that was used.
    pub provider: Option<String>,
    /// Name of the secret that matched.
    pub secret: Option<String>,
    /// Why it is not valid.
    pub reason: Option<Reason>,
    /// Arrival minus the sender's time in microseconds; positive for an old one.
    pub skew_us: Option<i64>,
    /// The proof, line by line. Not stored: it is made anew from the event when asked for.
    pub steps: Vec<Step>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_variants() {
        for (verdict, name, _) in Verdict::ALL {
            assert_eq!(verdict.name(), name);
            assert_eq!(Verdict::from_name(name), Some(verdict));
        }
        for (reason, name) in Reason::ALL {
            assert_eq!(reason.name(), name);
            assert_eq!(Reason::from_name(name), Some(reason));
        }
    }
}

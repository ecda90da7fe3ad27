//! The fields of the filter language and the kind of each.

use crate::model::{Cause, Class, DeliveryState, StoredEvent, Verdict, duration};

/// A field that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Source,
    Provider,
    Type,
    Key,
    Object,
    Method,
    Path,
    Class,
    Sig,
    Id,
    Answer,
    Size,
    Ack,
    Skew,
    Trace,
    Host,
    Ip,
    Since,
    Before,
    At,
    Is,
    Note,
    Subscriber,
    Delivery,
    Status,
    Tries,
    Took,
}

const FIELDS: [(Field, &str); 27] = [
    (Field::Source, "source"),
    (Field::Provider, "provider"),
    (Field::Type, "type"),
    (Field::Key, "key"),
    (Field::Object, "object"),
    (Field::Method, "method"),
    (Field::Path, "path"),
    (Field::Class, "class"),
    (Field::Sig, "sig"),
    (Field::Id, "id"),
    (Field::Answer, "answer"),
    (Field::Size, "size"),
    (Field::Ack, "ack"),
    (Field::Skew, "skew"),
    (Field::Trace, "trace"),
    (Field::Host, "host"),
    (Field::Ip, "ip"),
    (Field::Since, "since"),
    (Field::Before, "before"),
    (Field::At, "at"),
    (Field::Is, "is"),
    (Field::Note, "note"),
    (Field::Subscriber, "subscriber"),
    (Field::Delivery, "delivery"),
    (Field::Status, "status"),
    (Field::Tries, "tries"),
    (Field::Took, "took"),
];

/// What stands before the colon besides fields (contract section 7).
const OTHERS: [&str; 4] = ["header.", "query.", "body.", "has"];

/// What a name before a colon turned out to be.
pub(super) enum Lookup {
    Found(Field),
    /// With the nearest one that there is.
    Unknown(Option<&'static str>),
}

impl Field {
    pub(super) fn name(self) -> &'static str {
        FIELDS[self as usize].1
    }

    /// All that can stand before a colon.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|(_, name)| *name).chain(OTHERS)
    }

    pub(super) fn lookup(name: &str) -> Lookup {
        if let Some((field, _)) = FIELDS.iter().find(|(_, known)| *known == name) {
            return Lookup::Found(*field);
        }
        let nearest = Field::names()
            .map(|known| (similar::TextDiff::from_chars(name, known).ratio(), known))
            .filter(|(likeness, _)| *likeness > 0.5)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        Lookup::Unknown(nearest.map(|(_, known)| known))
    }

    /// Whether it is compared as a number.
    pub(super) fn is_number(self) -> bool {
        use Field::{Ack, Answer, Id, Size, Skew, Status, Took, Tries};
        matches!(self, Id | Size | Answer | Ack | Skew | Status | Tries | Took)
    }

    /// Whether an event can be without it.
    pub(super) fn may_be_absent(self) -> bool {
        use Field::{Answer, Key, Note, Object, Provider, Skew, Trace, Type};
        matches!(self, Provider | Type | Key | Object | Answer | Skew | Trace | Note)
    }

    /// Whether its values are worth a list: they are texts that occur again and again.
    pub(super) fn is_listed(self) -> bool {
        use Field::{Class, Host, Ip, Key, Method, Note, Object, Path, Provider, Sig, Source, Trace, Type};
        matches!(self, Source | Provider | Type | Key | Object | Method | Path | Class | Sig | Trace | Host | Ip | Note)
    }

    /// Whether it is asked of what was done to bring an event somewhere, and of one such way at a time.
    pub(super) fn is_of_delivery(self) -> bool {
        matches!(self, Field::Subscriber | Field::Delivery | Field::Status | Field::Tries | Field::Took)
    }
}

/// Of an answer: that there was none.
pub(super) fn is_none(text: &str) -> bool {
    text.eq_ignore_ascii_case("none")
}

/// A number with its unit: `64k` (1024), `500ms` in microseconds, or for answers a class such as `5xx` as its range.
pub(super) fn number(field: Field, text: &str) -> Option<(i64, i64)> {
    if matches!(field, Field::Took | Field::Ack | Field::Skew) {
        let (sign, text) = match text.strip_prefix('-').filter(|_| field == Field::Skew) {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        return duration(text).map(|us| (sign * us, sign * us));
    }
    if matches!(field, Field::Answer | Field::Status)
        && let Some(class) = text.strip_suffix("xx")
    {
        let from = class.parse::<i64>().ok().filter(|c| (1..=5).contains(c))? * 100;
        return Some((from, from + 99));
    }
    let (digits, factor) = match text.as_bytes().last()? {
        b'k' if field == Field::Size => (&text[..text.len() - 1], 1 << 10),
        b'm' if field == Field::Size => (&text[..text.len() - 1], 1 << 20),
        b'b' if field == Field::Size => (&text[..text.len() - 1], 1),
        _ => (text, 1),
    };
    let number = digits.parse::<i64>().ok().filter(|n| *n >= 0)?.checked_mul(factor)?;
    Some((number, number))
}

/// A contract name or a screen word of a verdict.
pub(super) fn verdict(text: &str) -> Option<Verdict> {
    let word = |row: &&(Verdict, &str, &str)| row.1.eq_ignore_ascii_case(text) || row.2.eq_ignore_ascii_case(text);
    match text {
        "none" => Some(Verdict::Unsigned),
        "key" => Some(Verdict::NoSecret),
        _ => Verdict::ALL.iter().find(word).map(|row| row.0),
    }
}

/// What `is:` can ask.
pub(super) const STATES: [&str; 11] = [
    "unread",
    "pinned",
    "deleted",
    "duplicate",
    "conflict",
    "replayed",
    "test",
    "problem",
    "late",
    "reordered",
    "drift",
];

/// Whether an event is in the state that `is:` asks for.
pub(super) fn is(state: &str, stored: &StoredEvent) -> bool {
    match state.to_ascii_lowercase().as_str() {
        "unread" => !stored.marks.read,
        "pinned" => stored.marks.pinned,
        "deleted" => stored.marks.deleted_at.is_some(),
        "duplicate" => stored.family.duplicate_of.is_some(),
        "conflict" => stored.family.conflict,
        // A manual re-send or a replay: what there is of attempts, but for tests.
        "replayed" => stored.attempts.iter().any(|a| matches!(a.what.cause, Cause::Manual | Cause::Replay)),
        "test" => stored.event.head.headers().has("whisper-test"),
        "problem" => stored.is_problem(),
        "late" => stored.is_late(),
        "reordered" => stored.overtaken_by.is_some(),
        "drift" => !stored.drift.is_empty(),
        _ => false,
    }
}

/// Whether `text` names a class.
pub(super) fn is_class(text: &str) -> bool {
    Class::from_name(text).is_some()
}

/// Whether `text` names a delivery's state.
pub(super) fn is_state(text: &str) -> bool {
    DeliveryState::from_name(&text.to_ascii_lowercase()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_variants() {
        assert!(FIELDS.iter().all(|(field, name)| field.name() == *name));
    }
}

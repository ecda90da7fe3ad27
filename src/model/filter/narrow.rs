//! What is certain of every event that a filter matches: it says where to look, and never decides.
//! It must not know how a log looks there; whatever it cannot say for certain it leaves open.

use super::eval::pieces;
use super::fields::{self, Field};
use super::{Expr, Filter, Op, Value, moment};
use crate::model::{Class, Part, Timestamp, Verdict, is_literal};
use jiff::tz::TimeZone;
use regex::bytes::{Regex, RegexBuilder};

/// A condition that every matching event fulfils.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrow {
    /// Nothing is certain.
    Any,
    /// All of them.
    All(Vec<Narrow>),
    /// At least one of them.
    Some(Vec<Narrow>),
    /// This stands in target, type, a header line, or the body as it is stored or as it is read; ASCII letter case ignored.
    Text(String),
    /// The column has this value, ASCII letter case ignored.
    Is(Column, String),
    /// The number lies between these, both included.
    Between(Number, i64, i64),
    /// It has one of these verdicts.
    Verdicts(Vec<Verdict>),
    /// It is of one of these classes.
    Classes(Vec<Class>),
    /// Something stands beside it.
    Beside(Beside),
}

/// Columns that are compared as texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The entrance.
    Source,
    /// The recognised sender.
    Provider,
    /// What happened.
    Type,
    /// The provider's id of it.
    Key,
    /// What it is about.
    Object,
    /// Request method.
    Method,
}

/// Columns that are compared as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// The event's number.
    Id,
    /// When it was received, in microseconds since 1970.
    Received,
    /// The body's size in bytes.
    Size,
    /// What the sender was told.
    Answer,
    /// How long that took, in microseconds.
    Ack,
    /// Arrival minus the sender's time, in microseconds.
    Skew,
}

/// What can stand beside an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// A pin.
    Pin,
    /// A note.
    Note,
    /// That it is deleted.
    Deletion,
    /// An earlier arrival.
    Earlier,
    /// An earlier arrival with another body.
    Conflict,
    /// An attempt or a delivery.
    Delivery,
    /// A delivery that failed so far or for good.
    Failure,
    /// A verdict, a class or a delivery that somebody should look at.
    Problem,
    /// An answer after the sender's deadline.
    Late,
    /// An event that was made later and arrived earlier.
    Overtaken,
    /// Another shape than that of its like.
    Drift,
}

impl Filter {
    /// What is certain of what it matches now.
    pub fn narrow(&self, now: Timestamp, zone: &TimeZone) -> Narrow {
        narrow(&self.0, now, zone)
    }
}

fn narrow(expr: &Expr, now: Timestamp, zone: &TimeZone) -> Narrow {
    match expr {
        Expr::And(parts) => all(parts.iter().map(|part| narrow(part, now, zone)).collect()),
        Expr::Or(parts) => some(parts.iter().map(|part| narrow(part, now, zone)).collect()),
        Expr::Not(inner) => not(inner),
        Expr::Saved(_, inner) => narrow(inner, now, zone),
        Expr::Word(word) => text(word),
        Expr::Regex(_) => Narrow::Any,
        Expr::Has(part) => name_of(part),
        Expr::HasField(Field::Note) => Narrow::Beside(Beside::Note),
        Expr::HasField(_) => Narrow::Any,
        Expr::Part(part, values) => {
            all(vec![name_of(part), some(values.iter().map(|value| part_value(part, value)).collect())])
        }
        Expr::Field(Field::Sig, values) => Narrow::Verdicts(verdicts(values)),
        Expr::Field(Field::Class, values) => Narrow::Classes(classes(values)),
        Expr::Field(field, values) => some(values.iter().map(|value| of_field(*field, value, now, zone)).collect()),
    }
}

/// Only what is of a few kinds can be turned round.
fn not(inner: &Expr) -> Narrow {
    match inner {
        Expr::Field(Field::Sig, values) => {
            let named = verdicts(values);
            Narrow::Verdicts(Verdict::ALL.iter().map(|row| row.0).filter(|verdict| !named.contains(verdict)).collect())
        }
        Expr::Field(Field::Class, values) => {
            let named = classes(values);
            Narrow::Classes(Class::ALL.iter().map(|row| row.0).filter(|class| !named.contains(class)).collect())
        }
        _ => Narrow::Any,
    }
}

fn all(parts: Vec<Narrow>) -> Narrow {
    let mut parts: Vec<Narrow> = parts.into_iter().filter(|part| *part != Narrow::Any).collect();
    match parts.len() {
        0 => Narrow::Any,
        1 => parts.remove(0),
        _ => Narrow::All(parts),
    }
}

fn some(mut parts: Vec<Narrow>) -> Narrow {
    match parts.len() {
        1 => parts.remove(0),
        _ if parts.contains(&Narrow::Any) => Narrow::Any,
        _ => Narrow::Some(parts),
    }
}

/// A text that was read with replacements in it may be written otherwise.
fn text(text: &str) -> Narrow {
    match text.is_empty() || text.contains(char::REPLACEMENT_CHARACTER) {
        true => Narrow::Any,
        false => Narrow::Text(text.to_owned()),
    }
}

/// What stands between the wildcards.
fn pattern(value: &str) -> Narrow {
    all(pieces(value).map(text).collect())
}

/// The last step of the way to a part; how a query is written nobody knows.
fn name_of(part: &Part) -> Narrow {
    part.last_step().map_or(Narrow::Any, text)
}

/// Numbers can be written in many ways.
fn part_value(part: &Part, value: &Value) -> Narrow {
    match value {
        Value::Text(value) if !part.is_query() && value.trim().parse::<f64>().is_err() => pattern(value),
        _ => Narrow::Any,
    }
}

fn of_field(field: Field, value: &Value, now: Timestamp, zone: &TimeZone) -> Narrow {
    let column = |column, looked_for: bool| match value {
        Value::Text(text) if !text.contains('*') => Narrow::Is(column, text.to_ascii_lowercase()),
        Value::Text(text) if looked_for => pattern(text),
        _ => Narrow::Any,
    };
    match field {
        Field::Source => column(Column::Source, false),
        Field::Provider => column(Column::Provider, false),
        Field::Type => column(Column::Type, true),
        Field::Key => column(Column::Key, false),
        Field::Object => column(Column::Object, false),
        Field::Method => column(Column::Method, false),
        Field::Path | Field::Host | Field::Trace => match value {
            Value::Text(text) => pattern(text),
            _ => Narrow::Any,
        },
        Field::Id => between(Number::Id, field, value),
        Field::Size => between(Number::Size, field, value),
        Field::Answer => between(Number::Answer, field, value),
        Field::Ack => between(Number::Ack, field, value),
        Field::Skew => between(Number::Skew, field, value),
        Field::Since | Field::Before | Field::At => in_time(field, value, now, zone),
        Field::Is => match value {
            Value::Text(state) => beside(&state.to_ascii_lowercase()),
            _ => Narrow::Any,
        },
        Field::Note => Narrow::Beside(Beside::Note),
        Field::Delivery => match value {
            Value::Text(state) if ["dead", "retrying"].iter().any(|failed| state.eq_ignore_ascii_case(failed)) => {
                Narrow::Beside(Beside::Failure)
            }
            _ => Narrow::Beside(Beside::Delivery),
        },
        Field::Subscriber | Field::Status | Field::Tries | Field::Took => Narrow::Beside(Beside::Delivery),
        Field::Sig | Field::Class | Field::Ip => Narrow::Any,
    }
}

fn beside(state: &str) -> Narrow {
    match state {
        "pinned" => Narrow::Beside(Beside::Pin),
        "deleted" => Narrow::Beside(Beside::Deletion),
        "duplicate" => Narrow::Beside(Beside::Earlier),
        "conflict" => Narrow::Beside(Beside::Conflict),
        "replayed" => Narrow::Beside(Beside::Delivery),
        "problem" => Narrow::Beside(Beside::Problem),
        "late" => Narrow::Beside(Beside::Late),
        "reordered" => Narrow::Beside(Beside::Overtaken),
        "drift" => Narrow::Beside(Beside::Drift),
        "test" => text("whisper-test"),
        _ => Narrow::Any,
    }
}

fn between(column: Number, field: Field, value: &Value) -> Narrow {
    let number = |text: &str| fields::number(field, text);
    let range = match value {
        Value::Text(text) => number(text),
        Value::Range(from, to) => number(from).zip(number(to)).map(|(from, to)| (from.0, to.1)),
        Value::Compare(op, text) => number(text).map(|(from, to)| match op {
            Op::Gt => (to.saturating_add(1), i64::MAX),
            Op::Ge => (from, i64::MAX),
            Op::Lt => (i64::MIN, from.saturating_sub(1)),
            Op::Le => (i64::MIN, to),
        }),
    };
    range.map_or(Narrow::Any, |(from, to)| Narrow::Between(column, from, to))
}

fn in_time(field: Field, value: &Value, now: Timestamp, zone: &TimeZone) -> Narrow {
    let span = |text: &str| moment::read(text, now, zone);
    let range = match (field, value) {
        (Field::Since, Value::Text(text)) => span(text).map(|when| (when.from.0, i64::MAX)),
        (Field::Before, Value::Text(text)) => span(text).map(|when| (i64::MIN, when.from.0.saturating_sub(1))),
        (Field::At, Value::Text(text)) => span(text).map(|when| (when.from.0, when.to.0)),
        (Field::At, Value::Range(from, to)) => span(from).zip(span(to)).map(|(from, to)| (from.from.0, to.to.0)),
        _ => None,
    };
    range.map_or(Narrow::Any, |(from, to)| Narrow::Between(Number::Received, from, to))
}

fn verdicts(values: &[Value]) -> Vec<Verdict> {
    let one = |value: &Value| match value {
        Value::Text(word) => fields::verdict(word),
        _ => None,
    };
    values.iter().filter_map(one).collect()
}

fn classes(values: &[Value]) -> Vec<Class> {
    let word = |value: &Value| match value {
        Value::Text(word) => Some(word.to_ascii_lowercase()),
        _ => None,
    };
    let words: Vec<String> = values.iter().filter_map(word).collect();
    let fits = |name: &str| words.iter().any(|word| super::eval::wildcard(word, name));
    Class::ALL.iter().filter(|row| fits(row.1)).map(|row| row.0).collect()
}

/// Looks at an event's texts before anything else is read of it: most that do not match are left out so.
pub struct Glance(Look);

enum Look {
    Unsure,
    All(Vec<Look>),
    Some(Vec<Look>),
    Text(Regex),
}

impl Glance {
    /// For what is certain of a filter's events.
    pub fn new(narrow: &Narrow) -> Glance {
        Glance(look(narrow))
    }

    /// Whether an event with these texts (its target, type, head and body) could match; a no is certain.
    pub fn allows(&self, texts: [&[u8]; 4]) -> bool {
        self.0.allows(&texts)
    }
}

fn look(narrow: &Narrow) -> Look {
    match narrow {
        Narrow::All(parts) => {
            let parts: Vec<Look> = parts.iter().map(look).filter(|part| !matches!(part, Look::Unsure)).collect();
            if parts.is_empty() { Look::Unsure } else { Look::All(parts) }
        }
        Narrow::Some(parts) => {
            let parts: Vec<Look> = parts.iter().map(look).collect();
            if parts.iter().any(|part| matches!(part, Look::Unsure)) { Look::Unsure } else { Look::Some(parts) }
        }
        // A header line may be written otherwise than it is looked at: `Name:value`.
        Narrow::Text(text) if !text.contains(|c: char| c.is_whitespace() || c == ':') => {
            let regex = RegexBuilder::new(&regex::escape(text)).unicode(false).case_insensitive(true).build();
            regex.map_or(Look::Unsure, Look::Text)
        }
        _ => Look::Unsure,
    }
}

impl Look {
    fn allows(&self, texts: &[&[u8]; 4]) -> bool {
        match self {
            Look::Unsure => true,
            Look::All(parts) => parts.iter().all(|part| part.allows(texts)),
            Look::Some(parts) => parts.iter().any(|part| part.allows(texts)),
            Look::Text(regex) => texts.iter().any(|text| regex.is_match(text)) || !is_literal(texts[2], texts[3]),
        }
    }
}

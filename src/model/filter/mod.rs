//! The filter language (contract section 7): one text, one grammar, for every place that picks events.
//! It must not know SQL or a screen; `parse` makes a tree, `eval` decides in memory, `Display` writes it back.

pub mod complete;
mod eval;
mod explain;
mod fields;
mod moment;
mod narrow;
mod parse;
mod saved;

pub use eval::Subject;
pub use narrow::{Beside, Column, Glance, Narrow, Number};
pub use parse::FilterError;
pub use saved::{Saved, is_name};

use super::{Part, Timestamp};
use fields::Field;
use std::fmt;

/// A parsed filter. The empty one matches every event.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter(Expr);

#[derive(Clone, Debug, PartialEq)]
enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Field(Field, Vec<Value>),
    Part(Part, Vec<Value>),
    Has(Part),
    HasField(Field),
    Word(String),
    Regex(Pattern),
    /// One of the configuration, by its name and as it is read.
    Saved(String, Box<Expr>),
}

/// What stands after a field's colon.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Text(String),
    Compare(Op, String),
    Range(String, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Gt,
    Ge,
    Lt,
    Le,
}

/// A regular expression that compares by its text.
#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    regex: regex::bytes::Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Filter {
    /// Reads a filter that names no saved ones.
    #[cfg(test)]
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        Filter::parse_with(text, &Saved::default())
    }

    /// Reads a filter that may name saved ones; the error names the place and the nearest field.
    pub fn parse_with(text: &str, saved: &Saved) -> Result<Filter, FilterError> {
        parse::parse(text, saved).map(Filter)
    }

    /// The one that matches every event.
    pub fn all() -> Filter {
        Filter(Expr::And(Vec::new()))
    }

    /// The one that matches the events of a source.
    pub fn of_source(source: &str) -> Filter {
        Filter(Expr::Field(Field::Source, vec![Value::Text(source.to_owned())]))
    }

    /// The one that matches the events about one thing.
    pub fn about(source: &str, object: &str) -> Filter {
        let is = |field, text: &str| Expr::Field(field, vec![Value::Text(text.to_owned())]);
        Filter(Expr::And(vec![is(Field::Source, source), is(Field::Object, object)]))
    }

    /// The one that matches what another one does and what arrived from one time on and before another.
    pub fn between(other: Option<&Filter>, from: Timestamp, to: Timestamp) -> Filter {
        // Both ends are included.
        let last = Timestamp(to.0 - 1_000_000);
        let at = Expr::Field(Field::At, vec![Value::Range(from.to_the_second(), last.to_the_second())]);
        match other.map(|other| other.0.clone()) {
            None => Filter(at),
            Some(Expr::And(parts)) => Filter(Expr::And(parts.into_iter().chain([at]).collect())),
            Some(one) => Filter(Expr::And(vec![one, at])),
        }
    }

    /// The sources that it asks for, in small letters, where it asks for nothing else.
    pub fn sources_alone(&self) -> Option<Vec<String>> {
        let Expr::Field(Field::Source, values) = &self.0 else { return None };
        let name = |value: &Value| match value {
            Value::Text(text) if !text.contains('*') => Some(text.to_ascii_lowercase()),
            _ => None,
        };
        values.iter().map(name).collect()
    }

    /// Whether it names this saved filter.
    pub fn names_saved(&self, name: &str) -> bool {
        self.0.any(&|part| matches!(part, Expr::Saved(own, _) if own == name))
    }

    /// Whether it says `is:deleted` somewhere; deleted events are left out of everything that does not.
    pub fn asks_for_deleted(&self) -> bool {
        self.0.any(&|part| match part {
            Expr::Field(Field::Is, values) => values.iter().any(|v| v.is_text("deleted")),
            _ => false,
        })
    }

    /// Whether it matches.
    pub fn matches(&self, subject: &Subject) -> bool {
        let deleted = subject.event.marks.deleted_at.is_some();
        (!deleted || self.asks_for_deleted()) && self.accepts(subject)
    }

    /// Whether it matches, deleted or not.
    pub fn accepts(&self, subject: &Subject) -> bool {
        eval::matches(&self.0, subject)
    }

    /// Whether head or body have to be known to tell.
    pub fn needs_bytes(&self) -> bool {
        self.0.any(&|part| match part {
            Expr::Word(_) | Expr::Regex(_) | Expr::Part(..) | Expr::Has(_) => true,
            Expr::Field(field, _) | Expr::HasField(field) if matches!(field, Field::Host | Field::Trace) => true,
            Expr::Field(Field::Is, values) => values.iter().any(|v| v.is_text("test")),
            _ => false,
        })
    }

    /// Whether what the user keeps beside an event decides.
    pub fn speaks_of_marks(&self) -> bool {
        let marks = ["unread", "pinned", "deleted"];
        self.0.any(&|part| match part {
            Expr::Field(Field::Note, _) | Expr::HasField(Field::Note) => true,
            Expr::Field(Field::Is, values) => values.iter().any(|v| marks.iter().any(|mark| v.is_text(mark))),
            _ => false,
        })
    }

    /// Whether something decides that is written after the event: its answer, what the user keeps beside it, an attempt, a
    /// verdict of later.
    pub fn may_match_later(&self) -> bool {
        self.0.any(&|part| match part {
            Expr::Field(field, _) => {
                field.is_of_delivery()
                    || matches!(field, Field::Answer | Field::Ack | Field::Is | Field::Note | Field::Sig)
            }
            Expr::HasField(field) => matches!(field, Field::Answer | Field::Note),
            _ => false,
        })
    }

    /// Whether it says which class of events it means.
    pub fn names_class(&self) -> bool {
        self.0.any(&|part| matches!(part, Expr::Field(Field::Class, _)))
    }

    /// Whether the same event may match at one time and not at another.
    pub fn speaks_of_now(&self) -> bool {
        self.0.any(&|part| matches!(part, Expr::Field(Field::Since | Field::Before | Field::At, _)))
    }

    /// Whether something decides that is not known when an event arrives: what its sender is told, and what the user keeps
    /// beside it.
    pub fn looks_ahead(&self) -> bool {
        let later = ["unread", "pinned", "deleted", "replayed", "problem", "late", "drift"];
        self.0.any(&|part| match part {
            Expr::Field(Field::Answer | Field::Ack | Field::Note, _) => true,
            Expr::HasField(field) => matches!(field, Field::Answer | Field::Note),
            Expr::Field(field, _) if field.is_of_delivery() => true,
            Expr::Field(Field::Is, values) => values.iter().any(|v| later.iter().any(|state| v.is_text(state))),
            _ => false,
        })
    }

    /// Whether attempts and deliveries have to be known to tell.
    pub fn needs_deliveries(&self) -> bool {
        let asked = |v: &Value| v.is_text("replayed") || v.is_text("problem");
        self.0.any(&|part| match part {
            Expr::Field(Field::Is, values) => values.iter().any(asked),
            Expr::Field(field, _) => field.is_of_delivery(),
            _ => false,
        })
    }
}

impl Value {
    fn is_text(&self, word: &str) -> bool {
        matches!(self, Value::Text(text) if text.eq_ignore_ascii_case(word))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Expr {
    /// Whether a part of it is such.
    fn any(&self, such: &impl Fn(&Expr) -> bool) -> bool {
        such(self)
            || match self {
                Expr::And(parts) | Expr::Or(parts) => parts.iter().any(|part| part.any(such)),
                Expr::Not(inner) | Expr::Saved(_, inner) => inner.any(such),
                Expr::Field(..) | Expr::Part(..) | Expr::Has(_) | Expr::HasField(_) => false,
                Expr::Word(_) | Expr::Regex(_) => false,
            }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nested = |f: &mut fmt::Formatter<'_>, part: &Expr| match part {
            Expr::And(_) | Expr::Or(_) => write!(f, "({part})"),
            part => write!(f, "{part}"),
        };
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Expr], between: &str| {
            parts.iter().enumerate().try_for_each(|(i, part)| {
                f.write_str(if i > 0 { between } else { "" })?;
                nested(f, part)
            })
        };
        match self {
            Expr::And(parts) => list(f, parts, " "),
            Expr::Or(parts) => list(f, parts, " OR "),
            Expr::Not(inner) => {
                f.write_str("-")?;
                match **inner {
                    Expr::Not(_) => write!(f, "({inner})"),
                    _ => nested(f, inner),
                }
            }
            Expr::Field(field, values) => {
                write!(f, "{}:", field.name())?;
                any_of(f, values)
            }
            Expr::Part(part, values) => {
                write!(f, "{part}:")?;
                any_of(f, values)
            }
            Expr::Has(part) => write!(f, "has:{part}"),
            Expr::HasField(field) => write!(f, "has:{}", field.name()),
            Expr::Saved(name, _) => write!(f, "@{name}"),
            Expr::Word(word) => f.write_str(&quoted(word, true)),
            Expr::Regex(pattern) => write!(f, "/{}/", pattern.text),
        }
    }
}

fn any_of(f: &mut fmt::Formatter<'_>, values: &[Value]) -> fmt::Result {
    values.iter().enumerate().try_for_each(|(i, value)| {
        f.write_str(if i > 0 { "," } else { "" })?;
        write!(f, "{value}")
    })
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => f.write_str(&quoted(text, false)),
            Value::Compare(op, number) => {
                let sign = match op {
                    Op::Gt => ">",
                    Op::Ge => ">=",
                    Op::Lt => "<",
                    Op::Le => "<=",
                };
                write!(f, "{sign}{number}")
            }
            Value::Range(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

/// Quotes where the bare text would be read as something else.
fn quoted(text: &str, word: bool) -> String {
    let special = |c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')' | ',' | '\\');
    let otherwise_read = text.starts_with(['-', '>', '<', '@']) || text.contains("..");
    let no_word = text.starts_with('/') || text.contains(':') || matches!(text, "AND" | "OR" | "NOT");
    let plain = !(text.is_empty() || text.contains(special) || otherwise_read || word && no_word);
    match plain {
        true => text.to_owned(),
        false => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_and_writes_back() {
        for (text, back) in [
            ("", ""),
            ("source:stripe -sig:ok", "source:stripe -sig:ok"),
            ("type:push,pull_request AND size:>64k", "type:push,pull_request size:>64k"),
            ("NOT (a OR b) c", "-(a OR b) c"),
            ("id:5..9 \"two words\"", "id:5..9 \"two words\""),
            ("/inv(oice)?/ x", "/inv(oice)?/ x"),
            ("/hooks", "\"/hooks\""),
            ("subscriber:billing -status:5xx took:>2s", "subscriber:billing -status:5xx took:>2s"),
            ("skew:<-1s at:10:12..10:13 before:2026-11-23", "skew:<-1s at:10:12..10:13 before:2026-11-23"),
            ("has:note -has:key host:a.b ip:127.*", "has:note -has:key host:a.b ip:127.*"),
        ] {
            let filter = Filter::parse(text).unwrap();
            assert_eq!(filter.to_string(), back);
            assert_eq!(Filter::parse(back).unwrap(), filter);
        }
    }

    #[test]
    fn errors_name_place_and_neighbour() {
        let error = |text: &str| Filter::parse(text).unwrap_err();
        assert_eq!(error("a sgi:bad").at, 2);
        assert_eq!(error("a sgi:bad").hint, "did you mean `sig`?");
        assert!(error("ack:1").hint.contains(">2s") && error("at:10m").hint.contains("10:12..10:13"));
        assert_eq!(error("-heder.x:1").hint, "did you mean `header.`?");
        assert!(error("a @slow").what.contains("no saved filter `@slow`"));
        assert!(error("size:big").what.contains("size"));
        assert!(error("OR a").what.contains("belongs between") && Filter::parse("\"OR\" a").is_ok());
        assert!(Filter::parse("(a").is_err() && Filter::parse("a)").is_err() && Filter::parse("\"a").is_err());
    }

    #[test]
    fn a_saved_filter_keeps_its_name_and_a_circle_is_an_error() {
        let texts = |all: &[(&str, &str)]| all.iter().map(|(n, t)| ((*n).into(), (*t).into())).collect();
        let saved = Saved::new(texts(&[("bad", "sig:bad OR sig:old"), ("worse", "@bad -source:a")])).unwrap();
        let filter = Filter::parse_with("@worse since:1h -@bad", &saved).unwrap();
        assert_eq!(filter.to_string(), "@worse since:1h -@bad");
        assert!(filter.speaks_of_now() && !filter.needs_bytes());
        let error = Filter::parse_with("x @wrse", &saved).unwrap_err();
        assert_eq!((error.at, error.hint.as_str()), (2, "there are @bad @worse"));
        for circle in [&[("a", "@b"), ("b", "@a")][..], &[("a", "-@a")]] {
            assert!(Saved::new(texts(circle)).unwrap_err().1.what.contains("stands for itself"));
        }
        assert!(Saved::new(texts(&[("a b", "x")])).is_err() && Saved::new(texts(&[("a", "sgi:x")])).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_round_trips(text in "[a-z:/\"()@,.<>0-9* -]{0,30}|(source|sig|id|size|b.a|h.x|has|ack|skew|at|before|ip):[a-z0-9.,<>*:-]{0,9}") {
            if let Ok(filter) = Filter::parse(&text) {
                let back = filter.to_string();
                prop_assert_eq!(Filter::parse(&back).unwrap_or_else(|e| panic!("{back}: {e:?}")), filter);
            }
        }
    }
}

//! Why a filter leaves an event out: the clause, and what the event has in its place.
//! It must not decide: `eval` does, and this walks to the part that said no.

use super::eval::{self, Subject};
use super::fields::{Field, STATES, is};
use super::{Expr, Filter};
use crate::model::{Track, micros};
use std::fmt;

/// What leaves an event out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The clause, as text.
    pub clause: String,
    /// What the event has where the clause looks; untrusted text.
    pub found: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.clause, self.found)
    }
}

impl Filter {
    /// Why it does not match; `None` where it does.
    pub fn explain(&self, subject: &Subject) -> Option<Rejection> {
        if subject.event.marks.deleted_at.is_some() && !self.asks_for_deleted() {
            return Some(Rejection { clause: "-is:deleted".into(), found: "it is deleted".into() });
        }
        (!self.accepts(subject)).then(|| rejection(&self.0, subject))
    }
}

/// Of an expression that does not match.
fn rejection(expr: &Expr, subject: &Subject) -> Rejection {
    let whole = || Rejection { clause: expr.to_string(), found: found(expr, subject) };
    match expr {
        // Where every part matches alone, it is that no one delivery has them all.
        Expr::And(parts) => {
            parts.iter().find(|part| !eval::matches(part, subject)).map_or_else(whole, |part| rejection(part, subject))
        }
        Expr::Saved(_, inner) => rejection(inner, subject),
        _ => whole(),
    }
}

fn found(expr: &Expr, subject: &Subject) -> String {
    let stored = subject.event;
    match expr {
        Expr::Field(field, _) if field.is_of_delivery() => tracks(&stored.tracks()),
        Expr::HasField(_) => "it has none".into(),
        Expr::Field(Field::Is, _) => {
            let states: Vec<&str> = STATES.into_iter().filter(|state| is(state, stored)).collect();
            if states.is_empty() { "it is none of this".into() } else { format!("it is {}", states.join(", ")) }
        }
        Expr::Field(field, _) => {
            let own = eval::own_text(*field, subject).unwrap_or_else(|| "nothing".into());
            format!("{} is {own}", field.name())
        }
        Expr::Part(part, _) => match part.values(&stored.event) {
            values if values.is_empty() && part.is_in(&stored.event) => format!("{part} is null"),
            values if values.is_empty() => format!("{part} is not there"),
            values if part.may_be_credential() => {
                let sizes: Vec<String> = values.iter().map(|value| format!("{} bytes", value.len())).collect();
                format!("{part} is another one ({})", sizes.join(", "))
            }
            values => format!("{part} is {}", values.join(", ")),
        },
        Expr::Has(_) => "it is not there".into(),
        Expr::Word(_) | Expr::Regex(_) => "not in path, type, headers or body".into(),
        Expr::Not(inner) => format!("it matches `{inner}`"),
        Expr::And(_) => tracks(&stored.tracks()),
        Expr::Or(parts) => {
            let all: Vec<String> = parts.iter().map(|part| rejection(part, subject).found).collect();
            all.join("; ")
        }
        Expr::Saved(_, inner) => found(inner, subject),
    }
}

fn tracks(tracks: &[Track]) -> String {
    let one = |track: &Track| {
        let state = track.state().map_or("sent by hand", |state| state.name());
        let status = track.status().map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let took = track.took_us().map(|us| format!(" in {}", micros(us))).unwrap_or_default();
        format!("{} {state}, tries {}, {status}{took}", track.subscriber.unwrap_or(track.url), track.attempts.len())
    };
    match tracks.is_empty() {
        true => "nobody has got it yet".into(),
        false => tracks.iter().map(one).collect::<Vec<_>>().join("; "),
    }
}

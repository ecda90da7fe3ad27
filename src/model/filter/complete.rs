//! Completing a filter as it is typed: the word at the cursor, what it may be, and what events have in its place.
//! It must not know how often a value occurs: who reads the log counts.

use super::eval::{self, Subject};
use super::fields::{Field, Lookup, STATES, is};
use super::{Filter, Saved, quoted};
use crate::model::{Class, DeliveryState, Part, Verdict, json_members};
use std::ops::Range;

/// The word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typing {
    /// Where in the text it stands, in bytes; what precedes it, a `-` or a bracket, is not part of it.
    pub at: Range<usize>,
    /// What it is going to be.
    pub wanted: Asked,
}

/// What is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The name of a field, of a saved filter, or a bare word: these letters so far.
    Name(String),
    /// A value of this field: these letters so far.
    Value(String, String),
}

impl Asked {
    /// The field whose value it is; empty for a name.
    pub fn field(&self) -> &str {
        match self {
            Asked::Name(_) => "",
            Asked::Value(field, _) => field,
        }
    }
}

/// Longest value that is proposed, in bytes.
const LONGEST: usize = 60;

/// The word at the cursor, which is a place in bytes.
pub fn typing(text: &str, cursor: usize) -> Typing {
    let cursor = (0..=cursor.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let ends = |c: char| c.is_whitespace() || c == '(' || c == ')';
    let start = text[..cursor].rfind(ends).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let start = start + text[start..cursor].len() - text[start..cursor].trim_start_matches('-').len();
    let end = text[cursor..].find(ends).map_or(text.len(), |at| cursor + at);
    let word = &text[start..cursor];
    match word.split_once(':') {
        Some((name, value)) if !word.starts_with('"') && !word.starts_with('/') => {
            // Of several values the last one.
            let comma = value.rfind(',').map_or(0, |at| at + 1);
            let typed = value[comma..].trim_start_matches('"');
            let at = start + name.len() + 1 + comma..end;
            Typing { at, wanted: Asked::Value(name.to_owned(), typed.to_owned()) }
        }
        _ => Typing { at: start..end, wanted: Asked::Name(word.to_owned()) },
    }
}

/// The filter without the word that is being typed; all events where that cannot be read.
pub fn rest(text: &str, typing: &Typing, saved: &Saved) -> Filter {
    let start = match typing.wanted {
        Asked::Name(_) => typing.at.start,
        Asked::Value(..) => {
            text[..typing.at.start].rfind(|c: char| c.is_whitespace() || c == '(').map_or(0, |at| at + 1)
        }
    };
    let rest = format!("{} {}", text[..start].trim_end_matches('-'), &text[typing.at.end..]);
    Filter::parse_with(&rest, saved).unwrap_or_else(|_| Filter::all())
}

/// Names that begin so: fields, and saved filters with their `@`.
pub fn names(begin: &str, saved: &Saved) -> Vec<String> {
    let fields = Field::names().map(|name| if name.ends_with('.') { name.to_owned() } else { format!("{name}:") });
    let saved = saved.names().map(|name| format!("@{name}"));
    fields.chain(saved).filter(|name| name.starts_with(&begin.to_ascii_lowercase())).collect()
}

/// What a field can be, where that is a fixed set.
pub fn fixed(name: &str) -> Vec<&'static str> {
    match name {
        "sig" => Verdict::ALL.iter().map(|row| row.1).collect(),
        "class" => Class::ALL.iter().map(|row| row.1).collect(),
        "is" => STATES.to_vec(),
        "delivery" => ["retrying", "delivered", "dead", "skipped"].to_vec(),
        "has" => ["note", "key", "type", "provider", "answer", "skew"].to_vec(),
        _ => Vec::new(),
    }
}

/// A value as it has to be written in a filter.
pub fn written(value: &str) -> String {
    quoted(value, false)
}

/// What an event has in the place of a field that is being typed. Where the name goes on (`body.da`, `header.x-`) these are
/// the names that it can become.
pub fn values(wanted: &Asked, subject: &Subject) -> Vec<String> {
    let stored = subject.event;
    let all = match wanted {
        Asked::Name(begin) => longer_names(begin, subject),
        Asked::Value(name, _) => match (name.as_str(), Part::parse(name), Field::lookup(name)) {
            ("is", ..) => STATES.into_iter().filter(|state| is(state, stored)).map(str::to_owned).collect(),
            ("has", ..) => {
                let field = |name: &&str| match Field::lookup(name) {
                    Lookup::Found(field) => eval::own_text(field, subject).is_some(),
                    Lookup::Unknown(_) => false,
                };
                fixed("has").into_iter().filter(field).map(str::to_owned).collect()
            }
            (_, Some(part), _) if part.may_be_credential() => Vec::new(),
            (_, Some(part), _) => part.values(&stored.event),
            (.., Lookup::Found(Field::Subscriber)) => {
                stored.tracks().iter().filter_map(|track| track.subscriber.map(str::to_owned)).collect()
            }
            (.., Lookup::Found(Field::Status)) => {
                stored.tracks().iter().filter_map(|track| Some(track.status()?.to_string())).collect()
            }
            (.., Lookup::Found(Field::Delivery)) => stored
                .tracks()
                .iter()
                .filter_map(|track| Some(DeliveryState::name(track.state()?).to_owned()))
                .collect(),
            (.., Lookup::Found(Field::Answer)) => {
                stored.answer.iter().filter_map(|answer| Some(answer.status?.to_string())).collect()
            }
            (.., Lookup::Found(field)) if field.is_listed() => eval::own_text(field, subject).into_iter().collect(),
            _ => Vec::new(),
        },
    };
    let mut all: Vec<String> = all.into_iter().filter(|value| value.len() <= LONGEST && !value.is_empty()).collect();
    all.sort();
    all.dedup();
    all
}

/// `body.`, `header.` and `query.` with one step more.
fn longer_names(begin: &str, subject: &Subject) -> Vec<String> {
    let event = &subject.event.event;
    let Some((place, typed)) = begin.split_once('.') else { return Vec::new() };
    match place {
        "header" | "h" => {
            let headers = event.head.headers();
            headers
                .iter()
                .map(|(name, _)| format!("{place}.{}:", String::from_utf8_lossy(name).to_lowercase()))
                .collect()
        }
        "query" => {
            let query = event.target.split_once('?').map_or("", |(_, query)| query);
            url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| format!("query.{name}:")).collect()
        }
        "body" | "b" => {
            let way = typed.rsplit_once('.').map_or("", |(way, _)| way);
            let readable = crate::model::Content::of(event).map_or_else(|| event.body.clone(), |content| content.bytes);
            let raw = match way {
                "" => std::str::from_utf8(&readable).ok(),
                way => crate::model::json_lookup_raw(&readable, &way.replace('[', ".").replace(']', "")),
            };
            let members = raw.and_then(|raw| json_members(raw.as_bytes())).unwrap_or_default();
            let way = if way.is_empty() { String::new() } else { format!("{way}.") };
            let next = |raw: &str| if raw.trim_start().starts_with('{') { "." } else { ":" };
            let plain = |name: &str| !name.contains(|c: char| c.is_whitespace() || ".:()[]\"".contains(c));
            let members = members.iter().filter(|(name, _)| plain(name));
            members.map(|(name, raw)| format!("{place}.{way}{name}{}", next(raw))).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_the_cursor_is_completed() {
        let at = |text: &str| {
            let cursor = text.find('|').unwrap();
            let typing = typing(&text.replace('|', ""), cursor);
            (typing.at, typing.wanted)
        };
        let name = |text: &str| Asked::Name(text.into());
        let value = |field: &str, text: &str| Asked::Value(field.into(), text.into());
        assert_eq!(at("|"), (0..0, name("")));
        assert_eq!(at("source:a ty|"), (9..11, name("ty")));
        assert_eq!(at("source:a -(ty|pe:x)"), (11..17, name("ty")));
        assert_eq!(at("-sig:ba|d x"), (5..8, value("sig", "ba")));
        assert_eq!(at("type:a,b|"), (7..8, value("type", "b")));
        assert_eq!(at("body.a.b:\"x|"), (9..11, value("body.a.b", "x")));
        assert_eq!(at("@pro|"), (0..4, name("@pro")));
        assert_eq!(at("/a:b|"), (0..4, name("/a:b")));
        let rest = |text: &str| {
            let cursor = text.find('|').unwrap();
            let text = text.replace('|', "");
            super::rest(&text, &super::typing(&text, cursor), &Saved::default()).to_string()
        };
        assert_eq!(rest("source:a -type:b,c| x"), "source:a x");
        assert_eq!(rest("source:a OR so|"), "");
        assert_eq!(
            names("s", &Saved::default()),
            ["source:", "sig:", "size:", "skew:", "since:", "subscriber:", "status:"]
        );
        assert_eq!(names("BO", &Saved::default()), ["body."]);
    }
}

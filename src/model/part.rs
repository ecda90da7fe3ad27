//! Parts of an event that are asked for by name: `header.NAME`, `query.NAME`, `body.PATH`.
//! It must not know what they are asked for: filters, answers and the order of a subscriber do.

use super::{Content, Event, is_credential, json_array, json_lookup, json_lookup_raw, json_value};
use bytes::Bytes;
use std::fmt;

/// A part with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    place: Place,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Query,
    Body,
}

/// The short and the long names (contract section 7).
const PLACES: [(&str, Place); 5] = [
    ("header", Place::Header),
    ("query", Place::Query),
    ("body", Place::Body),
    ("h", Place::Header),
    ("b", Place::Body),
];

impl Part {
    /// Reads `body.data.id`; `None` where the word before the point is another.
    pub fn parse(text: &str) -> Option<Part> {
        let (place, name) = text.split_once('.')?;
        let place = PLACES.iter().find(|(known, _)| *known == place)?.1;
        (!name.is_empty()).then(|| Part { place, name: name.to_owned() })
    }

    /// Whether it is a header that may hold a credential: its values are not shown where nobody asked for them.
    pub fn may_be_credential(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let telling = ["token", "secret", "password", "api-key", "apikey"];
        self.place == Place::Header
            && (is_credential(name.as_bytes(), None) || telling.iter().any(|word| name.contains(word)))
    }

    /// Whether it is of the query.
    pub fn is_query(&self) -> bool {
        self.place == Place::Query
    }

    /// The name that certainly stands where it is: a header's, or the last member's on the way; `None` where there is none,
    /// or where it may be written otherwise.
    pub fn last_step(&self) -> Option<&str> {
        match self.place {
            Place::Header => Some(&self.name),
            Place::Query => None,
            Place::Body => {
                let last = self.name.trim_matches('.').rsplit(['.', '[']).next()?;
                (!last.contains(']') && last != "*" && last.parse::<usize>().is_err()).then_some(last)
            }
        }
    }

    /// Whether the event has it, be it null.
    pub fn is_in(&self, event: &Event) -> bool {
        match self.place {
            Place::Body => present(&readable(event), &path(&self.name)),
            _ => !self.values(event).is_empty(),
        }
    }

    /// Every value that it has, as text.
    pub fn values(&self, event: &Event) -> Vec<String> {
        match self.place {
            Place::Header => {
                let headers = event.head.headers();
                headers.all(&self.name).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
            }
            Place::Query => {
                let query = event.target.split_once('?').map_or("", |(_, query)| query);
                let pairs = url::form_urlencoded::parse(query.as_bytes());
                pairs.filter(|(name, _)| *name == self.name).map(|(_, value)| value.into_owned()).collect()
            }
            Place::Body => {
                let mut found = Vec::new();
                collect(&readable(event), &path(&self.name), &mut found);
                found
            }
        }
    }
}

/// The body with its encoding taken off.
fn readable(event: &Event) -> Bytes {
    Content::of(event).map_or_else(|| event.body.clone(), |content| content.bytes)
}

/// `a[0].b` as `a.0.b`; `[*]` stays a step of its own.
fn path(name: &str) -> String {
    name.replace('[', ".").replace(']', "").trim_matches('.').to_owned()
}

/// What stands before the first `*`, and what after it.
fn at_star(path: &str) -> Option<(&str, &str)> {
    let steps: Vec<&str> = path.split('.').collect();
    let star = steps.iter().position(|step| *step == "*")?;
    let before = steps[..star].join(".").len();
    Some((&path[..before], path[before..].trim_start_matches('.').trim_start_matches('*').trim_start_matches('.')))
}

fn collect(json: &[u8], path: &str, found: &mut Vec<String>) {
    match at_star(path) {
        Some((before, after)) => {
            let elements = json_array(json, before).unwrap_or_default();
            elements.into_iter().for_each(|element| collect(element.as_bytes(), after, found));
        }
        None => {
            let leaf = if path.is_empty() { json_value(json) } else { json_lookup(json, path) };
            found.extend(leaf.and_then(|leaf| leaf.text().map(|text| text.into_owned())));
        }
    }
}

fn present(json: &[u8], path: &str) -> bool {
    match at_star(path) {
        Some((before, after)) => {
            json_array(json, before).unwrap_or_default().into_iter().any(|one| present(one.as_bytes(), after))
        }
        None => path.is_empty() || json_lookup_raw(json, path).is_some(),
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = PLACES.iter().find(|(_, place)| *place == self.place).map_or("", |(name, _)| name);
        write!(f, "{place}.{}", self.name)
    }
}

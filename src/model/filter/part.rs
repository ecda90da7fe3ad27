//! Parts of an event that are asked for by name: `header.NAME`, `query.NAME`, `body.PATH`.
//! It must not know how a filter is written.

use super::eval::wildcard;
use super::{Op, Value};
use crate::model::{Event, json_array, json_lookup, json_lookup_raw, json_value};
use std::fmt;

/// A part with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    place: Place,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
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
    pub(super) fn parse(text: &str) -> Option<Part> {
        let (place, name) = text.split_once('.')?;
        let place = PLACES.iter().find(|(known, _)| *known == place)?.1;
        (!name.is_empty()).then(|| Part { place, name: name.to_owned() })
    }

    /// Whether the event has it, be it null.
    pub(super) fn is_in(&self, event: &Event) -> bool {
        match self.place {
            Place::Body => present(&event.body, &path(&self.name)),
            _ => !self.values(event).is_empty(),
        }
    }

    /// Whether one of its values is such.
    pub(super) fn matches(&self, value: &Value, event: &Event) -> bool {
        self.values(event).iter().any(|own| fits(value, own))
    }

    /// Every value that it has.
    fn values(&self, event: &Event) -> Vec<String> {
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
                collect(&event.body, &path(&self.name), &mut found);
                found
            }
        }
    }
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

/// Text by the whole value, numbers by their size however they are written.
fn fits(value: &Value, own: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let own_number = || number(own);
    match value {
        Value::Text(pattern) => {
            wildcard(pattern, own) || number(pattern).zip(own_number()).is_some_and(|(wanted, own)| wanted == own)
        }
        Value::Compare(op, bound) => own_number().zip(number(bound)).is_some_and(|(own, bound)| match op {
            Op::Gt => own > bound,
            Op::Ge => own >= bound,
            Op::Lt => own < bound,
            Op::Le => own <= bound,
        }),
        Value::Range(from, to) => match (own_number(), number(from), number(to)) {
            (Some(own), Some(from), Some(to)) => (from..=to).contains(&own),
            _ => false,
        },
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = PLACES.iter().find(|(_, place)| *place == self.place).map_or("", |(name, _)| name);
        write!(f, "{place}.{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use crate::model::filter::{Filter, Subject};
    use crate::model::{Event, EventId, Family, Head, Headers, Receipt, StoredEvent, Timestamp, sample};
    use jiff::tz::TimeZone;

    fn matches(filter: &str) -> bool {
        let headers: Headers = [("X-GitHub-Event", "push"), ("X-A", "1"), ("x-a", "two")].into_iter().collect();
        let event = Event {
            head: Head::rebuild("POST", "/a?q=x%20y&n=5&q=z", "HTTP/1.1", &headers),
            target: "/a?q=x%20y&n=5&q=z".into(),
            body: br#"{"data":{"object":{"amount":4200,"id":"pi_1","paid":true,"error":null}},"items":[{"n":1},{"n":"7"}]}"#
                .to_vec()
                .into(),
            ..sample()
        };
        let family = Family { arrival: 1, duplicate_of: None, conflict: false };
        let stored = StoredEvent::new(event, Receipt { id: EventId(1), family, commit_us: 0 });
        let parsed = Filter::parse(filter).unwrap();
        assert_eq!(Filter::parse(&parsed.to_string()).unwrap(), parsed, "{filter}");
        parsed.matches(&Subject { event: &stored, now: Timestamp(0), zone: &TimeZone::UTC })
    }

    #[test]
    fn parts_are_compared_by_any_of_their_values() {
        for yes in [
            "h.x-github-event:push",
            "header.x-a:two",
            "query.q:z",
            "query.q:\"x y\"",
            "query.n:>4",
            "body.data.object.amount:>4000",
            "b.data.object.amount:4200",
            "body.data.object.amount:1..4200",
            "body.data.object.id:pi_*",
            "body.data.object.paid:true",
            "body.items[*].n:7",
            "body.items[1].n:>=7",
            "has:body.data.object.error",
            "has:body.items[*].n",
            "has:header.X-A",
            "-has:body.nothing -body.nothing:5",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "h.x-github-event:pus",
            "query.n:>5",
            "body.data.object.amount:>4200",
            "body.items[*].n:8",
            "has:query.no",
            "body.nothing:5",
        ] {
            assert!(!matches(no), "{no}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_an_error() {
        for wrong in ["body.:1", "has:x", "has:size", "has:body.", "body.a:>x", "body.a:", "header:x"] {
            assert!(Filter::parse(wrong).is_err(), "{wrong}");
        }
    }
}

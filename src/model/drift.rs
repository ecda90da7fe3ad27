//! The shape of a provider's events as it has been seen so far, and how an event differs from it.
//! It must not know where a shape is kept. Values are not part of it: only paths and kinds.

use super::EventId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Paths of a shape at most, and how deep they go: beyond it what is there is names of things rather than of fields.
const MOST: usize = 500;
const DEEPEST: usize = 12;
/// Bytes of a path at most: a longer one is no field's.
const LONGEST: usize = 160;
/// Elements of a list that are looked at.
const ELEMENTS: usize = 50;
/// Members of an object from which on it is a table by names.
const TABLE: usize = 200;
/// Events without which a field that is missing means nothing.
const ENOUGH: u64 = 2;
/// Changes of one event that are told.
const TOLD: usize = 20;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing; whatever else a field is, it may be this too.
    Null,
    /// true or false.
    Bool,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Kind {
    fn of(value: &Value) -> Kind {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::Text,
            Value::Array(_) => Kind::List,
            Value::Object(_) => Kind::Object,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Number => "number",
            Kind::Text => "text",
            Kind::List => "list",
            Kind::Object => "object",
        }
    }
}

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Field {
    /// Events that had it.
    seen: u64,
    /// What it was, each with the event that first had it so.
    kinds: BTreeMap<Kind, i64>,
}

/// The shape of a provider's events of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Events that it was learnt from.
    seen: u64,
    /// One of them was proved genuine: from then on nobody else teaches.
    #[serde(default)]
    proved: bool,
    fields: BTreeMap<String, Field>,
}

/// How an event differs from what came before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The field, as a filter's `body.` has it.
    pub path: String,
    /// In which way.
    pub change: Change,
    /// The event that first had the field as it was; of a new one the event that brought it.
    pub first: i64,
}

/// In which way a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// No event had it before.
    New,
    /// Every event had it before.
    Missing,
    /// It was always something else.
    Retyped {
        /// What it was.
        from: Kind,
        /// What it is.
        to: Kind,
    },
}

impl Drift {
    /// `new: data.fee`, `missing: data.tax, first in #3`, `data.amount: number is text now, first in #3`.
    pub fn words(&self) -> String {
        let Drift { path, change, first } = self;
        match change {
            Change::New => format!("new: {path}"),
            Change::Missing => format!("missing: {path}, first seen in #{first}"),
            Change::Retyped { from, to } => {
                format!("{path}: {} was {}, first seen in #{first}", to.name(), from.name())
            }
        }
    }
}

impl Schema {
    /// Takes in an event's body, and gives how it differs from what came before; nothing where it is no JSON object or list.
    /// Once an event was proved genuine, those that are not are neither learnt from nor judged.
    pub fn learn(&mut self, id: EventId, body: &Value, proved: bool) -> Vec<Drift> {
        match (self.proved, proved) {
            (true, false) => return Vec::new(),
            // What nobody proved may have been invented.
            (false, true) => *self = Schema { proved, ..Schema::default() },
            _ => {}
        }
        let mut found = BTreeMap::new();
        walk(body, String::new(), 0, &mut found);
        let drifts = if self.seen == 0 { Vec::new() } else { self.compared(id, &found) };
        self.seen += 1;
        for (path, kind) in found {
            let known = self.fields.len();
            match self.fields.get_mut(&path) {
                Some(field) => {
                    field.seen += 1;
                    field.kinds.entry(kind).or_insert(id.0);
                }
                None if known < MOST => {
                    self.fields.insert(path, Field { seen: 1, kinds: [(kind, id.0)].into() });
                }
                None => {}
            }
        }
        drifts
    }

    fn compared(&self, id: EventId, found: &BTreeMap<String, Kind>) -> Vec<Drift> {
        let mut drifts = Vec::new();
        for (path, kind) in found {
            match self.fields.get(path) {
                // What is new lies in something new: the topmost says it.
                None if self.fields.len() < MOST
                    && !is_below(path, |up| found.contains_key(up) && !self.fields.contains_key(up)) =>
                {
                    drifts.push(Drift { path: path.clone(), change: Change::New, first: id.0 });
                }
                None => {}
                Some(field) => drifts.extend(field.retyped(path, *kind)),
            }
        }
        for (path, field) in &self.fields {
            let always = field.seen == self.seen && self.seen >= ENOUGH;
            let parent_there = parent(path).is_none_or(|up| found.contains_key(up));
            // An empty list has no elements to be missed.
            if always && parent_there && !path.ends_with("[*]") && !found.contains_key(path) {
                let first = field.kinds.values().copied().min().unwrap_or_default();
                drifts.push(Drift { path: path.clone(), change: Change::Missing, first });
            }
        }
        drifts.truncate(TOLD);
        drifts
    }
}

impl Field {
    fn retyped(&self, path: &str, to: Kind) -> Option<Drift> {
        let real = || self.kinds.iter().filter(|(kind, _)| **kind != Kind::Null);
        if to == Kind::Null || self.kinds.contains_key(&to) {
            return None;
        }
        let (from, first) = real().next()?;
        Some(Drift { path: path.to_owned(), change: Change::Retyped { from: *from, to }, first: *first })
    }
}

/// The path without its last step.
fn parent(path: &str) -> Option<&str> {
    let at = path.rfind(['.', '['])?;
    (at > 0).then(|| &path[..at])
}

fn is_below(path: &str, holds: impl Fn(&str) -> bool) -> bool {
    let mut up = parent(path);
    while let Some(path) = up {
        if holds(path) {
            return true;
        }
        up = parent(path);
    }
    false
}

/// Notes the kind of each field; of the elements of a list together, the first kind that is not null.
fn walk(value: &Value, path: String, depth: usize, found: &mut BTreeMap<String, Kind>) {
    if found.len() >= MOST || depth > DEEPEST || path.len() > LONGEST {
        return;
    }
    if !path.is_empty() {
        let kind = Kind::of(value);
        let known = found.entry(path.clone()).or_insert(kind);
        if *known == Kind::Null {
            *known = kind;
        }
    }
    match value {
        Value::Object(members) if members.len() <= TABLE => {
            for (name, value) in members {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(value, below, depth + 1, found);
            }
        }
        Value::Array(elements) => {
            elements.iter().take(ELEMENTS).for_each(|value| walk(value, format!("{path}[*]"), depth + 1, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn words(schema: &mut Schema, id: i64, body: Value) -> Vec<String> {
        schema.learn(EventId(id), &body, true).iter().map(Drift::words).collect()
    }

    #[test]
    fn new_missing_and_retyped_fields_are_told_with_the_event_that_first_had_them() {
        let mut schema = Schema::default();
        let usual = json!({"id": "a", "amount": 5, "note": null, "list": [{"n": 1}], "data": {"tax": 1}});
        assert_eq!(words(&mut schema, 1, usual.clone()), [] as [&str; 0]);
        assert_eq!(words(&mut schema, 2, usual.clone()), [] as [&str; 0]);
        let other =
            json!({"id": "a", "amount": "5", "note": "x", "list": [{"n": null}, {"n": 2}], "data": {"fee": {"a": 1}}});
        assert_eq!(
            words(&mut schema, 3, other.clone()),
            ["amount: text was number, first seen in #1", "new: data.fee", "missing: data.tax, first seen in #1"]
        );
        // What has been seen is known from then on, and what is missing now and then is not missed.
        assert_eq!(words(&mut schema, 4, other), [] as [&str; 0]);
        assert_eq!(words(&mut schema, 5, usual), [] as [&str; 0]);
        // A whole part that is missing is told once, by its name.
        assert_eq!(
            words(&mut schema, 6, json!({"id": "a", "amount": 1, "note": 1, "list": []})),
            ["note: number was text, first seen in #3", "missing: data, first seen in #1"]
        );
    }

    #[test]
    fn what_was_not_proved_teaches_nothing_beside_what_was() {
        let mut schema = Schema::default();
        let (good, forged) = (json!({"id": 1, "amount": 2}), json!({"x": 1}));
        assert_eq!(schema.learn(EventId(1), &forged, false), []);
        // A proved one begins anew.
        assert_eq!(schema.learn(EventId(2), &good, true), []);
        assert_eq!(schema.learn(EventId(3), &forged, false), []);
        assert_eq!(schema.learn(EventId(4), &good, true), []);
        assert_eq!(schema.learn(EventId(5), &json!({"id": 1}), true).len(), 1);
    }

    #[test]
    fn a_hostile_body_leaves_a_small_shape() {
        let mut schema = Schema::default();
        let inner: serde_json::Map<String, Value> = (0..195).map(|n| (format!("k{n}"), json!(1))).collect();
        let body = json!({"K".repeat(5_000): [inner.clone(), inner.clone()], "a": inner, "b": {"c": {"d": [[[[1]]]]}}});
        schema.learn(EventId(1), &body, false);
        assert!(serde_json::to_string(&schema).unwrap().len() < 200_000);
    }

    proptest! {
        #[test]
        fn the_same_event_again_is_never_a_drift(text in "[\\[\\]{}:,\"a-c0-9 ]{0,60}") {
            if let Ok(body) = serde_json::from_str::<Value>(&text) {
                let mut schema = Schema::default();
                for n in 0..4 {
                    prop_assert_eq!(schema.learn(EventId(n), &body, false), []);
                }
            }
        }
    }
}

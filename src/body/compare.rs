//! What differs between two events: JSON by key, headers by name, anything else by its lines.
//! It must not decide what matters: what usually changes every time is only marked as such.

use super::path::jq;
use crate::model::{Answer, Headers, StoredEvent, is_credential};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// Bytes and lines of a text that are compared by line.
const MOST_BYTES: usize = 1 << 20;
const MOST_LINES: usize = 20_000;

/// Members and headers that change with every event.
const VOLATILE_KEYS: [&str; 14] = [
    "id",
    "created",
    "created_at",
    "updated_at",
    "timestamp",
    "time",
    "date",
    "nonce",
    "request_id",
    "event_id",
    "delivery_id",
    "webhook_id",
    "idempotency_key",
    "event_time",
];
const VOLATILE_HEADERS: [&str; 9] = [
    "date",
    "traceparent",
    "x-request-id",
    "idempotency-key",
    "webhook-id",
    "webhook-timestamp",
    "x-github-delivery",
    "content-length",
    "x-amzn-trace-id",
];

/// A part of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Method, target, type, verdict.
    Request,
    /// A header line.
    Headers,
    /// The body.
    Body,
}

impl Part {
    /// The contract's name.
    pub fn name(self) -> &'static str {
        match self {
            Part::Request => "request",
            Part::Headers => "headers",
            Part::Body => "body",
        }
    }
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where.
    pub part: Part,
    /// Its name there: a path in jq's notation, a header's name, a line's number.
    pub path: String,
    /// What stands in the first event, if anything.
    pub a: Option<Value>,
    /// What stands in the second.
    pub b: Option<Value>,
    /// It differs with nearly every event.
    pub volatile: bool,
    /// The key as the second event writes it, where only its letter case differs.
    pub renamed: Option<String>,
}

/// Two events side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What differs.
    pub differences: Vec<Difference>,
    /// What differs in bodies that are JSON, line by line as they came.
    pub raw: Vec<Difference>,
    /// Values of the body that are equal.
    pub equal: usize,
    /// The bodies are no JSON, and compared line by line.
    pub by_line: bool,
    /// The bodies are JSON and say the same, though not with the same bytes.
    pub only_written_otherwise: bool,
    /// The bodies are too long to be compared to the end.
    pub cut: bool,
}

/// Compares two events; `secrets` are headers that hold a secret themselves.
pub fn compare(a: &StoredEvent, b: &StoredEvent, secrets: &[String]) -> Comparison {
    let mut out = Comparison::default();
    request(a, b, &mut out);
    headers(&a.event.head.headers(), &b.event.head.headers(), secrets, &mut out);
    bodies(&a.event.body, &b.event.body, &mut out);
    out
}

/// Compares two bodies alone.
pub fn compare_bodies(a: &[u8], b: &[u8]) -> Comparison {
    let mut out = Comparison::default();
    bodies(a, b, &mut out);
    out
}

fn bodies(a: &[u8], b: &[u8], out: &mut Comparison) {
    if a == b {
        return;
    }
    match (serde_json::from_slice::<Value>(a), serde_json::from_slice::<Value>(b)) {
        (Ok(old), Ok(new)) => {
            let before = out.differences.len();
            values(&old, &new, String::new(), false, out);
            out.only_written_otherwise = out.differences.len() == before;
            let mut raw = Comparison::default();
            lines(a, b, &mut raw);
            out.raw = raw.differences;
        }
        _ => lines(a, b, out),
    }
}

fn request(a: &StoredEvent, b: &StoredEvent, out: &mut Comparison) {
    let facts = |stored: &StoredEvent| {
        let e = &stored.event;
        [
            ("method", Some(e.method.clone())),
            ("request_target", Some(e.target.clone())),
            ("source", Some(e.source.clone())),
            ("type", e.event_type.clone()),
            ("verdict", Some(e.judgement.verdict.name().to_owned())),
            ("answer", stored.answer.as_ref().map(Answer::told)),
        ]
    };
    for ((path, a), (_, b)) in facts(a).into_iter().zip(facts(b)) {
        if a != b {
            out.push(Part::Request, path.to_owned(), a.map(Value::from), b.map(Value::from), false);
        }
    }
}

impl Comparison {
    fn push(&mut self, part: Part, path: String, a: Option<Value>, b: Option<Value>, volatile: bool) {
        self.differences.push(Difference { part, path, a, b, volatile, renamed: None });
    }
}

fn headers(a: &Headers, b: &Headers, secrets: &[String], out: &mut Comparison) {
    let name = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let mut names: Vec<String> = Vec::new();
    for (n, _) in a.iter().chain(b.iter()) {
        if !names.contains(&name(n)) {
            names.push(name(n));
        }
    }
    for n in names {
        let all = |headers: &Headers| headers.all(&n).map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (old, new) = (all(a), all(b));
        if old == new {
            continue;
        }
        let secret = is_credential(n.as_bytes(), None) || secrets.iter().any(|s| s.eq_ignore_ascii_case(&n));
        let show = |values: Vec<Vec<u8>>| match (values.is_empty(), secret) {
            (true, _) => None,
            (false, true) => Some(serde_json::json!({"redacted": true, "bytes": values.concat().len()})),
            (false, false) => Some(Value::from(String::from_utf8_lossy(&values.join(&b", "[..])).into_owned())),
        };
        let volatile = VOLATILE_HEADERS.contains(&n.as_str()) || n.contains("signature");
        out.push(Part::Headers, n.clone(), show(old), show(new), volatile);
    }
}

/// Walks two values at once; order of keys does not matter.
fn values(a: &Value, b: &Value, path: String, volatile: bool, out: &mut Comparison) {
    match (a, b) {
        (Value::Object(old), Value::Object(new)) => {
            let mut added: Vec<&String> = new.keys().filter(|key| !old.contains_key(*key)).collect();
            for (key, value) in old {
                let (at, changes) = (jq(&path, key), volatile || VOLATILE_KEYS.contains(&key.as_str()));
                if let Some(other) = new.get(key) {
                    values(value, other, at, changes, out);
                    continue;
                }
                let alike = added.iter().position(|other| other.eq_ignore_ascii_case(key));
                let renamed = alike.map(|n| added.remove(n));
                let other = renamed.and_then(|name| new.get(name)).cloned();
                let renamed = renamed.cloned();
                let value = Some(value.clone());
                out.differences.push(Difference {
                    part: Part::Body,
                    path: at,
                    a: value,
                    b: other,
                    volatile: changes,
                    renamed,
                });
            }
            for key in added {
                let changes = volatile || VOLATILE_KEYS.contains(&key.as_str());
                out.push(Part::Body, jq(&path, key), None, new.get(key).cloned(), changes);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for n in 0..old.len().max(new.len()) {
                let at = format!("{}[{n}]", if path.is_empty() { "." } else { &path });
                match (old.get(n), new.get(n)) {
                    (Some(a), Some(b)) => values(a, b, at, volatile, out),
                    (a, b) => out.push(Part::Body, at, a.cloned(), b.cloned(), volatile),
                }
            }
        }
        (a, b) if a == b => out.equal += 1,
        (a, b) => {
            let at = if path.is_empty() { ".".to_owned() } else { path };
            out.push(Part::Body, at, Some(a.clone()), Some(b.clone()), volatile);
        }
    }
}

fn lines(a: &[u8], b: &[u8], out: &mut Comparison) {
    out.by_line = true;
    out.cut = a.len().max(b.len()) > MOST_BYTES;
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MOST_BYTES)]).into_owned();
        text.lines().take(MOST_LINES).map(|line| format!("{line}\n")).collect::<String>()
    };
    let (old, new) = (text(a), text(b));
    let diff = TextDiff::configure().timeout(std::time::Duration::from_secs(1)).diff_lines(&old, &new);
    for change in diff.iter_all_changes() {
        let value = Some(Value::from(change.value().trim_end_matches('\n')));
        let number = |index: Option<usize>| format!("line {}", index.unwrap_or(0) + 1);
        match change.tag() {
            ChangeTag::Equal => out.equal += 1,
            ChangeTag::Delete => out.push(Part::Body, number(change.old_index()), value, None, false),
            ChangeTag::Insert => out.push(Part::Body, number(change.new_index()), None, value, false),
        }
    }
    // Line ends and bytes that are no text are not seen by line.
    out.only_written_otherwise = !out.differences.iter().any(|d| d.part == Part::Body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn compared(a: &Value, b: &Value) -> Comparison {
        let mut out = Comparison::default();
        values(a, b, String::new(), false, &mut out);
        out
    }

    #[test]
    fn json_is_compared_by_key() {
        let a =
            json!({"id": 1, "data": {"amount": 4200, "odd key": [1, 2], "metadata": {"order": "77"}, "same": true}});
        let b =
            json!({"data": {"same": true, "metadata": {"Order": "77"}, "odd key": [1, 3, 4], "amount": 4900}, "id": 2});
        let got: Vec<_> =
            compared(&a, &b).differences.into_iter().map(|d| (d.path, d.a, d.b, d.volatile, d.renamed)).collect();
        let (some, none) = (Some::<Value>, None::<Value>);
        assert_eq!(
            got,
            [
                (".id".into(), some(json!(1)), some(json!(2)), true, None),
                (".data.amount".into(), some(json!(4200)), some(json!(4900)), false, None),
                (".data[\"odd key\"][1]".into(), some(json!(2)), some(json!(3)), false, None),
                (".data[\"odd key\"][2]".into(), none.clone(), some(json!(4)), false, None),
                (".data.metadata.order".into(), some(json!("77")), some(json!("77")), false, Some("Order".into())),
            ]
        );
        assert_eq!(compared(&json!([1]), &json!(2)).differences[0].path, ".");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i32>().prop_map(Value::from), "[a-c]{0,3}".prop_map(Value::from)];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]{1,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_differs_from_itself_and_both_ways_find_as_much(a in any_value(), b in any_value()) {
            prop_assert!(compared(&a, &a).differences.is_empty());
            let (there, back) = (compared(&a, &b), compared(&b, &a));
            prop_assert_eq!(there.differences.len(), back.differences.len());
            prop_assert_eq!(there.differences.is_empty(), a == b);
        }
    }
}

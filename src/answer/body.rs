//! The text of an answer with fields of the event in it: `ok {id}`.
//! It must not name what is not of the event that is answered.

use crate::model::{self, StoredEvent};
use std::fmt;

/// Names that stand for a part of the event; `body.`, `header.` and `query.` take a name after the point.
const NAMES: [&str; 12] = [
    "id",
    "arrival",
    "source",
    "provider",
    "type",
    "key",
    "method",
    "path",
    "sig",
    "body.NAME",
    "header.NAME",
    "query.NAME",
];

/// A text with fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyText(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(Field),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    Id,
    Arrival,
    Source,
    Provider,
    Type,
    Key,
    Method,
    Path,
    Sig,
    Part(model::Part),
}

/// A field that there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError(String);

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no field {{{}}}; there are {}", self.0, NAMES.join(", "))
    }
}

impl BodyText {
    /// Reads a text. Braces around anything but a word are themselves, so that JSON can be written as it is.
    pub fn parse(text: &str) -> Result<BodyText, BodyError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            plain += before;
            if let Some(literal) =
                after.strip_prefix("{{").and_then(|inner| inner.split_once("}}")).map(|(name, _)| name)
                && is_name(literal)
            {
                plain += &format!("{{{literal}}}");
                rest = &after[literal.len() + 4..];
                continue;
            }
            let name = after[1..].split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            match name {
                Some(name) => {
                    let field = Field::parse(name).ok_or_else(|| BodyError(name.to_owned()))?;
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Field(field));
                    rest = &after[name.len() + 2..];
                }
                None => {
                    plain.push('{');
                    rest = &after[1..];
                }
            }
        }
        parts.push(Part::Text(plain + rest));
        parts.retain(|part| *part != Part::Text(String::new()));
        Ok(BodyText(parts))
    }

    /// The bytes for this event; a field that it does not have is empty. In JSON a field is written as part of a text there.
    pub(super) fn render(&self, stored: &StoredEvent) -> Vec<u8> {
        let json = matches!(self.0.first(), Some(Part::Text(text)) if text.starts_with(['{', '[']));
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out += text,
                Part::Field(field) if json => out += &escaped(&field.of(stored).unwrap_or_default()),
                Part::Field(field) => out += &field.of(stored).unwrap_or_default(),
            }
        }
        out.into_bytes()
    }
}

/// As it stands between the quotes of a JSON text (RFC 8259 section 7).
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn is_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(word)
}

impl Field {
    fn parse(name: &str) -> Option<Field> {
        Some(match name {
            "id" => Field::Id,
            "arrival" => Field::Arrival,
            "source" => Field::Source,
            "provider" => Field::Provider,
            "type" => Field::Type,
            "key" => Field::Key,
            "method" => Field::Method,
            "path" => Field::Path,
            "sig" => Field::Sig,
            _ => Field::Part(model::Part::parse(name)?),
        })
    }

    fn of(&self, stored: &StoredEvent) -> Option<String> {
        let e = &stored.event;
        match self {
            Field::Id => Some(stored.id.to_string()),
            Field::Arrival => Some(stored.family.arrival.to_string()),
            Field::Source => Some(e.source.clone()),
            Field::Provider => e.provider.clone(),
            Field::Type => e.event_type.clone(),
            Field::Key => e.key.clone(),
            Field::Method => Some(e.method.clone()),
            Field::Path => Some(e.path().to_owned()),
            Field::Sig => Some(e.judgement.verdict.name().to_owned()),
            Field::Part(part) => part.values(e).into_iter().next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, Family, Receipt, sample};

    fn rendered(text: &str) -> String {
        let event = crate::model::Event {
            body: r#"{"data":{"amount":5,"name":"x"}}"#.into(),
            target: "/a?b=1%202&q=a%22b".into(),
            ..sample()
        };
        let family = Family { arrival: 2, duplicate_of: None, conflict: false };
        let stored =
            StoredEvent::new(event, Receipt { id: EventId(7), family, overtaken_by: None, queue_us: 0, commit_us: 0 });
        String::from_utf8(BodyText::parse(text).unwrap().render(&stored)).unwrap()
    }

    #[test]
    fn fields_are_filled_in_and_other_braces_stay() {
        assert_eq!(rendered("ok {id}"), "ok 7");
        assert_eq!(
            rendered(r#"{"id":{id},"amount":{body.data.amount},"{}":{ "b":"{query.b}"}}"#),
            r#"{"id":7,"amount":5,"{}":{ "b":"1 2"}}"#
        );
        assert_eq!(rendered("{provider}{arrival}{path}{"), "2/a{");
        assert_eq!(rendered(r#"{"say":"{query.q}"}"#), r#"{"say":"a\"b"}"#);
        assert_eq!(rendered("{query.q} {{id}} {{no word}}"), "a\"b {id} {{no word}}");
        assert_eq!(rendered(""), "");
    }

    #[test]
    fn an_unknown_field_is_named() {
        assert!(
            BodyText::parse("ok {ide}").unwrap_err().to_string().starts_with("there is no field {ide}; there are id,")
        );
        assert!(BodyText::parse("{body.}").is_err());
    }
}

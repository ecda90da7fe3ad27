//! Where a value stands in a request: `header:NAME`, `json:PATH`, `form:NAME` and the like.
//! It must not know what the value is for.

use super::Question;
use super::beside::Beside;
use crate::model::{glob, json_array, json_lookup, json_matching_key};
use serde::Deserialize;
use std::fmt;

/// The kinds of places, with the word before the colon.
const KINDS: [(Kind, &str); 12] = [
    (Kind::Header, "header"),
    (Kind::Json, "json"),
    (Kind::Form, "form"),
    (Kind::Query, "query"),
    (Kind::Param, "param"),
    (Kind::Path, "path"),
    (Kind::JsonKey, "jsonkey"),
    (Kind::Claim, "claim"),
    (Kind::SigField, "sigfield"),
    (Kind::SigParam, "sigparam"),
    (Kind::QueryString, "query_string"),
    (Kind::Body, "body"),
];

/// One place in a request, or beside its signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place {
    pub(super) kind: Kind,
    /// A name, a path, a number; what `{param:X}` stands for is a setting of the source.
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A header's value, letter case of the name ignored.
    Header,
    /// A path into a JSON body.
    Json,
    /// A field of a form; further parts of the path go into the JSON that it holds.
    Form,
    /// A parameter of the query.
    Query,
    /// A setting of the source.
    Param,
    /// A part of the path, counted from 0.
    Path,
    /// The name of the top-level key that matches a glob; `!x` = is not `x`.
    JsonKey,
    /// A claim of the JWT that is the signature.
    Claim,
    /// An item of the signature's list; `#n` = by position.
    SigField,
    /// A parameter of the signature (RFC 9421, draft-cavage).
    SigParam,
    /// The whole query, missing if empty.
    QueryString,
    /// The body as it is.
    Body,
}

/// A place that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no place in a request: there are header: json: form: query: param: path: jsonkey: claim: sigfield:")]
pub struct PlaceError(String);

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Place::parse(&text).ok_or(PlaceError(text))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = KINDS.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, word)| word);
        match self.name.as_str() {
            "" => f.write_str(word),
            name => write!(f, "{word}:{name}"),
        }
    }
}

impl Place {
    /// Reads `header:NAME` and the like; `None` where there is no such kind.
    pub fn parse(text: &str) -> Option<Place> {
        let (word, name) = text.split_once(':').unwrap_or((text, ""));
        // The claims of a JWT are facts of an event as well.
        let word = if word == "jwt" { "claim" } else { word };
        let (kind, _) = KINDS.iter().find(|(_, known)| *known == word)?;
        let bare = matches!(kind, Kind::QueryString | Kind::Body);
        (bare == name.is_empty()).then(|| Place { kind: *kind, name: name.to_owned() })
    }

    /// The header that it names, if it is one.
    pub(super) fn header(&self) -> Option<&str> {
        (self.kind == Kind::Header && !self.name.starts_with('{')).then_some(self.name.as_str())
    }

    /// The one value that stands there.
    pub(super) fn value(&self, question: &Question, beside: &Beside) -> Option<String> {
        let name = self.named(question)?;
        match self.kind {
            Kind::Header => question.headers.text(name).map(str::to_owned),
            Kind::Json => match name.strip_suffix(".#") {
                Some(list) => Some(json_array(question.body, list)?.len().to_string()),
                None => json_lookup(question.body, name)?.text().map(|text| text.into_owned()),
            },
            Kind::Form => question.form_value(name),
            Kind::Query => question.query().into_iter().find(|(key, _)| key == name).map(|(_, value)| value),
            Kind::Param => question.params.get(name).cloned(),
            Kind::Path => path_part(question, name.parse().ok()?),
            Kind::JsonKey => match name.strip_prefix('!') {
                Some(other) => json_matching_key(question.body, &|key| key != other),
                None => json_matching_key(question.body, &|key| glob(name, key)),
            },
            Kind::Claim => beside.jwt.as_ref()?.claim(name),
            Kind::SigField | Kind::SigParam => beside.field(name).map(str::to_owned),
            Kind::QueryString => question.query_string(),
            Kind::Body => Some(String::from_utf8_lossy(question.body).into_owned()),
        }
    }

    /// Every value that stands there: a header may come several times, `*` in a path is every element of a list.
    pub(super) fn values(&self, question: &Question) -> Vec<String> {
        match (self.kind, self.named(question)) {
            (_, None) => Vec::new(),
            (Kind::Header, Some(name)) => {
                question.headers.all(name).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
            }
            (Kind::Json, Some(path)) if self.is_for_all() => every(question.body, path),
            _ => self.value(question, &Beside::default()).into_iter().collect(),
        }
    }

    /// Whether it means every element of a list.
    pub(super) fn is_for_all(&self) -> bool {
        self.name.split('.').any(|part| part == "*")
    }

    /// The name, which may itself be a setting: `header:{param:header}`.
    fn named<'a>(&'a self, question: &'a Question) -> Option<&'a str> {
        match self.name.strip_prefix("{param:").and_then(|rest| rest.strip_suffix('}')) {
            Some(setting) => question.params.get(setting).map(String::as_str),
            None => Some(&self.name),
        }
    }
}

/// The values at a path with one `*` in it; nothing where one of them is missing.
fn every(body: &[u8], path: &str) -> Vec<String> {
    let (list, rest) = match path.split_once(".*") {
        Some((list, rest)) => (list, rest.trim_start_matches('.')),
        None => return Vec::new(),
    };
    let value = |element: &str| match rest {
        "" => Some(element.to_owned()),
        rest => json_lookup(element.as_bytes(), rest)?.text().map(|text| text.into_owned()),
    };
    let elements = json_array(body, list).unwrap_or_default();
    elements.into_iter().map(value).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn path_part(question: &Question, n: usize) -> Option<String> {
    let url = question.url();
    let path = url.splitn(4, '/').nth(3)?.split(['?', '#']).next()?;
    path.split('/').nth(n).filter(|part| !part.is_empty()).map(str::to_owned)
}

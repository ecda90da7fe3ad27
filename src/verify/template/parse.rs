//! From a template's text to its parts.

use super::{Filter, Form, Part, Value, Variable};
use crate::verify::algorithm::Hash;
use crate::verify::encoding::Encoding;
use crate::verify::place::Place;

const VARIABLES: [(&str, Variable); 15] = [
    ("body", Variable::Body),
    ("secret", Variable::Secret),
    ("ts", Variable::Ts),
    ("method", Variable::Method),
    ("url", Variable::Url),
    ("url_no_query", Variable::UrlNoQuery),
    ("url_sorted", Variable::UrlSorted),
    ("url_decoded", Variable::UrlDecoded),
    ("path", Variable::Path),
    ("path_query", Variable::PathQuery),
    ("query_sorted", Variable::QuerySorted),
    ("query_encoded", Variable::QueryEncoded),
    ("form_sorted", Variable::FormSorted),
    ("form_sorted_pairs", Variable::FormSortedPairs),
    ("form_sorted_all", Variable::FormSortedAll),
];
const FILTERS: [(&str, Filter); 4] =
    [("lower", Filter::Lower), ("json", Filter::Json), ("component", Filter::Component), ("uri", Filter::Uri)];
const FORMS: [(&str, Form); 9] = [
    ("sha256hex", Form::Sha256Hex),
    ("sha256raw", Form::Sha256Raw),
    ("sha256b64", Form::Sha256Base64),
    ("sha256b64url", Form::Sha256Base64Url),
    ("crc32", Form::Crc32),
    ("b64url", Form::Base64Url),
    ("hmac_sha256hex", Form::Hmac(Hash::Sha256, Encoding::Hex)),
    ("hmac_sha256b64", Form::Hmac(Hash::Sha256, Encoding::Base64)),
    ("hmac_sha1hex", Form::Hmac(Hash::Sha1, Encoding::Hex)),
];

/// Brackets and functions inside one another, at most.
const DEEPEST: usize = 16;

/// Reads the text of a template from the left.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
    /// How many brackets and functions are open.
    pub(super) depth: usize,
}

impl Reader<'_> {
    /// Parts up to one of the characters in `ends`, which is taken as well.
    pub(super) fn parts(&mut self, ends: &str) -> Result<Vec<Part>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("brackets are nested too deeply".into());
        }
        let parts = self.level(ends);
        self.depth -= 1;
        parts
    }

    fn level(&mut self, ends: &str) -> Result<Vec<Part>, String> {
        let mut parts = Vec::new();
        let mut text = String::new();
        let flush = |text: &mut String, parts: &mut Vec<Part>| {
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(text)));
            }
        };
        while let Some(c) = self.next() {
            match c {
                c if ends.contains(c) => {
                    flush(&mut text, &mut parts);
                    return Ok(parts);
                }
                '\\' => match self.next() {
                    Some('n') => text.push('\n'),
                    Some(c @ ('[' | ']' | '{' | '}' | '\\')) => text.push(c),
                    _ => return Err("only \\n, \\[ and \\] can be escaped".into()),
                },
                '{' => {
                    flush(&mut text, &mut parts);
                    parts.push(Part::Value(self.value('}')?));
                }
                '[' => {
                    flush(&mut text, &mut parts);
                    parts.push(Part::Optional(self.parts("]")?));
                }
                c => text.push(c),
            }
        }
        match ends.chars().next() {
            Some(end) => Err(format!("a `{end}` is missing")),
            None => {
                flush(&mut text, &mut parts);
                Ok(parts)
            }
        }
    }

    /// A variable or a function of one, with its filters, up to `end`.
    fn value(&mut self, end: char) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("functions are nested too deeply".into());
        }
        let value = self.term(end);
        self.depth -= 1;
        value
    }

    fn term(&mut self, end: char) -> Result<Value, String> {
        let stop = self.rest.find(['(', '|', end]).ok_or_else(|| format!("a `{end}` is missing"))?;
        let (name, rest) = self.rest.split_at(stop);
        self.rest = rest;
        match self.next() {
            Some('(') => {
                let form = named(&FORMS, name).ok_or_else(|| format!("there is no function `{name}`"))?;
                // Inside stands a variable's name or a template.
                let inner = match self.rest.starts_with('{') {
                    true => self.parts(")")?,
                    false => vec![Part::Value(self.value(')')?)],
                };
                let after = self.next();
                self.filtered(Value::Digest(form, inner), after, end)
            }
            after => self.filtered(Value::Variable(variable(name)?), after, end),
        }
    }

    /// `value` with the filters that follow; `met` is the character that has just been taken.
    fn filtered(&mut self, mut value: Value, mut met: Option<char>, end: char) -> Result<Value, String> {
        while met == Some('|') {
            let stop = self.rest.find(['|', end]).ok_or_else(|| format!("a `{end}` is missing"))?;
            let name = &self.rest[..stop];
            let filter = named(&FILTERS, name).ok_or_else(|| format!("there is no filter `{name}`"))?;
            self.rest = &self.rest[stop..];
            met = self.next();
            value = Value::Filtered(Box::new(value), filter);
        }
        match met == Some(end) {
            true => Ok(value),
            false => Err(format!("a `{end}` is missing")),
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }
}

fn named<T: Clone>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

fn variable(name: &str) -> Result<Variable, String> {
    if let Some(known) = named(&VARIABLES, name) {
        return Ok(known);
    }
    if let Some(list) = name.strip_prefix("headers_listed:") {
        return Ok(Variable::HeadersListed(list.to_owned()));
    }
    if let Some(list) = name.strip_prefix("jws_headers_listed:") {
        return Ok(Variable::JwsHeadersListed(list.to_owned()));
    }
    Place::parse(name).map(Variable::Place).ok_or_else(|| format!("there is no variable `{name}`"))
}

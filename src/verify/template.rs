//! Templates of what a provider signs: text, `{variables}` with filters, and `[optional parts]`.
//! It must not know how the result is signed.

use super::Question;
use super::candidates::Beside;
use super::place::{Kind, Place};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

/// As JavaScript's `encodeURIComponent`.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// As JavaScript's `encodeURI`.
const URI: &AsciiSet = &COMPONENT
    .remove(b';')
    .remove(b'/')
    .remove(b'?')
    .remove(b':')
    .remove(b'@')
    .remove(b'&')
    .remove(b'=')
    .remove(b'+')
    .remove(b'$')
    .remove(b',')
    .remove(b'#');

/// A parsed template.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Value),
    Optional(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Variable(Variable),
    Filtered(Box<Value>, Filter),
    Digest(Form, Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Lower,
    /// As a JSON string.
    Json,
    Component,
    Uri,
}

/// What becomes of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Sha256Hex,
    Sha256Raw,
    Sha256Base64,
    Sha256Base64Url,
    /// In decimal.
    Crc32,
    /// No digest at all: the text in base64, without padding.
    Base64Url,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Variable {
    Body,
    Secret,
    Ts,
    Method,
    Url,
    UrlNoQuery,
    UrlSorted,
    UrlDecoded,
    Path,
    PathQuery,
    QuerySorted,
    QueryEncoded,
    FormSorted,
    FormSortedPairs,
    FormSortedAll,
    /// The headers that a header lists.
    HeadersListed(String),
    /// The headers that the JOSE header lists.
    JwsHeadersListed(String),
    Place(Place),
}

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
const FORMS: [(&str, Form); 6] = [
    ("sha256hex", Form::Sha256Hex),
    ("sha256raw", Form::Sha256Raw),
    ("sha256b64", Form::Sha256Base64),
    ("sha256b64url", Form::Sha256Base64Url),
    ("crc32", Form::Crc32),
    ("b64url", Form::Base64Url),
];

/// A template that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}`: {1}")]
pub struct TemplateError(String, String);

/// What a template needs besides the request.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) ts: Option<&'a str>,
    pub(super) secret: &'a [u8],
    pub(super) beside: &'a Beside,
}

/// What a template needs and the request does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Something of the request.
    Value(String),
    /// A setting of the source.
    Param(String),
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut reader = Reader { rest: text };
        let parts = reader.parts("").map_err(|why| TemplateError(text.to_owned(), why))?;
        Ok(Template { text: text.to_owned(), parts })
    }

    /// `{body}`.
    pub(super) fn body() -> Template {
        Template { text: "{body}".into(), parts: vec![Part::Value(Value::Variable(Variable::Body))] }
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a change of the body always changes what is signed.
    pub(super) fn covers_body(&self) -> bool {
        mentions(&self.parts, &|variable| *variable == Variable::Body)
    }

    /// Whether the URL is part of what is signed.
    pub(super) fn covers_url(&self) -> bool {
        use Variable::{
            Path, PathQuery, Place as At, QueryEncoded, QuerySorted, Url, UrlDecoded, UrlNoQuery, UrlSorted,
        };
        mentions(&self.parts, &|variable| match variable {
            Url | UrlNoQuery | UrlSorted | UrlDecoded | Path | PathQuery | QuerySorted | QueryEncoded => true,
            At(place) => matches!(place.kind, Kind::Query | Kind::QueryString),
            _ => false,
        })
    }

    /// The places that it is made of.
    pub(super) fn places(&self) -> Vec<&Place> {
        fn of_value<'v>(value: &'v Value, out: &mut Vec<&'v Place>) {
            match value {
                Value::Variable(Variable::Place(place)) => out.push(place),
                Value::Variable(_) => {}
                Value::Filtered(inner, _) => of_value(inner, out),
                Value::Digest(_, parts) => of_parts(parts, out),
            }
        }
        fn of_parts<'v>(parts: &'v [Part], out: &mut Vec<&'v Place>) {
            for part in parts {
                match part {
                    Part::Text(_) => {}
                    Part::Value(value) => of_value(value, out),
                    Part::Optional(parts) => of_parts(parts, out),
                }
            }
        }
        let mut out = Vec::new();
        of_parts(&self.parts, &mut out);
        out
    }

    /// The signed bytes, or what is missing.
    pub(super) fn render(&self, question: &Question, known: &Known) -> Result<Vec<u8>, Missing> {
        let mut out = Vec::new();
        render(&self.parts, false, question, known, &mut out)?;
        Ok(out)
    }
}

/// Whether a variable for which `wanted` holds is somewhere in the template.
fn mentions(parts: &[Part], wanted: &dyn Fn(&Variable) -> bool) -> bool {
    fn value_mentions(value: &Value, wanted: &dyn Fn(&Variable) -> bool) -> bool {
        match value {
            Value::Variable(variable) => wanted(variable),
            Value::Filtered(inner, _) => value_mentions(inner, wanted),
            Value::Digest(_, parts) => mentions(parts, wanted),
        }
    }
    parts.iter().any(|part| match part {
        Part::Text(_) => false,
        Part::Value(value) => value_mentions(value, wanted),
        Part::Optional(parts) => mentions(parts, wanted),
    })
}

/// Reads the text of a template from the left.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Parts up to one of the characters in `ends`, which is taken as well.
    fn parts(&mut self, ends: &str) -> Result<Vec<Part>, String> {
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

/// `optional`: inside brackets nothing is empty, it is missing.
fn render(
    parts: &[Part],
    optional: bool,
    question: &Question,
    known: &Known,
    out: &mut Vec<u8>,
) -> Result<(), Missing> {
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Value(Value::Variable(Variable::Body)) => out.extend_from_slice(question.body),
            Part::Value(value) => out.extend_from_slice(&evaluate(value, optional, question, known)?),
            Part::Optional(inner) => {
                let mut piece = Vec::new();
                if render(inner, true, question, known, &mut piece).is_ok() {
                    out.extend_from_slice(&piece);
                }
            }
        }
    }
    Ok(())
}

fn evaluate(value: &Value, optional: bool, question: &Question, known: &Known) -> Result<Vec<u8>, Missing> {
    match value {
        Value::Variable(variable) => look_up(variable, optional, question, known),
        Value::Filtered(inner, filter) => {
            let bytes = evaluate(inner, optional, question, known)?;
            let text = String::from_utf8_lossy(&bytes);
            Ok(match filter {
                Filter::Lower => text.to_lowercase(),
                Filter::Json => serde_json::Value::from(text.as_ref()).to_string(),
                Filter::Component => utf8_percent_encode(&text, COMPONENT).to_string(),
                Filter::Uri => utf8_percent_encode(&text, URI).to_string(),
            }
            .into_bytes())
        }
        Value::Digest(form, parts) => {
            let mut content = Vec::new();
            render(parts, optional, question, known, &mut content)?;
            let digest = || Sha256::digest(&content);
            Ok(match form {
                Form::Sha256Hex => hex::encode(digest()).into_bytes(),
                Form::Sha256Raw => digest().to_vec(),
                Form::Sha256Base64 => STANDARD.encode(digest()).into_bytes(),
                Form::Sha256Base64Url => URL_SAFE.encode(digest()).into_bytes(),
                Form::Base64Url => URL_SAFE_NO_PAD.encode(&content).into_bytes(),
                Form::Crc32 => crc32fast::hash(&content).to_string().into_bytes(),
            })
        }
    }
}

fn look_up(variable: &Variable, optional: bool, question: &Question, known: &Known) -> Result<Vec<u8>, Missing> {
    let url = || question.url();
    let path_query = || url().splitn(4, '/').nth(3).map_or("/".to_owned(), |rest| format!("/{rest}"));
    let form = |text: Option<String>| text.filter(|text| !(optional && text.is_empty()));
    let text = match variable {
        Variable::Body => return Ok(question.body.to_vec()),
        Variable::Secret => return Ok(known.secret.to_vec()),
        Variable::Ts => known.ts.map(str::to_owned),
        Variable::Method => Some(question.method.to_uppercase()),
        Variable::Url => Some(url().into_owned()),
        Variable::UrlNoQuery => url().split('?').next().map(str::to_owned),
        Variable::UrlSorted => Some(url_sorted(question)),
        Variable::UrlDecoded => Some(url_decoded(&url())),
        Variable::Path => path_query().split('?').next().map(str::to_owned),
        Variable::PathQuery => Some(path_query()),
        Variable::QuerySorted => Some(query_sorted(question)),
        Variable::QueryEncoded => Some(query_encoded(question)),
        Variable::FormSorted => form(Some(joined(question.form().unwrap_or_default(), true, true))),
        Variable::FormSortedPairs => form(Some(joined(question.form().unwrap_or_default(), true, false))),
        Variable::FormSortedAll => form(Some(joined(question.form().unwrap_or_default(), false, false))),
        Variable::HeadersListed(list) => headers_listed(question, list),
        Variable::JwsHeadersListed(claim) => jws_headers_listed(question, known.beside, claim),
        Variable::Place(place) => {
            let empty = place.kind == Kind::Json && !optional;
            place.value(question, known.beside).or(empty.then(String::new))
        }
    };
    text.map(String::into_bytes).ok_or_else(|| match variable {
        Variable::Place(place) if place.kind == Kind::Param => Missing::Param(place.name.clone()),
        Variable::Place(place) => Missing::Value(place.to_string()),
        Variable::Ts => Missing::Value("the time".into()),
        Variable::HeadersListed(list) => Missing::Value(format!("header:{list}")),
        Variable::JwsHeadersListed(list) => Missing::Value(format!("{list} in the JWS")),
        _ => Missing::Value("the form".into()),
    })
}

/// Name and value of each pair of a form, sorted by name, or by name and value; equal pairs `once` if so wished.
fn joined(mut form: Vec<(String, String)>, by_value: bool, once: bool) -> String {
    match by_value {
        true => form.sort(),
        // Stable: repeated names keep their order.
        false => form.sort_by(|a, b| a.0.cmp(&b.0)),
    }
    if once {
        form.dedup();
    }
    form.into_iter().map(|(name, value)| name + &value).collect()
}

/// The URL with its decoded query sorted by name and value (Plivo's third version).
fn url_sorted(question: &Question) -> String {
    let url = question.url();
    let base = url.split('?').next().unwrap_or_default();
    let mut query = question.query();
    query.sort();
    let pairs: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    if pairs.is_empty() { base.to_owned() } else { format!("{base}?{}", pairs.join("&")) }
}

/// The query as written, its pairs sorted by name.
fn query_sorted(question: &Question) -> String {
    let query = question.query_string().unwrap_or_default();
    let mut pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_by_key(|pair| pair.split('=').next().map(str::to_owned));
    pairs.join("&")
}

/// The query decoded, sorted by name and encoded anew (MessageBird's own software).
fn query_encoded(question: &Question) -> String {
    let mut query = question.query();
    query.sort_by(|a, b| a.0.cmp(&b.0));
    let encoded = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    let pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.join("&")
}

/// The URL with those characters decoded that HubSpot's documentation lists.
fn url_decoded(url: &str) -> String {
    const LISTED: &[u8] = b":/?@!$'()*,;";
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        let (before, code) = rest.split_at(at);
        out.push_str(before);
        let Some(code) = code.get(..3) else {
            rest = &rest[at..];
            break;
        };
        match percent_decode_str(code).next().filter(|byte| LISTED.contains(byte)) {
            Some(byte) => out.push(char::from(byte)),
            None => out.push_str(code),
        }
        rest = &rest[at + 3..];
    }
    out + rest
}

/// `name:value` of the listed headers, names in lower case, sorted, with `;` between (Contentful).
fn headers_listed(question: &Question, list: &str) -> Option<String> {
    let names = question.headers.text(list)?;
    let mut lines = names
        .split(',')
        .map(|name| {
            let name = name.trim().to_lowercase();
            let value = question.headers.text(&name)?;
            Some(format!("{name}:{}", value.trim()))
        })
        .collect::<Option<Vec<_>>>()?;
    lines.sort();
    Some(lines.join(";"))
}

/// A line `Name: value` for each header that the JOSE header lists, in its order (TrueLayer).
fn jws_headers_listed(question: &Question, beside: &Beside, claim: &str) -> Option<String> {
    let list = beside.jwt.as_ref()?.header(claim).unwrap_or_default();
    let line = |name: &str| Some(format!("{name}: {}\n", question.headers.text(name)?));
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Headers, Timestamp};
    use crate::verify::Called;
    use crate::verify::question::NO_PARAMS;

    fn render_with(url: &str, text: &str) -> Result<String, Missing> {
        let headers = Headers::parse_lines(
            b"X-Id: 7\r\nX-Listed: X-B, x-a\r\nX-A: 1\r\nX-B:  2 \r\n\
              Content-Type: application/x-www-form-urlencoded\r\n",
        );
        let question = Question {
            method: "post",
            called: Called::Url(url),
            headers: &headers,
            body: b"b=2&a=1&b=2&a=%C3%A9",
            arrived: Timestamp(0),
            params: &NO_PARAMS,
        };
        let known = Known { ts: Some("9"), secret: b"s", beside: &Beside::default() };
        Template::parse(text).unwrap().render(&question, &known).map(|b| String::from_utf8(b).unwrap())
    }

    #[test]
    fn renders_text_variables_and_optional_parts() {
        let render = |text: &str| render_with("https://h/a?b=c", text);
        assert_eq!(render("v0:{ts}:{secret}").unwrap(), "v0:9:s");
        assert_eq!(render("{method}\\n{path_query}[;{header:nope}][;{header:x-id}]").unwrap(), "POST\n/a?b=c;7");
        assert_eq!(render("\\[{json:y}\\][{json:y}!]").unwrap(), "[]");
        assert_eq!(render("{header:nope}"), Err(Missing::Value("header:nope".into())));
        assert_eq!(render("{param:app}"), Err(Missing::Param("app".into())));
        assert_eq!(render("{form_sorted}").unwrap(), "a1aéb2");
        assert_eq!(render("{form_sorted_pairs}").unwrap(), "a1aéb2b2");
        assert_eq!(render("{headers_listed:x-listed}").unwrap(), "x-a:1;x-b:2");
        assert_eq!(
            render("{crc32(ts)} {sha256hex({ts}{ts})}").unwrap(),
            format!("{} {}", crc32fast::hash(b"9"), hex::encode(Sha256::digest("99")))
        );
        assert_eq!(
            render("{sha256b64(body)|lower}").unwrap(),
            STANDARD.encode(Sha256::digest("b=2&a=1&b=2&a=%C3%A9")).to_lowercase()
        );
    }

    #[test]
    fn urls_are_taken_apart_as_the_providers_do() {
        let render = |text: &str| render_with("https://h:8/a%20b?z=%C3%A9%2F&a=2&a=1%25", text).unwrap();
        assert_eq!(render("{url_sorted}"), "https://h:8/a%20b?a=1%&a=2&z=é/");
        assert_eq!(render("{url_decoded}"), "https://h:8/a%20b?z=%C3%A9/&a=2&a=1%25");
        assert_eq!(render("{query_encoded}"), "a=2&a=1%25&z=%C3%A9%2F");
        assert_eq!(render("{query_sorted}"), "a=2&a=1%25&z=%C3%A9%2F");
        assert_eq!(
            render("{path|uri}[?{query_string|component|uri}]"),
            "/a%2520b?z%253D%2525C3%2525A9%25252F%2526a%253D2%2526a%253D1%252525"
        );
        assert_eq!(render_with("https://h/", "{path}[?{query_string}]").unwrap(), "/");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (text, wrong) in [
            ("{bodi}", "no variable `bodi`"),
            ("{body|upper}", "no filter `upper`"),
            ("{md9(body)}", "no function `md9`"),
            ("a[b", "`]` is missing"),
            ("{body", "`}` is missing"),
            ("{sha256hex(body}", "is missing"),
            ("\\x", "can be escaped"),
        ] {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }
}

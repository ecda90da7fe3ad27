//! Templates of what a provider signs: text, `{variables}` with filters, and `[optional parts]`.
//! It must not know how the result is signed.

mod parse;
mod variables;

use super::Question;
use super::algorithm::{Algorithm, Hash, Key, sign};
use super::beside::Beside;
use super::encoding::Encoding;
use super::place::{Kind, Place};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use parse::Reader;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use variables::look_up;

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
    /// An HMAC of a token, in the answer to a set-up question.
    Hmac(Hash, Encoding),
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

/// A template that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{0}`: {1}")]
pub struct TemplateError(String, String);

/// What a template needs besides the request.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) ts: Option<&'a str>,
    pub(super) secret: &'a [u8],
    /// The key that the secret stands for, where a token is to be signed.
    pub(super) key: Option<&'a Key>,
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
        let mut reader = Reader { rest: text, depth: 0 };
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

    /// Whether the secret itself is part of it.
    pub(super) fn mentions_secret(&self) -> bool {
        mentions(&self.parts, &|variable| *variable == Variable::Secret)
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

/// The HMAC of a plain token. Whatever else is asked for could be an event that somebody wants to have signed.
fn signed_token(hash: Hash, encoding: Encoding, token: &[u8], known: &Known) -> Result<Vec<u8>, Missing> {
    let plain = token.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let missing = || Missing::Value("a token that may be signed".into());
    let key = known.key.filter(|_| plain && (8..=128).contains(&token.len())).ok_or_else(missing)?;
    let signature = sign(Algorithm::Hmac(hash), key, token).ok_or_else(missing)?;
    Ok(encoding.encode(&signature).into_bytes())
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
                Form::Hmac(hash, encoding) => signed_token(*hash, *encoding, &content, known)?,
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
        let known = Known { ts: Some("9"), secret: b"s", key: None, beside: &Beside::default() };
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

//! The question put to the catalogue: one request, with everything that a signature may cover.

use super::Source;
use crate::model::{Event, Headers, Timestamp, json_lookup};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Settings of a source (`key_id`, `verify_token` ...).
pub type Params = BTreeMap<String, String>;

/// A source without settings.
pub static NO_PARAMS: Params = Params::new();

/// A request as the signature check sees it. It borrows all it has: most requests need little of it.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Request method.
    pub method: &'a str,
    /// The URL that the sender called.
    pub called: Called<'a>,
    /// Header lines.
    pub headers: &'a Headers,
    /// The body as received.
    pub body: &'a [u8],
    /// When the head was complete.
    pub arrived: Timestamp,
    /// Settings of the source.
    pub params: &'a Params,
}

/// How it is known what URL the sender called, which is not what a listener behind a tunnel saw.
#[derive(Clone, Copy, Debug)]
pub enum Called<'a> {
    /// It is given.
    Url(&'a str),
    /// The source's public URL of this path stands for all but the query of the request target.
    Public(&'a str, &'a str),
    /// What the request says of itself beside its target.
    Target(&'a str),
}

impl<'a> Question<'a> {
    /// The question that a stored event poses; `headers` are those of its head.
    pub fn of(event: &'a Event, headers: &'a Headers, public_url: Option<&'a str>) -> Question<'a> {
        Question {
            method: &event.method,
            called: match public_url {
                Some(public) if !event.target.contains("://") => Called::Public(public, &event.target),
                _ => Called::Target(&event.target),
            },
            headers,
            body: &event.body,
            arrived: event.received_at,
            params: &NO_PARAMS,
        }
    }

    /// The same question put at a source, whose settings count.
    pub fn at(self, source: Option<&'a Source>) -> Question<'a> {
        match source {
            Some(source) => Question { params: &source.params, ..self },
            None => self,
        }
    }

    /// The URL that the sender called.
    pub(super) fn url(&self) -> Cow<'a, str> {
        match self.called {
            Called::Url(url) => url.into(),
            Called::Public(public, target) => {
                let query = target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
                format!("{public}{query}").into()
            }
            Called::Target(target) if target.contains("://") => target.into(),
            Called::Target(target) => {
                let said = |name| self.headers.text(name);
                let scheme = said("x-forwarded-proto").unwrap_or("http");
                let host = said("x-forwarded-host").or(said("host")).unwrap_or("localhost");
                format!("{scheme}://{host}{target}").into()
            }
        }
    }

    /// A field of the form; `payload.type` looks into the JSON that the field `payload` holds.
    pub(super) fn form_value(&self, name: &str) -> Option<String> {
        let form = self.form()?;
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        field(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            json_lookup(field(first)?.as_bytes(), rest)?.text().map(|text| text.into_owned())
        })
    }

    /// The decoded pairs of an `application/x-www-form-urlencoded` body.
    pub(super) fn form(&self) -> Option<Vec<(String, String)>> {
        let kind = self.headers.text("content-type")?;
        let is_form = kind.split(';').next()?.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        is_form.then(|| pairs(&String::from_utf8_lossy(self.body)))
    }

    /// The query as written; `None` where it is empty.
    pub(super) fn query_string(&self) -> Option<String> {
        // Not by way of the URL: a host that the request names may hold a question mark.
        let (Called::Url(called) | Called::Public(_, called) | Called::Target(called)) = self.called;
        called.split_once('?').map(|(_, query)| query.to_owned()).filter(|query| !query.is_empty())
    }

    /// The decoded pairs of the query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        self.query_string().map(|query| pairs(&query)).unwrap_or_default()
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

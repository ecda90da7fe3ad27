//! The question put to the catalogue: one request, with everything that a signature may cover.

use crate::model::{Event, Headers, Timestamp, json_lookup};
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// A request as the signature check sees it.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Request method.
    pub method: &'a str,
    /// The URL that the sender called, which is not what a listener behind a tunnel saw.
    pub url: String,
    /// Header lines.
    pub headers: &'a Headers,
    /// The body as received.
    pub body: &'a [u8],
    /// When the head was complete.
    pub arrived: Timestamp,
    /// Settings of the source (`key_id`, `verify_token` ...).
    pub params: BTreeMap<String, String>,
}

impl<'a> Question<'a> {
    /// The question that a stored event poses; `headers` are those of its head.
    pub fn of(event: &'a Event, headers: &'a Headers, public_url: Option<&str>) -> Question<'a> {
        Question {
            method: &event.method,
            url: sender_url(&event.target, headers, public_url),
            headers,
            body: &event.body,
            arrived: event.received_at,
            params: BTreeMap::new(),
        }
    }

    /// `header:NAME`, `json:PATH`, `form:NAME`, `query:NAME`, `param:NAME`.
    pub(super) fn value(&self, source: &str) -> Option<String> {
        let (kind, name) = source.split_once(':')?;
        match kind {
            "header" => self.headers.text(name).map(str::to_owned),
            "json" => json_lookup(self.body, name)?.text().map(|text| text.into_owned()),
            "form" => self.form_value(name),
            "query" => self.query().into_iter().find(|(key, _)| key == name).map(|(_, value)| value),
            "param" => self.params.get(name).cloned(),
            _ => None,
        }
    }

    /// A field of the form; `payload.type` looks into the JSON that the field `payload` holds.
    fn form_value(&self, name: &str) -> Option<String> {
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

    /// The decoded pairs of the query.
    pub(super) fn query(&self) -> Vec<(String, String)> {
        self.url.split_once('?').map(|(_, query)| pairs(query)).unwrap_or_default()
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

/// The URL the sender called: the source's public one, else what the request says of itself.
fn sender_url(target: &str, headers: &Headers, public_url: Option<&str>) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    if let Some(public) = public_url {
        let query = target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        return format!("{public}{query}");
    }
    let scheme = headers.text("x-forwarded-proto").unwrap_or("http");
    let host = headers.text("x-forwarded-host").or(headers.text("host")).unwrap_or("localhost");
    format!("{scheme}://{host}{target}")
}

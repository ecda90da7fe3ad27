//! A request as a provider might send it, made of nothing but what its entry says.
//! It must not sign: that takes a secret and the present time.

use super::algorithm::KeyForm;
use super::place::{Kind, Place};
use super::provider::Provider;
use crate::model::Headers;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

/// Headers and body with everything that the signature covers or that facts are read from.
pub fn example(provider: &Provider) -> (Headers, Vec<u8>) {
    let mut headers = Headers::default();
    let fields = form_fields(provider);
    let (kind, body) = match fields.is_empty() {
        true => ("application/json", Value::Object(sample_body(provider)).to_string()),
        false => ("application/x-www-form-urlencoded", fields.join("&")),
    };
    headers.push("Content-Type", kind);
    for (name, value) in sample_headers(provider) {
        headers.push(&name, value);
    }
    (headers, body.into_bytes())
}

/// The fields of a form, where the entry reads nothing but forms; each with an example of a value.
fn form_fields(provider: &Provider) -> Vec<String> {
    let is = |kind: Kind| move |place: &&Place| place.kind == kind;
    if places(provider).any(|place| place.kind == Kind::Json) {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    for place in places(provider).filter(is(Kind::Form)) {
        let name = place.name.split('.').next().unwrap_or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(|name| format!("{name}=example")).collect()
}

/// Where the signature and what it covers stand, and the first choice of places for each fact.
fn places(provider: &Provider) -> impl Iterator<Item = &Place> {
    let scheme = provider.schemes().first();
    let signed =
        scheme.into_iter().flat_map(|scheme| scheme.template.places().into_iter().chain(&scheme.signature.from));
    provider.fact_places().chain(signed)
}

/// A secret in the form that the entry wants, known to everybody.
pub fn example_secret(provider: &Provider) -> String {
    let bytes = b"this is an example, not a secret";
    match provider.schemes().first().map(|scheme| scheme.key) {
        Some(KeyForm::Whsec | KeyForm::WhsecOrUtf8) => format!("whsec_{}", BASE64_STANDARD.encode(bytes)),
        Some(KeyForm::Base64) => BASE64_STANDARD.encode(bytes),
        Some(KeyForm::Hex) => hex::encode(bytes),
        _ if provider.algorithm() == "Basic" => "user:example-password".into(),
        _ => "example-secret".into(),
    }
}

/// Headers that its signature covers, its facts are read from or its checks ask for, each with a value.
fn sample_headers(provider: &Provider) -> Vec<(String, String)> {
    let scheme = provider.schemes().first();
    let checks = scheme.into_iter().flat_map(|scheme| &scheme.check).filter(|check| !check.absent);
    let asked = checks.filter_map(|check| {
        // What is computed is not known before there is a body.
        let plain = check.equals.as_ref().map(|wanted| wanted.text()).filter(|text| !text.contains('{'));
        Some((check.source.header()?, plain.unwrap_or("example")))
    });
    let read = places(provider).filter_map(Place::header).map(|name| (name, "example"));
    let signature: Vec<&str> = provider.signature_headers().collect();
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in asked.chain(read).filter(|(name, _)| !signature.contains(name)) {
        if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    headers
}

/// A body with what its facts are read from and what is signed.
fn sample_body(provider: &Provider) -> Map<String, Value> {
    let mut body = Value::Object(Map::new());
    for place in places(provider).filter(|place| place.kind == Kind::Json) {
        put(&mut body, &place.name);
    }
    match body {
        Value::Object(body) if !body.is_empty() => body,
        _ => Map::from_iter([("hello".to_owned(), "world".into())]),
    }
}

/// Makes the path in a value, unless something else is there already. A number or `*` is a place in a list: its first.
fn put(value: &mut Value, path: &str) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let in_list = first == "*" || first.starts_with(|c: char| c.is_ascii_digit());
    if first.starts_with('#') {
        return;
    }
    if value.is_null() {
        *value = if in_list { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    let inner = match value {
        Value::Object(object) if !in_list => object.entry(first.to_owned()).or_insert(Value::Null),
        Value::Array(list) if in_list => {
            if list.is_empty() {
                list.push(Value::Null);
            }
            &mut list[0]
        }
        _ => return,
    };
    match rest {
        Some(rest) => put(inner, rest),
        None if inner.is_null() => *inner = "example".into(),
        None => {}
    }
}

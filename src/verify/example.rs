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
    let body = Value::Object(sample_body(provider)).to_string();
    let mut headers = Headers::default();
    headers.push("Content-Type", "application/json");
    for name in sample_headers(provider) {
        headers.push(&name, "example");
    }
    (headers, body.into_bytes())
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

/// Headers that its signature covers or its facts are read from.
fn sample_headers(provider: &Provider) -> Vec<String> {
    let scheme = provider.schemes().first();
    let covered = scheme.into_iter().flat_map(|scheme| scheme.template.places()).filter_map(Place::header);
    let needed = scheme.into_iter().flat_map(|scheme| &scheme.check).filter(|check| !check.absent);
    let needed = needed.filter_map(|check| check.source.header());
    let facts = provider.fact_places().filter_map(Place::header);
    let mut names: Vec<String> = Vec::new();
    for name in covered.chain(needed).chain(facts) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A body with what its facts are read from.
fn sample_body(provider: &Provider) -> Map<String, Value> {
    let mut body = Map::new();
    let scheme = provider.schemes().first();
    let covered = scheme.into_iter().flat_map(|scheme| scheme.template.places());
    for place in provider.fact_places().chain(covered).filter(|place| place.kind == Kind::Json) {
        put(&mut body, &place.name);
    }
    if body.is_empty() {
        body.insert("hello".into(), "world".into());
    }
    body
}

/// Makes the path in an object, unless what is there already is no object. Paths into lists are left out.
fn put(object: &mut Map<String, Value>, path: &str) {
    match path.split_once('.') {
        Some((first, rest)) => {
            let inner = object.entry(first.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner
                && !rest.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '#')
            {
                put(inner, rest);
            }
        }
        None => drop(object.entry(path.to_owned()).or_insert_with(|| "example".into())),
    }
}

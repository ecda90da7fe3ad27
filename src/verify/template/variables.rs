//! What a template's variables stand for in a request.

use super::{COMPONENT, Known, Missing, Variable};
use crate::verify::Question;
use crate::verify::beside::Beside;
use crate::verify::place::Kind;
use percent_encoding::{percent_decode_str, utf8_percent_encode};

/// The value of a variable; in `optional` parts nothing is empty, it is missing.
pub(super) fn look_up(
    variable: &Variable,
    optional: bool,
    question: &Question,
    known: &Known,
) -> Result<Vec<u8>, Missing> {
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

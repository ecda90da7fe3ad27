//! The signatures that a request carries, in the entry's form, with what stands beside each.

use super::Question;
use super::algorithm::Algorithm;
use super::beside::Beside;
use super::encoding::Encoding;
use super::entry::{Choose, Parse, Signature};
use super::jwt::Jwt;
use super::place::{Kind, Place};

/// Signatures that share what stands beside them: one occurrence of a header, or one group in it.
#[derive(Debug)]
pub(super) struct Group {
    /// Signatures as text.
    pub(super) signatures: Vec<String>,
    /// How they were made.
    pub(super) algorithm: Algorithm,
    pub(super) encoding: Encoding,
    /// What they cover, where code and not the template says it.
    pub(super) content: Option<Content>,
    pub(super) beside: Beside,
}

/// What code says that a signature covers.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// A change of the body is noticed.
    pub(super) covers_body: bool,
    /// Until when the signature is good, in Unix seconds.
    pub(super) expires: Option<i64>,
}

/// The texts that stand where signatures stand, by place.
pub(super) fn texts(rule: &Signature, question: &Question) -> Vec<String> {
    let mut texts: Vec<String> = rule.from.iter().flat_map(|place| place.values(question)).collect();
    if let (true, Some(first)) = (rule.numbered, rule.from.first().and_then(Place::header)) {
        let name = first.trim_end_matches('1');
        let further = (2..).map_while(|n| question.headers.text(&format!("{name}{n}")).map(str::to_owned));
        // A request has few hundred headers.
        texts.extend(further);
    }
    texts
}

/// What one such text holds.
pub(super) fn groups(rule: &Signature, question: &Question, text: &str) -> Vec<Group> {
    let Some((algorithm, prefix)) = chosen(rule, question, text) else { return Vec::new() };
    let encoding = match rule.encoding {
        Encoding::Param => Encoding::named(question.params.get("encoding").map_or("", String::as_str)),
        encoding => encoding,
    };
    let parts: Vec<&str> = match &rule.group_sep {
        Some(sep) => text.split(sep.as_str()).filter(|part| !part.is_empty()).collect(),
        None => vec![text],
    };
    let group = |part: &str| {
        let (mut signatures, fields) = split(rule, question, &prefix, part);
        if rule.lenient {
            signatures.extend(pieces(part));
        }
        let jwt = match algorithm {
            Algorithm::Jwt | Algorithm::Jws => signatures.first().and_then(|text| Jwt::read(text)),
            _ => None,
        };
        Group { signatures, algorithm, encoding, content: None, beside: Beside { fields, jwt } }
    };
    parts.into_iter().map(group).collect()
}

/// The algorithm that the sender says it used, and what stands before the signature.
fn chosen(rule: &Signature, question: &Question, text: &str) -> Option<(Algorithm, String)> {
    let prefix = match rule.parse {
        Parse::Param => question.params.get("prefix").cloned().unwrap_or_default(),
        _ => rule.prefix.clone(),
    };
    let Some(Choose { by, from }) = &rule.choose else { return Some((rule.algorithm, prefix)) };
    match by.as_str() {
        "prefix" => from.iter().find(|(prefix, _)| text.starts_with(*prefix)).map(|(p, a)| (*a, p.clone())),
        "param" => match question.params.get("algorithm") {
            Some(name) => from.get(name).map(|algorithm| (*algorithm, prefix)),
            None => Some((rule.algorithm, prefix)),
        },
        place => {
            let said = Place::parse(place)?.value(question, &Beside::default())?;
            from.get(&said).map(|algorithm| (*algorithm, prefix))
        }
    }
}

/// Whatever in a text may be a signature, for the doctor.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    const MOST: usize = 16;
    let after = |part: &str| part.split_once('=').map_or(String::new(), |(_, after)| after.to_owned());
    let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| part.len() >= 16);
    std::iter::once(text.trim().to_owned()).chain(parts.flat_map(move |part| [part.to_owned(), after(part)])).take(MOST)
}

type Split = (Vec<String>, Vec<(String, String)>);

fn split(rule: &Signature, question: &Question, prefix: &str, text: &str) -> Split {
    match rule.parse {
        Parse::Plain | Parse::Param => {
            (text.strip_prefix(prefix).filter(|s| !s.is_empty()).map(str::to_owned).into_iter().collect(), Vec::new())
        }
        Parse::List => {
            let items = text.split(&rule.sep).filter_map(|item| item.trim().strip_prefix(prefix));
            (items.map(str::to_owned).collect(), Vec::new())
        }
        Parse::Kv => {
            let items: Vec<&str> = text.split(&rule.sep).map(str::trim).collect();
            (kv_signatures(rule, &items), kv_fields(rule, &items))
        }
        Parse::Pairs => (pairs(rule, question, text), Vec::new()),
    }
}

/// The values of the wanted key; `#n` = the n-th item whole, `#n+` = from there on.
fn kv_signatures(rule: &Signature, items: &[&str]) -> Vec<String> {
    if let Some(position) = rule.key.strip_prefix('#') {
        let most = if position.ends_with('+') { usize::MAX } else { 1 };
        let from = position.trim_end_matches('+').parse().unwrap_or(usize::MAX);
        return items.iter().skip(from).take(most).map(|item| (*item).to_owned()).collect();
    }
    let values = items.iter().filter_map(|item| item.split_once(&rule.kvsep)).filter(|(key, _)| *key == rule.key);
    values.map(|(_, value)| value.to_owned()).collect()
}

fn kv_fields(rule: &Signature, items: &[&str]) -> Vec<(String, String)> {
    let by_key = items.iter().filter(|_| !rule.kvsep.is_empty()).filter_map(|item| item.split_once(&rule.kvsep));
    let by_key = by_key.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let by_position = items.iter().take(8).enumerate().map(|(n, item)| (format!("#{n}"), (*item).to_owned()));
    by_key.chain(by_position).collect()
}

/// `<id><kvsep><signature>`: those whose id is ours; all where the source does not say what ours is.
fn pairs(rule: &Signature, question: &Question, text: &str) -> Vec<String> {
    let own = Place::parse(&rule.key).filter(|place| place.kind == Kind::Param);
    let own = own.and_then(|place| place.value(question, &Beside::default()));
    let items = text.split(&rule.sep).filter_map(|item| item.trim().split_once(&rule.kvsep));
    items.filter(|(id, _)| own.as_deref().is_none_or(|own| own == *id)).map(|(_, s)| s.to_owned()).collect()
}

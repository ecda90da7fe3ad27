//! HTTP signatures as draft-cavage-http-signatures-12 has them: the listed headers, a line each (also Keygen's).

use super::{Group, Question, Special};
use crate::verify::age::{self, TimeUnit};
use crate::verify::algorithm::{Algorithm, Hash};
use crate::verify::asymmetric::Public;
use crate::verify::beside::Beside;
use crate::verify::candidates::Content;
use crate::verify::encoding::Encoding;
use sha2::{Digest, Sha256};

pub(super) struct Cavage;

impl Special for Cavage {
    fn groups(&self, question: &Question, text: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str> {
        let fields = parameters(text);
        read.into_iter().take(1).map(|group| signed(question, group, &fields)).collect()
    }
}

fn signed(question: &Question, group: Group, fields: &[(String, String)]) -> Result<Group, &'static str> {
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let algorithm = match field("algorithm") {
        Some("hmac-sha256") => Algorithm::Hmac(Hash::Sha256),
        Some("rsa-sha256") => Algorithm::Public(Public::RsaSha256),
        Some("ed25519") => Algorithm::Public(Public::Ed25519),
        Some("hs2019") | None => Algorithm::OfKey,
        Some(_) => return Err("the algorithm that it names is not known"),
    };
    let names = field("headers").unwrap_or("date");
    let listed = |wanted: &str| names.split(' ').any(|name| name.eq_ignore_ascii_case(wanted));
    // A body that the signed digest does not fit is not what was signed.
    if names.split(' ').any(|name| name.eq_ignore_ascii_case("digest")) && !digest_fits(question) {
        return Err("the body does not fit the Digest header, which is what is signed");
    }
    let lines: Option<Vec<String>> = names.split(' ').map(|name| line(question, name, fields)).collect();
    let signature = field("signature").ok_or("it holds no signature")?;
    let lines = lines.ok_or("a header that is signed is not there")?;
    Ok(Group {
        signatures: vec![signature.to_owned()],
        algorithm,
        content: Some(Content {
            bytes: lines.join("\n").into_bytes(),
            covers_body: listed("digest"),
            expires: field("expires").filter(|_| listed("(expires)")).and_then(|text| text.parse().ok()),
        }),
        beside: Beside { fields: with_time(question, fields, &listed), ..group.beside },
        ..group
    })
}

/// The parameters, and the time that is signed: another one anybody could set.
fn with_time(question: &Question, fields: &[(String, String)], listed: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let created = fields.iter().find(|(name, _)| name == "created").filter(|_| listed("(created)"));
    let date = || age::read(TimeUnit::HttpDate, question.headers.text("date")?).map(|at| age::write(TimeUnit::S, at));
    let signed = created.map(|(_, time)| time.clone()).or_else(|| date().filter(|_| listed("date")));
    fields.iter().cloned().chain(signed.map(|time| ("signed_at".to_owned(), time))).collect()
}

/// `name="value"` and `name=value`, with commas between.
fn parameters(text: &str) -> Vec<(String, String)> {
    let item = |item: &str| {
        let (name, value) = item.trim().split_once('=')?;
        Some((name.to_owned(), value.trim_matches('"').to_owned()))
    };
    text.split(',').filter_map(item).collect()
}

fn line(question: &Question, name: &str, fields: &[(String, String)]) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let value = match name.as_str() {
        "(request-target)" => {
            let url = question.url();
            let target = url.splitn(4, '/').nth(3).map_or("/".to_owned(), |rest| format!("/{rest}"));
            format!("{} {target}", question.method.to_lowercase())
        }
        "(created)" => field("created")?,
        "(expires)" => field("expires")?,
        header => {
            let values: Vec<String> =
                question.headers.all(header).map(|v| String::from_utf8_lossy(v).trim().to_owned()).collect();
            (!values.is_empty()).then(|| values.join(", "))?
        }
    };
    Some(format!("{name}: {value}"))
}

fn digest_fits(question: &Question) -> bool {
    let own = Encoding::Base64.encode(&Sha256::digest(question.body));
    question
        .headers
        .text("digest")
        .and_then(|digest| digest.split_once('='))
        .is_some_and(|(name, said)| name.eq_ignore_ascii_case("sha-256") && said == own)
}

//! A signature of nobody that is known: what it looks like, and which common way of signing makes it.

use super::{Assumption, Lab, Scheme, secrets};
use crate::model::{Assumed, Secret, count};
use crate::verify::Question;
use crate::verify::age::{TimeRule, TimeUnit};
use crate::verify::algorithm::{Algorithm, Hash, KeyForm};
use crate::verify::encoding::Encoding;
use crate::verify::entry::{JwtRule, Parse, Signature};
use crate::verify::place::Place;
use crate::verify::template::Template;

/// What senders commonly sign.
const TEMPLATES: [&str; 8] = [
    "{body}",
    "{ts}.{body}",
    "{ts}{body}",
    "{ts}:{body}",
    "{body}{ts}",
    "v0:{ts}:{body}",
    "{url}{body}",
    "{method}{url}{body}",
];

/// Looks at the header that looks like a signature.
pub(super) fn examine(lab: &mut Lab) {
    let question = lab.patient.question;
    let Some((name, value)) = looks_signed(&question) else { return };
    let Some((alphabet, bytes)) = looks_like(&value) else {
        lab.diagnosis.words = vec![format!("{name} holds neither hex nor base64.")];
        return;
    };
    let hashes = hashes(bytes.len());
    let made = match hashes.first() {
        Some(hash) => format!(", as long as {} makes it", Algorithm::Hmac(*hash).name()),
        None => String::new(),
    };
    let looks = format!("{name}: {alphabet}, {}{made}.", count(bytes.len() as u64, "byte"));
    for (whose, secret) in &lab.patient.others {
        if try_with(lab, &name, whose, secret, &hashes, &question) {
            break;
        }
    }
    let mut words = vec![looks];
    if lab.diagnosis.matched().is_some() {
        words.append(&mut lab.diagnosis.words);
    } else if lab.patient.others.is_empty() {
        words.push("With a secret in the configuration the common ways of signing are tried on it.".into());
    } else {
        words.push(format!("No common way of signing makes it ({} tried).", lab.diagnosis.tried.len()));
    }
    lab.diagnosis.words = words;
}

fn try_with(lab: &mut Lab, name: &str, whose: &str, secret: &Secret, hashes: &[Hash], question: &Question) -> bool {
    let mut keys = vec![("as it is".to_owned(), secret.expose().to_vec())];
    let first: Vec<Scheme> =
        hashes.first().map(|hash| scheme(name, *hash, "{body}", None)).into_iter().flatten().collect();
    keys.extend(secrets::forms(secret, &first).into_iter().map(|form| (form.words, form.key)));
    for &hash in hashes {
        for text in TEMPLATES {
            for time in times(text, question) {
                let Some(scheme) = scheme(name, hash, text, time.as_ref()) else { continue };
                for (form, key) in &keys {
                    let at = time.as_ref().map(|place| format!(", ts = {place}")).unwrap_or_default();
                    let made = Algorithm::Hmac(hash).name();
                    let words = format!("{made} over {text}{at} with the secret {} {whose}, {form}", secret.name);
                    let secrets = [Secret::exact(secret.name.clone(), key.clone())];
                    let schemes = std::slice::from_ref(&scheme);
                    let told =
                        "An entry of your own in the folder providers makes this a provider: see `providers ID`.";
                    let assumption = Assumption {
                        assumed: Assumed::Scheme,
                        schemes,
                        secrets: &secrets,
                        question: *question,
                        other: None,
                    };
                    if lab.guess(&words, &assumption, told) {
                        return true;
                    }
                }
            }
        }
    }
    false
}

/// The first header that looks like a signature.
fn looks_signed(question: &Question) -> Option<(String, String)> {
    question.headers.iter().find_map(|(name, value)| {
        let name = String::from_utf8_lossy(name).into_owned();
        let low = name.to_lowercase();
        let looks = low.contains("signature") || low.contains("hmac");
        looks.then(|| (name, String::from_utf8_lossy(value).into_owned()))
    })
}

/// The alphabet of the longest part that can be decoded, and its bytes.
fn looks_like(value: &str) -> Option<(&'static str, Vec<u8>)> {
    let parts = value.split([',', ';', ' ']).flat_map(|part| {
        let after = part.split_once('=').map_or("", |(_, after)| after);
        [part, after]
    });
    let decoded = parts.filter(|part| part.len() >= 16).filter_map(|part| Some((part, Encoding::Any.decode(part)?)));
    let (part, bytes) = decoded.max_by_key(|(_, bytes)| (hashes(bytes.len()).len(), bytes.len()))?;
    let hex = part.bytes().all(|b| b.is_ascii_hexdigit());
    Some((if hex { "hex digits" } else { "base64" }, bytes))
}

/// The hashes with digests of this length.
fn hashes(length: usize) -> Vec<Hash> {
    match length {
        16 => vec![Hash::Md5],
        20 => vec![Hash::Sha1],
        32 => vec![Hash::Sha256],
        48 => vec![Hash::Sha384],
        64 => vec![Hash::Sha512],
        _ => Vec::new(),
    }
}

/// The times that the template may mean: none where it has none.
fn times(template: &str, question: &Question) -> Vec<Option<Place>> {
    if !template.contains("{ts}") {
        return vec![None];
    }
    let named = |name: &[u8]| String::from_utf8_lossy(name).to_lowercase().contains("time");
    let headers = question.headers.iter().filter(|(name, _)| named(name)).take(3);
    let headers = headers.filter_map(|(name, _)| Place::parse(&format!("header:{}", String::from_utf8_lossy(name))));
    let in_list = ["t", "ts", "timestamp"].into_iter().filter_map(|key| Place::parse(&format!("sigfield:{key}")));
    headers.chain(in_list).map(Some).collect()
}

fn scheme(name: &str, hash: Hash, template: &str, time: Option<&Place>) -> Option<Scheme> {
    let source = time.cloned();
    let timestamp = source.map(|source| TimeRule {
        source,
        unit: TimeUnit::Auto,
        tolerance: None,
        future: true,
        exclusive: false,
        not_before: None,
    });
    Some(Scheme {
        signature: Signature {
            from: vec![Place::parse(&format!("header:{name}"))?],
            numbered: false,
            algorithm: Algorithm::Hmac(hash),
            encoding: Encoding::Any,
            parse: Parse::Kv,
            prefix: String::new(),
            sep: ",".into(),
            kvsep: "=".into(),
            key: "v1".into(),
            group_sep: None,
            url_variants: Vec::new(),
            choose: None,
            lenient: true,
        },
        template: Template::parse(template).ok()?,
        key: KeyForm::Utf8,
        key_strip: None,
        key_template: None,
        timestamp,
        check: Vec::new(),
        jwt: JwtRule::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_known_by_its_length_and_alphabet() {
        let digest = [7; 32];
        assert_eq!(looks_like(&format!("sha256={}", hex::encode(digest))).unwrap().0, "hex digits");
        assert_eq!(looks_like(&format!("t=1763894525,v1={}", hex::encode(digest))).unwrap().1, digest);
        assert_eq!(looks_like("no"), None);
    }
}

//! HTTP Message Signatures (RFC 9421), with the body by its Content-Digest (RFC 9530).

use super::{Group, Question, Special};
use crate::verify::algorithm::{Algorithm, Hash};
use crate::verify::asymmetric::Public;
use crate::verify::beside::Beside;
use crate::verify::candidates::Content;
use crate::verify::encoding::Encoding;
use sha2::{Digest, Sha256, Sha512};

/// The algorithms of section 3.3.
const ALGORITHMS: [(&str, Algorithm); 6] = [
    ("hmac-sha256", Algorithm::Hmac(Hash::Sha256)),
    ("ed25519", Algorithm::Public(Public::Ed25519)),
    ("ecdsa-p256-sha256", Algorithm::Public(Public::EcdsaP256)),
    ("ecdsa-p384-sha384", Algorithm::Public(Public::EcdsaP384)),
    ("rsa-pss-sha512", Algorithm::Public(Public::RsaPssSha512)),
    ("rsa-v1_5-sha256", Algorithm::Public(Public::RsaSha256)),
];

/// Signatures of one message that are looked at.
const MOST: usize = 8;

pub(super) struct Rfc9421;

impl Special for Rfc9421 {
    fn groups(&self, question: &Question, text: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str> {
        let inputs: Vec<String> =
            question.headers.all("signature-input").map(|v| String::from_utf8_lossy(v).into_owned()).collect();
        let inputs = members(&inputs.join(", "));
        // One of several signatures is enough.
        let (mut groups, mut refused) = (Vec::new(), "no label of Signature-Input is in Signature");
        for (label, signature) in members(text).into_iter().take(MOST) {
            let Some((_, input)) = inputs.iter().find(|(known, _)| *known == label) else { continue };
            let encoding = read.first().map_or(Encoding::Base64, |group| group.encoding);
            match signed(question, input, &signature, encoding) {
                Ok(group) => groups.push(group),
                Err(why) => refused = why,
            }
        }
        if groups.is_empty() { Err(refused) } else { Ok(groups) }
    }
}

/// One signature with its base (section 2.5).
fn signed(question: &Question, input: &str, signature: &str, encoding: Encoding) -> Result<Group, &'static str> {
    let inner = input.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (list, parameters) = inner.ok_or("Signature-Input cannot be read")?;
    let fields: Vec<(String, String)> = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
        .collect();
    let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let algorithm = match field("alg") {
        Some(name) => match ALGORITHMS.iter().find(|(known, _)| *known == name) {
            Some((_, algorithm)) => *algorithm,
            None => return Err("the algorithm that it names is not known"),
        },
        None => Algorithm::OfKey,
    };
    let names: Vec<&str> = list.split_whitespace().collect();
    if names.iter().any(|name| name.trim_matches('"') == "content-digest") && !digest_fits(question) {
        return Err("the body does not fit its Content-Digest, which is what is signed");
    }
    let lines: Option<Vec<String>> = names.iter().map(|name| component(question, name)).collect();
    let mut lines = lines.ok_or("a component that is signed is not there, or not known")?;
    lines.push(format!("\"@signature-params\": {input}"));
    Ok(Group {
        signatures: vec![signature.trim_matches(':').to_owned()],
        algorithm,
        encoding: if encoding == Encoding::Hex { Encoding::Base64 } else { encoding },
        content: Some(Content {
            bytes: lines.join("\n").into_bytes(),
            covers_body: names.iter().any(|name| name.trim_matches('"') == "content-digest"),
            expires: field("expires").and_then(|text| text.parse().ok()),
        }),
        beside: Beside { fields, jwt: None },
    })
}

/// The line of a covered component (section 2.1 and 2.2); `None` where it has parameters that are not known here.
fn component(question: &Question, quoted: &str) -> Option<String> {
    let name = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let url = question.url();
    let (scheme, rest) = url.split_once("://")?;
    let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let path = if path.is_empty() { "/" } else { path };
    let value = match name {
        "@method" => question.method.to_owned(),
        "@target-uri" => url.to_string(),
        "@authority" => {
            let own = if scheme == "https" { ":443" } else { ":80" };
            authority.to_lowercase().trim_end_matches(own).to_owned()
        }
        "@scheme" => scheme.to_lowercase(),
        "@request-target" => format!("{path}{query}"),
        "@path" => path.to_owned(),
        "@query" => {
            if query.is_empty() {
                "?".to_owned()
            } else {
                query.to_owned()
            }
        }
        name if name.starts_with('@') => return None,
        name => {
            let values: Vec<String> =
                question.headers.all(name).map(|v| String::from_utf8_lossy(v).trim().to_owned()).collect();
            (!values.is_empty()).then(|| values.join(", "))?
        }
    };
    Some(format!("{quoted}: {value}"))
}

fn digest_fits(question: &Question) -> bool {
    let said: Vec<String> =
        question.headers.all("content-digest").map(|v| String::from_utf8_lossy(v).into_owned()).collect();
    members(&said.join(", ")).iter().any(|(name, digest)| {
        let own = match name.as_str() {
            "sha-256" => Sha256::digest(question.body).to_vec(),
            "sha-512" => Sha512::digest(question.body).to_vec(),
            _ => return false,
        };
        digest.trim_matches(':') == Encoding::Base64.encode(&own)
    })
}

/// The members of a dictionary (RFC 8941): commas inside brackets and quotes belong to a member.
fn members(text: &str) -> Vec<(String, String)> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    let member = |part: &&str| part.trim().split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.iter().filter_map(member).collect()
}

#[cfg(test)]
mod tests {
    use crate::model::{Headers, Secret, Timestamp, Verdict};
    use crate::verify::question::NO_PARAMS;
    use crate::verify::{Called, Catalogue, Proof, Question, judge};
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    const DIGEST: &str =
        "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

    /// The request of appendix B.2 with one of its signatures.
    fn judged(input: &str, signature: &str, key: &[u8], body: &[u8]) -> Verdict {
        let lines = format!(
            "Host: example.com\r\nDate: Tue, 20 Apr 2021 02:07:55 GMT\r\nContent-Type: application/json\r\n\
             Content-Digest: {DIGEST}\r\nContent-Length: 18\r\n\
             Signature-Input: {input}\r\nSignature: {signature}\r\n"
        );
        let headers = Headers::parse_lines(lines.as_bytes());
        let question = Question {
            method: "POST",
            called: Called::Url("https://example.com/foo?param=Value&Pet=dog"),
            headers: &headers,
            body,
            arrived: Timestamp::from_secs(1_618_884_480),
            params: &NO_PARAMS,
        };
        let provider = Catalogue::in_force().get("rfc9421").unwrap();
        judge(provider, &[Secret::new("key", key.to_vec())], &question, Proof::Wanted).verdict
    }

    #[test]
    fn the_signatures_of_the_appendix_hold() {
        let body = br#"{"hello": "world"}"#;
        let shared = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
        let shared = BASE64_STANDARD.decode(shared).unwrap();
        let input = r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#;
        let signature = "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:";
        assert_eq!(judged(input, signature, &shared, body), Verdict::Valid);
        assert_eq!(judged(input, signature, b"other", body), Verdict::Invalid);
        let key = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n\
                   -----END PUBLIC KEY-----";
        let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")\
                     ;created=1618884473;keyid=\"test-key-ed25519\"";
        let signature =
            "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
        assert_eq!(judged(input, signature, key.as_bytes(), body), Verdict::Valid);
        assert_eq!(judged(&input.replace("@path", "@query"), signature, key.as_bytes(), body), Verdict::Invalid);
    }

    #[test]
    fn a_body_that_its_digest_does_not_fit_is_refused() {
        use crate::verify::algorithm::{Algorithm, Key, KeyForm, sign};
        let input = r#"a=("content-digest");created=1618884473"#;
        let base = format!("\"content-digest\": {DIGEST}\n\"@signature-params\": {}", &input[2..]);
        let key = Key::read(KeyForm::Utf8, b"k", None).unwrap();
        let own = sign(Algorithm::default(), &key, base.as_bytes()).unwrap();
        let signature = format!("a=:{}:", BASE64_STANDARD.encode(own));
        assert_eq!(judged(input, &signature, b"k", br#"{"hello": "world"}"#), Verdict::Valid);
        assert_eq!(judged(input, &signature, b"k", br#"{"hello": "moon"}"#), Verdict::Invalid);
    }
}

//! An entry in words, for people who only know webhooks.
//! It must not judge anything.

use super::Confidence;
use super::age::{TimeRule, TimeUnit};
use super::algorithm::{Algorithm, KeyForm};
use super::encoding::Encoding;
use super::entry::{Condition, Parse, Patience, Signature, Wanted};
use super::place::{Kind, Place};
use super::provider::Provider;
use super::scheme::Scheme;
use crate::model::micros;

/// Lines of a label and words each.
pub fn explain(provider: &Provider) -> Vec<(&'static str, String)> {
    let mut out = vec![("", format!("{}: {}", provider.id, provider.name))];
    out.push(("stands on", stands_on(provider)));
    out.extend(provider.note.iter().map(|note| ("note", note.clone())));
    for (n, scheme) in provider.schemes().iter().enumerate() {
        if n > 0 {
            out.push(("", "or".into()));
        }
        out.extend(scheme_lines(provider, scheme));
    }
    if provider.signs_nothing() {
        out.push(("signature", "none: anybody can send such an event".into()));
    }
    out.push(("recognised", recognised(provider)));
    for (label, fact) in provider.facts() {
        out.push((label, fact));
    }
    out.extend(patience(&provider.patience).map(|words| ("patience", words)));
    let questions: Vec<&str> = provider.handshakes.iter().map(|rule| rule.name.as_str()).collect();
    if !questions.is_empty() {
        out.push(("handshake", format!("answered: {}", questions.join(", "))));
    }
    if let Some(reply) = &provider.reply {
        let invalid = reply.invalid.map(|status| format!("{status} where the signature is not right"));
        let body = reply.body.as_ref().map(|body| format!("`{body}`"));
        let said: Vec<String> = body.into_iter().chain(invalid).collect();
        out.push(("is told", said.join("; ")));
    }
    let params = provider.params();
    if !params.is_empty() {
        let sample: Vec<String> = params.iter().map(|name| format!("{name} = \"...\"")).collect();
        out.push(("settings", format!("params = {{ {} }} of its [[source]]", sample.join(", "))));
    }
    if provider.covers_url() {
        out.push(("settings", "public_url of its [[source]]: what the sender calls is signed".into()));
    }
    if !provider.signs_nothing() {
        out.push(("secret", format!("--secret {}=env:NAME, or in [secrets] of the configuration", provider.id)));
        let resign = if provider.can_sign() { "can be re-signed with the secret" } else { "only the sender can sign" };
        out.push(("re-sign", resign.into()));
    }
    out
}

/// `waits 10.0 s for the answer; comes again after 1 m, 5 m; gives up after 3 d`.
fn patience(patience: &Patience) -> Option<String> {
    let waits = patience.deadline.map(|us| format!("waits {} for the answer", micros(us)));
    let again: Vec<String> =
        patience.retries.iter().map(|us| if *us == 0 { "0 s".into() } else { micros(*us) }).collect();
    let again = (!again.is_empty()).then(|| format!("comes again after {}", again.join(", ")));
    let ends = patience.give_up.map(|us| format!("tries for {}", micros(us)));
    let words: Vec<String> = [waits, again, ends].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join("; "))
}

fn stands_on(provider: &Provider) -> String {
    let words = match provider.confidence {
        Confidence::Vectors => "vectors: signatures made by the provider's own software hold",
        Confidence::Sdk => "sdk: read in the provider's own software",
        Confidence::Listed => "listed: catalogues of others; not tried on the provider's own signatures",
        Confidence::Unverified => "unverified: from memory only; check it against the provider's documentation",
    };
    let own = if provider.own { "a file of yours; " } else { "" };
    format!("{own}{words}")
}

fn scheme_lines(provider: &Provider, scheme: &Scheme) -> Vec<(&'static str, String)> {
    let rule = &scheme.signature;
    let mut out = vec![("signature", signature(rule))];
    out.push(("made with", made_with(rule)));
    let signed = match (provider.builtin.as_deref(), rule.algorithm) {
        (Some(name), _) => format!("a canonical form of its own ({name})"),
        (None, Algorithm::Jwt) => claims(scheme),
        (None, algorithm) if algorithm.is_shared() => "nothing: it is the secret itself".into(),
        _ => scheme.template.text().replace('\n', "\\n"),
    };
    let open = match () {
        () if provider.builtin.is_some() || scheme.covers_body() => "",
        () if scheme.covers_parts() => "  (of the body only that is covered)",
        () => "  (the body is not covered)",
    };
    out.push(("over", format!("{signed}{open}")));
    if !rule.algorithm.is_shared() {
        out.push(("key", key(scheme)));
    }
    out.push(("time", scheme.timestamp.as_ref().map_or("none that is signed".into(), time)));
    for check in &scheme.check {
        let what = match (&check.equals, &check.matches, check.absent) {
            (Some(template), ..) => format!("is {}", template.text()),
            (_, Some(_), _) => "has the right form".into(),
            (.., true) => "is not there".into(),
            _ => "is there".into(),
        };
        out.push(("needs", format!("{} {what}", place(&check.source))));
    }
    out
}

/// A place in words.
fn place(place: &Place) -> String {
    let name = place.name.replace("{param:", "params.").replace('}', "");
    match place.kind {
        Kind::Header => format!("the header {name}"),
        Kind::Json => format!("{name} in the JSON body"),
        Kind::Form => format!("the form field {name}"),
        Kind::Query => format!("{name} in the query"),
        Kind::Param => format!("params.{name}"),
        Kind::Path => format!("part {name} of the path"),
        Kind::JsonKey => format!("the key of the JSON body that is {name}"),
        Kind::Claim => format!("{name} in the token"),
        Kind::SigField | Kind::SigParam => format!("{name} in the signature"),
        Kind::QueryString => "the query".into(),
        Kind::Body => "the body".into(),
    }
}

fn signature(rule: &Signature) -> String {
    let places: Vec<String> = rule.from.iter().map(place).collect();
    let places = places.join(" or ");
    let numbered = if rule.numbered { ", and on to ...-2, ...-3" } else { "" };
    let form = match rule.parse {
        Parse::Plain if !rule.prefix.is_empty() => format!(", after `{}`", rule.prefix),
        Parse::Plain => String::new(),
        Parse::List => format!(", a list with `{}` between, each after `{}`", rule.sep, rule.prefix),
        Parse::Kv => format!(", the item {} of a list with `{}` between", rule.key, rule.sep),
        Parse::Pairs => format!(", after the id that {} names", place_or(&rule.key)),
        Parse::Param => ", after params.prefix".into(),
    };
    format!("{places}{numbered}{form}")
}

fn place_or(text: &str) -> String {
    Place::parse(text).map_or_else(|| text.to_owned(), |p| place(&p))
}

fn made_with(rule: &Signature) -> String {
    let form = match (rule.algorithm, rule.encoding) {
        (Algorithm::Jwt | Algorithm::Jws | Algorithm::Token | Algorithm::Basic, _) => {
            return rule.algorithm.name().into();
        }
        (_, Encoding::Hex) => "hex",
        (_, Encoding::HexUpper) => "upper-case hex",
        (_, Encoding::Base64) => "base64",
        (_, Encoding::Base64url | Encoding::Base64urlPercent) => "base64 for URLs",
        (_, Encoding::Base64OfHex) => "base64 of its hex digits",
        (_, Encoding::Base64Json) => "a JSON object in base64",
        (_, Encoding::Param | Encoding::Any) => "what params.encoding says",
    };
    let chosen = match &rule.choose {
        Some(choose) => format!(", or as {} says", place_or(&choose.by)),
        None => String::new(),
    };
    format!("{}{chosen}, in {form}", rule.algorithm.name())
}

fn claims(scheme: &Scheme) -> String {
    let claims = scheme.jwt.claims.iter().map(|claim| format!("{} = {}", claim.claim, claim.equals.text()));
    let all: Vec<String> = std::iter::once("the token itself".to_owned()).chain(claims).collect();
    all.join(", ")
}

fn key(scheme: &Scheme) -> String {
    let form = match scheme.key {
        KeyForm::Utf8 => "the secret's text as it is",
        KeyForm::Utf8Nfkd => "the secret's text, normalised (NFKD)",
        KeyForm::Base64 => "the secret decoded from base64",
        KeyForm::Hex => "the secret decoded from hex",
        KeyForm::Whsec => "the secret without `whsec_`, decoded from base64",
        KeyForm::WhsecOrUtf8 => "the secret decoded from base64 if it begins with `whsec_`, else its text",
        KeyForm::Sha1Raw => "the SHA-1 of the secret",
        KeyForm::Sha256Raw => "the SHA-256 of the secret",
        KeyForm::Ed25519Hex => "the public key as 64 hex digits",
        KeyForm::Ed25519Base64 | KeyForm::Ed25519Base64url => "the public key's 32 bytes in base64",
        KeyForm::SpkiBase64 => "the public key in base64 (DER)",
        KeyForm::Pem => "the public key as PEM",
        KeyForm::X509Pem => "the certificate as PEM",
        KeyForm::Jwk => "the public key as a JWK, or a set of them",
    };
    let strip = scheme.key_strip.as_ref().map(|strip| format!(", without what matches {}", strip.text()));
    let built = scheme.key_template.as_ref().map(|template| format!(", as {}", template.text()));
    format!("{form}{}{}", strip.unwrap_or_default(), built.unwrap_or_default())
}

fn time(rule: &TimeRule) -> String {
    let unit = match rule.unit {
        TimeUnit::S => "seconds",
        TimeUnit::Ms => "milliseconds",
        TimeUnit::Auto => "seconds or milliseconds",
        TimeUnit::Iso8601 => "ISO 8601",
        TimeUnit::HttpDate => "an HTTP date",
    };
    let limit = match rule.tolerance {
        Some(limit) => format!("older than {limit} s at its arrival is `old`"),
        None => "its age is not judged".into(),
    };
    let future = if rule.future { "; one ahead of us is taken" } else { "" };
    format!("{} in {unit}; {limit}{future}", place(&rule.source))
}

fn recognised(provider: &Provider) -> String {
    let mut marks: Vec<String> = provider.detect.headers.iter().map(|name| format!("the header {name}")).collect();
    marks.extend(provider.detect.agent.iter().map(|agent| format!("`{agent}` in its User-Agent")));
    marks.extend(provider.detect.body.iter().map(condition));
    match marks.is_empty() {
        true => "only where a [[source]] names it".into(),
        false => marks.join(", "),
    }
}

fn condition(condition: &Condition) -> String {
    let place = place(&condition.place);
    match &condition.wanted {
        Wanted::Something => place,
        Wanted::Nothing => format!("no {place}"),
        Wanted::Text(text) => format!("{place} = {text}"),
        Wanted::Matching(pattern) => format!("{place} like {}", pattern.text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Catalogue;

    #[test]
    fn every_entry_can_be_explained() {
        for provider in Catalogue::in_force().all() {
            assert!(explain(provider).iter().all(|(_, words)| !words.is_empty()), "{}", provider.id);
        }
        let words: Vec<String> =
            explain(Catalogue::in_force().get("stripe").unwrap()).into_iter().map(|(_, words)| words).collect();
        assert!(words.iter().any(|w| w == "the header Stripe-Signature, the item v1 of a list with `,` between"));
        assert!(words.iter().any(|w| w.contains("older than 300 s at its arrival is `old`")));
    }
}

//! The signatures of a group against the secrets: which key, which bytes, which one matches.
//! It must not know what a match is worth.

use super::age::Sent;
use super::algorithm::{self, Algorithm, Key};
use super::beside::Beside;
use super::candidates::Group;
use super::encoding::Encoding;
use super::place::Place;
use super::scheme::Scheme;
use super::template::Known;
use super::trial::{End, Trial, known};
use super::urls::url_variants;
use super::words::clip;
use super::{Called, Proof, Question};
use crate::model::{Reason, Secret, Verdict};
use std::borrow::Cow;

/// What one secret makes of the request.
struct Attempt<'a> {
    key: Option<Key>,
    /// The secret's text as templates see it.
    text: Cow<'a, [u8]>,
}

impl<'a> Trial<'a> {
    /// Every signature against every secret. Gives the name of the one that matched.
    pub(super) fn compare(&mut self, group: &Group, sent: Option<&Sent>) -> Result<String, End> {
        let secrets = self.secrets;
        self.step("Secret", Some(true), || {
            let names: Vec<&str> = secrets.iter().map(|s| s.name.as_str()).collect();
            format!("tried {}: {}", names.len(), names.join(", "))
        });
        let Some(algorithm) = self.algorithm(group) else {
            let said = group.beside.jwt.as_ref().map_or("", |jwt| jwt.says_algorithm()).to_owned();
            self.step("Key", Some(false), || format!("`{}` is not an algorithm of this provider", clip(&said, 20)));
            return Err(End(Verdict::Invalid, Reason::Unsupported));
        };
        let received = received(group);
        let (mut usable, mut computed) = (false, None);
        for secret in secrets {
            let attempt = self.attempt(secret, algorithm, group);
            let Some(key) = &attempt.key else { continue };
            usable = true;
            let algorithm = if algorithm == Algorithm::OfKey { key.algorithm() } else { algorithm };
            for content in self.contents(group, sent, &attempt) {
                let hit = match self.scheme.signature.from.iter().any(Place::is_for_all) {
                    true => all_hold(algorithm, key, &received).then_some(0),
                    false => algorithm::holding(algorithm, key, &content, &received),
                };
                if let Some(n) = hit {
                    let text = group.signatures.get(n).map_or("", String::as_str);
                    self.step(algorithm.name(), Some(true), || match algorithm.is_shared() {
                        true => format!("equals {}", secret.name),
                        false => format!("received {}  = computed with {}", clip(text, 80), secret.name),
                    });
                    return Ok(secret.name.clone());
                }
                if self.proof == Proof::Wanted {
                    computed = computed.or_else(|| algorithm::sign(algorithm, key, &content));
                }
            }
        }
        self.differs(algorithm, group, usable, computed.as_deref());
        let readable = received.iter().any(Option::is_some);
        Err(End(Verdict::Invalid, if readable { Reason::Mismatch } else { Reason::Malformed }))
    }

    fn differs(&mut self, algorithm: Algorithm, group: &Group, usable: bool, computed: Option<&[u8]>) {
        let received = clip(group.signatures.first().map_or("", String::as_str), 80);
        self.step(algorithm.name(), Some(false), || match (algorithm, computed) {
            _ if !usable => "no secret is in the form that this provider uses".to_owned(),
            (algorithm, _) if algorithm.is_shared() => "differs from every configured token".to_owned(),
            (_, Some(own)) if group.beside.jwt.is_none() => {
                format!("received {received}  computed {}", group.encoding.encode(own))
            }
            _ => format!("received {received}  no key verifies it"),
        });
    }

    /// The algorithm in use: that of the entry, or of those that it allows the one that the token names.
    fn algorithm(&self, group: &Group) -> Option<Algorithm> {
        match (group.algorithm, &group.beside.jwt) {
            (Algorithm::Jwt | Algorithm::Jws, Some(jwt)) => jwt.algorithm(&self.scheme.jwt.algs),
            (algorithm, _) => Some(algorithm),
        }
    }

    fn attempt(&self, secret: &'a Secret, algorithm: Algorithm, group: &Group) -> Attempt<'a> {
        let text = secret_text(self.scheme, secret.expose(), self.question);
        let kid = group.beside.jwt.as_ref().and_then(|jwt| jwt.kid());
        let key = text.as_ref().and_then(|text| key(self.scheme, algorithm, group, text, kid));
        Attempt { key, text: text.unwrap_or_default() }
    }

    /// What may have been signed: one text, or one for each form of the URL.
    fn contents(&self, group: &Group, sent: Option<&Sent>, attempt: &Attempt) -> Vec<Vec<u8>> {
        if let Some(content) = &group.content {
            return vec![content.bytes.clone()];
        }
        if group.algorithm.is_shared() {
            return vec![Vec::new()];
        }
        let jwt = group.beside.jwt.as_ref();
        if let (Algorithm::Jwt, Some(jwt)) = (group.algorithm, jwt) {
            return vec![jwt.signing_input.clone().into_bytes()];
        }
        let urls = url_variants(&self.scheme.signature.url_variants, &self.question.url());
        let others = urls.iter().map(|url| Question { called: Called::Url(url), ..*self.question });
        let render = |question: Question| {
            let content = self.scheme.template.render(&question, &known(group, sent, &attempt.text)).ok()?;
            Some(match (group.algorithm, jwt) {
                (Algorithm::Jws, Some(jwt)) => jwt.detached_input(&content),
                _ => content,
            })
        };
        std::iter::once(*self.question).chain(others).filter_map(render).collect()
    }
}

/// The secret's text after what the entry takes off it and puts around it.
pub(super) fn secret_text<'s>(scheme: &Scheme, secret: &'s [u8], question: &Question) -> Option<Cow<'s, [u8]>> {
    let mut text = Cow::Borrowed(secret);
    if let Some(strip) = &scheme.key_strip {
        let whole = std::str::from_utf8(secret).ok()?;
        text = Cow::Owned(strip.strip(whole).into_bytes());
    }
    match &scheme.key_template {
        Some(template) => {
            let known = Known { ts: None, secret: &text, key: None, beside: &Beside::default() };
            template.render(question, &known).ok().map(Cow::Owned)
        }
        None => Some(text),
    }
}

/// The key for this algorithm. A public key is never taken for a shared secret, whatever a token asks for.
fn key(scheme: &Scheme, algorithm: Algorithm, group: &Group, text: &[u8], kid: Option<&str>) -> Option<Key> {
    let token = matches!(group.algorithm, Algorithm::Jwt | Algorithm::Jws) || group.content.is_some();
    match algorithm {
        Algorithm::OfKey => Key::guess(text, kid).or_else(|| Key::read(scheme.key, text, kid)),
        Algorithm::Public(_) => {
            Key::read(scheme.key, text, kid).filter(Key::is_public).or_else(|| Key::guess(text, kid))
        }
        _ if token && Key::guess(text, kid).is_some() => None,
        _ => Key::read(scheme.key, text, kid).filter(|key| !key.is_public()),
    }
}

/// The signatures' bytes; `None` where a text is not in the entry's form.
fn received(group: &Group) -> Vec<Option<Vec<u8>>> {
    if let Some(jwt) = &group.beside.jwt {
        return vec![Some(jwt.signature.clone())];
    }
    let decode = |text: &String| match group.algorithm {
        Algorithm::Token => Some(text.clone().into_bytes()),
        Algorithm::Basic => Encoding::Base64.decode(text),
        _ => group.encoding.decode(text),
    };
    group.signatures.iter().map(decode).collect()
}

fn all_hold(algorithm: Algorithm, key: &Key, received: &[Option<Vec<u8>>]) -> bool {
    received.iter().all(|one| algorithm::holding(algorithm, key, b"", std::slice::from_ref(one)).is_some())
}

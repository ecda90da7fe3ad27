//! JSON Web Tokens (RFC 7519) and detached JWS (RFC 7515) as signatures.
//! It must not fetch a key: one that is not given is missing.

use super::algorithm::Algorithm;
use super::encoding::LENIENT_URL;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// A token in its parts.
#[derive(Debug)]
pub(super) struct Jwt {
    /// What is signed of a token that carries its own payload.
    pub(super) signing_input: String,
    /// The first part as written, of which a detached JWS begins what it signs.
    protected: String,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    pub(super) signature: Vec<u8>,
}

impl Jwt {
    /// Reads the compact form; a detached payload is empty.
    pub(super) fn read(text: &str) -> Option<Jwt> {
        let mut parts = text.split('.');
        let (protected, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let object = |part: &str| serde_json::from_slice::<Map<String, Value>>(&LENIENT_URL.decode(part).ok()?).ok();
        let claims = if payload.is_empty() { Map::new() } else { object(payload)? };
        Some(Jwt {
            signing_input: format!("{protected}.{payload}"),
            protected: protected.to_owned(),
            header: object(protected)?,
            claims,
            signature: LENIENT_URL.decode(signature).ok()?,
        })
    }

    /// What a detached JWS signs: its header and a payload that is not in it. Where the header says so (RFC 7797) the
    /// payload is taken as it is.
    pub(super) fn detached_input(&self, payload: &[u8]) -> Vec<u8> {
        let mut input = format!("{}.", self.protected).into_bytes();
        match self.header.get("b64") {
            Some(Value::Bool(false)) => input.extend_from_slice(payload),
            _ => input.extend_from_slice(URL_SAFE_NO_PAD.encode(payload).as_bytes()),
        }
        input
    }

    /// The algorithm that the token names, if the entry allows it. What else the token declares critical has to be
    /// understood (RFC 7515 section 4.1.11), and only `b64` is.
    pub(super) fn algorithm(&self, allowed: &[String]) -> Option<Algorithm> {
        let understood = |names: &Vec<Value>| names.iter().all(|name| name == "b64");
        if self.header.get("crit").is_some_and(|critical| !critical.as_array().is_some_and(understood)) {
            return None;
        }
        let name = self.header.get("alg")?.as_str()?;
        allowed.iter().find(|known| *known == name).and_then(|name| Algorithm::jose(name))
    }

    /// The algorithm's name as the token has it.
    pub(super) fn says_algorithm(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or("no algorithm")
    }

    /// The key that it names.
    pub(super) fn kid(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// A field of its header as text.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        text(self.header.get(name)?)
    }

    /// A claim as text; a path goes into objects.
    pub(super) fn claim(&self, path: &str) -> Option<String> {
        text(self.claim_value(path)?)
    }

    /// Whether a claim, or one element of a claim that is a list, has this text.
    pub(super) fn claims(&self, path: &str, wanted: impl Fn(&str) -> bool) -> bool {
        match self.claim_value(path) {
            Some(Value::Array(list)) => list.iter().filter_map(text).any(|text| wanted(&text)),
            Some(value) => text(value).is_some_and(|text| wanted(&text)),
            None => false,
        }
    }

    /// A claim that is a time, in seconds (RFC 7519 section 2).
    pub(super) fn time(&self, claim: &str) -> Option<f64> {
        self.claims.get(claim)?.as_f64()
    }

    /// Its header and claims, to make another one like it.
    pub(super) fn parts(&self) -> (&Map<String, Value>, &Map<String, Value>) {
        (&self.header, &self.claims)
    }

    fn claim_value(&self, path: &str) -> Option<&Value> {
        let mut value = self.claims.get(path.split('.').next()?)?;
        for part in path.split('.').skip(1) {
            value = value.get(part)?;
        }
        Some(value)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The first two parts of a token that is made here.
pub(super) fn signing_input(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(map.clone()).to_string());
    format!("{}.{}", part(header), part(claims))
}

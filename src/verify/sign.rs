//! Making a signature anew, so that an old event passes its receiver's age check.

use super::candidates::encode;
use super::catalogue::{Encoding, Provider};
use super::template::Known;
use super::{Question, algorithm};
use crate::model::{Headers, Secret, Timestamp};

/// Header lines to set for a fresh signature at `now`, or why it cannot be made.
pub fn resign(
    provider: &Provider,
    secret: &Secret,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<(String, String)>, String> {
    let scheme = provider.scheme();
    let rule = &scheme.signature;
    if !provider.can_sign() {
        return Err(format!("{} signs with a private key, which only the sender has", provider.name));
    }
    let key = algorithm::key(scheme.secret, secret)
        .ok_or_else(|| format!("the secret {} is not in the form that {} uses", secret.name, provider.name))?;
    let ts = (now.0 / 1_000_000).to_string();
    let mut headers: Headers = question.headers.clone();
    let mut set = Vec::new();
    if let Some(name) = scheme.timestamp.as_ref().and_then(|t| t.source.strip_prefix("header:")) {
        headers.set(name, ts.clone());
        set.push((name.to_owned(), ts.clone()));
    }
    let fresh = Question { headers: &headers, ..*question };
    let known = Known { ts: Some(&ts), secret: secret.expose(), fields: &[] };
    let content = scheme.template.render(&fresh, &known).map_err(|missing| format!("{missing} is not there"))?;
    let signature = algorithm::sign(rule.algorithm, &key, &content).ok_or("it cannot be signed")?;
    let text = match rule.encoding {
        Encoding::Plain => String::from_utf8(signature).map_err(|_| "the token is not text")?,
        encoding => encode(encoding, &signature),
    };
    let value = match &rule.emit {
        Some(emit) => emit.replace("{ts}", &ts).replace("{sig}", &text),
        None => format!("{}{text}", rule.prefix),
    };
    set.push((rule.header.clone(), value));
    Ok(set)
}

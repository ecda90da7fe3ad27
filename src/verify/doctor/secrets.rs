//! The ways in which a secret's text is taken for a key, and in which a signature is written.

use super::Scheme;
use crate::model::Secret;
use crate::verify::Question;
use crate::verify::algorithm::Key;
use crate::verify::candidates;
use crate::verify::encoding::{Encoding, LENIENT, LENIENT_URL};
use base64::Engine;

/// Another key from the same text.
pub(super) struct Form {
    /// What is assumed of the secret.
    pub(super) words: String,
    pub(super) key: Vec<u8>,
    /// What to do about it.
    pub(super) told: &'static str,
}

const CLEAN: &str = "Take what is too much out of the secret where it is kept.";
const MISSING: &str = "Keep the secret as the provider shows it.";
const DECODED: &str = "The sender decodes the secret otherwise than this provider does.";

/// Every other key that the text may stand for.
pub(super) fn forms(secret: &Secret, schemes: &[Scheme]) -> Vec<Form> {
    let text = secret.expose();
    let mut out: Vec<Form> = Vec::new();
    let own: Vec<Vec<u8>> = schemes
        .iter()
        .filter_map(|scheme| match Key::read(scheme.key, text, None)? {
            Key::Secret(key) => Some(key.to_vec()),
            Key::Public(_) => None,
        })
        .collect();
    let mut add = |words: &str, key: Option<Vec<u8>>, told: &'static str| {
        let Some(key) = key.filter(|key| !key.is_empty() && !own.contains(key)) else { return };
        if !out.iter().any(|form| form.key == key) {
            out.push(Form { words: words.to_owned(), key, told });
        }
    };
    // The text may be cleaned in several ways, and each may be decoded.
    let mut texts: Vec<(&str, Vec<u8>, &'static str)> = vec![("", text.to_vec(), DECODED)];
    let trimmed = text.trim_ascii();
    if trimmed.len() < text.len() {
        let words = match (text.trim_ascii_end().len() < text.len(), text.trim_ascii_start().len() < text.len()) {
            (true, false) => "without the space at its end",
            (false, _) => "without the space at its beginning",
            (true, true) => "without the spaces around it",
        };
        texts.push((words, trimmed.to_vec(), CLEAN));
    }
    for quote in [b'"', b'\''] {
        if let Some(inner) = trimmed.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote])) {
            texts.push(("without the quotes around it", inner.to_vec(), CLEAN));
        }
    }
    let plain = texts.clone();
    for (_, text, told) in &plain {
        if let Some(rest) = text.strip_prefix(b"whsec_") {
            texts.push(("without its `whsec_`", rest.to_vec(), *told));
        }
    }
    // What is too much in the text is the cause, however the rest becomes a key.
    for (words, text, told) in plain.iter().filter(|(words, ..)| !words.is_empty()) {
        for scheme in schemes {
            if let Some(Key::Secret(key)) = Key::read(scheme.key, text, None) {
                add(words, Some(key.to_vec()), told);
            }
        }
    }
    for (words, text, told) in &texts {
        let first = if words.is_empty() { "as it is, not decoded" } else { words };
        add(first, Some(text.clone()), told);
        add(&with(words, "decoded from base64"), LENIENT.decode(text).ok(), told);
        add(&with(words, "decoded from base64 for URLs"), LENIENT_URL.decode(text).ok(), told);
        add(&with(words, "decoded from hex"), hex::decode(text).ok(), told);
    }
    add("with `whsec_` before it", Some([b"whsec_", trimmed].concat()), MISSING);
    add(
        "with a newline at its end",
        Some([text, b"\n"].concat()),
        "The sender's copy of the secret ends in a newline.",
    );
    add("with a space at its end", Some([text, b" "].concat()), "The sender's copy of the secret ends in a space.");
    let last = trimmed.rsplit(|&b| b == b'_' || b == b':').next().unwrap_or_default();
    add("from its last `_` or `:` on", Some(last.to_vec()), DECODED);
    out
}

fn with(words: &str, more: &str) -> String {
    if words.is_empty() { more.to_owned() } else { format!("{words}, {more}") }
}

/// How the signature is written where that is not as the entry has it.
pub(super) fn how_written(scheme: &Scheme, question: &Question) -> String {
    let rule = &scheme.signature;
    let text = candidates::texts(rule, question).into_iter().next().unwrap_or_default();
    let strict = candidates::groups(rule, question, &text).into_iter().flat_map(|group| group.signatures).next();
    let Some(signature) = strict else {
        return match rule.prefix.as_str() {
            "" => "in another form than the entry has".into(),
            prefix if text.contains(['=', ',']) => format!("with another prefix than `{prefix}`"),
            prefix => format!("without the prefix `{prefix}`"),
        };
    };
    let trimmed = signature.trim();
    let canonical = Encoding::Any.decode(trimmed).map(|bytes| rule.encoding.encode(&bytes)).unwrap_or_default();
    match () {
        () if trimmed != signature => "with spaces around it".into(),
        () if trimmed == canonical => "as it has to be".into(),
        () if trimmed.eq_ignore_ascii_case(&canonical) && trimmed.bytes().all(|b| b.is_ascii_hexdigit()) => {
            "in hex digits of the other letter case".into()
        }
        () if trimmed.trim_end_matches('=') == canonical.trim_end_matches('=') => "with another padding (`=`)".into(),
        () if trimmed.bytes().all(|b| b.is_ascii_hexdigit()) => "in hex".into(),
        () if trimmed.contains(['-', '_']) => "in base64 for URLs".into(),
        () => "in base64".into(),
    }
}

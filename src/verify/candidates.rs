//! The signatures that a header holds, in the entry's form.

use super::catalogue::{Encoding, Parse, Signature};
use base64::{Engine, engine::general_purpose::STANDARD};

/// What was read from one occurrence of the signature header.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Signatures as text.
    pub(super) signatures: Vec<String>,
    /// All items of a `kv` list.
    pub(super) fields: Vec<(String, String)>,
}

pub(super) fn candidates(rule: &Signature, value: &str) -> Candidates {
    match rule.parse {
        Parse::Plain => Candidates {
            signatures: value
                .strip_prefix(&rule.prefix)
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .into_iter()
                .collect(),
            fields: Vec::new(),
        },
        Parse::List => Candidates {
            signatures: value
                .split(&rule.sep)
                .filter_map(|item| item.trim().strip_prefix(&rule.prefix))
                .map(str::to_owned)
                .collect(),
            fields: Vec::new(),
        },
        Parse::Kv => {
            let fields: Vec<(String, String)> = value
                .split(&rule.sep)
                .filter_map(|item| item.trim().split_once(&rule.kvsep))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            let signatures =
                fields.iter().filter(|(key, _)| *key == rule.key).map(|(_, value)| value.clone()).collect();
            Candidates { signatures, fields }
        }
    }
}

/// The signature's bytes; `None` where its text is not in the entry's encoding.
pub(super) fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Hex if text.bytes().any(|b| b.is_ascii_uppercase()) => None,
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => STANDARD.decode(text).ok(),
        Encoding::Plain => Some(text.as_bytes().to_vec()),
    }
}

pub(super) fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex::encode(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Plain => String::from_utf8_lossy(bytes).into_owned(),
    }
}

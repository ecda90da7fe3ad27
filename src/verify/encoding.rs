//! The text forms of signatures and keys: hex and base64 in their variants.

use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD, URL_SAFE_NO_PAD};
use base64::{alphabet, engine::DecodePaddingMode};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
/// Base64 with or without its padding, as people paste keys.
pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, ANY_PADDING);
/// The same in the alphabet for URLs.
pub(super) const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, ANY_PADDING);

/// The text form of a signature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    #[default]
    Hex,
    HexUpper,
    Base64,
    Base64url,
    Base64OfHex,
    /// Base64 for URLs, then percent-encoded (Alipay).
    Base64urlPercent,
    /// A JSON object in base64, whose `signature` is in base64 (eBay).
    Base64Json,
    /// As the source's `encoding` says.
    Param,
    /// The doctor's: hex or base64 in any of their forms.
    #[serde(skip)]
    Any,
}

impl Encoding {
    /// The one that a source's setting names.
    pub(super) fn named(name: &str) -> Encoding {
        match name {
            "hex-upper" => Encoding::HexUpper,
            "base64" => Encoding::Base64,
            "base64url" => Encoding::Base64url,
            _ => Encoding::Hex,
        }
    }

    /// The bytes; `None` where the text is not strictly in this form.
    pub(super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        let has = |wrong: fn(&u8) -> bool| text.as_bytes().iter().any(wrong);
        match self {
            Encoding::Hex | Encoding::Param if has(u8::is_ascii_uppercase) => None,
            Encoding::HexUpper if has(u8::is_ascii_lowercase) => None,
            Encoding::Hex | Encoding::HexUpper | Encoding::Param => hex::decode(text).ok(),
            Encoding::Any => any(text.trim()),
            Encoding::Base64 => STANDARD.decode(text).ok(),
            Encoding::Base64url => LENIENT_URL.decode(text).ok(),
            Encoding::Base64OfHex => hex::decode(STANDARD.decode(text).ok()?).ok(),
            Encoding::Base64urlPercent => {
                let text = percent_decode_str(text).decode_utf8().ok()?;
                LENIENT_URL.decode(text.as_ref()).or_else(|_| LENIENT.decode(text.as_ref())).ok()
            }
            Encoding::Base64Json => {
                let json = STANDARD.decode(text).ok()?;
                STANDARD.decode(crate::model::json_lookup(&json, "signature")?.text()?.as_ref()).ok()
            }
        }
    }

    /// The text of a signature that is made here.
    pub(super) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Hex | Encoding::Param | Encoding::Any => hex::encode(bytes),
            Encoding::HexUpper => hex::encode_upper(bytes),
            Encoding::Base64 | Encoding::Base64Json => STANDARD.encode(bytes),
            Encoding::Base64url | Encoding::Base64urlPercent => URL_SAFE_NO_PAD.encode(bytes),
            Encoding::Base64OfHex => STANDARD.encode(hex::encode(bytes)),
        }
    }
}

/// Hex where it can be, else base64.
fn any(text: &str) -> Option<Vec<u8>> {
    if text.len() >= 16 && text.bytes().all(|b| b.is_ascii_hexdigit()) && text.len().is_multiple_of(2) {
        return hex::decode(text).ok();
    }
    LENIENT.decode(text).or_else(|_| LENIENT_URL.decode(text)).ok()
}

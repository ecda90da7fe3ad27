//! The cryptography, all of it in one place. Comparisons take the same time wherever the first difference lies.

use super::catalogue::{Algorithm, SecretForm};
use crate::model::Secret;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Base64 with or without its padding, as people paste keys.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key that a secret's text stands for, or `None` where it is not in the entry's form or empty.
pub(super) fn key(form: SecretForm, secret: &Secret) -> Option<Zeroizing<Vec<u8>>> {
    let text = secret.expose();
    let key = match form {
        SecretForm::Utf8 | SecretForm::Token => text.to_vec(),
        SecretForm::Base64 => LENIENT.decode(text).ok()?,
        SecretForm::Whsec => LENIENT.decode(text.strip_prefix(b"whsec_").unwrap_or(text)).ok()?,
        SecretForm::Hex | SecretForm::Ed25519Hex => hex::decode(text).ok()?,
    };
    (!key.is_empty()).then(|| Zeroizing::new(key))
}

/// The signature that `key` makes; `None` for public keys, which cannot sign.
pub(super) fn sign(algorithm: Algorithm, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    fn hmac<M: Mac + KeyInit>(key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
        mac.update(content);
        Some(mac.finalize().into_bytes().to_vec())
    }
    match algorithm {
        Algorithm::HmacMd5 => hmac::<Hmac<Md5>>(key, content),
        Algorithm::HmacSha1 => hmac::<Hmac<Sha1>>(key, content),
        Algorithm::HmacSha256 => hmac::<Hmac<Sha256>>(key, content),
        Algorithm::HmacSha384 => hmac::<Hmac<Sha384>>(key, content),
        Algorithm::HmacSha512 => hmac::<Hmac<Sha512>>(key, content),
        Algorithm::HashMd5 => Some(Md5::digest(content).to_vec()),
        Algorithm::HashSha1 => Some(Sha1::digest(content).to_vec()),
        Algorithm::HashSha256 => Some(Sha256::digest(content).to_vec()),
        Algorithm::HashSha512 => Some(Sha512::digest(content).to_vec()),
        Algorithm::SharedToken => Some(key.to_vec()),
        Algorithm::Ed25519 => None,
    }
}

/// Whether `signature` is `key`'s over `content`.
pub(super) fn holds(algorithm: Algorithm, key: &[u8], content: &[u8], signature: &[u8]) -> bool {
    match sign(algorithm, key, content) {
        Some(own) => own.ct_eq(signature).into(),
        None => {
            ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key).verify(content, signature).is_ok()
        }
    }
}

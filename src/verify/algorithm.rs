//! The cryptography of shared secrets, and how the text of a secret becomes a key.
//! Comparisons take the same time wherever the first difference lies.

use super::asymmetric::{Public, PublicKey};
use super::encoding::LENIENT;
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use sha3::Keccak256;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Algorithm {
    Hmac(Hash),
    /// A digest of a text that holds the secret.
    Plain(Hash),
    Public(Public),
    /// A JSON Web Token; its own header says how.
    Jwt,
    /// A detached JWS over the rendered template.
    Jws,
    /// The secret itself.
    Token,
    /// HTTP Basic.
    Basic,
    /// What fits the key: the sender does not say.
    OfKey,
}

impl Default for Algorithm {
    fn default() -> Self {
        Algorithm::Hmac(Hash::Sha256)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Keccak256,
}

/// Algorithms with their names in files, and on the screen.
const NAMES: [(Algorithm, &str, &str); 28] = [
    (Algorithm::Hmac(Hash::Md5), "hmac-md5", "HMAC-MD5"),
    (Algorithm::Hmac(Hash::Sha1), "hmac-sha1", "HMAC-SHA1"),
    (Algorithm::Hmac(Hash::Sha256), "hmac-sha256", "HMAC-SHA256"),
    (Algorithm::Hmac(Hash::Sha384), "hmac-sha384", "HMAC-SHA384"),
    (Algorithm::Hmac(Hash::Sha512), "hmac-sha512", "HMAC-SHA512"),
    (Algorithm::Plain(Hash::Md5), "hash-md5", "MD5"),
    (Algorithm::Plain(Hash::Sha1), "hash-sha1", "SHA-1"),
    (Algorithm::Plain(Hash::Sha256), "hash-sha256", "SHA-256"),
    (Algorithm::Plain(Hash::Sha384), "hash-sha384", "SHA-384"),
    (Algorithm::Plain(Hash::Sha512), "hash-sha512", "SHA-512"),
    (Algorithm::Plain(Hash::Keccak256), "hash-keccak256", "Keccak-256"),
    (Algorithm::Public(Public::Ed25519), "ed25519", "Ed25519"),
    (Algorithm::Public(Public::RsaSha1), "rsa-sha1", "RSA-SHA1"),
    (Algorithm::Public(Public::RsaSha256), "rsa-sha256", "RSA-SHA256"),
    (Algorithm::Public(Public::RsaSha384), "rsa-sha384", "RSA-SHA384"),
    (Algorithm::Public(Public::RsaSha512), "rsa-sha512", "RSA-SHA512"),
    (Algorithm::Public(Public::RsaPssSha256), "rsa-pss-sha256", "RSA-PSS-256"),
    (Algorithm::Public(Public::RsaPssSha384), "rsa-pss-sha384", "RSA-PSS-384"),
    (Algorithm::Public(Public::RsaPssSha512), "rsa-pss-sha512", "RSA-PSS-512"),
    (Algorithm::Public(Public::EcdsaP256Der), "ecdsa-p256-sha256-der", "ECDSA P-256"),
    (Algorithm::Public(Public::EcdsaP256), "ecdsa-p256-sha256-p1363", "ECDSA P-256"),
    (Algorithm::Public(Public::EcdsaP384), "ecdsa-p384-sha384-p1363", "ECDSA P-384"),
    (Algorithm::Public(Public::EcdsaP521), "ecdsa-p521-sha512-p1363", "ECDSA P-521"),
    (Algorithm::Public(Public::EcdsaSha1Der), "ecdsa-sha1-der", "ECDSA-SHA1"),
    (Algorithm::Jwt, "jwt", "JWT"),
    (Algorithm::Jws, "jws", "JWS"),
    (Algorithm::Token, "token", "Token"),
    (Algorithm::Basic, "basic", "Basic"),
];

/// Algorithms by their names in JOSE (RFC 7518, RFC 8037).
const JOSE: [(&str, Algorithm); 13] = [
    ("HS256", Algorithm::Hmac(Hash::Sha256)),
    ("HS384", Algorithm::Hmac(Hash::Sha384)),
    ("HS512", Algorithm::Hmac(Hash::Sha512)),
    ("RS256", Algorithm::Public(Public::RsaSha256)),
    ("RS384", Algorithm::Public(Public::RsaSha384)),
    ("RS512", Algorithm::Public(Public::RsaSha512)),
    ("PS256", Algorithm::Public(Public::RsaPssSha256)),
    ("PS384", Algorithm::Public(Public::RsaPssSha384)),
    ("PS512", Algorithm::Public(Public::RsaPssSha512)),
    ("ES256", Algorithm::Public(Public::EcdsaP256)),
    ("ES384", Algorithm::Public(Public::EcdsaP384)),
    ("ES512", Algorithm::Public(Public::EcdsaP521)),
    ("EdDSA", Algorithm::Public(Public::Ed25519)),
];

impl TryFrom<String> for Algorithm {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = NAMES.iter().find(|(_, name, _)| *name == text).map(|(algorithm, ..)| *algorithm);
        known.ok_or_else(|| format!("there is no algorithm `{text}`"))
    }
}

impl Algorithm {
    /// The name on the screen.
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(algorithm, ..)| *algorithm == self).map_or("?", |(_, _, shown)| shown)
    }

    /// The algorithm with this name in JOSE; never `none`.
    pub(super) fn jose(name: &str) -> Option<Algorithm> {
        JOSE.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| *algorithm)
    }

    /// Whether a receiver has what is needed to sign.
    pub(super) fn is_symmetric(self) -> bool {
        !matches!(self, Algorithm::Public(_) | Algorithm::Jws)
    }

    /// Whether what is sent is the secret itself.
    pub(super) fn is_shared(self) -> bool {
        matches!(self, Algorithm::Token | Algorithm::Basic)
    }
}

/// How the secret's text becomes a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum KeyForm {
    #[default]
    Utf8,
    /// Normalised by compatibility decomposition (EasyPost).
    Utf8Nfkd,
    Base64,
    Hex,
    /// `whsec_` taken off if it is there, then base64 (Standard Webhooks).
    Whsec,
    /// Base64 only where `whsec_` is there.
    WhsecOrUtf8,
    /// The text's SHA-1.
    Sha1Raw,
    /// The text's SHA-256.
    Sha256Raw,
    Ed25519Hex,
    Ed25519Base64,
    Ed25519Base64url,
    SpkiBase64,
    Pem,
    X509Pem,
    Jwk,
}

/// The public forms with their names.
const PUBLIC_FORMS: [(KeyForm, &str); 7] = [
    (KeyForm::Ed25519Hex, "ed25519-hex"),
    (KeyForm::Ed25519Base64, "ed25519-base64"),
    (KeyForm::Ed25519Base64url, "ed25519-base64url"),
    (KeyForm::SpkiBase64, "spki-base64"),
    (KeyForm::Pem, "pem"),
    (KeyForm::X509Pem, "x509-pem"),
    (KeyForm::Jwk, "jwk"),
];

/// A key, ready for use.
pub(super) enum Key {
    Secret(Zeroizing<Vec<u8>>),
    Public(PublicKey),
}

impl Key {
    /// The key that `text` stands for, or `None` where it is empty or not in the entry's form. `kid` chooses from a set.
    pub(super) fn read(form: KeyForm, text: &[u8], kid: Option<&str>) -> Option<Key> {
        if let Some((_, name)) = PUBLIC_FORMS.iter().find(|(known, _)| *known == form) {
            // A certificate is a public key with a name on it: either is taken where one is wanted.
            let pasted = PublicKey::read(name, text, kid);
            return pasted.or_else(|| PublicKey::guess(text, kid)).map(Key::Public);
        }
        let key = match form {
            KeyForm::Utf8Nfkd => std::str::from_utf8(text).ok()?.nfkd().collect::<String>().into_bytes(),
            KeyForm::Base64 => LENIENT.decode(text).ok()?,
            KeyForm::Whsec => LENIENT.decode(text.strip_prefix(b"whsec_").unwrap_or(text)).ok()?,
            KeyForm::WhsecOrUtf8 => match text.strip_prefix(b"whsec_") {
                Some(rest) => LENIENT.decode(rest).ok()?,
                None => text.to_vec(),
            },
            KeyForm::Hex => hex::decode(text).ok()?,
            KeyForm::Sha1Raw => Sha1::digest(text).to_vec(),
            KeyForm::Sha256Raw => Sha256::digest(text).to_vec(),
            _ => text.to_vec(),
        };
        (!text.is_empty() && !key.is_empty()).then(|| Key::Secret(Zeroizing::new(key)))
    }
}

impl Key {
    /// The public key in a text that says itself what it is, such as PEM.
    pub(super) fn guess(text: &[u8], kid: Option<&str>) -> Option<Key> {
        PublicKey::guess(text, kid).map(Key::Public)
    }

    /// The algorithm that this kind of key is commonly used with (RFC 9421 section 3.3).
    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Key::Secret(_) => Algorithm::Hmac(Hash::Sha256),
            Key::Public(key) => Algorithm::Public(key.algorithm()),
        }
    }

    pub(super) fn is_public(&self) -> bool {
        matches!(self, Key::Public(_))
    }
}

impl Hash {
    /// The digest of `content`.
    pub(super) fn digest(self, content: &[u8]) -> Vec<u8> {
        match self {
            Hash::Md5 => Md5::digest(content).to_vec(),
            Hash::Sha1 => Sha1::digest(content).to_vec(),
            Hash::Sha256 => Sha256::digest(content).to_vec(),
            Hash::Sha384 => Sha384::digest(content).to_vec(),
            Hash::Sha512 => Sha512::digest(content).to_vec(),
            Hash::Keccak256 => Keccak256::digest(content).to_vec(),
        }
    }

    fn hmac(self, key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        fn mac<M: Mac + KeyInit>(key: &[u8], content: &[u8]) -> Option<Vec<u8>> {
            let mut mac = <M as KeyInit>::new_from_slice(key).ok()?;
            mac.update(content);
            Some(mac.finalize().into_bytes().to_vec())
        }
        match self {
            Hash::Md5 => mac::<Hmac<Md5>>(key, content),
            Hash::Sha1 => mac::<Hmac<Sha1>>(key, content),
            Hash::Sha256 => mac::<Hmac<Sha256>>(key, content),
            Hash::Sha384 => mac::<Hmac<Sha384>>(key, content),
            Hash::Sha512 => mac::<Hmac<Sha512>>(key, content),
            // Nobody signs so.
            Hash::Keccak256 => None,
        }
    }
}

/// The signature that `key` makes; `None` for public keys, which cannot sign.
pub(super) fn sign(algorithm: Algorithm, key: &Key, content: &[u8]) -> Option<Vec<u8>> {
    match (algorithm, key) {
        (Algorithm::Hmac(hash), Key::Secret(key)) => hash.hmac(key, content),
        (Algorithm::Plain(hash), Key::Secret(_)) => Some(hash.digest(content)),
        (Algorithm::Token | Algorithm::Basic, Key::Secret(key)) => Some(key.to_vec()),
        _ => None,
    }
}

/// Which of `signatures` is `key`'s over `content`; what cannot be decoded is `None` and never holds.
pub(super) fn holding(
    algorithm: Algorithm,
    key: &Key,
    content: &[u8],
    signatures: &[Option<Vec<u8>>],
) -> Option<usize> {
    // More than this nobody sends, and every one costs a public key operation.
    const MOST: usize = 64;
    match (algorithm, key) {
        (Algorithm::Public(public), Key::Public(key)) => signatures
            .iter()
            .take(MOST)
            .position(|signature| signature.as_ref().is_some_and(|bytes| key.verifies(public, content, bytes))),
        _ => {
            let own = sign(algorithm, key, content)?;
            signatures.iter().position(|signature| signature.as_ref().is_some_and(|bytes| own.ct_eq(bytes).into()))
        }
    }
}

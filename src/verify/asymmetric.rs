//! Signatures that a private key makes and a public key proves: Ed25519, RSA and ECDSA, with the keys in the forms in which
//! providers publish them. `ring` does what it can; ECDSA over P-521 or with SHA-1 is left to the RustCrypto curves.

use super::encoding::{LENIENT, LENIENT_URL};
use base64::Engine;
use p256::ecdsa::signature::{Verifier, hazmat::PrehashVerifier};
use ring::signature::{self as ring_signature, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::Value;
use sha1::{Digest, Sha1};
use spki::der::asn1::{AnyRef, UintRef};
use spki::der::{Decode, Encode};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

/// `id-Ed25519` (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// `rsaEncryption` and `id-RSASSA-PSS` (RFC 8017).
const RSA: [ObjectIdentifier; 2] =
    [ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"), ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10")];
/// `id-ecPublicKey` (RFC 5480).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curves P-256, P-384 and P-521 (RFC 5480): other curves have points of the same length.
const CURVES: [ObjectIdentifier; 3] = [
    ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"),
    ObjectIdentifier::new_unwrap("1.3.132.0.34"),
    ObjectIdentifier::new_unwrap("1.3.132.0.35"),
];

/// Algorithms of which a receiver has the public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Public {
    Ed25519,
    RsaSha1,
    RsaSha256,
    RsaSha384,
    RsaSha512,
    RsaPssSha256,
    RsaPssSha384,
    RsaPssSha512,
    EcdsaP256Der,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    EcdsaSha1Der,
}

/// A public key, whatever form it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// The 32 raw bytes.
    Ed25519(Vec<u8>),
    /// A DER `RSAPublicKey` (PKCS #1).
    Rsa(Vec<u8>),
    /// A point in its uncompressed form (SEC 1); its length tells the curve.
    Ec(Vec<u8>),
}

impl PublicKey {
    /// The key in `text`, or `None` where it is not in that form or of no kind that is known. `kid` chooses from a JWK set;
    /// a set of one key needs no choice.
    pub(super) fn read(form: &str, text: &[u8], kid: Option<&str>) -> Option<Self> {
        let text = text.trim_ascii();
        match form {
            "jwk" => jwk(text, kid),
            "ed25519-hex" => ed25519(&hex::decode(text).ok()?),
            "ed25519-base64" => ed25519(&LENIENT.decode(text).ok()?),
            "ed25519-base64url" => ed25519(&LENIENT_URL.decode(text).ok()?),
            _ => {
                let (label, der) = armoured(str::from_utf8(text).ok()?)?;
                match (form, label) {
                    ("pem", "PUBLIC KEY") | ("spki-base64", "PUBLIC KEY" | "") => spki(&der),
                    ("pem", "RSA PUBLIC KEY") => rsa(&der),
                    ("x509-pem", "CERTIFICATE") => certified(&der),
                    _ => None,
                }
            }
        }
    }

    /// The key in a text that says itself what it is: PEM or a JWK.
    pub(super) fn guess(text: &[u8], kid: Option<&str>) -> Option<Self> {
        ["pem", "x509-pem", "jwk"].iter().find_map(|form| Self::read(form, text, kid))
    }

    /// The algorithm that this kind of key is commonly used with (RFC 9421 section 3.3).
    pub(super) fn algorithm(&self) -> Public {
        match self {
            Self::Ed25519(_) => Public::Ed25519,
            Self::Rsa(_) => Public::RsaPssSha512,
            Self::Ec(point) if point.len() == 65 => Public::EcdsaP256,
            Self::Ec(point) if point.len() == 97 => Public::EcdsaP384,
            Self::Ec(_) => Public::EcdsaP521,
        }
    }

    /// Whether `signature` is this key's over `content`; never with an algorithm of another kind of key.
    pub(super) fn verifies(&self, algorithm: Public, content: &[u8], signature: &[u8]) -> bool {
        let with = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(algorithm, key).verify(content, signature).is_ok()
        };
        match (self, algorithm) {
            (Self::Ed25519(key), Public::Ed25519) => with(&ring_signature::ED25519, key),
            (Self::Rsa(key), _) => rsa_algorithm(algorithm).is_some_and(|algorithm| with(algorithm, key)),
            (Self::Ec(point), Public::EcdsaSha1Der) => p256_sha1(point, content, signature).is_some(),
            (Self::Ec(point), Public::EcdsaP521) => p521_sha512(point, content, signature).is_some(),
            (Self::Ec(point), _) => ec_algorithm(algorithm).is_some_and(|algorithm| with(algorithm, point)),
            _ => false,
        }
    }
}

/// The label and the bytes of the first PEM block, whose line breaks may be lost (eBay's are); base64 alone has the label "".
fn armoured(text: &str) -> Option<(&str, Vec<u8>)> {
    let (label, body) = match text.split_once("-----BEGIN ") {
        Some((_, block)) => {
            let (label, rest) = block.split_once("-----")?;
            (label, rest.split_once("-----END ")?.0)
        }
        None => ("", text),
    };
    let packed: String = body.split_ascii_whitespace().collect();
    Some((label, LENIENT.decode(packed).ok()?))
}

/// The key of a DER certificate (RFC 5280). Whom it was issued to and for how long is not looked at.
fn certified(der: &[u8]) -> Option<PublicKey> {
    let certificate = Vec::<AnyRef>::from_der(der).ok()?;
    let fields: Vec<AnyRef> = certificate.first()?.decode_as().ok()?;
    // The version that the fields begin with may be left out, so the key is known by its shape, which no other field has.
    fields.iter().find_map(|field| field.decode_as().ok()).and_then(known)
}

/// The key of a DER `SubjectPublicKeyInfo`.
fn spki(der: &[u8]) -> Option<PublicKey> {
    known(SubjectPublicKeyInfoRef::from_der(der).ok()?)
}

fn known(spki: SubjectPublicKeyInfoRef) -> Option<PublicKey> {
    let key = spki.subject_public_key.as_bytes()?;
    match spki.algorithm.oid {
        ED25519 => ed25519(key),
        oid if RSA.contains(&oid) => rsa(key),
        EC if CURVES.contains(&spki.algorithm.parameters_oid().ok()?) => ec(key),
        _ => None,
    }
}

/// The key of a JWK, or of one in a JWK set (RFC 7517, RFC 7518, RFC 8037).
fn jwk(text: &[u8], kid: Option<&str>) -> Option<PublicKey> {
    let json: Value = serde_json::from_slice(text).ok()?;
    let key = match json.get("keys") {
        Some(set) => chosen(set.as_array()?, kid)?,
        None => &json,
    };
    let word = |name: &str| key.get(name).and_then(Value::as_str);
    let bytes = |name: &str| LENIENT_URL.decode(word(name)?).ok();
    match (word("kty")?, word("crv")) {
        ("RSA", _) => {
            let (modulus, exponent) = (bytes("n")?, bytes("e")?);
            rsa(&[UintRef::new(&modulus).ok()?, UintRef::new(&exponent).ok()?].to_der().ok()?)
        }
        ("EC", Some("P-256" | "P-384" | "P-521")) => ec(&[vec![4], bytes("x")?, bytes("y")?].concat()),
        ("OKP", Some("Ed25519")) => ed25519(&bytes("x")?),
        _ => None,
    }
}

/// The key with that `kid`, or the only one.
fn chosen<'a>(keys: &'a [Value], kid: Option<&str>) -> Option<&'a Value> {
    let named = kid.and_then(|kid| keys.iter().find(|key| key.get("kid").and_then(Value::as_str) == Some(kid)));
    match keys {
        [only] => Some(only),
        _ => named,
    }
}

fn ed25519(key: &[u8]) -> Option<PublicKey> {
    (key.len() == 32).then(|| PublicKey::Ed25519(key.to_vec()))
}

fn rsa(der: &[u8]) -> Option<PublicKey> {
    let parts = Vec::<UintRef>::from_der(der).ok()?;
    (parts.len() == 2).then(|| PublicKey::Rsa(der.to_vec()))
}

fn ec(point: &[u8]) -> Option<PublicKey> {
    matches!(point, [4, rest @ ..] if matches!(rest.len(), 64 | 96 | 132)).then(|| PublicKey::Ec(point.to_vec()))
}

/// RSA as `ring` has it. Keys may have 1024 bits where it allows that; the salt of PSS is as long as the digest.
fn rsa_algorithm(algorithm: Public) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Public::RsaSha1 => &ring_signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Public::RsaSha256 => &ring_signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Public::RsaSha384 => &ring_signature::RSA_PKCS1_2048_8192_SHA384,
        Public::RsaSha512 => &ring_signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        Public::RsaPssSha256 => &ring_signature::RSA_PSS_2048_8192_SHA256,
        Public::RsaPssSha384 => &ring_signature::RSA_PSS_2048_8192_SHA384,
        Public::RsaPssSha512 => &ring_signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// ECDSA as `ring` has it, which refuses points of another curve.
fn ec_algorithm(algorithm: Public) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match algorithm {
        Public::EcdsaP256Der => &ring_signature::ECDSA_P256_SHA256_ASN1,
        Public::EcdsaP256 => &ring_signature::ECDSA_P256_SHA256_FIXED,
        Public::EcdsaP384 => &ring_signature::ECDSA_P384_SHA384_FIXED,
        _ => return None,
    })
}

/// ECDSA over P-256 with SHA-1, the signature in DER.
fn p256_sha1(point: &[u8], content: &[u8], signature: &[u8]) -> Option<()> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(&Sha1::digest(content), &signature).ok()
}

/// ECDSA over P-521 with SHA-512, the signature as r and s of 66 bytes each.
fn p521_sha512(point: &[u8], content: &[u8], signature: &[u8]) -> Option<()> {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p521::ecdsa::Signature::from_slice(signature).ok()?;
    key.verify(content, &signature).ok()
}

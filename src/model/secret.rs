//! Secrets in memory, and the references by which people name them.
//! It must not print a secret: there is no `Display`, and `Debug` shows the name alone.

use super::EventId;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// A secret's value with the name by which it is shown.
#[derive(Clone)]
pub struct Secret {
    /// The NAME of `env:` or `kept:`, the file's name of `file:`.
    pub name: String,
    /// Where it was read, if that can be written down.
    pub reference: Option<SecretRef>,
    value: Zeroizing<Vec<u8>>,
}

impl Secret {
    /// Takes a value as read; one final newline is dropped.
    pub fn new(name: impl Into<String>, mut value: Vec<u8>) -> Secret {
        if value.ends_with(b"\n") {
            value.pop();
            if value.ends_with(b"\r") {
                value.pop();
            }
        }
        Secret { name: name.into(), reference: None, value: Zeroizing::new(value) }
    }

    /// Takes bytes as they are.
    pub fn exact(name: impl Into<String>, value: Vec<u8>) -> Secret {
        Secret { name: name.into(), reference: None, value: Zeroizing::new(value) }
    }

    /// Takes a value as read at `reference`.
    pub fn read(reference: &SecretRef, value: Vec<u8>) -> Secret {
        Secret { reference: Some(reference.clone()), ..Secret::new(reference.name(), value) }
    }

    /// The value; only for keyed computations.
    pub fn expose(&self) -> &[u8] {
        &self.value
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

/// Where a secret is to be read: `env:NAME`, `file:PATH`, `kept:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; a relative path belongs to the configuration file's folder.
    File(String),
    /// A secret kept by this program.
    Kept(String),
}

impl SecretRef {
    /// Reads a reference. A literal is refused without repeating it, for it may be a secret.
    pub fn parse(text: &str) -> Result<SecretRef, &'static str> {
        let (kind, name) = text.split_once(':').unwrap_or_default();
        match (kind, name) {
            (_, "") => Err("a secret is given by reference, never by its value"),
            ("env", name) => Ok(SecretRef::Env(name.to_owned())),
            ("file", path) => Ok(SecretRef::File(path.to_owned())),
            ("kept", name) => Ok(SecretRef::Kept(name.to_owned())),
            _ => Err("a secret is given by reference, never by its value"),
        }
    }

    /// The name under which the secret is shown.
    pub fn name(&self) -> &str {
        match self {
            SecretRef::Env(name) | SecretRef::Kept(name) => name,
            SecretRef::File(path) => path.rsplit(['/', '\\']).next().unwrap_or(path),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretRef::Env(name) => write!(f, "env:{name}"),
            SecretRef::File(path) => write!(f, "file:{path}"),
            SecretRef::Kept(name) => write!(f, "kept:{name}"),
        }
    }
}

/// Where secrets belong: to a configured source, or to a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entrance {
    /// A source by its name.
    Source(String),
    /// A provider by its id.
    Provider(String),
}

impl fmt::Display for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entrance::Source(name) => write!(f, "the source {name}"),
            Entrance::Provider(id) => f.write_str(id),
        }
    }
}

/// The order to use a secret for what comes in where an event came in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretOrder {
    /// The event that shows the entrance.
    pub event: EventId,
    /// The secret.
    pub secret: NewSecret,
}

/// A secret that is to be used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NewSecret {
    /// One that is there already, by its reference.
    Known(String),
    /// One that was typed, to be kept by this program.
    Typed(String),
}

/// By its event alone: what was typed is a secret.
impl fmt::Debug for SecretOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretOrder(#{})", self.event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_name_alone() {
        let secret = Secret::new("STRIPE", b"whsec_canary\n".to_vec());
        assert_eq!(format!("{secret:?}"), "Secret(STRIPE)");
        assert_eq!(secret.expose(), b"whsec_canary");
    }

    #[test]
    fn a_literal_is_refused() {
        assert!(SecretRef::parse("whsec_abc").is_err());
        assert!(SecretRef::parse("env:").is_err());
        assert_eq!(SecretRef::parse("file:/run/s/stripe").unwrap().name(), "stripe");
    }
}

//! What stands beside a signature: the items of its list, the token that it is.

use super::jwt::Jwt;

/// What stands beside a signature.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// All items of a `kv` list, and each by its position.
    pub(super) fields: Vec<(String, String)>,
    /// The token that the signature is.
    pub(super) jwt: Option<Jwt>,
}

impl Beside {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

//! What of a delivery never comes into the log: tokens and credentials that are configured here, sent or echoed.
//! It must not touch what goes over the wire.

use crate::model::{Headers, Outgoing, StoredEvent, Subscriber};
use crate::verify::{Catalogue, Keyring, Provider};

/// What is recorded, and shown, of the headers that are sent: nothing that is configured here, made anew or not.
pub(super) fn recorded(stored: &StoredEvent, mut out: Outgoing, subscriber: Option<&Subscriber>) -> Headers {
    let signer = subscriber.and_then(|one| one.signer.as_ref());
    let signer = signer.and_then(|signer| Catalogue::in_force().get(&signer.provider));
    let tokens = [sharing(stored), signer].into_iter().flatten().filter_map(Provider::secret_header);
    let configured = subscriber.into_iter().flat_map(secret_headers).map(|(name, _)| name.as_str());
    for name in tokens.chain(configured) {
        if out.headers.has(name) {
            out.headers.set(name, "REDACTED");
        }
    }
    out.headers
}

/// The bytes of an answer without the tokens that it echoes.
pub(super) fn scrubbed(keyring: &Keyring, stored: &StoredEvent, answer: Vec<u8>) -> Vec<u8> {
    let Some(provider) = sharing(stored) else { return answer };
    let source = keyring.source_for(stored.event.path());
    let secrets = keyring.secrets(source, &provider.id).iter();
    secrets.fold(answer, |answer, secret| without(&answer, secret.expose()))
}

/// The header lines of the configuration that look like credentials: they stay here.
pub(super) fn secret_headers(subscriber: &Subscriber) -> impl Iterator<Item = &(String, String)> {
    let telling = ["auth", "token", "secret", "key", "cookie", "pass", "pwd", "session", "cred", "bearer", "signature"];
    subscriber.headers.iter().filter(move |(name, value)| {
        let name = name.to_ascii_lowercase();
        !value.is_empty() && telling.iter().any(|word| name.contains(word))
    })
}

/// What of a subscriber's settings must not come back in an answer.
pub(super) fn secrets_of<'a>(
    subscriber: Option<&'a Subscriber>,
    keyring: &'a Keyring,
) -> impl Iterator<Item = &'a [u8]> {
    let headers = subscriber.into_iter().flat_map(secret_headers).map(|(_, value)| value.as_bytes());
    let signer = subscriber.and_then(|subscriber| keyring.signers.get(&subscriber.name));
    headers.chain(signer.map(|secret| secret.expose()))
}

/// The event's provider, if it shows its secret instead of signing with it.
fn sharing(stored: &StoredEvent) -> Option<&'static Provider> {
    let provider = stored.event.provider.as_deref().and_then(|id| Catalogue::in_force().get(id));
    provider.filter(|p| p.secret_header().is_some())
}

/// The bytes with `REDACTED` in place of every `token`.
pub(super) fn without(bytes: &[u8], token: &[u8]) -> Vec<u8> {
    if token.is_empty() {
        return bytes.to_vec();
    }
    let (mut out, mut from) = (Vec::with_capacity(bytes.len()), 0);
    for at in memchr::memmem::find_iter(bytes, token) {
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(b"REDACTED");
        from = at + token.len();
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_out_wherever_it_stands() {
        assert_eq!(without(b"a tok b tok", b"tok"), b"a REDACTED b REDACTED");
        assert_eq!(without(b"RED", b"ED"), b"RREDACTED");
        assert_eq!(without(b"x", b""), b"x");
    }
}

//! A test event to the own listener: of the provider that the user looks at, or has secrets for.
//! It must not be told from a real one by anything but its mark.

use super::clock;
use crate::delivery::send_sample;
use crate::model::{Target, TestWish};
use crate::samples::{Draft, Fresh, Prepared, Sending};
use crate::verify::{Catalogue, Keyring, Provider};

/// Sends one; gives words for what was sent, or what went wrong.
pub(super) async fn send(wish: &TestWish, keyring: &Keyring) -> Result<String, String> {
    let target = Target::parse(&wish.url).map_err(|e| e.to_string())?;
    let (words, prepared) = prepared(wish, &target, keyring);
    let secret = prepared.signed.secret().cloned();
    let sent = send_sample(&target, prepared.out, prepared.body, secret.as_ref()).await.what;
    match (sent.status, sent.error) {
        // What a rule for answers says is an answer as well.
        (Some(_), None) => Ok(words),
        (_, error) => Err(error.unwrap_or_else(|| "no answer".to_owned())),
    }
}

fn prepared(wish: &TestWish, target: &Target, keyring: &Keyring) -> (String, Prepared) {
    let now = clock::now();
    let fresh = Fresh { seed: uuid::Uuid::new_v4().as_u64_pair().0, now };
    let provider = wish.provider.as_deref().or_else(|| known(keyring)).and_then(|id| Catalogue::in_force().get(id));
    let draft = |provider: &Provider| {
        let kind = wish.kind.as_deref();
        Draft::of(provider, kind, fresh).or_else(|| Draft::of(provider, None, fresh))
    };
    match provider.and_then(|provider| Some((provider, draft(provider)?))) {
        Some((provider, draft)) => {
            let words = format!("a test event was sent: {} {}", provider.id, draft.kind);
            (words, Sending { provider, target, own: true, keyring, now }.prepare(draft))
        }
        None => ("a test event was sent".to_owned(), Prepared::unsigned(Draft::plain(), target)),
    }
}

/// A provider whose events can be proved genuine here.
fn known(keyring: &Keyring) -> Option<&str> {
    let sources = keyring.sources.iter().filter(|source| !source.secrets.is_empty());
    let of_sources = sources.filter_map(|source| source.provider.as_deref());
    let of_providers = keyring.providers.iter().filter(|(_, secrets)| !secrets.is_empty()).map(|(id, _)| id.as_str());
    of_sources.chain(of_providers).next()
}

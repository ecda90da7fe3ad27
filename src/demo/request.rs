//! One event of the script as a request.
//! It must not send it.

use super::home::{SPARE, SPARE_VALUE};
use super::script::{Item, Signed};
use crate::model::{JsonLayout, Outgoing, Secret, Target, Timestamp, json_laid_out};
use crate::samples::{Draft, Fresh, Prepared, Sending};
use crate::verify::{Catalogue, Keyring};

/// A request, so far as it is known.
pub(super) struct Request {
    pub(super) out: Outgoing,
    pub(super) body: Vec<u8>,
}

impl Item {
    /// The request with which an event that was made at `made` arrives at `at`, at a listener with these secrets; `None`
    /// where the script names what there is not.
    pub(super) fn request(
        &self,
        target: &Target,
        keyring: &Keyring,
        (made, at): (Timestamp, Timestamp),
        seed: u64,
    ) -> Option<Request> {
        let before = |at: Timestamp| Timestamp(at.0 - self.late * 1_000_000);
        let (fresh, signed_at) = (Fresh { seed, now: before(made) }, before(at));
        let provider = match &self.provider {
            Some(id) => Some(Catalogue::in_force().get(id)?),
            None => None,
        };
        let mut draft = match provider {
            Some(provider) => Draft::of(provider, self.kind.as_deref(), fresh)?,
            None => Draft::plain(),
        };
        if let Some(path) = &self.path {
            draft.path.clone_from(path);
        }
        if let Some(body) = &self.body {
            draft.body = fresh.fill(body).into_bytes();
        }
        let other;
        let keyring = match self.signed {
            Signed::Other => {
                other = with_spare(keyring, self.provider.as_deref()?);
                &other
            }
            Signed::Own | Signed::Altered => keyring,
        };
        let Prepared { mut out, mut body, .. } = match provider {
            Some(provider) => Sending { provider, target, own: true, keyring, now: signed_at }.prepare(draft),
            None => Prepared::unsigned(draft, target),
        };
        if self.signed == Signed::Altered {
            body = json_laid_out(&body, JsonLayout::Spaced)?;
            out.headers.set("Content-Length", body.len().to_string());
        }
        // The demo's events are to look like what comes from outside.
        out.headers.remove("Whisper-Test");
        Some(Request { out, body })
    }
}

fn with_spare(keyring: &Keyring, provider: &str) -> Keyring {
    let mut other = keyring.clone();
    let spare = Secret::new(SPARE, SPARE_VALUE.as_bytes().to_vec());
    other.providers.insert(provider.to_owned(), vec![spare]);
    other
}

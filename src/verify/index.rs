//! Entries by their marks, so that a request is compared with few of them.

use super::provider::Provider;
use std::collections::{HashMap, HashSet};

/// Headers that many programs and proxies send: one of them alone says nothing about the sender.
const COMMON: [&str; 18] = [
    "date",
    "digest",
    "signature",
    "x-api-key",
    "x-correlation-id",
    "x-delivery-id",
    "x-event-key",
    "x-event-name",
    "x-event-type",
    "x-hmac-signature",
    "x-nonce",
    "x-request-id",
    "x-signature",
    "x-timestamp",
    "x-topic",
    "x-webhook-id",
    "x-webhook-signature",
    "x-webhook-timestamp",
];

/// Entries by their marks.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By headers, names in lower case.
    headers: HashMap<String, Vec<usize>>,
    /// Those that something besides headers tells.
    pub(super) told: Vec<usize>,
}

impl Index {
    pub(super) fn of(providers: &[Provider]) -> Index {
        let mut index = Index::default();
        for (n, provider) in providers.iter().enumerate() {
            let own = provider.detect.headers.iter().map(String::as_str);
            // The signature's own header is a mark too, unless everybody uses it.
            let signed = provider.signature_headers().filter(|name| !name.eq_ignore_ascii_case("authorization"));
            let names: HashSet<String> = own.chain(signed).map(str::to_ascii_lowercase).collect();
            for name in &names {
                index.headers.entry(name.clone()).or_default().push(n);
            }
            if !provider.detect.body.is_empty() || provider.detect.agent.is_some() {
                index.told.push(n);
            }
        }
        index
    }

    /// The entries that send a header of this name, and whether it tells the sender by itself.
    pub(super) fn senders_of(&self, name: &str) -> (&[usize], bool) {
        let entries = self.headers.get(name).map_or(&[] as &[usize], Vec::as_slice);
        (entries, entries.len() == 1 && !COMMON.contains(&name))
    }
}

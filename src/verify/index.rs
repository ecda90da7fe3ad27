//! Entries by their marks, so that a request is compared with few of them.

use super::provider::Provider;
use std::collections::{HashMap, HashSet};

/// Entries by their marks, so that a request is compared with few of them.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By headers, names in lower case.
    pub(super) headers: HashMap<String, Vec<usize>>,
    /// Those that can be known without a header of their own.
    pub(super) others: Vec<usize>,
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
            if provider.detect.headers.is_empty()
                && (!provider.detect.body.is_empty() || provider.detect.agent.is_some())
            {
                index.others.push(n);
            }
        }
        index
    }
}

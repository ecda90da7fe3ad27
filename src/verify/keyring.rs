//! Which secrets belong to whom: sources first, then providers.

use super::Params;
use crate::model::Secret;
use std::collections::BTreeMap;

/// A named entrance with its settings (contract section 6).
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// The path it claims; a final `*` stands for any rest.
    pub path: String,
    /// The provider that it is known to be.
    pub provider: Option<String>,
    /// Its own secrets.
    pub secrets: Vec<Secret>,
    /// What the sender calls, in place of scheme, host and the path's fixed part.
    pub public_url: Option<String>,
    /// What an entry needs besides.
    pub params: Params,
}

/// All sources and secrets of one configuration.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// Sources in file order.
    pub sources: Vec<Source>,
    /// Secrets by provider.
    pub providers: BTreeMap<String, Vec<Secret>>,
}

impl Keyring {
    /// The source that claims `path`: the longest wins, then file order.
    pub fn source_for(&self, path: &str) -> Option<&Source> {
        let mut best: Option<&Source> = None;
        for source in self.sources.iter().filter(|s| claims(&s.path, path)) {
            if best.is_none_or(|b| source.path.len() > b.path.len()) {
                best = Some(source);
            }
        }
        best
    }

    /// Every secret, and whose it is in words.
    pub fn all(&self) -> impl Iterator<Item = (String, &Secret)> {
        let of_source = |source: &'_ Source| format!("of the source {}", source.name);
        let of_sources = self.sources.iter().flat_map(move |source| {
            let whose = of_source(source);
            source.secrets.iter().map(move |secret| (whose.clone(), secret))
        });
        let of_providers = self
            .providers
            .iter()
            .flat_map(|(provider, secrets)| secrets.iter().map(move |secret| (format!("of {provider}"), secret)));
        of_sources.chain(of_providers)
    }

    /// The secrets to try: the source's own; if it has none, its provider's.
    pub fn secrets<'a>(&'a self, source: Option<&'a Source>, provider: &str) -> &'a [Secret] {
        match source {
            Some(source) if !source.secrets.is_empty() => &source.secrets,
            _ => self.providers.get(provider).map_or(&[], Vec::as_slice),
        }
    }
}

fn claims(pattern: &str, path: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(fixed) => path.starts_with(fixed) || path == fixed.trim_end_matches('/'),
        None => path == pattern,
    }
}

impl Source {
    /// The public URL of `path`, if one is configured.
    pub fn public_url_of(&self, path: &str) -> Option<String> {
        let public = self.public_url.as_ref()?;
        let fixed = self.path.trim_end_matches('*').trim_end_matches('/');
        let rest = path.strip_prefix(fixed).unwrap_or("");
        Some(format!("{}{rest}", public.trim_end_matches('/')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_path_wins() {
        let source = |name: &str, path: &str| Source { name: name.into(), path: path.into(), ..Source::default() };
        let keyring = Keyring {
            sources: vec![source("all", "/*"), source("stripe", "/stripe/*"), source("one", "/stripe/one")],
            ..Keyring::default()
        };
        let name = |path: &str| keyring.source_for(path).map(|s| s.name.as_str());
        assert_eq!(name("/stripe/one"), Some("one"));
        assert_eq!(name("/stripe"), Some("stripe"));
        assert_eq!(name("/other"), Some("all"));
    }
}

//! Which secrets belong to whom: sources first, then providers.

use super::Params;
use crate::model::{Entrance, Live, Secret};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A named entrance with its settings (contract section 6).
#[derive(Clone, Debug)]
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
    /// Set-up questions are answered.
    pub handshake: bool,
}

impl Default for Source {
    fn default() -> Source {
        Source {
            name: String::new(),
            path: String::new(),
            provider: None,
            secrets: Vec::new(),
            public_url: None,
            params: Params::new(),
            handshake: true,
        }
    }
}

/// All sources and secrets of one configuration.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// Sources in file order.
    pub sources: Vec<Source>,
    /// Secrets by provider.
    pub providers: BTreeMap<String, Vec<Secret>>,
    /// Secrets with which what goes to a subscriber is signed, by its name.
    pub signers: BTreeMap<String, Secret>,
    /// Secrets that are kept and that nobody uses: only the doctor tries them.
    pub spare: Vec<Secret>,
}

/// The keyring in force, which may be another one a moment later.
#[derive(Clone, Debug, Default)]
pub struct LiveKeyring(Live<Keyring>);

impl LiveKeyring {
    /// Begins with this one.
    pub fn new(keyring: Keyring) -> LiveKeyring {
        LiveKeyring(Live::new(keyring))
    }

    /// The keyring of this moment.
    pub fn now(&self) -> Arc<Keyring> {
        self.0.now()
    }

    /// Puts another one in force; gives where secrets are others than before.
    pub fn replace(&self, keyring: Keyring) -> Vec<Entrance> {
        self.0.replace(keyring.clone()).changed(&keyring)
    }
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
        let spare = self.spare.iter().map(|secret| ("kept here".to_owned(), secret));
        of_sources.chain(of_providers).chain(spare)
    }

    /// Where secrets of a provider's events belong: to their source, if it has any of its own.
    pub fn entrance(&self, path: &str, provider: &str) -> Entrance {
        match self.source_for(path) {
            Some(source) if !source.secrets.is_empty() => Entrance::Source(source.name.clone()),
            _ => Entrance::Provider(provider.to_owned()),
        }
    }

    /// Where `other` has other secrets or settings.
    fn changed(&self, other: &Keyring) -> Vec<Entrance> {
        let same = |a: &[Secret], b: &[Secret]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name && a.expose() == b.expose())
        };
        let providers = self.providers.keys().chain(other.providers.keys());
        let of = |keyring: &'_ Keyring, id: &str| keyring.providers.get(id).cloned().unwrap_or_default();
        let mut changed: Vec<Entrance> = providers
            .filter(|id| !same(&of(self, id), &of(other, id)))
            .map(|id| Entrance::Provider(id.clone()))
            .collect();
        changed.sort_by_key(Entrance::to_string);
        changed.dedup();
        for source in &other.sources {
            let before = self.sources.iter().find(|known| known.name == source.name);
            let equal = before.is_some_and(|before| {
                same(&before.secrets, &source.secrets)
                    && before.params == source.params
                    && before.public_url == source.public_url
                    && before.provider == source.provider
                    && before.path == source.path
            });
            if !equal {
                changed.push(Entrance::Source(source.name.clone()));
            }
        }
        changed
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
    fn it_is_known_where_secrets_have_changed() {
        let secret = |text: &str| vec![Secret::new("S", text.as_bytes().to_vec())];
        let source = |text: &str| Source { name: "one".into(), secrets: secret(text), ..Source::default() };
        let live = LiveKeyring::new(Keyring { sources: vec![source("a")], ..Keyring::default() });
        let mut next = Keyring { sources: vec![source("a")], ..Keyring::default() };
        next.providers.insert("stripe".into(), secret("b"));
        assert_eq!(live.replace(next.clone()), [Entrance::Provider("stripe".into())]);
        next.sources[0].secrets = secret("c");
        assert_eq!(live.replace(next.clone()), [Entrance::Source("one".into())]);
        assert_eq!(live.replace(next), []);
    }

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

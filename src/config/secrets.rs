//! From references to secrets. What cannot be read is a warning with the reference's name, never a stop.

use super::{Config, Places};
use crate::model::{Secret, SecretRef, Subscriber};
use crate::verify::{Keyring, Source};

/// A reference that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretProblem {
    /// The reference.
    pub reference: SecretRef,
    /// Why.
    pub why: String,
}

/// Reads every secret of a configuration.
pub fn read_all(config: &Config, places: &Places) -> (Keyring, Vec<SecretProblem>) {
    let mut hand = Hand { config, places, problems: Vec::new() };
    let providers = config.secrets.iter().map(|(provider, refs)| (provider.clone(), hand.all(refs))).collect();
    let source = |s: &super::SourceConfig| Source {
        name: s.name.clone(),
        path: s.path.clone(),
        provider: s.provider.clone(),
        secrets: hand.all(&s.secrets),
        public_url: s.public_url.clone(),
        handshake: s.handshake,
        params: s.params.iter().filter_map(|(name, text)| Some((name.clone(), hand.param(text)?))).collect(),
    };
    let sources = config.sources.iter().map(source).collect();
    let signer = |s: &Subscriber| Some((s.name.clone(), hand.one(&s.signer.as_ref()?.secret)?));
    let signers = config.subscribers.iter().filter_map(signer).collect();
    let spare = spare(config, places);
    (Keyring { sources, providers, signers, spare }, hand.problems)
}

/// Kept secrets that the configuration does not name.
fn spare(config: &Config, places: &Places) -> Vec<Secret> {
    let references = config.secrets.values().chain(config.sources.iter().map(|source| &source.secrets)).flatten();
    let signers = config.subscribers.iter().filter_map(|subscriber| Some(&subscriber.signer.as_ref()?.secret));
    let named: Vec<&SecretRef> = references.chain(signers).collect();
    let kept = super::kept::read(&places.kept).unwrap_or_default();
    let secret = |(name, value): (String, String)| {
        let reference = SecretRef::Kept(name);
        (!named.contains(&&reference) && !value.is_empty()).then(|| Secret::read(&reference, value.into_bytes()))
    };
    kept.into_iter().filter_map(secret).collect()
}

/// Reads one reference after the other and notes what cannot be read.
struct Hand<'a> {
    config: &'a Config,
    places: &'a Places,
    problems: Vec<SecretProblem>,
}

impl Hand<'_> {
    fn all(&mut self, references: &[SecretRef]) -> Vec<Secret> {
        references.iter().filter_map(|reference| self.one(reference)).collect()
    }

    fn one(&mut self, reference: &SecretRef) -> Option<Secret> {
        let problem = |why| SecretProblem { reference: reference.clone(), why };
        read(reference, self.config, self.places).map_err(|why| self.problems.push(problem(why))).ok()
    }

    /// A setting's text, or what its reference stands for.
    fn param(&mut self, text: &str) -> Option<String> {
        match SecretRef::parse(text) {
            Ok(reference) => Some(String::from_utf8_lossy(self.one(&reference)?.expose()).into_owned()),
            Err(_) => Some(text.to_owned()),
        }
    }
}

fn read(reference: &SecretRef, config: &Config, places: &Places) -> Result<Secret, String> {
    let value = match reference {
        SecretRef::Env(name) => {
            std::env::var_os(name).ok_or("the environment variable is not set")?.into_encoded_bytes()
        }
        SecretRef::File(path) => std::fs::read(config.folder.join(path)).map_err(|e| e.to_string())?,
        SecretRef::Kept(name) => {
            let kept = super::kept::read(&places.kept)?.remove(name);
            kept.ok_or("no such secret is kept: whisper-tui secrets set keeps it")?.into_bytes()
        }
    };
    let secret = Secret::read(reference, value);
    if secret.expose().is_empty() {
        return Err("it is empty".into());
    }
    Ok(secret)
}

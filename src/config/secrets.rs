//! From references to secrets. What cannot be read is a warning with the reference's name, never a stop.

use super::{Config, Places};
use crate::model::{Secret, SecretRef};
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
    let mut problems = Vec::new();
    let mut all = |references: &[SecretRef]| {
        let mut secrets = Vec::new();
        for reference in references {
            match read(reference, config, places) {
                Ok(secret) => secrets.push(secret),
                Err(why) => problems.push(SecretProblem { reference: reference.clone(), why }),
            }
        }
        secrets
    };
    let providers = config.secrets.iter().map(|(provider, refs)| (provider.clone(), all(refs))).collect();
    let sources = config
        .sources
        .iter()
        .map(|s| Source {
            name: s.name.clone(),
            path: s.path.clone(),
            provider: s.provider.clone(),
            secrets: all(&s.secrets),
            public_url: s.public_url.clone(),
            params: s.params.clone(),
        })
        .collect();
    (Keyring { sources, providers }, problems)
}

fn read(reference: &SecretRef, config: &Config, places: &Places) -> Result<Secret, String> {
    let value = match reference {
        SecretRef::Env(name) => {
            std::env::var_os(name).ok_or("the environment variable is not set")?.into_encoded_bytes()
        }
        SecretRef::File(path) => std::fs::read(config.folder.join(path)).map_err(|e| e.to_string())?,
        SecretRef::Kept(name) => {
            let text = std::fs::read_to_string(&places.kept).map_err(|e| e.to_string())?;
            let table: toml::Table = text.parse().map_err(|_| "the file of kept secrets cannot be read")?;
            table.get(name).and_then(|v| v.as_str()).ok_or("no such secret is kept")?.as_bytes().to_vec()
        }
    };
    let secret = Secret::new(reference.name(), value);
    if secret.expose().is_empty() {
        return Err("it is empty".into());
    }
    Ok(secret)
}

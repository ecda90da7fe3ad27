//! The state file: small things that are remembered between runs, apart from configuration and log.
//! It must not keep anything that would be missed.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// What was remembered; what cannot be read is as if it were the first run.
pub fn recall<T: DeserializeOwned + Default>(path: &Path) -> T {
    std::fs::read_to_string(path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default()
}

/// Remembers something; the file is whole or not changed.
pub fn remember<T: Serialize>(path: &Path, what: &T) -> std::io::Result<()> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let text = toml::to_string(what).map_err(std::io::Error::other)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

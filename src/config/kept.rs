//! The file of kept secrets: one TOML table, name to value, for its owner alone.
//! It must not show a value to anybody but who asks for that secret.

use std::collections::BTreeMap;
use std::path::Path;
use zeroize::Zeroize;

/// All kept secrets by name; none where there is no file.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, String>, String> {
    match std::fs::read_to_string(path) {
        Ok(mut text) => {
            // The parser's own message would repeat the line.
            let read = toml::from_str(&text).map_err(|_| format!("{} cannot be read", path.display()));
            text.zeroize();
            read
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// The names of the kept secrets.
pub fn kept_names(path: &Path) -> Result<Vec<String>, String> {
    Ok(read(path)?.into_keys().collect())
}

/// Keeps a secret under a name, or forgets it; gives whether there was one before.
pub fn keep(path: &Path, name: &str, value: Option<String>) -> Result<bool, String> {
    let mut kept = read(path)?;
    let before = match value {
        Some(value) => kept.insert(name.to_owned(), value),
        None => kept.remove(name),
    };
    let mut text = toml::to_string(&kept).map_err(|_| "the secret cannot be written as TOML".to_owned())?;
    kept.values_mut().for_each(Zeroize::zeroize);
    let written = write(path, &text);
    text.zeroize();
    written.map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(before.is_some())
}

/// The file is whole or not changed; a temporary file is made for its owner alone.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_for_its_owner_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/secrets.toml");
        assert_eq!(keep(&path, "stripe", Some("whsec_\"x\"".into())), Ok(false));
        assert_eq!(keep(&path, "stripe", Some("whsec_\"y\"\n".into())), Ok(true));
        assert_eq!(read(&path).unwrap()["stripe"], "whsec_\"y\"\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!((keep(&path, "stripe", None), kept_names(&path)), (Ok(true), Ok(vec![])));
        std::fs::write(&path, "canary").unwrap();
        assert!(!kept_names(&path).unwrap_err().contains("canary"));
    }
}

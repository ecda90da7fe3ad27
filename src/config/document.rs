//! Changes to the configuration's file, whose comments and order stay as they are.
//! It must not know what is changed: that is for `assign` and `tables`.

use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::DocumentMut;

/// A configuration with a change in it, not yet written: what else has to be done may still fail.
pub struct Changed {
    path: PathBuf,
    text: String,
    /// As it was; `None` where there was no file.
    before: Option<String>,
}

/// The file's text as it is; `None` where there is no file. What is wrong is said in words.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{}: {e}", path.display())),
    }
}

/// Changes what the file says; it is made where there is none.
pub(super) fn change(path: &Path, how: impl FnOnce(&mut DocumentMut) -> Result<(), String>) -> Result<Changed, String> {
    let before = text_of(path)?;
    let text = changed(before.as_deref().unwrap_or_default(), how).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(Changed { path: path.to_owned(), text, before })
}

/// The text with the change in it.
pub(super) fn changed(text: &str, how: impl FnOnce(&mut DocumentMut) -> Result<(), String>) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    how(&mut document)?;
    Ok(document.to_string())
}

impl Changed {
    /// Puts it in the file's place.
    pub fn write(&self) -> Result<(), String> {
        write(&self.path, &self.text).map_err(|e| format!("{}: {e}", self.path.display()))
    }

    /// Puts back what was there before.
    pub fn take_back(&self) -> Result<(), String> {
        let done = match &self.before {
            Some(before) => write(&self.path, before),
            None => std::fs::remove_file(&self.path),
        };
        done.map_err(|e| format!("{}: {e}", self.path.display()))
    }
}

/// The file is whole or not changed, and as readable as before.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    // A configuration that is a link stays one.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    if let Ok(before) = std::fs::metadata(&path) {
        file.as_file().set_permissions(before.permissions())?;
    }
    file.persist(&path).map(drop).map_err(|e| e.error)
}

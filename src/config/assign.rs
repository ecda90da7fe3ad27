//! Writing one more secret's reference into the configuration, whose comments and order stay as they are.

use crate::model::{Entrance, SecretRef};
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// A configuration with one more secret in it, not yet written: what else has to be done may still fail.
pub struct Assigned {
    path: PathBuf,
    text: String,
}

/// Adds `reference` to the secrets of an entrance; the file is made where there is none. What is wrong is said in words.
pub fn assign(path: &Path, entrance: &Entrance, reference: &SecretRef) -> Result<Assigned, String> {
    let said = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(said(&e)),
    };
    let text = assigned(&text, entrance, &reference.to_string()).map_err(|e| said(&e))?;
    Ok(Assigned { path: path.to_owned(), text })
}

impl Assigned {
    /// Puts it in the file's place.
    pub fn write(&self) -> Result<(), String> {
        write(&self.path, &self.text).map_err(|e| format!("{}: {e}", self.path.display()))
    }
}

/// The text with the reference in it.
fn assigned(text: &str, entrance: &Entrance, reference: &str) -> Result<String, String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let list = match entrance {
        Entrance::Provider(id) => {
            let table = document.entry("secrets").or_insert(Item::Table(Table::new()));
            table.as_table_like_mut().ok_or("`secrets` is no table")?.entry(id).or_insert(value(Array::new()))
        }
        Entrance::Source(name) => {
            let sources = document.get_mut("source").and_then(Item::as_array_of_tables_mut);
            let named = |table: &&mut Table| table.get("name").and_then(Item::as_str) == Some(name);
            let source = sources.and_then(|tables| tables.iter_mut().find(named));
            source
                .ok_or_else(|| format!("there is no source `{name}`"))?
                .entry("secrets")
                .or_insert(value(Array::new()))
        }
    };
    let list = list.as_array_mut().ok_or("the secrets are no list")?;
    if !list.iter().any(|known| known.as_str() == Some(reference)) {
        list.push(reference);
    }
    Ok(document.to_string())
}

/// The file is whole or not changed, and as readable as before.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_order_stay() {
        let stripe = Entrance::Provider("stripe".into());
        assert_eq!(assigned("", &stripe, "kept:b").unwrap(), "[secrets]\nstripe = [\"kept:b\"]\n");
        let text = "# mine\ntheme = \"dark\" # yes\n\n[secrets]\nstripe = [\"env:A\"]   # test mode\ngithub = []\n\n\
                    [[source]]\nname = \"live\"\npath = \"/x\"\n";
        let added = assigned(text, &stripe, "kept:b").unwrap();
        assert_eq!(added, text.replace("[\"env:A\"]", "[\"env:A\", \"kept:b\"]"));
        assert_eq!(assigned(&added, &stripe, "kept:b").unwrap(), added);
        let source = assigned(text, &Entrance::Source("live".into()), "env:B").unwrap();
        assert!(source.ends_with("path = \"/x\"\nsecrets = [\"env:B\"]\n"), "{source}");
        assert!(assigned(text, &Entrance::Source("other".into()), "env:B").is_err());
        assert!(assigned("secrets = 1", &stripe, "env:B").is_err());
    }
}

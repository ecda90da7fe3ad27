//! Writing one more secret's reference into the configuration.
//! It must not read a secret.

use super::document::{Changed, change};
use crate::model::{Entrance, SecretRef};
use std::path::Path;
use toml_edit::{Array, DocumentMut, Item, Table, value};

/// Adds `reference` to the secrets of an entrance; the file is made where there is none. What is wrong is said in words.
pub fn assign(path: &Path, entrance: &Entrance, reference: &SecretRef) -> Result<Changed, String> {
    change(path, |document| add(document, entrance, &reference.to_string()))
}

fn add(document: &mut DocumentMut, entrance: &Entrance, reference: &str) -> Result<(), String> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::document::changed;
    use super::*;

    fn assigned(text: &str, entrance: &Entrance, reference: &str) -> Result<String, String> {
        changed(text, |document| add(document, entrance, reference))
    }

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

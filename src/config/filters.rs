//! The `[filters]` table, and filters that stand elsewhere in the file: `@name` in them means what the table says.
//! It must not decide where a filter fits.

use super::ConfigError;
use super::document::{Changed, change};
use crate::model::filter::{Filter, Saved};
use serde::{Deserialize, Deserializer, de::Error};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use toml_edit::{Item, Table, value};

thread_local! {
    /// What `@name` means in the file that this thread is reading: serde hands nothing down to a value.
    static IN_FORCE: RefCell<Saved> = RefCell::default();
}

/// Does something while the file's own filters are known.
pub(super) fn within<T>(saved: &Saved, work: impl FnOnce() -> T) -> T {
    let before = IN_FORCE.replace(saved.clone());
    let done = work();
    IN_FORCE.set(before);
    done
}

/// Reads the value of a `when`.
pub(super) fn when<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Filter, D::Error> {
    let text = String::deserialize(deserializer)?;
    let filter = IN_FORCE.with_borrow(|saved| Filter::parse_with(&text, saved));
    filter.map_err(|e| D::Error::custom(format!("when: {}; {}", e.what, e.hint)))
}

/// The table of a file, whatever else stands there.
pub(super) fn table(text: &str, name: &str) -> Result<Saved, ConfigError> {
    #[derive(Deserialize)]
    struct Only {
        #[serde(default)]
        filters: BTreeMap<String, String>,
    }
    // What is wrong with the form of the file is said where the whole of it is read.
    let texts = toml::from_str::<Only>(text).map(|only| only.filters).unwrap_or_default();
    Saved::new(texts).map_err(|(filter, e)| {
        let begins = |line: &&str| line.trim_start().trim_start_matches('"').starts_with(&filter);
        let place = match text.lines().skip_while(|line| line.trim() != "[filters]").find(begins) {
            Some(line) => format!("{name}, line {}", line_number(text, line)),
            None => name.to_owned(),
        };
        ConfigError { what: format!("{place}: the filter `{filter}`: {}", e.what), hint: e.hint }
    })
}

fn line_number(text: &str, line: &str) -> usize {
    let at = line.as_ptr() as usize - text.as_ptr() as usize;
    text[..at].matches('\n').count() + 1
}

/// The file with one more saved filter in it, or with another text for one. What is wrong is said in words.
pub fn save_filter(path: &Path, name: &str, text: &str) -> Result<Changed, String> {
    change(path, |document| {
        let table = document.entry("filters").or_insert(Item::Table(Table::new()));
        let table = table.as_table_mut().ok_or("write saved filters as a table [filters]")?;
        table.insert(name, value(text));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_one_names_its_line() {
        let text = "theme = \"auto\"\n[filters]\ngood = \"sig:bad\"\nslow = \"tok:>5s\"\n";
        let error = table(text, "c.toml").unwrap_err();
        assert!(error.what.starts_with("c.toml, line 4: the filter `slow`: there is no field `tok`"), "{error}");
        assert_eq!(table("[filters]\na = \"@b\"\nb = \"x\"", "").unwrap().get("a"), Some("@b"));
    }
}

//! Filters with names: `@problems` stands for what the configuration says.
//! It must not know where they are written.

use super::{Filter, FilterError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Texts of filters by name. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved(Arc<BTreeMap<String, String>>);

impl Saved {
    /// Takes them in where every one of them can be read; the error names the one that cannot.
    pub fn new(texts: BTreeMap<String, String>) -> Result<Saved, (String, FilterError)> {
        let saved = Saved(Arc::new(texts));
        for (name, text) in saved.iter() {
            let hint = || "letters, digits, `-` and `_`".to_owned();
            if !is_name(name) {
                return Err((
                    name.to_owned(),
                    FilterError { what: "it is no name".into(), at: 0, hint: hint(), unfinished: false },
                ));
            }
            Filter::parse_with(text, &saved).map_err(|e| (name.to_owned(), e))?;
        }
        Ok(saved)
    }

    /// The text of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names and texts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// Whether a filter can be called so.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

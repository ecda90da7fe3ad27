//! What no template can say: signatures over canonical forms of their own, each in a file behind one trait.
//! It must not compare a signature: it says what is signed, and the judge goes on from there.

mod cavage;
mod php_json;
mod php_serialize;
mod rfc9421;
mod sorted_json;

use super::Question;
use super::candidates::{Content, Group};

/// A canonical form in code.
pub(super) trait Special: Sync {
    /// `read` is what the entry's own rules found in `text`. Gives the groups with what they cover, or why that cannot be
    /// said.
    fn groups(&self, question: &Question, text: &str, read: Vec<Group>) -> Result<Vec<Group>, &'static str>;
}

/// The code behind an entry's `builtin`; `None` where there is none, so that the entry can only be recognised.
pub(super) fn named(name: &str) -> Option<&'static dyn Special> {
    Some(match name {
        "rfc9421" => &rfc9421::Rfc9421,
        "cavage" => &cavage::Cavage,
        "php-json" => &php_json::PhpJson,
        "php-serialize" => &php_serialize::PhpSerialize,
        "sorted-json" => &sorted_json::SortedJson,
        _ => return None,
    })
}

/// The same content for all groups; without one the body cannot be read.
fn with(read: Vec<Group>, content: Option<Vec<u8>>) -> Result<Vec<Group>, &'static str> {
    let bytes = content.ok_or("the body cannot be read in the form that is signed")?;
    let content = Content { bytes, covers_body: true, expires: None };
    Ok(read.into_iter().map(|group| Group { content: Some(content.clone()), ..group }).collect())
}

//! The files of samples, one for each of the commonest providers.
//! It must not fill anything in.

use crate::model::{JsonLayout, json_laid_out};
use crate::verify::Provider;
use include_dir::{Dir, include_dir};
use serde::Deserialize;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/samples");

/// The type of the one event that an entry without a file of samples has.
pub(super) const GENERIC: &str = "example";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    layout: Option<Layout>,
    #[serde(default)]
    headers: String,
    #[serde(rename = "sample")]
    samples: Vec<Sample>,
}

/// How the provider writes its JSON.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Layout {
    Compact,
    Pretty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    headers: String,
    /// JSON, laid out for people.
    body: Option<String>,
    /// Fields of a form, in place of a body.
    form: Option<Vec<(String, String)>>,
}

/// A sample as written, with placeholders.
pub(super) struct Written {
    pub(super) kind: String,
    /// Header lines.
    pub(super) headers: String,
    pub(super) body: WrittenBody,
}

pub(super) enum WrittenBody {
    Text(String),
    Form(Vec<(String, String)>),
}

/// The types of events that there are for a provider, the commonest first.
pub fn types(provider: &Provider) -> Vec<String> {
    match read(&provider.id) {
        Some(file) => file.samples.into_iter().map(|sample| sample.kind).collect(),
        None => vec![GENERIC.to_owned()],
    }
}

/// The sample of this type; without one the first.
pub(super) fn find(provider: &Provider, kind: Option<&str>) -> Option<Written> {
    let file = read(&provider.id)?;
    let common = file.headers;
    let sample = file.samples.into_iter().find(|sample| kind.is_none_or(|kind| sample.kind == kind))?;
    let body = match sample.form {
        Some(pairs) => WrittenBody::Form(pairs),
        None => WrittenBody::Text(laid_out(sample.body.unwrap_or_default().trim(), file.layout)),
    };
    Some(Written { kind: sample.kind, headers: format!("{common}\n{}", sample.headers), body })
}

/// Placeholders are no JSON: what is laid out has strings in their place.
fn laid_out(text: &str, layout: Option<Layout>) -> String {
    let layout = match layout {
        Some(Layout::Compact) => JsonLayout::Compact,
        Some(Layout::Pretty) => JsonLayout::Indented(b"  "),
        None => return text.to_owned(),
    };
    let (masked, hidden) = super::fill::masked(text);
    let laid = json_laid_out(masked.as_bytes(), layout).and_then(|bytes| String::from_utf8(bytes).ok());
    super::fill::unmasked(&laid.unwrap_or(masked), &hidden)
}

/// The shipped files are read by a test: here it cannot fail.
fn read(id: &str) -> Option<File> {
    toml::from_str(FILES.get_file(format!("{id}.toml"))?.contents_utf8()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read() {
        for file in FILES.files() {
            let text = file.contents_utf8().unwrap();
            let read: File = toml::from_str(text).unwrap_or_else(|e| panic!("{}: {e}", file.path().display()));
            assert!(read.samples.len() >= 2, "{}", file.path().display());
            assert!(read.samples.iter().all(|sample| sample.body.is_some() != sample.form.is_some()));
        }
        assert_eq!(FILES.files().count(), 15);
    }
}

//! The catalogue: one TOML file per provider, read once.
//! It must not know a provider by name: what is special about one stands in its file.

use crate::model::{StoredEvent, json_matching_key};
use crate::verify::Question;
use crate::verify::template::{Template, TemplateError};
use include_dir::{Dir, include_dir};
use serde::Deserialize;
use std::sync::OnceLock;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/providers");

/// All providers, in the order of their file names.
#[derive(Debug)]
pub struct Catalogue {
    providers: Vec<Provider>,
}

/// One catalogue entry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// Short name, as used in configuration and filters.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What stands behind the entry: `vectors`, `sdk`, `listed` or `unverified`.
    pub confidence: String,
    /// Headers that only this provider sends.
    #[serde(default)]
    pub detect: Vec<String>,
    /// The first scheme as the file has it.
    #[serde(flatten)]
    scheme: Scheme,
    /// Further schemes as the file has them; what they leave out is as in the first.
    #[serde(default)]
    alternative: Vec<Alternative>,
    /// All schemes in the order in which they are tried, filled in once the file has been read.
    #[serde(skip)]
    schemes: Vec<Scheme>,
    /// Where type and key are found.
    #[serde(default)]
    event: EventFacts,
    /// A header that holds the secret itself, to be redacted wherever the event leaves the program.
    #[serde(default)]
    pub secret_header: Option<String>,
}

/// One way to sign.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Scheme {
    pub(super) signature: Signature,
    /// What is signed.
    #[serde(default)]
    pub(super) template: Template,
    /// How the secret's text becomes a key.
    #[serde(default)]
    pub(super) secret: SecretForm,
    pub(super) timestamp: Option<TimeRule>,
    #[serde(default)]
    pub(super) check: Vec<Check>,
}

/// A later scheme: the fields that differ.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternative {
    header: Option<String>,
    template: Option<Template>,
    timestamp: Option<String>,
    check: Option<Vec<Check>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    pub(super) header: String,
    pub(super) algorithm: Algorithm,
    #[serde(default)]
    pub(super) encoding: Encoding,
    #[serde(default)]
    pub(super) parse: Parse,
    #[serde(default)]
    pub(super) prefix: String,
    #[serde(default)]
    pub(super) sep: String,
    #[serde(default)]
    pub(super) kvsep: String,
    /// `kv`: the item that holds signatures.
    #[serde(default)]
    pub(super) key: String,
    /// The header's value when it is made anew; `{ts}` and `{sig}`. Absent: prefix and signature.
    #[serde(default)]
    pub(super) emit: Option<String>,
    /// Also try the URL without and with its scheme's own port.
    #[serde(default)]
    pub(super) url_port_variants: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Algorithm {
    HmacMd5,
    HmacSha1,
    HmacSha256,
    HmacSha384,
    HmacSha512,
    HashMd5,
    HashSha1,
    HashSha256,
    HashSha512,
    Ed25519,
    SharedToken,
}

impl Algorithm {
    pub(super) fn name(self) -> &'static str {
        match self {
            Algorithm::HmacMd5 => "HMAC-MD5",
            Algorithm::HmacSha1 => "HMAC-SHA1",
            Algorithm::HmacSha256 => "HMAC-SHA256",
            Algorithm::HmacSha384 => "HMAC-SHA384",
            Algorithm::HmacSha512 => "HMAC-SHA512",
            Algorithm::HashMd5 => "MD5",
            Algorithm::HashSha1 => "SHA-1",
            Algorithm::HashSha256 => "SHA-256",
            Algorithm::HashSha512 => "SHA-512",
            Algorithm::Ed25519 => "Ed25519",
            Algorithm::SharedToken => "Token",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    #[default]
    Hex,
    Base64,
    Plain,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Parse {
    #[default]
    Plain,
    List,
    Kv,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SecretForm {
    #[default]
    Utf8,
    Base64,
    Hex,
    /// `whsec_` taken off if it is there, then base64 (Standard Webhooks).
    Whsec,
    Ed25519Hex,
    Token,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeRule {
    /// `header:NAME` or `sigfield:KEY`.
    pub(super) source: String,
    #[serde(default)]
    pub(super) unit: TimeUnit,
    /// Allowed age in seconds; absent = not judged.
    pub(super) tolerance: Option<i64>,
    /// Whether a time further ahead than the tolerance is accepted.
    #[serde(default)]
    pub(super) future: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TimeUnit {
    #[default]
    S,
    Ms,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    /// `header:NAME` or `query:NAME`.
    pub(super) source: String,
    pub(super) equals: Option<Template>,
    #[serde(default)]
    pub(super) absent: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventFacts {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    key: String,
}

/// Why a catalogue file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct CatalogueError {
    file: String,
    why: String,
}

impl Catalogue {
    /// The catalogue that is built into the program.
    pub fn built_in() -> &'static Catalogue {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        // A test reads every file; one that is broken nevertheless is left out.
        CATALOGUE.get_or_init(|| {
            let mut providers: Vec<Provider> =
                FILES.files().filter_map(|file| parse(file.path().to_str()?, file.contents_utf8()?).ok()).collect();
            providers.sort_by(|a, b| a.id.cmp(&b.id));
            Catalogue { providers }
        })
    }

    /// All entries.
    pub fn all(&self) -> &[Provider] {
        &self.providers
    }

    /// The entry called `id`.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|p| p.id == id)
    }

    /// Whose request this looks like: the entry with the most of its headers there.
    pub fn recognise(&self, question: &Question) -> Option<&Provider> {
        let score = |p: &Provider| {
            let own = p.detect.iter().filter(|name| question.headers.has(name)).count();
            2 * own + usize::from(question.headers.has(&p.scheme.signature.header))
        };
        self.providers.iter().map(|p| (score(p), p)).filter(|(n, _)| *n > 0).max_by_key(|(n, _)| *n).map(|(_, p)| p)
    }
}

/// Reads one entry; the error names file, line and key.
pub(super) fn parse(file: &str, text: &str) -> Result<Provider, CatalogueError> {
    let mut provider: Provider =
        toml::from_str(text).map_err(|e| CatalogueError { file: file.to_owned(), why: e.to_string() })?;
    let further = provider.alternative.iter().map(|a| a.over(&provider.scheme));
    provider.schemes = std::iter::once(provider.scheme.clone()).chain(further).collect();
    Ok(provider)
}

impl Alternative {
    /// `first` with what this one has of its own.
    fn over(&self, first: &Scheme) -> Scheme {
        let mut scheme = first.clone();
        if let Some(header) = &self.header {
            scheme.signature.header.clone_from(header);
        }
        if let Some(template) = &self.template {
            scheme.template = template.clone();
        }
        if let (Some(rule), Some(source)) = (&mut scheme.timestamp, &self.timestamp) {
            rule.source.clone_from(source);
        }
        if let Some(check) = &self.check {
            scheme.check.clone_from(check);
        }
        scheme
    }
}

impl Provider {
    /// The scheme with which the provider signs today.
    pub(super) fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The schemes in the order in which they are tried.
    pub(super) fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    /// Name of the algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.scheme.signature.algorithm.name()
    }

    /// The header that carries the signature.
    pub fn signature_header(&self) -> &str {
        &self.scheme.signature.header
    }

    /// The template of what is signed.
    pub fn signed(&self) -> &str {
        self.scheme.template.text()
    }

    /// Allowed age in seconds.
    pub fn tolerance(&self) -> Option<i64> {
        self.scheme.timestamp.as_ref().and_then(|t| t.tolerance)
    }

    /// Whether a signature can be made with what a receiver has: not where only the sender holds the key.
    pub fn can_sign(&self) -> bool {
        self.scheme.signature.algorithm != Algorithm::Ed25519
    }

    /// The provider's name for what happened.
    pub(super) fn event_type(&self, question: &Question) -> Option<String> {
        fact(&self.event.kind, question)
    }

    /// The provider's id of the event.
    pub(super) fn event_key(&self, question: &Question) -> Option<String> {
        fact(&self.event.key, question)
    }
}

/// `a | b`: the first that is there; `a + b`: joined with a point.
fn fact(rule: &str, question: &Question) -> Option<String> {
    rule.split(" | ").find_map(|choice| {
        let parts: Vec<String> = choice
            .split(" + ")
            .filter_map(|source| match source.strip_prefix("jsonkey:!") {
                Some(other) => json_matching_key(question.body, &|key| key != other),
                None => question.value(source),
            })
            .filter(|text| !text.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join("."))
    })
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Template::parse(&text)
    }
}

/// Headers of these events that hold a secret themselves, by what their providers' entries say.
pub fn secret_headers<'a>(events: impl IntoIterator<Item = &'a StoredEvent>) -> Vec<String> {
    let provider = |stored: &'a StoredEvent| Catalogue::built_in().get(stored.event.provider.as_deref()?);
    events.into_iter().filter_map(provider).filter_map(|provider| provider.secret_header.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_entry_named_like_it() {
        assert!(FILES.files().count() >= 10);
        for file in FILES.files() {
            let path = file.path().to_str().unwrap();
            let provider = parse(path, file.contents_utf8().unwrap()).unwrap();
            assert_eq!(format!("{}.toml", provider.id), path);
        }
    }
}

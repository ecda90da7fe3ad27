//! The file as it is written: every key known, every value checked where it stands.

use super::answers::{self, Answer};
use super::filters;
use super::subscribers::{self, Written};
use super::units::{Age, Forever, Rate, Size};
use super::{Config, ConfigError, Keeping, SourceConfig};
use crate::listener::Limits;
use crate::model::{Allowed, SecretRef};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

const LISTEN: &str = "127.0.0.1:9477";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<Vec<SocketAddr>>,
    #[serde(default)]
    allow_targets: Vec<String>,
    theme: Option<String>,
    #[serde(default)]
    store: StoreTable,
    #[serde(default)]
    limits: LimitsTable,
    #[serde(default)]
    secrets: BTreeMap<String, Vec<Reference>>,
    #[serde(default)]
    source: Vec<SourceTable>,
    #[serde(default)]
    answer: Vec<Answer>,
    #[serde(default)]
    subscriber: Vec<Written>,
    #[serde(default)]
    keys: BTreeMap<String, Vec<String>>,
    /// Read before, for others name them.
    #[serde(default, rename = "filters")]
    _filters: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreTable {
    keep: Option<Forever>,
    max_size: Option<Size>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    head: Option<Size>,
    headers: Option<usize>,
    body: Option<Size>,
    connections: Option<usize>,
    head_timeout: Option<Age>,
    body_idle_timeout: Option<Age>,
    body_timeout: Option<Age>,
    keep_alive: Option<Age>,
    body_rate: Option<Rate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    name: String,
    path: String,
    provider: Option<String>,
    #[serde(default)]
    secrets: Vec<Reference>,
    public_url: Option<String>,
    #[serde(default = "yes")]
    handshake: bool,
    #[serde(default)]
    params: BTreeMap<String, String>,
}

/// A secret reference; the error never repeats what may be a secret.
struct Reference(SecretRef);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        SecretRef::parse(&text).map(Reference).map_err(serde::de::Error::custom)
    }
}

pub(super) fn parse(text: &str, name: &str) -> Result<Config, ConfigError> {
    let saved = filters::table(text, name)?;
    let file: File = filters::within(&saved, || toml::from_str(text)).map_err(|e| explain(text, name, &e))?;
    let allowed = Allowed::parse(&file.allow_targets)
        .map_err(|e| ConfigError { what: format!("{name}: allow_targets: {e}"), hint: e.hint() })?;
    let answers = answers::rules(file.answer).map_err(|what| ConfigError {
        what: format!("{name}: {what}"),
        hint: "give each a `name` of its own".into(),
    })?;
    let subscribers = subscribers::subscribers(file.subscriber).map_err(|what| ConfigError {
        what: format!("{name}: {what}"),
        hint: "give each a `name` of its own".into(),
    })?;
    let refs = |list: Vec<Reference>| list.into_iter().map(|r| r.0).collect::<Vec<_>>();
    Ok(Config {
        listen: file.listen.unwrap_or_else(|| LISTEN.parse().into_iter().collect()),
        allowed,
        theme: file.theme.unwrap_or_else(|| "auto".into()),
        keep: Keeping {
            age_us: file.store.keep.and_then(|keep| keep.0),
            max_size: file.store.max_size.map_or(Keeping::default().max_size, |size| size.0),
        },
        limits: limits(&file.limits),
        secrets: file.secrets.into_iter().map(|(provider, list)| (provider, refs(list))).collect(),
        sources: file
            .source
            .into_iter()
            .map(|s| SourceConfig {
                name: s.name,
                path: s.path,
                provider: s.provider,
                secrets: refs(s.secrets),
                public_url: s.public_url,
                handshake: s.handshake,
                params: s.params,
            })
            .collect(),
        answers,
        subscribers,
        filters: saved,
        keys: file.keys,
        folder: Default::default(),
    })
}

fn limits(table: &LimitsTable) -> Limits {
    let own = Limits::default();
    let size = |given: &Option<Size>, own: usize| given.as_ref().map_or(own, |s| s.0 as usize);
    let age = |given: &Option<Age>, own: Duration| given.as_ref().map_or(own, |a| a.0);
    Limits {
        head: size(&table.head, own.head),
        headers: table.headers.unwrap_or(own.headers),
        body: size(&table.body, own.body),
        connections: table.connections.unwrap_or(own.connections).max(1),
        head_timeout: age(&table.head_timeout, own.head_timeout),
        body_idle_timeout: age(&table.body_idle_timeout, own.body_idle_timeout),
        body_timeout: age(&table.body_timeout, own.body_timeout),
        keep_alive: age(&table.keep_alive, own.keep_alive),
        body_rate: table.body_rate.as_ref().map_or(own.body_rate, |r| r.0),
    }
}

/// File, line and key; for an unknown key the nearest known one.
fn explain(text: &str, name: &str, error: &toml::de::Error) -> ConfigError {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count());
    let place = line.map_or(name.to_owned(), |line| format!("{name}, line {}", line + 1));
    let message = error.message().to_owned();
    let (what, expected) = message.split_once(", expected").unwrap_or((&message, ""));
    if let Some(unknown) = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let known = expected.split('`').skip(1).step_by(2);
        let nearest = known.max_by(|a, b| likeness(unknown, a).total_cmp(&likeness(unknown, b)));
        let hint = nearest.map_or_else(everything, |known| format!("did you mean `{known}`?"));
        return ConfigError { what: format!("{place}: {what}"), hint };
    }
    // A value of the wrong form: what its key is, and what is wanted.
    let key = line.and_then(|line| text.lines().nth(line)).and_then(key_of).filter(|_| !expected.is_empty());
    let key = key.map(|key| format!("`{key}`: ")).unwrap_or_default();
    let is_list = expected.contains("a sequence") && what.contains("map");
    let hint =
        if is_list { "a table that may stand several times has two brackets: [[answer]]".into() } else { everything() };
    ConfigError { what: format!("{place}: {key}{message}"), hint }
}

/// What stands before the equals sign, or in the brackets of a table.
fn key_of(line: &str) -> Option<&str> {
    let key = line.split_once('=').map_or(line, |(key, _)| key).trim().trim_matches(['[', ']']);
    Some(key).filter(|key| !key.is_empty() && !key.contains(['{', '"']))
}

fn everything() -> String {
    "whisper-tui check --print-config prints every key with its default".to_owned()
}

/// How alike two words are, from 0 to 1.
pub fn likeness(a: &str, b: &str) -> f32 {
    similar::TextDiff::from_chars(a, b).ratio()
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_default_is_the_default() {
        let default = parse(super::super::DEFAULT, "default.toml").unwrap();
        assert_eq!(default.limits, Limits::default());
        assert_eq!(default.keep, Keeping::default());
        assert_eq!(default.listen, [LISTEN.parse().unwrap()]);
    }

    #[test]
    fn an_unknown_key_names_line_and_neighbour() {
        let error = parse("theme = \"auto\"\nlisen = [\"127.0.0.1:1\"]\n", "c.toml").unwrap_err();
        assert_eq!(error.what, "c.toml, line 2: unknown field `lisen`");
        assert_eq!(error.hint, "did you mean `listen`?");
    }

    #[test]
    fn a_literal_secret_is_refused_without_repeating_it() {
        let error = parse("[secrets]\nstripe = [\"whsec_canary\"]\n", "c.toml").unwrap_err();
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

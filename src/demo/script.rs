//! What the demo shows, as written in `assets/demo.toml`.

use serde::Deserialize;
use std::time::Duration;

const SCRIPT: &str = include_str!("../../assets/demo.toml");

/// The whole demo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// When somebody listened, in minutes before the start.
    pub(super) runs: Vec<(f64, f64)>,
    every_ms: u64,
    pub(super) past: Vec<Item>,
    pub(super) live: Vec<Item>,
}

/// One event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    /// Before the start.
    #[serde(default)]
    pub(super) minutes: f64,
    /// Who sends it; nobody in particular.
    pub(super) provider: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// In place of a sample's.
    pub(super) path: Option<String>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) signed: Signed,
    /// Signed so many seconds before it arrives.
    #[serde(default)]
    pub(super) late: i64,
    /// Arrives once more so many seconds later.
    #[serde(default)]
    pub(super) again: Vec<u64>,
    #[serde(default)]
    pub(super) delivered: bool,
    pub(super) note: Option<String>,
}

/// How it is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Signed {
    /// As it should be.
    #[default]
    Own,
    /// With a secret that is kept under another name.
    Other,
    /// The body is written anew afterwards.
    Altered,
}

impl Script {
    /// The shipped one; an error is a mistake in it, which a test finds first.
    pub fn shipped() -> Result<Script, String> {
        toml::from_str(SCRIPT).map_err(|e| e.to_string())
    }

    /// Between two live events.
    pub(super) fn pause(&self) -> Duration {
        Duration::from_millis(self.every_ms)
    }

    /// Everybody who sends.
    pub(super) fn providers(&self) -> Vec<&str> {
        let all = self.past.iter().chain(&self.live).filter_map(|item| item.provider.as_deref());
        let mut all: Vec<&str> = all.collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

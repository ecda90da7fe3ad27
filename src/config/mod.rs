//! Configuration: one TOML file and the command line's layer above it, checked to the last key.
//! It must not open a log or a socket; secrets are read here and travel on as `Secret`.

mod answers;
mod assign;
mod document;
mod file;
mod filters;
mod kept;
mod secrets;
pub mod state;
mod subscribers;
mod tables;
mod units;

pub use assign::assign;
pub use file::likeness;
pub use filters::save_filter;
pub use kept::{keep, kept_names};
pub use secrets::{SecretProblem, read_all};
pub use subscribers::forward;
pub use tables::{TableChange, change_subscribers, subscriber_text};
pub use units::{age, size};

use crate::answer::Rule;
use crate::listener::Limits;
use crate::model::filter::Saved;
use crate::model::{Allowed, Entrance, SecretRef, Subscriber};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The settings in force.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Origins beyond loopback.
    pub allowed: Allowed,
    /// Name of the theme.
    pub theme: String,
    /// What senders may take.
    pub limits: Limits,
    /// Entrances, in file order.
    pub sources: Vec<SourceConfig>,
    /// Secret references by provider.
    pub secrets: BTreeMap<String, Vec<SecretRef>>,
    /// What is kept.
    pub keep: Keeping,
    /// What senders are told on purpose; the presets last.
    pub answers: Vec<Rule>,
    /// Who gets events by itself.
    pub subscribers: Vec<Subscriber>,
    /// Filters by the names that stand for them.
    pub filters: Saved,
    /// Keys by the names of commands.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Folder that a relative `file:` belongs to.
    pub folder: PathBuf,
}

impl Config {
    /// Whether everybody whose answer is to be told is there.
    pub fn check_answers(&self) -> Result<(), ConfigError> {
        let asked = self.answers.iter().filter_map(|rule| rule.through.as_ref()).map(|through| &through.subscriber);
        match asked.into_iter().find(|name| self.subscribers.iter().all(|s| s.name != **name)) {
            Some(unknown) => Err(ConfigError {
                what: format!("an [[answer]] is from the subscriber `{unknown}`, which there is not"),
                hint: "a [[subscriber]] of that name has to be there, or --forward with that URL".into(),
            }),
            None => Ok(()),
        }
    }

    /// Uses one more secret at an entrance; one that it has already stays where it is.
    pub fn add_secret(&mut self, entrance: &Entrance, reference: &SecretRef) {
        let list = match entrance {
            Entrance::Provider(id) => Some(self.secrets.entry(id.clone()).or_default()),
            Entrance::Source(name) => self.sources.iter_mut().find(|s| s.name == *name).map(|s| &mut s.secrets),
        };
        if let Some(list) = list.filter(|list| !list.contains(reference)) {
            list.push(reference.clone());
        }
    }
}

/// The `[store]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// For how long events are kept, in microseconds; `None` = forever.
    pub age_us: Option<i64>,
    /// Up to how many bytes.
    pub max_size: u64,
}

impl Default for Keeping {
    fn default() -> Self {
        Keeping { age_us: None, max_size: 2 << 30 }
    }
}

/// A `[[source]]` as written.
#[derive(Clone, Debug, Default)]
pub struct SourceConfig {
    /// Its name.
    pub name: String,
    /// The path it claims.
    pub path: String,
    /// The provider it is pinned to.
    pub provider: Option<String>,
    /// Its own secrets.
    pub secrets: Vec<SecretRef>,
    /// What the sender calls.
    pub public_url: Option<String>,
    /// Set-up questions are answered.
    pub handshake: bool,
    /// Settings of the provider's entry.
    pub params: BTreeMap<String, String>,
}

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct ConfigError {
    /// File, line and what is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// Where the program's own files lie.
#[derive(Clone, Debug)]
pub struct Places {
    /// The event log.
    pub store: PathBuf,
    /// The configuration file.
    pub config: PathBuf,
    /// Secrets kept by this program.
    pub kept: PathBuf,
    /// Folder of the user's own entries of the catalogue.
    pub providers: PathBuf,
    /// What the screen remembers.
    pub state: PathBuf,
}

impl Places {
    /// The XDG base directories, on every system (an empty or relative value counts as unset).
    pub fn find() -> Result<Places, ConfigError> {
        use etcetera::BaseStrategy;
        let base = etcetera::base_strategy::Xdg::new()
            .map_err(|e| ConfigError { what: e.to_string(), hint: "set HOME".into() })?;
        let data = base.data_dir().join("whisper-tui");
        Ok(Places {
            store: data.join("events.db"),
            config: base.config_dir().join("whisper-tui/config.toml"),
            kept: data.join("secrets.toml"),
            providers: base.config_dir().join("whisper-tui/providers"),
            state: base.state_dir().unwrap_or_else(|| base.data_dir()).join("whisper-tui/screen.toml"),
        })
    }
}

/// The commented default file, as shipped.
pub const DEFAULT: &str = include_str!("../../assets/default.toml");

/// Reads a configuration file; `needed` = it was named by the user and must be there.
pub fn load(path: &Path, needed: bool) -> Result<Config, ConfigError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !needed => String::new(),
        Err(e) => {
            let hint = "whisper-tui check --print-config prints a file to start from".to_owned();
            return Err(ConfigError { what: format!("{}: {e}", path.display()), hint });
        }
    };
    let mut config = file::parse(&text, &path.display().to_string())?;
    config.folder = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(config)
}

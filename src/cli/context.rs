//! What every command needs: the settings in force, flags above environment above file.

use super::args::Global;
use super::error::{Failure, USAGE};
use crate::app::KeyMap;
use crate::config::{self, Config, Places, SecretProblem};
use crate::delivery::Routes;
use crate::model::filter::Filter;
use crate::model::{Destination, EventId, Live, SecretRef, StoredEvent, Subscriber};
use crate::runtime::{Anew, Keep, Keys, Look, Reload, Settings};
use crate::store::Reader;
use crate::ui::Theme;
use crate::verify::{Catalogue, CatalogueError, Keyring, LiveKeyring};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

pub(super) struct Context {
    pub(super) config: Config,
    pub(super) store: PathBuf,
    pub(super) keyring: Arc<Keyring>,
    pub(super) problems: Vec<SecretProblem>,
    /// What is wrong with the user's own entries of the catalogue.
    pub(super) entries: Vec<CatalogueError>,
    /// Secrets given without a provider; only a command that names one may use them.
    pub(super) loose: Vec<SecretRef>,
    pub(super) places: Places,
    pub(super) json: bool,
    pub(super) theme: Theme,
    pub(super) keys: KeyMap,
    ascii: bool,
    /// The configuration's file.
    path: PathBuf,
    /// What was given on the command line.
    pub(super) global: Global,
}

impl Context {
    pub(super) fn load(global: &Global, loose_secrets: bool) -> Result<Context, Failure> {
        Context::at(Places::find()?, global, loose_secrets)
    }

    /// With the program's own files in other places.
    pub(super) fn at(places: Places, global: &Global, loose_secrets: bool) -> Result<Context, Failure> {
        // Before anything asks who is known.
        let entries = Catalogue::read_own(&places.providers);
        let (config, loose) = configured(global, &places)?;
        let theme = Theme::named(&config.theme).ok_or_else(|| unknown_theme(&config.theme))?;
        if let (false, Some(reference)) = (loose_secrets, loose.first()) {
            let what = format!("the secret {reference} names no provider");
            return Err(Failure::new(USAGE, what, "write it as --secret PROVIDER=REF"));
        }
        check_providers(&config)?;
        let (keyring, problems) = config::read_all(&config, &places);
        Ok(Context {
            store: global.store.clone().unwrap_or_else(|| places.store.clone()),
            keyring: Arc::new(keyring),
            problems,
            entries,
            loose,
            json: global.json,
            theme,
            ascii: global.ascii || locale_is_ascii(),
            keys: KeyMap::with(&config.keys).map_err(|(what, hint)| Failure::new(USAGE, what, hint))?,
            path: path_of(global, &places),
            places,
            global: global.clone(),
            config,
        })
    }

    pub(super) fn look(&self, debug_panic: bool) -> Look {
        Look {
            theme: self.theme,
            ascii: self.ascii,
            keys: self.keys.clone(),
            state: self.places.state.clone(),
            warnings: self.warnings(),
            tour: false,
            debug_panic,
        }
    }

    /// The keyring in which the secrets that were given without a provider are this one's.
    pub(super) fn keyring_with_loose(&self, provider: &str) -> Result<Keyring, Failure> {
        let mut named = self.config.clone();
        if !self.loose.is_empty() {
            named.secrets.insert(provider.to_owned(), self.loose.clone());
            // A source's own would hide them.
            let own = named.sources.iter_mut().filter(|s| s.provider.as_deref().is_none_or(|id| id == provider));
            own.for_each(|source| source.secrets.clone_from(&self.loose));
        }
        let (keyring, problems) = config::read_all(&named, &self.places);
        match problems.iter().find(|p| self.loose.contains(&p.reference)) {
            Some(problem) => {
                let what = format!("the secret {} cannot be used: {}", problem.reference, problem.why);
                Err(Failure::new(USAGE, what, "check the name"))
            }
            None => Ok(keyring),
        }
    }

    /// The secrets in force, and how they are read again: by the same options over the file as it is then.
    pub(super) fn secrets(&self) -> Keys {
        let (global, places) = (self.global.clone(), self.places.clone());
        let reload = Reload::new(move |extra| {
            let (mut config, _) =
                configured(&global, &places).map_err(|failure| failure.in_short(&path_of(&global, &places)))?;
            for (entrance, reference) in extra {
                config.add_secret(entrance, reference);
            }
            Ok(Anew {
                keyring: config::read_all(&config, &places).0,
                routes: routes_of(&config),
                saved: config.filters,
            })
        });
        Keys {
            live: LiveKeyring::new((*self.keyring).clone()),
            reload,
            saved: watch::Sender::new(self.config.filters.clone()),
            config: self.path.clone(),
            kept: self.places.kept.clone(),
            extra: Arc::default(),
            file: Arc::default(),
        }
    }

    pub(super) fn settings(&self) -> Settings {
        Settings {
            store: self.store.clone(),
            listen: self.config.listen.clone(),
            limits: self.config.limits.clone(),
            keys: self.secrets(),
            routes: self.routes(),
            keep: Keep { age_us: self.config.keep.age_us, max_size: self.config.keep.max_size },
            answers: self.config.answers.clone(),
            skip: if self.global.skip { self.names_of_subscribers() } else { Vec::new() },
        }
    }

    /// Where events may go, and who gets them by itself.
    pub(super) fn routes(&self) -> Live<Routes> {
        Live::new(routes_of(&self.config))
    }

    fn names_of_subscribers(&self) -> Vec<String> {
        self.config.subscribers.iter().map(|subscriber| subscriber.name.clone()).collect()
    }

    /// Which secrets and entries cannot be used; events of their provider will show `no_secret`, or another provider.
    pub(super) fn warnings(&self) -> Vec<String> {
        let secret = |p: &SecretProblem| format!("the secret {} cannot be used: {}", p.reference, p.why);
        let entry = |e: &CatalogueError| format!("an entry of yours cannot be used: {e}");
        self.problems.iter().map(secret).chain(self.entries.iter().map(entry)).collect()
    }

    /// Says so on stderr.
    pub(super) fn warn(&self) {
        self.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    }

    /// Reads a filter; saved ones may be named in it.
    pub(super) fn filter(&self, text: &str) -> Result<Filter, Failure> {
        Ok(Filter::parse_with(text, &self.config.filters)?)
    }

    pub(super) fn event(&self, id: i64) -> Result<StoredEvent, Failure> {
        let found = Reader::open(&self.store)?.event(EventId(id))?;
        found.ok_or_else(|| {
            Failure::new(super::error::NO, format!("there is no event {id}"), "whisper-tui list shows the ids")
        })
    }
}

fn path_of(global: &Global, places: &Places) -> PathBuf {
    global.config.clone().unwrap_or_else(|| places.config.clone())
}

/// The configuration as the file and the options above it say, checked; and the secrets given without a provider.
fn configured(global: &Global, places: &Places) -> Result<(Config, Vec<SecretRef>), Failure> {
    let mut config = config::load(&path_of(global, places), global.config.is_some())?;
    if !global.listen.is_empty() {
        config.listen.clone_from(&global.listen);
    }
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match &global.theme {
        Some(theme) => config.theme.clone_from(theme),
        None if no_color => config.theme = "none".into(),
        None => {}
    }
    let loose = take_secrets(&mut config, &global.secret)?;
    take_forwards(&mut config, &global.forward)?;
    for subscriber in &config.subscribers {
        let Some(target) = subscriber.target.target() else { continue };
        let allowed = config.allowed.check(target);
        allowed.map_err(|e| Failure::new(USAGE, format!("{}: {e}", subscriber.name), e.hint()))?;
    }
    config.check_answers()?;
    check_providers(&config)?;
    Ok((config, loose))
}

/// Each `--forward` is a subscriber, unless it is one already.
fn take_forwards(config: &mut Config, urls: &[String]) -> Result<(), Failure> {
    let mut given: Vec<Destination> = Vec::new();
    for url in urls {
        let subscriber = config::forward(url).map_err(|e| Failure::new(USAGE, e.to_string(), e.hint()))?;
        let again = |known: &Subscriber| known.name == subscriber.name || given.contains(&subscriber.target);
        if !config.subscribers.iter().any(again) {
            given.push(subscriber.target.clone());
            config.subscribers.push(subscriber);
        }
    }
    Ok(())
}

fn routes_of(config: &Config) -> Routes {
    let subscribers = config.subscribers.iter().cloned().map(Arc::new).collect();
    Routes { allowed: config.allowed.clone(), subscribers }
}

/// Whether the user's locale says so: `C` or `POSIX` (POSIX.1, section 8.2). One that says nothing is taken for UTF-8.
fn locale_is_ascii() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    locale.is_some_and(|locale| locale == "C" || locale == "POSIX")
}

fn unknown_theme(name: &str) -> Failure {
    Failure::new(USAGE, format!("there is no theme `{name}`"), format!("there are {}", Theme::names().join(", ")))
}

/// Puts `--secret PROVIDER=REF` above the file's; gives back those without a provider.
fn take_secrets(config: &mut Config, given: &[String]) -> Result<Vec<SecretRef>, Failure> {
    let refused = |why| Failure::new(USAGE, why, "for example --secret stripe=env:STRIPE_WEBHOOK_SECRET, or file:PATH");
    let mut loose = Vec::new();
    let mut replaced: Vec<String> = Vec::new();
    for text in given {
        match text.split_once('=') {
            Some((provider, reference)) if !provider.contains(':') => {
                if !replaced.iter().any(|p| p == provider) {
                    config.secrets.remove(provider);
                    replaced.push(provider.to_owned());
                }
                let reference = SecretRef::parse(reference).map_err(refused)?;
                config.secrets.entry(provider.to_owned()).or_default().push(reference);
            }
            _ => loose.push(SecretRef::parse(text).map_err(refused)?),
        }
    }
    Ok(loose)
}

fn check_providers(config: &Config) -> Result<(), Failure> {
    let pinned = config.sources.iter().filter_map(|s| s.provider.as_ref());
    let signers = || config.subscribers.iter().filter_map(|s| Some((s, s.signer.as_ref()?)));
    let named = config.secrets.keys().chain(pinned).chain(signers().map(|(_, signer)| &signer.provider));
    if let Some(unknown) = named.into_iter().find(|id| Catalogue::in_force().get(id).is_none()) {
        return Err(unknown_provider(unknown));
    }
    let cannot = |id: &str| Catalogue::in_force().get(id).is_some_and(|provider| !provider.can_sign());
    match signers().find(|(_, signer)| cannot(&signer.provider)) {
        Some((subscriber, signer)) => {
            let what = format!("{}: nobody but {} itself can sign as {1}", subscriber.name, signer.provider);
            Err(Failure::new(USAGE, what, "for example provider = \"standard-webhooks\""))
        }
        None => Ok(()),
    }
}

pub(super) fn unknown_provider(id: &str) -> Failure {
    let ids = Catalogue::in_force().all().iter().map(|provider| provider.id.as_str());
    let like = |known: &str| config::likeness(id, known) + if known.contains(id) { 0.5 } else { 0.0 };
    let nearest = ids.max_by(|a, b| like(a).total_cmp(&like(b))).filter(|known| like(known) > 0.6);
    let hint = nearest.map(|known| format!("did you mean {known}? "));
    let hint = format!("{}whisper-tui providers lists them", hint.unwrap_or_default());
    Failure::new(USAGE, format!("there is no provider `{id}`"), hint)
}

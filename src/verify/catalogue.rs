//! The catalogue: one TOML file per provider, read once, and a user's own files over them.
//! It must not know a provider by name: what is special about one stands in its file.

use super::Question;
use super::algorithm::Algorithm;
use super::candidates::{self, Beside, Group};
use super::entry::{Confidence, Detect, File, Scheme, Sends};
use super::facts::{Fact, Facts};
use super::place::{Kind, Place};
use super::recognise::Index;
use crate::model::{StoredEvent, Timestamp};
use include_dir::{Dir, include_dir};
use std::path::Path;
use std::sync::OnceLock;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/providers");

/// The catalogue that this process goes by.
static IN_FORCE: OnceLock<Catalogue> = OnceLock::new();

/// All providers, in the order of their ids.
#[derive(Debug)]
pub struct Catalogue {
    providers: Vec<Provider>,
    pub(super) index: Index,
}

/// One catalogue entry.
#[derive(Debug)]
pub struct Provider {
    /// Short name, as used in configuration and filters.
    pub id: String,
    /// Full name.
    pub name: String,
    /// What stands behind the entry.
    pub confidence: Confidence,
    /// What a user has to know to use it.
    pub note: Option<String>,
    /// It comes from a file of the user.
    pub own: bool,
    pub(super) detect: Detect,
    /// The schemes in the order in which they are tried.
    schemes: Vec<Scheme>,
    sends: Sends,
    pub(super) builtin: Option<String>,
    event: Facts,
}

/// Why a catalogue file cannot be used: file, line, key and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {why}")]
pub struct CatalogueError {
    file: String,
    why: String,
}

impl Catalogue {
    /// The catalogue in force: what is built in, and what [`Catalogue::read_own`] has put over it.
    pub fn in_force() -> &'static Catalogue {
        IN_FORCE.get_or_init(|| Catalogue::of(built_in()))
    }

    /// Reads a user's own files from `folder`, which may be absent, and puts them over what is built in. To be called
    /// once, before anything asks for the catalogue. Gives what is wrong with files that cannot be used.
    pub fn read_own(folder: &Path) -> Vec<CatalogueError> {
        let mut files: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path()).collect();
        files.retain(|path| path.extension().is_some_and(|kind| kind == "toml"));
        files.sort();
        if files.is_empty() {
            return Vec::new();
        }
        let mut providers = built_in();
        let mut errors = Vec::new();
        for path in files {
            let file = path.display().to_string();
            let text =
                std::fs::read_to_string(&path).map_err(|e| CatalogueError { file: file.clone(), why: e.to_string() });
            match text.and_then(|text| parse_own(&file, &text)) {
                Ok(provider) => {
                    providers.retain(|known| known.id != provider.id);
                    providers.push(Provider { own: true, ..provider });
                }
                Err(error) => errors.push(error),
            }
        }
        // Where somebody has asked already, the user's files come too late: a mistake of ours, and nothing is lost.
        let _ = IN_FORCE.set(Catalogue::of(providers));
        errors
    }

    fn of(mut providers: Vec<Provider>) -> Catalogue {
        providers.sort_by(|a, b| a.id.cmp(&b.id));
        Catalogue { index: Index::of(&providers), providers }
    }

    /// All entries.
    pub fn all(&self) -> &[Provider] {
        &self.providers
    }

    /// The entry called `id`.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.providers.binary_search_by(|p| p.id.as_str().cmp(id)).ok().map(|n| &self.providers[n])
    }
}

/// A test reads every file; one that is broken nevertheless is left out.
pub(super) fn built_in() -> Vec<Provider> {
    let files: Vec<_> = FILES.files().collect();
    let read = |files: &[&include_dir::File]| -> Vec<Provider> {
        files.iter().filter_map(|file| parse(file.path().to_str()?, file.contents_utf8()?).ok()).collect()
    };
    // Every start waits for this: the second half is read beside the first.
    let (first, second) = files.split_at(files.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| read(second));
        let mut providers = read(first);
        providers.extend(second.join().unwrap_or_default());
        providers
    })
}

/// Reads a user's entry: what is wrong with its regular expressions is said at once.
fn parse_own(file: &str, text: &str) -> Result<Provider, CatalogueError> {
    let provider = parse(file, text)?;
    let wrong = toml::from_str::<File>(text).ok().and_then(|entry| entry.wrong_pattern());
    match wrong {
        Some(why) => Err(CatalogueError { file: file.to_owned(), why }),
        None => Ok(provider),
    }
}

/// Reads one entry; the error names file, line and key.
pub(super) fn parse(file: &str, text: &str) -> Result<Provider, CatalogueError> {
    let error = |why: String| CatalogueError { file: file.to_owned(), why };
    let entry: File = toml::from_str(text).map_err(|e| error(at_line(text, &e)))?;
    let mut schemes: Vec<Scheme> = entry.scheme().into_iter().collect();
    if schemes.is_empty() && entry.sends == Sends::Signature {
        return Err(error("[signature] is missing; a provider that signs nothing says `sends = \"nothing\"`".into()));
    }
    if !entry.alternative.is_empty() {
        let base: toml::Table = toml::from_str(text).map_err(|e| error(at_line(text, &e)))?;
        for alternative in &entry.alternative {
            let table = File::over(&base, alternative);
            let other: File =
                table.try_into().map_err(|e: toml::de::Error| error(format!("[[alternative]]: {}", e.message())))?;
            schemes.extend(other.scheme());
        }
    }
    Ok(Provider {
        id: entry.id,
        name: entry.name,
        confidence: entry.confidence,
        note: entry.note,
        own: false,
        detect: entry.detect,
        schemes,
        sends: entry.sends,
        builtin: entry.builtin,
        event: entry.event,
    })
}

/// What is wrong, with its line and what stands in it.
fn at_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let number = text[..start].matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default().trim();
    format!("line {}: `{line}`: {}", number + 1, error.message().trim())
}

impl Provider {
    /// The schemes in the order in which they are tried; the first is the one with which the provider signs today.
    pub(super) fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    /// Name of the algorithm.
    pub fn algorithm(&self) -> &'static str {
        self.schemes.first().map_or("none", |scheme| scheme.signature.algorithm.name())
    }

    /// The headers that carry the signature, for a sender that leaves them out.
    pub fn signature_headers(&self) -> impl Iterator<Item = &str> {
        self.schemes.iter().flat_map(|scheme| &scheme.signature.from).filter_map(Place::header)
    }

    /// A header that holds the secret itself, to be redacted wherever the event leaves the program.
    pub fn secret_header(&self) -> Option<&str> {
        let shared = self.schemes.iter().find(|scheme| scheme.signature.algorithm.is_shared())?;
        shared.signature.from.first()?.header()
    }

    /// The template of what is signed; empty where nothing of the request is.
    pub fn signed(&self) -> &str {
        self.schemes.first().map_or("", |scheme| scheme.template.text())
    }

    /// Whether a change of the body is noticed.
    #[cfg(test)]
    pub(super) fn covers_body(&self) -> bool {
        self.builtin.is_some() || self.schemes.first().is_some_and(Scheme::covers_body)
    }

    /// Whether the URL is signed, so that the source has to know its public one.
    pub fn covers_url(&self) -> bool {
        self.schemes
            .iter()
            .any(|scheme| scheme.template.covers_url() || scheme.jwt.claims.iter().any(|c| c.equals.covers_url()))
    }

    /// The settings that the entry needs besides a secret.
    pub fn params(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.schemes.iter().flat_map(Scheme::params).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Allowed age in seconds.
    pub fn tolerance(&self) -> Option<i64> {
        self.schemes.first()?.timestamp.as_ref()?.tolerance
    }

    /// Whether a signature can be made with what a receiver has: not where only the sender holds the key.
    pub fn can_sign(&self) -> bool {
        self.builtin.is_none() && self.schemes.first().is_some_and(Scheme::can_sign)
    }

    /// The provider's name for what happened.
    pub(super) fn event_type(&self, question: &Question) -> Option<String> {
        self.fact(&self.event.kind, question)
    }

    /// The provider's id of the event.
    pub(super) fn event_key(&self, question: &Question) -> Option<String> {
        self.fact(&self.event.key, question)
    }

    /// Where the facts stand: label and places, of those that are known.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let Facts { kind, key, time, attempt, .. } = &self.event;
        let all = [("type", kind), ("event id", key), ("made at", time), ("attempt", attempt)];
        all.into_iter().map(|(label, fact)| (label, fact.to_string())).filter(|(_, text)| !text.is_empty()).collect()
    }

    /// The first choice of places for each fact.
    pub(super) fn fact_places(&self) -> impl Iterator<Item = &Place> {
        [&self.event.kind, &self.event.key].into_iter().flat_map(Fact::places)
    }

    /// Where the provider's id of the event stands.
    pub(super) fn key_places(&self) -> impl Iterator<Item = &Place> {
        self.event.key.places()
    }

    /// When the provider made the event, by its own clock.
    pub(super) fn event_time(&self, question: &Question) -> Option<Timestamp> {
        self.event.time(question, &self.beside(&self.event.time, question))
    }

    /// Which attempt this is, in the provider's count.
    pub(super) fn attempt(&self, question: &Question) -> Option<String> {
        self.fact(&self.event.attempt, question)
    }

    fn fact(&self, fact: &Fact, question: &Question) -> Option<String> {
        fact.of(question, &self.beside(fact, question))
    }

    /// What stands beside the signature, where a fact is read from there.
    fn beside(&self, fact: &Fact, question: &Question) -> Beside {
        let needs = fact.places().any(|place| matches!(place.kind, Kind::Claim | Kind::SigField));
        let rule = self.schemes.first().map(|scheme| &scheme.signature).filter(|_| needs);
        let group = rule.and_then(|rule| {
            let text = candidates::texts(rule, question).into_iter().next()?;
            candidates::groups(rule, question, &text).into_iter().next()
        });
        group.map_or_else(Beside::default, |group: Group| group.beside)
    }

    /// Whether it signs nothing at all.
    pub fn signs_nothing(&self) -> bool {
        self.sends == Sends::Nothing
    }
}

impl Scheme {
    /// Whether a change of the body is noticed.
    pub(super) fn covers_body(&self) -> bool {
        self.template.covers_body()
            || self.check.iter().filter_map(|check| check.equals.as_ref()).any(|template| template.covers_body())
            || self.jwt.claims.iter().any(|claim| claim.equals.covers_body())
            || self.signature.algorithm == Algorithm::Jwt && self.signature.from.iter().any(|p| p.kind == Kind::Body)
    }

    /// Whether a signature can be made with a shared secret, and put into a header.
    fn can_sign(&self) -> bool {
        let algorithm = self.signature.algorithm;
        let named = |name: &String| Algorithm::jose(name).is_some_and(Algorithm::is_symmetric);
        let in_header = self.signature.from.first().is_some_and(|place| place.kind == Kind::Header);
        let time = self.timestamp.as_ref().filter(|rule| rule.tolerance.is_some());
        let fixed = time.is_some_and(|rule| matches!(rule.source.kind, Kind::Json | Kind::Form));
        in_header
            && !fixed
            && algorithm.is_symmetric()
            && (algorithm != Algorithm::Jwt || self.jwt.algs.iter().any(named))
    }

    /// Whether parts of the body are covered, though not all of it.
    pub(super) fn covers_parts(&self) -> bool {
        self.template.places().iter().any(|place| matches!(place.kind, Kind::Json | Kind::Form))
    }

    fn params(&self) -> Vec<&str> {
        let in_text = |text: &'_ str| -> Vec<(usize, usize)> {
            text.match_indices("{param:").filter_map(|(at, _)| Some((at + 7, at + text[at..].find('}')?))).collect()
        };
        let mut names = Vec::new();
        let templates = std::iter::once(&self.template)
            .chain(self.key_template.as_ref())
            .chain(self.check.iter().filter_map(|check| check.equals.as_ref()))
            .chain(self.jwt.claims.iter().map(|claim| &claim.equals));
        for text in templates.map(|template| template.text()).chain(self.signature.from.iter().map(|p| p.name.as_str()))
        {
            names.extend(in_text(text).into_iter().map(|(from, to)| &text[from..to]));
        }
        names.extend(self.signature.key.strip_prefix("param:"));
        names
    }
}

/// Headers of these events that hold a secret themselves, by what their providers' entries say.
pub fn secret_headers<'a>(events: impl IntoIterator<Item = &'a StoredEvent>) -> Vec<String> {
    let provider = |stored: &'a StoredEvent| Catalogue::in_force().get(stored.event.provider.as_deref()?);
    events.into_iter().filter_map(provider).filter_map(|provider| provider.secret_header().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_an_entry_named_like_it() {
        assert!(FILES.files().count() >= 300);
        for file in FILES.files() {
            let path = file.path().to_str().unwrap();
            let provider = parse_own(path, file.contents_utf8().unwrap()).unwrap();
            assert_eq!(format!("{}.toml", provider.id), path);
        }
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line_and_key() {
        let wrong = |text: &str| parse_own("own.toml", text).unwrap_err().to_string();
        let good = "id = \"x\"\nname = \"X\"\nconfidence = \"listed\"\n[signature]\nfrom = \"header:X-Sig\"\n";
        assert!(parse("own.toml", good).is_ok());
        let error = wrong(&good.replace("from", "form"));
        assert!(error.contains("own.toml") && error.contains("line 5") && error.contains("form"), "{error}");
        let error = wrong(&good.replace("header:X-Sig", "haeder:X-Sig"));
        assert!(error.contains("line 5") && error.contains("haeder:X-Sig"), "{error}");
        let error = wrong(&format!("template = \"{{bodi}}\"\n{good}"));
        assert!(error.contains("line 1") && error.contains("no variable `bodi`"), "{error}");
        let error = wrong(&format!("key_strip = \"(\"\n{good}"));
        assert!(error.contains("own.toml") && error.contains("regex"), "{error}");
        let error = wrong(&format!("{good}[[alternative]]\ntemplate = \"{{bodi}}\"\n"));
        assert!(error.contains("alternative") && error.contains("bodi"), "{error}");
    }
}

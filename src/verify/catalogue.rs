//! The catalogue: one TOML file per provider, read once, and a user's own files over them.
//! It must not know a provider by name: what is special about one stands in its file.

use super::entry::{File, Sends};
use super::index::Index;
use super::provider::Provider;
use super::scheme::Scheme;
use crate::model::StoredEvent;
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
            let text = read_file(&path).map_err(|e| CatalogueError { file: file.clone(), why: e.to_string() });
            match text.and_then(|text| parse_own(&file, &text)) {
                Ok(provider) if providers.iter().any(|known| known.own && known.id == provider.id) => {
                    errors.push(CatalogueError { file, why: format!("`{}` has a file already", provider.id) });
                }
                Ok(mut provider) => {
                    providers.retain(|known| known.id != provider.id);
                    provider.own = true;
                    providers.push(provider);
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

/// A file of the user; what is no plain file, or is no entry by its size, is refused.
fn read_file(path: &Path) -> std::io::Result<String> {
    const LARGEST: u64 = 64 << 10;
    let about = std::fs::metadata(path)?;
    if !about.is_file() || about.len() > LARGEST {
        return Err(std::io::Error::other("it is no file of at most 64 KiB"));
    }
    std::fs::read_to_string(path)
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
    match wrong.or_else(|| provider.wrong()) {
        Some(why) => Err(CatalogueError { file: file.to_owned(), why }),
        None => Ok(provider),
    }
}

/// Reads one entry; the error names file, line and key.
pub(super) fn parse(file: &str, text: &str) -> Result<Provider, CatalogueError> {
    let error = |why: String| CatalogueError { file: file.to_owned(), why };
    let entry: File = toml::from_str(text).map_err(|e| error(at_line(text, &e)))?;
    let mut schemes: Vec<Scheme> = Scheme::of(&entry).into_iter().collect();
    if schemes.is_empty() && entry.sends == Sends::Signature {
        return Err(error("[signature] is missing; a provider that signs nothing says `sends = \"nothing\"`".into()));
    }
    if !entry.alternative.is_empty() {
        let base: toml::Table = toml::from_str(text).map_err(|e| error(at_line(text, &e)))?;
        for alternative in &entry.alternative {
            let table = File::over(&base, alternative);
            let other: File =
                table.try_into().map_err(|e: toml::de::Error| error(format!("[[alternative]]: {}", e.message())))?;
            schemes.extend(Scheme::of(&other));
        }
    }
    Ok(Provider::new(entry, schemes))
}

/// What is wrong, with its line and what stands in it.
fn at_line(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let number = text[..start].matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default().trim();
    format!("line {}: `{line}`: {}", number + 1, error.message().trim())
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
        for (place, bad, said) in [
            ("id = \"x\"", "id = \"../x\"", "small letters"),
            ("[signature]", "[signature]\nparse = \"kv\"", "`sep` is missing"),
            ("confidence", "builtin = \"magic\"\nconfidence", "no such code"),
            ("confidence", "template = \"[[[[[[[[[[[[[[[[[[[[[[[[\"\nconfidence", "nested too deeply"),
        ] {
            let error = wrong(&good.replace(place, bad));
            assert!(error.contains(said), "{error}");
        }
        let error = wrong(&format!("key_strip = \"(\"\n{good}"));
        assert!(error.contains("own.toml") && error.contains("regex"), "{error}");
        let asking = |rule: &str| wrong(&format!("{good}[[handshake]]\nname = \"q\"\n{rule}\n"));
        assert!(asking("when = [\"query:tok ~ ^[a-z\"]").contains("regex"));
        assert!(asking("body = \"{secret}\"").contains("may not be part of an answer"));
        let error = wrong(&format!("{good}[[alternative]]\ntemplate = \"{{bodi}}\"\n"));
        assert!(error.contains("alternative") && error.contains("bodi"), "{error}");
    }
}

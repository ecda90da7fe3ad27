//! One way to sign: what an entry's file, or an alternative in it, comes to.

use super::age::TimeRule;
use super::algorithm::{Algorithm, KeyForm};
use super::entry::{Check, File, JwtRule, Parse, Signature};
use super::pattern::Pattern;
use super::place::{Kind, Place};
use super::template::Template;

/// One way to sign.
#[derive(Clone, Debug)]
pub(super) struct Scheme {
    pub(super) signature: Signature,
    /// What is signed.
    pub(super) template: Template,
    /// How the secret's text becomes a key.
    pub(super) key: KeyForm,
    /// What is taken off the secret's text first.
    pub(super) key_strip: Option<Pattern>,
    /// What is made of it then.
    pub(super) key_template: Option<Template>,
    pub(super) timestamp: Option<TimeRule>,
    pub(super) check: Vec<Check>,
    pub(super) jwt: JwtRule,
}

impl Scheme {
    /// The scheme that the file describes; `None` where the provider signs nothing.
    pub(super) fn of(file: &File) -> Option<Scheme> {
        let signature = file.signature.clone()?;
        let covers = !matches!(signature.algorithm, Algorithm::Token | Algorithm::Basic | Algorithm::Jwt);
        let template = match &file.template {
            Some(template) => template.clone(),
            None if covers && file.builtin.is_none() => Template::body(),
            None => Template::default(),
        };
        Some(Scheme {
            signature,
            template,
            key: file.key,
            key_strip: file.key_strip.clone(),
            key_template: file.key_template.clone(),
            timestamp: file.timestamp.clone(),
            check: file.check.clone(),
            jwt: file.jwt.clone().unwrap_or_default(),
        })
    }

    /// Whether a change of the body is noticed.
    pub(super) fn covers_body(&self) -> bool {
        self.template.covers_body()
            || self.check.iter().filter_map(|check| check.equals.as_ref()).any(|template| template.covers_body())
            || self.jwt.claims.iter().any(|claim| claim.equals.covers_body())
            || self.signature.algorithm == Algorithm::Jwt && self.signature.from.iter().any(|p| p.kind == Kind::Body)
    }

    /// What cannot be meant so, though it can be read.
    pub(super) fn wrong(&self) -> Option<String> {
        let rule = &self.signature;
        if matches!(rule.parse, Parse::List | Parse::Kv | Parse::Pairs) && rule.sep.is_empty() {
            return Some("`sep` is missing: what stands between the items of the list".into());
        }
        if self.timestamp.as_ref().is_some_and(|time| time.tolerance.is_some_and(|limit| limit < 0)) {
            return Some("`tolerance` is below 0".into());
        }
        if let Some(choose) = &rule.choose {
            let known = matches!(choose.by.as_str(), "prefix" | "param") || Place::parse(&choose.by).is_some();
            return (!known).then(|| format!("`by = {:?}`: prefix, param or a place", choose.by));
        }
        let patterns = self.check.iter().filter_map(|check| check.matches.as_ref()).chain(&self.key_strip);
        patterns.into_iter().find_map(Pattern::error)
    }

    /// Whether a signature can be made with a shared secret, and put into a header.
    pub(super) fn can_sign(&self) -> bool {
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

    pub(super) fn params(&self) -> Vec<&str> {
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

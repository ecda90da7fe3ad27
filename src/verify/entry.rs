//! A provider's file in its parts, checked to the last key when it is read.
//! It must not know a provider by name: what is special about one stands in its file.

use super::age::TimeRule;
use super::algorithm::{Algorithm, KeyForm};
use super::encoding::Encoding;
use super::facts::Facts;
use super::pattern::Pattern;
use super::place::Place;
use super::template::{Template, TemplateError};
use crate::model::duration;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) confidence: Confidence,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) sends: Sends,
    /// The name of the code that does what no template can say.
    pub(super) builtin: Option<String>,
    #[serde(default)]
    pub(super) template: Option<Template>,
    #[serde(default)]
    pub(super) key: KeyForm,
    pub(super) key_strip: Option<Pattern>,
    pub(super) key_template: Option<Template>,
    #[serde(default)]
    pub(super) check: Vec<Check>,
    #[serde(default)]
    pub(super) detect: Detect,
    pub(super) signature: Option<Signature>,
    pub(super) timestamp: Option<TimeRule>,
    pub(super) jwt: Option<JwtRule>,
    /// Further schemes; what they leave out is as in the first.
    #[serde(default)]
    pub(super) alternative: Vec<toml::Table>,
    #[serde(default)]
    pub(super) event: Facts,
    /// Set-up questions, in the order in which they are tried.
    #[serde(default)]
    pub(super) handshake: Vec<HandshakeRule>,
    pub(super) reply: Option<ReplyRule>,
    #[serde(default)]
    pub(super) patience: Patience,
}

/// A provider's set-up question and its answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HandshakeRule {
    pub(super) name: String,
    pub(super) method: Option<String>,
    /// What has to hold, all of it.
    #[serde(default)]
    pub(super) when: Vec<Condition>,
    /// What has to equal a setting of the source.
    #[serde(default, deserialize_with = "pairs")]
    pub(super) token: Vec<(Place, Place)>,
    /// The provider signs the question: it is answered only where that is right.
    #[serde(default)]
    pub(super) signed: bool,
    #[serde(default = "ok")]
    pub(super) status: u16,
    pub(super) body: Option<Template>,
    pub(super) content_type: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Template>,
    /// A secret that comes with it.
    pub(super) keeps: Option<Place>,
}

/// What a provider expects to be told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplyRule {
    pub(super) body: Option<String>,
    pub(super) content_type: Option<String>,
    /// The status for a signature that is not right.
    pub(super) invalid: Option<u16>,
}

/// How long a provider waits for the answer, and when it comes again without a good one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patience {
    /// After this time it takes the delivery for failed, in microseconds.
    #[serde(deserialize_with = "maybe_time")]
    pub deadline: Option<u64>,
    /// What it lets pass before each further try, in microseconds.
    #[serde(deserialize_with = "times")]
    pub retries: Vec<u64>,
    /// How long it tries in all, in microseconds.
    #[serde(deserialize_with = "maybe_time")]
    pub give_up: Option<u64>,
}

fn time<E: serde::de::Error>(text: &str) -> Result<u64, E> {
    let us = duration(text).and_then(|us| u64::try_from(us).ok());
    us.ok_or_else(|| E::custom(format!("`{text}` is no time: write it as \"10s\"")))
}

fn maybe_time<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    time(&String::deserialize(deserializer)?).map(Some)
}

fn times<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    Vec::<String>::deserialize(deserializer)?.iter().map(|text| time(text)).collect()
}

fn ok() -> u16 {
    200
}

/// `PLACE = {PLACE}`, several.
fn pairs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<(Place, Place)>, D::Error> {
    let place = |text: &str| Place::parse(text.trim().trim_matches(['{', '}']));
    let pair = |text: &String| text.split_once(" = ").and_then(|(a, b)| Some((place(a)?, place(b)?)));
    let texts = Vec::<String>::deserialize(deserializer)?;
    let wrong = || serde::de::Error::custom("write it as \"PLACE = {param:NAME}\"");
    texts.iter().map(|text| pair(text).ok_or_else(wrong)).collect()
}

/// What stands behind an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Answers of the provider's own software hold.
    Vectors,
    /// Read in the provider's own software.
    Sdk,
    /// Listed by third parties.
    Listed,
    /// From memory only.
    Unverified,
}

impl Confidence {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Vectors => "vectors",
            Confidence::Sdk => "sdk",
            Confidence::Listed => "listed",
            Confidence::Unverified => "unverified",
        }
    }
}

/// Whether a provider signs at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sends {
    #[default]
    Signature,
    Nothing,
}

/// How a provider is recognised.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Detect {
    /// Headers that it sends.
    #[serde(default)]
    pub(super) headers: Vec<String>,
    /// What else is true of its requests.
    #[serde(default)]
    pub(super) body: Vec<Condition>,
    /// A part of its User-Agent.
    pub(super) agent: Option<String>,
    /// Many senders sign like this, and it stands for those that nothing tells apart.
    #[serde(default)]
    pub(super) family: bool,
}

/// `PLACE` (is there), `!PLACE` (is not there), `PLACE = value`, `PLACE ~ regex`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Condition {
    pub(super) place: Place,
    pub(super) wanted: Wanted,
}

#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Something,
    Nothing,
    Text(String),
    Matching(Pattern),
}

impl Condition {
    /// Whether it asks for something that is there.
    pub(super) fn is_positive(&self) -> bool {
        !matches!(self.wanted, Wanted::Nothing)
    }
}

impl TryFrom<String> for Condition {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (place, wanted) = if let Some((place, value)) = text.split_once(" = ") {
            (place, Wanted::Text(value.trim().to_owned()))
        } else if let Some((place, pattern)) = text.split_once(" ~ ") {
            (place, Wanted::Matching(Pattern::from(pattern.trim().to_owned())))
        } else if let Some(place) = text.strip_prefix('!') {
            (place, Wanted::Nothing)
        } else {
            (text.as_str(), Wanted::Something)
        };
        let place = Place::try_from(place.trim().to_owned()).map_err(|e| e.to_string())?;
        Ok(Condition { place, wanted })
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signature {
    /// The places that may hold one.
    #[serde(deserialize_with = "one_or_more")]
    pub(super) from: Vec<Place>,
    /// The header's name ends in 1, and further ones are counted on.
    #[serde(default)]
    pub(super) numbered: bool,
    #[serde(default)]
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
    /// `kv`: the item that holds signatures; `pairs`: the place that names which one is ours.
    #[serde(default)]
    pub(super) key: String,
    /// `kv`: what stands between groups, each with a timestamp of its own.
    pub(super) group_sep: Option<String>,
    /// Other forms of the URL that are tried as well.
    #[serde(default)]
    pub(super) url_variants: Vec<UrlVariant>,
    /// Where the sender says which algorithm it used.
    pub(super) choose: Option<Choose>,
    /// The doctor's: signatures in whatever form they can be read.
    #[serde(skip)]
    pub(super) lenient: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choose {
    /// `prefix`, `param`, or a place.
    pub(super) by: String,
    pub(super) from: BTreeMap<String, Algorithm>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Parse {
    #[default]
    Plain,
    List,
    Kv,
    Pairs,
    /// As the source's `prefix` says.
    Param,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UrlVariant {
    /// Without its port, or with its scheme's own.
    Port,
    /// The path with and without a final slash.
    TrailingSlash,
}

/// Something besides the signature that must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    pub(super) source: Place,
    pub(super) equals: Option<Template>,
    pub(super) matches: Option<Pattern>,
    #[serde(default)]
    pub(super) absent: bool,
    #[serde(default)]
    pub(super) if_present: bool,
}

/// What is asked of a JWT (RFC 7519) or of a detached JWS (RFC 7515).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JwtRule {
    pub(super) algs: Vec<String>,
    /// Claims that must be there.
    #[serde(default)]
    pub(super) require: Vec<String>,
    /// By how many seconds clocks may differ.
    #[serde(default)]
    pub(super) leeway: i64,
    #[serde(default)]
    pub(super) claims: Vec<Claim>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    pub(super) claim: String,
    pub(super) equals: Template,
    #[serde(default)]
    pub(super) ignore_padding: bool,
    #[serde(default)]
    pub(super) if_body: bool,
}

impl TryFrom<String> for Template {
    type Error = TemplateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Template::parse(&text)
    }
}

/// A text, or a list of them.
fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Place>, D::Error> {
    struct Places;
    impl<'de> serde::de::Visitor<'de> for Places {
        type Value = Vec<Place>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a place such as \"header:NAME\", or a list of them")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<Place>, E> {
            Place::try_from(text.to_owned()).map(|place| vec![place]).map_err(E::custom)
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Place>, A::Error> {
            let mut places = Vec::new();
            while let Some(place) = list.next_element()? {
                places.push(place);
            }
            Ok(places)
        }
    }
    deserializer.deserialize_any(Places)
}

impl File {
    /// What is wrong with a regular expression in it: they are not made when the file is read.
    pub(super) fn wrong_pattern(&self) -> Option<String> {
        let asked = self.handshake.iter().flat_map(|rule| &rule.when);
        let conditions = self.detect.body.iter().chain(asked).filter_map(|condition| match &condition.wanted {
            Wanted::Matching(pattern) => Some(pattern),
            _ => None,
        });
        let checks = self.check.iter().filter_map(|check| check.matches.as_ref());
        conditions.chain(checks).chain(&self.key_strip).find_map(Pattern::error)
    }

    /// The file's table with that of an alternative over it, key by key.
    pub(super) fn over(base: &toml::Table, alternative: &toml::Table) -> toml::Table {
        let mut table = base.clone();
        table.remove("alternative");
        for (key, value) in alternative {
            match (table.get_mut(key), value) {
                (_, _) if key == "name" => {}
                (_, _) if key == "no_timestamp" => drop(table.remove("timestamp")),
                (Some(toml::Value::Table(below)), toml::Value::Table(above)) => below.extend(above.clone()),
                _ => drop(table.insert(key.clone(), value.clone())),
            }
        }
        table
    }
}

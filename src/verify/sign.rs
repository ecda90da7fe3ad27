//! Making a signature anew, so that an old event passes its receiver's age check.
//! It must not touch the body: a signature that stands there cannot be renewed.

use super::Question;
use super::age;
use super::algorithm::{self, Algorithm, Key};
use super::beside::Beside;
use super::candidates::{self, Group};
use super::compare::secret_text;
use super::encoding::Encoding;
use super::entry::{Parse, Signature};
use super::jwt;
use super::place::{Kind, Place};
use super::provider::Provider;
use super::scheme::Scheme;
use super::template::{Known, Missing};
use crate::model::{Secret, Timestamp};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// Header lines to set for a fresh signature at `now`, or why it cannot be made. With `new_id` the id that the signature
/// covers is made anew as well, for a receiver that would take the event for one it has seen.
pub fn resign(
    provider: &Provider,
    secret: &Secret,
    question: &Question,
    now: Timestamp,
    new_id: Option<&str>,
) -> Result<Vec<(String, String)>, String> {
    let scheme = fitting(provider, question);
    let judged = scheme.and_then(|scheme| scheme.timestamp.as_ref()).filter(|rule| rule.tolerance.is_some());
    if judged.is_some_and(|rule| matches!(rule.source.kind, Kind::Json | Kind::Form)) {
        return Err("the time that a receiver judges stands in the body, which is sent as it is".into());
    }
    let in_header = |stamp: Stamp| match stamp.at {
        Spot::Header(name) => Ok((name, stamp.value)),
        _ => Err("its signature does not stand in a header, and the body is sent as it is".to_owned()),
    };
    sign(provider, secret, question, now, new_id)?.into_iter().map(in_header).collect()
}

/// A value that a signature puts into a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Where.
    pub at: Spot,
    /// The value.
    pub value: String,
}

/// A place that can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A header.
    Header(String),
    /// A path into the JSON body.
    Json(String),
    /// A field of the form; what follows a point is a path into the JSON that it holds.
    Form(String),
    /// A parameter of the query.
    Query(String),
}

impl Spot {
    fn of(place: &Place, question: &Question) -> Option<Spot> {
        let name = named(place, question)?.to_owned();
        Some(match place.kind {
            Kind::Header => Spot::Header(name),
            // Of all elements the first.
            Kind::Json => Spot::Json(name.replace('*', "0")),
            Kind::Form => Spot::Form(name),
            Kind::Query => Spot::Query(name),
            _ => return None,
        })
    }
}

/// The time in the body as a sender would write it now, where the entry's time stands there: it is part of what is signed.
pub fn time_in_body(provider: &Provider, question: &Question, now: Timestamp) -> Option<Stamp> {
    let rule = provider.schemes().first()?.timestamp.as_ref()?;
    let at = Spot::of(&rule.source, question).filter(|spot| !matches!(spot, Spot::Header(_)))?;
    Some(Stamp { at, value: age::write(rule.unit, now) })
}

/// The same for a request that is only being made, whose body may be signed as well.
pub fn sign(
    provider: &Provider,
    secret: &Secret,
    question: &Question,
    now: Timestamp,
    new_id: Option<&str>,
) -> Result<Vec<Stamp>, String> {
    let scheme = fitting(provider, question).ok_or_else(|| format!("{} signs nothing", provider.name))?;
    if provider.builtin.is_some() || !scheme.signature.algorithm.is_symmetric() {
        return Err(format!("{} signs with a private key, which only the sender has", provider.name));
    }
    let place = scheme.signature.from.first().ok_or("its signature stands nowhere")?;
    let spot = Spot::of(place, question).ok_or_else(|| format!("the source has no params.{}", setting(place)))?;
    let signer = Signer { provider, scheme, secret, question, now };
    let (mut headers, mut set) = (question.headers.clone(), Vec::new());
    let mut put = |name: &str, value: String| {
        headers.set(name, value.clone());
        set.push(Stamp { at: Spot::Header(name.to_owned()), value });
    };
    if let (Some(id), Some(place)) = (new_id, signer.id_header()) {
        put(place, id.to_owned());
    }
    if let Some((name, algorithm)) = signer.algorithm_header() {
        put(name, algorithm.to_owned());
    }
    let ts = signer.time();
    if let (Some(name), Some(ts)) = (signer.time_header(), &ts) {
        put(name, ts.clone());
    }
    let value = signer.value(&Question { headers: &headers, ..*question }, ts.as_deref())?;
    set.push(Stamp { at: spot, value });
    Ok(set)
}

/// The scheme that the request used, known by the place of its signature; else the first.
fn fitting<'p>(provider: &'p Provider, question: &Question) -> Option<&'p Scheme> {
    let used = |scheme: &&Scheme| !candidates::texts(&scheme.signature, question).is_empty();
    provider.schemes().iter().find(used).or(provider.schemes().first())
}

/// The setting that names a place.
fn setting(place: &Place) -> &str {
    place.name.strip_prefix("{param:").and_then(|rest| rest.strip_suffix('}')).unwrap_or(&place.name)
}

fn named<'a>(place: &'a Place, question: &'a Question) -> Option<&'a str> {
    match place.name.strip_prefix("{param:").and_then(|rest| rest.strip_suffix('}')) {
        Some(setting) => question.params.get(setting).map(String::as_str),
        None => Some(&place.name),
    }
}

struct Signer<'a> {
    provider: &'a Provider,
    scheme: &'a Scheme,
    secret: &'a Secret,
    question: &'a Question<'a>,
    now: Timestamp,
}

impl Signer<'_> {
    /// The time as this provider writes it.
    fn time(&self) -> Option<String> {
        let rule = self.scheme.timestamp.as_ref()?;
        match rule.source.kind {
            // A time in the body stays: the body is sent as it is.
            Kind::Json | Kind::Form => rule.source.value(self.question, &Beside::default()),
            _ => Some(age::write(rule.unit, self.now)),
        }
    }

    fn time_header(&self) -> Option<&str> {
        self.scheme.timestamp.as_ref()?.source.header()
    }

    /// The header that names the algorithm and what it says for the entry's own, where the request has none.
    fn algorithm_header(&self) -> Option<(&str, &str)> {
        let choose = self.scheme.signature.choose.as_ref()?;
        let name = choose.by.strip_prefix("header:").filter(|name| !self.question.headers.has(name))?;
        let own = choose.from.iter().find(|(_, algorithm)| **algorithm == self.scheme.signature.algorithm)?;
        Some((name, own.0))
    }

    /// The header that holds the event's id, where the signature covers it.
    fn id_header(&self) -> Option<&str> {
        let text = self.scheme.template.text();
        let headers = self.provider.key_places().filter_map(Place::header);
        headers.into_iter().find(|name| text.contains(&format!("{{header:{}}}", name.to_ascii_lowercase())))
    }

    /// What the signature's header says.
    fn value(&self, question: &Question, ts: Option<&str>) -> Result<String, String> {
        let rule = &self.scheme.signature;
        let wrong_form =
            || format!("the secret {} is not in the form that {} uses", self.secret.name, self.provider.name);
        let text = secret_text(self.scheme, self.secret.expose(), question).ok_or_else(wrong_form)?;
        let key = Key::read(self.scheme.key, &text, None).filter(|key| !key.is_public()).ok_or_else(wrong_form)?;
        let received = received(rule, question);
        let nothing = Beside::default();
        let beside = received.as_ref().map_or(&nothing, |group| &group.beside);
        let known = Known { ts, secret: &text, key: None, beside };
        if rule.algorithm == Algorithm::Jwt {
            return Ok(format!("{}{}", rule.prefix, self.token(question, &known, &key)?));
        }
        let content = match rule.algorithm.is_shared() {
            true => Vec::new(),
            false => self.scheme.template.render(question, &known).map_err(|missing| match missing {
                Missing::Value(name) => format!("{name} is not there"),
                Missing::Param(setting) => format!("the source has no params.{setting}"),
            })?,
        };
        let (algorithm, encoding) =
            received.as_ref().map_or((rule.algorithm, rule.encoding), |g| (g.algorithm, g.encoding));
        let signature = algorithm::sign(algorithm, &key, &content).ok_or("it cannot be signed")?;
        let text = match algorithm {
            Algorithm::Token => String::from_utf8(signature).map_err(|_| "the token is not text")?,
            Algorithm::Basic => Encoding::Base64.encode(&signature),
            _ => encoding.encode(&signature),
        };
        Ok(self.written(question, ts, &text))
    }

    /// A header in the entry's form with this one signature.
    fn written(&self, question: &Question, ts: Option<&str>, signature: &str) -> String {
        let rule = &self.scheme.signature;
        match rule.parse {
            Parse::Plain | Parse::List => format!("{}{signature}", prefix(rule, question)),
            Parse::Param => format!("{}{signature}", question.params.get("prefix").map_or("", String::as_str)),
            Parse::Pairs => {
                let id = Place::parse(&rule.key).and_then(|place| place.value(question, &Beside::default()));
                format!("{}{}{signature}", id.unwrap_or_default(), rule.kvsep)
            }
            Parse::Kv => self.list(question, ts, signature),
        }
    }

    /// A list of items: the time first, then what else came, then the signature.
    fn list(&self, question: &Question, ts: Option<&str>, signature: &str) -> String {
        let rule = &self.scheme.signature;
        let by_position = |key: &str| key.starts_with('#') || rule.kvsep.is_empty();
        let item = |key: &str, value: &str| match by_position(key) {
            true => value.to_owned(),
            false => format!("{key}{}{value}", rule.kvsep),
        };
        let time = self.scheme.timestamp.as_ref().map(|rule| &rule.source).filter(|s| s.kind == Kind::SigField);
        let time = time.map(|source| source.name.as_str());
        let came = received(rule, question).map(|group| group.beside.fields).unwrap_or_default();
        // Signatures of another kind would no longer hold: only what the template needs is taken over.
        let needed = |key: &str| self.scheme.template.text().contains(&format!("{{sigfield:{key}"));
        let others = came.iter().filter(|(key, _)| time != Some(key) && !by_position(key) && needed(key));
        let mut items: Vec<String> = time.zip(ts).map(|(key, ts)| item(key, ts)).into_iter().collect();
        items.extend(others.map(|(key, value)| item(key, value)));
        items.push(item(&rule.key, signature));
        items.join(&rule.sep)
    }

    /// A token like the one that came, with fresh times and what its claims have to be.
    fn token(&self, question: &Question, known: &Known, key: &Key) -> Result<String, String> {
        let rule = &self.scheme.jwt;
        let seconds = self.now.0 / 1_000_000;
        let before = known.beside.jwt.as_ref().map(|jwt| jwt.parts());
        let (mut header, mut claims) = before.map(|(h, c)| (h.clone(), c.clone())).unwrap_or_default();
        let symmetric = |name: &str| Algorithm::jose(name).is_some_and(Algorithm::is_symmetric);
        let said = header.get("alg").and_then(Value::as_str).filter(|name| symmetric(name)).map(str::to_owned);
        let name = said.or_else(|| rule.algs.iter().find(|name| symmetric(name)).cloned());
        let name =
            name.ok_or_else(|| format!("{} signs with a private key, which only the sender has", self.provider.name))?;
        let algorithm = Algorithm::jose(&name).ok_or("it cannot be signed")?;
        header.insert("alg".into(), name.into());
        header.entry("typ").or_insert_with(|| "JWT".into());
        renew(&mut claims, &rule.require, seconds);
        for claim in &rule.claims {
            if claim.if_body && question.body.is_empty() {
                continue;
            }
            if let Ok(wanted) = claim.equals.render(question, known) {
                claims.insert(claim.claim.clone(), String::from_utf8_lossy(&wanted).into_owned().into());
            }
        }
        let input = jwt::signing_input(&header, &claims);
        let signature = algorithm::sign(algorithm, key, input.as_bytes()).ok_or("it cannot be signed")?;
        Ok(format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Moves the times of a token to `seconds`, each as far from its beginning as before, and adds those that are asked for.
fn renew(claims: &mut Map<String, Value>, require: &[String], seconds: i64) {
    const LIFE: i64 = 300;
    let time = |claims: &Map<String, Value>, name: &str| claims.get(name).and_then(Value::as_i64);
    let start = time(claims, "iat").or_else(|| time(claims, "nbf"));
    let life = time(claims, "exp").zip(start).map_or(LIFE, |(end, start)| (end - start).max(1));
    for (name, value) in [("iat", seconds), ("nbf", seconds), ("exp", seconds.saturating_add(life))] {
        if claims.contains_key(name) || require.iter().any(|wanted| wanted == name) {
            claims.insert(name.into(), value.into());
        }
    }
    if require.iter().any(|wanted| wanted == "jti") {
        claims.entry("jti").or_insert_with(|| format!("resigned-{seconds}").into());
    }
}

/// The first group of signatures that came with the request.
fn received(rule: &Signature, question: &Question) -> Option<Group> {
    let text = candidates::texts(rule, question).into_iter().next()?;
    candidates::groups(rule, question, &text).into_iter().next()
}

/// What stands before the signature: the entry's prefix, or that of the algorithm in use.
fn prefix(rule: &Signature, question: &Question) -> String {
    let Some(choose) = rule.choose.as_ref().filter(|choose| choose.by == "prefix") else { return rule.prefix.clone() };
    let came = candidates::texts(rule, question).into_iter().next().unwrap_or_default();
    let used = choose.from.keys().find(|prefix| came.starts_with(*prefix));
    let own = choose.from.iter().find(|(_, algorithm)| **algorithm == rule.algorithm).map(|(prefix, _)| prefix);
    used.or(own).cloned().unwrap_or_default()
}

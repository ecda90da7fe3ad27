//! One entry of the catalogue, and what it says of itself.
//! It must not know a provider by name: what is special about one stands in its file.

use super::Question;
use super::beside::Beside;
use super::candidates::{self, Group};
use super::entry::{Confidence, Detect, File, HandshakeRule, Patience, ReplyRule, Sends};
use super::facts::{Fact, Facts};
use super::place::{Kind, Place};
use super::scheme::Scheme;
use super::special;
use super::template::Template;
use crate::model::{Origin, Timestamp};

/// Longer names of objects are none, in bytes.
const LONGEST_OBJECT: usize = 256;

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
    /// How long it waits for the answer, and when it comes again.
    pub patience: Patience,
    /// It comes from a file of the user.
    pub own: bool,
    pub(super) detect: Detect,
    /// The schemes in the order in which they are tried.
    schemes: Vec<Scheme>,
    sends: Sends,
    pub(super) handshakes: Vec<HandshakeRule>,
    pub(super) reply: Option<ReplyRule>,
    pub(super) builtin: Option<String>,
    event: Facts,
}

impl Provider {
    /// The entry that a file describes.
    pub(super) fn new(file: File, schemes: Vec<Scheme>) -> Provider {
        Provider {
            id: file.id,
            name: file.name,
            confidence: file.confidence,
            note: file.note,
            patience: file.patience,
            own: false,
            detect: file.detect,
            schemes,
            sends: file.sends,
            handshakes: file.handshake,
            reply: file.reply,
            builtin: file.builtin,
            event: file.event,
        }
    }

    /// What cannot be meant so, though it can be read.
    pub(super) fn wrong(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if self.id.is_empty() || !self.id.chars().all(plain) || self.id.starts_with('.') {
            return Some(format!("`id = {:?}`: small letters, digits, - and _", self.id));
        }
        if let Some(name) = self.builtin.as_deref().filter(|name| special::named(name).is_none() && *name != "unknown")
        {
            return Some(format!("`builtin = {name:?}`: there is no such code"));
        }
        // An answer goes to whoever asks.
        let telling =
            |rule: &&HandshakeRule| rule.body.iter().chain(rule.headers.values()).any(Template::mentions_secret);
        if let Some(rule) = self.handshakes.iter().find(telling) {
            return Some(format!("[[handshake]] {:?}: the secret may not be part of an answer", rule.name));
        }
        self.schemes.iter().find_map(Scheme::wrong)
    }

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
        let shared = self.schemes.iter().find(|scheme| scheme.signature.algorithm.is_shared());
        let token = shared.and_then(|scheme| scheme.signature.from.first()).and_then(Place::header);
        // One that comes with a set-up question is a secret as well.
        token.or_else(|| self.handshakes.iter().filter_map(|rule| rule.keeps.as_ref()).find_map(Place::header))
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
        let Facts { kind, key, time, attempt, object, state, sequence, .. } = &self.event;
        let all = [
            ("type", kind),
            ("event id", key),
            ("made at", time),
            ("attempt", attempt),
            ("object", object),
            ("its state", state),
            ("sequence", sequence),
        ];
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

    /// What an event says of itself besides type and id, and how long its sender waits for the answer.
    pub(super) fn origin(&self, question: &Question) -> Origin {
        let object = self.event.object.name(question, &self.beside(&self.event.object, question));
        Origin {
            made_at: self.event_time(question),
            sequence: self.fact(&self.event.sequence, question).and_then(|text| text.parse().ok()),
            object: object.filter(|name| name.len() <= LONGEST_OBJECT),
            deadline_us: self.patience.deadline,
        }
    }

    /// In which state the event says that its object is.
    pub(super) fn object_state(&self, question: &Question) -> Option<String> {
        self.fact(&self.event.state, question)
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

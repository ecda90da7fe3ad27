//! All that the catalogue says about an event: its source, its sender, its signature.

use super::handshake::{Reply, expected, greet};
use super::recognise::Glance;
use super::{Catalogue, Keyring, Patient, Proof, Question, Source, diagnose, judge};
use crate::model::{Class, Diagnosis, Event, Headers, Judgement, Origin, Step, Timestamp, Verdict, default_source};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The configured source that claims it.
    pub source: Option<String>,
    /// Recognised sender.
    pub provider: Option<String>,
    /// What happened, in the provider's words.
    pub event_type: Option<String>,
    /// The provider's id of the event.
    pub key: Option<String>,
    /// What it says of itself besides.
    pub origin: Origin,
    /// The signature check.
    pub judgement: Judgement,
    /// It is a set-up question.
    pub handshake: bool,
    /// What the sender is told besides an empty 200.
    pub reply: Option<Reply>,
}

impl Finding {
    /// Writes down in the event what was found; gives what the sender is told besides an empty 200.
    pub fn settle(self, event: &mut Event) -> Option<Reply> {
        event.source = self.source.unwrap_or_else(|| default_source(self.provider.as_deref(), event.path()));
        event.provider = self.provider;
        event.event_type = self.event_type;
        event.key = self.key;
        event.origin = self.origin;
        event.judgement = self.judgement;
        if self.handshake {
            event.class = Class::Handshake;
        }
        self.reply
    }
}

/// Answers for an event as it came. `headers` are those of its head.
pub fn examine(catalogue: &Catalogue, keyring: &Keyring, event: &Event, headers: &Headers, proof: Proof) -> Finding {
    let source = keyring.source_for(event.path());
    let public_url = source.and_then(|s| s.public_url_of(event.path()));
    let question = Question::of(event, headers, public_url.as_deref()).at(source);
    let finding = find(catalogue, keyring, source, &question, proof);
    Finding { source: source.map(|s| s.name.clone()), ..finding }
}

/// Looks for the cause of what [`examine`] found; `go_on` is told how many guesses have been made, and may end it.
pub fn consult(
    catalogue: &Catalogue,
    keyring: &Keyring,
    (event, headers): (&Event, &Headers),
    judgement: &Judgement,
    go_on: &mut dyn FnMut(usize) -> bool,
) -> Diagnosis {
    let source = keyring.source_for(event.path());
    let public_url = source.and_then(|s| s.public_url_of(event.path()));
    let question = Question::of(event, headers, public_url.as_deref()).at(source);
    let provider = judgement.provider.as_deref().and_then(|id| catalogue.get(id));
    let own = provider.map_or(&[] as &[_], |provider| keyring.secrets(source, &provider.id));
    diagnose(&Patient::new(provider, own, keyring, question), judgement, go_on)
}

/// A secret that came with a set-up question, to be kept if the user says so.
pub fn arriving_secret(catalogue: &Catalogue, event: &Event, headers: &Headers) -> Option<String> {
    let provider = event.provider.as_deref().and_then(|id| catalogue.get(id))?;
    let asked = event.class == Class::Handshake;
    asked.then(|| provider.arriving_secret(&Question::of(event, headers, None))).flatten()
}

/// When the provider made the event by its own clock, and which attempt it says that this is.
pub fn provider_facts(catalogue: &Catalogue, event: &Event, headers: &Headers) -> (Option<Timestamp>, Option<String>) {
    let question = Question::of(event, headers, None);
    match event.provider.as_deref().and_then(|id| catalogue.get(id)) {
        Some(provider) => (provider.event_time(&question), provider.attempt(&question)),
        None => (None, None),
    }
}

/// In which state an event says that its object is.
pub fn object_state(catalogue: &Catalogue, event: &Event, headers: &Headers) -> Option<String> {
    let provider = event.provider.as_deref().and_then(|id| catalogue.get(id))?;
    provider.object_state(&Question::of(event, headers, None))
}

/// Checks once more the signature of an event: that of the sender that was known, or by now is; `None` where nobody knows.
pub fn again(catalogue: &Catalogue, keyring: &Keyring, event: &Event, headers: &Headers) -> Option<Judgement> {
    let source = keyring.source_for(event.path());
    let public_url = source.and_then(|s| s.public_url_of(event.path()));
    let question = Question::of(event, headers, public_url.as_deref()).at(source);
    let known = event.provider.as_deref().and_then(|id| catalogue.get(id));
    let pinned = source.and_then(|s| s.provider.as_deref()).and_then(|id| catalogue.get(id));
    let provider = known.or(pinned).or_else(|| catalogue.recognise(&question, keyring, source))?;
    Some(judge(provider, keyring.secrets(source, &provider.id), &question, Proof::Omitted))
}

/// Recognises the sender, checks the signature, and finds what is to be answered.
fn find(
    catalogue: &Catalogue,
    keyring: &Keyring,
    source: Option<&Source>,
    question: &Question,
    proof: Proof,
) -> Finding {
    let pinned = source.and_then(|s| s.provider.as_deref()).and_then(|id| catalogue.get(id));
    let glance = Glance::at(question);
    let sender = pinned.or_else(|| catalogue.sender(&glance, keyring, source));
    // Nothing but its question may tell who asks it.
    let asks =
        || catalogue.greeter((question, &glance), keyring, source).filter(|_| source.is_none_or(|s| s.handshake));
    let Some(provider) = sender.or_else(asks) else {
        return Finding { judgement: unrecognised(question), ..Finding::default() };
    };
    let secrets = keyring.secrets(source, &provider.id);
    let judgement = judge(provider, secrets, question, proof);
    let wanted = source.is_none_or(|s| s.handshake);
    let greeting = wanted.then(|| greet(provider, source, secrets, (question, &glance), &judgement)).flatten();
    if sender.is_none() && greeting.is_none() {
        return Finding { judgement: unrecognised(question), ..Finding::default() };
    }
    Finding {
        provider: Some(provider.id.clone()),
        event_type: greeting.as_ref().map_or_else(|| provider.event_type(question), |g| Some(g.name.clone())),
        key: provider.event_key(question).filter(|_| greeting.is_none()),
        origin: provider.origin(question),
        reply: greeting
            .as_ref()
            .map(|g| g.reply.clone())
            .or_else(|| expected(provider, pinned.is_some(), question, &judgement)),
        handshake: greeting.is_some(),
        judgement,
        source: None,
    }
}

fn unrecognised(question: &Question) -> Judgement {
    let looks_signed = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        name.contains("signature") || name.contains("hmac")
    };
    match question.headers.iter().find(|(name, _)| looks_signed(name)) {
        Some((name, _)) => Judgement {
            verdict: Verdict::Unknown,
            steps: vec![Step {
                step: "Header",
                shows: format!("{} looks like a signature; no catalogue entry fits", String::from_utf8_lossy(name)),
                ok: Some(false),
            }],
            ..Judgement::default()
        },
        None => Judgement {
            steps: vec![Step { step: "Header", shows: "no signature header".into(), ok: None }],
            ..Judgement::default()
        },
    }
}

//! All that the catalogue says about an event: its source, its sender, its signature.

use super::{Catalogue, Keyring, Patient, Proof, Question, Source, diagnose, judge};
use crate::model::{Diagnosis, Event, Headers, Judgement, Step, Timestamp, Verdict};

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
    /// The signature check.
    pub judgement: Judgement,
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

/// When the provider made the event by its own clock, and which attempt it says that this is.
pub fn provider_facts(catalogue: &Catalogue, event: &Event, headers: &Headers) -> (Option<Timestamp>, Option<String>) {
    let question = Question::of(event, headers, None);
    match event.provider.as_deref().and_then(|id| catalogue.get(id)) {
        Some(provider) => (provider.event_time(&question), provider.attempt(&question)),
        None => (None, None),
    }
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

/// Recognises the sender and checks the signature.
fn find(
    catalogue: &Catalogue,
    keyring: &Keyring,
    source: Option<&Source>,
    question: &Question,
    proof: Proof,
) -> Finding {
    let pinned = source.and_then(|s| s.provider.as_deref()).and_then(|id| catalogue.get(id));
    let Some(provider) = pinned.or_else(|| catalogue.recognise(question, keyring, source)) else {
        return Finding { judgement: unrecognised(question), ..Finding::default() };
    };
    Finding {
        provider: Some(provider.id.clone()),
        event_type: provider.event_type(question),
        key: provider.event_key(question),
        judgement: judge(provider, keyring.secrets(source, &provider.id), question, proof),
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

//! The check itself: recognise, read, render, compare; every stage leaves a line of the proof.

use super::age::{self, Sent};
use super::candidates::{Candidates, candidates, decode, encode};
use super::catalogue::{Algorithm, Catalogue, Provider, Scheme, Signature, TimeRule};
use super::template::Known;
use super::{Called, Keyring, Question, Source, algorithm};
use crate::model::{Event, Headers, Judgement, Reason, Secret, Step, Verdict, micros};

/// All that the catalogue says about a request.
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

/// Whether the steps of a check are written down. On arrival they are not: they can be made anew at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Every step with what it found.
    Wanted,
    /// The verdict alone.
    Omitted,
}

/// Answers for an event as it came: its source, its sender, its signature. `headers` are those of its head.
pub fn examine(catalogue: &Catalogue, keyring: &Keyring, event: &Event, headers: &Headers, proof: Proof) -> Finding {
    let source = keyring.source_for(event.path());
    let public_url = source.and_then(|s| s.public_url_of(event.path()));
    let mut question = Question::of(event, headers, public_url.as_deref());
    if let Some(source) = source {
        question.params = &source.params;
    }
    let finding = find(catalogue, keyring, source, &question, proof);
    Finding { source: source.map(|s| s.name.clone()), ..finding }
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
    let Some(provider) = pinned.or_else(|| catalogue.recognise(question)) else {
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

/// Checks a request against one entry: its schemes in order, the first that verifies wins.
pub fn judge(provider: &Provider, secrets: &[Secret], question: &Question, proof: Proof) -> Judgement {
    let mut first: Option<Judgement> = None;
    for scheme in provider.schemes() {
        let judgement = Trial { scheme, secrets, question, proof, steps: Vec::new() }.run(&provider.id);
        let better = matches!(judgement.verdict, Verdict::Valid | Verdict::Stale);
        let unsigned_before = first.as_ref().is_some_and(|f| f.verdict == Verdict::Unsigned);
        if first.is_none() || better || unsigned_before && judgement.verdict != Verdict::Unsigned {
            first = Some(judgement);
        }
        if better {
            break;
        }
    }
    first.unwrap_or_default()
}

/// One scheme tried on one request.
struct Trial<'a> {
    scheme: &'a Scheme,
    secrets: &'a [Secret],
    question: &'a Question<'a>,
    proof: Proof,
    steps: Vec<Step>,
}

/// How a trial ends when it ends early.
struct End(Verdict, Reason);

impl Trial<'_> {
    fn run(mut self, provider: &str) -> Judgement {
        let mut judgement = Judgement { provider: Some(provider.to_owned()), ..Judgement::default() };
        let outcome = self.stages(&mut judgement);
        judgement.steps = self.steps;
        match outcome {
            Ok(()) => {}
            Err(End(verdict, reason)) => {
                judgement.verdict = verdict;
                judgement.reason = (verdict != Verdict::NoSecret).then_some(reason);
            }
        }
        judgement
    }

    fn stages(&mut self, judgement: &mut Judgement) -> Result<(), End> {
        let read = self.read()?;
        let sent = self.sent(&read)?;
        judgement.skew_us = sent.as_ref().and_then(|s| s.at).map(|at| self.question.arrived.since(at));
        let age = self.age(sent.as_ref(), judgement.skew_us);
        self.checks(&read, sent.as_ref())?;
        self.content(&read, sent.as_ref())?;
        if self.secrets.is_empty() {
            self.step("Secret", Some(false), || "none is configured for this provider".into());
            return Err(End(Verdict::NoSecret, Reason::Mismatch));
        }
        judgement.secret = Some(self.compare(&read, sent.as_ref())?);
        match age {
            Some(reason) => Err(End(Verdict::Stale, reason)),
            None => {
                judgement.verdict = Verdict::Valid;
                Ok(())
            }
        }
    }

    fn step(&mut self, step: &'static str, ok: Option<bool>, shows: impl FnOnce() -> String) {
        if self.proof == Proof::Wanted {
            self.steps.push(Step { step, shows: shows(), ok });
        }
    }

    /// The header, and the signatures in every occurrence of it.
    fn read(&mut self) -> Result<Vec<Candidates>, End> {
        let rule = &self.scheme.signature;
        let values: Vec<String> =
            self.question.headers.all(&rule.header).map(|v| String::from_utf8_lossy(v).into_owned()).collect();
        if values.is_empty() {
            self.step("Header", Some(false), || format!("{} is not there", rule.header));
            return Err(End(Verdict::Unsigned, Reason::MissingHeader));
        }
        self.step("Header", Some(true), || match rule.algorithm {
            Algorithm::SharedToken => format!("{}: a token of {} bytes", rule.header, values[0].len()),
            _ => format!("{}: {}", rule.header, clip(&values.join(", "), 120)),
        });
        let read: Vec<Candidates> = values.iter().map(|value| candidates(rule, value)).collect();
        let found: usize = read.iter().map(|c| c.signatures.len()).sum();
        self.step("Parsed", Some(found > 0), || parsed(rule, &read, found));
        if found == 0 {
            return Err(End(Verdict::Invalid, Reason::Malformed));
        }
        Ok(read)
    }

    /// The sender's time, where the scheme has one.
    fn sent(&mut self, read: &[Candidates]) -> Result<Option<Sent>, End> {
        let Some(rule) = &self.scheme.timestamp else { return Ok(None) };
        let text = match rule.source.strip_prefix("sigfield:") {
            Some(key) => read.iter().flat_map(|c| &c.fields).find(|(k, _)| k == key).map(|(_, value)| value.clone()),
            None => self.question.value(&rule.source),
        };
        let Some(text) = text else {
            self.step("Time", Some(false), || format!("{} is not there", rule.source));
            return Err(End(Verdict::Invalid, Reason::MissingTimestamp));
        };
        let sent = age::read(rule, text);
        if sent.at.is_none() && rule.tolerance.is_some() {
            self.step("Time", Some(false), || format!("`{}` is no time", clip(&sent.text, 40)));
            return Err(End(Verdict::Invalid, Reason::BadTimestamp));
        }
        Ok(Some(sent))
    }

    fn age(&mut self, sent: Option<&Sent>, skew_us: Option<i64>) -> Option<Reason> {
        let rule: &TimeRule = self.scheme.timestamp.as_ref()?;
        let (Some(at), Some(skew)) = (sent.and_then(|s| s.at), skew_us) else { return None };
        let outside = age::outside(rule, skew);
        self.step("Time", Some(outside.is_none()), || {
            let limit = rule.tolerance.map_or("not judged".to_owned(), |s| format!("max {s} s"));
            format!("sent {}  skew {} ({limit})", at.to_the_second(), skew_text(skew))
        });
        outside
    }

    fn checks(&mut self, read: &[Candidates], sent: Option<&Sent>) -> Result<(), End> {
        for check in &self.scheme.check {
            let value = self.question.value(&check.source);
            let holds = match (&check.equals, &value) {
                (Some(template), Some(value)) => {
                    let known = known(read, sent, b"");
                    template.render(self.question, &known).is_ok_and(|want| want == value.as_bytes())
                }
                (Some(_), None) => false,
                (None, value) => value.is_some() != check.absent,
            };
            if !holds {
                let wrong = if check.absent { "must not be there" } else { "is not as it has to be" };
                self.step("Needs", Some(false), || format!("{} {wrong}", check.source));
                let reason = if value.is_none() { Reason::MissingHeader } else { Reason::Mismatch };
                return Err(End(Verdict::Invalid, reason));
            }
        }
        Ok(())
    }

    fn content(&mut self, read: &[Candidates], sent: Option<&Sent>) -> Result<(), End> {
        if self.scheme.signature.algorithm == Algorithm::SharedToken {
            self.step("Content", None, || "a shared token: the body is not covered".into());
            return Ok(());
        }
        let template = &self.scheme.template;
        match template.render(self.question, &known(read, sent, b"")) {
            Ok(content) => {
                self.step("Content", Some(true), || format!("{}  ({} bytes)", template.text(), content.len()));
                Ok(())
            }
            Err(missing) => {
                self.step("Content", Some(false), || format!("{missing} is not there"));
                Err(End(Verdict::Invalid, Reason::MissingHeader))
            }
        }
    }

    /// Every signature against every secret. Gives the name of the one that matched.
    fn compare(&mut self, read: &[Candidates], sent: Option<&Sent>) -> Result<String, End> {
        let rule = &self.scheme.signature;
        let secrets = self.secrets;
        self.step("Secret", Some(true), || {
            let names: Vec<&str> = secrets.iter().map(|s| s.name.as_str()).collect();
            format!("tried {}: {}", names.len(), names.join(", "))
        });
        let received: Vec<(&str, Option<Vec<u8>>)> =
            read.iter().flat_map(|c| &c.signatures).map(|s| (s.as_str(), decode(rule.encoding, s))).collect();
        let mut computed: Option<Vec<u8>> = None;
        let url = self.other_url();
        for secret in secrets {
            let Some(key) = algorithm::key(self.scheme.secret, secret) else { continue };
            let other = url.as_deref().map(|url| Question { called: Called::Url(url), ..*self.question });
            for question in std::iter::once(*self.question).chain(other) {
                let Ok(content) = self.scheme.template.render(&question, &known(read, sent, secret.expose())) else {
                    continue;
                };
                if self.proof == Proof::Wanted {
                    computed = computed.or_else(|| algorithm::sign(rule.algorithm, &key, &content));
                }
                let holds = |(_, bytes): &&(&str, Option<Vec<u8>>)| {
                    bytes.as_ref().is_some_and(|b| algorithm::holds(rule.algorithm, &key, &content, b))
                };
                if let Some((text, _)) = received.iter().find(holds) {
                    self.step(rule.algorithm.name(), Some(true), || match rule.algorithm {
                        Algorithm::SharedToken => format!("equals {}", secret.name),
                        _ => format!("received {}  = computed with {}", clip(text, 80), secret.name),
                    });
                    return Ok(secret.name.clone());
                }
            }
        }
        self.step(rule.algorithm.name(), Some(false), || match (rule.algorithm, &computed) {
            (Algorithm::SharedToken, _) => "differs from every configured token".to_owned(),
            (_, Some(own)) => {
                format!("received {}  computed {}", clip(received[0].0, 80), encode(rule.encoding, own))
            }
            (Algorithm::Ed25519, None) => format!("received {}  no key verifies it", clip(received[0].0, 80)),
            (_, None) => "no secret is in the form that this provider uses".to_owned(),
        });
        let readable = received.iter().any(|(_, bytes)| bytes.is_some());
        Err(End(Verdict::Invalid, if readable { Reason::Mismatch } else { Reason::Malformed }))
    }

    /// Where the entry says so, the URL with its port left out or written out as well.
    fn other_url(&self) -> Option<String> {
        let url = self.scheme.signature.url_port_variants.then(|| self.question.url())?;
        port_variant(&url)
    }
}

/// How many signatures a header holds, and what stands beside them.
fn parsed(rule: &Signature, read: &[Candidates], found: usize) -> String {
    let others: Vec<String> = read
        .iter()
        .flat_map(|c| &c.fields)
        .filter(|(key, _)| *key != rule.key)
        .map(|(key, value)| format!("{key} {}", clip(value, 24)))
        .collect();
    let kind = if rule.algorithm == Algorithm::SharedToken { "token" } else { "signature" };
    let plural = if found == 1 { "" } else { "s" };
    let also = if others.is_empty() { String::new() } else { format!(" · {}", others.join(" · ")) };
    format!("{found} {kind}{plural}{also}")
}

fn known<'a>(read: &'a [Candidates], sent: Option<&'a Sent>, secret: &'a [u8]) -> Known<'a> {
    let fields = read.first().map_or(&[] as &[_], |c| c.fields.as_slice());
    Known { ts: sent.map(|s| s.text.as_str()), secret, fields }
}

/// The same URL with its scheme's own port added, or taken away.
fn port_variant(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let own = if scheme == "https" { ":443" } else { ":80" };
    Some(match authority.rsplit_once(':') {
        Some((host, _)) if !host.is_empty() => format!("{scheme}://{host}{path}"),
        _ => format!("{scheme}://{authority}{own}{path}"),
    })
}

fn skew_text(us: i64) -> String {
    let sign = if us < 0 { "-" } else { "+" };
    let size = us.unsigned_abs();
    match size {
        0..60_000_000 => format!("{sign}{}", micros(size)),
        _ => format!("{sign}{} s", size / 1_000_000),
    }
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

//! The doctor: why a signature is not right. Every guess is computed on the stored bytes, in the order in which people's
//! mistakes are common; the first that matches is the cause. It must not change a verdict.

mod bodies;
mod secrets;
#[cfg(test)]
mod tests;
mod times;
mod unknown;
mod urls;

use super::algorithm::{Algorithm, Hash, KeyForm};
use super::encoding::Encoding;
use super::judge::judge_schemes;
use super::scheme::Scheme;
use super::template::Template;
use super::{Called, Keyring, Proof, Provider, Question};
use crate::model::{Assumed, Diagnosis, Guess, Headers, Judgement, Reason, Secret, Verdict};

/// Pairs of mistakes are tried as long as no more bytes than this have to be signed for them.
const PAIRS: usize = 24 << 20;
/// Signatures that cover something else than the entry says, as home-made senders make them.
const TEMPLATES: [&str; 5] = ["{body}", "{ts}.{body}", "{ts}{body}", "{body}{ts}", "{ts}:{body}"];

/// What a diagnosis is made of.
pub struct Patient<'a> {
    /// The recognised sender.
    pub provider: Option<&'a Provider>,
    /// The secrets that were tried.
    pub own: &'a [Secret],
    /// Every other secret that is configured, and whose it is.
    pub others: Vec<(String, &'a Secret)>,
    /// The request.
    pub question: Question<'a>,
}

impl<'a> Patient<'a> {
    /// The patient whose secrets are these; `own` are left out of the others.
    pub fn new(
        provider: Option<&'a Provider>,
        own: &'a [Secret],
        keyring: &'a Keyring,
        question: Question<'a>,
    ) -> Self {
        let mut others: Vec<(String, &Secret)> = Vec::new();
        for (whose, secret) in keyring.all() {
            let known = |other: &Secret| other.expose() == secret.expose();
            if !own.iter().any(known) && !others.iter().any(|(_, other)| known(other)) {
                others.push((whose, secret));
            }
        }
        Patient { provider, own, others, question }
    }
}

/// Looks for the cause of a verdict. `go_on` is told how many guesses have been made, and may end it.
pub fn diagnose(patient: &Patient, judgement: &Judgement, go_on: &mut dyn FnMut(usize) -> bool) -> Diagnosis {
    let mut lab = Lab { patient, diagnosis: Diagnosis::default(), go_on, over: false };
    match (judgement.verdict, patient.provider) {
        (Verdict::Valid, _) => {}
        (Verdict::Stale, _) => lab.diagnosis.words = times::stale(judgement),
        (Verdict::Unknown, None) => unknown::examine(&mut lab),
        (Verdict::Unsigned, None) => {}
        (_, None) => {}
        (Verdict::Unsigned, Some(provider)) if provider.signs_nothing() => {}
        (Verdict::Unsigned, Some(provider)) => lab.diagnosis.words = unsigned(provider, &patient.question),
        (_, Some(_)) if judgement.reason == Some(Reason::Unsupported) => {}
        (_, Some(provider)) => {
            lab.examine(provider);
            if lab.diagnosis.matched().is_none() {
                lab.diagnosis.words = remains(provider, patient, judgement, &lab.diagnosis);
            }
        }
    }
    lab.diagnosis
}

/// Guesses and what came of them.
pub(super) struct Lab<'p, 'g> {
    patient: &'p Patient<'p>,
    diagnosis: Diagnosis,
    go_on: &'g mut dyn FnMut(usize) -> bool,
    over: bool,
}

/// One assumption: what is otherwise than the entry, the configuration and the request have it.
struct Assumption<'a> {
    assumed: Assumed,
    schemes: &'a [Scheme],
    secrets: &'a [Secret],
    question: Question<'a>,
    /// The secret is another one than was configured, and may be used.
    other: Option<&'a Secret>,
}

impl Lab<'_, '_> {
    /// Computes a guess; whether the search is over.
    fn guess(&mut self, words: &str, assumption: &Assumption, told: &str) -> bool {
        if self.over {
            return true;
        }
        let Assumption { assumed, schemes, secrets, question, other } = assumption;
        let builtin = self.patient.provider.and_then(|p| p.builtin.as_deref());
        let judged = judge_schemes(schemes, builtin, secrets, question, Proof::Omitted);
        let matched = judged.verdict.is_proved();
        self.diagnosis.tried.push(Guess { assumed: *assumed, guess: words.to_owned(), matched });
        if matched {
            self.diagnosis.words = vec![format!("MATCH: {words}"), told.to_owned()];
            // Two mistakes are not mended by another secret alone.
            self.diagnosis.cure = other.filter(|_| *assumed == Assumed::Secret).and_then(|s| s.reference.clone());
            self.also_written(assumption);
        }
        self.over = matched || !(self.go_on)(self.diagnosis.tried.len());
        self.over
    }

    /// The assumption may explain the bytes and not the way in which they are written.
    fn also_written(&mut self, assumption: &Assumption) {
        let Some(provider) = self.patient.provider.filter(|_| assumption.assumed != Assumed::Writing) else { return };
        let strict = |(lenient, own): (&Scheme, &Scheme)| {
            let mut scheme = lenient.clone();
            (scheme.signature.encoding, scheme.signature.lenient) = (own.signature.encoding, false);
            scheme
        };
        let schemes: Vec<Scheme> = assumption.schemes.iter().zip(provider.schemes()).map(strict).collect();
        let Assumption { secrets, question, .. } = assumption;
        let judged = judge_schemes(&schemes, provider.builtin.as_deref(), secrets, question, Proof::Omitted);
        if !judged.verdict.is_proved()
            && let Some(scheme) = provider.schemes().first()
        {
            let how = secrets::how_written(scheme, question);
            self.diagnosis
                .words
                .push(format!("Besides, the signature is written {how}: strict verifiers reject that."));
        }
    }

    fn examine(&mut self, provider: &Provider) {
        let schemes: Vec<Scheme> = provider.schemes().iter().map(lenient).collect();
        let (own, question) = (self.patient.own, self.patient.question);
        if !own.is_empty() {
            self.strictness(&schemes);
        }
        self.other_secrets(&schemes);
        self.secret_forms(&schemes, question, "");
        if own.is_empty() || schemes.iter().all(|scheme| scheme.signature.algorithm.is_shared()) {
            return;
        }
        let bodies = bodies::forms(&question);
        for body in &bodies {
            let question = Question { body: &body.bytes, ..question };
            self.guess(
                &body.words,
                &Assumption { assumed: Assumed::Body, schemes: &schemes, secrets: own, question, other: None },
                body.told,
            );
        }
        self.times(&schemes);
        self.urls(&schemes);
        self.algorithms(&schemes);
        self.pairs(&schemes, &bodies);
    }

    /// The right signature, written otherwise than the entry says.
    fn strictness(&mut self, schemes: &[Scheme]) {
        let (own, question) = (self.patient.own, self.patient.question);
        let words = self.patient.provider.and_then(|p| p.schemes().first()).map_or_else(String::new, |scheme| {
            format!("the signature is written {}", secrets::how_written(scheme, &question))
        });
        let told = "The signature is right, but strict verifiers reject this form of it: mend the sender.";
        self.guess(
            &words,
            &Assumption { assumed: Assumed::Writing, schemes, secrets: own, question, other: None },
            told,
        );
    }

    /// Every other secret that is configured: the other mode's, another endpoint's.
    fn other_secrets(&mut self, schemes: &[Scheme]) {
        let question = self.patient.question;
        for (whose, secret) in &self.patient.others {
            let words = format!("signed with the secret {} {whose}", secret.name);
            let told = "That secret is there already: a uses it here.";
            let secrets = std::slice::from_ref(*secret);
            if self.guess(
                &words,
                &Assumption { assumed: Assumed::Secret, schemes, secrets, question, other: Some(secret) },
                told,
            ) {
                return;
            }
        }
    }

    /// The own secrets' texts taken in another way; with `also`, something else is assumed besides.
    fn secret_forms(&mut self, schemes: &[Scheme], question: Question, also: &str) {
        let assumed = if also.is_empty() { Assumed::Key } else { Assumed::Pair };
        for secret in self.patient.own {
            for form in secrets::forms(secret, schemes) {
                let words = format!("the secret {} {}{also}", secret.name, form.words);
                let secrets = [Secret::exact(secret.name.clone(), form.key)];
                let schemes: Vec<Scheme> = schemes.iter().map(raw_key).collect();
                if self.guess(
                    &words,
                    &Assumption { assumed, schemes: &schemes, secrets: &secrets, question, other: None },
                    form.told,
                ) {
                    return;
                }
            }
        }
    }

    /// Another time, or the same in another unit.
    fn times(&mut self, schemes: &[Scheme]) {
        let (own, question) = (self.patient.own, self.patient.question);
        for time in times::forms(schemes, &question) {
            let schemes = time.schemes.as_deref().unwrap_or(schemes);
            let question = Question { headers: time.headers.as_ref().unwrap_or(question.headers), ..question };
            self.guess(
                &time.words,
                &Assumption { assumed: Assumed::Time, schemes, secrets: own, question, other: None },
                time.told,
            );
        }
    }

    /// Another form of the URL, where it is signed.
    fn urls(&mut self, schemes: &[Scheme]) {
        let (own, question) = (self.patient.own, self.patient.question);
        let covered = |scheme: &Scheme| {
            scheme.template.covers_url() || scheme.jwt.claims.iter().any(|claim| claim.equals.covers_url())
        };
        if !schemes.iter().any(covered) {
            return;
        }
        for (words, url) in urls::forms(&question) {
            let question = Question { called: Called::Url(&url), ..question };
            let told = "The sender signs the URL that it calls: public_url of the [[source]] says which that is.";
            if self.guess(
                &words,
                &Assumption { assumed: Assumed::Url, schemes, secrets: own, question, other: None },
                told,
            ) {
                return;
            }
        }
    }

    /// Another algorithm, or something else that is covered.
    fn algorithms(&mut self, schemes: &[Scheme]) {
        for hash in [Hash::Sha256, Hash::Sha1, Hash::Sha512, Hash::Sha384, Hash::Md5] {
            let with = |scheme: &Scheme| {
                let mut other = scheme.clone();
                other.signature.algorithm = Algorithm::Hmac(hash);
                other.signature.choose = None;
                other
            };
            let others: Vec<Scheme> = schemes.iter().filter(|s| is_hmac(s, hash)).map(with).collect();
            let words = format!("made with {}", Algorithm::Hmac(hash).name());
            let told = "The sender uses another algorithm than this provider does.";
            if self.otherwise(&words, &others, told) {
                return;
            }
        }
        for text in TEMPLATES {
            let Ok(template) = Template::parse(text) else { continue };
            let with = |scheme: &Scheme| Scheme { template: template.clone(), ..scheme.clone() };
            let others: Vec<Scheme> =
                schemes.iter().filter(|s| s.template.text() != text && is_keyed(s)).map(with).collect();
            let words = format!("signed over {text}");
            let told = "The sender signs something else than this provider does.";
            if self.otherwise(&words, &others, told) {
                return;
            }
        }
    }

    /// The own secrets by other schemes.
    fn otherwise(&mut self, words: &str, schemes: &[Scheme], told: &str) -> bool {
        let (secrets, question) = (self.patient.own, self.patient.question);
        let assumption = Assumption { assumed: Assumed::Scheme, schemes, secrets, question, other: None };
        !schemes.is_empty() && self.guess(words, &assumption, told)
    }

    /// Two mistakes at once: a body that was changed on its way and a secret that is another or is taken otherwise.
    fn pairs(&mut self, schemes: &[Scheme], bodies: &[bodies::Form]) {
        let mut left = PAIRS;
        for body in bodies {
            let question = Question { body: &body.bytes, ..self.patient.question };
            for (whose, secret) in &self.patient.others {
                left = left.saturating_sub(body.bytes.len() + 64);
                let words = format!("signed with the secret {} {whose}, and {}", secret.name, body.words);
                let secrets = std::slice::from_ref(*secret);
                if left == 0
                    || self.guess(
                        &words,
                        &Assumption { assumed: Assumed::Pair, schemes, secrets, question, other: None },
                        body.told,
                    )
                {
                    return;
                }
            }
            let forms = self.patient.own.len() * 12;
            left = left.saturating_sub(forms * (body.bytes.len() + 64));
            if left == 0 || self.over {
                return;
            }
            self.secret_forms(schemes, question, &format!(", and {}", body.words));
        }
    }
}

/// A scheme that takes the signature in any form in which it can be read.
fn lenient(scheme: &Scheme) -> Scheme {
    let mut scheme = scheme.clone();
    scheme.signature.encoding = Encoding::Any;
    scheme.signature.lenient = true;
    scheme
}

/// A scheme whose key is the secret's bytes.
fn raw_key(scheme: &Scheme) -> Scheme {
    Scheme { key: KeyForm::Utf8, key_strip: None, key_template: None, ..scheme.clone() }
}

/// Whether a scheme makes an HMAC with another hash than this.
fn is_hmac(scheme: &Scheme, other: Hash) -> bool {
    matches!(scheme.signature.algorithm, Algorithm::Hmac(hash) if hash != other)
}

fn is_keyed(scheme: &Scheme) -> bool {
    matches!(scheme.signature.algorithm, Algorithm::Hmac(_))
}

/// Why a request of a provider that signs may have no signature.
fn unsigned(provider: &Provider, question: &Question) -> Vec<String> {
    let wanted: Vec<&str> = provider.signature_headers().collect();
    let mut words = vec![format!("{} signs in {}, which is not there.", provider.name, wanted.join(" or "))];
    let near = question.headers.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).find(|name| {
        let low = name.to_lowercase();
        low.contains("sign") || low.contains("hmac")
    });
    match near {
        Some(name) => words.push(format!("{name} looks like one; is it another provider, or a renamed header?")),
        None => words.push("Is signing switched on there, or does a proxy on the way drop the header?".into()),
    }
    words
}

/// What is left when nothing matches.
fn remains(provider: &Provider, patient: &Patient, judgement: &Judgement, diagnosis: &Diagnosis) -> Vec<String> {
    let tried = diagnosis.tried.len();
    if judgement.verdict == Verdict::NoSecret {
        let others = if tried > 0 { format!(" None of {tried} others fits.") } else { String::new() };
        return vec![format!("No secret is configured for {}: a adds one.{others}", provider.id)];
    }
    match judgement.reason {
        Some(Reason::MissingHeader | Reason::MissingTimestamp | Reason::BadTimestamp | Reason::WrongKeyId) => {
            return vec!["Something beside the signature is not as it has to be: the proof says what.".into()];
        }
        Some(Reason::BodyUnreadable) => {
            return vec![
                "The signature covers fields of a body that cannot be read: is its Content-Type right?".into(),
            ];
        }
        _ => {}
    }
    let shared = provider.schemes().iter().all(|scheme| scheme.signature.algorithm.is_shared());
    let mut words = vec![format!("No known mistake explains it ({tried} tried).")];
    words.push(match shared {
        true => "It remains that the sender has another token than the ones configured here.".into(),
        false => {
            "It remains that what is signed was changed on its way, or that the secret is one not configured here."
                .into()
        }
    });
    if provider.covers_url() && patient.question.params.is_empty() {
        words.push("The URL is signed too: is public_url of the [[source]] exactly what the sender calls?".into());
    }
    words
}

/// Headers with one of them replaced.
fn with_header(headers: &Headers, name: &str, value: &str) -> Headers {
    let mut headers = headers.clone();
    headers.set(name, value);
    headers
}

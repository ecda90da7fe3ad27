//! What the benchmark of this room runs; nothing else uses it.

use super::Params;
use super::algorithm::{Algorithm, Key, KeyForm, sign};
use super::{Called, Catalogue, Keyring, Patient, Proof, Provider, Question, catalogue, diagnose, judge};
use super::{example, example_secret, resign};
use crate::model::{Headers, Secret, Timestamp};
use std::hint::black_box;

/// Requests of 1 KiB as several senders send them, and what they are signed with.
pub struct Bench {
    keyring: Keyring,
    requests: Vec<(Headers, Vec<u8>)>,
    key: Key,
}

impl Default for Bench {
    fn default() -> Bench {
        let now = Timestamp::from_secs(1_768_478_400);
        let mut keyring = Keyring::default();
        let mut requests = Vec::new();
        for id in ["stripe", "github", "standard-webhooks", "shopify", "twilio"] {
            let Some(provider) = Catalogue::in_force().get(id) else { continue };
            let (mut headers, _) = example(provider);
            let secret = Secret::new("bench", example_secret(provider).into_bytes());
            let body = format!("{{\"id\":\"evt_1\",\"type\":\"a.b\",\"text\":\"{}\"}}", "x".repeat(980)).into_bytes();
            let signed = resign(provider, &secret, &question(&headers, &body, &Params::new()), now, None);
            signed.unwrap_or_default().into_iter().for_each(|(name, value)| headers.set(&name, value));
            keyring.providers.insert(id.into(), vec![secret]);
            requests.push((headers, body));
        }
        requests.push((Headers::parse_lines(b"Host: h\r\nContent-Type: application/json\r\n"), vec![b'x'; 1024]));
        let key = Key::read(KeyForm::Utf8, b"bench", None).unwrap_or(Key::Secret(zeroize::Zeroizing::new(vec![1])));
        Bench { keyring, requests, key }
    }
}

impl Bench {
    /// How many requests one round looks at.
    pub fn requests(&self) -> usize {
        self.requests.len()
    }

    /// Recognises every request among all entries and judges its signature.
    pub fn round(&self) {
        let params = Params::new();
        for (headers, body) in &self.requests {
            let question = question(headers, body, &params);
            let provider = Catalogue::in_force().recognise(&question, &self.keyring, None);
            if let Some(provider) = provider {
                black_box(judge(provider, self.keyring.secrets(None, &provider.id), &question, Proof::Omitted));
            }
        }
    }

    /// One HMAC-SHA256 over each request's body: what any verifier has to do.
    pub fn hmacs(&self) {
        for (_, body) in &self.requests {
            black_box(sign(Algorithm::default(), &self.key, body));
        }
    }

    /// Reads all files of the catalogue; gives how many.
    pub fn load(&self) -> usize {
        black_box(catalogue::built_in()).len()
    }

    /// Every guess of the doctor on a body of 100 KB that no mistake explains; gives how many.
    pub fn doctor(&self) -> usize {
        let params = Params::new();
        let Some(provider): Option<&Provider> = Catalogue::in_force().get("stripe") else { return 0 };
        let headers =
            Headers::parse_lines(format!("Stripe-Signature: t=1768478400,v1={}\r\n", "00".repeat(32)).as_bytes());
        let items: Vec<String> =
            (0..1_600).map(|n| format!("{{\"id\": {n}, \"text\": \"some words and more of them\"}}")).collect();
        let body = format!("{{\"id\": \"evt_1\", \"data\": [{}]}}", items.join(", ")).into_bytes();
        let question = question(&headers, &body, &params);
        let own = self.keyring.secrets(None, "stripe");
        let judgement = judge(provider, own, &question, Proof::Wanted);
        diagnose(&Patient::new(Some(provider), own, &self.keyring, question), &judgement, &mut |_| true).tried.len()
    }
}

fn question<'a>(headers: &'a Headers, body: &'a [u8], params: &'a Params) -> Question<'a> {
    let arrived = Timestamp::from_secs(1_768_478_400);
    Question { method: "POST", called: Called::Target("/x"), headers, body, arrived, params }
}

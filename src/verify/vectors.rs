//! The signature vectors under `tests/vectors`, most of them made with the providers' own SDKs.

use super::{Called, Catalogue, Keyring, Params, Patient, Proof, Provider, Question, diagnose, judge, resign};
use crate::model::{Headers, Judgement, Secret, Timestamp, Verdict};
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Vector {
    id: String,
    provider: String,
    secret: String,
    secondary_secret: Option<String>,
    key_id: Option<String>,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body_base64: String,
    now_unix: i64,
    expect: String,
    #[serde(default)]
    edge: bool,
}

impl Vector {
    fn question<'a>(&'a self, headers: &'a Headers, body: &'a [u8], params: &'a Params) -> Question<'a> {
        let (called, arrived) = (Called::Url(&self.url), Timestamp::from_secs(self.now_unix));
        Question { method: &self.method, called, headers, body, arrived, params }
    }
}

fn vectors() -> Vec<Vector> {
    // Others than those of the repository can be tried as well.
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors").to_owned();
    let files = std::fs::read_dir(std::env::var("VECTORS").unwrap_or(own)).unwrap();
    let is_json = |file: &std::fs::DirEntry| file.path().extension().is_some_and(|kind| kind == "json");
    let mut files: Vec<_> = files.map(Result::unwrap).filter(is_json).collect();
    files.sort_by_key(std::fs::DirEntry::path);
    files
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file.path()).unwrap();
            serde_json::from_str::<Vec<Vector>>(&text).unwrap()
        })
        .collect()
}

#[test]
fn every_required_vector_holds() {
    let (mut held, mut wrong) = (0, Vec::new());
    for v in vectors().iter().filter(|v| !v.edge) {
        let headers: Headers = v.headers.iter().map(|(n, x)| (n, x)).collect();
        let body = BASE64_STANDARD.decode(&v.body_base64).unwrap();
        let secrets: Vec<Secret> = [Some(&v.secret), v.secondary_secret.as_ref()]
            .into_iter()
            .flatten()
            .map(|text| Secret::new("vector", text.clone().into_bytes()))
            .collect();
        let params: Params = v.key_id.iter().map(|id| ("key_id".to_owned(), id.clone())).collect();
        let question = v.question(&headers, &body, &params);
        let provider = Catalogue::in_force().get(&v.provider).unwrap();
        let judgement = judge(provider, &secrets, &question, Proof::Wanted);
        let bare = judge(provider, &secrets, &question, Proof::Omitted);
        assert_eq!(bare, Judgement { steps: Vec::new(), ..judgement.clone() }, "{}", v.id);
        if (judgement.verdict == Verdict::Valid) != (v.expect == "valid") {
            wrong.push(format!("{} wants {}: {judgement:?}", v.id, v.expect));
        }
        held += 1;
    }
    assert!(wrong.is_empty(), "{} of {held}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(held > 100, "{held} vectors were read");
}

/// Headers and settings that an entry needs besides its signature.
fn needs(provider: &Provider) -> (Headers, Params) {
    let mut headers = Headers::parse_lines(b"Content-Type: application/octet-stream\r\n");
    let params: Params = provider.params().into_iter().map(|name| (name.to_owned(), format!("x-{name}"))).collect();
    for scheme in provider.schemes().iter().take(1) {
        for (_, rest) in scheme
            .template
            .text()
            .match_indices("{header:")
            .map(|(at, m)| scheme.template.text().split_at(at + m.len()))
        {
            headers.set(rest.split(['}', '|']).next().unwrap(), "msg_1");
        }
        for check in scheme.check.iter().filter(|check| !check.absent) {
            let Some(name) = check.source.header() else { continue };
            let wanted = check.equals.as_ref().map_or("x", |template| template.text());
            let wanted = params.get(wanted.trim_start_matches("{param:").trim_end_matches('}')).map_or(wanted, |p| p);
            headers.set(name, wanted);
        }
    }
    (headers, params)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn what_an_entry_signs_it_verifies_and_a_flipped_bit_it_does_not(
        body in proptest::collection::vec(any::<u8>(), 1..300),
        flip in any::<proptest::sample::Index>(),
    ) {
        let now = Timestamp::from_secs(1_768_478_400);
        // A secret that is base64, hex, text and a pair of user and password at once there is not.
        let secrets = [&b"bm90IGEgcmVhbCBrZXkh"[..], b"00aa11bb22cc33dd44ee55ff", b"user:pass"];
        let mut signed = 0;
        for provider in Catalogue::in_force().all() {
            let (headers, params) = needs(provider);
            let unsigned = Question {
                method: "POST", called: Called::Url("https://h/x?a=b"), headers: &headers, body: &body, arrived: now,
                params: &params,
            };
            let fresh = secrets.iter().find_map(|text| {
                let secret = Secret::new("test", text.to_vec());
                let set = resign(provider, &secret, &unsigned, now, None).ok()?;
                Some((secret, set))
            });
            let Some((secret, set)) = fresh else { continue };
            let mut headers = headers.clone();
            for (name, value) in set {
                headers.set(&name, value);
            }
            let question = Question { headers: &headers, ..unsigned };
            let judged = |q: &Question| judge(provider, std::slice::from_ref(&secret), q, Proof::Wanted);
            prop_assert_eq!(judged(&question).verdict, Verdict::Valid, "{}: {:?}", provider.id, judged(&question));
            signed += 1;
            if provider.covers_body() {
                let mut other = body.clone();
                let at = flip.index(other.len());
                other[at] ^= 1;
                let verdict = judged(&Question { body: &other, ..question }).verdict;
                prop_assert_eq!(verdict, Verdict::Invalid, "{}", provider.id);
            }
        }
        prop_assert!(signed > 280, "{} of all", signed);
    }
}

/// Header values and bodies as an attacker would send them.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[a-z0-9=,;. |&{}\\[\\]\"]{0,200}".prop_map(String::into_bytes),
        "t=[0-9]{0,30},v1=[0-9a-fA-F]{0,70}".prop_map(String::into_bytes),
        "v1,[A-Za-z0-9+/=]{0,60}( v1,[A-Za-z0-9+/=]{0,60}){0,3}".prop_map(String::into_bytes),
        "ey[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}".prop_map(String::into_bytes),
        "-?[0-9]{1,25}".prop_map(String::into_bytes),
        r#"\{("[a-z]{1,4}":(\[|\{|"x"|-?[0-9e.]{1,9}),?){0,6}"#.prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn nothing_that_is_sent_does_more_than_fail(
        values in proptest::collection::vec(hostile(), 6),
        body in hostile(),
        secret in proptest::collection::vec(any::<u8>(), 0..80),
        target in "/[a-z%?=&/.:]{0,30}",
    ) {
        let secret = [Secret::new("S", secret)];
        let mut keyring = Keyring::default();
        keyring.providers.insert("x".into(), vec![Secret::new("other", b"whsec_x".to_vec())]);
        for (n, provider) in Catalogue::in_force().all().iter().enumerate() {
            let mut headers = Headers::default();
            let names = provider.signature_headers().chain(provider.detect.headers.iter().map(String::as_str));
            for (name, value) in names.zip(values.iter().cycle().skip(n % 6)) {
                headers.push(name, value.clone());
            }
            headers.push("Content-Type", "application/x-www-form-urlencoded");
            let params = Params::new();
            let question = Question {
                method: "POST", called: Called::Target(&target), headers: &headers, body: &body, arrived: Timestamp(0),
                params: &params,
            };
            let judgement = judge(provider, &secret, &question, Proof::Wanted);
            let bare = judge(provider, &secret, &question, Proof::Omitted);
            prop_assert_eq!(&bare, &Judgement { steps: Vec::new(), ..judgement.clone() }, "{}", provider.id);
            Catalogue::in_force().recognise(&question, &keyring, None);
            let (_, _) = (provider.event_type(&question), provider.event_time(&question));
            if n % 16 == 0 {
                let patient = Patient::new(Some(provider), &secret, &keyring, question);
                diagnose(&patient, &judgement, &mut |tried| tried < 200);
            }
        }
    }
}

#[test]
fn twelve_thousand_signatures_are_looked_through_and_not_computed_one_by_one() {
    let provider = Catalogue::in_force().get("stripe").unwrap();
    let many = format!("t=1768478400{}", ",v1=00".repeat(12_000));
    let headers = Headers::parse_lines(format!("Stripe-Signature: {many}\r\n").as_bytes());
    let params = Params::new();
    let body = vec![b'x'; 1 << 20];
    let question = Question {
        method: "POST",
        called: Called::Target("/"),
        headers: &headers,
        body: &body,
        arrived: Timestamp::from_secs(1_768_478_400),
        params: &params,
    };
    let judgement = judge(provider, &[Secret::new("S", b"k".to_vec())], &question, Proof::Wanted);
    assert_eq!(judgement.verdict, Verdict::Invalid);
    assert!(judgement.steps.iter().any(|step| step.shows.starts_with("12000 signatures")));
    assert!(judgement.steps.iter().all(|step| step.shows.len() < 400));
}

/// Requests that the providers' own software made are known without being told who sent them, as far as one request can
/// say: those who sign alike are known as their family.
#[test]
fn senders_are_recognised() {
    let catalogue = Catalogue::in_force();
    let (mut right, mut wrong) = (0, Vec::new());
    for v in vectors().iter().filter(|v| v.expect == "valid" && !v.edge) {
        let headers: Headers = v.headers.iter().map(|(n, x)| (n, x)).collect();
        let body = BASE64_STANDARD.decode(&v.body_base64).unwrap();
        let params = Params::new();
        let question = v.question(&headers, &body, &params);
        // With its secret configured a sender is known among those who sign alike.
        let mut keyring = Keyring::default();
        keyring.providers.insert(v.provider.clone(), vec![Secret::new("S", v.secret.clone().into_bytes())]);
        let found = catalogue.recognise(&question, &keyring, None).map_or("nobody", |p| p.id.as_str());
        match found == v.provider {
            true => right += 1,
            false => wrong.push(format!("{} for {}", found, v.provider)),
        }
    }
    wrong.sort();
    wrong.dedup();
    println!("{right} right; {wrong:#?}");
    assert!(right > 250, "{right} right; {wrong:#?}");
}

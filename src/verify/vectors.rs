//! The signature vectors under `tests/vectors`, most of them made with the providers' own SDKs.

use super::{Called, Catalogue, Params, Proof, Provider, Question, judge, resign};
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

fn vectors() -> Vec<Vector> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    std::fs::read_dir(folder)
        .unwrap()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
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
        let question = Question {
            method: &v.method,
            called: Called::Url(&v.url),
            headers: &headers,
            body: &body,
            arrived: Timestamp::from_secs(v.now_unix),
            params: &params,
        };
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
            headers.set(rest.split(['}', '|']).next().unwrap(), "msg_1".to_owned());
        }
        for check in scheme.check.iter().filter(|check| !check.absent) {
            let Some(name) = check.source.header() else { continue };
            let wanted = check.equals.as_ref().map_or("x", |template| template.text());
            let wanted = params.get(wanted.trim_start_matches("{param:").trim_end_matches('}')).map_or(wanted, |p| p);
            headers.set(name, wanted.to_owned());
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

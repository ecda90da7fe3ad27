//! The signature vectors under `tests/vectors`, most of them made with the providers' own SDKs.

use super::question::NO_PARAMS;
use super::{Called, Catalogue, Proof, Question, judge, resign};
use crate::model::{Headers, Judgement, Secret, Timestamp, Verdict};
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

#[derive(serde::Deserialize)]
struct Vector {
    id: String,
    provider: String,
    secret: String,
    secondary_secret: Option<String>,
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
    let mut held = 0;
    for v in vectors().iter().filter(|v| !v.edge) {
        let headers: Headers = v.headers.iter().map(|(n, x)| (n, x)).collect();
        let body = BASE64_STANDARD.decode(&v.body_base64).unwrap();
        let secrets: Vec<Secret> = [Some(&v.secret), v.secondary_secret.as_ref()]
            .into_iter()
            .flatten()
            .map(|text| Secret::new("vector", text.clone().into_bytes()))
            .collect();
        let question = Question {
            method: &v.method,
            called: Called::Url(&v.url),
            headers: &headers,
            body: &body,
            arrived: Timestamp::from_secs(v.now_unix),
            params: &NO_PARAMS,
        };
        let provider = Catalogue::built_in().get(&v.provider).unwrap();
        let judgement = judge(provider, &secrets, &question, Proof::Wanted);
        let bare = judge(provider, &secrets, &question, Proof::Omitted);
        assert_eq!(bare, Judgement { steps: Vec::new(), ..judgement.clone() }, "{}", v.id);
        assert_eq!(judgement.verdict == Verdict::Valid, v.expect == "valid", "{}: {judgement:?}", v.id);
        held += 1;
    }
    assert!(held > 100, "{held} vectors were read");
}

proptest! {
    #[test]
    fn what_an_entry_signs_it_verifies_and_a_flipped_bit_it_does_not(
        body in proptest::collection::vec(any::<u8>(), 1..300),
        flip in any::<proptest::sample::Index>(),
    ) {
        let now = Timestamp::from_secs(1_768_478_400);
        for provider in Catalogue::built_in().all() {
            let secret = Secret::new("test", b"whsec_bm90IGEgcmVhbCBrZXk=".to_vec());
            let mut headers = Headers::parse_lines(
                b"webhook-id: msg_1\r\nsvix-id: msg_1\r\nX-Shopify-Topic: a\r\nX-Shopify-Shop-Domain: b\r\n\
                  X-Shopify-API-Version: c\r\nX-Shopify-Webhook-Id: d\r\n\
                  Content-Type: application/x-www-form-urlencoded\r\n",
            );
            let unsigned = Question {
                method: "POST", called: Called::Url("https://h/x"), headers: &headers.clone(), body: &body, arrived: now,
                params: &NO_PARAMS,
            };
            let Ok(set) = resign(provider, &secret, &unsigned, now) else { continue };
            for (name, value) in set {
                headers.set(&name, value);
            }
            let question = Question { headers: &headers, ..unsigned };
            let verdict = |q: &Question| judge(provider, std::slice::from_ref(&secret), q, Proof::Omitted).verdict;
            prop_assert_eq!(verdict(&question), Verdict::Valid, "{}", provider.id);
            // Twilio covers the decoded form, tokens cover nothing.
            if provider.signed().contains("{body}") {
                let mut other = body.clone();
                let at = flip.index(other.len());
                other[at] ^= 1;
                prop_assert_eq!(verdict(&Question { body: &other, ..question }), Verdict::Invalid, "{}", provider.id);
            }
        }
    }
}

//! Planted mistakes: each has to be named, and of what no mistake explains that has to be said.

use super::*;
use crate::model::Timestamp;
use crate::verify::question::NO_PARAMS;
use crate::verify::{Catalogue, judge, resign};

const NOW: Timestamp = Timestamp(1_768_478_400_000_000);
const BODY: &[u8] = br#"{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{"amount":4200,"name":"Zo\u00eb / Co"}}}"#;

/// A request as its sender made it.
struct Sent {
    provider: &'static Provider,
    url: String,
    headers: Headers,
    body: Vec<u8>,
}

/// Signed by `provider` with this secret's text, over this body.
fn sent(provider: &str, secret: &[u8], body: &[u8]) -> Sent {
    let provider = Catalogue::in_force().get(provider).unwrap();
    let mut headers = Headers::parse_lines(
        b"Host: 127.0.0.1:9477\r\nContent-Type: application/json\r\nwebhook-id: msg_1\r\nsvix-id: msg_1\r\n",
    );
    let url = "https://hooks.example.com:8443/in/x?a=b".to_owned();
    let question = Question {
        method: "POST",
        called: Called::Url(&url),
        headers: &headers.clone(),
        body,
        arrived: NOW,
        params: &NO_PARAMS,
    };
    for (name, value) in resign(provider, &Secret::new("sender", secret.to_vec()), &question, NOW, None).unwrap() {
        headers.set(&name, value);
    }
    Sent { provider, url, headers, body: body.to_vec() }
}

/// What the doctor says where the receiver has these secrets, the first of which is the provider's own.
fn diagnosis(sent: &Sent, secrets: &[(&str, &[u8])]) -> Diagnosis {
    let secret = |(name, text): &(&str, &[u8])| Secret::new(*name, text.to_vec());
    let mut keyring = Keyring::default();
    for (n, pair) in secrets.iter().enumerate() {
        let whose = if n == 0 { sent.provider.id.clone() } else { format!("other-{n}") };
        keyring.providers.entry(whose).or_default().push(secret(pair));
    }
    let question = Question {
        method: "POST",
        called: Called::Url(&sent.url),
        headers: &sent.headers,
        body: &sent.body,
        arrived: NOW,
        params: &NO_PARAMS,
    };
    let own = keyring.secrets(None, &sent.provider.id);
    let judgement = judge(sent.provider, own, &question, Proof::Wanted);
    assert_ne!(judgement.verdict, Verdict::Valid);
    diagnose(&Patient::new(Some(sent.provider), own, &keyring, question), &judgement, &mut |_| true)
}

#[track_caller]
fn named(sent: &Sent, secrets: &[(&str, &[u8])], cause: &str) {
    let found = diagnosis(sent, secrets);
    let matched = found.matched().unwrap_or_else(|| panic!("{:?}", found.words));
    assert!(matched.contains(cause), "{matched}");
}

#[test]
fn planted_mistakes_are_named() {
    let live: (&str, &[u8]) = ("LIVE", b"whsec_live");
    let with_body = |sent: Sent, body: &[u8]| Sent { body: body.to_vec(), ..sent };
    // The other mode's secret.
    named(&sent("stripe", b"whsec_test", BODY), &[live, ("TEST", b"whsec_test")], "the secret TEST of other-1");
    // A space at the end of a secret's file.
    named(&sent("stripe", b"whsec_live", BODY), &[("LIVE", b"whsec_live ")], "without the space at its end");
    named(&sent("github", b"s3cret", BODY), &[("GH", b"\"s3cret\"")], "without the quotes");
    // The provider cuts `whsec_` itself: the space is the cause.
    let spaced: (&str, &[u8]) = ("SW", b"whsec_bm90IGEgcmVhbCBrZXkh ");
    named(&sent("svix", spaced.1.trim_ascii(), BODY), &[spaced], "the secret SW without the space at its end");
    // A body that was read and written again.
    let exact = b"{\"a\":10.00,\"a\":[1e5,-0]}";
    let laid = b"{\n  \"a\": 10.00,\n  \"a\": [\n    1e5,\n    -0\n  ]\n}";
    named(&with_body(sent("github", b"k", exact), laid), &[("K", b"k")], "the JSON was compact");
    let pretty = crate::model::json_pretty(BODY, b"  ").unwrap();
    named(
        &with_body(sent("stripe", live.1, BODY), &crate::model::json_spaced(BODY).unwrap()),
        &[live],
        "with `\\u` escapes",
    );
    named(&with_body(sent("github", b"k", b"{\"a\":1}"), b"{\n  \"a\": 1\n}"), &[("K", b"k")], "was compact");
    named(
        &with_body(sent("github", b"k", &pretty), &crate::model::json_compact(BODY).unwrap()),
        &[("K", b"k")],
        "indented by 2",
    );
    // A base64 secret that the sender used as it is.
    let raw = Sent {
        provider: Catalogue::in_force().get("standard-webhooks").unwrap(),
        ..sent("polar", b"whsec_bm90IGEgcmVhbCBrZXkh", BODY)
    };
    named(&raw, &[("SW", b"whsec_bm90IGEgcmVhbCBrZXkh")], "as it is, not decoded");
    // `whsec_` not decoded, and cut.
    let raw = Sent {
        provider: Catalogue::in_force().get("standard-webhooks").unwrap(),
        ..sent("polar", b"bm90IGEgcmVhbCBrZXkh", BODY)
    };
    named(&raw, &[("SW", b"whsec_bm90IGEgcmVhbCBrZXkh")], "without its `whsec_`");
    // Line ends.
    let crlf = with_body(sent("github", b"k", b"{\"a\":\n1}\n"), b"{\"a\":\r\n1}\r\n");
    named(&crlf, &[("K", b"k")], "lines ended in LF");
    named(&with_body(sent("github", b"k", b"{\"a\": 01}\n"), b"{\"a\": 01}"), &[("K", b"k")], "ended in a newline");
    // The URL without its port.
    let stripped = |change: fn(String) -> String| {
        let sent = sent("square", b"k", BODY);
        Sent { url: change(sent.url.clone()), ..sent }
    };
    named(&stripped(|url| url.replace(":8443", "")), &[("K", b"k")], "with its port");
    let mut added = sent("square", b"k", BODY);
    let question_url = added.url.replace(":8443", "");
    let question = Question {
        method: "POST",
        called: Called::Url(&question_url),
        headers: &added.headers.clone(),
        body: BODY,
        arrived: NOW,
        params: &NO_PARAMS,
    };
    for (name, value) in resign(added.provider, &Secret::new("K", b"k".to_vec()), &question, NOW, None).unwrap() {
        added.headers.set(&name, value);
    }
    named(&added, &[("K", b"k")], "with or without its port");
    named(&stripped(|url| url.replace("https://", "http://")), &[("K", b"k")], "http or https");
    let slash = sent("square", b"k", BODY);
    named(&Sent { url: slash.url.replace("/x?", "/x/?"), ..slash }, &[("K", b"k")], "final slash");
    // Compressed on the way.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, BODY).unwrap();
    named(&with_body(sent("github", b"k", BODY), &gzip.finish().unwrap()), &[("K", b"k")], "uncompressed (gzip)");
}

#[test]
fn milliseconds_other_algorithms_and_other_texts_are_named() {
    let provider = Catalogue::in_force().get("slack").unwrap();
    let key = crate::verify::algorithm::Key::read(KeyForm::Utf8, b"k", None).unwrap();
    let make = |algorithm, text: String, time: &str| {
        let signature = crate::verify::algorithm::sign(algorithm, &key, text.as_bytes()).unwrap();
        let lines =
            format!("X-Slack-Request-Timestamp: {time}\r\nX-Slack-Signature: v0={}\r\n", hex::encode(signature));
        Sent {
            provider,
            url: "https://h/".into(),
            headers: Headers::parse_lines(lines.as_bytes()),
            body: BODY.to_vec(),
        }
    };
    let body = String::from_utf8_lossy(BODY).into_owned();
    let sha256 = Algorithm::Hmac(Hash::Sha256);
    let ms = make(sha256, format!("v0:1768478400000:{body}"), "1768478400");
    named(&ms, &[("K", b"k")], "in milliseconds");
    let sha1 = make(Algorithm::Hmac(Hash::Sha1), format!("v0:1768478400:{body}"), "1768478400");
    named(&sha1, &[("K", b"k")], "made with HMAC-SHA1");
    named(&make(sha256, body, "1768478400"), &[("K", b"k")], "signed over {body}");
}

#[test]
fn another_way_of_writing_the_signature_is_named() {
    let written = |change: fn(String) -> String| {
        let mut sent = sent("github", b"k", BODY);
        let value = sent.headers.text("x-hub-signature-256").unwrap().to_owned();
        sent.headers.set("X-Hub-Signature-256", change(value));
        sent
    };
    let own: &[(&str, &[u8])] = &[("K", b"k")];
    named(&written(|v| v.to_uppercase().replace("SHA256", "sha256")), own, "other letter case");
    named(&written(|v| v.replace("sha256=", "")), own, "without the prefix `sha256=`");
    named(&written(|v| format!("{v} ")), own, "with spaces around it");
    named(
        &written(|v| format!("sha256={}", Encoding::Base64.encode(&hex::decode(&v[7..]).unwrap()))),
        own,
        "in base64",
    );
}

#[test]
fn a_second_mistake_in_the_writing_is_said_too() {
    let mut sent = sent("github", b"k", BODY);
    let upper = sent.headers.text("x-hub-signature-256").unwrap().to_uppercase().replace("SHA256", "sha256");
    sent.headers.set("X-Hub-Signature-256", upper);
    let found = diagnosis(&sent, &[("K", b"k ")]);
    assert!(found.matched().unwrap().contains("without the space"), "{found:?}");
    assert!(found.words.iter().any(|words| words.contains("other letter case")), "{:?}", found.words);
}

#[test]
fn of_a_tampered_amount_it_says_that_no_known_mistake_explains_it() {
    let tampered = String::from_utf8_lossy(BODY).replace("4200", "42");
    let sent = Sent { body: tampered.into_bytes(), ..sent("stripe", b"whsec_live", BODY) };
    let found = diagnosis(&sent, &[("LIVE", b"whsec_live"), ("TEST", b"whsec_test")]);
    assert_eq!(found.matched(), None);
    assert!(found.words[0].starts_with("No known mistake explains it ("), "{:?}", found.words);
    assert!(found.tried.len() > 60, "{}", found.tried.len());
    assert!(found.tried.iter().all(|guess| !guess.guess.contains("whsec_live") && !guess.matched));
}

#[test]
fn two_mistakes_at_once_are_found() {
    let compact = Sent { body: b"{\"a\":1}".to_vec(), ..sent("stripe", b"whsec_test", b"{\"a\":1}\n") };
    named(
        &compact,
        &[("LIVE", b"whsec_live"), ("TEST", b"whsec_test")],
        "the secret TEST of other-1, and the body ended",
    );
}

#[test]
fn a_signature_of_nobody_is_examined() {
    let key = crate::verify::algorithm::Key::read(KeyForm::Utf8, b"k", None).unwrap();
    let content = [b"1768478400.", BODY].concat();
    let signature = crate::verify::algorithm::sign(Algorithm::Hmac(Hash::Sha256), &key, &content).unwrap();
    let lines = format!("X-Acme-Time: 1768478400\r\nX-Acme-Signature: sha256={}\r\n", hex::encode(signature));
    let headers = Headers::parse_lines(lines.as_bytes());
    let question = Question {
        method: "POST",
        called: Called::Url("https://h/"),
        headers: &headers,
        body: BODY,
        arrived: NOW,
        params: &NO_PARAMS,
    };
    let mut keyring = Keyring::default();
    let judgement = Judgement { verdict: Verdict::Unknown, ..Judgement::default() };
    let look = |keyring: &Keyring| diagnose(&Patient::new(None, &[], keyring, question), &judgement, &mut |_| true);
    assert!(look(&keyring).words[0].contains("hex digits, 32 bytes, as long as HMAC-SHA256"), "{:?}", look(&keyring));
    keyring.providers.insert("acme".into(), vec![Secret::new("ACME", b"k".to_vec())]);
    let found = look(&keyring);
    assert!(found.matched().unwrap().contains("HMAC-SHA256 over {ts}.{body}, ts = header:X-Acme-Time"), "{found:?}");
}

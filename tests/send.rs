//! What `send` emits is accepted by a verification written for the test from each provider's documentation, and by nothing of
//! the program's own.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base64::{Engine, prelude::BASE64_STANDARD as B64};
use common::{Handler, Home};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::collections::BTreeMap;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// 32 bytes in base64, so that every form of a secret can be made of it.
const SECRET: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A request as a handler sees it.
struct Got {
    target: String,
    headers: Vec<(String, String)>,
    body: String,
    address: String,
}

impl Got {
    fn of(bytes: &[u8], address: &str) -> Got {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Got { target, headers, body: body.to_owned(), address: address.to_owned() }
    }

    fn header(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = found.next().unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        assert!(found.next().is_none(), "{name} twice");
        value
    }

    fn url(&self) -> String {
        format!("http://{}{}", self.address, self.target)
    }
}

fn sha256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn sha1(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn is_now(seconds: &str) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let said: u64 = seconds.parse().unwrap();
    assert!(now.abs_diff(said) < 60, "{said} is not now");
}

/// Whether a receiver that follows the provider's documentation takes the request for genuine.
fn genuine(provider: &str, got: &Got) -> bool {
    let (key, body) = (SECRET.as_bytes(), got.body.as_str());
    match provider {
        "stripe" => {
            let parts: BTreeMap<&str, &str> =
                got.header("stripe-signature").split(',').map(|part| part.split_once('=').unwrap()).collect();
            is_now(parts["t"]);
            parts["v1"] == hex::encode(sha256(key, &format!("{}.{body}", parts["t"])))
        }
        "github" => got.header("x-hub-signature-256") == format!("sha256={}", hex::encode(sha256(key, body))),
        "shopify" => got.header("x-shopify-hmac-sha256") == B64.encode(sha256(key, body)),
        "slack" => {
            let at = got.header("x-slack-request-timestamp");
            is_now(at);
            got.header("x-slack-signature") == format!("v0={}", hex::encode(sha256(key, &format!("v0:{at}:{body}"))))
        }
        "twilio" => {
            let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            fields.sort();
            let text: String = fields.into_iter().map(|(name, value)| name + &value).collect();
            got.header("x-twilio-signature") == B64.encode(sha1(key, &(got.url() + &text)))
        }
        "gitlab" => got.header("x-gitlab-token") == SECRET,
        "square" => got.header("x-square-hmacsha256-signature") == B64.encode(sha256(key, &(got.url() + body))),
        "hubspot" => {
            let at = got.header("x-hubspot-request-timestamp");
            is_now(&at[..at.len() - 3]);
            let text = format!("POST{}{body}{at}", got.url());
            got.header("x-hubspot-signature-v3") == B64.encode(sha256(key, &text))
        }
        "clerk" => {
            let (id, at) = (got.header("svix-id"), got.header("svix-timestamp"));
            is_now(at);
            let signature = sha256(&B64.decode(SECRET).unwrap(), &format!("{id}.{at}.{body}"));
            got.header("svix-signature").split(' ').any(|one| one == format!("v1,{}", B64.encode(&signature)))
        }
        "linear" => {
            let json: serde_json::Value = serde_json::from_str(body).unwrap();
            is_now(&(json["webhookTimestamp"].as_u64().unwrap() / 1_000).to_string());
            got.header("linear-signature") == hex::encode(sha256(key, body))
        }
        "zoom" => {
            let at = got.header("x-zm-request-timestamp");
            is_now(at);
            got.header("x-zm-signature") == format!("v0={}", hex::encode(sha256(key, &format!("v0:{at}:{body}"))))
        }
        "paddle" => {
            let parts: BTreeMap<&str, &str> =
                got.header("paddle-signature").split(';').map(|part| part.split_once('=').unwrap()).collect();
            is_now(parts["ts"]);
            parts["h1"] == hex::encode(sha256(key, &format!("{}:{body}", parts["ts"])))
        }
        "razorpay" => got.header("x-razorpay-signature") == hex::encode(sha256(key, body)),
        "typeform" => got.header("typeform-signature") == format!("sha256={}", B64.encode(sha256(key, body))),
        "intercom" => got.header("x-hub-signature") == format!("sha1={}", hex::encode(sha1(key, body))),
        other => panic!("{other}"),
    }
}

/// Sends one and gives what arrived.
fn sent(home: &Home, handler: &Handler, args: &[&str]) -> (Got, String) {
    let url = format!("http://{}", handler.address);
    let mut all = vec!["send"];
    all.extend(args);
    all.extend(["--to", &url]);
    let out = home.command(&all).env("SAMPLE", SECRET).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{args:?}: {said}");
    (Got::of(&handler.requests.recv().unwrap(), &handler.address), said)
}

#[test]
fn every_sample_of_the_fifteen_is_genuine_to_a_verification_of_its_own() {
    let home = Home::new();
    let list = home.json(&["send", "--list", "--json"]);
    let of = |provider: &str| -> Vec<String> {
        let lines = list.iter().filter(|line| line["provider"] == provider);
        lines.map(|line| line["type"].as_str().unwrap().to_owned()).collect()
    };
    let providers = [
        "stripe", "github", "shopify", "slack", "twilio", "gitlab", "square", "hubspot", "clerk", "linear", "zoom",
        "paddle", "razorpay", "typeform", "intercom",
    ];
    let handler = Handler::start(vec![OK; 200]);
    for provider in providers {
        let types = of(provider);
        assert!(types.len() >= 2, "{provider}: {types:?}");
        let mut bodies = Vec::new();
        for kind in &types {
            let (got, said) = sent(&home, &handler, &[provider, kind, "--secret", "env:SAMPLE"]);
            assert!(genuine(provider, &got), "{provider} {kind}: {:?}", got.headers);
            assert_eq!((said.as_str(), got.header("whisper-test")), ("", "1"), "{provider} {kind}");
            assert_eq!(got.header("host"), handler.address);
            assert!(
                !got.body.contains("${") && !got.headers.iter().any(|(_, value)| value.contains("${")),
                "{provider}"
            );
            bodies.push(got.body);
        }
        // Nor does a receiver take the next one for a retry of the last.
        let (again, _) = sent(&home, &handler, &[provider, "--secret", "env:SAMPLE"]);
        assert_ne!(again.body, bodies[0], "{provider}");
    }
}

#[test]
fn every_entry_has_something_to_send_and_the_own_listener_finds_the_fifteen_genuine() {
    let home = Home::new();
    let list = home.json(&["send", "--list", "--json"]);
    let listed: std::collections::BTreeSet<&str> = list.iter().map(|line| line["provider"].as_str().unwrap()).collect();
    let entries = home.json(&["providers", "--json"]);
    assert_eq!(listed.len(), entries.len());
    let mut serving = home.serve(&["--secret", "clerk=env:STRIPE_TEST"]);
    let mut send = |args: &[&str]| {
        let line = home.text(&[&["send", "--secret", "env:STRIPE_TEST"], args].concat());
        (line, serving.next("event"))
    };
    let (line, event) = send(&["stripe", "invoice.paid"]);
    assert!(line.starts_with("stripe invoice.paid -> http://127.0.0.1:") && line.contains("/stripe 200 in "), "{line}");
    assert_eq!((event["type"].as_str(), event["signature"]["verdict"].as_str()), (Some("invoice.paid"), Some("valid")));
    assert_eq!(home.text(&["list", "--count", "is:test"]).trim(), "1");
    // Changed before it is signed.
    let (_, event) = send(&["--like", "1", "--set", "data.object.amount_due=1", "--set", "livemode=\"x\""]);
    assert_eq!((event["arrival"].as_i64(), event["signature"]["verdict"].as_str()), (Some(2), Some("valid")));
    let body = home.text(&["show", "2", "--body"]);
    assert!(body.contains("\"amount_due\": 1,") && body.contains("\"livemode\": \"x\""), "{body}");
    // No secret is known: it is signed with one that everybody knows, and says so.
    let out = home.run(&["send", "github"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("note: signed with the example secret `example-secret`"));
    assert_eq!(serving.next("event")["signature"]["verdict"], "no_secret");
    // Only the sender can sign this one.
    let out = home.run(&["send", "discord"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("note: not signed: "));
}

#[test]
fn what_cannot_be_sent_says_why_and_a_token_is_not_printed() {
    let home = Home::new();
    let refused = |args: &[&str], status: i32, wanted: &str| {
        let out = home.run(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(status), "{args:?}: {said}");
        assert!(said.contains(wanted) && said.contains("hint: "), "{args:?}: {said}");
    };
    refused(&["send", "strip"], 2, "there is no provider `strip`");
    refused(&["send", "stripe", "nope", "--to", "http://127.0.0.1:1"], 2, "hint: there are payment_intent.succeeded");
    refused(&["send", "stripe"], 3, "no whisper-tui serves this log");
    refused(&["send", "stripe", "--to", "https://example.com"], 2, "error: ");
    refused(&["send", "stripe", "--set", "id", "--to", "http://127.0.0.1:1"], 2, "`id` sets nothing");
    refused(&["send", "stripe", "--set", "id.x=1", "--to", "http://127.0.0.1:1"], 2, "`id` is no object");
    refused(&["send", "stripe", "--secret", "env:NOT_THERE", "--to", "http://127.0.0.1:1"], 2, "env:NOT_THERE");
    let out = home.run(&["send", "stripe", "--to", "http://127.0.0.1:1"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stdout).contains("connection refused"));

    // GitLab's signature is the secret itself, and the handler says it again.
    let echo: &[u8] =
        b"HTTP/1.1 500 No\r\nContent-Length: 24\r\nX-Saw: whsec_canary_test\r\n\r\nsaw whsec_canary_test ...";
    let handler = Handler::start(vec![echo]);
    let to = format!("http://{}", handler.address);
    let out = home.run(&["send", "gitlab", "--secret", "env:STRIPE_TEST", "--to", &to, "--json"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8(handler.requests.recv().unwrap()).unwrap().contains("X-Gitlab-Token: whsec_canary_test"));
    let line: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((line["provider"].as_str(), line["attempt"]["cause"].as_str()), (Some("gitlab"), Some("test")));
    // Nor where it stands in the query, or in the form that Basic gives it.
    let config = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&config).unwrap();
    let source = "[[source]]\nname = \"m\"\npath = \"/m\"\nprovider = \"mailchimp\"\nparams = { query = \"s\" }\n";
    std::fs::write(config.join("config.toml"), source).unwrap();
    let encoded = B64.encode("user:whsec_canary_pw");
    let basic = format!("HTTP/1.1 500 No\r\nContent-Length: 0\r\nX-Saw: Basic {encoded}\r\n\r\n");
    let handler = Handler::start(vec![echo, basic.leak().as_bytes()]);
    let to = format!("http://{}/hooks", handler.address);
    for provider in ["mailchimp", "basic-auth"] {
        let mut command = home.command(&["send", provider, "--secret", "env:PW", "--to", &to, "--json"]);
        let pw = if provider == "mailchimp" { "whsec_canary_test" } else { "user:whsec_canary_pw" };
        let out = command.env("PW", pw).output().unwrap();
        let got = String::from_utf8(handler.requests.recv().unwrap()).unwrap();
        assert!(got.contains("whsec_canary_test") || got.contains(&encoded), "{got}");
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(said.contains(provider) && !said.contains("canary") && !said.contains(&encoded), "{said}");
    }
    let answer = B64.decode(line["attempt"]["response_body_base64"].as_str().unwrap()).unwrap();
    assert!(!line.to_string().contains("canary") && !String::from_utf8(answer).unwrap().contains("canary"));
}

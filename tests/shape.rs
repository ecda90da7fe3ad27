//! What subscribers get, and in which order: by key, transformed, signed anew, into a command.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base64::{Engine, prelude::BASE64_STANDARD};
use common::Home;
use common::target::{Target, body, configured, header, id, status, until};
use hmac::{Hmac, KeyInit, Mac};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

#[test]
fn events_of_one_key_keep_their_order_and_those_of_others_do_not_wait_for_them() {
    let home = Home::new();
    let target = Target::up();
    let failing = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&failing);
    target.says(move |request| {
        let bad = body(request).contains("\"c\":\"a\"") && fails.load(Ordering::SeqCst);
        status(if bad { "503 Busy" } else { "200 OK" })
    });
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\nkey = \"body.c\"\nparallel = 2\n\
             retry = [\"300ms\", \"300ms\", \"300ms\", \"300ms\"]\n",
            target.address
        ),
    );
    let serving = home.serve(&[]);
    // Customer a's first event fails for a while; a has three, b three, and one has no customer.
    for customer in ["a", "b", "a", "b", "a", "b"] {
        serving.post("/", "", format!("{{\"c\":\"{customer}\"}}").as_bytes());
    }
    serving.post("/", "", b"{}");
    until(&home, |s| s["delivered"] == 4);
    failing.store(false, Ordering::SeqCst);
    until(&home, |s| s["delivered"] == 7 && s["waiting"] == 0);
    let mut seen = Vec::new();
    while let Ok(request) = target.try_next() {
        seen.push(id(&request));
    }
    let of = |ids: [u64; 3]| seen.iter().copied().filter(|id| ids.contains(id)).collect::<Vec<_>>();
    let mut a = of([1, 3, 5]);
    a.dedup();
    assert_eq!((a, of([2, 4, 6])), (vec![1, 3, 5], vec![2, 4, 6]), "{seen:?}");
    let place = |id: u64| seen.iter().position(|other| *other == id).unwrap();
    assert!(place(6) < place(3) && place(7) < place(3), "{seen:?}");
    assert!(seen.iter().filter(|id| **id == 1).count() > 1, "{seen:?}");
}

#[test]
fn a_transform_makes_the_body_and_what_it_cannot_make_is_given_up_with_the_reason() {
    let home = Home::new();
    let target = Target::up();
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n\
             transform = \"select(.skip | not) | {{id, amount: (.cents / 100)}}\"\n",
            target.address
        ),
    );
    let serving = home.serve(&[]);
    serving.post("/", "", br#"{"id":1,"cents":4200,"more":[1]}"#);
    serving.post("/", "", br#"{"id":2,"skip":true}"#);
    serving.post("/", "", br#"{"id":3,"cents":"many"}"#);
    serving.post("/", "", b"not json");
    serving.post("/", "", br#"{"id":5,"cents":150}"#);
    let first = target.next();
    assert_eq!((body(&first), header(&first, "content-length")), (r#"{"id":1,"amount":42}"#, Some("20")));
    assert_eq!(body(&target.next()), r#"{"id":5,"amount":1.5}"#);
    until(&home, |s| s["delivered"] == 2 && s["dead"] == 2 && s["waiting"] == 0);
    let events = home.json(&["list", "--json"]);
    let became = |n: usize| {
        let delivery = &events[n]["deliveries"][0];
        (delivery["state"].as_str().unwrap().to_owned(), delivery["reason"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(became(1), ("skipped".into(), "the transform gives nothing".into()));
    assert_eq!(became(2).0, "dead");
    assert!(became(2).1.starts_with("transform: cannot"), "{}", became(2).1);
    assert!(became(3).1.starts_with("transform: the body is not JSON"), "{}", became(3).1);
    // The event is as it came; the log has what was sent instead.
    let whole = &home.json(&["show", "1", "--json"])[0];
    let decoded = |text: &serde_json::Value| BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap();
    assert_eq!(decoded(&whole["body_base64"]), br#"{"id":1,"cents":4200,"more":[1]}"#);
    assert_eq!(decoded(&whole["deliveries"][0]["attempts"][0]["request_body_base64"]), br#"{"id":1,"amount":42}"#);
    // A program that is none is said at the start, with its place.
    configured(&home, "[[subscriber]]\nname = \"api\"\ntarget = \"localhost:1\"\ntransform = \".a | nope(1)\"\n");
    let refused = home.run(&["check"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.contains("line 1, column 6: there is no function nope/1"), "{said}");
}

#[test]
fn a_transform_that_takes_too_much_costs_its_event_and_nothing_else() {
    let home = Home::new();
    let target = Target::up();
    let table = |name: &str, program: &str| {
        let address = &target.address;
        format!("[[subscriber]]\nname = \"{name}\"\ntarget = \"http://{address}/{name}\"\ntransform = '{program}'\n")
    };
    let config = table("memory", "{bar: (\"#\" * .n)}")
        + &table("depth", "def f: [f]; f")
        + &table("time", "reduce range(.n) as $i (10; . * .)")
        + &table("fine", ".n");
    configured(&home, &config);
    let serving = home.serve(&[]);
    assert_eq!(serving.post("/", "", br#"{"n":100000000000000}"#), 200);
    let request = target.next();
    assert!(request.starts_with("POST /fine") && body(&request) == "100000000000000", "{request}");
    let standings = || home.json(&["subscribers", "--json"]);
    let begin = std::time::Instant::now();
    while standings()[..3].iter().any(|s| s["dead"] != 1) {
        assert!(begin.elapsed().as_secs() < 30, "{:?}", standings());
    }
    let deliveries = home.json(&["list", "--json"])[0]["deliveries"].clone();
    let reason = |name: &str| {
        let own = deliveries.as_array().unwrap().iter().find(|d| d["subscriber"] == name).unwrap();
        own["reason"].as_str().unwrap_or_default().to_owned()
    };
    assert!(reason("memory").contains("too much memory") && reason("depth").contains("too much"), "{deliveries}");
    assert!(reason("time").contains("takes too"), "{deliveries}");
    assert_eq!(serving.post("/", "", br#"{"n":2}"#), 200);
}

#[test]
fn everything_is_signed_as_one_provider_with_the_subscribers_own_secret() {
    let home = Home::new();
    let target = Target::up();
    let config = format!(
        "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\nsign = \"resign\"\nprovider = \"standard-webhooks\"\n\
         secret = \"file:signing\"\nretry = [\"10ms\"]\n",
        target.address
    );
    configured(&home, &config);
    // A secret that is not there: nothing is spent, and it is said what is wrong.
    let serving = home.serve(&[]);
    serving.post("/github", "X-GitHub-Event: ping\r\nX-Hub-Signature-256: sha256=00\r\n", b"{}");
    let standing = until(&home, |s| s["state"] == "disabled" && s["waiting"] == 1);
    assert_eq!(standing["dead"], 0);
    assert!(serving.terminate().success());
    let key = [7u8; 24];
    let secret = format!("whsec_{}", BASE64_STANDARD.encode(key));
    std::fs::write(home.0.path().join("config/whisper-tui/signing"), &secret).unwrap();
    // The first try is answered 500: the id is the same at the second.
    let first = Mutex::new(true);
    target.says(move |_| status(if std::mem::take(&mut *first.lock().unwrap()) { "500 No" } else { "200 OK" }));
    let serving = home.serve(&[]);
    let (one, two) = (target.next(), target.next());
    assert_eq!(header(&one, "webhook-id"), header(&two, "webhook-id"));
    let (id, at) = (header(&two, "webhook-id").unwrap(), header(&two, "webhook-timestamp").unwrap());
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap().chain_update(format!("{id}.{at}.{}", body(&two)));
    let right = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header(&two, "webhook-signature"), Some(right.as_str()));
    assert_eq!(header(&two, "x-hub-signature-256"), None, "the sender's signature goes with the sender");
    until(&home, |s| s["delivered"] == 1);
    assert!(serving.terminate().success());
    let bytes = std::fs::read(home.log()).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    // A provider that shows its secret instead of signing with it: what is sent is not what is recorded.
    configured(&home, &config.replace("standard-webhooks", "gitlab"));
    std::fs::write(home.0.path().join("config/whisper-tui/signing"), "canary_token_of_mine").unwrap();
    let serving = home.serve(&[]);
    serving.post("/x", "", b"{}");
    assert_eq!(header(&target.next(), "x-gitlab-token"), Some("canary_token_of_mine"));
    until(&home, |s| s["delivered"] == 2);
    let shown = home.text(&["show", "2", "--json"]);
    assert!(shown.contains("REDACTED") && !shown.contains("canary_token"), "{shown}");
    assert!(serving.terminate().success());
    let bytes = std::fs::read(home.log()).unwrap();
    assert!(!bytes.windows(12).any(|window| window == b"canary_token"));
    // A secret that is none of that provider's: nothing is spent, either.
    configured(&home, &config);
    let serving = home.serve(&[]);
    serving.post("/x", "", b"{}");
    let standing = until(&home, |s| s["state"] == "disabled" && s["waiting"] == 1);
    assert!(
        standing["dead"] == 0 && standing["last"]["error"].as_str().unwrap().contains("cannot be signed"),
        "{standing}"
    );
    assert!(serving.terminate().success());
    for (wrong, why) in [
        ("sign = \"keep\"\nprovider = \"github\"\nsecret = \"env:A\"", "provider and secret are for sign"),
        ("sign = \"resign\"\nprovider = \"github\"", "needs both, provider and secret"),
        ("sign = \"resign\"\nprovider = \"github\"\nsecret = \"literal\"", "by reference, never by its value"),
        ("sign = \"resign\"\nprovider = \"githob\"\nsecret = \"env:A\"", "there is no provider `githob`"),
    ] {
        configured(&home, &format!("[[subscriber]]\nname = \"api\"\ntarget = \"localhost:1\"\n{wrong}\n"));
        let refused = home.run(&["check"]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(why), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_event_on_its_input_and_its_exit_status_is_the_answer() {
    let home = Home::new();
    let out = home.0.path().join("out");
    let script = format!(
        "cat >> {out}; echo \\\"$WHISPER_EVENT\\\" >> {out}; echo done; test -e {ok} || {{ echo not yet >&2; exit 3; }}",
        out = out.display(),
        ok = home.0.path().join("ok").display(),
    );
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"sh\"\ntarget = \"exec:{script}\"\nretry = [\"50ms\", \"50ms\"]\n\
             [[subscriber]]\nname = \"none\"\ntarget = \"exec:/nonexistent-command\"\n"
        ),
    );
    let serving = home.serve(&[]);
    serving.post("/a", "X-Mine: yes\r\n", b"{\"n\":1}; $(touch /tmp/never)");
    until(&home, |s| s["dead"] == 1);
    let deliveries = home.json(&["show", "1", "--json"])[0]["deliveries"].clone();
    let of = |name: &str| deliveries.as_array().unwrap().iter().find(|d| d["subscriber"] == name).unwrap().clone();
    let whole = of("sh");
    let attempts = whole["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 3);
    assert_eq!((attempts[0]["status"].as_u64(), attempts[0]["error"].as_str()), (Some(3), Some("not yet")));
    assert_eq!(BASE64_STANDARD.decode(attempts[0]["response_body_base64"].as_str().unwrap()).unwrap(), b"done\n");
    // A command that there is not has failed like any other: the shell says so.
    let none = of("none");
    assert_eq!((none["state"].as_str(), none["status"].as_u64()), (Some("retrying"), Some(127)));
    assert!(none["attempts"][0]["error"].as_str().unwrap().contains("not found"), "{none}");
    std::fs::write(home.0.path().join("ok"), "").unwrap();
    home.text(&["subscribers", "retry", "sh"]);
    until(&home, |s| s["delivered"] == 1 && s["ok_percent"] == 25);
    let said = std::fs::read_to_string(&out).unwrap();
    let mut lines = said.lines();
    let event: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!((event["id"].as_u64(), event["body"].as_str()), (Some(1), Some("{\"n\":1}; $(touch /tmp/never)")));
    let mine = serde_json::json!(["X-Mine", "yes"]);
    assert!(event["headers"].as_array().unwrap().contains(&mine), "{event}");
    assert!(lines.next().unwrap().ends_with("/1"), "{said}");
}

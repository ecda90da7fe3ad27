//! Subscribers over real sockets: in order, again where it failed, after a crash, and only what is wanted.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::target::{Target, configured, id, status, until};
use common::{Home, Serving};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn post(serving: &Serving, n: u64) {
    assert_eq!(serving.post(&format!("/n/{n}"), "X-Mine: yes\r\n", format!("{{\"n\":{n}}}").as_bytes()), 200);
}

#[test]
fn events_are_forwarded_as_they_came_and_the_log_says_what_became_of_them() {
    let home = Home::new();
    let target = Target::up();
    let url = format!("http://{}/hooks", target.address);
    let serving = home.serve(&["--forward", &url]);
    post(&serving, 1);
    let request = target.next();
    assert!(request.starts_with("POST /hooks HTTP/1.1\r\n") && request.ends_with("\r\n\r\n{\"n\":1}"), "{request}");
    assert!(request.contains("X-Mine: yes\r\n") && request.contains("Idempotency-Key: "), "{request}");
    assert!(!request.contains("Whisper-Replay"), "{request}");
    let standing = until(&home, |s| s["delivered"] == 1 && s["waiting"] == 0);
    assert_eq!((standing["state"].as_str(), standing["ok_percent"].as_u64()), (Some("running"), Some(100)));
    let event = &home.json(&["list", "--json"])[0];
    assert_eq!(
        event["deliveries"],
        serde_json::json!([{"subscriber": url, "url": url, "state": "delivered", "attempts": 1, "status": 200}])
    );
    let whole = &home.json(&["show", "1", "--json"])[0]["deliveries"][0]["attempts"][0];
    assert_eq!((whole["cause"].as_str(), whole["status"].as_u64()), (Some("live"), Some(200)));
}

#[test]
fn what_fails_is_tried_again_in_order_and_what_is_refused_is_given_up_and_brought_back() {
    let home = Home::new();
    let target = Target::up();
    let tries = Arc::new(Mutex::new(std::collections::HashMap::<u64, u32>::new()));
    let seen = Arc::clone(&tries);
    target.says(move |request| {
        let id = id(request);
        let n = *seen.lock().unwrap().entry(id).and_modify(|n| *n += 1).or_insert(1);
        match (id, n) {
            (1, 1) => status("503 Busy"),
            (1, 2) => status("429 Slow\r\nRetry-After: 0"),
            (2, _) if n < 2 => status("404 Nowhere"),
            _ => status("200 OK"),
        }
    });
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\nretry = [\"50ms\", \"50ms\", \"50ms\"]\n",
            target.address
        ),
    );
    let serving = home.serve(&[]);
    (1..=3).for_each(|n| post(&serving, n));
    assert_eq!(target.ids(5), [1, 1, 1, 2, 3]);
    let standing = until(&home, |s| s["delivered"] == 2 && s["dead"] == 1);
    assert_eq!(standing["waiting"], 0);
    let deliveries = &home.json(&["show", "1", "--json"])[0]["deliveries"][0];
    let causes: Vec<_> = deliveries["attempts"].as_array().unwrap().iter().map(|a| a["cause"].clone()).collect();
    assert_eq!(serde_json::json!(causes), serde_json::json!(["live", "retry", "retry"]));
    let dead = &home.json(&["show", "2", "--json"])[0]["deliveries"][0];
    assert_eq!((dead["state"].as_str(), dead["reason"].as_str()), (Some("dead"), Some("404")));
    home.text(&["subscribers", "retry", "api"]);
    assert_eq!(target.ids(1), [2], "what was delivered is not sent again");
    until(&home, |s| s["delivered"] == 3 && s["dead"] == 0);
    assert_eq!(home.run(&["subscribers", "retry", "nope"]).status.code(), Some(2));
}

#[test]
fn a_target_that_is_down_for_long_gets_everything_in_order_though_the_process_is_killed() {
    let home = Home::new();
    let mut target = Target::down();
    configured(&home, &format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n", target.address));
    let mut n = 0;
    for _ in 0..3 {
        let serving = home.serve(&[]);
        for _ in 0..100 {
            n += 1;
            post(&serving, n);
        }
        let standing = until(&home, |s| s["state"] == "waiting_for_target" && s["waiting"] == n);
        assert_eq!((standing["dead"].as_u64(), standing["delivered"].as_u64()), (Some(0), Some(0)));
        // Killed as it is dropped.
    }
    let mut serving = home.serve(&[]);
    target.start();
    assert_eq!(target.ids(150), (1..=150).collect::<Vec<_>>());
    serving.child.kill().unwrap();
    serving.child.wait().unwrap();
    let again = home.serve(&[]);
    // Only what had no answer on disk may come twice.
    let mut rest = target.ids(1);
    assert!(rest[0] <= 151, "{rest:?}");
    while *rest.last().unwrap() < 300 {
        rest.extend(target.ids(1));
    }
    assert!(rest.windows(2).all(|pair| pair[1] == pair[0] + 1), "{rest:?}");
    until(&home, |s| s["delivered"] == 300 && s["waiting"] == 0);
    drop(again);
}

#[test]
fn one_is_suspended_and_goes_on_where_it_was_left_and_the_others_do_not_wait() {
    let home = Home::new();
    let (one, other) = (Target::up(), Target::up());
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"one\"\ntarget = \"http://{}\"\n[[subscriber]]\nname = \"other\"\ntarget = \"http://{}\"\n",
            one.address, other.address
        ),
    );
    let serving = home.serve(&[]);
    home.text(&["subscribers", "suspend", "one"]);
    until(&home, |s| s["state"] == "suspended");
    (1..=5).for_each(|n| post(&serving, n));
    assert_eq!(other.ids(5), [1, 2, 3, 4, 5]);
    until(&home, |s| s["waiting"] == 5);
    assert!(serving.terminate().success());
    // It is still suspended after a restart, also for somebody who only reads.
    assert_eq!(home.json(&["subscribers", "--json"])[0]["state"], "suspended");
    let _serving = home.serve(&[]);
    home.text(&["subscribers", "resume", "one"]);
    assert_eq!(one.ids(5), [1, 2, 3, 4, 5]);
    until(&home, |s| s["state"] == "running" && s["delivered"] == 5);
}

#[test]
fn only_what_is_wanted_is_sent_and_as_it_is_wanted() {
    let home = Home::new();
    let target = Target::up();
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}/base\"\nwhen = \"source:stripe\"\npath = \"append\"\n\
             sign = \"strip\"\ninvalid = \"skip\"\ndedupe = true\nstart = \"beginning\"\nheaders = {{ X-By = \"me\" }}\n",
            target.address
        ),
    );
    // What arrived before the subscriber was there.
    let serving = home.serve(&["--config", "/dev/null"]);
    let body = r#"{"object":"event","id":"evt_1"}"#;
    serving.post("/stripe", "Stripe-Signature: t=1,v1=00\r\n", body.as_bytes());
    serving.post("/other", "", b"x");
    serving.post("/stripe?a=b", "", body.as_bytes());
    serving.post("/stripe", "", body.as_bytes());
    assert!(serving.terminate().success());
    let _serving = home.serve(&[]);
    let request = target.next();
    assert!(request.starts_with("POST /base/stripe?a=b HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("X-By: me\r\n"), "{request}");
    until(&home, |s| s["waiting"] == 0 && s["delivered"] == 1);
    let states: Vec<_> = home.json(&["list", "--json"]).iter().map(|e| e["deliveries"][0].clone()).collect();
    assert_eq!(
        (states[0]["state"].as_str(), states[0]["reason"].as_str()),
        (Some("skipped"), Some("signature invalid"))
    );
    assert_eq!(states[1], serde_json::Value::Null);
    assert_eq!(states[2]["state"], "delivered");
    assert_eq!((states[3]["state"].as_str(), states[3]["reason"].as_str()), (Some("skipped"), Some("duplicate of #3")));
}

#[test]
fn a_sender_is_told_what_the_subscriber_answers_if_it_answers_in_time() {
    let home = Home::new();
    let target = Target::up();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    target.says(move |request| match request.contains("/slow") {
        true => {
            let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(10));
            status("200 OK")
        }
        false => {
            "HTTP/1.1 422 No\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"why\":\"no\"}".into()
        }
    });
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n\
             [[answer]]\nfrom = \"subscriber:api\"\nwithin = \"1s\"\nelse = {{ status = 504, body = \"late {{id}}\" }}\n",
            target.address
        ),
    );
    let serving = home.serve(&[]);
    let ask = |path: &str| {
        serving.whole(
            format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").as_bytes(),
        )
    };
    let answer = ask("/fast");
    assert!(answer.starts_with("HTTP/1.1 422") && answer.ends_with("\r\n\r\n{\"why\":\"no\"}"), "{answer}");
    assert!(answer.contains("content-type: application/json\r\n"), "{answer}");
    let late = ask("/slow");
    assert!(late.starts_with("HTTP/1.1 504") && late.ends_with("\r\n\r\nlate 2"), "{late}");
    release.send(()).unwrap();
    until(&home, |s| s["delivered"] == 1 && s["dead"] == 1);
    assert!(serving.terminate().success());
    let answers: Vec<_> = home.json(&["list", "--json"]).iter().map(|e| e["answer"]["status"].clone()).collect();
    assert_eq!(serde_json::json!(answers), serde_json::json!([422, 504]));
    // Somebody who is not there cannot be asked.
    configured(&home, "[[answer]]\nfrom = \"subscriber:nobody\"\n");
    let refused = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the subscriber `nobody`, which there is not"));
}

#[test]
fn what_is_brought_back_is_not_lost_though_something_is_under_way() {
    let home = Home::new();
    let target = Target::up();
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    let refusing = Arc::new(AtomicBool::new(true));
    let refuses = Arc::clone(&refusing);
    target.says(move |request| {
        if id(request) == 4 {
            let _ = held.lock().unwrap().recv_timeout(Duration::from_secs(10));
        }
        status(if id(request) < 4 && refuses.load(Ordering::SeqCst) { "404 No" } else { "200 OK" })
    });
    configured(&home, &format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n", target.address));
    let serving = home.serve(&[]);
    (1..=3).for_each(|n| post(&serving, n));
    assert_eq!(target.ids(3), [1, 2, 3]);
    until(&home, |s| s["dead"] == 3);
    refusing.store(false, Ordering::SeqCst);
    post(&serving, 4);
    post(&serving, 5);
    // The fourth is under way while the first three are brought back.
    home.text(&["subscribers", "retry", "api"]);
    release.send(()).unwrap();
    assert_eq!(target.ids(5), [4, 1, 2, 3, 5]);
    until(&home, |s| s["delivered"] == 5 && s["dead"] == 0 && s["waiting"] == 0);
    assert!(serving.terminate().success());
}

#[test]
fn a_place_is_noted_though_nothing_is_wanted_and_configured_secrets_stay_here() {
    let home = Home::new();
    let target = Target::up();
    target.says(|request| {
        let echo = request.lines().find(|line| line.starts_with("Authorization")).unwrap_or("none").to_owned();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{echo}", echo.len())
    });
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"never\"\ntarget = \"http://{0}\"\nwhen = \"path:/nothing\"\n\
             [[subscriber]]\nname = \"api\"\ntarget = \"http://{0}\"\nheaders = {{ Authorization = \"Bearer canary77\" }}\n",
            target.address
        ),
    );
    let mut serving = home.serve(&[]);
    post(&serving, 1);
    assert!(target.next().contains("Authorization: Bearer canary77"));
    let line = serving.next("attempt");
    assert!(line.to_string().contains("REDACTED") && !line.to_string().contains("canary77"), "{line}");
    // Retention waits for the slowest place: it is written down soon.
    let log = rusqlite::Connection::open(home.log()).unwrap();
    let begin = std::time::Instant::now();
    let place = || log.query_row("SELECT cursor FROM subscribers WHERE name = 'never'", [], |row| row.get::<_, i64>(0));
    while place().unwrap() < 1 {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::yield_now();
    }
    assert!(serving.terminate().success());
    let bytes = std::fs::read(home.log()).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"canary77"));
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let home = Home::new();
    let target = Target::up();
    let first = AtomicBool::new(true);
    target.says(move |_| match first.swap(false, Ordering::SeqCst) {
        true => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".into(),
        false => status("200 OK"),
    });
    configured(
        &home,
        &format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\nretry = [\"10ms\"]\n", target.address),
    );
    let serving = home.serve(&[]);
    post(&serving, 1);
    assert_eq!(target.ids(2), [1, 1]);
    until(&home, |s| s["delivered"] == 1);
    // Where nobody serves it is written down for the next one who does.
    assert!(serving.terminate().success());
    home.text(&["subscribers", "suspend", "api"]);
    assert_eq!(home.json(&["subscribers", "--json"])[0]["state"], "suspended");
    assert_eq!(home.run(&["subscribers", "suspend", "nope"]).status.code(), Some(2));
}

#[test]
fn what_comes_back_brings_nothing_with_it_that_was_nobodys() {
    let home = Home::new();
    let target = Target::up();
    target.says(|_| status("404 No"));
    let table =
        |when: &str| format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n{when}\n", target.address);
    configured(&home, &table("when = \"path:/one\""));
    let serving = home.serve(&[]);
    for path in ["/one", "/two", "/two", "/one"] {
        assert_eq!(serving.post(path, "", b"{}"), 200);
    }
    assert_eq!(target.ids(2), [1, 4]);
    until(&home, |s| s["dead"] == 2);
    assert!(serving.terminate().success());
    // Its filter is wider from now on.
    configured(&home, &table(""));
    target.says(|_| status("200 OK"));
    let serving = home.serve(&[]);
    home.text(&["subscribers", "retry", "api"]);
    serving.post("/two", "", b"{}");
    assert_eq!(target.ids(3), [1, 4, 5]);
    until(&home, |s| s["delivered"] == 3 && s["dead"] == 0 && s["waiting"] == 0);
    assert!(target.try_next().is_err());
}

#[test]
fn what_is_deleted_before_its_turn_is_left_out_for_good_and_a_quiet_subscriber_keeps_its_place() {
    let home = Home::new();
    let mut target = Target::down();
    let table = |name: &str, more: &str| {
        format!("[[subscriber]]\nname = \"{name}\"\ntarget = \"http://{}\"\n{more}\n", target.address)
    };
    let (api, other) = (table("api", ""), table("other", "when = \"path:/no\""));
    configured(&home, &(api.clone() + &other));
    let serving = home.serve(&[]);
    (1..=4).for_each(|n| post(&serving, n));
    until(&home, |s| s["waiting"] == 4);
    home.text(&["mark", "3", "--delete"]);
    // Eight days in which it had nothing to do; then something about another one changes.
    let log = rusqlite::Connection::open(home.log()).unwrap();
    log.busy_timeout(Duration::from_secs(5)).unwrap();
    log.execute("UPDATE subscribers SET seen_at = seen_at - 691200000000", []).unwrap();
    configured(&home, &(api + &other + "timeout = \"9s\"\n"));
    let seen = || log.query_row("SELECT min(seen_at) FROM subscribers", [], |row| row.get::<_, i64>(0)).unwrap();
    let (before, begin) = (seen(), std::time::Instant::now());
    while seen() == before {
        assert!(begin.elapsed() < Duration::from_secs(20));
    }
    drop(serving);
    target.start();
    let _serving = home.serve(&[]);
    assert_eq!(target.ids(3), [1, 2, 4]);
    until(&home, |s| s["delivered"] == 3 && s["waiting"] == 0);
    home.text(&["mark", "3", "--restore"]);
    let delivery = home.json(&["show", "3", "--json"])[0]["deliveries"][0].clone();
    assert_eq!(
        (delivery["state"].as_str(), delivery["reason"].as_str()),
        (Some("skipped"), Some("deleted while it waited"))
    );
}

#[test]
fn a_duplicate_is_one_however_often_it_arrives_and_a_key_that_fails_holds_up_no_other() {
    let home = Home::new();
    let (once, keyed) = (Target::up(), Target::up());
    keyed.says(|request| status(if request.contains("\"k\":0") { "503 Busy" } else { "200 OK" }));
    configured(
        &home,
        &format!(
            "[[subscriber]]\nname = \"once\"\ntarget = \"http://{}\"\ndedupe = true\nwhen = \"path:/stripe\"\n\
             [[subscriber]]\nname = \"keyed\"\ntarget = \"http://{}\"\nkey = \"body.k\"\nwhen = \"path:/keyed\"\n\
             retry = [\"1h\"]\n",
            once.address, keyed.address
        ),
    );
    let serving = home.serve(&[]);
    let mut stream = serving.connect();
    let mut send = |path: &str, body: &str| {
        let length = body.len();
        let request = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        assert!(common::read_head(&mut stream).starts_with("HTTP/1.1 200"));
    };
    (0..120).for_each(|_| send("/stripe", r#"{"id":"evt_1","object":"event"}"#));
    (0..1200).for_each(|_| send("/keyed", r#"{"k":0}"#));
    send("/keyed", r#"{"k":1}"#);
    assert_eq!(once.ids(1), [1]);
    assert_eq!(keyed.ids(2), [121, 1321]);
    until(&home, |s| s["delivered"] == 1 && s["waiting"] == 0);
    assert!(once.try_next().is_err());
}

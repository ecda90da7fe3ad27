//! Sending again to a subscriber what it has got or missed, and settings that change while the program runs.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Home;
use common::target::{Target, configured, header, id, status, until};
use std::collections::HashSet;
use std::sync::{Arc, Mutex};

#[test]
fn a_replay_says_of_each_event_what_has_changed_and_never_lowers_a_state() {
    let home = Home::new();
    let target = Target::up();
    let bad = Arc::new(Mutex::new(HashSet::from([1u64, 2])));
    let fails = Arc::clone(&bad);
    target.says(move |request| status(if fails.lock().unwrap().contains(&id(request)) { "422 No" } else { "200 OK" }));
    configured(
        &home,
        &format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\nwhen = \"-path:/other\"\n", target.address),
    );
    let mut serving = home.serve(&[]);
    (1..=4).for_each(|n| assert_eq!(serving.post(&format!("/{n}"), "", b"{}"), 200));
    serving.post("/other", "", b"{}");
    assert_eq!(target.ids(4), [1, 2, 3, 4]);
    until(&home, |s| s["delivered"] == 2 && s["dead"] == 2);
    assert_eq!(serving.next("attempt")["subscriber"], "api");
    // The handler is mended for one event, and spoilt for another.
    *bad.lock().unwrap() = HashSet::from([2, 3]);
    let dry = home.text(&["subscribers", "replay", "api", "--filter", "since:1h", "--dry-run"]);
    assert!(dry.ends_with("4 events would go to api, oldest first\n"), "{dry}");
    let replayed = home.run(&["subscribers", "replay", "api", "--filter", "since:1h"]);
    let said = String::from_utf8_lossy(&replayed.stdout).into_owned();
    assert_eq!(replayed.status.code(), Some(1), "{said}");
    let requests: Vec<_> = (0..4).map(|_| target.next()).collect();
    assert_eq!(requests.iter().map(|r| id(r)).collect::<Vec<_>>(), [1, 2, 3, 4], "what is not for it is left out");
    assert!(requests.iter().all(|r| header(r, "whisper-replay") == Some("replay")));
    let ends = |n: usize, words: &str| assert!(said.lines().nth(n).unwrap().ends_with(words), "{said}");
    ends(0, "(was 422)  fixed");
    ends(1, "(was 422)  still failing");
    ends(2, "(was 200)  regressed");
    ends(3, "(was 200)  still passing");
    assert!(said.ends_with("4 events to api: 1 fixed, 1 regressed, 1 still failing, 1 still passing\n"), "{said}");
    let states: Vec<_> = home.json(&["list", "--json"]).iter().map(|e| e["deliveries"][0].clone()).collect();
    let brief = |n: usize| (states[n]["state"].clone(), states[n]["attempts"].clone(), states[n]["status"].clone());
    assert_eq!(brief(0), ("delivered".into(), 2.into(), 200.into()));
    assert_eq!(brief(1), ("dead".into(), 2.into(), 422.into()));
    assert_eq!(brief(2), ("delivered".into(), 2.into(), 422.into()), "a replay never lowers a state");
    assert_eq!(home.text(&["list", "subscriber:api delivery:dead", "--count"]), "1\n");
    assert_eq!(home.text(&["list", "delivery:delivered status:4xx tries:2", "--count"]), "1\n");
    assert_eq!(home.text(&["list", "is:problem", "--count"]), "1\n");
    until(&home, |s| s["delivered"] == 3 && s["dead"] == 1);
    // By itself only what is not delivered, to whom it is not meant as well, and with a key that is new.
    let to_it = ["resend", "--filter", "-path:/1", "--to", "api", "--if-not-delivered", "--new-key", "--json"];
    let lines = String::from_utf8(home.run(&to_it).stdout).unwrap();
    let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let brief: Vec<_> = lines.iter().map(|l| (l["event"].as_u64().unwrap(), l["change"].clone())).collect();
    assert_eq!(brief, [(2, "still_failing".into()), (5, serde_json::Value::Null)]);
    let (second, fifth) = (target.next(), target.next());
    assert_ne!(header(&second, "idempotency-key"), header(&requests[1], "idempotency-key"));
    assert_eq!(
        (id(&fifth), home.json(&["show", "5", "--json"])[0]["deliveries"][0]["state"].as_str()),
        (5, Some("delivered"))
    );
    // Where nobody serves it is done all the same.
    assert!(serving.terminate().success());
    *bad.lock().unwrap() = HashSet::new();
    let alone = home.text(&["resend", "2", "--to", "api"]);
    assert!(alone.ends_with("(was 422)  fixed\n"), "{alone}");
    assert_eq!(home.json(&["subscribers", "--json"])[0]["dead"], 0);
}

#[test]
fn what_waits_for_a_subscriber_is_not_replayed_to_it_and_wrong_places_are_refused() {
    let home = Home::new();
    let target = Target::down();
    configured(&home, &format!("[[subscriber]]\nname = \"api\"\ntarget = \"http://{}\"\n", target.address));
    let serving = home.serve(&[]);
    (1..=3).for_each(|n| assert_eq!(serving.post(&format!("/{n}"), "", b"{}"), 200));
    until(&home, |s| s["waiting"] == 3);
    let said = home.text(&["subscribers", "replay", "api", "--filter", ""]);
    assert_eq!(said, "0 events to api; 3 left out: on the way to it already\n");
    let refused = home.run(&["resend", "1", "--to", "api"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("event 1 is on its way to api already"));
    for (args, why) in [
        (vec!["resend", "1", "--to", "billing"], "`billing` is neither a subscriber nor a http:// or https:// URL"),
        (vec!["subscribers", "replay", "billing", "--filter", ""], "there is no subscriber `billing`"),
        (vec!["subscribers", "replay", "api", "--filter", "sgi:bad"], "there is no field `sgi`"),
        (vec!["subscribers", "replay", "api", "--filter", "", "--speed", "0"], "`0` is no speed"),
        (vec!["resend", "1", "--to", "http://169.254.169.254/latest"], "link-local or metadata address"),
    ] {
        let refused = home.run(&args);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(why), "{args:?}: {said}");
    }
}

#[test]
fn settings_that_change_are_in_force_without_a_restart_and_wrong_ones_change_nothing() {
    let home = Home::new();
    let (one, two) = (Target::up(), Target::up());
    let table = |name: &str, target: &Target, more: &str| {
        format!("[[subscriber]]\nname = \"{name}\"\ntarget = \"http://{}\"\n{more}\n", target.address)
    };
    configured(&home, &table("one", &one, ""));
    let serving = home.serve(&[]);
    serving.post("/1", "", b"{}");
    assert_eq!(one.ids(1), [1]);
    // A second one comes, which begins here; the first gets another header.
    configured(&home, &(table("one", &one, "headers = { X-New = \"yes\" }") + &table("two", &two, "")));
    let known = |n: usize| move |home: &Home| home.json(&["subscribers", "--json"]).len() == n;
    wait_for(&home, known(2));
    serving.post("/2", "", b"{}");
    assert_eq!(two.ids(1), [2]);
    let request = one.next();
    assert_eq!((id(&request), header(&request, "x-new")), (2, Some("yes")));
    // What is wrong stays out, and what was before stays in.
    configured(&home, "[[subscriber]]\nname = \"one\"\ntarget = \"ftp://h\"\n");
    wait_for(&home, |home| std::fs::read_to_string(home.stderr()).unwrap().contains("line 3: target: "));
    serving.post("/3", "", b"{}");
    assert_eq!((one.ids(1), two.ids(1)), (vec![3], vec![3]));
    // One that goes keeps its place, and goes on there when it is back.
    configured(&home, &table("two", &two, ""));
    wait_for(&home, known(1));
    serving.post("/4", "", b"{}");
    assert_eq!(two.ids(1), [4]);
    configured(&home, &(table("two", &two, "") + &table("one", &one, "")));
    serving.post("/5", "", b"{}");
    assert_eq!((one.ids(2), two.ids(1)), (vec![4, 5], vec![5]));
    assert!(serving.terminate().success());
}

fn wait_for(home: &Home, wanted: impl Fn(&Home) -> bool) {
    let begin = std::time::Instant::now();
    while !wanted(home) {
        assert!(begin.elapsed().as_secs() < 20);
        std::thread::yield_now();
    }
}

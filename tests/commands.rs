//! The commands as a script uses them: shapes, statuses, errors, and what never leaves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Handler, Home};
use hmac::{Hmac, KeyInit, Mac};

fn signed(secret: &str, at: u64, body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.{body}").as_bytes());
    format!("Stripe-Signature: t={at},v1={}\r\n", hex::encode(mac.finalize().into_bytes()))
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

const BODY: &str = r#"{"id":"evt_1","type":"invoice.paid"}"#;

#[test]
fn verdicts_families_and_filters() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    for (secret, at) in [("whsec_canary_test", now()), ("wrong", now()), ("whsec_canary_test", now() - 3600)] {
        assert_eq!(serving.post("/stripe", &signed(secret, at, BODY), BODY.as_bytes()), 200);
    }
    serving.post("/x", "", b"");
    let events: Vec<_> = (0..4).map(|_| serving.next("event")).collect();
    let verdicts: Vec<_> = events.iter().map(|e| e["signature"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["valid", "invalid", "stale", "unsigned"]);
    assert_eq!(events[2]["signature"]["reason"], "too_old");
    assert_eq!((events[1]["arrival"].as_i64(), events[1]["duplicate_of"].as_i64()), (Some(2), Some(1)));
    assert_eq!((events[3]["source"].as_str(), events[3]["key"].as_str()), (Some("x"), None));
    assert_eq!(home.text(&["list", "--count", "sig:bad,old"]).trim(), "2");
    assert_eq!(home.text(&["list", "--count", "-source:stripe"]).trim(), "1");
    assert_eq!(home.json(&["list", "--json", "--limit", "1", "type:invoice.*"])[0]["id"], 3);
    let refused = home.run(&["list", "sgi:bad"]);
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(refused.stderr).unwrap(),
        "error: there is no field `sgi` (at character 1)\nhint: did you mean `sig`?\n"
    );
}

#[test]
fn a_resend_carries_the_same_bytes_and_reports_the_answer() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let handler = Handler::start(vec![
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"this is not http\r\n\r\n",
    ]);
    serving.post("/stripe?x=1", "X-Odd-Case: v\r\nConnection: X-Hop\r\nX-Hop: 1\r\n", b"\x00\xffbytes");
    let url = format!("http://{}", handler.address);
    let first = &home.json(&["resend", "1", "--to", &url, "--json"])[0];
    assert_eq!((first["attempt"]["status"].as_i64(), first["before"].is_null()), (Some(200), true));
    let request = String::from_utf8_lossy(&handler.requests.recv().unwrap()).into_owned();
    assert!(request.starts_with("POST /stripe?x=1 HTTP/1.1\r\nHost: "), "{request}");
    assert!(request.contains("\r\nX-Odd-Case: v\r\n") && !request.contains("X-Hop"), "{request}");
    assert!(request.contains("Whisper-Replay: manual") && request.ends_with("bytes"), "{request}");

    let second = home.run(&["resend", "1", "--to", &url, "--json"]);
    assert_eq!(second.status.code(), Some(1));
    let second: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!((second["attempt"]["status"].as_i64(), second["before"]["status"].as_i64()), (Some(500), Some(200)));
    let third: serde_json::Value =
        serde_json::from_slice(&home.run(&["resend", "1", "--to", &url, "--json"]).stdout).unwrap();
    assert_eq!(third["attempt"]["error"], "the answer is not valid HTTP");
    assert_eq!(home.run(&["resend", "1", "--to", "http://10.0.0.1"]).status.code(), Some(2));
    assert_eq!(home.run(&["resend", "99", "--to", &url]).status.code(), Some(1));
    // To itself: refused as a loop, and not sent again by anybody.
    let own = format!("http://{}", serving.address);
    let looped: serde_json::Value =
        serde_json::from_slice(&home.run(&["resend", "1", "--to", &own, "--json"]).stdout).unwrap();
    assert_eq!(looped["attempt"]["status"], 508);
    assert_eq!(home.json(&["list", "--json", "class:rejected"])[0]["rejected"], "loop");
    // Without a serving process the command does it itself.
    assert!(serving.terminate().success());
    assert_eq!(home.run(&["resend", "1", "--to", "http://127.0.0.1:1"]).status.code(), Some(1));
    assert_eq!(home.json(&["show", "1", "--json"])[0]["deliveries"].as_array().unwrap().len(), 3);
}

#[test]
fn resigning_makes_an_old_event_fresh() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let handler = Handler::start(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
    serving.post("/stripe", &signed("whsec_canary_test", now() - 9999, BODY), BODY.as_bytes());
    home.text(&["resend", "1", "--to", &format!("http://{}", handler.address), "--resign"]);
    let request = String::from_utf8(handler.requests.recv().unwrap()).unwrap();
    let header = request.lines().find(|l| l.starts_with("Stripe-Signature")).unwrap();
    let verdict = home.command(&[
        "verify",
        "--provider",
        "stripe",
        "--secret",
        "env:STRIPE_TEST",
        "--header",
        header,
        "--body",
        "-",
    ]);
    let mut verdict = verdict;
    let mut child = verdict.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), BODY.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn one_process_serves_a_log_and_says_so() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let second = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(3));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("(pid {})", serving.child.id())) && said.contains("hint: "), "{said}");
    let other = Home::new();
    let taken = other.run(&["serve", "--listen", &serving.address]);
    assert_eq!(taken.status.code(), Some(3));
    assert!(String::from_utf8(taken.stderr).unwrap().contains("is in use"));
    assert_eq!(other.run(&["tail"]).status.code(), Some(3));
    assert!(serving.terminate().success());
}

#[test]
fn logs_that_are_not_ours_are_left_untouched() {
    let home = Home::new();
    drop(home.serve(&[]));
    let newer = rusqlite::Connection::open(home.log()).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())).unwrap();
    drop(newer);
    let before = std::fs::read(home.log()).unwrap();
    for args in [&["serve", "--listen", "127.0.0.1:0"][..], &["list"], &["show", "1"]] {
        let out = home.run(args);
        assert_eq!(out.status.code(), Some(3));
        assert!(String::from_utf8(out.stderr).unwrap().contains("newer whisper-tui"));
    }
    assert_eq!(std::fs::read(home.log()).unwrap(), before);
    std::fs::write(home.log(), "not a database at all, but long enough to be read as one by its header....").unwrap();
    assert_eq!(home.run(&["list"]).status.code(), Some(3));
    assert_eq!(home.run(&["--store", "/nonexistent/x.db", "list"]).status.code(), Some(3));
}

#[test]
fn changed_bytes_are_noticed() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/a", "", b"hello");
    assert!(serving.terminate().success());
    rusqlite::Connection::open(home.log()).unwrap().execute("UPDATE bodies SET body = x'00'", []).unwrap();
    assert_eq!(home.json(&["list", "--json"])[0]["damaged"], true);
    for args in [&["show", "1"][..], &["resend", "1", "--to", "http://127.0.0.1:1"], &["check"]] {
        assert_eq!(home.run(args).status.code(), Some(1), "{args:?}");
    }
}

#[test]
fn a_broken_configuration_names_line_and_neighbour() {
    let home = Home::new();
    let config = home.0.path().join("c.toml");
    std::fs::write(&config, "theme = \"auto\"\n[limits]\nbdy = \"1MiB\"\n").unwrap();
    let out = home.run(&["--config", config.to_str().unwrap(), "list"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("line 3: unknown field `bdy`") && said.contains("did you mean `body`?"), "{said}");
}

#[test]
fn a_secret_never_leaves() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/stripe", &signed("whsec_canary_test", now(), BODY), BODY.as_bytes());
    let secret = ["--secret", "stripe=env:STRIPE_TEST"];
    for args in [&["show", "1", "--json"][..], &["verify", "1"], &["check"], &["list", "--json"], &["show", "1"]] {
        let out = home.run(&[args, &secret].concat());
        let said = [out.stdout, out.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("canary"), "{args:?}");
    }
    assert!(!String::from_utf8_lossy(&std::fs::read(home.log()).unwrap()).contains("canary"));
    let literal = home.run(&["--secret", "stripe=whsec_canary_literal", "list"]);
    assert_eq!(literal.status.code(), Some(2));
    assert!(!String::from_utf8(literal.stderr).unwrap().contains("canary"));
}

#[test]
fn plain_output_is_escaped_and_a_body_is_exact() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let evil = "\x1b[2J\u{202e}\u{9b}31m".as_bytes();
    serving.post("/\x1b", "", b"");
    serving.post("/evil", "X-Evil: \u{9b}31m\u{202e}\r\n", evil);
    let id = home.json(&["list", "--json", "path:/evil"])[0]["id"].to_string();
    assert_eq!(home.run(&["show", &id, "--body"]).stdout, evil);
    for args in [&["show", &id][..], &["list"], &["show", &id, "--headers"], &["show", &id, "--curl"]] {
        let said = home.text(args);
        assert!(!said.contains(['\x1b', '\u{202e}', '\u{9b}']), "{args:?}: {said:?}");
    }
}

#[test]
fn a_configured_token_is_sent_but_never_recorded() {
    let home = Home::new();
    let serving = home.serve(&["--secret", "gitlab=env:STRIPE_TEST"]);
    let handler = Handler::start(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
    serving.post("/gl", "X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: wrong\r\n", b"{}");
    let url = format!("http://{}", handler.address);
    let said = home.text(&["resend", "1", "--to", &url, "--resign", "--json"]);
    assert!(String::from_utf8(handler.requests.recv().unwrap()).unwrap().contains("X-Gitlab-Token: whsec_canary_test"));
    assert!(!said.contains("canary") && !home.text(&["show", "1", "--json"]).contains("canary"));
}

#[test]
fn what_hyper_refuses_after_reading_a_whole_head_is_an_event() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    for request in [
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
    ] {
        assert_eq!(common::status(&serving.raw(request.as_bytes())), 400, "{request}");
        let event = serving.next("event");
        assert_eq!((event["class"].as_str(), event["method"].as_str()), (Some("rejected"), Some("POST")), "{request}");
    }
}

#[test]
fn tail_shows_every_event_once() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let mut tail = home.command(&["tail", "--json", "path:/t"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let address = serving.address.clone();
            std::thread::spawn(move || {
                for _ in 0..100 {
                    let mut stream = std::net::TcpStream::connect(&address).unwrap();
                    let request = b"POST /t HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                    std::io::Write::write_all(&mut stream, request).unwrap();
                    assert_eq!(common::status(&common::read_head(&mut stream)), 200);
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|s| s.join().unwrap());
    let lines = std::io::BufRead::lines(std::io::BufReader::new(tail.stdout.take().unwrap()));
    let mut ids = Vec::new();
    for line in lines {
        ids.push(serde_json::from_str::<serde_json::Value>(&line.unwrap()).unwrap()["id"].as_i64().unwrap());
        if ids.last() == Some(&400) {
            break;
        }
    }
    tail.kill().unwrap();
    tail.wait().unwrap();
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?}");
}

#[test]
fn another_programs_database_stays_as_it_is() {
    let home = Home::new();
    let path = home.0.path().join("foreign.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let out = home.run(&["serve", "--listen", "127.0.0.1:0", "--store", path.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(3));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn shells_and_man_learn_every_command() {
    let home = Home::new();
    for command in ["serve", "attach", "list", "tail", "show", "resend", "verify", "providers", "check"] {
        for shell in ["bash", "zsh", "fish"] {
            assert!(home.text(&["completions", shell]).contains(command), "{command} in {shell}");
        }
        assert!(home.text(&["man"]).to_lowercase().contains(&format!(".sh whisper-tui {command}")), "{command}");
    }
    assert_eq!(home.run(&["completions", "dos"]).status.code(), Some(2));
}

#[test]
fn a_shared_token_that_a_target_echoes_is_not_kept() {
    let home = Home::new();
    let secret = home.0.path().join("gitlab");
    std::fs::write(&secret, "gltok_canary\n").unwrap();
    let serving = home.serve(&["--secret", &format!("gitlab=file:{}", secret.display())]);
    let handler = Handler::start(vec![
        b"HTTP/1.1 200 OK\r\nX-Echo: gltok_canary\r\nContent-Length: 21\r\n\r\nyou said gltok_canary",
    ]);
    serving.post("/gl", "X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: other\r\n", b"{}");
    let answer = home.text(&["resend", "1", "--to", &format!("http://{}", handler.address), "--resign", "--json"]);
    assert!(String::from_utf8(handler.requests.recv().unwrap()).unwrap().contains("X-Gitlab-Token: gltok_canary"));
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["attempt"]["response_body_base64"], "eW91IHNhaWQgUkVEQUNURUQ=", "{answer}");
    assert!(serving.terminate().success());
    for file in ["events.db", "events.db-wal"] {
        let bytes = std::fs::read(home.log().with_file_name(file)).unwrap_or_default();
        assert!(!bytes.windows(12).any(|w| w == b"gltok_canary"), "{file}");
    }
}

#[test]
fn marks_stand_beside_events_and_deleted_ones_are_left_out() {
    let home = Home::new();
    let serving = home.serve(&[]);
    for path in ["/a", "/b", "/c"] {
        serving.post(path, "", b"{}");
    }
    let ids = |filter: &str| -> Vec<i64> {
        let lines = home.json(&["list", "--json", filter]);
        lines.iter().map(|event| event["id"].as_i64().unwrap()).collect()
    };
    assert_eq!(home.run(&["mark", "1", "--pin", "--note", "demo \u{1b}[2J for Ann"]).status.code(), Some(0));
    assert_eq!(home.run(&["mark", "2", "3", "--delete"]).status.code(), Some(0));
    assert_eq!(
        (ids("is:pinned"), ids("note:ANN"), ids(""), ids("is:deleted")),
        (vec![1], vec![1], vec![1], vec![2, 3])
    );
    assert_eq!(ids("is:unread OR is:deleted"), [1, 2, 3]);
    let shown = &home.json(&["show", "1", "--json"])[0];
    assert_eq!((shown["pinned"].as_bool(), shown["note"].as_str()), (Some(true), Some("demo \u{1b}[2J for Ann")));
    assert!(home.text(&["show", "1"]).contains("pinned\nnote: demo \\x1b[2J for Ann\n"));
    assert!(home.text(&["show", "2"]).contains("mark 2 --restore"));
    // An id that does not exist changes nothing, not even the others'.
    assert_eq!(home.run(&["mark", "3", "99", "--restore"]).status.code(), Some(1));
    assert_eq!(home.run(&["mark", "3"]).status.code(), Some(2));
    assert_eq!(home.run(&["mark", "3", "--pin", "--unpin"]).status.code(), Some(2));
    drop(serving);
    // Nobody serves: the command takes the log itself.
    assert_eq!(home.run(&["mark", "3", "--restore"]).status.code(), Some(0));
    assert_eq!(home.run(&["mark", "1", "--unpin", "--note", ""]).status.code(), Some(0));
    assert_eq!((ids(""), ids("is:pinned"), ids("note:demo")), (vec![1, 3], vec![], vec![]));
    let refused = home.run(&["list", "is:lost"]);
    assert!(String::from_utf8(refused.stderr).unwrap().contains("hint: unread pinned deleted"));
}

#[test]
fn a_log_of_the_first_version_is_brought_up_to_date_by_who_serves_it() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/kept", "", b"{}");
    drop(serving);
    let log = rusqlite::Connection::open(home.log()).unwrap();
    log.execute_batch(LATEST_UNDONE).unwrap();
    log.execute_batch(
        "DROP TABLE subscribers; DROP TABLE deliveries; DROP INDEX attempts_subscriber;
         ALTER TABLE attempts DROP COLUMN subscriber;
         DROP TABLE marks; DROP TABLE runs; DROP INDEX events_problem; DROP INDEX events_keyless;
         ALTER TABLE events DROP COLUMN at_arrival; ALTER TABLE attempts DROP COLUMN request_body;
         ALTER TABLE answers DROP COLUMN rule; ALTER TABLE answers DROP COLUMN how; PRAGMA user_version = 1",
    )
    .unwrap();
    drop(log);
    brought_up_to_date(&home, 2);
    let log = rusqlite::Connection::open(home.log()).unwrap();
    // A version in between.
    log.execute_batch(LATEST_UNDONE).unwrap();
    log.execute_batch(
        "DROP TABLE subscribers; DROP TABLE deliveries; DROP INDEX attempts_subscriber;
         ALTER TABLE attempts DROP COLUMN subscriber;
         ALTER TABLE answers DROP COLUMN rule; ALTER TABLE answers DROP COLUMN how; PRAGMA user_version = 3",
    )
    .unwrap();
    drop(log);
    brought_up_to_date(&home, 3);
}

/// What the seventh version brought.
const LATEST_UNDONE: &str = "DROP TABLE furthest; DROP TABLE spans; DROP TABLE unanswered; DROP TABLE schemas;
    DROP TABLE drifts; DROP TABLE refusals; DROP INDEX events_overtaken; DROP INDEX answers_late;
    ALTER TABLE answers DROP COLUMN late; ALTER TABLE events DROP COLUMN made_at;
    ALTER TABLE events DROP COLUMN sequence; ALTER TABLE events DROP COLUMN object;
    ALTER TABLE events DROP COLUMN deadline_us; ALTER TABLE events DROP COLUMN overtaken_by;
    DELETE FROM meta WHERE name IN ('counted', 'learnt');";

fn brought_up_to_date(home: &Home, events: u64) {
    let refused = home.run(&["list"]);
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("older"));
    let serving = home.serve(&[]);
    serving.post("/new", "", b"{}");
    assert_eq!(home.text(&["list", "--count"]).trim(), events.to_string());
}

#[test]
fn what_differs_between_two_events_is_told_by_key() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/a", "Authorization: Bearer canary1\r\n", br#"{"id":1,"data":{"amount":4200,"order":"77"}}"#);
    serving.post("/a", "Authorization: Bearer canary2\r\n", br#"{"data":{"order":"77","amount":4900},"id":2}"#);
    serving.post("/a", "", b"text\none");
    serving.post("/a", "", b"text\ntwo");
    let diff = |a: &str, b: &str| home.run(&["diff", a, b]);
    let text = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).unwrap();
    let json = diff("1", "2");
    assert_eq!(json.status.code(), Some(1));
    let text_of_json = text(&json);
    assert!(
        text_of_json.contains("body     - .data.amount  4200\nbody     + .data.amount  4900  +700 (+16.7 %)\n"),
        "{text_of_json}"
    );
    assert!(!text_of_json.contains("order") && !text_of_json.contains("canary"), "{text_of_json}");
    let lines = text(&diff("3", "4"));
    assert!(lines.contains("- line 2  \"one\"") && lines.contains("+ line 2  \"two\""), "{lines}");
    let same = diff("1", "1");
    assert_eq!((same.status.code(), text(&same)), (Some(0), String::new()));
    let rows = text(&home.run(&["diff", "1", "2", "--json"]));
    let rows: Vec<serde_json::Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let amount = rows.iter().find(|row| row["path"] == ".data.amount").unwrap();
    assert_eq!(
        (amount["part"].as_str(), amount["a"].as_i64(), amount["b"].as_i64()),
        (Some("body"), Some(4200), Some(4900))
    );
    assert_eq!(diff("1", "99").status.code(), Some(1));
}

#[test]
fn pruning_keeps_what_is_pinned_and_counts_right_afterwards() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
    for n in 0..5 {
        serving.post("/stripe", &signed("whsec_canary_test", now(), body), body.as_bytes());
        serving.post("/filler", "", &vec![b'x'; 100_000 + n]);
    }
    home.text(&["mark", "2", "--pin"]);
    home.text(&["mark", "4", "--delete"]);
    assert!(home.text(&["prune", "--keep", "0s", "--dry-run"]).starts_with("9 events would be removed"));
    assert_eq!(home.text(&["list", "--count"]).trim(), "9");
    // The oldest go until the rest fits.
    assert!(home.text(&["prune", "--max-size", "520KiB"]).contains("events removed"));
    let left: Vec<i64> = home.json(&["list", "--json"]).iter().map(|e| e["id"].as_i64().unwrap()).collect();
    assert!(left.contains(&2) && left.contains(&10) && !left.contains(&1), "{left:?}");
    assert!(home.text(&["prune", "--keep", "0s"]).contains("removed"));
    assert_eq!(home.json(&["list", "--json", "is:pinned OR is:deleted OR -is:pinned"]).len(), 1);
    // A family whose first arrival is gone goes on; ids are not given again.
    for _ in 0..10 {
        serving.next("event");
    }
    serving.post("/stripe", &signed("whsec_canary_test", now(), body), body.as_bytes());
    let event = serving.next("event");
    assert_eq!((event["id"].as_i64(), event["conflict"].as_bool()), (Some(11), Some(false)));
    drop(serving);
    assert!(home.text(&["prune", "--keep", "0s"]).starts_with("1 event removed"));
    assert_eq!(home.run(&["prune", "--keep", "soon"]).status.code(), Some(2));
    let serving = home.serve(&[]);
    serving.post("/after", "", b"");
    assert_eq!(home.json(&["list", "--json"]).last().unwrap()["id"], 12);
}

#[test]
fn a_log_over_twice_its_size_tells_senders_to_come_again() {
    let home = Home::new();
    let config = home.0.path().join("small.toml");
    std::fs::write(&config, "[store]\nmax_size = \"64KiB\"\n").unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let serving = home.serve(&[]);
    for _ in 0..9 {
        serving.post("/big", "", &vec![b'x'; 20_000]);
    }
    let ids: Vec<String> = (1..=9).map(|id: i64| id.to_string()).collect();
    let mark: Vec<&str> = ["mark"].into_iter().chain(ids.iter().map(String::as_str)).chain(["--pin"]).collect();
    home.text(&mark);
    drop(serving);
    let serving = home.serve(&args);
    // It is looked at from the start on, and then every few seconds.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while serving.post("/more", "", b"") != 503 {
        assert!(std::time::Instant::now() < until, "it goes on taking events");
    }
    assert_eq!(home.text(&["list", "--count", "is:pinned"]).trim(), "9");
    // What could not be kept is known of: from when to when, and how many.
    serving.terminate();
    let gaps = home.json(&["stats", "--json"]);
    let refused = gaps.iter().find(|line| line["reason"] == "refused").unwrap_or_else(|| panic!("{gaps:?}"));
    assert!(refused["requests"].as_u64() >= Some(1) && refused["from"].is_string(), "{refused}");
    assert!(home.text(&["stats"]).contains("answered 503, not kept, "));
}

/// Keeps a secret; gives the exit status.
fn keep(home: &Home, name: &str, value: &str) -> Option<i32> {
    let mut child = home.command(&["secrets", "set", name]);
    let mut child = child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), value.as_bytes()).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn secrets_are_kept_used_and_never_shown() {
    let home = Home::new();
    let set = |value: &str| keep(&home, "stripe_test", value);
    assert_eq!((set("wrong\n"), set("whsec_canary_kept\n"), set("\n")), (Some(0), Some(0), Some(2)));
    let mut serving = home.serve(&["--secret", "stripe=kept:stripe_test"]);
    serving.post("/stripe", &signed("whsec_canary_kept", now(), BODY), BODY.as_bytes());
    let event = serving.next("event");
    assert_eq!(
        (event["signature"]["verdict"].as_str(), event["signature"]["secret"].as_str()),
        (Some("valid"), Some("stripe_test"))
    );
    let listed = home.json(&["secrets", "list", "--json", "--secret", "stripe=kept:stripe_test"]);
    assert_eq!(listed, [serde_json::json!({"name": "stripe_test", "ref": "kept:stripe_test", "used_by": ["stripe"]})]);
    let lost = home.run(&["secrets"]);
    assert_eq!(lost.status.code(), Some(2));
    assert!(String::from_utf8(lost.stderr).unwrap().contains("hint: secrets list, secrets set NAME"));
    assert_eq!(home.run(&["secrets", "remove", "other"]).status.code(), Some(2));
    assert_eq!(home.run(&["secrets", "remove", "stripe_test"]).status.code(), Some(0));
    assert!(home.json(&["secrets", "list", "--json"]).iter().all(|s| s["ref"] != "kept:stripe_test"));
}

#[test]
fn a_changed_secret_judges_stored_events_again() {
    let home = Home::new();
    let set = |value: &str| keep(&home, "stripe_test", value);
    assert_eq!(set("whsec_wrong"), Some(0));
    let mut serving = home.serve(&["--secret", "stripe=kept:stripe_test"]);
    serving.post("/stripe", &signed("whsec_right", now(), BODY), BODY.as_bytes());
    assert_eq!(serving.next("event")["signature"]["verdict"], "invalid");
    assert_eq!(set("whsec_right"), Some(0));
    let judged = |home: &Home| home.json(&["list", "sig:ok", "--json"]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while judged(&home).is_empty() {
        assert!(std::time::Instant::now() < deadline, "it was not judged again");
    }
    let signature = &judged(&home)[0]["signature"];
    assert_eq!((signature["verdict"].as_str(), signature["at_arrival"].as_str()), (Some("valid"), Some("invalid")));
    assert_eq!(signature["secret"], "stripe_test");
    // What arrives from now on is judged by it at once.
    serving.post("/stripe", &signed("whsec_right", now(), BODY), BODY.as_bytes());
    assert_eq!(serving.next("event")["signature"]["at_arrival"], "valid");
    // What was right once stays so when the secret is another one.
    serving.post("/stripe", &signed("whsec_new", now(), BODY), BODY.as_bytes());
    assert_eq!(serving.next("event")["signature"]["verdict"], "invalid");
    assert_eq!(set("whsec_new"), Some(0));
    while home.json(&["list", "sig:ok", "id:3", "--json"]).is_empty() {
        assert!(std::time::Instant::now() < deadline, "it was not judged again");
    }
    assert_eq!(judged(&home).len(), 3);
}

#[test]
fn a_secret_that_comes_before_the_start_is_used_on_stored_events() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"right").unwrap();
    mac.update(BODY.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    serving.post(
        "/gh",
        &format!("X-Hub-Signature-256: sha256={signature}\r\nX-GitHub-Event: push\r\n"),
        BODY.as_bytes(),
    );
    assert_eq!(serving.next("event")["signature"]["verdict"], "no_secret");
    assert!(serving.terminate().success());
    std::fs::write(home.0.path().join("s"), "right").unwrap();
    let reference = format!("github=file:{}", home.0.path().join("s").display());
    let _serving = home.serve(&["--secret", &reference]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while home.json(&["list", "sig:ok", "--json"]).is_empty() {
        assert!(std::time::Instant::now() < deadline, "it was not judged again");
    }
}

#[test]
fn the_doctor_says_what_it_tried() {
    let home = Home::new();
    let file = |name: &str, text: &str| {
        let path = home.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        format!("file:{}", path.display())
    };
    let (wrong, body) = (file("secret", "whsec_canary "), file("body", BODY));
    let header = signed("whsec_canary", 1_768_478_400, BODY);
    let (at, body) = ("1768478400", body.trim_start_matches("file:"));
    let verify =
        ["verify", "--provider", "stripe", "--secret", &wrong, "--header", header.trim(), "--body", body, "--at", at];
    let told = home.run(&verify);
    assert_eq!(told.status.code(), Some(1));
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains("MATCH: the secret secret without the space at its end"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    let line: serde_json::Value =
        serde_json::from_slice(&home.run(&[&verify[..], &["--json"]].concat()).stdout).unwrap();
    let tried = line["tried"].as_array().unwrap();
    assert!(tried.iter().any(|guess| guess["matched"] == true) && tried.iter().any(|guess| guess["matched"] == false));
}

#[test]
fn the_catalogue_explains_and_proves_itself_and_takes_own_entries() {
    let home = Home::new();
    let checked = home.run(&["providers", "--check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.success() && text.contains(" known answers hold"), "{text}");
    let entry = home.text(&["providers", "slack"]);
    assert!(entry.contains("v0:{ts}:{body}") && entry.contains("X-Slack-Signature: v0="), "{entry}");
    assert_eq!(home.run(&["providers", "nobody"]).status.code(), Some(2));
    let folder = home.0.path().join("config/whisper-tui/providers");
    std::fs::create_dir_all(&folder).unwrap();
    let own = "id = \"acme\"\nname = \"Acme\"\nconfidence = \"listed\"\n\n[detect]\nheaders = [\"X-Acme\"]\n\n[signature]\n\
               from = \"header:X-Acme\"\n\n[event]\ntype = \"json:type\"\n";
    std::fs::write(folder.join("acme.toml"), own).unwrap();
    let mut serving = home.serve(&[]);
    serving.post("/x", "X-Acme: 00\r\n", BODY.as_bytes());
    let event = serving.next("event");
    assert_eq!((event["provider"].as_str(), event["type"].as_str()), (Some("acme"), Some("invoice.paid")));
    assert!(home.text(&["providers", "acme"]).contains("a file of yours"));
    std::fs::write(folder.join("acme.toml"), own.replace("[signature]", "[sginature]")).unwrap();
    let checked = home.run(&["check"]);
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(checked.status.code() == Some(1) && text.contains("acme.toml: line 8: `[sginature]`"), "{text}");
}

#[test]
fn set_up_questions_are_answered_and_kept_as_what_they_are() {
    let home = Home::new();
    let folder = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&folder).unwrap();
    let config = "[[source]]\nname = \"quiet\"\npath = \"/quiet\"\nprovider = \"slack\"\nhandshake = false\n";
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let mut serving = home.serve(&[]);
    let body = r#"{"type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}"#;
    let post = |path: &str| {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        serving.whole(format!("{head}{body}").as_bytes())
    };
    let answer = post("/slack");
    assert!(answer.ends_with("\r\n\r\n3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"), "{answer}");
    assert!(answer.to_lowercase().contains("content-type: text/plain") && answer.contains("nosniff"), "{answer}");
    let silent = post("/quiet");
    assert!(silent.starts_with("HTTP/1.1 200") && silent.ends_with("\r\n\r\n"), "{silent}");
    let crc = serving
        .whole(b"GET /meta?hub.mode=subscribe&hub.challenge=1158 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert!(crc.ends_with("\r\n\r\n1158"), "{crc}");
    let first = serving.next("event");
    assert_eq!((first["class"].as_str(), first["type"].as_str()), (Some("handshake"), Some("url_verification")));
    assert_eq!(serving.next("event")["class"], "request");
    assert_eq!(home.json(&["list", "class:handshake", "--json"]).len(), 2);
}

#[test]
fn a_script_waits_for_what_it_needs_and_learns_what_came_instead() {
    let home = Home::new();
    let nobody = home.run(&["wait", "--timeout", "1s"]);
    assert_eq!(nobody.status.code(), Some(3));
    let serving = home.serve(&[]);
    serving.post("/stripe", &signed("whsec_canary_test", now(), BODY), BODY.as_bytes());
    let late = home.run(&["wait", "type:invoice.payed", "--after", "0", "--timeout", "200ms"]);
    let (out, told) = (String::from_utf8(late.stdout).unwrap(), String::from_utf8(late.stderr).unwrap());
    assert_eq!((late.status.code(), out.as_str()), (Some(1), ""));
    assert!(told.contains("error: 0 of 1 matching event within 0.2 s"), "{told}");
    assert!(told.contains("hint: 1 event arrived that did not match"), "{told}");
    assert!(told.contains("invoice.paid") && told.contains("not type:invoice.payed"), "{told}");
    // What has arrived already counts from the event that is named on, what comes later from now on.
    assert_eq!(home.json(&["wait", "type:invoice.paid", "--after", "0", "--json"])[0]["id"], 1);
    let mut waiting = home.command(&["wait", "type:invoice.paid", "--count", "2", "--timeout", "60s", "--json"]);
    let waiting = waiting.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let waiting = std::thread::spawn(move || waiting.wait_with_output().unwrap());
    while !waiting.is_finished() {
        serving.post("/stripe", &signed("whsec_canary_test", now(), BODY), BODY.as_bytes());
    }
    let done = waiting.join().unwrap();
    assert!(done.status.success());
    assert_eq!(String::from_utf8(done.stdout).unwrap().lines().count(), 2);
    // An answer is written after its event.
    let mut waiting = home.command(&["wait", "answer:200", "--count", "2", "--timeout", "60s", "--json"]);
    let waiting = waiting.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let waiting = std::thread::spawn(move || waiting.wait_with_output().unwrap());
    while !waiting.is_finished() {
        serving.post("/stripe", &signed("whsec_canary_test", now(), BODY), BODY.as_bytes());
    }
    assert_eq!(String::from_utf8(waiting.join().unwrap().stdout).unwrap().lines().count(), 2);
    assert_eq!(home.run(&["wait", "--count", "0"]).status.code(), Some(2));
    assert_eq!(home.run(&["wait", "--timeout", "soon"]).status.code(), Some(2));
}

#[test]
fn what_arrived_is_counted_by_source_and_gaps_are_named() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/stripe", &signed("whsec_canary_test", now(), BODY), BODY.as_bytes());
    serving.post("/stripe", &signed("wrong", now(), BODY), BODY.as_bytes());
    serving.post("/x", "", b"");
    serving.post("/deleted", "", b"");
    assert!(serving.terminate().success());
    home.text(&["mark", "4", "--delete"]);
    let log = rusqlite::Connection::open(home.log()).unwrap();
    // Stopped a minute ago.
    log.execute("UPDATE runs SET stopped_at = stopped_at - 60000000", []).unwrap();
    drop(log);
    let serving = home.serve(&[]);
    serving.post("/x", "", b"");
    assert!(serving.terminate().success());
    let lines = home.json(&["stats", "--json"]);
    let names: Vec<_> = lines.iter().map(|line| (line["scope"].as_str().unwrap(), line["name"].as_str())).collect();
    assert_eq!(names, [("all", None), ("source", Some("stripe")), ("source", Some("x")), ("gap", None)]);
    assert_eq!((lines[0]["events"].as_u64(), lines[0]["answers"]["200"].as_u64()), (Some(4), Some(4)));
    assert_eq!(lines[1]["verdicts"], serde_json::json!({"valid": 1, "invalid": 1}));
    assert!(lines[2]["p50_us"].as_u64().unwrap() > 0 && lines[2]["rate_per_min"] == 2.0);
    assert_eq!(lines[3]["reason"], "stopped");
    let text = home.text(&["stats"]);
    assert!(text.contains("BAD") && text.contains("4x 200") && text.contains("not listening"), "{text}");
    assert_eq!(home.json(&["stats", "--json", "source:x"])[0]["events"], 2);
    assert_eq!(home.json(&["stats", "--json", "source:nope"])[0]["events"], 0);
}

#[test]
#[ignore = "needs curl; .ci/run runs it"]
fn the_pipeline_of_the_documentation_runs() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/ci.md")).unwrap();
    let script = text.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let home = Home::new();
    let programs = home.0.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(common::BIN, programs.join("whisper-tui")).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let out = std::process::Command::new("bash")
        .args(["-c", &script.replace("127.0.0.1:9477", &address)])
        .env("PATH", path)
        .env("HOME", home.0.path())
        .current_dir(home.0.path())
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success(), "{said}");
    assert!(said.contains("POST /orders") && said.contains("per min"), "{said}");
}

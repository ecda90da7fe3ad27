//! What senders are told on purpose, over real sockets; the events are on disk whatever that is.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Home, Serving, read_head, status};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

fn serve(home: &Home, config: &str) -> Serving {
    let folder = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), config).unwrap();
    home.serve(&[])
}

fn request(path: &str, body: &str) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        .into()
}

/// All that comes back until the connection ends, and how it ended.
fn told(serving: &Serving, request: &[u8]) -> (String, Option<ErrorKind>) {
    let mut stream = serving.connect();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer).err().map(|e| e.kind());
    (String::from_utf8(answer).unwrap(), ended)
}

#[test]
fn a_script_is_counted_for_each_event_and_the_log_says_which_rule_it_was() {
    let home = Home::new();
    let serving = serve(
        &home,
        r#"
        [[answer]]
        name = "retry me"
        when = "path:/flaky"
        script = [{ status = 500, times = 2 }, { status = 429, retry_after = "2500ms" }, { drop = true },
                  { status = 202, body = "ok {id} {arrival}", headers = { "X-By" = "test" } }]
        [[answer]]
        status = 204
        when = "path:/none"
        "#,
    );
    let evt = |n: u8| request("/flaky", &format!("{{\"object\":\"event\",\"id\":\"evt_{n}\"}}"));
    let statuses: Vec<u16> = [1, 1, 2, 1, 2, 1, 1, 1].map(|n| status(&told(&serving, &evt(n)).0)).to_vec();
    assert_eq!(statuses, [500, 500, 500, 429, 500, 0, 202, 202]);
    let (answer, _) = told(&serving, &evt(1));
    assert!(answer.contains("x-by: test\r\n") && answer.contains("x-content-type-options: nosniff"), "{answer}");
    assert!(
        answer.contains("content-type: text/plain; charset=utf-8\r\n") && answer.ends_with("\r\n\r\nok 9 7"),
        "{answer}"
    );
    assert!(told(&serving, &evt(2)).0.contains("retry-after: 3\r\n"));
    assert_eq!(status(&told(&serving, &request("/none", "")).0), 204);
    assert_eq!(status(&told(&serving, &request("/other", "")).0), 200);
    // A set-up question has its one right answer.
    let question = "/flaky?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=t";
    let asked = format!("GET {question} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert!(told(&serving, asked.as_bytes()).0.ends_with("\r\n\r\n1158201444"));
    assert!(serving.terminate().success());
    let events = home.json(&["list", "--json"]);
    assert_eq!(events.len(), 13);
    assert_eq!(events[0]["answer"], serde_json::json!({"status": 500, "rule": "retry me"}));
    assert_eq!(events[5]["answer"], serde_json::json!({"status": null, "rule": "retry me", "how": "drop"}));
    assert_eq!(events[10]["answer"], serde_json::json!({"status": 204, "rule": "answer 2"}));
    assert_eq!(events[11]["answer"], serde_json::json!({"status": 200}));
    assert_eq!(home.text(&["list", "--count", "answer:5xx"]).trim(), "4");
    assert!(home.text(&["list", "id:6"]).contains("dropped in "));
    assert!(home.text(&["show", "1", "--timing"]).contains("retry me"));
}

#[test]
fn connections_end_as_a_broken_handlers_would() {
    let home = Home::new();
    let serving = serve(
        &home,
        r#"
        answer = [
            { when = "path:/drop", drop = true },
            { when = "path:/reset", reset = true },
            { when = "path:/half", half = true, status = 201, body = "0123456789" },
            { when = "path:/trickle", trickle = "400ms", body = "0123456789" },
            { when = "path:/slow", delay = "300ms..400ms" },
        ]
        "#,
    );
    assert_eq!(told(&serving, &request("/drop", "x")), (String::new(), None));
    assert_eq!(told(&serving, &request("/reset", "x")), (String::new(), Some(ErrorKind::ConnectionReset)));
    let (half, _) = told(&serving, &request("/half", "x"));
    assert!(half.starts_with("HTTP/1.1 201") && half.contains("content-length: 10\r\n"), "{half}");
    assert!(half.ends_with("\r\n\r\n01234"), "{half}");

    let mut stream = serving.connect();
    stream.write_all(&request("/trickle", "x")).unwrap();
    assert_eq!(status(&read_head(&mut stream)), 200);
    let begin = Instant::now();
    let (mut pieces, mut all, mut buffer) = (0, Vec::new(), [0; 16]);
    loop {
        let n = stream.read(&mut buffer).unwrap();
        if n == 0 {
            break;
        }
        pieces += 1;
        all.extend_from_slice(&buffer[..n]);
    }
    assert_eq!(all, b"0123456789");
    assert!(pieces > 3 && begin.elapsed() >= Duration::from_millis(300), "{pieces} in {:?}", begin.elapsed());

    let begin = Instant::now();
    assert_eq!(status(&told(&serving, &request("/slow", "x")).0), 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    // This one does not wait for its answer.
    serving.connect().write_all(&request("/slow", "y")).unwrap();
    home.text(&["wait", "id:6 answer:200", "--after", "0", "--timeout", "10s"]);
    assert!(serving.terminate().success());
    let events = home.json(&["list", "--json"]);
    let told = |event: &serde_json::Value| serde_json::json!([event["answer"]["status"], event["answer"]["how"]]);
    assert_eq!(
        serde_json::json!(events.iter().map(told).collect::<Vec<_>>()),
        serde_json::json!([
            [null, "drop"],
            [null, "reset"],
            [201, "half"],
            [200, "pieces"],
            [200, null],
            [200, "gone"]
        ])
    );
}

#[test]
fn what_comes_behind_an_ended_connection_is_nobodys_mistake() {
    let home = Home::new();
    let serving = serve(&home, "[[answer]]\nwhen = \"path:/drop\"\ndrop = true");
    let request = |path: &str| format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx");
    let all = [request("/good"), request("/drop"), request("/never")].concat();
    let (answer, _) = told(&serving, all.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    assert!(serving.terminate().success());
    let events = home.json(&["list", "--json"]);
    let seen: Vec<_> = events.iter().map(|e| (e["request_target"].as_str().unwrap(), &e["answer"]["status"])).collect();
    assert_eq!(seen, [("/good", &serde_json::json!(200)), ("/drop", &serde_json::Value::Null)]);
    assert_eq!(home.text(&["list", "--count", "answer:none"]).trim(), "1");
}

#[test]
fn an_event_is_on_disk_before_the_sender_hears_anything() {
    let home = Home::new();
    let mut serving = serve(&home, "[[answer]]\ndelay = \"10m\"");
    let mut stream = serving.connect();
    stream.write_all(&request("/late", "x")).unwrap();
    assert_eq!(serving.next("event")["request_target"], "/late");
    assert_eq!(home.json(&["list", "--json"])[0]["answer"], serde_json::Value::Null);
    // Nor does one that is being kept waiting keep the program from ending.
    let begin = Instant::now();
    assert!(serving.terminate().success());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    // It heard nothing, and that is what the log says.
    let told = &home.json(&["list", "--json"])[0]["answer"];
    assert_eq!(told, &serde_json::json!({"status": null, "rule": "answer 1"}));
}

#[test]
fn a_probability_with_a_seed_fails_the_same_ones_in_every_run() {
    let run = || {
        let home = Home::new();
        let serving = serve(&home, "[[answer]]\nstatus = 503\nprobability = 0.4\nseed = 11");
        (0..30).map(|n| status(&told(&serving, &request("/", &n.to_string())).0)).collect::<Vec<_>>()
    };
    let first = run();
    let failed = first.iter().filter(|status| **status == 503).count();
    assert!((4..25).contains(&failed), "{first:?}");
    assert_eq!(first, run());
}

#[test]
fn a_rule_that_cannot_be_meant_stops_the_start_and_says_where() {
    let home = Home::new();
    let folder = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), "[[answer]]\npreset = \"flakey\"\n").unwrap();
    let out = home.run(&["serve", "--listen", "127.0.0.1:0"]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("line 1: there is no preset `flakey`; there are down-90s, flaky"), "{said}");
    assert!(said.contains("hint: "), "{said}");
}

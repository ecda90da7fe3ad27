//! Events as files: written, read back, run in a shell.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Home;
use std::process::{Command, Stdio};

/// Bodies and headers that a careless writer would change.
const BODIES: [(&str, &[u8]); 5] = [
    (
        "Content-Type: application/json\r\nAuthorization: Bearer canary-1\r\nX-Two: a\r\nx-two: b\r\n",
        b"{\"id\": 1.10, \"id\":2}\n",
    ),
    (
        "X-Gitlab-Event: Push Hook\r\nX-Gitlab-Token: canary-2\r\nContent-Type: text/plain\r\n",
        b"it's $(id) `id` \\ %s\r\n",
    ),
    ("X-Latin: é\r\nContent-Type: application/octet-stream\r\n", b"\x00\xff\x1b[2J\n--"),
    ("X-Empty: \r\n", b""),
    ("Content-Type: application/x-www-form-urlencoded\r\nCookie: s=canary-3\r\n", b"@file=a+b&c=%20"),
];

impl Home {
    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What tells events from each other wherever they lie.
    fn events(&self) -> Vec<String> {
        let all = self.json(&["export", "--no-redact"]);
        let kept =
            ["received_at", "source", "type", "key", "method", "request_target", "version", "headers", "head_base64"];
        let line = |event: &serde_json::Value| {
            kept.map(|name| event[name].to_string()).join(" ") + &event["body_base64"].to_string()
        };
        all.iter().map(line).collect()
    }
}

#[test]
fn what_is_exported_is_imported_and_subscribers_do_not_get_it() {
    let home = Home::new();
    let serving = home.serve(&[]);
    for (headers, body) in BODIES {
        assert_eq!(serving.post("/hooks?a=b%20c", headers, body), 200);
    }
    home.text(&["mark", "2", "--pin", "--note", "for Ann"]);
    assert!(serving.terminate().success());
    // Credentials stay here unless they are asked for, and it is said which ones.
    let out = home.run(&["export"]);
    let (lines, told) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert!(!lines.contains("canary"), "{lines}");
    assert_eq!(told, "redacted: authorization (1), cookie (1), x-gitlab-token (1); --no-redact keeps them\n");
    assert_eq!(lines.lines().count(), 5);
    for format in ["har", "curl"] {
        assert!(!home.text(&["export", "--format", format]).contains("canary"));
    }
    let whole = home.run(&["export", "--no-redact"]).stdout;
    assert_eq!(
        String::from_utf8(whole.clone()).unwrap().lines().nth(1),
        Some(home.text(&["show", "2", "--json"]).trim())
    );

    // Into a log that nobody serves, and into one that is served with a subscriber.
    let (alone, served) = (Home::new(), Home::new());
    let file = alone.write("events.ndjson", &whole);
    assert_eq!(alone.text(&["import", &file]), "5 events imported, #1 to #5\n");
    assert_eq!(alone.events(), home.events());
    let imported = &alone.json(&["list", "--json", "id:2"])[0];
    assert_eq!((imported["class"].as_str(), imported["note"].as_str()), (Some("import"), Some("for Ann")));
    assert_eq!((imported["pinned"].as_bool(), imported["answer"]["status"].as_u64()), (Some(true), Some(200)));
    let target = common::target::Target::up();
    let mut serving = served.serve(&["--forward", &format!("http://{}", target.address)]);
    assert_eq!(served.json(&["import", &file, "--json"])[0], serde_json::json!({"imported": 5, "first": 1, "last": 5}));
    assert_eq!(served.events(), home.events());
    serving.post("/own", "", b"");
    assert_eq!(serving.next("attempt")["event"], 6);

    // HAR, too, and through a pipe.
    let har = home.run(&["export", "--format", "har", "--no-redact"]).stdout;
    let value: serde_json::Value = serde_json::from_slice(&har).unwrap();
    assert_eq!((value["log"]["version"].as_str(), value["log"]["entries"].as_array().unwrap().len()), (Some("1.2"), 5));
    let other = Home::new();
    let mut import = other.command(&["import", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut import.stdin.take().unwrap(), &har).unwrap();
    assert!(import.wait().unwrap().success());
    let bodies = |home: &Home| -> Vec<serde_json::Value> {
        home.json(&["export", "--no-redact"]).iter().map(|event| event["body_base64"].clone()).collect()
    };
    assert_eq!(bodies(&other), bodies(&home));

    // Half a file is no file.
    let broken = alone.write("broken.ndjson", &[&whole[..], b"{\"method\": 7}\n"].concat());
    let out = alone.run(&["import", &broken]);
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(told.contains("broken.ndjson: line 6: `method` is missing\nhint: nothing was imported"), "{told}");
    assert_eq!(alone.text(&["list", "--count"]).trim(), "5");
    assert_eq!(alone.run(&["import", "/nowhere"]).status.code(), Some(1));
}

#[test]
fn exported_commands_deliver_the_same_bytes() {
    let home = Home::new();
    let serving = home.serve(&[]);
    for (headers, body) in BODIES {
        serving.post("/a/../b?c=%5B[1]", headers, body);
    }
    let script = home.text(&["export", "--format", "curl", "--no-redact"]);
    assert_eq!(script.matches("curl -g").count(), 5);
    let run = Command::new("sh").args(["-e", "-c", &script]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let told = |event: &serde_json::Value| {
        let made_anew = |name: &str| ["host", "content-length"].contains(&name.to_lowercase().as_str());
        let lines = event["headers"].as_array().unwrap().iter();
        let mut lines: Vec<String> =
            lines.filter(|line| !made_anew(line[0].as_str().unwrap())).map(|l| l.to_string()).collect();
        lines.sort();
        (event["method"].clone(), event["request_target"].clone(), event["body_base64"].clone(), lines)
    };
    let all = home.json(&["export", "--no-redact"]);
    assert_eq!(all.len(), 10);
    for n in 0..5 {
        assert_eq!(told(&all[n]), told(&all[n + 5]));
    }
}

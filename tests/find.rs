//! Finding events: the filter language on the command line, against a real log.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::Home;

impl Home {
    fn count(&self, filter: &str) -> u64 {
        self.text(&["list", "--count", filter]).trim().parse().unwrap()
    }

    fn configure(&self, text: &str) {
        let folder = self.0.path().join("config/whisper-tui");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), text).unwrap();
    }
}

#[test]
fn every_field_of_the_language_is_asked_of_a_real_log() {
    let home = Home::new();
    home.configure("[filters]\npaid = \"type:invoice.paid\"\nmine = \"@paid OR path:/x\"\n");
    let serving = home.serve(&[]);
    serving.post(
        "/stripe",
        "Stripe-Signature: t=1,v1=00\r\n",
        br#"{"id":"evt_1","type":"invoice.paid","data":{"object":{"amount":4200}}}"#,
    );
    serving.post("/x?a=b", "Content-Type: text/plain\r\nX-Note: needle\r\n", b"hay");
    // What senders were told is written later than the events.
    assert!(serving.terminate().success());
    let begin = home.json(&["list", "--json", "--limit", "1"])[0]["received_at"].as_str().unwrap()[..16].to_owned();
    for (filter, matching) in [
        ("", 2),
        ("host:h", 2),
        ("host:h:80", 0),
        ("ip:127.0.0.1", 2),
        ("ack:<1h ack:>1us", 2),
        ("has:skew", 1),
        ("since:1h before:1h", 0),
        (&format!("at:{begin}Z..{}", "23:59:59.999999Z"), 2),
        ("-at:2020-01-01", 2),
        ("@paid", 1),
        ("@mine -@paid", 1),
        ("-has:header.x-note", 1),
        ("needle", 1),
        ("/nee.le/", 1),
        ("b.data.object.amount:>4000", 1),
    ] {
        assert_eq!(home.count(filter), matching, "{filter}");
    }
    // Why one is left out, for people and for scripts.
    let out = home.run(&["list", "--explain", "2", "source:x type:invoice.*"]);
    assert_eq!(out.status.code(), Some(1));
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "#2 does not match `type:invoice.*`: type is nothing\n");
    let out = home.run(&["list", "--json", "--explain", "1", "@paid -b.data.object.amount:>4000"]);
    let why: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(why["clause"], "-body.data.object.amount:>4000");
    assert_eq!((why["event"].as_i64(), why["matches"].as_bool()), (Some(1), Some(false)));
    assert_eq!(home.text(&["list", "--explain", "1", "@mine"]), "#1 matches\n");
    // What is wrong names its place.
    let wrong = |args: &[&str]| {
        let out = home.run(args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        String::from_utf8(out.stderr).unwrap()
    };
    assert_eq!(
        wrong(&["list", "source:x @pad"]),
        "error: there is no saved filter `@pad` (at character 10)\nhint: there are @mine @paid\n"
    );
    home.configure("[filters]\na = \"@b\"\nb = \"@a\"\n");
    assert!(wrong(&["list"]).contains("line 2: the filter `a`: "));
}

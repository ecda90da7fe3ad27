//! Who may import whom: the table in `src/lib.rs`, held true.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;

const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("body", &["model"]),
    ("answer", &["model"]),
    ("transform", &[]),
    ("verify", &["model"]),
    ("exchange", &["model", "verify"]),
    ("samples", &["model", "verify"]),
    ("app", &["model", "body"]),
    ("ui", &["model", "body", "app"]),
    ("store", &["model"]),
    ("listener", &["model", "answer", "verify", "store"]),
    ("delivery", &["model", "transform", "verify", "store"]),
    ("demo", &["model", "verify", "samples", "store", "delivery"]),
    ("control", &["model", "answer", "store", "delivery"]),
    ("config", &["model", "answer", "transform", "verify", "listener"]),
    (
        "runtime",
        &[
            "model", "answer", "body", "verify", "samples", "app", "ui", "store", "listener", "delivery", "control",
            "config", "exchange",
        ],
    ),
];

/// Libraries and clocks that only some rooms may name.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("crossterm::", &["runtime"]),
    ("SystemTime::now", &["listener", "delivery", "demo", "runtime"]),
    ("rusqlite::", &["store"]),
    ("ratatui::", &["ui", "runtime"]),
];

/// Rooms that `text` names: `crate::x`, also in groups, and `super::` that climbs out of the room.
fn named(text: &str) -> Vec<String> {
    let flat: String = text.split_whitespace().collect();
    let mut rooms = Vec::new();
    for after in flat.split("crate::").skip(1) {
        let group = after.strip_prefix('{').map(|g| g.split('}').next().unwrap_or_default());
        let names: Vec<&str> = group.map_or_else(|| vec![after], |g| g.split(',').collect());
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            rooms.push(name[..end].to_owned());
        }
    }
    rooms
}

fn violations(room: &str, allowed: &[&str], text: &str) -> Vec<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let is_room = |name: &String| ROOMS.iter().any(|(room, _)| room == name) || name == "cli";
    let mut bad: Vec<String> = named(&code)
        .into_iter()
        .filter(|name| is_room(name) && name != room && !allowed.contains(&name.as_str()))
        .collect();
    for (word, rooms) in OUTSIDE {
        if code.contains(word) && !rooms.contains(&room) {
            bad.push((*word).to_owned());
        }
    }
    bad
}

fn files(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, out),
            false if path.extension().is_some_and(|e| e == "rs") => out.push(path),
            false => {}
        }
    }
}

#[test]
fn every_room_keeps_to_the_table() {
    for (room, allowed) in ROOMS {
        let mut all = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room), &mut all);
        assert!(!all.is_empty(), "{room} is empty");
        for file in all {
            let bad = violations(room, allowed, &std::fs::read_to_string(&file).unwrap());
            // A test may look into its own room's neighbours, never into another layer's clock or screen.
            assert!(bad.is_empty() || file.ends_with("tests.rs"), "{}: {bad:?}", file.display());
        }
    }
}

#[test]
fn planted_violations_are_found() {
    assert_eq!(violations("model", &[], "use crate::store::Store;"), ["store"]);
    assert_eq!(violations("app", &["model"], "use crate::{model::Row, ui::draw};"), ["ui"]);
    assert_eq!(violations("store", &["model"], "fn f() -> crate::listener::Limits {}"), ["listener"]);
    assert_eq!(violations("app", &[], "let at = SystemTime::now();"), ["SystemTime::now"]);
    assert_eq!(violations("ui", &["app"], "// crate::store is not used\nuse crate::app::App;"), Vec::<String>::new());
}

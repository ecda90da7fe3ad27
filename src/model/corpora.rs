//! Hostile texts for the tests of other rooms: those in the folder that CORPORA names, else a few of the same kinds.

use serde_json::Value;
use std::path::Path;

/// Bodies that have broken other programs.
pub(crate) fn hostile_texts() -> Vec<Vec<u8>> {
    let few = [
        &b"[\"\\uD834\"]"[..],
        b"{\"a\":\"b\",\"a\":\"c\"}",
        b"[1e400, -0, 1.0E+2]",
        b"\xef\xbb\xbf{}",
        b"[\"\xff\"]",
        b"\xff\xfe[\x00\"\x00\xe9\x00\"\x00]\x00",
        b"[[[[[[[[[[",
        b"'; DROP TABLE events; --",
        b"\xe2\x80\xaegnp.exe \x1b]0;x\x07",
        b"$(touch /tmp/pwned) `id` %s%n \\ \" '",
        b"",
        b"\x00",
    ];
    let mut all: Vec<Vec<u8>> = few.map(<[u8]>::to_vec).to_vec();
    if let Some(folder) = std::env::var_os("CORPORA") {
        let folder = Path::new(&folder);
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join("json/test_parsing")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        all.extend(files.iter().map(|file| std::fs::read(file).unwrap()));
        let strings: Value =
            serde_json::from_slice(&std::fs::read(folder.join("naughty-strings.json")).unwrap()).unwrap();
        let strings = strings.as_array().unwrap().iter();
        all.extend(strings.map(|string| string.as_str().unwrap().as_bytes().to_vec()));
        assert!(all.len() > 800, "{}", all.len());
    }
    all
}

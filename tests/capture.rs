//! What arrives is what is kept, byte for byte; what was acknowledged survives a kill.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base64::{Engine, prelude::BASE64_STANDARD};
use common::{Home, read_head, status};
use std::io::{Read, Write};

fn body(event: &serde_json::Value) -> Vec<u8> {
    BASE64_STANDARD.decode(event["body_base64"].as_str().unwrap()).unwrap()
}

#[test]
fn heads_and_bodies_are_kept_as_they_came() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    let mut stream = serving.connect();
    // Two requests in one write, the second head cut in the middle, a chunked body with a trailer.
    let first = b"PUT /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-b:  2 \r\nX-a: 3\r\nContent-Length: 4\r\n\r\n\x00\xff\r\n";
    let second = b"DELETE /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n";
    let chunks = b"3;e=1\r\nabc\r\n2\r\nde\r\n0\r\nT: yes\r\n\r\n";
    stream.write_all(&[&first[..], &second[..20]].concat()).unwrap();
    assert_eq!(status(&read_head(&mut stream)), 200);
    stream.write_all(&second[20..]).unwrap();
    stream.write_all(chunks).unwrap();
    assert_eq!(status(&read_head(&mut stream)), 200);
    serving.next("event");
    serving.next("event");

    let event = &home.json(&["show", "1", "--json"])[0];
    assert_eq!(event["request_target"], "/a%20b?x=1&y");
    assert_eq!(
        event["headers"],
        serde_json::json!([["Host", "h"], ["X-A", "1"], ["x-b", "2"], ["X-a", "3"], ["Content-Length", "4"]])
    );
    assert_eq!(body(event), b"\x00\xff\r\n");
    assert_eq!(home.run(&["show", "1", "--raw"]).stdout, first);
    let event = &home.json(&["show", "2", "--json"])[0];
    assert_eq!(body(event), b"abcde");
    assert_eq!(event["trailers"], serde_json::json!([["t", "yes"]]));
    assert!(home.run(&["show", "2", "--raw"]).stdout.starts_with(second));
}

#[test]
fn every_shape_of_request_is_answered() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let raw = |request: &str| status(&serving.raw(request.as_bytes()));
    assert_eq!(raw("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
    assert_eq!(raw("GET / HTTP/1.0\r\n\r\n"), 200);
    assert_eq!(raw("QUIRK /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"), 200);
    assert_eq!(raw("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), 100);
    assert_eq!(raw("CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"), 501);
    assert_eq!(raw("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"), 501);
    assert_eq!(raw("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"), 200);
    assert_eq!(raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"), 413);
    assert_eq!(raw("GET / HTTP/1.1\r\nBad Header\r\n\r\n"), 400);
    let many = "X: y\r\n".repeat(201);
    assert_eq!(raw(&format!("GET / HTTP/1.1\r\n{many}\r\n")), 431);
}

#[test]
fn what_is_refused_is_an_event_with_its_reason() {
    let home = Home::new();
    let mut serving = home.serve(&[]);
    serving.raw(b"GET / HTTP/1.1\r\nBad Header\r\n\r\n");
    let event = serving.next("event");
    assert_eq!((event["class"].as_str(), event["method"].as_str()), (Some("rejected"), Some("GET")));
    assert!(event["rejected"].as_str().unwrap().starts_with("bad request"), "{event}");

    let mut stream = serving.connect();
    stream.write_all(b"POST /cut HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc").unwrap();
    drop(stream);
    let event = serving.next("event");
    assert_eq!((event["rejected"].as_str(), event["size"].as_i64()), (Some("body incomplete"), Some(3)));

    for _ in 0..100 {
        serving.raw(b"\x16\x03\x01\r\n\r\n");
    }
    assert!(home.text(&["list", "--count", "class:rejected"]).trim().parse::<u32>().unwrap() <= 60);
}

#[test]
fn slow_heads_and_slow_bodies_are_let_go() {
    let home = Home::new();
    let config = home.0.path().join("c.toml");
    std::fs::write(&config, "[limits]\nhead_timeout = \"300ms\"\nbody_idle_timeout = \"300ms\"\n").unwrap();
    let mut serving = home.serve(&["--config", config.to_str().unwrap()]);
    assert_eq!(status(&serving.raw(b"GET / HTTP/1.1\r\nHost")), 408);
    assert_eq!(serving.next("event")["rejected"], "head too slow");
    assert_eq!(status(&serving.raw(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\na")), 408);
    assert_eq!(serving.next("event")["rejected"], "body too slow");
    // A connection that says nothing at all is ended too.
    assert_eq!(serving.connect().read(&mut [0]).unwrap_or(0), 0);
}

#[test]
fn a_kill_loses_nothing_that_was_acknowledged() {
    let home = Home::new();
    for round in 0..3 {
        let serving = home.serve(&[]);
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let address = serving.address.clone();
                std::thread::spawn(move || {
                    let mut acknowledged = Vec::new();
                    let Ok(mut stream) = std::net::TcpStream::connect(address) else { return acknowledged };
                    for n in 0.. {
                        let body = format!("round{round}-worker{worker}-{n}-");
                        let head = format!("POST /k HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", body.len());
                        if stream.write_all((head + &body).as_bytes()).is_err() {
                            break;
                        }
                        if status(&read_head(&mut stream)) != 200 {
                            break;
                        }
                        acknowledged.push(body);
                    }
                    acknowledged
                })
            })
            .collect();
        let mut serving = serving;
        for _ in 0..100 {
            serving.next("event");
        }
        serving.child.kill().unwrap();
        serving.child.wait().unwrap();
        let acknowledged: Vec<String> = workers.into_iter().flat_map(|w| w.join().unwrap()).collect();
        assert!(acknowledged.len() >= 50, "{} were acknowledged", acknowledged.len());
        let kept = home.json(&["list", "--limit", "0", "--json"]);
        assert!(kept.iter().all(|e| e["damaged"].is_null()));
        for body in acknowledged {
            let found = home.text(&["list", "--count", &body]);
            assert_eq!(found.trim(), "1", "{body}");
        }
        if round == 0 {
            assert!(home.run(&["check", "--json", "--listen", "127.0.0.1:0"]).status.success());
        }
    }
}

#[test]
fn http2_is_kept_and_can_be_told_apart() {
    // A client preface and one request, as any HTTP/2 client with prior knowledge sends it.
    let home = Home::new();
    let mut serving = home.serve(&[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answered = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(&serving.address).await.unwrap();
        let io = hyper_util::rt::TokioIo::new(stream);
        let executor = hyper_util::rt::TokioExecutor::new();
        let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
        tokio::spawn(connection);
        let body = http_body_util::Full::new(bytes::Bytes::from_static(b"two"));
        let request =
            hyper::Request::post(format!("http://{}/h2?x=1", serving.address)).header("X-One", "1").body(body);
        sender.send_request(request.unwrap()).await.unwrap().status().as_u16()
    });
    assert_eq!(answered, 200);
    let event = serving.next("event");
    assert_eq!((event["version"].as_str(), event["request_target"].as_str()), (Some("HTTP/2.0"), Some("/h2?x=1")));
    assert_eq!(body(&home.json(&["show", "1", "--json"])[0]), b"two");
}

#[test]
fn files_are_for_their_owner_alone_under_any_umask() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    for umask in ["000", "077"] {
        let folder = home.0.path().join(umask);
        let log = folder.join("deep/events.db");
        let script =
            format!("umask {umask}; exec {} serve --listen 127.0.0.1:0 --store {}", common::BIN, log.display());
        let mut child = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("HOME", home.0.path())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 12];
        child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(log.parent().unwrap()), 0o700);
        let files: Vec<_> = std::fs::read_dir(log.parent().unwrap()).unwrap().map(|f| f.unwrap().path()).collect();
        assert!(files.len() >= 3, "{files:?}");
        for file in files {
            assert_eq!(mode(&file), 0o600, "{}", file.display());
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

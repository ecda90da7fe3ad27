//! Targets that are not as one wishes: TLS with and without trust, endless answers, and a log that cannot be written.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base64::{Engine, prelude::BASE64_STANDARD};
use common::{Home, status};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;
use tokio_rustls::rustls;

/// A TLS target on localhost that answers with the version it was spoken to in.
struct TlsTarget {
    address: String,
    certificate: String,
    _runtime: tokio::runtime::Runtime,
}

impl TlsTarget {
    fn start(protocol: &[u8]) -> TlsTarget {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not trust us ends the handshake.
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                let service = hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| async {
                    let said = format!("{:?} {}", request.version(), request.uri().path());
                    let body = request.into_body().collect().await?.to_bytes();
                    let answer = [said.as_bytes(), b" ", &body].concat();
                    Ok::<_, hyper::Error>(hyper::Response::new(Full::new(bytes::Bytes::from(answer))))
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                tokio::spawn(async move { server.serve_connection(TokioIo::new(stream), service).await.map_err(drop) });
            }
        });
        TlsTarget { address: format!("https://localhost:{port}"), certificate: made.cert.pem(), _runtime: runtime }
    }
}

#[test]
fn tls_targets_are_reached_in_both_versions_if_they_are_trusted() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/hook", "", b"sent");
    drop(serving);
    for (protocol, said) in [(&b"http/1.1"[..], "HTTP/1.1 /hook sent"), (b"h2", "HTTP/2.0 /hook sent")] {
        let target = TlsTarget::start(protocol);
        let trusted = home.0.path().join("trusted.pem");
        std::fs::write(&trusted, &target.certificate).unwrap();
        let args = ["resend", "1", "--to", &target.address, "--json"];
        let out = home.command(&args).env("SSL_CERT_FILE", &trusted).output().unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(out.status.code(), Some(0), "{answer}");
        let body = answer["attempt"]["response_body_base64"].as_str().unwrap();
        assert_eq!(BASE64_STANDARD.decode(body).unwrap(), said.as_bytes());
        assert!(answer["attempt"]["tls_us"].is_u64(), "{answer}");

        let stranger = home.run(&args);
        let answer: serde_json::Value = serde_json::from_slice(&stranger.stdout).unwrap();
        assert_eq!(stranger.status.code(), Some(1));
        assert!(answer["attempt"]["error"].as_str().unwrap().starts_with("TLS: "), "{answer}");
    }
}

#[test]
fn a_subscriber_beyond_tls_keeps_its_connection_while_one_event_follows_the_other() {
    let home = Home::new();
    let serving = home.serve(&[]);
    (1..=5).for_each(|n| assert_eq!(serving.post(&format!("/{n}"), "", b"sent"), 200));
    assert!(serving.terminate().success());
    for protocol in [&b"http/1.1"[..], b"h2"] {
        let target = TlsTarget::start(protocol);
        let trusted = home.0.path().join("trusted.pem");
        std::fs::write(&trusted, &target.certificate).unwrap();
        let name = String::from_utf8_lossy(protocol).into_owned();
        let table = format!("[[subscriber]]\nname = \"{name}\"\ntarget = \"{}\"\nstart = 1\n", target.address);
        common::target::configured(&home, &table);
        let args = ["serve", "--listen", "127.0.0.1:0"];
        let mut child = home.command(&args).env("SSL_CERT_FILE", &trusted).stdout(Stdio::null()).spawn().unwrap();
        common::target::until(&home, |s| s["delivered"] == 5);
        child.kill().unwrap();
        child.wait().unwrap();
        let handshakes = (1..=5).map(|id: i64| {
            let deliveries = home.json(&["show", &id.to_string(), "--json"])[0]["deliveries"].clone();
            let own = deliveries.as_array().unwrap().iter().find(|d| d["subscriber"] == *name).unwrap().clone();
            own["attempts"][0]["tls_us"].is_u64()
        });
        assert_eq!(handshakes.collect::<Vec<_>>(), [true, false, false, false, false], "{name}");
    }
}

#[test]
fn of_an_endless_answer_one_mebibyte_is_kept() {
    let home = Home::new();
    let serving = home.serve(&[]);
    serving.post("/", "", b"x");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let endless = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        common::read_head(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        let chunk = [b"10000\r\n", &[b'a'; 65_536][..], b"\r\n"].concat();
        // It ends when the other side has enough.
        (0..100_000).take_while(|_| stream.write_all(&chunk).is_ok()).count()
    });
    let answer = &home.json(&["resend", "1", "--to", &url, "--json"])[0];
    assert!(endless.join().unwrap() < 1000);
    let body = BASE64_STANDARD.decode(answer["attempt"]["response_body_base64"].as_str().unwrap()).unwrap();
    assert_eq!((body.len(), answer["attempt"]["status"].as_i64()), (1 << 20, Some(200)));
}

#[test]
fn what_cannot_be_kept_is_told_to_come_again() {
    // Files may not grow beyond a few MiB, which is what a full disk looks like to the program.
    let home = Home::new();
    let script = format!(
        "trap '' XFSZ; ulimit -f 4096; exec {} serve --listen 127.0.0.1:0 --store {}",
        common::BIN,
        home.0.path().join("full.db").display()
    );
    let mut child = std::process::Command::new("sh")
        .args(["-c", &script])
        .env("HOME", home.0.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let address = first.trim().rsplit('/').next().unwrap().to_owned();
    std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    let post = |size: usize| {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        let head = format!("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b'x'; size]).unwrap();
        common::read_head(&mut stream)
    };
    // How much fits depends on the shell's unit and on checkpoints; it is far less than 20 MB.
    let mut answers: Vec<String> = Vec::new();
    while answers.len() < 200 && answers.last().is_none_or(|head| status(head) == 200) {
        answers.push(post(100_000));
    }
    let kept = answers.len() - 1;
    let refused = answers.last().unwrap();
    assert_eq!(status(refused), 503, "nothing was refused");
    assert!(refused.to_lowercase().contains("\r\nretry-after: "), "{refused}");
    child.kill().unwrap();
    child.wait().unwrap();
    let log = home.0.path().join("full.db");
    let count = home.text(&["list", "--count", "--store", log.to_str().unwrap()]);
    assert!(count.trim().parse::<usize>().unwrap() >= kept, "{kept} were acknowledged, {count} are there");
    assert!(
        home.json(&["list", "--limit", "0", "--json", "--store", log.to_str().unwrap()])
            .iter()
            .all(|e| e["damaged"].is_null())
    );
}

//! The real binary, its own folder, and raw sockets.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod target;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

pub const BIN: &str = env!("CARGO_BIN_EXE_whisper-tui");

/// A home folder of its own.
pub struct Home(pub tempfile::TempDir);

impl Home {
    pub fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    pub fn log(&self) -> PathBuf {
        self.0.path().join("data/whisper-tui/events.db")
    }

    /// What serving processes have said on stderr.
    pub fn stderr(&self) -> PathBuf {
        self.0.path().join("stderr")
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(BIN);
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("XDG_DATA_HOME", self.0.path().join("data"))
            .env("XDG_CONFIG_HOME", self.0.path().join("config"))
            .env("STRIPE_TEST", "whsec_canary_test")
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .args(args);
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn text(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    pub fn json(&self, args: &[&str]) -> Vec<serde_json::Value> {
        self.text(args).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Starts `serve` on a free port; returns once it listens.
    pub fn serve(&self, args: &[&str]) -> Serving {
        let mut all = vec!["serve", "--json", "--listen", "127.0.0.1:0", "--secret", "stripe=env:STRIPE_TEST"];
        all.extend(args);
        let said = std::fs::OpenOptions::new().create(true).append(true).open(self.stderr()).unwrap();
        let mut child = self.command(&all).stdout(Stdio::piped()).stderr(said).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        lines.read_line(&mut first).unwrap();
        let listening: serde_json::Value = serde_json::from_str(&first).unwrap();
        assert_eq!(listening["kind"], "listening");
        let url = listening["urls"][0].as_str().unwrap().to_owned();
        Serving { child, lines, address: url.trim_start_matches("http://").to_owned() }
    }
}

/// A serving process; killed when dropped.
pub struct Serving {
    pub child: Child,
    pub lines: BufReader<std::process::ChildStdout>,
    pub address: String,
}

impl Serving {
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Sends raw bytes and reads one answer's head.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        read_head(&mut stream)
    }

    /// Sends raw bytes and reads all that comes until the connection is closed.
    pub fn whole(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer
    }

    pub fn post(&self, path: &str, headers: &str, body: &[u8]) -> u16 {
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        status(&self.raw(&[head.as_bytes(), body].concat()))
    }

    /// The next line of `serve --json` of this kind.
    pub fn next(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "serve ended");
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            if value["kind"] == kind {
                return value;
            }
        }
    }

    pub fn terminate(mut self) -> std::process::ExitStatus {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub fn status(head: &str) -> u16 {
    head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0)
}

/// A handler that answers each request with the next status and keeps what it got.
pub struct Handler {
    pub address: String,
    pub requests: std::sync::mpsc::Receiver<Vec<u8>>,
}

impl Handler {
    pub fn start(answers: Vec<&'static [u8]>) -> Handler {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, requests) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = read_head(&mut stream).into_bytes();
                let text = String::from_utf8_lossy(&request).to_lowercase();
                let length = text.split("content-length: ").nth(1).and_then(|t| t.lines().next()?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).unwrap();
                request.extend(body);
                sender.send(request).unwrap();
                // A test may want the connection to break: then nobody reads the rest.
                let _ = stream.write_all(answer);
            }
        });
        Handler { address, requests }
    }
}

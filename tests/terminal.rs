//! The interface in a real pseudo-terminal: start, receive, look, send again, leave.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{BIN, Handler, Home};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A terminal with the program in it, and a model of what it shows.
struct Terminal {
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    address: String,
}

impl Terminal {
    fn start(home: &Home, size: (u16, u16), args: &[&str]) -> Terminal {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let pty = native_pty_system()
            .openpty(PtySize { rows: size.1, cols: size.0, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(BIN);
        command.env_clear();
        command.env("HOME", home.0.path());
        command.env("XDG_DATA_HOME", home.0.path().join("data"));
        command.env("TERM", "xterm-256color");
        command.args(["--listen", &address]);
        command.args(args);
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let screen = Arc::new((
            Mutex::new(vt100::Parser::new(size.1.try_into().unwrap(), size.0.try_into().unwrap(), 0)),
            Condvar::new(),
        ));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                shared.0.lock().unwrap().process(&bytes[..n]);
                shared.1.notify_all();
            }
        });
        Terminal { screen, writer: pty.master.take_writer().unwrap(), child, _master: pty.master, address }
    }

    /// Waits until the screen shows `words`; fails with the screen after ten seconds.
    fn sees(&self, words: &str) {
        self.waits(words, true);
    }

    /// Waits until the screen no longer shows `words`.
    fn gone(&self, words: &str) {
        self.waits(words, false);
    }

    fn waits(&self, words: &str, there: bool) {
        let (lock, changed) = &*self.screen;
        let shown = |parser: &vt100::Parser| parser.screen().contents().contains(words) == there;
        let guard = lock.lock().unwrap();
        let (guard, timeout) =
            changed.wait_timeout_while(guard, Duration::from_secs(10), |parser| !shown(parser)).unwrap();
        assert!(!timeout.timed_out(), "`{words}` (there: {there}) was waited for:\n{}", guard.screen().contents());
    }

    fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn post(&self, path: &str, body: &str) {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        assert_eq!(common::status(&common::read_head(&mut stream)), 200);
    }

    /// Waits for the end: the exit status, and whether the terminal is as before.
    fn ended(&mut self) -> u32 {
        let status = self.child.wait().unwrap().exit_code();
        let (lock, changed) = &*self.screen;
        let guard = lock.lock().unwrap();
        let dirty = |p: &mut vt100::Parser| {
            p.screen().alternate_screen() || p.screen().bracketed_paste() || p.screen().hide_cursor()
        };
        let (_guard, timeout) = changed.wait_timeout_while(guard, Duration::from_secs(10), dirty).unwrap();
        assert!(!timeout.timed_out(), "the terminal was not given back");
        status
    }
}

#[test]
fn receive_look_send_again_and_leave() {
    let home = Home::new();
    let handler = Handler::start(vec![
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    ]);
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting for the first event");
    terminal.sees("public");
    terminal.post("/first", "{\"hello\":\"world\"}");
    terminal.sees("POST /first");
    terminal.sees("\"hello\": \"world\"");
    terminal.post("/second", "{}");
    terminal.sees("POST /second");
    // The detail stays on the first event until the user moves.
    terminal.sees("#1 first");
    terminal.keys("j");
    terminal.sees("#2 second");
    terminal.keys("k");
    terminal.sees("follow off");
    terminal.sees("#1 first");
    terminal.keys("r");
    terminal.sees("Re-send #1");
    terminal.keys(handler.address.rsplit(':').next().unwrap());
    terminal.keys("/hooks\r");
    terminal.sees("#1 -> http://127.0.0.1");
    terminal.sees("200 in");
    assert!(handler.requests.recv().unwrap().ends_with(b"{\"hello\":\"world\"}"));
    terminal.keys("r");
    terminal.sees("(was 200)");
    terminal.keys("d");
    terminal.sees("- status 200");
    terminal.keys("\x1b");
    terminal.gone("- status 200");
    terminal.keys("?curl");
    terminal.sees("yc");
    terminal.keys("\x1b");
    terminal.gone("Search:");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    terminal.sees("2 events kept in");
}

#[test]
fn hostile_bytes_are_shown_as_escapes() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (140, 40), &[]);
    terminal.sees("Waiting");
    terminal.post("/evil", "\x1b[2J\x1b]0;owned\x07 \u{202e} \u{9b}31m end");
    terminal.sees("\\x1b[2J\\x1b]0;owned\\x07 \\u{202e} \\x9b31m end");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn every_way_of_leaving_gives_the_terminal_back() {
    let home = Home::new();
    let mut panics = Terminal::start(&home, (80, 24), &["--debug-panic"]);
    assert_ne!(panics.ended(), 0);
    let mut asked = Terminal::start(&home, (80, 24), &[]);
    asked.sees("Waiting");
    let pid = asked.child.process_id().unwrap().to_string();
    std::process::Command::new("kill").arg(pid).status().unwrap();
    assert_eq!(asked.ended(), 0);
    let mut interrupted = Terminal::start(&home, (80, 24), &[]);
    interrupted.sees("Waiting");
    interrupted.keys("\x03\x03");
    assert_eq!(interrupted.ended(), 130);
}

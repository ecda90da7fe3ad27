//! The program in a pseudo-terminal, and a model of what it shows.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::common::{self, BIN, Home};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// The suite can be run once more on another kind of terminal: `TERMINAL_TESTS=wide` is 140x40 in place of 80x24,
/// `TERMINAL_TESTS=plain` one without colour that knows nothing but ASCII.
pub fn variant(name: &str) -> bool {
    std::env::var("TERMINAL_TESTS").is_ok_and(|variant| variant == name)
}

/// The words as this kind of terminal shows them.
fn shown(words: &str) -> String {
    if !variant("plain") {
        return words.to_owned();
    }
    words
        .chars()
        .map(|c| match c {
            '·' => '.',
            '▌' => '>',
            '•' => 'o',
            '●' => '*',
            '…' => '~',
            '┌' => '+',
            '─' => '-',
            c => c,
        })
        .collect()
}

/// A terminal with the program in it, and a model of what it shows.
pub struct Terminal {
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    master: Box<dyn portable_pty::MasterPty + Send>,
    /// Held, for what was written last can be lost when nobody has the terminal any more.
    slave: Box<dyn portable_pty::SlavePty + Send>,
    pub address: String,
}

impl Terminal {
    pub fn start(home: &Home, size: (u16, u16), args: &[&str]) -> Terminal {
        Terminal::start_with(home, size, args, &[])
    }

    pub fn start_with(home: &Home, size: (u16, u16), args: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let size = if variant("wide") && size == (80, 24) { (140, 40) } else { size };
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
        if variant("plain") {
            for (name, value) in [("TERM", "screen"), ("LANG", "C"), ("NO_COLOR", "1")] {
                command.env(name, value);
            }
        }
        command.env("PATH", std::env::var("PATH").unwrap());
        variables.iter().for_each(|(name, value)| command.env(name, value));
        command.args(["--listen", &address]);
        command.args(args);
        let child = pty.slave.spawn_command(command).unwrap();
        let screen = Arc::new((
            Mutex::new(vt100::Parser::new(size.1.try_into().unwrap(), size.0.try_into().unwrap(), 0)),
            Condvar::new(),
        ));
        let mut reader = pty.master.try_clone_reader().unwrap();
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                match reader.read(&mut bytes) {
                    Ok(n @ 1..) => {
                        shared.0.lock().unwrap().process(&bytes[..n]);
                        shared.1.notify_all();
                    }
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    _ => return,
                }
            }
        });
        Terminal {
            screen,
            writer: pty.master.take_writer().unwrap(),
            child,
            master: pty.master,
            slave: pty.slave,
            address,
        }
    }

    /// Waits until the screen shows `words`; fails with the screen after ten seconds.
    pub fn sees(&self, words: &str) {
        self.waits(words, true);
    }

    /// Waits until the screen no longer shows `words`.
    pub fn gone(&self, words: &str) {
        self.waits(words, false);
    }

    pub fn waits(&self, words: &str, there: bool) {
        let words = &shown(words);
        let (lock, changed) = &*self.screen;
        let is_so = |parser: &vt100::Parser| parser.screen().contents().contains(words.as_str()) == there;
        let guard = lock.lock().unwrap();
        let (guard, timeout) =
            changed.wait_timeout_while(guard, Duration::from_secs(10), |parser| !is_so(parser)).unwrap();
        assert!(!timeout.timed_out(), "`{words}` (there: {there}) was waited for:\n{}", guard.screen().contents());
    }

    /// What the screen shows now.
    /// Waits until the keys go to the list: its hints are there, whole, and nothing else's.
    pub fn in_the_list(&self) {
        self.sees("? help");
        let (lock, changed) = &*self.screen;
        let list = |p: &mut vt100::Parser| {
            let text = p.screen().contents();
            !(text.contains("? help") && !text.contains("Esc list") && !text.contains("Esc close"))
        };
        let (_guard, timeout) =
            changed.wait_timeout_while(lock.lock().unwrap(), Duration::from_secs(10), list).unwrap();
        assert!(!timeout.timed_out(), "the list has no keys");
    }

    pub fn text(&self) -> String {
        self.screen.0.lock().unwrap().screen().contents()
    }

    /// Waits until so many rows of the screen hold `words`.
    pub fn sees_times(&self, words: &str, times: usize) {
        let (lock, changed) = &*self.screen;
        let count = |parser: &vt100::Parser| parser.screen().contents().lines().filter(|l| l.contains(words)).count();
        let guard = lock.lock().unwrap();
        let (guard, timeout) =
            changed.wait_timeout_while(guard, Duration::from_secs(10), |parser| count(parser) != times).unwrap();
        assert!(!timeout.timed_out(), "`{words}` not {times} times:\n{}", guard.screen().contents());
    }

    pub fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// Waits until the header counts more than `id` events.
    pub fn counts_more_than(&self, id: u64) {
        self.number(id, |line| line.strip_suffix(" events")?.rsplit(' ').next().map(|n| n.replace(',', "")));
    }

    /// The number of the event in the detail's title, once it is higher than `id`.
    pub fn title_after(&self, id: u64) -> u64 {
        self.number(id, |line| line.split_once(&shown("┌ #"))?.1.split(' ').next().map(str::to_owned))
    }

    /// A number somewhere on the screen, once it is higher than `least`.
    fn number(&self, least: u64, find: impl Fn(&str) -> Option<String>) -> u64 {
        let found = |parser: &vt100::Parser| -> Option<u64> {
            let text = parser.screen().contents();
            text.lines().find_map(|line| find(line.trim_end()))?.parse().ok().filter(|n| *n > least)
        };
        let (lock, changed) = &*self.screen;
        let wait = |parser: &mut vt100::Parser| found(parser).is_none();
        let (guard, timeout) = changed.wait_timeout_while(lock.lock().unwrap(), Duration::from_secs(10), wait).unwrap();
        assert!(!timeout.timed_out(), "no number above {least}:\n{}", guard.screen().contents());
        found(&guard).unwrap()
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.screen.0.lock().unwrap().screen_mut().set_size(size.1.try_into().unwrap(), size.0.try_into().unwrap());
        self.master.resize(PtySize { rows: size.1, cols: size.0, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Every colour on the screen other than the terminal's own.
    pub fn colours(&self) -> Vec<vt100::Color> {
        let guard = self.screen.0.lock().unwrap();
        let (rows, columns) = guard.screen().size();
        let cells = (0..u16::from(rows)).flat_map(|row| (0..u16::from(columns)).map(move |column| (row, column)));
        let colours = cells.filter_map(|(row, column)| guard.screen().cell(row, column));
        colours.flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]).filter(|c| *c != vt100::Color::Default).collect()
    }

    /// Ends the program as a crash would.
    pub fn kill(&mut self) {
        self.signal("-KILL");
        self.child.wait().unwrap();
    }

    pub fn post(&self, path: &str, body: &str) {
        post(&self.address, path, "", body);
    }

    /// With header lines, each ended by CRLF.
    pub fn post_with(&self, path: &str, headers: &str, body: &str) {
        post(&self.address, path, headers, body);
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        std::process::Command::new("kill").args([signal, &pid]).status().unwrap();
    }

    /// What a program says that cannot start.
    pub fn output_of_failure(&mut self) -> String {
        assert_eq!(self.child.wait().unwrap().exit_code(), 3);
        self.sees("hint: ");
        self.screen.0.lock().unwrap().screen().contents()
    }

    /// Takes the terminal away, as closing its window does, and waits for the end.
    pub fn vanish(self) -> u32 {
        let Terminal { master, slave, writer, mut child, .. } = self;
        let process = child.process_id().unwrap();
        drop((writer, master, slave));
        // The reading end is held by a thread of this test: the hang-up is said in its place.
        std::process::Command::new("kill").args(["-HUP", &process.to_string()]).status().unwrap();
        child.wait().unwrap().exit_code()
    }

    /// Waits for the end: the exit status, and whether the terminal is as before.
    pub fn ended(&mut self) -> u32 {
        // One that does not end is ended, which is no end.
        let late = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (killed, mut killer) = (Arc::clone(&late), self.child.clone_killer());
        let (done, waiting) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(30)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                killed.store(true, std::sync::atomic::Ordering::SeqCst);
                let _ = killer.kill();
            }
        });
        let status = self.child.wait().unwrap().exit_code();
        drop(done);
        assert!(!late.load(std::sync::atomic::Ordering::SeqCst), "it did not end:\n{}", self.text());
        let (lock, changed) = &*self.screen;
        let guard = lock.lock().unwrap();
        let dirty = |p: &mut vt100::Parser| {
            let mouse = p.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None;
            mouse || p.screen().alternate_screen() || p.screen().bracketed_paste() || p.screen().hide_cursor()
        };
        let (guard, timeout) = changed.wait_timeout_while(guard, Duration::from_secs(10), dirty).unwrap();
        let screen = guard.screen();
        assert!(
            !timeout.timed_out(),
            "the terminal was not given back: mouse {:?}, alternate {}, paste {}, cursor hidden {}:\n{}",
            screen.mouse_protocol_mode(),
            screen.alternate_screen(),
            screen.bracketed_paste(),
            screen.hide_cursor(),
            screen.contents()
        );
        status
    }
}

pub fn post(address: &str, path: &str, headers: &str, body: &str) {
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}"
    );
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    assert_eq!(common::status(&common::read_head(&mut stream)), 200);
}

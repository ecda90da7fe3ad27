//! A subscriber's target: a real HTTP handler that answers as it is told.

use super::Home;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

type Says = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// A handler that answers as it is told, and can be stopped and started again at the same address.
pub struct Target {
    pub address: String,
    requests: Receiver<String>,
    sender: Sender<String>,
    says: Arc<Mutex<Says>>,
    running: Option<(Arc<AtomicBool>, std::thread::JoinHandle<()>)>,
}

pub fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n")
}

impl Target {
    /// One that answers 200.
    pub fn up() -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut target = Target::at(listener.local_addr().unwrap().to_string());
        target.listen(listener);
        target
    }

    /// An address at which nobody listens yet: one of its own, where nobody else is given a free port meanwhile.
    pub fn down() -> Target {
        static NEXT: AtomicU8 = AtomicU8::new(2);
        let own = NEXT.fetch_add(1, Ordering::SeqCst);
        let host = match cfg!(target_os = "linux") {
            true => format!("127.{}.{}.{own}", std::process::id() >> 8 & 127 | 1, std::process::id() & 255),
            false => "127.0.0.1".to_owned(),
        };
        Target::at(TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().to_string())
    }

    fn at(address: String) -> Target {
        let (sender, requests) = channel();
        let says: Says = Arc::new(|_| status("200 OK"));
        Target { address, requests, sender, says: Arc::new(Mutex::new(says)), running: None }
    }

    pub fn start(&mut self) {
        self.listen(TcpListener::bind(&self.address).unwrap());
    }

    fn listen(&mut self, listener: TcpListener) {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, sender, says) = (Arc::clone(&stop), self.sender.clone(), Arc::clone(&self.says));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (sender, says) = (sender.clone(), Arc::clone(&says));
                std::thread::spawn(move || serve(stream.unwrap(), &sender, &says));
            }
        });
        self.running = Some((stop, thread));
    }

    pub fn says(&self, says: impl Fn(&str) -> String + Send + Sync + 'static) {
        *self.says.lock().unwrap() = Arc::new(says);
    }

    pub fn next(&self) -> String {
        self.requests.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("nothing came"))
    }

    /// What has come already.
    pub fn try_next(&self) -> Result<String, std::sync::mpsc::TryRecvError> {
        self.requests.try_recv()
    }

    /// The ids of the next events, by the header that every delivery has.
    pub fn ids(&self, many: usize) -> Vec<u64> {
        (0..many).map(|_| id(&self.next())).collect()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            stop.store(true, Ordering::SeqCst);
            let _ = TcpStream::connect(&self.address);
            thread.join().unwrap();
        }
    }
}

fn serve(mut stream: TcpStream, sender: &Sender<String>, says: &Mutex<Says>) {
    let mut bytes = Vec::new();
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |n| n.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    let request = format!("{head}{}", String::from_utf8_lossy(&body));
    let answer = says.lock().unwrap().clone()(&request);
    let _ = sender.send(request);
    let _ = stream.write_all(answer.as_bytes());
}

pub fn id(request: &str) -> u64 {
    let mark = request.lines().find_map(|line| line.strip_prefix("Whisper-Event: ")).unwrap();
    mark.rsplit('/').next().unwrap().parse().unwrap()
}

pub fn configured(home: &Home, config: &str) {
    let folder = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), config).unwrap();
}

/// The part of a request after its head.
pub fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

/// The value of a header line.
pub fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    let lines = request.lines().take_while(|line| !line.is_empty());
    let mut pairs = lines.filter_map(|line| line.split_once(": "));
    pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Waits until the first subscriber is as wanted.
pub fn until(home: &Home, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let begin = std::time::Instant::now();
    loop {
        let standing = home.json(&["subscribers", "--json"]).remove(0);
        if wanted(&standing) {
            return standing;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "{standing}");
        std::thread::yield_now();
    }
}

//! Providers as senders: each retries as its documentation says, time-scaled, against every preset; the log shows the arrivals
//! that its schedule demands.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use base64::{Engine, prelude::BASE64_STANDARD as B64};
use common::{Home, status};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// The secret of all but Stripe, in the form that Svix wants and the others take as it is.
const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// How a provider sends. Hours are made to fractions of a second; time-outs are shortened less, for a machine that runs tests is
/// no faster than any other.
struct Provider {
    name: &'static str,
    /// It gives an answer up after this (Slack 3 s, GitHub 10 s, Svix 15 s).
    timeout: Duration,
    /// Between two attempts.
    waits: &'static [u64],
    signed: fn(&Delivery) -> String,
}

/// One attempt of one event.
struct Delivery<'a> {
    id: &'a str,
    body: &'a str,
    at: u64,
    retry: usize,
    /// Why the one before failed.
    reason: &'a str,
}

/// What a sender saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Status(u16),
    TimedOut,
}

const PROVIDERS: [Provider; 4] = [
    // docs.stripe.com/webhooks: in a sandbox three times over a few hours, exponentially.
    Provider { name: "stripe", timeout: Duration::from_millis(1500), waits: &[300, 600, 1200], signed: stripe },
    // docs.github.com: no automatic redelivery; somebody clicks twice.
    Provider { name: "github", timeout: Duration::from_millis(1500), waits: &[200, 200], signed: github },
    // docs.slack.dev, Events API: at once, after one minute, after five.
    Provider { name: "slack", timeout: Duration::from_millis(500), waits: &[0, 200, 1000], signed: slack },
    // docs.svix.com/retries: after 5 s, 5 min, 30 min, 2 h (and on).
    Provider { name: "svix", timeout: Duration::from_millis(1500), waits: &[20, 300, 600, 1200], signed: svix },
];

/// The statuses that an arrival may be told, by its number and by the milliseconds since the first.
type Tells = fn(usize, i64) -> &'static [u16];

/// The presets with times that fit the senders', and what each has to tell an arrival: by its number and by the time since
/// the first, in milliseconds. A time near a boundary may be taken for either side of it.
const PRESETS: [(&str, Tells); 5] = [
    ("flaky", |n, _| if n < 2 { &[500] } else { &[200] }),
    ("rate-limited-700ms", |_, at| until(at, 700, &[429], &[429, 200])),
    ("down-700ms", |_, at| until(at, 700, &[503], &[503, 200])),
    ("slack-550ms", |_, _| &[200]),
    ("slow-1900ms", |_, _| &[200]),
];

fn until(at: i64, end: i64, before: &'static [u16], near: &'static [u16]) -> &'static [u16] {
    match at - end {
        ..=-150 => before,
        150.. => &near[1..],
        _ => near,
    }
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn stripe(d: &Delivery) -> String {
    let signature = hex::encode(hmac(b"whsec_canary_test", &format!("{}.{}", d.at, d.body)));
    format!("User-Agent: Stripe/1.0\r\nStripe-Signature: t={},v1={signature}\r\n", d.at)
}

fn github(d: &Delivery) -> String {
    let signature = hex::encode(hmac(SECRET.as_bytes(), d.body));
    format!(
        "User-Agent: GitHub-Hookshot/1\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: {}\r\n\
         X-Hub-Signature-256: sha256={signature}\r\n",
        d.id
    )
}

fn slack(d: &Delivery) -> String {
    let signature = hex::encode(hmac(SECRET.as_bytes(), &format!("v0:{}:{}", d.at, d.body)));
    let again = match d.retry {
        0 => String::new(),
        n => format!("X-Slack-Retry-Num: {n}\r\nX-Slack-Retry-Reason: {}\r\n", d.reason),
    };
    format!("X-Slack-Request-Timestamp: {}\r\nX-Slack-Signature: v0={signature}\r\n{again}", d.at)
}

fn svix(d: &Delivery) -> String {
    let key = B64.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let signature = B64.encode(hmac(&key, &format!("{}.{}.{}", d.id, d.at, d.body)));
    format!("svix-id: {}\r\nsvix-timestamp: {}\r\nsvix-signature: v1,{signature}\r\n", d.id, d.at)
}

fn body(provider: &str, id: &str) -> String {
    match provider {
        "slack" => format!("{{\"type\":\"event_callback\",\"event_id\":\"{id}\",\"event\":{{\"type\":\"message\"}}}}"),
        "stripe" => format!("{{\"object\":\"event\",\"id\":\"{id}\",\"type\":\"invoice.paid\"}}"),
        _ => format!("{{\"type\":\"invoice.paid\",\"id\":\"{id}\"}}"),
    }
}

impl Provider {
    /// Sends one event until it is taken or the schedule ends; gives what was seen each time.
    fn deliver(&self, address: &str, path: &str, id: &str) -> Vec<Seen> {
        let body = body(self.name, id);
        let mut seen = Vec::new();
        let mut reason = "";
        for retry in 0..=self.waits.len() {
            if retry > 0 {
                // The schedule of a sender is made of pauses.
                #[allow(clippy::disallowed_methods)]
                std::thread::sleep(Duration::from_millis(self.waits[retry - 1]));
            }
            let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let lines = (self.signed)(&Delivery { id, body: &body, at, retry, reason });
            let outcome = self.attempt(address, path, &lines, &body);
            seen.push(outcome);
            match outcome {
                Seen::Status(200..=299) => break,
                Seen::Status(_) => reason = "http_error",
                Seen::TimedOut => reason = "http_timeout",
            }
        }
        seen
    }

    fn attempt(&self, address: &str, path: &str, lines: &str, body: &str) -> Seen {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n{lines}");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.set_read_timeout(Some(self.timeout)).unwrap();
        let mut answer = [0; 64];
        match stream.read(&mut answer) {
            Ok(n) => Seen::Status(status(std::str::from_utf8(&answer[..n]).unwrap())),
            Err(_) => Seen::TimedOut,
        }
    }
}

#[test]
fn every_provider_meets_every_preset_and_the_log_shows_its_schedule() {
    let home = Home::new();
    let folder = home.0.path().join("config/whisper-tui");
    std::fs::create_dir_all(&folder).unwrap();
    let rule = |provider: &Provider, preset: &str| {
        format!(
            "[[answer]]\nname = \"{0} {preset}\"\nwhen = \"path:/{0}/{preset}\"\npreset = \"{preset}\"\n",
            provider.name
        )
    };
    let rules = PROVIDERS.iter().flat_map(|p| PRESETS.iter().map(move |(preset, _)| rule(p, preset)));
    let secret = home.0.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let secrets: String =
        ["github", "slack", "svix"].map(|name| format!("{name} = [\"file:{}\"]\n", secret.display())).concat();
    let config = format!("[secrets]\n{secrets}{}", rules.collect::<String>());
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let serving = home.serve(&[]);
    let begin = Instant::now();
    let seen: Vec<(&Provider, &str, Tells, Vec<Seen>)> = std::thread::scope(|scope| {
        let mut senders = Vec::new();
        for provider in &PROVIDERS {
            for (preset, tells) in PRESETS {
                let address = &serving.address;
                senders.push(scope.spawn(move || {
                    let path = format!("/{}/{preset}", provider.name);
                    (
                        provider,
                        preset,
                        tells,
                        provider.deliver(address, &path, &format!("evt_{}_{preset}", provider.name)),
                    )
                }));
            }
        }
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert!(serving.terminate().success());
    for (provider, preset, tells, seen) in seen {
        examine(&home, provider, preset, tells, &seen);
    }
}

/// Whether what the sender saw and what the log holds are what preset and schedule demand.
fn examine(home: &Home, provider: &Provider, preset: &str, tells: Tells, seen: &[Seen]) {
    let at = format!("{} {preset}: {seen:?}", provider.name);
    let events = home.json(&["list", "--json", "--limit", "0", &format!("path:/{}/{preset}", provider.name)]);
    assert_eq!(events.len(), seen.len(), "{at}");
    let time = |n: usize| -> i64 {
        let text = events[n]["received_at"].as_str().unwrap();
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    };
    for (n, (event, seen)) in events.iter().zip(seen).enumerate() {
        let at = format!("{at}, arrival {n}: {event}");
        // One family of genuine arrivals, answered by the rule.
        assert_eq!(
            (event["source"].as_str(), event["arrival"].as_u64()),
            (Some(provider.name), Some(n as u64 + 1)),
            "{at}"
        );
        assert_eq!(
            (event["signature"]["verdict"].as_str(), event["conflict"].as_bool()),
            (Some("valid"), Some(false)),
            "{at}"
        );
        // A target that is up again has no rule left.
        let over = preset.starts_with("down") && event["answer"]["status"] == 200;
        let rule = if over { serde_json::Value::Null } else { format!("{} {preset}", provider.name).into() };
        assert_eq!(event["answer"]["rule"], rule, "{at}");
        let told = event["answer"]["status"].as_u64().unwrap() as u16;
        assert!(tells(n, time(n) - time(0)).contains(&told), "{at}");
        match seen {
            Seen::Status(status) => assert_eq!(*status, told, "{at}"),
            Seen::TimedOut => assert!(event["timing"]["total_us"].as_u64().unwrap() >= 500_000, "{at}"),
        }
        if n > 0 {
            assert!(time(n) - time(n - 1) >= provider.waits[n - 1] as i64 - 5, "{at}");
        }
    }
    // It ends with success, or where the schedule does.
    let taken = seen.last() == Some(&Seen::Status(200));
    assert!(taken || seen.len() == provider.waits.len() + 1, "{at}");
    match (preset, provider.name) {
        ("flaky", _) => assert_eq!(seen, [Seen::Status(500), Seen::Status(500), Seen::Status(200)], "{at}"),
        // Only Slack does not wait for so long; the second time it is answered at once.
        ("slack-550ms", "slack") => {
            assert_eq!(seen, [Seen::TimedOut, Seen::Status(200)], "{at}");
            let headers = home.text(&["show", &events[1]["id"].to_string(), "--headers"]);
            assert!(headers.contains("X-Slack-Retry-Reason: http_timeout"), "{headers}");
        }
        ("slack-550ms", _) => assert_eq!(seen, [Seen::Status(200)], "{at}"),
        ("slow-1900ms", _) => assert!(seen.iter().all(|seen| *seen == Seen::TimedOut), "{at}"),
        // Whoever clicks too soon is refused each time.
        (_, "github") => assert!(!taken, "{at}"),
        _ => assert!(taken, "{at}"),
    }
}

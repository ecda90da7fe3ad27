//! What can be seen of a scripted run: time and its parts, order, lateness, the pending state, counts for others.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Home, Serving};
use hmac::{Hmac, KeyInit, Mac};
use prometheus_parse::{Scrape, Value};
use serde_json::Value as Json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

const CONFIG: &str = r#"
[[source]]
name = "shop"
path = "/shop"
provider = "stripe"

[[source]]
name = "chat"
path = "/chat"
provider = "slack"

[[source]]
name = "code"
path = "/code"
provider = "github"

[[answer]]
when = "source:chat"
delay = "3200ms"
"#;

/// A handler that answers after this time, with these statuses one after the other; the last repeats.
fn slow_handler(delay: Duration, statuses: &'static [u16]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let status = statuses[n.min(statuses.len() - 1)];
            read_request(&mut stream);
            #[allow(clippy::disallowed_methods)] // what is measured
            std::thread::sleep(delay);
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}/hooks")
}

fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
}

fn stripe(serving: &Serving, id: &str, kind: &str, created: u64, status: &str) {
    let body = format!(
        r#"{{"id":"{id}","object":"event","type":"{kind}","created":{created},"data":{{"object":{{"id":"pi_1","status":"{status}"}}}}}}"#
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"whsec_canary_test").unwrap();
    mac.update(format!("{}.{body}", now()).as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    let headers = format!("Content-Type: application/json\r\nStripe-Signature: t={},v1={signature}\r\n", now());
    assert_eq!(serving.post("/shop", &headers, body.as_bytes()), 200);
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// Waits until this many lines of the command say so.
fn until(home: &Home, args: &[&str], many: &str) {
    let begin = Instant::now();
    while home.text(args).trim() != many {
        assert!(begin.elapsed() < Duration::from_secs(20), "{args:?}: {}", home.text(args));
        std::thread::yield_now();
    }
}

fn us(of: &Json) -> u64 {
    of.as_u64().unwrap_or_else(|| panic!("{of}"))
}

#[test]
fn order_lateness_objects_and_traces_can_be_asked_for() {
    let home = Home::new();
    let config = home.0.path().join("config.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let serving = home.serve(&["--config", config.to_str().unwrap()]);
    let made = now();
    stripe(&serving, "evt_1", "payment_intent.created", made - 5, "requires_payment_method");
    stripe(&serving, "evt_2", "payment_intent.succeeded", made - 2, "succeeded");
    stripe(&serving, "evt_3", "payment_intent.processing", made - 4, "processing");
    stripe(&serving, "evt_2", "payment_intent.succeeded", made - 2, "succeeded");
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let issue = br#"{"action":"opened","issue":{"number":12,"state":"open"},"repository":{"full_name":"octo/hello"}}"#;
    serving.post("/code", &format!("X-GitHub-Event: issues\r\nX-GitHub-Delivery: d-1\r\n{trace}"), issue);
    let begin = Instant::now();
    serving.post("/chat", "X-Slack-Signature: v0=00\r\n", br#"{"type":"event_callback","event_id":"Ev1"}"#);
    assert!(begin.elapsed() >= Duration::from_millis(3_200));
    until(&home, &["list", "--count", "is:late"], "1");
    let one = |filter: &str| home.json(&["list", "--json", filter]).remove(0);
    let late = one("is:late");
    assert_eq!((late["id"].as_i64(), late["timing"]["deadline_us"].as_i64()), (Some(6), Some(3_000_000)));
    assert_eq!(late["timing"]["late"], true);
    let reordered = one("is:reordered");
    assert_eq!((reordered["id"].as_i64(), reordered["overtaken_by"].as_i64()), (Some(3), Some(2)));
    assert_eq!(home.text(&["list", "--count", "object:pi_1"]).trim(), "4");
    assert_eq!(
        home.text(&["list", "--count", "object:octo/hello#12 trace:4bf92f3577b34da6a3ce929d0e0e4736"]).trim(),
        "1"
    );
    assert_eq!(home.text(&["list", "--count", "has:object -is:late"]).trim(), "5");
    let event = one("id:2");
    assert_eq!(event["object"], "pi_1");
    let seconds = event["made_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(seconds as u64, made - 2);
}

#[test]
fn phases_add_up_to_what_the_client_and_the_handler_measured() {
    let home = Home::new();
    let (delay, slack) = (Duration::from_millis(300), 150_000);
    let url = slow_handler(delay, &[200]);
    let serving = home.serve(&["--forward", &url]);
    let mut stream = serving.connect();
    let begin = Instant::now();
    // The body comes in two parts, so that there is something to be measured.
    stream.write_all(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab").unwrap();
    #[allow(clippy::disallowed_methods)] // what is measured
    std::thread::sleep(delay);
    stream.write_all(b"cd").unwrap();
    common::read_head(&mut stream);
    let measured = begin.elapsed().as_micros() as u64;
    until(&home, &["list", "--count", "delivery:delivered ack:>0us"], "1");
    let event = &home.json(&["show", "1", "--json"])[0];
    let timing = &event["timing"];
    let phases: u64 = ["head", "body", "verify", "queue", "commit", "answer"]
        .iter()
        .map(|name| us(&timing[format!("{name}_us")]))
        .sum();
    assert_eq!(phases, us(&timing["total_us"]), "{timing}");
    assert!(us(&timing["body_us"]) >= 290_000 && us(&timing["body_us"]) <= measured, "{timing} {measured}");
    assert!(measured >= phases && measured - phases < slack, "{timing} {measured}");
    let attempt = &event["deliveries"][0]["attempts"][0];
    let of = |name: &str| attempt[format!("{name}_us")].as_u64().unwrap_or(0);
    let spent: u64 = ["dns", "connect", "tls", "send", "wait", "receive"].into_iter().map(of).sum();
    assert!(of("wait") >= 300_000 && of("wait") < 300_000 + slack, "{attempt}");
    assert!(of("total") >= spent && of("total") - spent < slack, "{attempt}");
    let begun = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
    let received = begun(event["received_at"].as_str().unwrap());
    let on_disk = received + phases as i64 - us(&timing["head_us"]) as i64 - us(&timing["answer_us"]) as i64;
    let started = begun(attempt["at"].as_str().unwrap());
    assert!((started - on_disk).abs_diff(of("queue") as i64) < slack, "{attempt} {timing}");
}

#[test]
fn metrics_and_stats_count_what_happened_and_name_no_content() {
    let home = Home::new();
    let url = slow_handler(Duration::ZERO, &[503, 200]);
    let mut serving = home.serve(&["--forward", &url, "--metrics", "0"]);
    let metrics = serving.next("metrics")["url"].as_str().unwrap().to_owned();
    let address = metrics.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/").starts_with("HTTP/1.1 404"));
    for n in 0..3 {
        serving.post(&format!("/secret-path-{n}"), "", b"{\"canary\":1}");
    }
    let begin = Instant::now();
    let scrape = loop {
        let answer = get("/metrics");
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert!(answer.contains("text/plain; version=0.0.4"), "{answer}");
        assert!(!body.contains("secret-path") && !body.contains("canary"), "{body}");
        let scrape = Scrape::parse(body.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let value = |name: &str| {
            let samples = scrape.samples.iter().filter(|sample| sample.metric == name);
            samples
                .map(|sample| match &sample.value {
                    Value::Counter(n) | Value::Gauge(n) | Value::Untyped(n) => *n,
                    _ => 0.0,
                })
                .sum::<f64>()
        };
        if value("whisper_attempts_succeeded_total") >= 3.0 && value("whisper_events_total") == 3.0 {
            assert!(value("whisper_attempts_total") >= 4.0, "{body}");
            break scrape;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{body}");
        std::thread::yield_now();
    };
    let buckets = scrape.samples.iter().find(|sample| sample.metric == "whisper_ack_seconds").unwrap();
    let Value::Histogram(buckets) = &buckets.value else { panic!("{buckets:?}") };
    assert_eq!(buckets.last().unwrap().count, 3.0);
    assert!(buckets.windows(2).all(|two| two[0].count <= two[1].count));
    let stats = home.json(&["stats", "--json"]);
    let scope = |scope: &str| stats.iter().find(|line| line["scope"] == scope).unwrap();
    assert_eq!((scope("all")["events"].as_i64(), scope("subscriber")["name"].as_str()), (Some(3), Some(url.as_str())));
    assert_eq!(scope("subscriber")["answers"]["200"], 3);
    assert!(home.text(&["stats"]).contains("attempts for"));
    let other = home.0.path().join("other.db");
    let taken =
        home.run(&["serve", "--store", other.to_str().unwrap(), "--listen", "127.0.0.1:0", "--metrics", &address]);
    assert_eq!(taken.status.code(), Some(3));
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(
        said.starts_with(&format!("error: metrics at {address}: ")) && said.contains("\nhint: another one: --metrics"),
        "{said}"
    );
}

#[test]
#[ignore = "needs Prometheus' client library for Python; .ci/run installs and runs it"]
fn prometheus_own_client_reads_the_metrics() {
    let home = Home::new();
    let url = slow_handler(Duration::ZERO, &[200]);
    let mut serving = home.serve(&["--forward", &url, "--metrics", "0"]);
    let metrics = serving.next("metrics")["url"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        serving.post("/a", "", b"{}");
    }
    until(&home, &["list", "--count", "delivery:delivered"], "3");
    let program = "
import sys, urllib.request
from prometheus_client.parser import text_string_to_metric_families
families = {f.name: f for f in text_string_to_metric_families(urllib.request.urlopen(sys.argv[1]).read().decode())}
print(int(sum(s.value for s in families['whisper_events'].samples)), families['whisper_ack_seconds'].type)
";
    let python = std::env::var("CLIENT").unwrap_or_else(|_| "python3".to_owned());
    let out = std::process::Command::new(python).args(["-c", program, &metrics]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "3 histogram\n", "{}", String::from_utf8_lossy(&out.stderr));
}

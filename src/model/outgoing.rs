//! What leaves for a target: the headers of a stored event made fit to travel again (contract section 5).
//! It must not touch the body, which is always the stored bytes, and must not take a target from an event.

use super::{Event, EventId, Headers, KeyPolicy, LogId, Target};
use sha2::{Digest, Sha256};

/// The most logs a request may have come through.
const MOST_HOPS: usize = 3;

/// Bytes of an idempotency key.
const LONGEST_KEY: usize = 1024;

/// Header that names the logs a request came through.
const HOP: &str = "Whisper-Hop";

/// Why something goes out; decides the marking headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayMark {
    /// `r` or `resend ID`.
    Manual,
    /// By a filter.
    Replay,
    /// By itself, for a subscriber.
    Live,
}

/// Method, path and header lines, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Request method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header lines in order, `Host` and `Content-Length` included.
    pub headers: Headers,
}

/// What goes out for `event`, to a command where there is no target; `fresh` is the text of a new idempotency key, should one be asked for.
pub fn outgoing(
    log: &LogId,
    id: EventId,
    event: &Event,
    target: Option<&Target>,
    mark: ReplayMark,
    key: KeyPolicy,
    fresh: &str,
) -> Outgoing {
    let received = event.head.headers();
    let mut headers = Headers::default();
    if let Some(target) = target {
        headers.push("Host", target.authority());
    }
    end_to_end(&received).iter().for_each(|(name, value)| headers.push(name, value));
    let mut hops = hops(&received);
    hops.push(log.0.clone());
    let idempotency = match key {
        KeyPolicy::Same => format!("{}:{}:{}", log.0, event.source, event.key.clone().unwrap_or(id.to_string())),
        KeyPolicy::Fresh => fresh.to_owned(),
    };
    headers.push("Whisper-Event", format!("{}/{}", log.0, id));
    match mark {
        ReplayMark::Manual => headers.push("Whisper-Replay", "manual"),
        ReplayMark::Replay => headers.push("Whisper-Replay", "replay"),
        ReplayMark::Live => {}
    }
    headers.push(HOP, hops.join(","));
    headers.set("Idempotency-Key", bounded(visible_ascii(&idempotency)));
    headers.push("Content-Length", event.body.len().to_string());
    let path = target.map_or(event.target.clone(), |target| target.path_for(&event.target));
    Outgoing { method: event.method.clone(), path, headers }
}

/// The header lines that are not for one connection only, without the marks of an earlier journey and the host.
pub fn end_to_end(received: &Headers) -> Headers {
    let named = connection_names(received);
    let mut headers = Headers::default();
    for (name, value) in received.iter() {
        if !is_hop_by_hop(name) && !named.iter().any(|n| n.eq_ignore_ascii_case(name)) && !is_ours(name) {
            headers.push(name, value);
        }
    }
    headers
}

/// The logs that a request came through, oldest first.
pub fn hops(headers: &Headers) -> Vec<String> {
    headers
        .all(HOP)
        .flat_map(|value| value.split(|&b| b == b','))
        .map(|hop| String::from_utf8_lossy(hop).trim().to_owned())
        .filter(|hop| !hop.is_empty())
        .collect()
}

impl LogId {
    /// Whether a request that came through `hops` would go round in a circle here.
    pub fn closes_a_loop(&self, hops: &[String]) -> bool {
        hops.len() >= MOST_HOPS || hops.contains(&self.0)
    }
}

/// Names that `Connection` declares to be for one hop only (RFC 9110 section 7.6.1).
fn connection_names(headers: &Headers) -> Vec<Vec<u8>> {
    headers
        .all("connection")
        .flat_map(|value| value.split(|&b| b == b','))
        .map(|name| name.trim_ascii().to_vec())
        .collect()
}

fn is_hop_by_hop(name: &[u8]) -> bool {
    const NAMES: [&str; 8] =
        ["connection", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "host", "content-length"];
    NAMES.iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes()))
        || name.len() >= 6 && name[..6].eq_ignore_ascii_case(b"proxy-")
        // HTTP/2 upgrade offer and a question that only the first hop can answer.
        || name.eq_ignore_ascii_case(b"http2-settings")
        || name.eq_ignore_ascii_case(b"expect")
}

/// Marks of an earlier journey, replaced by those of this one.
fn is_ours(name: &[u8]) -> bool {
    ["whisper-event", "whisper-replay", "whisper-hop", "whisper-test"]
        .iter()
        .any(|n| name.eq_ignore_ascii_case(n.as_bytes()))
}

/// A key that a sender has made very long is told by its SHA-256: no header and no variable has room for it.
fn bounded(key: String) -> String {
    match key.len() {
        0..=LONGEST_KEY => key,
        _ => format!("sha256:{}", hex::encode(Sha256::digest(key.as_bytes()))),
    }
}

/// Percent-encodes what a header value cannot carry, so that different keys stay different.
fn visible_ascii(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        match b {
            0x21..=0x7e if b != b'%' => out.push(b as char),
            _ => out.push_str(&format!("%{b:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Head;
    use crate::model::event::sample;

    fn event(head: &str) -> Event {
        Event { head: Head(format!("POST /a?b HTTP/1.1\r\n{head}\r\n").into_bytes()), ..sample() }
    }

    #[test]
    fn drops_what_belongs_to_one_hop_and_marks_the_rest() {
        let event = event(
            "Host: old\r\nX-Sig: 1\r\nConnection: close, X-Secret-Hop\r\nX-Secret-Hop: 1\r\nTE: x\r\n\
             Proxy-Authorization: p\r\nWhisper-Hop: other\r\nContent-Length: 99\r\nx-sig: 2\r\n",
        );
        let out = outgoing(
            &LogId("log".into()),
            EventId(7),
            &event,
            Some(&Target::parse("http://localhost:3000").unwrap()),
            ReplayMark::Manual,
            KeyPolicy::Same,
            "",
        );
        assert_eq!(out.path, "/a?b");
        assert_eq!(
            String::from_utf8(out.headers.to_lines()).unwrap(),
            "Host: localhost:3000\r\nX-Sig: 1\r\nx-sig: 2\r\nWhisper-Event: log/7\r\nWhisper-Replay: manual\r\n\
             Whisper-Hop: other,log\r\nIdempotency-Key: log:stripe:evt%201\r\nContent-Length: 2\r\n"
        );
    }

    #[test]
    fn a_key_without_end_is_told_by_its_hash() {
        let long = Event { key: Some("k".repeat(300_000)), ..event("") };
        let key = |event: &Event| {
            let log = LogId("log".into());
            let out = outgoing(&log, EventId(7), event, None, ReplayMark::Live, KeyPolicy::Same, "");
            out.headers.text("idempotency-key").unwrap().to_owned()
        };
        assert!(key(&long).starts_with("sha256:") && key(&long).len() < 100 && key(&long) == key(&long));
        assert_ne!(key(&long), key(&Event { key: Some("k".repeat(300_001)), ..event("") }));
    }

    #[test]
    fn a_loop_is_seen() {
        let log = LogId("me".into());
        let through = |text: &str| hops(&Headers::parse_lines(format!("whisper-hop: {text}").as_bytes()));
        assert!(log.closes_a_loop(&through("a, me")));
        assert!(log.closes_a_loop(&through("a,b,c")));
        assert!(!log.closes_a_loop(&through("a,b")));
    }
}

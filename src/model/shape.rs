//! The JSON shapes of contract section 4, for every place where they leave the program.
//! It must not decide anything: a shape shows what is there, redacted where the caller asks for it.

use super::{
    Answer, Attempt, Change, DeliveryState, Diagnosis, Gap, Headers, Judgement, Phases, Resent, StoredEvent,
    SubscriberStanding, Tally, Timestamp, Track,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// An event as in `list --json`.
pub fn event(stored: &StoredEvent) -> Value {
    let e = &stored.event;
    let t = stored.timing();
    let mut out = json!({
        "id": stored.id.0,
        "class": e.class.name(),
        "received_at": e.received_at.to_string(),
        "source": e.source,
        "provider": e.provider,
        "type": e.event_type,
        "key": e.key,
        "object": e.origin.object,
        "made_at": e.origin.made_at.map(|at| at.to_string()),
        "sequence": e.origin.sequence,
        "overtaken_by": stored.overtaken_by.map(|id| id.0),
        "arrival": stored.family.arrival,
        "duplicate_of": stored.family.duplicate_of.map(|id| id.0),
        "conflict": stored.family.conflict,
        "method": e.method,
        "request_target": e.target,
        "version": e.version,
        "remote": e.remote,
        "content_type": e.content_type,
        "size": stored.size,
        "signature": signature(stored),
        "answer": stored.answer.as_ref().map(answer),
        "timing": {
            "head_us": t.head_us, "body_us": t.body_us, "verify_us": t.verify_us, "queue_us": t.queue_us,
            "commit_us": t.commit_us, "answer_us": t.answer_us, "total_us": t.total_us,
            "deadline_us": e.origin.deadline_us, "late": stored.is_late(),
        },
        "deliveries": deliveries(stored, false),
        "pinned": stored.marks.pinned,
        "note": stored.marks.note,
    });
    if let Some(why) = &e.rejected {
        out["rejected"] = json!(why);
    }
    if !stored.drift.is_empty() {
        out["drift"] = json!(stored.drift);
    }
    if stored.damaged {
        out["damaged"] = json!(true);
    }
    out
}

/// What the sender was told; the rule stands there only where one said so.
fn answer(answer: &Answer) -> Value {
    let mut out = json!({"status": answer.status});
    if let Some(rule) = &answer.rule {
        out["rule"] = json!(rule);
    }
    if let Some(how) = answer.how {
        out["how"] = json!(how.name());
    }
    out
}

/// An event as in `show --json`: with headers, body, the proof and whole attempts.
pub fn whole_event(
    stored: &StoredEvent,
    proof: &Judgement,
    diagnosis: &Diagnosis,
    (made_at, attempt): (Option<Timestamp>, Option<String>),
) -> Value {
    let mut out = event(stored);
    if let Some(at) = made_at {
        out["made_at"] = json!(at.to_string());
    }
    out["provider_attempt"] = json!(attempt);
    out["headers"] = headers(&stored.event.head.headers());
    if stored.event.trailers.len() > 0 {
        out["trailers"] = headers(&stored.event.trailers);
    }
    out["body_base64"] = json!(BASE64_STANDARD.encode(&stored.event.body));
    out["signature"]["steps"] = steps(proof);
    out["signature"]["tried"] = tried(diagnosis);
    out["deliveries"] = deliveries(stored, true);
    out
}

/// An event as a command gets it: as it goes out, with what would be its headers and its body, as text where it is text.
pub fn for_command(stored: &StoredEvent, sent: &Headers) -> Value {
    let mut out = event(stored);
    let body = &stored.event.body;
    out["headers"] = headers(sent);
    out["body"] = json!(std::str::from_utf8(body).ok());
    out["body_base64"] = json!(BASE64_STANDARD.encode(body));
    out
}

/// What `verify --json` prints.
pub fn verdict(judgement: &Judgement, diagnosis: &Diagnosis) -> Value {
    json!({
        "verdict": judgement.verdict.name(),
        "provider": judgement.provider,
        "secret": judgement.secret,
        "reason": judgement.reason.map(|r| r.name()),
        "skew_us": judgement.skew_us,
        "steps": steps(judgement),
        "tried": tried(diagnosis),
    })
}

fn tried(diagnosis: &Diagnosis) -> Value {
    diagnosis.tried.iter().map(|guess| json!({"guess": guess.guess, "matched": guess.matched})).collect()
}

/// A line of `stats --json` for some events.
pub fn tally(scope: &str, name: Option<&str>, tally: &Tally) -> Value {
    let ack = tally.ack();
    json!({
        "scope": scope, "name": name, "events": tally.events, "verdicts": tally.verdicts, "answers": tally.answers,
        "p50_us": ack.p50, "p95_us": ack.p95, "p99_us": ack.p99, "rate_per_min": tally.rate_per_min(),
    })
}

/// A line of `stats --json` for a time in which nobody listened.
pub fn gap(gap: &Gap) -> Value {
    let reason = match gap {
        Gap { refused: 1.., .. } => "refused",
        Gap { killed: true, .. } => "killed",
        _ => "stopped",
    };
    let mut out = json!({"scope": "gap", "from": gap.from.to_string(), "to": gap.to.to_string(), "reason": reason});
    if gap.refused > 0 {
        out["requests"] = json!(gap.refused);
    }
    out
}

/// A line of `subscribers --json`.
pub fn subscriber(standing: &SubscriberStanding) -> Value {
    let at = |us: i64| Timestamp(us).to_string();
    let last =
        standing.last.as_ref().map(|(us, status, error)| json!({"at": at(*us), "status": status, "error": error}));
    json!({
        "name": standing.name, "url": standing.url, "state": standing.state.name(), "waiting": standing.waiting,
        "oldest": standing.oldest.map(at), "dead": standing.dead, "delivered": standing.delivered,
        "ok_percent": standing.ok_percent, "p95_us": standing.p95_us, "last": last, "next": standing.next.map(at),
        "held": standing.held, "sending": standing.sending, "per_min": standing.per_min, "order": standing.order,
        "policy": standing.policy, "filter": standing.when,
    })
}

/// What `resend --json` prints.
pub fn resent(resent: &Resent) -> Value {
    json!({
        "event": resent.attempt.what.event.0,
        "attempt": attempt(&resent.attempt),
        "before": resent.before.as_ref().map(|b| json!({"status": b.what.status})),
        "change": resent.change().map(Change::name),
    })
}

/// One attempt.
pub fn attempt(attempt: &Attempt) -> Value {
    let a = &attempt.what;
    let mut out = Map::new();
    out.insert("at".into(), json!(a.at.to_string()));
    out.insert("cause".into(), json!(a.cause.name()));
    out.insert("url".into(), json!(a.url));
    out.insert("status".into(), json!(a.status));
    out.insert("error".into(), json!(a.error));
    for (name, us) in Phases::named(&a.phases) {
        out.insert(format!("{name}_us"), json!(us));
    }
    out.insert("total_us".into(), json!(a.total_us));
    out.insert("request_headers".into(), headers(&a.request_headers));
    if let Some(body) = &a.request_body {
        out.insert("request_body_base64".into(), json!(BASE64_STANDARD.encode(body)));
    }
    out.insert("response_headers".into(), headers(&a.response_headers));
    out.insert("response_body_base64".into(), json!(BASE64_STANDARD.encode(&a.response_body)));
    if a.truncated {
        out.insert("response_truncated".into(), json!(true));
    }
    Value::Object(out)
}

/// `[["Name","value"],...]`; a value that is not UTF-8 as `{"base64":"..."}`.
pub fn headers(headers: &Headers) -> Value {
    let value = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({"base64": BASE64_STANDARD.encode(bytes)}),
    };
    headers.iter().map(|(n, v)| json!([String::from_utf8_lossy(n), value(v)])).collect()
}

fn signature(stored: &StoredEvent) -> Value {
    let judgement = &stored.event.judgement;
    json!({
        "verdict": judgement.verdict.name(),
        "at_arrival": stored.at_arrival.unwrap_or(judgement.verdict).name(),
        "provider": judgement.provider,
        "secret": judgement.secret,
        "reason": judgement.reason.map(|r| r.name()),
        "skew_us": judgement.skew_us,
    })
}

fn steps(judgement: &Judgement) -> Value {
    judgement.steps.iter().map(|s| json!({"step": s.step, "shows": s.shows, "ok": s.ok})).collect()
}

/// What became of it for each subscriber, then attempts to plain URLs.
fn deliveries(stored: &StoredEvent, whole: bool) -> Value {
    let one = |track: Track| {
        let tries = match whole {
            true => track.attempts.iter().map(|a| attempt(a)).collect(),
            false => json!(track.attempts.len()),
        };
        let mut out = json!({
            "subscriber": track.subscriber, "url": track.url, "state": track.state().map(DeliveryState::name),
            "attempts": tries, "status": track.status(),
        });
        if let Some(reason) = track.delivery.and_then(|delivery| delivery.reason.as_ref()) {
            out["reason"] = json!(reason);
        }
        out
    };
    stored.tracks().into_iter().map(one).collect()
}

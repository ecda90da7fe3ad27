//! Plain lines for people. Everything that came from outside is escaped, in a pipe too.

use crate::model::{Attempt, Class, Diagnosis, Judgement, StoredEvent, bytes_size, micros, safe, safe_json};
use jiff::tz::TimeZone;

/// One JSON object as a line that a terminal cannot obey.
pub(super) fn json_line(value: &serde_json::Value) -> String {
    safe_json(&value.to_string())
}

/// One event in one line.
pub(super) fn event_line(stored: &StoredEvent, zone: &TimeZone) -> String {
    let e = &stored.event;
    let mut line = format!(
        "{:>6}  {}  {:<12} {:<32} {:<4} {:>8}",
        stored.id.0,
        e.received_at.clock(zone),
        safe(&e.source),
        safe(&e.label()),
        e.judgement.verdict.word(),
        bytes_size(stored.size)
    );
    if let Some(answer) = &stored.answer {
        line.push_str(&format!("  {} in {}", answer.told(), micros(answer.total_us)));
    }
    if e.class != Class::Request {
        line.push_str(&format!("  {}", e.class.name()));
    }
    if let Some(why) = &e.rejected {
        line.push_str(&format!(": {}", safe(why)));
    }
    if let Some(id) = stored.family.duplicate_of {
        line.push_str(&format!("  duplicate of #{id}"));
    }
    if stored.damaged {
        line.push_str("  DAMAGED: the stored bytes no longer match their checksum");
    }
    line
}

/// One attempt in one line.
pub(super) fn attempt_line(attempt: &Attempt) -> String {
    let a = &attempt.what;
    format!("#{} -> {}  {} in {}", a.event, safe(&a.url), safe(&a.outcome()), micros(a.total_us))
}

/// The proof, line by line.
pub(super) fn proof(judgement: &Judgement, diagnosis: &Diagnosis) -> String {
    let mut out = format!("{}  {}", judgement.verdict.word(), judgement.verdict.name());
    if let Some(provider) = &judgement.provider {
        out.push_str(&format!("  {}", safe(provider)));
    }
    if let Some(secret) = &judgement.secret {
        out.push_str(&format!("  secret {}", safe(secret)));
    }
    if let Some(reason) = judgement.reason {
        out.push_str(&format!("  ({})", reason.name()));
    }
    for (n, step) in judgement.steps.iter().enumerate() {
        let mark = match step.ok {
            Some(true) => "ok",
            Some(false) => "NO",
            None => "-",
        };
        out.push_str(&format!("\n{} {:<12} {:<2}  {}", n + 1, step.step, mark, safe(&step.shows)));
    }
    diagnosis.words.iter().for_each(|words| out.push_str(&format!("\n  {}", safe(words))));
    out
}

//! What would leave, as lines of the dialog: what is new or left out against what was received.
//! It must not show a credential, nor a value before it is known whether it is one.

use super::compare::difference;
use crate::app::Opened;
use crate::body::compare_bodies;
use crate::model::{Headers, Outgoing, Painted, Role, bytes_size, count, is_credential, safe, safe_bytes};

/// The request line, what is new or left out against what was received, and the rest as a count.
pub(super) fn preview(outgoing: &Outgoing, opened: Option<&Opened>, edited: bool) -> Vec<Painted> {
    let first = format!("{} {} HTTP/1.1", safe(&outgoing.method), safe(&outgoing.path));
    let mut lines = vec![Painted::of(Role::Strong, first)];
    let Some(opened) = opened else {
        // Which values are credentials is known once the event has been read; then this is made anew.
        lines.push(Painted::of(Role::Faint, count(outgoing.headers.len() as u64, "header line")));
        return lines;
    };
    let received = &opened.headers;
    let secret_header = opened.secret_header.as_deref();
    let has = |headers: &Headers, line: (&[u8], &[u8])| headers.iter().any(|other| other == line);
    let sent: Vec<_> = outgoing.headers.iter().collect();
    for (name, value) in sent.iter().filter(|line| !has(received, **line)) {
        let value = match is_credential(name, secret_header) {
            true => "••••".to_owned(),
            false => safe_bytes(value).to_string(),
        };
        lines.push(Painted::of(Role::Good, format!("{}: {value}", safe_bytes(name))));
    }
    let gone = received.iter().filter(|(name, _)| !sent.iter().any(|(other, _)| name.eq_ignore_ascii_case(other)));
    let gone: Vec<String> = gone.map(|(name, _)| safe_bytes(name).to_string()).collect();
    if !gone.is_empty() {
        lines.push(Painted::of(Role::Bad, format!("left out: {}", gone.join(", "))));
    }
    let same = sent.iter().filter(|line| has(received, **line)).count();
    let size = match edited {
        true => String::new(),
        false => format!("; body as received, {}", bytes_size(opened.stored.size)),
    };
    lines.push(Painted::of(Role::Faint, format!("{} as received{size}", count(same as u64, "header line"))));
    lines
}

/// Bytes of a body up to which it is compared, and how many lines that differ are shown.
const COMPARED: usize = 64 << 10;
const SHOWN: usize = 8;

/// What was edited in the body.
pub(super) fn changed_lines(before: &[u8], after: &[u8]) -> Vec<Painted> {
    if before == after {
        return vec![Painted::of(Role::Faint, format!("body as received, {}", bytes_size(after.len() as u64)))];
    }
    let title =
        format!("body edited, {} instead of {}", bytes_size(after.len() as u64), bytes_size(before.len() as u64));
    let mut lines = vec![Painted::of(Role::Strong, title)];
    if before.len().max(after.len()) > COMPARED {
        return lines;
    }
    let comparison = compare_bodies(before, after);
    if !comparison.by_line {
        let by_key = comparison.differences.iter().flat_map(difference).take(SHOWN);
        lines.extend(by_key);
        return lines;
    }
    let (old, new) = (String::from_utf8_lossy(before), String::from_utf8_lossy(after));
    let diff = similar::TextDiff::from_lines(old.as_ref(), new.as_ref());
    let changed = diff.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    lines.extend(changed.take(SHOWN).map(|change| {
        let role = if change.tag() == similar::ChangeTag::Insert { Role::Good } else { Role::Bad };
        Painted::of(role, format!("{} {}", change.tag(), safe(change.value().trim_end_matches('\n'))))
    }));
    lines
}

//! What happened to an event as lanes: the phases of its capture, then each try to bring it somewhere.
//! It must not know how wide the screen is; moments are microseconds since the first byte.

use crate::model::{Attempt, Role, StoredEvent, Timestamp, Track, micros, safe};
use jiff::tz::TimeZone;

/// What time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// In a queue.
    Queued,
    /// Something was done here or on the wire.
    Work,
    /// For the first byte of an answer.
    Wait,
    /// Between two tries.
    BackOff,
}

impl Kind {
    /// All of them with the sign and the words of each.
    pub(super) const ALL: [(Kind, char, &'static str); 4] = [
        (Kind::Queued, '░', "queued"),
        (Kind::Work, '█', "working"),
        (Kind::Wait, '▒', "waiting"),
        (Kind::BackOff, '·', "back-off"),
    ];

    pub(super) fn sign(self) -> char {
        Self::ALL[self as usize].1
    }
}

/// A stretch of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) kind: Kind,
    pub(super) from: i64,
    pub(super) to: i64,
}

/// A row of the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    pub(super) result: String,
    pub(super) role: Role,
    /// It is a try, made or to come.
    pub(super) is_try: bool,
    /// The attempt that it stands for, by its place among those of the event.
    pub(super) attempt: Option<usize>,
}

impl Lane {
    /// From when on something was done or waited for.
    pub(super) fn working(&self) -> Option<(i64, i64)> {
        let parts = || self.parts.iter().filter(|part| matches!(part.kind, Kind::Work | Kind::Wait));
        Some((parts().map(|part| part.from).min()?, parts().map(|part| part.to).max()?))
    }

    /// From its first to its last moment, the time between tries apart.
    pub(super) fn busy(&self) -> Option<(i64, i64)> {
        let parts = || self.parts.iter().filter(|part| part.kind != Kind::BackOff);
        Some((parts().map(|part| part.from).min()?, parts().map(|part| part.to).max()?))
    }
}

/// The phases of the capture, one lane each, one after the other.
pub(super) fn capture(stored: &StoredEvent) -> Vec<Lane> {
    let mut at = 0;
    let mut lanes = Vec::new();
    for (name, us) in stored.timing().named() {
        let Some(us) = us else { continue };
        let kind = if name == "queue" { Kind::Queued } else { Kind::Work };
        let part = Part { kind, from: at, to: at + us as i64 };
        at = part.to;
        let told = stored.answer.as_ref().filter(|_| name == "answer").map(|answer| format!("  {}", answer.words()));
        lanes.push(Lane {
            name: name.to_owned(),
            parts: vec![part],
            result: format!("{}{}", micros(us), told.unwrap_or_default()),
            role: Role::Plain,
            is_try: false,
            attempt: None,
        });
    }
    lanes
}

/// Each try, by where it went; and the next one, where one is to come.
pub(super) fn attempts(stored: &StoredEvent, zone: &TimeZone) -> Vec<Lane> {
    let begin = Timestamp(stored.event.received_at.0 - stored.event.head_us as i64);
    stored
        .tracks()
        .iter()
        .zip(('A'..='Z').cycle())
        .flat_map(|(track, letter)| of_track(stored, track, (letter, begin, zone)))
        .collect()
}

fn of_track(stored: &StoredEvent, track: &Track, (letter, begin, zone): (char, Timestamp, &TimeZone)) -> Vec<Lane> {
    let name = track.subscriber.unwrap_or(track.url);
    let mut last: Option<i64> = None;
    let mut lanes = Vec::new();
    for (n, attempt) in track.attempts.iter().enumerate() {
        let mut parts = parts(attempt, begin);
        let first = parts.first().map_or(0, |part| part.from);
        let backed_off = last.filter(|last| track.subscriber.is_some() && *last < first);
        parts.splice(0..0, backed_off.map(|from| Part { kind: Kind::BackOff, from, to: first }));
        last = parts.last().map(|part| part.to);
        let succeeded = attempt.what.succeeded();
        let mark = if succeeded { "" } else { "✗ " };
        lanes.push(Lane {
            name: title(letter, name, n, track),
            parts,
            result: format!("{mark}{}  {}", safe(&attempt.what.outcome()), micros(attempt.what.total_us)),
            role: if succeeded { Role::Good } else { Role::Bad },
            is_try: true,
            attempt: stored.attempts.iter().position(|one| one.id == attempt.id),
        });
    }
    if let Some((due, from)) = track.delivery.and_then(|delivery| delivery.due).zip(last) {
        let to = due.since(begin).max(from);
        lanes.push(Lane {
            name: title(letter, name, track.attempts.len(), track),
            parts: vec![Part { kind: Kind::BackOff, from, to }],
            result: format!("next at {}", due.clock(zone)),
            role: Role::Warn,
            is_try: true,
            attempt: None,
        });
    }
    lanes
}

/// `B billing 2`; of further tries the number alone.
fn title(letter: char, name: &str, n: usize, track: &Track) -> String {
    let by_hand = if track.subscriber.is_none() { "M" } else { "" };
    match n {
        0 => format!("{letter} {} {by_hand}1", safe(name)),
        n => format!("  {by_hand}{}", n + 1),
    }
}

/// The phases of one try.
fn parts(attempt: &Attempt, begin: Timestamp) -> Vec<Part> {
    let a = &attempt.what;
    let p = &a.phases;
    // By hand the total begins with the order, else with the sending.
    let queue = p.queue_us.unwrap_or(0) as i64;
    let start = a.at.since(begin);
    let end = start + a.total_us as i64 - if a.subscriber.is_none() { queue } else { 0 };
    let us = |phase: Option<u64>| phase.unwrap_or(0) as i64;
    let sent = start + us(p.dns_us) + us(p.connect_us) + us(p.tls_us) + us(p.send_us);
    // What was waited for and never came ends with the try.
    let answered = p.wait_us.map_or(end, |wait| (sent + wait as i64).min(end)).max(sent);
    [
        (Kind::Queued, start - queue, start),
        (Kind::Work, start, sent.min(end)),
        (Kind::Wait, sent.min(end), answered.min(end)),
        (Kind::Work, answered.min(end), end),
    ]
    .into_iter()
    .filter(|(_, from, to)| to > from)
    .map(|(kind, from, to)| Part { kind, from, to })
    .collect()
}

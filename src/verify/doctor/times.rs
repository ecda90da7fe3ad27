//! The time that was signed, where it is not the one that the entry names.

use super::{Scheme, with_header};
use crate::model::{Headers, Judgement, Reason};
use crate::verify::Question;
use crate::verify::age;
use crate::verify::age::TimeUnit;
use crate::verify::beside::Beside;
use crate::verify::candidates;
use crate::verify::place::{Kind, Place};
use crate::verify::words::skew_text;

/// The request with another time, or the entry with another place for it.
pub(super) struct Form {
    pub(super) words: String,
    pub(super) headers: Option<Headers>,
    pub(super) schemes: Option<Vec<Scheme>>,
    pub(super) told: &'static str,
}

const UNIT: &str = "The sender signs the time in another unit than it sends.";
const PLACE: &str = "The sender signs another time than the one that this provider sends.";

pub(super) fn forms(schemes: &[Scheme], question: &Question) -> Vec<Form> {
    let mut out = Vec::new();
    let Some(rule) = schemes.iter().find_map(|scheme| scheme.timestamp.as_ref()) else { return out };
    let text = age::find(rule, question, &beside(schemes, question)).map(|sent| sent.text);
    for (words, other) in text.iter().flat_map(|text| units(text)) {
        if let Some(headers) = replaced(schemes, question, text.as_deref().unwrap_or_default(), &other) {
            out.push(Form { words: words.into(), headers: Some(headers), schemes: None, told: UNIT });
        }
    }
    for place in elsewhere(question) {
        if place == rule.source {
            continue;
        }
        let moved = |scheme: &Scheme| {
            let mut scheme = scheme.clone();
            if let Some(rule) = &mut scheme.timestamp {
                (rule.source, rule.tolerance, rule.unit) = (place.clone(), None, TimeUnit::Auto);
            }
            scheme
        };
        let words = format!("the time that was signed is {place}");
        out.push(Form { words, headers: None, schemes: Some(schemes.iter().map(moved).collect()), told: PLACE });
    }
    out
}

fn beside(schemes: &[Scheme], question: &Question) -> Beside {
    let rule = &schemes[0].signature;
    let text = candidates::texts(rule, question).into_iter().next().unwrap_or_default();
    candidates::groups(rule, question, &text).into_iter().next().map(|group| group.beside).unwrap_or_default()
}

/// The same time in milliseconds, or in seconds.
fn units(text: &str) -> Vec<(&'static str, String)> {
    match text.parse::<i64>() {
        Ok(n) if n < 100_000_000_000 => vec![("the time was signed in milliseconds", format!("{text}000"))],
        Ok(n) => vec![("the time was signed in seconds", (n / 1_000).to_string())],
        Err(_) => Vec::new(),
    }
}

/// The request as if it had carried the other text: in its own header, or in the signature's list.
fn replaced(schemes: &[Scheme], question: &Question, text: &str, other: &str) -> Option<Headers> {
    let rule = schemes.iter().find_map(|scheme| scheme.timestamp.as_ref())?;
    match rule.source.kind {
        Kind::Header => Some(with_header(question.headers, &rule.source.name, other)),
        Kind::SigField => {
            let name = schemes.first()?.signature.from.first()?.header()?;
            let header = question.headers.text(name)?;
            Some(with_header(question.headers, name, &header.replacen(text, other, 1)))
        }
        _ => None,
    }
}

/// Other places that hold something like a time.
fn elsewhere(question: &Question) -> Vec<Place> {
    let in_headers = question.headers.iter().filter_map(|(name, value)| {
        let name = String::from_utf8_lossy(name).into_owned();
        let value = String::from_utf8_lossy(value).into_owned();
        let named = name.to_lowercase().contains("time") || name.eq_ignore_ascii_case("date");
        let digits = value.len() >= 10 && value.len() <= 13 && value.bytes().all(|b| b.is_ascii_digit());
        (named || digits).then(|| Place::parse(&format!("header:{name}"))).flatten()
    });
    let in_body = ["created", "created_at", "timestamp", "time", "sent_at", "event_time", "data.timestamp"];
    let in_body = in_body.iter().filter_map(|path| Place::parse(&format!("json:{path}")));
    let there = |place: &Place| place.value(question, &Beside::default()).is_some();
    in_headers.take(8).chain(in_body.filter(there)).collect()
}

/// What to do about a signature that is only old.
pub(super) fn stale(judgement: &Judgement) -> Vec<String> {
    let skew = judgement.skew_us.map(skew_text).unwrap_or_default();
    // A thousand times too late is no clock.
    const YEARS_US: u64 = 20 * 365 * 86_400 * 1_000_000;
    if judgement.skew_us.is_some_and(|skew| skew.unsigned_abs() > YEARS_US) {
        return vec![
            "The signature is right; its time is not in the unit that this provider uses.".into(),
            "Seconds and milliseconds are mixed up by the sender.".into(),
        ];
    }
    match judgement.reason {
        Some(Reason::InFuture) => vec![
            format!("The signature is right; its time is ahead of this machine's clock ({skew})."),
            "Compare both clocks: whisper-tui check, and NTP on the sender.".into(),
        ],
        _ => vec![
            format!("The signature is right; its time is too old ({skew})."),
            "A re-send of a stored request, a long queue, or a clock that is wrong. R with re-sign makes it fresh."
                .into(),
        ],
    }
}

//! The `[[subscriber]]` tables, and `--forward`: what is written there as subscribers.

use super::answers::is_header;
use super::filters;
use super::units::Age;
use crate::model::filter::Filter;
use crate::model::{Destination, EventId, Order, Part, SecretRef, SignaturePolicy, Signer, Start, Subscriber};
use crate::transform;
use serde::{Deserialize, Deserializer, de::Error};
use std::collections::BTreeMap;
use std::time::Duration;

/// Before each further attempt (contract section 6).
const RETRY: [u64; 7] = [5, 30, 120, 600, 3_600, 14_400, 43_200];
/// Events sent at once where their order allows it.
const PARALLEL: usize = 8;
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest delay before another attempt: thirty days.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriberTable {
    name: String,
    target: TargetText,
    when: Option<When>,
    #[serde(default)]
    start: StartText,
    order: Option<OrderWord>,
    key: Option<KeyText>,
    parallel: Option<usize>,
    timeout: Option<Age>,
    rate: Option<RateText>,
    retry: Option<Vec<Age>>,
    #[serde(default)]
    sign: SignaturePolicy,
    provider: Option<String>,
    secret: Option<String>,
    transform: Option<TransformText>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    path: PathWord,
    #[serde(default)]
    invalid: InvalidWord,
    #[serde(default)]
    dedupe: bool,
}

struct TargetText(Destination);

impl<'de> Deserialize<'de> for TargetText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Destination::parse(&text).map(TargetText).map_err(|e| D::Error::custom(format!("target: {e}; {}", e.hint())))
    }
}

struct When(Filter);

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let filter = filters::when(deserializer)?;
        if filter.speaks_of_now() {
            return Err(D::Error::custom("when: since: changes with the time, and what waits would be forgotten"));
        }
        match filter.looks_ahead() {
            true => {
                Err(D::Error::custom("when: answers and what you keep beside an event are not known when it arrives"))
            }
            false => Ok(When(filter)),
        }
    }
}

#[derive(Default)]
struct StartText(Start);

impl<'de> Deserialize<'de> for StartText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Id(i64),
            Word(String),
        }
        Ok(StartText(match Written::deserialize(deserializer)? {
            // The first event that it gets.
            Written::Id(id) => Start::After(EventId(id.saturating_sub(1))),
            Written::Word(word) if word == "now" => Start::Now,
            Written::Word(word) if word == "beginning" => Start::Beginning,
            Written::Word(word) => {
                return Err(D::Error::custom(format!("start: `{word}` is not now, beginning or an id")));
            }
        }))
    }
}

/// `20/s`.
struct RateText(Duration);

impl<'de> Deserialize<'de> for RateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = text.strip_suffix("/s").and_then(|n| n.trim().parse::<f64>().ok());
        let number = number.filter(|n| n.is_finite() && *n > 0.001);
        let pace = number.map(|n| RateText(Duration::from_secs_f64(1.0 / n)));
        pace.ok_or_else(|| D::Error::custom(format!("rate: \"{text}\" is not of the form \"20/s\"")))
    }
}

/// `body.data.object.customer`.
struct KeyText(Part);

impl<'de> Deserialize<'de> for KeyText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong =
            || D::Error::custom(format!("key: `{text}` is not of the form body.PATH, header.NAME or query.NAME"));
        Part::parse(&text).map(KeyText).ok_or_else(wrong)
    }
}

/// A jq program; an empty one is none.
struct TransformText(Option<String>);

impl<'de> Deserialize<'de> for TransformText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            return Ok(TransformText(None));
        }
        transform::check(&text).map_err(|e| D::Error::custom(format!("transform: {e}")))?;
        Ok(TransformText(Some(text)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum OrderWord {
    Strict,
    Any,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum PathWord {
    /// The target's own where it has one, else the event's.
    #[default]
    Target,
    Append,
}

#[derive(Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum InvalidWord {
    #[default]
    Deliver,
    Skip,
}

/// One `[[subscriber]]`.
pub(super) struct Written(Subscriber);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SubscriberTable::deserialize(deserializer)?.subscriber().map(Written).map_err(D::Error::custom)
    }
}

impl SubscriberTable {
    fn subscriber(self) -> Result<Subscriber, String> {
        if self.timeout.as_ref().is_some_and(|time| time.0.is_zero()) {
            return Err("timeout = \"0s\" would be no attempt at all".into());
        }
        if let Some((name, _)) = self.headers.iter().find(|(name, value)| !is_header(name, value) || is_ours(name)) {
            return Err(format!("`{}` cannot be set as a header", name.escape_default()));
        }
        if self.name.trim().is_empty() {
            return Err("its name is empty".into());
        }
        Ok(Subscriber {
            when: self.when.map(|when| when.0),
            start: self.start.0,
            order: order(self.order, self.key, self.parallel)?,
            timeout: self.timeout.map_or(TIMEOUT, |time| time.0),
            pace: self.rate.map_or(Duration::ZERO, |rate| rate.0),
            retry: self.retry.map_or_else(retries, |list| list.into_iter().map(|time| time.0.min(LONGEST)).collect()),
            sign: self.sign,
            signer: signer(self.sign, self.provider, self.secret)?,
            transform: self.transform.and_then(|text| text.0),
            headers: self.headers.into_iter().collect(),
            append_path: self.path == PathWord::Append,
            skip_invalid: self.invalid == InvalidWord::Skip,
            dedupe: self.dedupe,
            ..plain(self.name, self.target.0)
        })
    }
}

fn signer(sign: SignaturePolicy, provider: Option<String>, secret: Option<String>) -> Result<Option<Signer>, String> {
    match (provider, secret) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) if sign != SignaturePolicy::Resign => {
            Err("provider and secret are for sign = \"resign\"".into())
        }
        (Some(provider), Some(text)) => {
            let secret = SecretRef::parse(&text).map_err(|e| format!("secret: {e}"))?;
            Ok(Some(Signer { provider, secret }))
        }
        _ => Err("whoever signs needs both, provider and secret".into()),
    }
}

fn order(word: Option<OrderWord>, key: Option<KeyText>, parallel: Option<usize>) -> Result<Order, String> {
    if let Some(n) = parallel.filter(|n| !(1..=256).contains(n)) {
        return Err(format!("parallel = {n} is not between 1 and 256"));
    }
    let parallel_or_more = parallel.unwrap_or(PARALLEL);
    match (word, key) {
        (None, Some(KeyText(part))) => Ok(Order::Key(part, parallel_or_more)),
        (Some(_), Some(_)) => Err("a key is an order of its own: leave `order` out".into()),
        (Some(OrderWord::Any), None) => Ok(Order::Any(parallel_or_more)),
        (None | Some(OrderWord::Strict), None) => match parallel {
            None | Some(1) => Ok(Order::Strict),
            Some(n) => {
                Err(format!("parallel = {n} with the strict order: write order = \"any\" or key = \"body.PATH\""))
            }
        },
    }
}

/// What frames the body, or marks where an event came through.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "host"
        || name == "te"
        || name == "upgrade"
        || name == "trailer"
        || name == "expect"
        || name.starts_with("whisper-")
}

fn retries() -> Vec<Duration> {
    RETRY.map(Duration::from_secs).to_vec()
}

fn plain(name: String, target: Destination) -> Subscriber {
    Subscriber {
        name,
        target,
        when: None,
        start: Start::Now,
        order: Order::Strict,
        timeout: TIMEOUT,
        pace: Duration::ZERO,
        retry: retries(),
        sign: SignaturePolicy::Keep,
        signer: None,
        transform: None,
        headers: Vec::new(),
        append_path: false,
        skip_invalid: false,
        dedupe: false,
    }
}

/// A subscriber named by its URL, for all events (`--forward`).
pub fn forward(url: &str) -> Result<Subscriber, crate::model::TargetError> {
    Ok(plain(url.to_owned(), Destination::parse(url)?))
}

/// The subscribers of the file, each with a name of its own.
pub(super) fn subscribers(written: Vec<Written>) -> Result<Vec<Subscriber>, String> {
    let mut all: Vec<Subscriber> = Vec::new();
    for Written(subscriber) in written {
        if all.iter().any(|other| other.name == subscriber.name) {
            return Err(format!("two subscribers are named `{}`", subscriber.name));
        }
        all.push(subscriber);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Subscriber>, String> {
        super::super::file::parse(text, "c.toml").map(|config| config.subscribers).map_err(|e| e.what)
    }

    #[test]
    fn what_is_written_is_read_and_the_rest_is_as_the_contract_says() {
        let all = read(
            r#"[[subscriber]]
            name = "local-api"
            target = "http://127.0.0.1:3000/hooks"
            when = "source:stripe-live -is:duplicate"
            order = "any"
            parallel = 4
            rate = "20/s"
            retry = ["5s", "1m"]
            sign = "strip"
            start = 12
            [[subscriber]]
            name = "b"
            target = "127.0.0.1:3001"
            [[subscriber]]
            name = "c"
            target = "127.0.0.1:3002"
            key = "body.data.object.customer""#,
        )
        .unwrap();
        assert_eq!((&all[0].order, all[0].pace, all[0].retry.len()), (&Order::Any(4), Duration::from_millis(50), 2));
        assert_eq!(all[2].order, Order::Key(Part::parse("body.data.object.customer").unwrap(), 8));
        assert_eq!((all[0].start, all[0].sign), (Start::After(EventId(11)), SignaturePolicy::Strip));
        assert_eq!((&all[1].order, all[1].retry.len(), all[1].timeout), (&Order::Strict, 7, Duration::from_secs(10)));
        assert_eq!(all[1].target.to_string(), "http://127.0.0.1:3001");
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_with_its_line() {
        for (text, wanted) in [
            ("name = \"a\"", "missing field `target`"),
            ("name = \"a\"\ntarget = \"ftp://h\"", "line 3: target: "),
            ("name = \"a\"\ntarget = \"h:1\"\nparallel = 4", "parallel = 4 with the strict order"),
            ("name = \"a\"\ntarget = \"h:1\"\nwhen = \"answer:200\"", "not known when it arrives"),
            ("name = \"a\"\ntarget = \"h:1\"\nstart = \"later\"", "`later` is not now, beginning or an id"),
            ("name = \"a\"\ntarget = \"h:1\"\nrate = \"20\"", "is not of the form \"20/s\""),
            ("name = \"a\"\ntarget = \"h:1\"\nwhen = \"since:1h\"", "since: changes with the time"),
            ("name = \"a\"\ntarget = \"h:1\"\norder = \"any\"\nparallel = 0", "parallel = 0 is not between"),
            ("name = \"a\"\ntarget = \"h:1\"\nkey = \"customer\"", "key: `customer` is not of the form body.PATH"),
            ("name = \"a\"\ntarget = \"h:1\"\norder = \"any\"\nkey = \"b.x\"", "a key is an order of its own"),
            ("name = \"a\"\ntarget = \"h:1\"\ntimeout = \"0s\"", "no attempt at all"),
            ("name = \"a\"\ntarget = \"h:1\"\nheaders = { \"Whisper-Hop\" = \"x\" }", "cannot be set as a header"),
            ("name = \" \"\ntarget = \"h:1\"", "its name is empty"),
            (
                "name = \"a\"\ntarget = \"h:1\"\n[[subscriber]]\nname = \"a\"\ntarget = \"h:2\"",
                "two subscribers are named `a`",
            ),
        ] {
            let what = read(&format!("[[subscriber]]\n{text}")).unwrap_err();
            assert!(what.contains(wanted), "{text}: {what}");
        }
    }
}

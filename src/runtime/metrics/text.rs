//! What was counted, as Prometheus reads it (text exposition format 0.0.4).
//! It must not say what is in an event: labels are names of the configuration and of the catalogue.

use crate::model::{
    Arrivals, Counts, Health, Histogram, SubscriberStanding, SubscriberState, Timestamp, Totals, Tries,
};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The bounds of the histograms in microseconds, each with its text in seconds.
const BOUNDS: [(u64, &str); 14] = [
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
    (30_000_000, "30"),
];
/// What stands for sources that are neither configured nor a provider of the catalogue: senders could invent any number.
const OTHERS: &str = "other";

/// All that is told.
pub(super) struct Told<'a> {
    pub(super) totals: &'a Totals,
    pub(super) standings: &'a [SubscriberStanding],
    pub(super) health: &'a Health,
    /// Bytes of the log's rows.
    pub(super) log_bytes: u64,
    pub(super) now: Timestamp,
    /// Whether a source may be named.
    pub(super) is_known: &'a dyn Fn(&str) -> bool,
}

/// The whole text.
pub(super) fn write(told: &Told) -> String {
    let mut out = Out(String::new());
    arrivals(&mut out, told);
    tries(&mut out, told);
    subscribers(&mut out, told);
    process(&mut out, told);
    out.0
}

/// By source, with those that may not be named in one.
fn by_source(told: &Told) -> BTreeMap<String, Arrivals> {
    let mut all: BTreeMap<String, Arrivals> = BTreeMap::new();
    for (source, counts) in &told.totals.arrivals {
        let name = if (told.is_known)(source) { source } else { OTHERS };
        all.entry(name.to_owned()).or_default().merge(counts);
    }
    all
}

type Count<T> = (&'static str, &'static str, fn(&T) -> u64);

fn arrivals(out: &mut Out, told: &Told) {
    let all = by_source(told);
    let counters: [Count<Arrivals>; 5] = [
        ("events", "Events that arrived.", |one| one.arrived),
        ("events_failed", "Events that were refused, or answered other than 2xx.", |one| one.failed),
        ("events_bad_signature", "Events whose signature is wrong or unknown.", Arrivals::suspect),
        ("events_late", "Events answered after their sender's deadline.", |one| one.late),
        ("events_repeated", "Arrivals of an event that had arrived before.", |one| one.again),
    ];
    for (name, help, of) in counters {
        let name = format!("whisper_{name}_total");
        out.family(&name, "counter", help);
        all.iter().for_each(|(source, one)| out.sample(&name, &[("source", source)], of(one)));
    }
    out.family("whisper_ack_seconds", "histogram", "First byte of a request until its answer.");
    all.iter().for_each(|(source, one)| out.histogram("whisper_ack_seconds", ("source", source), &one.ack));
}

fn tries(out: &mut Out, told: &Told) {
    let all = &told.totals.tries;
    let counters: [Count<Tries>; 3] = [
        ("attempts", "Attempts to bring an event to a subscriber.", |one| one.tried),
        ("attempts_succeeded", "Attempts that were answered 2xx.", |one| one.succeeded),
        ("attempts_retried", "Attempts after a failure.", |one| one.retried),
    ];
    for (name, help, of) in counters {
        let name = format!("whisper_{name}_total");
        out.family(&name, "counter", help);
        all.iter().for_each(|(subscriber, one)| out.sample(&name, &[("subscriber", subscriber)], of(one)));
    }
    out.family("whisper_attempt_seconds", "histogram", "How long an attempt took.");
    for (subscriber, one) in all {
        out.histogram("whisper_attempt_seconds", ("subscriber", subscriber), &one.took);
    }
}

fn subscribers(out: &mut Out, told: &Told) {
    let mut gauge = |name: &str, help: &str, of: &dyn Fn(&SubscriberStanding) -> u64| {
        out.family(name, "gauge", help);
        told.standings.iter().for_each(|one| out.sample(name, &[("subscriber", &one.name)], of(one)));
    };
    gauge("whisper_subscriber_waiting", "Events that wait for a subscriber.", &|one| one.waiting);
    let age = |one: &SubscriberStanding| one.oldest.map_or(0, |at| told.now.since(Timestamp(at)).max(0) as u64);
    gauge("whisper_subscriber_oldest_waiting_seconds", "Age of the oldest event that waits.", &|one| {
        age(one) / 1_000_000
    });
    gauge("whisper_subscriber_dead", "Events that a subscriber has given up.", &|one| one.dead);
    gauge("whisper_subscriber_running", "1 while events are brought to it, 0 while they are not.", &|one| {
        u64::from(one.state == SubscriberState::Running)
    });
}

fn process(out: &mut Out, told: &Told) {
    let counters = [
        ("whisper_refused_total", "Requests answered 503 since the start.", told.health.refused),
        ("whisper_rejected_uncounted_total", "Rejected requests that were only counted.", told.health.uncounted),
    ];
    for (name, help, value) in counters {
        out.family(name, "counter", help);
        out.sample(name, &[], value);
    }
    let gauges = [
        ("whisper_log_bytes", "Bytes that the log's rows take up.", told.log_bytes),
        ("whisper_log_writable", "1 while events can be kept.", u64::from(told.health.problem().is_none())),
    ];
    for (name, help, value) in gauges {
        out.family(name, "gauge", help);
        out.sample(name, &[], value);
    }
    out.family("whisper_build_info", "gauge", "The version that runs.");
    out.sample("whisper_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
}

struct Out(String);

impl Out {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn histogram(&mut self, name: &str, label: (&str, &str), of: &Histogram) {
        let bucket = format!("{name}_bucket");
        for (us, seconds) in BOUNDS {
            self.sample(&bucket, &[label, ("le", seconds)], of.up_to(us));
        }
        self.sample(&bucket, &[label, ("le", "+Inf")], of.count());
        self.sample(&format!("{name}_sum"), &[label], of.sum() as f64 / 1e6);
        self.sample(&format!("{name}_count"), &[label], of.count());
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_parse::{Scrape, Value};

    #[test]
    fn another_reader_reads_it_and_no_sender_can_name_a_label() {
        let mut ack = Histogram::default();
        [900, 3_000, 40_000_000].into_iter().for_each(|us| ack.add(us));
        let shop = Arrivals { arrived: 3, failed: 1, ack, ..Arrivals::default() };
        let invented = Arrivals { arrived: 2, ..Arrivals::default() };
        let totals = Totals {
            arrivals: [("shop", shop), ("wp-admin", invented.clone()), (".env", invented)]
                .map(|(name, one)| (name.to_owned(), one))
                .into(),
            tries: [("a \"b\" \\c".to_owned(), Tries { tried: 5, ..Tries::default() })].into(),
        };
        let standing = SubscriberStanding { waiting: 7, oldest: Some(1_000_000), ..SubscriberStanding::default() };
        let text = write(&Told {
            totals: &totals,
            standings: &[SubscriberStanding { name: "billing".into(), ..standing }],
            health: &Health { refused: 4, ..Health::default() },
            log_bytes: 99,
            now: Timestamp(61_000_000),
            is_known: &|name| name == "shop",
        });
        let scrape = Scrape::parse(text.lines().map(|line| Ok(line.to_owned()))).unwrap();
        let value = |name: &str, label: &str| {
            let found = scrape
                .samples
                .iter()
                .find(|s| s.metric == name && (label.is_empty() || s.labels.values().any(|v| v == label)));
            match &found.unwrap_or_else(|| panic!("{name} {label}\n{text}")).value {
                Value::Counter(n) | Value::Gauge(n) | Value::Untyped(n) => *n,
                Value::Histogram(buckets) => buckets.last().map_or(0.0, |bucket| bucket.count),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((value("whisper_events_total", "shop"), value("whisper_events_total", "other")), (3.0, 4.0));
        assert_eq!(value("whisper_subscriber_oldest_waiting_seconds", "billing"), 60.0);
        assert_eq!((value("whisper_refused_total", ""), value("whisper_log_bytes", "")), (4.0, 99.0));
        assert_eq!(value("whisper_ack_seconds", "shop"), 3.0);
        assert!(text.contains(r#"whisper_attempts_total{subscriber="a \"b\" \\c"} 5"#), "{text}");
        assert!(!text.contains("wp-admin"));
        assert!(text.contains("whisper_ack_seconds_bucket{source=\"shop\",le=\"0.0025\"} 1\n"), "{text}");
    }
}

//! What was counted is held against the events themselves.

use super::*;
use crate::model::filter::Filter;
use crate::model::{Answer, Cause, Event, Judgement, Mark, MarkOrder, NewAttempt, Origin, Phases, Verdict};
use crate::store::sample::event;
use crate::store::{Counted, Counter, Store};
use jiff::tz::TimeZone;

const BEGIN: i64 = 1_768_478_400;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(BEGIN + secs)
}

fn an_event(n: i64) -> Event {
    Event {
        // Now and then one that came before others is committed after them.
        received_at: at(n * 47 - n % 11 * 3),
        source: ["shop", "code"][n as usize % 2].into(),
        provider: Some("stripe".into()),
        judgement: Judgement {
            verdict: [Verdict::Valid, Verdict::NoSecret, Verdict::Invalid][n as usize % 3],
            skew_us: Some((n - 40) * 100_000),
            ..Judgement::default()
        },
        origin: Origin { deadline_us: Some(3_000), ..Origin::default() },
        ..event("/a", "1", "{}")
    }
}

fn answer(n: i64) -> Answer {
    let status = Some(if n % 9 == 4 { 500 } else { 200 });
    Answer { status, rule: None, how: None, commit_us: 900, answer_us: 80, total_us: 1_000 + n as u64 * 30 }
}

fn attempt(n: i64) -> NewAttempt {
    NewAttempt {
        event: EventId(n + 1),
        subscriber: Some(["local-api", "billing"][n as usize % 2].into()),
        at: at(n * 47 + 1),
        cause: if n % 5 == 0 { Cause::Retry } else { Cause::Live },
        url: "http://127.0.0.1:1".into(),
        status: Some(if n % 5 == 1 { 503 } else { 200 }),
        error: None,
        phases: Phases::default(),
        total_us: 10_000 + n as u64 * 77,
        request_headers: Default::default(),
        request_body: None,
        response_headers: Default::default(),
        response_body: Vec::new(),
        truncated: false,
    }
}

#[test]
fn sources_that_senders_invent_are_counted_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::open(&path).unwrap();
    for n in 0..260 {
        let source = if n == 3 { "x".repeat(8_000) } else { format!("path-{n}") };
        let id = runtime.block_on(store.append(Event { source, ..an_event(n) })).unwrap().id;
        store.answered(id, answer(n));
    }
    runtime.block_on(store.judge(Vec::new())).unwrap();
    let mut counter = Counter::open(&path).unwrap();
    while runtime.block_on(counter.step(&store, &[], at(20_000))).unwrap() == Counted::More {}
    let reader = Reader::open(&path).unwrap();
    let totals = reader.totals().unwrap().arrivals;
    assert!(totals.len() <= 201 && totals.keys().all(|name| name.len() <= 100), "{}", totals.len());
    assert_eq!(totals.values().map(|one| one.arrived).sum::<u64>(), 260);
    // Of one that is not counted by name the events themselves tell.
    let sieve = Sieve { now: at(20_000), zone: &TimeZone::UTC, overtaken: &|_| false };
    let filter = Some(Filter::parse("source:path-259").unwrap());
    let wish = OverviewWish { to: at(300 * 47), bar_us: HOUR, bars: 4, filter };
    assert_eq!(reader.overview(&wish, &sieve).unwrap().unwrap().all().arrived, 1);
    store.close();
}

#[test]
fn what_was_counted_is_what_there_is_however_often_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::open(&path).unwrap();
    let later = at(20_000);
    let counter = std::cell::RefCell::new(Counter::open(&path).unwrap());
    let count = |now: Timestamp| {
        let mut counter = counter.borrow_mut();
        loop {
            match runtime.block_on(counter.step(&store, &[("billing".into(), 3)], now)).unwrap() {
                Counted::More => {}
                other => return other,
            }
        }
    };
    for n in 0..300 {
        let id = runtime.block_on(store.append(an_event(n))).unwrap().id;
        if n % 7 != 0 {
            store.answered(id, answer(n));
        }
        runtime.block_on(store.record_attempt(attempt(n))).unwrap();
        if n % 60 == 59 {
            count(later);
        }
    }
    // What has just arrived is waited for a moment.
    let young = runtime.block_on(store.append(Event { received_at: later, ..an_event(1) })).unwrap().id;
    assert_eq!(count(later), Counted::Waits);
    store.answered(young, answer(1));
    // Answers that come late, and a signature that is worth something else by now.
    (0..300).filter(|n| n % 7 == 0).for_each(|n| store.answered(EventId(n + 1), answer(n)));
    let right = Judgement { verdict: Verdict::Valid, ..Judgement::default() };
    let judged = (0..300).filter(|n| n % 3 == 2 && n % 2 == 0).map(|n| (EventId(n + 1), right.clone()));
    let before: Vec<i64> = (0..300).map(|n| an_event(n).judgement.skew_us.unwrap()).collect();
    runtime
        .block_on(
            store.judge(
                judged
                    .map(|(id, right)| {
                        let skew_us = Some(before[id.0 as usize - 1]);
                        (id, Judgement { skew_us, provider: Some("stripe".into()), ..right })
                    })
                    .collect(),
            ),
        )
        .unwrap();
    // As after a start.
    *counter.borrow_mut() = Counter::open(&path).unwrap();
    assert_eq!(count(later), Counted::All);
    runtime.block_on(store.record_attempt(attempt(300))).unwrap();
    let reader = Reader::open(&path).unwrap();
    let sieve = Sieve { now: later, zone: &TimeZone::UTC, overtaken: &|_| false };
    for (filter, bar_us) in [(None, MINUTE), (None, HOUR), (Some("source:SHOP"), MINUTE), (Some("source:code"), HOUR)] {
        let filter = filter.map(|text| Filter::parse(text).unwrap());
        let wish = OverviewWish { to: at(300 * 47), bar_us, bars: (4 * HOUR / bar_us) as usize, filter };
        let mut counted = reader.overview(&wish, &sieve).unwrap().unwrap();
        let mut looked_at = Overview::empty(&wish);
        reader.look_at(&wish, &sieve, (0, 0), &mut looked_at).unwrap();
        assert!(looked_at.all().arrived >= 140 && looked_at.all().late > 20, "{:?}", looked_at.all());
        // What waits is seen at one moment only.
        counted.targets.values_mut().for_each(|target| target.waiting.fill(None));
        counted.targets.retain(|_, target| target.all().tried > 0);
        assert_eq!(counted.skews, looked_at.skews);
        assert_eq!(counted.targets, looked_at.targets);
        assert_eq!(counted.all(), looked_at.all());
        assert_eq!(counted, looked_at);
    }
    let order = MarkOrder {
        events: (1..300).step_by(40).map(EventId).collect(),
        mark: Mark::Deleted(Some(later)),
        folded: Vec::new(),
    };
    runtime.block_on(store.mark(order)).unwrap();
    let wish = OverviewWish { to: at(300 * 47), bar_us: HOUR, bars: 4, filter: None };
    let counted = reader.overview(&wish, &sieve).unwrap().unwrap();
    let mut looked_at = Overview::empty(&wish);
    reader.look_at(&wish, &sieve, (0, 0), &mut looked_at).unwrap();
    let figures = |all: &Arrivals| (all.arrived, all.failed, all.late, all.verdicts, all.phases, all.ack.count());
    assert_eq!(figures(&counted.all()), figures(&looked_at.all()));
    assert_eq!(counted.all().arrived, 292);
    // Of another filter the events themselves tell.
    let filter = Some(Filter::parse("sig:bad").unwrap());
    let wish = OverviewWish { to: at(300 * 47), bar_us: HOUR, bars: 4, filter };
    let bad = reader.overview(&wish, &sieve).unwrap().unwrap();
    assert_eq!(bad.all().arrived, bad.all().suspect());
    assert_eq!(bad.targets.values().map(|target| target.all().tried).sum::<u64>(), bad.all().arrived);
    assert!(bad.all().arrived > 40);
    store.close();
}

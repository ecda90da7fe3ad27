//! Narrowing is held against the filter itself, event by event.

use super::*;
use crate::model::{
    Answer, Class, Event, Head, Headers, Judgement, Mark, MarkOrder, NewAttempt, Origin, Scope, Verdict,
};
use crate::store::{Indexer, Store};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;
use std::sync::OnceLock;

/// Events in the log that filters are tried on.
const EVENTS: usize = 500;
/// Events of a block: the last ones are in none.
const BLOCK: u32 = 48;

/// A generator that gives the same log each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

fn an_event(dice: &mut Dice, n: usize) -> Event {
    let source = dice.one(&["stripe", "github", "Shop"]);
    let id = dice.roll(60);
    let kinds: [(&str, &str, Vec<u8>); 7] = [
        (
            "application/x-www-form-urlencoded",
            "",
            format!(r#"{{"id":"evt_{id}","phone":"tel:\/\/+49{id}","data":{{"name":"M\u00fc+%20"}}}}"#).into(),
        ),
        (
            "application/json",
            "",
            format!(r#"{{"id":"evt_{id}","n":{id},"data":{{"name":"M\u00fcller","ok":true}}}}"#).into(),
        ),
        (
            "application/json",
            "",
            format!(r#"{{"id":"EVT_{id}","data":[{{"n":"{id}"}},{{"n":4.20e1}}],"error":null}}"#).into(),
        ),
        ("application/json", "", format!(r#"{{"path":"a\/b\"{id}","word":"needle","data":{{"id":"x{id}y"}}}}"#).into()),
        ("application/x-www-form-urlencoded", "", format!("text=a+b%2F{id}&word=needle").into()),
        ("application/json", "gzip", gzip(format!(r#"{{"id":"evt_{id}","data":{{"word":"needle"}}}}"#).as_bytes())),
        (
            "text/plain; charset=latin1",
            "",
            format!("M\u{fc}ller {id} {}", "large ".repeat(dice.roll(400))).chars().map(|c| c as u8).collect(),
        ),
    ];
    let (content_type, encoding, body) = kinds[dice.roll(7)].clone();
    let target = format!("/{}/{id}{}", dice.one(&["hooks", "a", "Hooks/x"]), dice.one(&["", "?q=needle", "?q=a%20b"]));
    let mut headers: Headers = [("Host", "H.example:80"), ("Content-Type", content_type)].into_iter().collect();
    [
        ("Content-Encoding", encoding),
        ("X-A", dice.one(&["", "one", "Two", "5"])),
        ("Whisper-Test", dice.one(&["", "", "1"])),
        ("traceparent", dice.one(&["", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])),
    ]
    .iter()
    .filter(|(_, value)| !value.is_empty())
    .for_each(|(name, value)| headers.push(name, value));
    let verdicts = [Verdict::Valid, Verdict::Invalid, Verdict::Unsigned, Verdict::Stale];
    Event {
        class: [Class::Request, Class::Request, Class::Rejected, Class::Import][dice.roll(4)],
        received_at: Timestamp::from_secs(1_768_478_400 + n as i64 * 60),
        source: source.into(),
        provider: (source != "Shop").then(|| source.into()),
        event_type: Some(dice.one(&["invoice.paid", "Invoice.failed", "push", ""]))
            .filter(|t| !t.is_empty())
            .map(Into::into),
        key: Some(format!("k{id}")).filter(|_| id > 20),
        method: dice.one(&["POST", "PUT"]).into(),
        head: Head::rebuild("POST", &target, "HTTP/1.1", &headers),
        target,
        version: "HTTP/1.1".into(),
        remote: format!("10.0.0.{}:1", dice.roll(3)),
        content_type: Some(content_type.into()),
        body: body.into(),
        origin: Origin {
            made_at: Some(Timestamp::from_secs(1_768_478_400 + (n + dice.roll(3)) as i64 * 60)),
            sequence: None,
            object: Some(format!("Obj_{}", dice.roll(9))).filter(|_| id > 5),
            deadline_us: Some(5_000).filter(|_| source != "Shop"),
        },
        judgement: Judgement {
            verdict: verdicts[dice.roll(4)],
            skew_us: Some(dice.roll(9) as i64 * 1_000_000),
            ..Default::default()
        },
        ..Event::default()
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A log with events of all kinds, and its index; and the events, each with all that stands beside it.
fn log() -> &'static (tempfile::TempDir, Vec<StoredEvent>) {
    static LOG: OnceLock<(tempfile::TempDir, Vec<StoredEvent>)> = OnceLock::new();
    LOG.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.db");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Store::open(&path).unwrap();
        let mut dice = Dice(7);
        let mark = |id: EventId, mark| {
            let order = MarkOrder { events: vec![id], mark, folded: Vec::new() };
            runtime.block_on(store.mark(order)).unwrap();
        };
        for n in 0..EVENTS {
            let id = runtime.block_on(store.append(an_event(&mut dice, n))).unwrap().id;
            let total_us = dice.roll(9) as u64 * 1_000;
            let status = Some([200, 500][dice.roll(2)]);
            store.answered(id, Answer { status, rule: None, how: None, commit_us: 1, answer_us: 1, total_us });
            match dice.roll(12) {
                0 => mark(id, Mark::Pinned(true)),
                1 => mark(id, Mark::Note(Some("for Ann".into()))),
                2 => mark(id, Mark::Deleted(Some(Timestamp(1)))),
                3 => mark(id, Mark::Read(true)),
                4 => {
                    let attempt = NewAttempt { event: id, status: Some(200), ..attempt() };
                    runtime.block_on(store.record_attempt(attempt)).unwrap();
                }
                _ => {}
            }
        }
        store.close();
        Indexer::with_blocks_of(&path, BLOCK).unwrap().catch_up(&|| true).unwrap();
        let all = Reader::open(&path).unwrap().after(EventId(0), EVENTS).unwrap();
        assert_eq!(all.len(), EVENTS);
        (folder, all)
    })
}

fn attempt() -> NewAttempt {
    NewAttempt {
        event: EventId(0),
        subscriber: None,
        at: Timestamp(0),
        cause: crate::model::Cause::Manual,
        url: "http://127.0.0.1:1".into(),
        status: None,
        error: None,
        phases: Default::default(),
        total_us: 5,
        request_headers: Headers::default(),
        request_body: None,
        response_headers: Headers::default(),
        response_body: Vec::new(),
        truncated: false,
    }
}

fn terms() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "needle|Müller|m\u{fc}ller|large|evt_[0-9]|x[0-9]{2}|\"a b\"|\"a/b\"|\"x-a: one\"|te|ller|EVT_1[0-9]|zzzz|\\\\u00fc|/nee\\.le/",
        "source:(stripe|SHOP|git\\*)|provider:(stripe|none)|type:(push|invoice\\.\\*|\\*\\.paid|push,Invoice\\.failed)|key:k[2-5][0-9]|trace:(4bf\\*|4BF92F3577b34da6a3ce929d0e0e4736)|object:(obj_[0-9]|OBJ_\\*)|method:(put|p\\*)",
        "path:(/hooks/\\*|/a/[0-9]{2}|\\*/x/\\*)|host:(h\\.example|h\\*)|ip:(10\\.0\\.0\\.1|10\\.\\*)|class:(request|import,rejected)|id:(>[0-9]{3}|1\\.\\.[0-9]{3}|5)",
        "sig:(ok|bad,old|none)|answer:(5xx|200|>=500)|size:(>1k|<50|10\\.\\.90)|ack:(>4ms|0us\\.\\.2ms)|skew:(>3s|2s)",
        "header\\.x-a:(two|5|t\\*)|h\\.host:h\\*|query\\.q:(needle|\"a b\")|body\\.id:(evt_[0-9]\\*|EVT_1[0-9])|body\\.phone:(tel://\\+49[0-9]{1,2}|\\*//\\+49\\*)|body\\.data\\[\\*\\]\\.n:(42|[0-9]{1,2})|b\\.data\\.name:m\u{fc}\\*",
        "body\\.(n:>30|error:null|data\\.word:needle|word:needle|path:a/b\\*|data\\.ok:true|data\\.id:x[0-9]{2}y)|has:(body\\.error|header\\.x-a|query\\.q|body\\.data\\.word|note|key|type|object|trace)",
        "is:(unread|pinned|deleted|duplicate|conflict|replayed|test|problem|late|reordered)|since:(2026-01-15|1h|2026-01-15T15:00Z)|before:2026-01-15T14:00Z|at:(12:30Z\\.\\.13:10Z|2026-01-15)",
        "status:(2xx|500)|tries:1|took:<1ms|note:ann|delivery:dead|subscriber:x",
    ];
    let term = (any::<bool>(), word).prop_map(|(not, word)| if not { format!("-{word}") } else { word });
    let group = proptest::collection::vec(term, 1..4).prop_map(|terms| terms.join(" "));
    proptest::collection::vec(group, 1..3).prop_map(|groups| groups.join(" OR "))
}

proptest! {
    // 200 filters on 500 events.
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 50, ..ProptestConfig::default() })]
    #[test]
    fn narrowing_loses_nothing(text in terms(), downwards in any::<bool>()) {
        let (folder, all) = log();
        let filter = Filter::parse(&text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        let reader = Reader::open(&folder.path().join("e.db")).unwrap();
        let now = Timestamp::from_secs(1_768_478_400 + EVENTS as i64 * 60);
        let sieve = Sieve { now, zone: &TimeZone::UTC, overtaken: &|_| false };
        let right: Vec<i64> = all.iter()
            .filter(|event| filter.matches(&Subject { event, now, zone: &TimeZone::UTC }))
            .map(|event| event.id.0)
            .collect();
        let found: Vec<i64> = match downwards {
            true => {
                let scope = Scope { filter: Some(filter), ..Scope::default() };
                let ids = reader.ids(&scope, (EventId(0), EventId(i64::MAX)), usize::MAX, &sieve).unwrap();
                ids.iter().map(|id| id.0).collect()
            }
            false => {
                let mut ids = Vec::new();
                reader.each(&filter, &sieve, EventId(0), |event| { ids.push(event.id.0); true }).unwrap();
                ids
            }
        };
        prop_assert_eq!(found, right, "{}", text);
    }
}

#[test]
fn the_index_is_used_and_follows_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.db");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let count = |text: &str| {
        let scope = Scope { filter: Some(Filter::parse(text).unwrap()), ..Scope::default() };
        let sieve = Sieve { now: Timestamp(0), zone: &TimeZone::UTC, overtaken: &|_| false };
        Reader::open(&path).unwrap().count(&scope, EventId(i64::MAX), &sieve).unwrap().unwrap()
    };
    let known = || Reader::open(&path).unwrap().examine_index().unwrap();
    let store = Store::open(&path).unwrap();
    let add = |body: &str| {
        let event = Event { body: body.to_owned().into(), ..an_event(&mut Dice(1), 0) };
        runtime.block_on(store.append(event)).unwrap();
    };
    (0..20).for_each(|n| add(&format!("needle {n}")));
    let mut indexer = Indexer::with_blocks_of(&path, 8).unwrap();
    assert_eq!((known(), count("needle")), (0, 20));
    assert_eq!(indexer.catch_up(&|| false).unwrap(), 0);
    assert_eq!(indexer.catch_up(&|| true).unwrap(), 2);
    assert_eq!((known(), count("needle"), count("\"needle 3\"")), (16, 20, 1));
    // The index says where: what it leaves out is not read.
    let query = Query::of(&Filter::parse("\"needle 3\"").unwrap().narrow(Timestamp(0), &TimeZone::UTC)).unwrap();
    let reader = Reader::open(&path).unwrap();
    let read: Vec<Stretch> = reader.index().unwrap().stretches(&query, (0, i64::MAX), false).collect();
    assert_eq!(read, [Stretch::Only(vec![4]), Stretch::Unknown(17, i64::MAX)]);
    // A log that was put back from a copy has other events by the same ids.
    let copy = folder.path().join("copy.db");
    store.close();
    std::fs::copy(&path, &copy).unwrap();
    drop((store, reader));
    let store = Store::open(&path).unwrap();
    (0..20).for_each(|_| runtime.block_on(store.append(an_event(&mut Dice(2), 0))).map(drop).unwrap());
    Indexer::with_blocks_of(&path, 8).unwrap().catch_up(&|| true).unwrap();
    assert_eq!(known(), 40);
    store.close();
    drop(store);
    std::fs::copy(&copy, &path).unwrap();
    assert_eq!(known(), 16);
    let store = Store::open(&path).unwrap();
    let other = |n: u64| Event { body: format!("other {n}").into(), ..an_event(&mut Dice(3), n as usize) };
    (0..20).for_each(|n| runtime.block_on(store.append(other(n))).map(drop).unwrap());
    assert_eq!((known(), count("other")), (16, 20));
    assert_eq!(Indexer::with_blocks_of(&path, 8).unwrap().catch_up(&|| true).unwrap(), 3);
    assert_eq!((known(), count("other")), (40, 20));
    // What is damaged is said.
    let index = super::super::files::index_path(&path);
    let mut bytes = std::fs::read(&index).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&index, bytes).unwrap();
    assert_eq!(Reader::open(&path).unwrap().examine_index(), Err("block 0 is damaged".into()));
    assert_eq!(Indexer::with_blocks_of(&path, 8).unwrap().catch_up(&|| true).unwrap(), 5);
    assert_eq!((known(), count("other")), (40, 20));
    // A file that was cut is no index of what is missing.
    std::fs::File::options().write(true).open(&index).unwrap().set_len(9_000).unwrap();
    assert_eq!(count("other"), 20);
    Indexer::with_blocks_of(&path, 8).unwrap().catch_up(&|| true).unwrap();
    assert_eq!((known(), count("other")), (40, 20));
    store.close();
}

//! A scripted run, told by the screen: a real log, read as the interface reads it, drawn and held against stored pictures.
//!
//! Three sources, two subscribers of which one fails twice, a duplicate, an event out of order, a gap, a late answer, a
//! changed shape, a request that could not be kept. All times are fixed.

use super::clinic::Clinic;
use super::painter::Painter;
use super::reader::ReaderThread;
use super::wishes::WishBox;
use crate::app::{App, Code, Effect, Key, Msg, Place, update};
use crate::config::forward;
use crate::delivery::Routes;
use crate::model::filter::Saved;
use crate::model::{
    Answer, Cause, Delivery, DeliveryState, Event, EventId, Head, Headers, Live, NewAttempt, Phases, Secret, Start,
    SubscriberStanding, Timestamp,
};
use crate::store::{Counted, Counter, Learner, Step, Store};
use crate::ui::{self, Theme};
use crate::verify::{self, Catalogue, Keyring, LiveKeyring, Proof, Source};
use hmac::{Hmac, KeyInit, Mac};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// 2026-01-15T12:00:00Z.
const BEGIN: i64 = 1_768_478_400;
const SECRET: &[u8] = b"whsec_scripted";

fn at(millis: i64) -> Timestamp {
    Timestamp(BEGIN * 1_000_000 + millis * 1_000)
}

fn keyring() -> Keyring {
    let source = |name: &str, provider: &str, secrets: Vec<Secret>| Source {
        name: name.into(),
        path: format!("/{name}"),
        provider: Some(provider.into()),
        secrets,
        ..Source::default()
    };
    let sources = vec![
        source("shop", "stripe", vec![Secret::new("SHOP_SECRET", SECRET.to_vec())]),
        source("chat", "slack", Vec::new()),
        source("code", "github", Vec::new()),
    ];
    Keyring { sources, ..Keyring::default() }
}

/// What is scripted, into a log.
struct Script {
    store: Store,
    runtime: tokio::runtime::Runtime,
    keyring: Keyring,
}

impl Script {
    fn arrive(&self, millis: i64, path: &str, headers: &[(&str, &str)], body: &str) -> Event {
        let headers: Headers = headers.iter().copied().chain([("Content-Type", "application/json")]).collect();
        let mut event = Event {
            received_at: at(millis),
            method: "POST".into(),
            target: path.into(),
            version: "HTTP/1.1".into(),
            remote: "127.0.0.1:50122".into(),
            content_type: Some("application/json".into()),
            head: Head::rebuild("POST", path, "HTTP/1.1", &headers),
            body: body.to_owned().into(),
            head_us: 412,
            body_us: 1_103,
            verify_us: 95,
            ..Event::default()
        };
        verify::examine(Catalogue::in_force(), &self.keyring, &event, &headers, Proof::Omitted).settle(&mut event);
        event
    }

    /// Keeps an event and answers it after this time in all.
    fn keep(&self, event: Event, status: u16, total_us: u64) -> EventId {
        let receipt = self.runtime.block_on(self.store.append(event)).unwrap();
        let before = 412 + 1_103 + 95;
        let answer = Answer {
            status: Some(status),
            rule: None,
            how: None,
            commit_us: 2_011,
            answer_us: total_us - before - 2_011,
            total_us,
        };
        self.store.answered(receipt.id, answer);
        receipt.id
    }

    fn stripe(
        &self,
        millis: i64,
        id: &str,
        kind: &str,
        made: i64,
        (object, status): (&str, &str),
        more: &str,
    ) -> EventId {
        let body = format!(
            r#"{{"id":"{id}","object":"event","type":"{kind}","created":{},"data":{{"object":{{"id":"{object}","status":"{status}","amount":4200{more}}}}}}}"#,
            BEGIN + made
        );
        let signed = BEGIN + millis / 1_000;
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET).unwrap();
        mac.update(format!("{signed}.{body}").as_bytes());
        let signature = format!("t={signed},v1={}", hex::encode(mac.finalize().into_bytes()));
        self.keep(self.arrive(millis, "/shop", &[("Stripe-Signature", &signature)], &body), 200, 3_962)
    }

    /// An attempt for a subscriber, and what became of the event by it.
    fn tried(
        &self,
        subscriber: &str,
        event: EventId,
        (n, begun, took_ms, status): (u32, i64, u64, u16),
        due: Option<i64>,
    ) {
        let state = match status {
            200 => DeliveryState::Delivered,
            _ => DeliveryState::Retrying,
        };
        let url = format!("http://127.0.0.1:3000/{subscriber}");
        let took = took_ms * 1_000;
        let attempt = NewAttempt {
            event,
            subscriber: Some(subscriber.into()),
            at: at(begun),
            cause: if n > 1 { Cause::Retry } else { Cause::Live },
            url: url.clone(),
            status: Some(status),
            error: None,
            phases: Phases {
                queue_us: Some(600),
                dns_us: Some(2),
                connect_us: Some(300),
                tls_us: None,
                send_us: Some(100),
                wait_us: Some(took - 1_402),
                receive_us: Some(1_000),
            },
            total_us: took,
            request_headers: Headers::default(),
            request_body: None,
            response_headers: Headers::default(),
            response_body: Vec::new(),
            truncated: false,
        };
        let delivery = Delivery {
            subscriber: subscriber.into(),
            event,
            url,
            state,
            attempts: n,
            status: Some(status),
            reason: None,
            due: due.map(at),
        };
        let step = Step {
            subscriber: subscriber.into(),
            at: at(begun + took_ms as i64),
            cursor: EventId(if state == DeliveryState::Delivered { event.0 } else { event.0 - 1 }),
            delivery: Some(delivery),
            attempt: Some(attempt),
            held: None,
        };
        self.runtime.block_on(self.store.steps(vec![step])).unwrap();
    }

    fn listening(&self, yes: bool, millis: i64) {
        self.runtime.block_on(self.store.listening(yes, at(millis))).unwrap();
    }
}

/// Plays the script; gives the number of events.
fn play(path: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let script = Script { store: Store::open(path).unwrap(), runtime, keyring: keyring() };
    let names = ["billing", "local-api"].map(|name| (name.to_owned(), Start::Beginning));
    script.runtime.block_on(script.store.seat(names.to_vec(), at(0))).unwrap();
    script.listening(true, 0);
    let created = script.stripe(1_000, "evt_1", "payment_intent.created", 0, ("pi_1", "requires_payment_method"), "");
    script.tried("local-api", created, (1, 1_005, 38, 200), None);
    script.tried("billing", created, (1, 1_006, 52, 503), Some(6_058));
    script.tried("billing", created, (2, 6_060, 49, 503), Some(36_109));
    script.tried("billing", created, (3, 36_110, 47, 200), None);
    // Made later, and it comes first; then the one that it overtook.
    let paid = script.stripe(40_000, "evt_2", "payment_intent.succeeded", 38, ("pi_1", "succeeded"), "");
    script.tried("local-api", paid, (1, 40_005, 31, 200), None);
    script.tried("billing", paid, (1, 40_005, 44, 200), None);
    let processing = script.stripe(41_000, "evt_3", "payment_intent.processing", 36, ("pi_1", "processing"), "");
    script.tried("local-api", processing, (1, 41_005, 33, 200), None);
    script.tried("billing", processing, (1, 41_005, 46, 200), None);
    // The same event once more, after a minute.
    let again = script.stripe(100_000, "evt_2", "payment_intent.succeeded", 38, ("pi_1", "succeeded"), "");
    script.tried("local-api", again, (1, 100_005, 30, 200), None);
    script.tried("billing", again, (1, 100_005, 41, 503), Some(130_046));
    let issue = r#"{"action":"opened","issue":{"number":12,"state":"open"},"repository":{"full_name":"octo/hello"}}"#;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", "d-1"), ("traceparent", trace)];
    let opened = script.keep(script.arrive(101_000, "/code", &headers, issue), 200, 4_100);
    script.tried("local-api", opened, (1, 101_005, 35, 200), None);
    // Nobody listens for a while.
    script.listening(false, 110_000);
    script.listening(true, 170_000);
    let message = r#"{"type":"event_callback","event_id":"Ev1","event":{"type":"message","channel":"C1","ts":"1.1"}}"#;
    let late = script.keep(script.arrive(171_000, "/chat", &[("X-Slack-Signature", "v0=00")], message), 200, 3_204_000);
    script.tried("local-api", late, (1, 171_005, 36, 200), None);
    script.store.refused(at(172_000));
    // Another shape than that of its like.
    let other = script.stripe(180_000, "evt_5", "payment_intent.succeeded", 179, ("pi_2", "succeeded"), r#","fee":7"#);
    script.tried("local-api", other, (1, 180_005, 34, 200), None);
    crate::store::sample::settle_queue(path, 40);
    let mut counter = Counter::open(path).unwrap();
    let waiting = [("billing".to_owned(), 2), ("local-api".to_owned(), 0)];
    while script.runtime.block_on(counter.step(&script.store, &waiting, at(185_000))).unwrap() == Counted::More {}
    let mut learner = Learner::open(path).unwrap();
    while script.runtime.block_on(learner.step(&script.store)).unwrap() {}
    script.store.close();
}

/// A screen that is fed by the reader of the interface.
struct Screen {
    app: App,
    reader: ReaderThread,
    log: crate::store::Reader,
    messages: mpsc::Receiver<Msg>,
    now: Timestamp,
}

impl Screen {
    fn open(path: &Path, size: (u16, u16)) -> Screen {
        let (sender, messages) = mpsc::channel(1_000);
        let subscribers = ["http://127.0.0.1:3000/billing", "http://127.0.0.1:3000/local-api"];
        let mut all = subscribers.map(|url| forward(url).unwrap());
        for (one, name) in all.iter_mut().zip(["billing", "local-api"]) {
            one.name = name.into();
        }
        all[0].when = Some(crate::model::filter::Filter::parse("source:shop").unwrap());
        let standing = |name: &str, waiting, oldest: Option<i64>| SubscriberStanding {
            name: name.into(),
            waiting,
            oldest: oldest.map(|millis| at(millis).0),
            ..SubscriberStanding::default()
        };
        let standings = vec![standing("billing", 2, Some(100_000)), standing("local-api", 0, None)];
        let (_, saved) = watch::channel(Saved::default());
        let reader = ReaderThread {
            path: path.to_owned(),
            keyring: LiveKeyring::new(keyring()),
            routes: Live::new(Routes { subscribers: all.into_iter().map(Arc::new).collect(), ..Routes::default() }),
            url: "http://127.0.0.1:9477".into(),
            messages: sender.clone(),
            painter: Painter::start(sender.clone()),
            clinic: Clinic::start(sender),
            zone: TimeZone::UTC,
            saved,
            standings: watch::channel(standings.clone()).1,
            wishes: WishBox::default(),
        };
        let place = Place {
            urls: vec!["http://127.0.0.1:9477".into()],
            store: String::new(),
            zone: TimeZone::UTC,
            allowed: Default::default(),
            saved: Saved::default(),
            keys: Default::default(),
            serves: true,
            warnings: Vec::new(),
            tour: false,
        };
        let app = App::new(place, size, Vec::new());
        let log = crate::store::Reader::open(path).unwrap();
        let mut screen = Screen { app, reader, log, messages, now: at(190_000) };
        update(&mut screen.app, Msg::Subscribers(standings, at(190_000)));
        let effects = screen.app.list.start();
        screen.fulfil(vec![effects]);
        screen
    }

    /// Has everything read that is asked for, until nothing is.
    fn fulfil(&mut self, effects: Vec<Effect>) {
        let mut open = effects;
        while !open.is_empty() {
            for effect in std::mem::take(&mut open) {
                self.reader.wishes.wish(effect);
            }
            let Some(wishes) = self.reader.wishes.take_now() else { return };
            self.reader.fulfil(&self.log, wishes);
            while let Ok(message) = self.messages.try_recv() {
                open.extend(update(&mut self.app, dated(message, self.now)));
            }
        }
    }

    fn press(&mut self, keys: &str) -> &mut Screen {
        for c in keys.chars() {
            let code = match c {
                '\n' => Code::Enter,
                '\t' => Code::Tab,
                '\u{1b}' => Code::Esc,
                '>' => Code::Right,
                '<' => Code::Left,
                c => Code::Char(c),
            };
            self.now = Timestamp(self.now.0 + 100_000);
            let effects = update(&mut self.app, Msg::Key(Key { code, ctrl: false }, self.now));
            self.fulfil(effects);
            // What is only asked for a moment later.
            if let Some(due) = self.app.alarm().filter(|due| *due <= Timestamp(self.now.0 + 1_000_000)) {
                let effects = update(&mut self.app, Msg::Tick(due));
                self.fulfil(effects);
            }
        }
        self
    }

    fn picture(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(self.app.size.0, self.app.size.1)).unwrap();
        terminal.draw(|frame| ui::draw(frame, &self.app, &Theme::named("none").unwrap())).unwrap();
        terminal.backend().to_string()
    }
}

/// The present of the script in place of the clock's.
fn dated(message: Msg, now: Timestamp) -> Msg {
    match message {
        Msg::Page(page, _) => Msg::Page(page, now),
        Msg::Opened(opened, _) => Msg::Opened(opened, now),
        Msg::Overview(overview, _) => Msg::Overview(overview, now),
        Msg::Sources(sources, _) => Msg::Sources(sources, now),
        Msg::Story(id, story, _) => Msg::Story(id, story, now),
        other => other,
    }
}

/// What is to be seen after some keys; the words have to be there.
const VIEWS: [(&str, &str, &[&str]); 9] = [
    (
        "list",
        "=g",
        &["(no. 2, +1 m 0 s)", "[reordered]", "[late]", "[drift]", "not listening", "1 request answered 503", "2/2"],
    ),
    ("timing_of_retries", "=g\t]]]]>", &["✗ 503", "·╱·", "done: 2 of 2", "B local-api 1"]),
    ("timing_of_reordered", "=gjj\t]]]]", &["out of order: #2 of its source was made later and came before"]),
    ("timing_of_duplicate", "=gjjj\t]]]]", &["no. 2 of 2 arrivals, 1 m 0 s after the one before", "next at 12:02:10"]),
    ("arrivals", "=gjjj\t]]]]G", &["arrived 2 times", "+1 m 0 s", "no schedule"]),
    ("timing_of_late", "=gjjjjj\t]]]]", &["of 3.0 s LATE", "┊"]),
    ("story", "=gE", &["its last state", "succeeded", "after #2", "billing has not taken #4"]),
    ("all_events", "3<", &["60 min: 7 events", "1 late", "billing", "local-api", "p95", "12:01:40"]),
    ("sources", "5", &["shop", "chat", "code", "verifies", "100 % of 5 valid", "deduplicates"]),
];

#[test]
fn every_fact_of_a_scripted_run_is_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.db");
    play(&path);
    // Colours and diagnoses are made on its threads.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let _inside = runtime.enter();
    for size in [(80, 24), (140, 40)] {
        for (name, keys, facts) in VIEWS {
            let mut screen = Screen::open(&path, size);
            // At 80x24 a pane has the screen to itself.
            let zoomed = keys.starts_with('=') && !keys.ends_with('E') && size.0 < 100;
            let (keys, last) = keys.split_at(keys.rfind(']').map_or(keys.len(), |at| at + 1));
            screen.press(keys).press(if zoomed { "z" } else { "" }).press(last);
            let picture = screen.picture();
            for fact in facts {
                assert!(picture.contains(fact), "{name} {size:?}: {fact}\n{picture}");
            }
            insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), picture);
        }
    }
}

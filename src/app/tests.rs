//! What holds for every sequence of messages, and what single keys ask for.

use super::*;
use crate::body::Body;
use crate::model::{
    Anchor, Bar, Cause, Class, Event, EventId, Family, Gap, Head, Headers, Heads, Judgement, Mark, MarkOrder, Marks,
    Page, PageWish, ResendOrder, Row, Scope, StoredEvent, Timeline, Verdict,
};
use proptest::prelude::*;

pub(crate) fn stored(id: i64) -> StoredEvent {
    let body = bytes::Bytes::from_static(br#"{"id":"evt_1","data":{"amount":4200,"list":[1,2]},"live":false}"#);
    StoredEvent {
        id: EventId(id),
        size: body.len() as u64,
        family: Family { arrival: 1, duplicate_of: None, conflict: false },
        queue_us: 40,
        answer: Some(crate::model::Answer { status: 200, commit_us: 2_011, answer_us: 301, total_us: 3_962 }),
        damaged: false,
        attempts: Vec::new(),
        marks: Marks::default(),
        event: Event {
            class: Class::Request,
            received_at: Timestamp::from_secs(1_763_894_525 + id),
            source: "stripe".into(),
            provider: Some("stripe".into()),
            event_type: Some("invoice.paid".into()),
            key: Some(format!("evt_{id}")),
            method: "POST".into(),
            target: "/stripe".into(),
            version: "HTTP/1.1".into(),
            remote: "127.0.0.1:50122".into(),
            content_type: Some("application/json".into()),
            head: Head(b"POST /stripe HTTP/1.1\r\nHost: h\r\nX-Evil: \x1b[2J\xe2\x80\xae\r\n\r\n".to_vec()),
            trailers: Headers::default(),
            body,
            judgement: Judgement { verdict: Verdict::Invalid, ..Judgement::default() },
            rejected: None,
            head_us: 412,
            body_us: 1_103,
            verify_us: 95,
        },
    }
}

fn row(stored: &StoredEvent) -> Row {
    let event = &stored.event;
    Row {
        id: stored.id,
        received_at: event.received_at,
        class: event.class,
        source: event.source.clone(),
        label: event.label(),
        verdict: event.judgement.verdict,
        size: stored.size,
        ack_us: stored.answer.map(|a| a.total_us),
        sent: None,
        arrival: stored.family.arrival,
        test: false,
        folds: 0,
        marks: stored.marks.clone(),
        rejected: None,
    }
}

pub(crate) fn opened(id: i64) -> Box<Opened> {
    let stored = stored(id);
    Box::new(Opened {
        headers: stored.event.head.headers(),
        proof: stored.event.judgement.clone(),
        body: Body::new(stored.event.body.clone(), Some("application/json")),
        curl: "curl ...".into(),
        secret_header: None,
        resign: Some(Resign { secret: "STRIPE_TEST".into(), expires: None }),
        stored,
    })
}

pub(crate) fn page(anchor: Anchor, from: i64, to: i64, head: i64) -> Page {
    Page {
        wish: PageWish { anchor, limit: 200, scope: Scope::default(), keep: None },
        found: None,
        problems: None,
        matching: None,
        gaps: Vec::new(),
        rows: (from..=to).map(|id| row(&stored(id))).collect(),
        from_start: from <= 1,
        to_end: to >= head,
        total: head as u64,
        heads: Heads { event: head, ..Heads::default() },
    }
}

pub(crate) fn app(size: (u16, u16)) -> App {
    let place = Place {
        urls: vec!["http://127.0.0.1:9477".into()],
        store: "~/.local/share/whisper-tui/events.db".into(),
        zone: TimeZone::UTC,
        allowed: crate::model::Allowed::default(),
        keys: KeyMap::default(),
        serves: true,
        warnings: Vec::new(),
    };
    App::new(place, size, vec!["http://127.0.0.1:3000".into()])
}

fn press(app: &mut App, keys: &str, mut at: i64) -> Vec<Effect> {
    let mut effects = Vec::new();
    for c in keys.chars() {
        at += 100_000;
        effects = update(app, Msg::Key(Key::plain(Code::Char(c)), Timestamp(at)));
    }
    effects
}

#[test]
fn follow_never_moves_the_selection() {
    let mut app = app((80, 24));
    app.list.start();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 30, 30), Timestamp(0)));
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(30));
    press(&mut app, "kkkkk", 0);
    assert!(!app.list.follow);
    let heads = Heads { event: 50, ..Heads::default() };
    assert_eq!(update(&mut app, Msg::Heads(heads)), []);
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(25));
    assert_eq!(app.list.new_below(), 20);
    let newest = page(Anchor::Newest, 1, 50, 50);
    assert_eq!(press(&mut app, "G", 1_000_000), [Effect::Page(newest.wish)]);
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 50, 50), Timestamp(0)));
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(50));
    assert!(app.list.follow);
}

#[test]
fn r_means_the_selected_event_and_a_held_key_sends_once() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let order = ResendOrder::plain(EventId(2), "http://127.0.0.1:3000", Cause::Manual);
    assert_eq!(press(&mut app, "kr", 0), [Effect::Resend(order)]);
    let r = Key::plain(Code::Char('r'));
    let sent: usize = (0..30).map(|n| update(&mut app, Msg::Key(r, Timestamp(10_000_000 + n * 400))).len()).sum();
    assert_eq!(sent, 1);
}

#[test]
fn marks_are_asked_of_the_log_and_what_they_changed_can_be_taken_back() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    let ids = |ids: &[i64]| ids.iter().map(|&id| EventId(id)).collect::<Vec<_>>();
    let order = |events: &[i64], mark| MarkOrder { events: ids(events), mark, folded: Vec::new() };
    let set = |app: &mut App, order: MarkOrder, changed: &[i64]| {
        assert_eq!(update(app, Msg::Marked(order, Ok(ids(changed)), Timestamp(0))), []);
    };
    let pin = order(&[8], Mark::Pinned(true));
    assert_eq!(press(&mut app, "kp", 0), [Effect::Mark(pin.clone())]);
    set(&mut app, pin, &[8]);
    assert_eq!(press(&mut app, "u", 1_000_000), [Effect::Mark(order(&[8], Mark::Pinned(false)))]);
    // Three are asked about, and Enter alone is no.
    press(&mut app, "kk  v", 2_000_000);
    assert_eq!(app.list.meant(), ids(&[6, 7, 8]));
    assert_eq!(press(&mut app, "D", 3_000_000), []);
    assert!(matches!(&app.overlay, Overlay::Confirm(c) if c.question == "Delete 3 events?"));
    assert_eq!(update(&mut app, Msg::Key(Key::plain(Code::Enter), Timestamp(4_000_000))), []);
    assert!(matches!(app.overlay, Overlay::None));
    press(&mut app, "D", 5_000_000);
    let deleted = press(&mut app, "d", 6_000_000);
    let delete = order(&[6, 7, 8], Mark::Deleted(Some(Timestamp(5_100_000))));
    assert_eq!(deleted, [Effect::Mark(delete.clone()), Effect::Open(EventId(9))]);
    // One of them had been deleted before: it stays so.
    set(&mut app, delete, &[6, 8]);
    assert_eq!(press(&mut app, "u", 7_000_000), [Effect::Mark(order(&[6, 8], Mark::Deleted(None)))]);
    assert_eq!(app.list.meant(), ids(&[6, 7, 8]));
}

#[test]
fn the_newest_rows_are_reached_by_going_down() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    press(&mut app, "k", 0);
    update(&mut app, Msg::Heads(Heads { event: 12, ..Heads::default() }));
    let asked = press(&mut app, "jj", 1_000_000);
    assert!(matches!(asked[..], [Effect::Page(PageWish { anchor: Anchor::Around(EventId(9)), .. })]));
    update(&mut app, Msg::Page(page(Anchor::Around(EventId(9)), 1, 12, 12), Timestamp(0)));
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(10));
}

#[test]
fn marked_events_are_sent_even_before_a_target_is_known() {
    let mut app = app((80, 24));
    app.targets.clear();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    press(&mut app, "kkk  r", 0);
    assert!(matches!(&app.overlay, Overlay::Resend(d) if d.label == "2 events"));
    press(&mut app, "9/x", 10_000_000);
    update(&mut app, Msg::Key(Key::plain(Code::Enter), Timestamp(20_000_000)));
    assert!(
        matches!(&app.overlay, Overlay::Confirm(c) if c.question.starts_with("Send 2 events to http://127.0.0.1:9/x"))
    );
    let order = ResendOrder::plain(EventId(6), "http://127.0.0.1:9/x", Cause::Manual);
    // The key that asks does not answer, however long it is held.
    assert_eq!(press(&mut app, "r", 30_000_000), []);
    assert_eq!(press(&mut app, "s", 31_000_000), [Effect::Resend(order)]);
}

#[test]
fn several_are_sent_one_after_the_other_and_escape_stops_them() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    let order = |id| ResendOrder::plain(EventId(id), "http://127.0.0.1:3000", Cause::Manual);
    assert_eq!(press(&mut app, "kkk   r", 0), []);
    assert_eq!(press(&mut app, "s", 10_000_000), [Effect::Resend(order(6))]);
    let answered =
        |app: &mut App, id| update(app, Msg::Sent(order(id), Err(("no".into(), "hint".into())), Timestamp(20_000_000)));
    assert_eq!(answered(&mut app, 6), [Effect::Resend(order(7))]);
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(30_000_000)));
    assert_eq!(answered(&mut app, 7), []);
}

#[test]
fn what_has_been_shown_for_half_a_second_is_read() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(9), Timestamp(1_000_000)));
    assert_eq!(app.alarm(), Some(Timestamp(1_500_000)));
    assert_eq!(update(&mut app, Msg::Tick(Timestamp(1_400_000))), []);
    let read = MarkOrder { events: vec![EventId(9)], mark: Mark::Read(true), folded: Vec::new() };
    assert_eq!(update(&mut app, Msg::Tick(Timestamp(1_500_000))), [Effect::Mark(read)]);
    assert_eq!(app.alarm(), None);
}

#[test]
fn a_gap_in_listening_and_a_new_day_have_a_line_of_their_own() {
    let mut app = app((80, 24));
    let mut newest = page(Anchor::Newest, 1, 9, 9);
    let gap = Gap { after: EventId(7), from: Timestamp(0), to: Timestamp::from_secs(60), killed: false, runs: 0 };
    newest.gaps = vec![gap];
    newest.rows[8].received_at = Timestamp::from_secs(1_763_894_525 + 86_400);
    update(&mut app, Msg::Page(newest, Timestamp(0)));
    let ids = |app: &App| -> Vec<i64> {
        let lines = app.list.visible(6, &TimeZone::UTC);
        lines.iter().map(|line| line.event().map_or(0, |row| row.id.0)).collect()
    };
    assert_eq!(ids(&app), [6, 7, 0, 8, 0, 9]);
    press(&mut app, "o", 0);
    assert_eq!(ids(&app), [9, 0, 8, 0, 7, 6]);
    // Downwards is to the older ones now.
    press(&mut app, "j", 1_000_000);
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(8));
}

#[test]
fn nothing_can_be_sent_where_no_event_is_in_view() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    for view in ["2", "3", "4"] {
        press(&mut app, view, 0);
        for key in ["r", "R", "D", "p", "u", "e", " ", "c"] {
            assert_eq!(press(&mut app, key, 1_000_000), [], "{view}{key}");
            assert!(matches!(app.overlay, Overlay::None), "{view}{key}");
        }
    }
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(2_000_000)));
    assert_eq!(app.view, View::Events);
}

#[test]
fn a_bar_leads_to_its_events() {
    let mut app = app((80, 24));
    let bars = vec![Bar { arrived: 2, first: Some(EventId(4)), ..Bar::default() }, Bar::default()];
    assert!(matches!(press(&mut app, "3", 0)[..], [Effect::Timeline(_)]));
    let timeline = Timeline { to: Timestamp(60_000_000), bars, ..Timeline::default() };
    update(&mut app, Msg::Timeline(timeline, Timestamp(0)));
    // It is asked for again when the log has gone on, and not more often than once a second.
    update(&mut app, Msg::Heads(Heads { event: 5, ..Heads::default() }));
    assert_eq!(app.alarm(), Some(Timestamp(1_000_000)));
    assert_eq!(update(&mut app, Msg::Tick(Timestamp(900_000))), []);
    assert!(matches!(update(&mut app, Msg::Tick(Timestamp(1_000_000)))[..], [Effect::Timeline(_)]));
    press(&mut app, "h", 2_000_000);
    let effects = update(&mut app, Msg::Key(Key::plain(Code::Enter), Timestamp(3_000_000)));
    assert!(matches!(effects[..], [Effect::Page(PageWish { anchor: Anchor::Around(EventId(4)), .. })]));
    update(&mut app, Msg::Page(page(Anchor::Around(EventId(4)), 1, 5, 5), Timestamp(0)));
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(4));
}

#[test]
fn moves_that_are_typed_ahead_are_not_lost() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 5, 5), Timestamp(0)));
    update(&mut app, Msg::Heads(Heads { event: 9, ..Heads::default() }));
    press(&mut app, "kGkkk", 0);
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    assert_eq!(app.list.selected.as_ref().unwrap().id, EventId(6));
}

#[test]
fn a_burst_is_one_page() {
    let mut app = app((80, 24));
    app.list.start();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    let asked: usize =
        (2..10_002).map(|event| update(&mut app, Msg::Heads(Heads { event, ..Heads::default() })).len()).sum();
    assert_eq!(asked, 1);
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let codes = prop_oneof![
        proptest::sample::select("jkgGhlzmrRdycif[]()-=+JK?q xbuw./nN".chars().collect::<Vec<_>>())
            .prop_map(Code::Char),
        proptest::sample::select(vec![
            Code::Enter,
            Code::Esc,
            Code::Tab,
            Code::PageDown,
            Code::PageUp,
            Code::Backspace,
            Code::Left,
            Code::Right
        ]),
    ];
    prop_oneof![
        8 => (codes, any::<bool>(), 0i64..10_000_000).prop_map(|(code, ctrl, at)| Msg::Key(Key { code, ctrl }, Timestamp(at))),
        1 => (0u16..200, 0u16..70).prop_map(|(w, h)| Msg::Resize(w, h)),
        2 => (0usize..3, 0u16..90, 0u16..30, 0i64..9_000_000).prop_map(|(what, x, y, at)| {
            let gesture = [Gesture::Click, Gesture::WheelUp, Gesture::WheelDown][what];
            Msg::Mouse(gesture, (x, y), Timestamp(at))
        }),
        2 => (0i64..60).prop_map(|event| Msg::Heads(Heads { event, attempt: event / 7, mark: event as u64 / 5, change: 0 })),
        3 => (0i64..50, 0i64..20, 0i64..9).prop_map(|(from, n, more)| {
            Msg::Page(page(Anchor::Newest, from + 1, from + n, from + n + more), Timestamp(0))
        }),
        1 => (1i64..60).prop_map(|id| Msg::Opened(opened(id), Timestamp(0))),
        1 => (0i64..9).prop_map(|at| Msg::Paste("rDq\n".into(), Timestamp(at))),
        1 => (0i64..9).prop_map(|at| Msg::Tick(Timestamp(at * 1_000_000))),
    ]
}

proptest! {
    #[test]
    fn update_is_total_and_the_screen_draws(msgs in proptest::collection::vec(any_msg(), 0..60)) {
        let mut app = app((80, 24));
        app.list.start();
        for msg in msgs {
            update(&mut app, msg);
            let rows = app.list.visible(app.list_height(), &TimeZone::UTC);
            if let (Some(selected), false) = (&app.list.selected, rows.is_empty()) {
                prop_assert!(rows.iter().filter_map(Line::event).any(|row| row.id == selected.id), "the selection left the list");
            }
        }
    }
}

#[test]
fn a_million_brackets_in_the_tree_are_walked_over() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    let text = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let mut deep = opened(1);
    deep.body = Body::new(text.into_bytes().into(), Some("application/json"));
    update(&mut app, Msg::Opened(deep, Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
    press(&mut app, "mG", 0);
    assert_eq!(app.detail.cursor, 199_999);
    press(&mut app, "k", 1_000_000);
    assert_eq!(app.detail.cursor, 199_998);
}

#[test]
fn the_end_of_a_tab_can_be_left_again() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    let mut long = opened(1);
    long.headers = (0..50).map(|n| (format!("X-{n}"), "1")).collect();
    update(&mut app, Msg::Opened(long, Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
    press(&mut app, "]G", 0);
    let height = usize::from(app.layout().detail_lines().height);
    assert_eq!(app.detail.scroll(), 53 - height);
    press(&mut app, "jk", 1_000_000);
    assert_eq!(app.detail.scroll(), 52 - height);
}

#[test]
fn long_lines_wrap_until_they_are_cut() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    let mut long = opened(1);
    let text = format!("{{\"a\":\"{}\",\"b\":1}}", "x".repeat(200));
    long.body = Body::new(text.into_bytes().into(), Some("application/json"));
    update(&mut app, Msg::Opened(long, Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
    let area = app.layout().detail_lines();
    let rows = |app: &App| app.detail.body_rows(area);
    assert_eq!(rows(&app).iter().filter(|row| row.line == 1).count(), 3);
    assert!(rows(&app).iter().all(|row| row.text.width() <= area.width.into()));
    press(&mut app, "w", 0);
    assert!(rows(&app)[1].text.to_string().ends_with('›'));
    press(&mut app, "jl", 1_000_000);
    assert!(rows(&app)[1].text.to_string().starts_with('‹'));
}

#[test]
fn the_dialog_asks_for_a_preview_and_sends_what_it_shows() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(1), Timestamp(0)));
    let plain = |target: &str| ResendOrder::plain(EventId(1), target, Cause::Manual);
    let key = |app: &mut App, code, at| update(app, Msg::Key(Key::plain(code), Timestamp(at)));
    assert_eq!(press(&mut app, "R", 0), [Effect::Preview(plain("http://127.0.0.1:3000"))]);
    // An origin that is not allowed has no preview; Enter says why.
    press(&mut app, "8", 1_000_000);
    update(&mut app, Msg::Paste("https://example.com/x\n".into(), Timestamp(1_500_000)));
    assert_eq!(key(&mut app, Code::Enter, 2_000_000), []);
    let Overlay::Resend(dialog) = &app.overlay else { panic!("{:?}", app.overlay) };
    assert_eq!(dialog.url.value(), "https://example.com/x");
    assert!(dialog.error.as_ref().unwrap().1.contains("allow_targets"));
    // The target used before is one key away; then the signature.
    assert_eq!(key(&mut app, Code::Up, 3_000_000), [Effect::Preview(plain("http://127.0.0.1:3000"))]);
    key(&mut app, Code::Tab, 4_000_000);
    let order = ResendOrder { signature: crate::model::SignaturePolicy::Resign, ..plain("http://127.0.0.1:3000") };
    assert_eq!(key(&mut app, Code::Right, 5_000_000), [Effect::Preview(order.clone())]);
    assert_eq!(key(&mut app, Code::Enter, 6_000_000), [Effect::Resend(order)]);
}

#[test]
fn find_counts_its_hits_and_goes_round() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(1), Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
    let find = |app: &mut App, text: &str, at| {
        press(app, &format!("/{text}"), at);
        update(app, Msg::Key(Key::plain(Code::Enter), Timestamp(at + 2_000_000)));
    };
    find(&mut app, "LI", 0);
    let said = |app: &App| app.toast.as_ref().unwrap().text.clone();
    assert!(said(&app).starts_with("`LI`: hit 1 of 2"), "{}", said(&app));
    assert_eq!(app.detail.cursor, 4);
    press(&mut app, "n", 4_000_000);
    assert_eq!(app.detail.cursor, 9);
    press(&mut app, "n", 5_000_000);
    assert_eq!(app.detail.cursor, 4);
    press(&mut app, "N", 6_000_000);
    assert_eq!(app.detail.cursor, 9);
    find(&mut app, "nowhere", 7_000_000);
    assert_eq!(said(&app), "`nowhere` is not in this tab");
    // Esc first puts an end to the search, then leaves the pane.
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(20_000_000)));
    assert!(app.detail.find.is_none() && app.focus == Focus::Detail);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    /// Whatever the lines are and however small the screen: going down shows all of it, and the cursor stays in view.
    #[test]
    fn going_down_passes_over_nothing(lines in proptest::collection::vec(0usize..1500, 1..4), raw in any::<bool>()) {
        let mut app = app((60, 15));
        update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
        let mut number = 0;
        let mut word = || { number += 1; format!("w{number:05}") };
        let texts: Vec<String> = lines.iter().map(|n| (0..n / 6).map(|_| word()).collect::<Vec<_>>().join(" ")).collect();
        let body = if raw { texts.join("\n") } else { serde_json::to_string(&texts).unwrap() };
        let mut shown = opened(1);
        shown.body = Body::new(body.clone().into_bytes().into(), (!raw).then_some("application/json"));
        update(&mut app, Msg::Opened(shown, Timestamp(0)));
        update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
        let area = app.layout().detail_lines();
        let mut seen = String::new();
        for n in 0..300 {
            let rows = app.detail.body_rows(area);
            prop_assert!(rows.iter().any(|row| row.line == app.detail.cursor), "the cursor is out of view");
            let before = rows.len();
            prop_assert!(before <= area.height.into());
            // Words may be cut by a row's end: all rows one after the other hold them whole.
            seen.push_str(&rows.iter().map(|row| row.text.to_string().trim_start().to_owned()).collect::<String>());
            seen.push('\u{1f}');
            press(&mut app, "j", n * 100_000);
        }
        for word in body.split(|c: char| !c.is_alphanumeric()).filter(|w| w.starts_with('w')) {
            prop_assert!(seen.contains(word), "{word} was never shown");
        }
        // And back up to the first row.
        for n in 0..300 {
            press(&mut app, "k", (1000 + n) * 100_000);
        }
        prop_assert_eq!((app.detail.cursor, app.detail.row, app.detail.scroll()), (0, 0, 0));
    }
}

#[test]
fn neither_another_tab_nor_a_zoom_moves_the_body_out_of_view() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 1, 1), Timestamp(0)));
    let mut long = opened(1);
    long.headers = (0..50).map(|n| (format!("X-{n}"), "1")).collect();
    let list: Vec<usize> = (0..300).collect();
    long.body = Body::new(serde_json::to_vec(&list).unwrap().into(), Some("application/json"));
    update(&mut app, Msg::Opened(long, Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Tab), Timestamp(0)));
    press(&mut app, "G]jjj", 0);
    assert_eq!(app.detail.scroll(), 3);
    update(&mut app, Msg::Resize(100, 30));
    assert_eq!(app.detail.scroll(), 3);
    for keys in ["[z", "z", "w", "-", "=", "G"] {
        press(&mut app, keys, 2_000_000);
        let rows = app.detail.body_rows(app.layout().detail_lines());
        assert!(rows.iter().any(|row| row.line == app.detail.cursor), "after {keys}");
    }
}

#[test]
fn the_help_runs_what_is_chosen() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(3), Timestamp(0)));
    press(&mut app, ":nonsense", 0);
    let enter = |app: &mut App, at| update(app, Msg::Key(Key::plain(Code::Enter), Timestamp(at)));
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(900_000)));
    press(&mut app, "alone pane", 1_000_000);
    enter(&mut app, 3_000_000);
    assert!(app.zoom && matches!(app.overlay, Overlay::None));
    press(&mut app, ":yi", 4_000_000);
    assert_eq!(enter(&mut app, 6_000_000), [Effect::Copy("id, 1 B".into(), b"3".to_vec())]);
}

#[test]
fn the_mouse_chooses_rows_tabs_and_lines() {
    let mut app = app((80, 24));
    app.list.start();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 30, 30), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(30), Timestamp(0)));
    let click = |app: &mut App, at, when| update(app, Msg::Mouse(Gesture::Click, at, Timestamp(when)));
    // The first of six rows is event 25.
    assert_eq!(click(&mut app, (5, 3), 0), [Effect::Open(EventId(25))]);
    assert!(!app.list.follow);
    click(&mut app, (5, 3), 100_000);
    assert!(app.zoom && app.focus == Focus::Detail, "a double click opens");
    app.zoom = false;
    click(&mut app, (9, 11), 1_000_000);
    assert_eq!(app.detail.tab, Tab::Headers);
    click(&mut app, (2, 11), 2_000_000);
    click(&mut app, (2, 14), 3_000_000);
    assert_eq!((app.detail.tab, app.detail.cursor), (Tab::Body, 2));
    update(&mut app, Msg::Mouse(Gesture::WheelDown, (2, 14), Timestamp(4_000_000)));
    assert_eq!(app.detail.cursor, 10);
    // The wheel moves what is seen, never what is chosen.
    let chosen = app.list.selected.as_ref().unwrap().id;
    update(&mut app, Msg::Mouse(Gesture::WheelUp, (5, 4), Timestamp(4_500_000)));
    let height = app.list_height();
    assert_eq!(app.list.visible(height, &TimeZone::UTC)[0].event().unwrap().id, EventId(22));
    assert_eq!(app.list.selected.as_ref().unwrap().id, chosen);
    assert_eq!(press(&mut app, "M", 5_000_000), [Effect::Mouse(false)]);
    app.size = (40, 10);
    assert_eq!(click(&mut app, (5, 3), 9_000_000), []);
}

#[test]
fn the_menu_runs_by_letter_and_says_why_something_cannot_be_done() {
    let mut app = app((80, 24));
    let mut newest = page(Anchor::Newest, 1, 3, 3);
    newest.rows[2].rejected = Some("too large".into());
    update(&mut app, Msg::Page(newest, Timestamp(0)));
    press(&mut app, "x", 0);
    let reasons: Vec<_> = app.action_rows().into_iter().filter_map(|row| row.reason).collect();
    assert!(
        reasons.contains(&"it was rejected (too large)".to_owned()) && reasons.contains(&"nothing to undo".to_owned())
    );
    assert_eq!(press(&mut app, "e", 1_000_000), []);
    assert_eq!(app.toast.as_ref().unwrap().text, "that is not possible: it was rejected (too large)");
    press(&mut app, "k", 2_000_000);
    press(&mut app, "x", 3_000_000);
    let order = MarkOrder { events: vec![EventId(2)], mark: Mark::Pinned(true), folded: Vec::new() };
    assert_eq!(press(&mut app, "p", 4_000_000), [Effect::Mark(order)]);
    // What is no action does nothing there.
    press(&mut app, "x", 5_000_000);
    press(&mut app, "q", 6_000_000);
    assert!(matches!(app.overlay, Overlay::Actions(_)));
}

#[test]
fn hints_menus_tabs_and_the_border_can_be_pointed_at() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let mut at = 0;
    let mut mouse = |app: &mut App, gesture, place| {
        at += 1_000_000;
        update(app, Msg::Mouse(gesture, place, Timestamp(at)))
    };
    let help = app.hints()[0].x;
    mouse(&mut app, Gesture::Click, (help, 23));
    assert!(matches!(app.overlay, Overlay::Help(_)));
    mouse(&mut app, Gesture::Click, (0, 5));
    assert!(matches!(app.overlay, Overlay::None));
    let (x, view, _) = app.header().tabs[3];
    assert_eq!((mouse(&mut app, Gesture::Click, (x, 0)), app.view), (vec![Effect::Runs], view));
    let events = app.header().tabs[0].0;
    mouse(&mut app, Gesture::Click, (events, 0));
    // The right button opens the menu of the row under it; its third row is the editor's.
    assert_eq!(mouse(&mut app, Gesture::Menu, (5, 3)), [Effect::Open(EventId(1))]);
    let rows = app.action_rows();
    let pin = rows.iter().position(|row| row.key == "p").unwrap() as u16;
    let top = app.layout().panes.middle(App::actions_size(rows.len())).y + 1;
    let order = MarkOrder { events: vec![EventId(1)], mark: Mark::Pinned(true), folded: Vec::new() };
    assert_eq!(mouse(&mut app, Gesture::Click, (20, top + pin)), [Effect::Mark(order)]);
    let border = app.layout().detail.y;
    mouse(&mut app, Gesture::Click, (20, border));
    mouse(&mut app, Gesture::Drag, (20, border + 4));
    mouse(&mut app, Gesture::Release, (20, border + 4));
    assert!(app.layout().detail.y > border + 1);
    mouse(&mut app, Gesture::Drag, (20, border));
    assert!(app.toast.as_ref().unwrap().text.contains("Shift-drag"));
}

#[test]
fn a_filter_is_kept_until_it_shows_nothing_and_new_events_are_added() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 30, 30), Timestamp(0)));
    // A wrong one changes nothing, and says where it is wrong.
    press(&mut app, "/sgi:bad", 0);
    let enter = |app: &mut App, at| update(app, Msg::Key(Key::plain(Code::Enter), Timestamp(at)));
    assert_eq!(enter(&mut app, 1_000_000), []);
    assert!(matches!(&app.overlay, Overlay::Filter(_, Some(error)) if error.at == 0 && error.hint.contains("sig")));
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(1_500_000)));
    press(&mut app, "type:nope", 2_000_000);
    let asked = enter(&mut app, 9_000_000);
    let [Effect::Page(wish)] = &asked[..] else { panic!("{asked:?}") };
    // The page that was on its way is of before, and is not taken.
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 31, 31), Timestamp(0)));
    assert_eq!(app.list.rows.len(), 30);
    let none = Page { wish: wish.clone(), matching: Some(0), to_end: true, ..page(Anchor::Newest, 1, 0, 31) };
    update(&mut app, Msg::Page(none, Timestamp(0)));
    assert_eq!((app.list.rows.len(), app.list.selected.is_none(), app.list.matching), (0, true, Some(0)));
    // What arrives is looked at by itself, and added.
    let effects = update(&mut app, Msg::Heads(Heads { event: 33, ..Heads::default() }));
    let [Effect::Page(wish)] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(wish.anchor, Anchor::After(EventId(31)));
    let added = Page { wish: wish.clone(), ..page(wish.anchor, 32, 32, 33) };
    update(&mut app, Msg::Page(Page { to_end: true, ..added }, Timestamp(0)));
    assert_eq!((app.list.rows.len(), app.list.matching, app.list.selected.is_some()), (1, Some(1), true));
    // With something to show, Esc leaves it.
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(20_000_000)));
    assert!(app.list.scope.filter.is_some());
    app.list.rows.clear();
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(21_000_000)));
    assert!(app.list.scope.filter.is_none());
}

#[test]
fn the_first_event_to_another_machine_asks_for_its_host() {
    let mut app = app((80, 24));
    app.place.allowed = crate::model::Allowed::parse(&["https://hooks.example.com".to_owned()]).unwrap();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let enter = |app: &mut App, at| update(app, Msg::Key(Key::plain(Code::Enter), Timestamp(at)));
    let url = "https://hooks.example.com/in";
    let to_the_host = |app: &mut App, host: &str, at: i64| {
        press(app, "R", at);
        update(app, Msg::Paste(url.into(), Timestamp(at + 1_000_000)));
        assert_eq!(enter(app, at + 2_000_000), []);
        assert!(matches!(&app.overlay, Overlay::Foreign(f) if f.host == "hooks.example.com"));
        press(app, host, at + 3_000_000);
        enter(app, at + 9_000_000)
    };
    assert_eq!(to_the_host(&mut app, "yes", 0), []);
    let order = ResendOrder::plain(EventId(3), url, Cause::Manual);
    assert_eq!(to_the_host(&mut app, "hooks.example.com", 20_000_000), [Effect::Resend(order)]);
    // From then on it is known.
    assert!(matches!(press(&mut app, "r", 40_000_000)[..], [Effect::Resend(_)]));
}

#[test]
fn a_whole_url_may_be_typed_behind_the_first_words() {
    let mut app = app((80, 24));
    app.targets.clear();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    press(&mut app, "Rhttp://localhost:9/x", 0);
    let Overlay::Resend(dialog) = &app.overlay else { panic!("no dialog") };
    assert_eq!(dialog.url.value(), "http://localhost:9/x");
}

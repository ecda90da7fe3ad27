//! What is sent, marked and taken back, and to whom.

use super::*;
use crate::model::{Anchor, Cause, EventId, Mark, MarkOrder, ResendOrder};

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
fn a_second_press_sends_once_it_is_certain_that_the_key_is_not_held() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let mut r = |ms: i64| update(&mut app, Msg::Key(Key::plain(Code::Char('r')), Timestamp(ms * 1_000)));
    assert_eq!(r(1_000).len(), 1);
    // A terminal repeats after 500 ms, then every 33 ms.
    let repeats: usize = (0..40).map(|n| r(1_500 + 33 * n).len()).sum();
    assert_eq!(repeats, 0);
    assert_eq!(r(5_000).len(), 1);
    assert_eq!(r(5_300), []);
    let due = app.alarm().unwrap();
    assert!(due.since(Timestamp(5_300_000)) < 100_000);
    // The event is that of the press, wherever the selection is by then.
    app.list.selected = None;
    let order = ResendOrder::plain(EventId(3), "http://127.0.0.1:3000", Cause::Manual);
    assert_eq!(update(&mut app, Msg::Tick(due)), [Effect::Resend(order)]);
    assert_eq!(update(&mut app, Msg::Tick(Timestamp(due.0 + 1))), []);
}

#[test]
fn the_key_that_opened_a_window_is_not_written_into_it_however_long_it_is_held() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let url = |app: &App| match &app.overlay {
        Overlay::Resend(dialog) => dialog.url.value().to_owned(),
        _ => panic!("no dialog"),
    };
    let mut press = |code, ms: i64| {
        update(&mut app, Msg::Key(Key::plain(Code::Char(code)), Timestamp(ms * 1_000)));
        url(&app)
    };
    let before = press('R', 1_000);
    assert!((0..40).all(|n| press('R', 1_500 + 33 * n) == before));
    assert_eq!(press('x', 5_000).len() as i64 - press('R', 5_100).len() as i64, -1);
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
    let unpin = order(&[8], Mark::Pinned(false));
    assert_eq!(press(&mut app, "u", 1_000_000), [Effect::Mark(unpin.clone())]);
    // What cannot be written can be tried again.
    let refused = Err(("no".to_owned(), "hint".to_owned()));
    update(&mut app, Msg::Marked(unpin.clone(), refused, Timestamp(0)));
    assert_eq!(press(&mut app, "u", 1_500_000), [Effect::Mark(unpin.clone())]);
    // Until it is on disk nothing before it is taken back.
    assert_eq!(press(&mut app, "u", 1_800_000), []);
    set(&mut app, unpin, &[8]);
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
fn what_was_edited_is_the_event_that_was_edited_whatever_is_marked() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    press(&mut app, "kkk  ", 0);
    update(&mut app, Msg::Opened(opened(8), Timestamp(0)));
    let asked = press(&mut app, "e", 1_000_000);
    let [Effect::Edit(EventId(8), text)] = &asked[..] else { panic!("{asked:?}") };
    let text = text.replace("evt_1", "evt_2");
    update(&mut app, Msg::Edited(EventId(8), Ok(Some(text)), Timestamp(2_000_000)));
    let Overlay::Resend(dialog) = &app.overlay else { panic!("no dialog") };
    assert_eq!((dialog.event, dialog.events.len()), (EventId(8), 1));
}

#[test]
fn while_several_are_sent_nothing_else_is_and_all_of_them_can_be_deleted() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 5, 5), Timestamp(0)));
    update(&mut app, Msg::Ids((1..=5).map(EventId).collect(), Timestamp(0)));
    press(&mut app, "rs", 0);
    for key in ["r", "R"] {
        assert_eq!(press(&mut app, key, 1_000_000), []);
        assert!(matches!(app.overlay, Overlay::None));
        assert!(app.toast.as_ref().unwrap().text.contains("Esc stops it"));
    }
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(2_000_000)));
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(3_000_000)));
    let order = ResendOrder::plain(EventId(1), "http://127.0.0.1:3000", Cause::Manual);
    update(&mut app, Msg::Sent(order, Err(("no".into(), "hint".into())), Timestamp(4_000_000)));
    assert!(app.toast.as_ref().unwrap().text.ends_with("stopped, 4 not sent and marked again"));
    press(&mut app, "AA", 5_000_000);
    update(&mut app, Msg::Ids((1..=5).map(EventId).collect(), Timestamp(0)));
    press(&mut app, "Dd", 6_000_000);
    assert!(app.list.selected.is_none());
}

//! Menus, help and the mouse.

use super::*;
use crate::model::{Anchor, EventId, Mark, MarkOrder};

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
fn the_palette_finds_a_key_a_name_and_words() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    let first = |app: &App, search: &str| {
        let rows = app.help_rows(&Help { search: search.into(), ..Help::default() });
        rows.first().map(|row| row.keys.clone()).unwrap_or_default()
    };
    assert_eq!([first(&app, "quit"), first(&app, "q"), first(&app, "resend_to")], ["q", "q", "R"]);
    assert_eq!([first(&app, "G"), first(&app, "curl"), first(&app, "zoom")], ["G End", "c", "z"]);
    // `1` once more leaves a zoomed detail, and so does a click on it.
    press(&mut app, "z", 0);
    press(&mut app, "1", 1_000_000);
    assert!(!app.zoom);
}

#[test]
fn what_is_pointed_at_is_meant_and_not_what_is_marked_elsewhere() {
    let mut app = app((80, 24));
    app.list.start();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 5, 5), Timestamp(0)));
    press(&mut app, "kk  ", 0);
    assert_eq!(app.list.meant_by_marks(), 2);
    let mouse = |app: &mut App, gesture, at, when| update(app, Msg::Mouse(gesture, at, Timestamp(when)));
    mouse(&mut app, Gesture::Menu, (5, 3), 1_000_000);
    assert!(matches!(app.overlay, Overlay::Actions(_)));
    let order = MarkOrder { events: vec![EventId(1)], mark: Mark::Pinned(true), folded: Vec::new() };
    assert_eq!(press(&mut app, "p", 2_000_000), [Effect::Mark(order)]);
    // The marks are still there for the next key.
    press(&mut app, "r", 3_000_000);
    assert!(matches!(&app.overlay, Overlay::Confirm(c) if c.question.starts_with("Send 2 events")));
}

#[test]
fn the_dialog_and_the_help_can_be_pointed_at() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 3, 3), Timestamp(0)));
    press(&mut app, "R", 0);
    let inside = |app: &App| match &app.overlay {
        Overlay::Resend(dialog) => app.layout().panes.middle(dialog.size(app.layout().panes)).inside(true),
        _ => panic!("no dialog"),
    };
    let click = |app: &mut App, at, when| update(app, Msg::Mouse(Gesture::Click, at, Timestamp(when)));
    let at = inside(&app);
    click(&mut app, (at.x + 3, at.y + 2), 1_000_000);
    assert!(matches!(&app.overlay, Overlay::Resend(dialog) if dialog.is_typing()));
    let at = inside(&app);
    click(&mut app, (at.x + 3, at.y + 4), 2_000_000);
    assert!(matches!(&app.overlay, Overlay::Resend(d) if d.signature == crate::model::SignaturePolicy::Strip));
    // What is typed is a URL, wherever the keys went before.
    press(&mut app, "9", 3_000_000);
    assert!(matches!(&app.overlay, Overlay::Resend(dialog) if dialog.url.value().ends_with(":9")));
    update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(4_000_000)));
    press(&mut app, "?", 5_000_000);
    click(&mut app, (5, 6), 6_000_000);
    assert!(matches!(&app.overlay, Overlay::Help(help) if help.chosen > 0), "the first click chooses");
    click(&mut app, (5, 6), 9_000_000);
    assert!(matches!(app.overlay, Overlay::None), "the second runs");
}

#[test]
fn a_click_chooses_a_subscriber_and_an_event_of_its_queue() {
    use crate::model::{Queued, QueuedEvent, SubscriberOrder, SubscriberStanding};
    let mut app = app((80, 24));
    let one = |name: &str| SubscriberStanding { name: name.into(), waiting: 2, ..SubscriberStanding::default() };
    update(&mut app, Msg::Subscribers(vec![one("a"), one("b")], Timestamp(0)));
    update(&mut app, Msg::Key(Key::plain(Code::Char('2')), Timestamp(0)));
    // Header, frame, heading, a, b.
    let click = |app: &mut App, y, at| update(app, Msg::Mouse(Gesture::Click, (5, y), Timestamp(at)));
    assert_eq!(click(&mut app, 4, 1_000_000), [Effect::Queue("b".into())]);
    let event = |id| QueuedEvent {
        id: EventId(id),
        label: "push".into(),
        received_at: Timestamp(0),
        attempts: 0,
        last: None,
        due: None,
    };
    update(&mut app, Msg::Queued(Queued { subscriber: "b".into(), open: vec![event(7), event(8)], dead: Vec::new() }));
    // A blank line, the queue's title, its heading, #7, #8.
    assert_eq!(click(&mut app, 9, 3_000_000), []);
    let press = |app: &mut App, c| update(app, Msg::Key(Key::plain(Code::Char(c)), Timestamp(5_000_000)));
    assert_eq!(press(&mut app, 'r'), [Effect::Subscriber("b".into(), SubscriberOrder::Hurry(EventId(8)))]);
    assert_eq!(click(&mut app, 20, 7_000_000), [], "nothing stands there");
}

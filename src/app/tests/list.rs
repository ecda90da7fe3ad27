//! What moves in the list, and what never moves by itself.

use super::*;
use crate::model::{Anchor, Arrivals, EventId, Gap, Heads, Mark, MarkOrder, Overview, Page};

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
fn a_gap_in_listening_and_a_new_day_have_a_line_of_their_own() {
    let mut app = app((80, 24));
    let mut newest = page(Anchor::Newest, 1, 9, 9);
    let gap =
        Gap { after: EventId(7), from: Timestamp(0), to: Timestamp::from_secs(60), killed: false, runs: 0, refused: 0 };
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

#[test]
fn a_filter_is_kept_until_it_shows_nothing_and_new_events_are_added() {
    let mut app = app((80, 24));
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 30, 30), Timestamp(0)));
    // A wrong one changes nothing, and says where it is wrong.
    press(&mut app, "/sgi:bad", 0);
    let enter = |app: &mut App, at| update(app, Msg::Key(Key::plain(Code::Enter), Timestamp(at)));
    assert_eq!(enter(&mut app, 1_000_000), []);
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    assert!(prompt.wrong.as_ref().is_some_and(|error| error.at == 0 && error.hint.contains("sig")));
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
fn a_bar_leads_to_its_events() {
    let mut app = app((80, 24));
    let bars = vec![Arrivals { arrived: 2, ..Arrivals::default() }, Arrivals::default()];
    assert!(matches!(press(&mut app, "3", 0)[..], [Effect::Overview(_)]));
    let overview = Overview { bar_us: 60_000_000, bars, ..Overview::default() };
    update(&mut app, Msg::Overview(Box::new(overview), Timestamp(0)));
    // It is asked for again when the log has gone on, and not more often than once a second.
    update(&mut app, Msg::Heads(Heads { event: 5, ..Heads::default() }));
    assert_eq!(app.alarm(), Some(Timestamp(1_000_000)));
    assert_eq!(update(&mut app, Msg::Tick(Timestamp(900_000))), []);
    assert!(matches!(update(&mut app, Msg::Tick(Timestamp(1_000_000)))[..], [Effect::Overview(_)]));
    press(&mut app, "h", 2_000_000);
    let effects = update(&mut app, Msg::Key(Key::plain(Code::Enter), Timestamp(3_000_000)));
    let listed = app.list.scope.filter.as_ref().map(ToString::to_string);
    assert_eq!(listed.as_deref(), Some("at:1970-01-01T00:00:00Z..1970-01-01T00:00:59Z"));
    assert!(matches!(effects[..], [Effect::Page(_)]));
    // Esc comes back, with the filter that was in force before.
    let effects = update(&mut app, Msg::Key(Key::plain(Code::Esc), Timestamp(4_000_000)));
    assert!(matches!(effects[..], [Effect::Page(_), Effect::Overview(_)]), "{effects:?}");
    assert_eq!((app.list.scope.filter.as_ref(), app.view), (None, View::Timing));
}

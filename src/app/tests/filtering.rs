//! The filter while it is typed, and what is made of it.

use super::*;
use crate::model::filter::{Filter, Saved};
use crate::model::{Anchor, EventId, SetupOrder, SuggestWish, Suggestions};

fn key(app: &mut App, code: Code, at: i64) -> Vec<Effect> {
    update(app, Msg::Key(Key::plain(code), Timestamp(at)))
}

fn typed(app: &App) -> String {
    let Overlay::Filter(prompt) = &app.overlay else { panic!("{:?}", app.overlay) };
    prompt.input.value().to_owned()
}

fn in_force(app: &App) -> String {
    app.list.scope.filter.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The last wish among effects.
fn wish(effects: &[Effect]) -> SuggestWish {
    let found = effects.iter().rev().find_map(|effect| match effect {
        Effect::Suggest(wish) => Some(wish.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{effects:?}"))
}

fn opened_app() -> App {
    let mut app = app((80, 24));
    let texts = [("bad", "sig:bad")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    app.place.saved = Saved::new(texts.into_iter().collect()).unwrap();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 9, 9), Timestamp(0)));
    app
}

#[test]
fn what_is_typed_is_in_force_after_a_moment_and_esc_brings_back_what_was() {
    let mut app = opened_app();
    press(&mut app, "/id:>3", 1_000_000);
    assert_eq!(in_force(&app), "");
    let due = app.alarm().unwrap();
    let effects = update(&mut app, Msg::Tick(due));
    assert!(matches!(&effects[..], [Effect::Page(wish)] if wish.scope.filter.is_some()), "{effects:?}");
    assert_eq!(in_force(&app), "id:>3");
    key(&mut app, Code::Enter, 3_000_000);
    // What is not finished is no error yet; what is wrong is, and changes nothing.
    press(&mut app, "/ source:", 4_000_000);
    let due = app.alarm().unwrap();
    assert_eq!(update(&mut app, Msg::Tick(due)), []);
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    assert!(prompt.wrong.is_none());
    press(&mut app, "a sgi:x ", 5_000_000);
    let due = app.alarm().unwrap();
    assert_eq!(update(&mut app, Msg::Tick(due)), []);
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    assert_eq!(prompt.wrong.as_ref().map(|wrong| wrong.at), Some(15));
    assert_eq!(in_force(&app), "id:>3");
    // A word in force while it is typed goes with Esc.
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(6_000_000)));
    press(&mut app, "word", 7_000_000);
    let due = app.alarm().unwrap();
    update(&mut app, Msg::Tick(due));
    assert_eq!(in_force(&app), "word");
    let effects = key(&mut app, Code::Esc, 8_000_000);
    assert_eq!(in_force(&app), "id:>3");
    let [Effect::Page(wish)] = &effects[..] else { panic!("{effects:?}") };
    assert!(wish.scope.filter == app.list.scope.filter);
}

#[test]
fn tab_completes_names_and_goes_through_values() {
    let mut app = opened_app();
    let asked = wish(&press(&mut app, "/", 0));
    assert_eq!(asked.saved, ["bad"]);
    // What all candidates begin with, then one of them.
    press(&mut app, "su", 1_000_000);
    assert_eq!(wish(&key(&mut app, Code::Tab, 2_000_000)).wanted.field(), "subscriber");
    assert_eq!(typed(&app), "subscriber:");
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(3_000_000)));
    let asked = wish(&press(&mut app, "id:>1 -type:inv", 4_000_000));
    assert_eq!((asked.wanted.field(), asked.rest.to_string().as_str()), ("type", "id:>1"));
    let values = [("invoice.paid", 3), ("an invoice", 2), ("invoice failed", 1)];
    let values = values.map(|(value, many)| (value.to_owned(), many)).to_vec();
    let found = Suggestions { values, saved: Vec::new(), looked_at: 6, whole: true };
    // What was asked for another word is not taken.
    let other = SuggestWish { rest: Filter::all(), ..wish(&press(&mut app, "o", 5_000_000)) };
    update(&mut app, Msg::Suggested(asked.clone(), found.clone(), Timestamp(0)));
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    assert_eq!(prompt.shown().count(), 0);
    update(&mut app, Msg::Suggested(other, found, Timestamp(0)));
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    let shown: Vec<(&str, Option<u64>)> = prompt.shown().map(|(_, offer)| (offer.text.as_str(), offer.count)).collect();
    assert_eq!(
        shown,
        [("invoice.paid", Some(3)), ("invoice failed", Some(1)), ("invo*", Some(4)), ("an invoice", Some(2))]
    );
    assert_eq!(prompt.ghost().as_deref(), Some("ice.paid"));
    let went: Vec<String> = (0..3)
        .map(|n| {
            key(&mut app, Code::Tab, 6_000_000 + n);
            typed(&app)
        })
        .collect();
    assert_eq!(went, ["id:>1 -type:invoice.paid", "id:>1 -type:\"invoice failed\"", "id:>1 -type:invo*"]);
    key(&mut app, Code::BackTab, 7_000_000);
    key(&mut app, Code::BackTab, 7_000_001);
    assert_eq!(typed(&app), "id:>1 -type:invoice.paid");
    // The arrow takes what is proposed behind the cursor.
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(8_000_000)));
    press(&mut app, "@b", 9_000_000);
    key(&mut app, Code::Right, 10_000_000);
    assert_eq!(typed(&app), "@bad");
}

#[test]
fn every_line_of_the_language_page_is_a_filter() {
    for (text, about) in crate::app::SYNTAX {
        let saved = Saved::new([("name".to_owned(), "x".to_owned())].into_iter().collect()).unwrap();
        Filter::parse_with(text, &saved).unwrap_or_else(|e| panic!("{text}: {e:?}"));
        assert!(text.len() <= 31 && about.len() <= 32, "{text} {about}");
    }
}

#[test]
fn the_filter_says_why_it_leaves_the_selected_event_out() {
    let mut app = opened_app();
    update(&mut app, Msg::Opened(opened(9), Timestamp(0)));
    press(&mut app, "Xid:<5", 1_000_000);
    update(&mut app, Msg::Tick(Timestamp(9_000_000)));
    let Overlay::Filter(prompt) = &app.overlay else { panic!() };
    assert_eq!(prompt.explained.as_deref(), Some("#9 is left out by id:<5: id is 9"));
}

#[test]
fn a_filter_is_saved_subscribed_to_and_exported_by_a_word() {
    let mut app = opened_app();
    let say = |app: &mut App, line: &str, at| {
        press(app, ":", at);
        press(app, line, at + 1_000_000);
        key(app, Code::Enter, at + 2_000_000)
    };
    assert_eq!(say(&mut app, "save mine", 0), []);
    assert!(app.toast.as_ref().unwrap().text.contains("no filter to save"));
    app.list.scope.filter = Some(Filter::parse_with("@bad id:>3", &app.place.saved.clone()).unwrap());
    let save = SetupOrder::Save { name: "mine".into(), filter: "@bad id:>3".into() };
    assert_eq!(say(&mut app, "save mine", 10_000_000), [Effect::SetUp(save)]);
    assert_eq!(press(&mut app, "/", 15_000_000).len(), 1);
    update(&mut app, Msg::Key(Key { code: Code::Char('u'), ctrl: true }, Timestamp(16_000_000)));
    press(&mut app, ":save other", 17_000_000);
    let save = SetupOrder::Save { name: "other".into(), filter: "@bad id:>3".into() };
    assert_eq!(key(&mut app, Code::Enter, 19_000_000), [Effect::SetUp(save)]);
    for wrong in ["save bad", "save a b", "save", "subscribe nonsense://", "replay nobody"] {
        assert_eq!(say(&mut app, wrong, 20_000_000), [], "{wrong}");
        assert!(app.toast.as_ref().unwrap().error, "{wrong}");
    }
    let add = SetupOrder::Add { target: "http://127.0.0.1:3".into(), when: "@bad id:>3".into() };
    assert_eq!(say(&mut app, "subscribe http://127.0.0.1:3", 30_000_000), [Effect::SetUp(add)]);
    let effects = say(&mut app, "export /tmp/x.har", 40_000_000);
    assert!(
        matches!(&effects[..], [Effect::Export(filter, file)] if filter.to_string() == "@bad id:>3" && file == "/tmp/x.har")
    );
    assert!(matches!(&say(&mut app, "delete", 45_000_000)[..], [Effect::Ids(scope, _)] if scope.filter.is_some()));
    update(&mut app, Msg::Ids(vec![EventId(4), EventId(5)], Timestamp(0)));
    assert!(matches!(&app.overlay, Overlay::Confirm(confirm) if confirm.question == "Delete 2 events?"));
    key(&mut app, Code::Esc, 49_000_000);
    assert!(matches!(&say(&mut app, "clear", 50_000_000)[..], [Effect::Page(_), ..]));
    assert!(app.list.scope.filter.is_none());
}

#[test]
fn what_a_long_search_has_found_is_shown_until_it_is_done() {
    let mut app = opened_app();
    app.list.follow = true;
    press(&mut app, "/word", 0);
    let effects = key(&mut app, Code::Enter, 1_000_000);
    let [Effect::Page(wish)] = &effects[..] else { panic!("{effects:?}") };
    let part = Page { wish: wish.clone(), searching: true, ..page(wish.anchor, 5, 6, 9) };
    update(&mut app, Msg::Page(part, Timestamp(0)));
    assert_eq!((app.list.searching, app.list.rows.len()), (true, 2));
    assert_eq!(app.list.selected.as_ref().map(|row| row.id), Some(EventId(6)));
    let whole = Page { wish: wish.clone(), matching: Some(3), to_end: true, ..page(wish.anchor, 4, 6, 9) };
    update(&mut app, Msg::Page(whole, Timestamp(0)));
    assert_eq!((app.list.searching, app.list.rows.len(), app.list.matching), (false, 3, Some(3)));
}

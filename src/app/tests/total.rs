//! What holds for every sequence of keys, clicks, arrivals and answers.

use super::*;
use crate::model::{Anchor, Heads, PageWish};
use proptest::prelude::*;

/// What happens next.
#[derive(Debug)]
enum Next {
    Msg(Box<Msg>),
    /// So many events arrive.
    Arrive(i64),
    /// What was asked for last is answered, as the log is by then.
    Answer,
    /// The selected event has been read.
    Opened,
}

fn any_key() -> impl Strategy<Value = Key> {
    let named = vec![
        Code::Enter,
        Code::Esc,
        Code::Tab,
        Code::BackTab,
        Code::PageDown,
        Code::PageUp,
        Code::Backspace,
        Code::Delete,
        Code::Left,
        Code::Right,
        Code::Up,
        Code::Down,
        Code::Home,
        Code::End,
        Code::F1,
    ];
    let code = prop_oneof![
        4 => proptest::char::range(' ', '~').prop_map(Code::Char),
        2 => proptest::sample::select("jkgG vADu/!nNxR-=om.".chars().collect::<Vec<_>>()).prop_map(Code::Char),
        2 => proptest::sample::select(named),
    ];
    (code, prop::bool::weighted(0.1)).prop_map(|(code, ctrl)| Key { code, ctrl })
}

fn any_next() -> impl Strategy<Value = Next> {
    let gestures =
        [Gesture::Click, Gesture::Menu, Gesture::Drag, Gesture::Release, Gesture::WheelUp, Gesture::WheelDown];
    prop_oneof![
        8 => (any_key(), 0i64..90_000_000).prop_map(|(key, at)| Next::Msg(Box::new(Msg::Key(key, Timestamp(at))))),
        1 => (0u16..200, 0u16..70).prop_map(|(w, h)| Next::Msg(Box::new(Msg::Resize(w, h)))),
        2 => (proptest::sample::select(gestures.to_vec()), 0u16..90, 0u16..30, 0i64..9_000_000)
            .prop_map(|(gesture, x, y, at)| Next::Msg(Box::new(Msg::Mouse(gesture, (x, y), Timestamp(at))))),
        2 => (0i64..30).prop_map(Next::Arrive),
        4 => Just(()).prop_map(|()| Next::Answer),
        2 => Just(()).prop_map(|()| Next::Opened),
        1 => Just(()).prop_map(|()| Next::Msg(Box::new(Msg::Paste("rDq\n".into(), Timestamp(0))))),
        1 => (0i64..9).prop_map(|at| Next::Msg(Box::new(Msg::Tick(Timestamp(at * 1_000_000))))),
        1 => proptest::collection::vec(1i64..60, 0..9)
            .prop_map(|ids| Next::Msg(Box::new(Msg::Ids(ids.into_iter().map(EventId).collect(), Timestamp(0))))),
        1 => Just(()).prop_map(|()| Next::Msg(Box::new(Msg::ReadFailed("no".into(), Timestamp(0))))),
    ]
}

/// The window of a log of `head` events that matches whatever filter.
fn answer(wish: &PageWish, head: i64) -> Page {
    let (from, to) = match wish.anchor {
        Anchor::Newest => (head - 199, head),
        Anchor::Oldest => (1, 200),
        Anchor::After(id) => (id.0 + 1, id.0 + 200),
        Anchor::Around(id) | Anchor::ProblemAfter(id) | Anchor::ProblemBefore(id) => (id.0 - 100, id.0 + 99),
    };
    Page { wish: wish.clone(), ..page(wish.anchor, from.max(1), to.min(head), head) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn update_is_total_and_the_selection_stays_in_view(steps in proptest::collection::vec(any_next(), 0..80)) {
        let mut app = app((80, 24));
        let (mut head, mut wish) = (0, None);
        let mut effects = vec![app.list.start()];
        for step in steps {
            wish = effects.iter().rev().find_map(|effect| match effect {
                Effect::Page(wish) => Some(wish.clone()),
                _ => None,
            }).or(wish);
            let msg = match step {
                Next::Msg(msg) => *msg,
                Next::Arrive(many) => {
                    head += many;
                    Msg::Heads(Heads { event: head, attempt: head / 7, mark: head as u64 / 5, change: 0 })
                }
                Next::Answer => match wish.take() {
                    Some(wish) => Msg::Page(answer(&wish, head), Timestamp(0)),
                    None => continue,
                },
                Next::Opened => match &app.list.selected {
                    Some(row) => Msg::Opened(opened(row.id.0), Timestamp(0)),
                    None => continue,
                },
            };
            effects = update(&mut app, msg);
            let rows = app.list.visible(app.list_height(), &TimeZone::UTC);
            if let (Some(selected), false) = (&app.list.selected, rows.is_empty()) {
                let shown = rows.iter().filter_map(Line::event).any(|row| row.id == selected.id);
                prop_assert!(shown, "the selection left the list");
            }
            prop_assert!(app.list.rows.windows(2).all(|two| two[0].id < two[1].id), "rows out of order or twice");
            app.hints();
            app.header();
        }
        // Whatever has been typed, the screen can be left.
        update(&mut app, Msg::Resize(80, 24));
        let interrupt = Msg::Key(Key { code: Code::Char('c'), ctrl: true }, Timestamp(100_000_000));
        update(&mut app, interrupt);
        let again = Msg::Key(Key { code: Code::Char('c'), ctrl: true }, Timestamp(101_000_000));
        prop_assert_eq!(update(&mut app, again), [Effect::Quit(130)]);
    }
}

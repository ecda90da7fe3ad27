//! What holds for every sequence of messages.

use super::*;
use crate::model::{Anchor, Heads};
use proptest::prelude::*;

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

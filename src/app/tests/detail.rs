//! Moving and finding in the selected event.

use super::*;
use crate::body::Body;
use crate::model::Anchor;
use proptest::prelude::*;

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

//! Stored screens at four sizes, with and without colour, and every size drawn once.

use super::{Theme, draw};
use crate::app::tests::{app, opened, page};
use crate::app::{App, Code, Key, Msg, update};
use crate::model::filter::Filter;
use crate::model::filter::complete::Asked;
use crate::model::{
    Anchor, Arrivals, Attempt, Cause, EventId, Headers, NewAttempt, Outgoing, Overview, OverviewWish, Phases, Queued,
    QueuedEvent, ResendOrder, Run, SubscriberStanding, SubscriberState, SuggestWish, Suggestions, Timestamp, Verdict,
    Waiting,
};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Style;

fn screen(app: &App, size: (u16, u16), colour: bool) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| draw(frame, app, &Theme::named(if colour { "auto" } else { "none" }).unwrap())).unwrap();
    terminal
}

/// The styles of a screen, row by row: columns and how they look, the terminal's own left out.
fn styles(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(u16, u16, Style)> = Vec::new();
        for x in 0..buffer.area.width {
            let style = buffer[(x, y)].style();
            match runs.last_mut() {
                Some((_, end, same)) if *same == style && *end == x => *end = x + 1,
                _ => runs.push((x, x + 1, style)),
            }
        }
        let look = |style: &Style| format!("{:?} {:?}", style.fg.unwrap_or_default(), style.add_modifier);
        let told = runs.iter().filter(|(.., style)| look(style) != "Reset NONE");
        let told: Vec<String> = told.map(|(x, end, style)| format!("{x}-{} {}", end - 1, look(style))).collect();
        if !told.is_empty() {
            out.push_str(&format!("{y}: {}\n", told.join(", ")));
        }
    }
    out
}

fn filled(size: (u16, u16)) -> App {
    let mut app = app(size);
    app.list.start();
    update(&mut app, Msg::Page(page(Anchor::Newest, 1, 30, 30), Timestamp(0)));
    update(&mut app, Msg::Opened(opened(30), Timestamp(0)));
    app
}

fn press(app: &mut App, keys: &str) {
    for (n, c) in keys.chars().enumerate() {
        let code = match c {
            '\n' => Code::Enter,
            '\t' => Code::Tab,
            '\u{f1}' => Code::F1,
            c => Code::Char(c),
        };
        update(app, Msg::Key(Key::plain(code), Timestamp(n as i64 * 100_000)));
    }
}

/// What the dialog's order would send, as the runtime would say it.
fn previewed() -> Msg {
    let order = ResendOrder::plain(EventId(30), "http://127.0.0.1:3000", Cause::Manual);
    let mut headers = opened(30).headers;
    headers.remove("host");
    headers.push("Whisper-Replay", "manual");
    headers.push("Authorization", "canary");
    Msg::Previewed(order, Ok(Outgoing { method: "POST".into(), path: "/stripe".into(), headers }))
}

/// An hour with two subscribers, one of which fails for a while.
fn overview() -> Overview {
    let wish = OverviewWish { to: Timestamp::from_secs(1_763_894_525), bar_us: 60_000_000, bars: 60, filter: None };
    let mut overview = Overview::empty(&wish);
    for (n, bar) in (0u64..).zip(&mut overview.bars) {
        let arrived = n * n % 37;
        *bar = Arrivals { arrived, failed: n % 5 / 4, late: n / 58, ..Arrivals::default() };
        bar.verdicts[Verdict::Invalid as usize] = n % 7 / 6;
        (0..arrived).for_each(|m| bar.ack.add(700 * (m + 1)));
        bar.phases = [412, 1_103, 95, 40, 2_011, 301].map(|us| us * arrived);
    }
    let mut attempt = attempt("billing");
    for n in 0..60u64 {
        for (name, us, many) in [("billing", if n / 10 == 3 { 9_870_000 } else { 44_000 }, 2), ("local-api", 31_000, 3)]
        {
            attempt.what.subscriber = Some(name.into());
            attempt.what.total_us = us + n * 100;
            attempt.what.status = Some(if us > 1_000_000 { 503 } else { 200 });
            attempt.what.cause = if us > 1_000_000 { Cause::Retry } else { Cause::Live };
            attempt.what.event = EventId(n as i64);
            (0..many).for_each(|_| overview.add_attempt(n as usize, &attempt));
        }
        let most = if n / 10 == 3 { n } else { 0 };
        overview.target("billing").waiting[n as usize] = Some(Waiting { most, last: most });
    }
    (0..30).for_each(|n| overview.skews.entry("stripe".into()).or_default().add(-200_000 + n));
    overview
}

fn attempt(subscriber: &str) -> Attempt {
    let what = NewAttempt {
        event: EventId(30),
        subscriber: Some(subscriber.into()),
        at: Timestamp(0),
        cause: Cause::Live,
        url: "http://127.0.0.1:3000/hooks".into(),
        status: Some(200),
        error: None,
        phases: Phases::default(),
        total_us: 38_000,
        request_headers: Headers::default(),
        request_body: None,
        response_headers: Headers::default(),
        response_body: Vec::new(),
        truncated: false,
    };
    Attempt { id: 1, what }
}

fn runs() -> Vec<Run> {
    let at = Timestamp::from_secs;
    let run = |from, to: Option<i64>, seen| Run { started_at: at(from), stopped_at: to.map(at), last_seen: at(seen) };
    vec![
        run(1_763_800_000, Some(1_763_800_600), 1_763_800_600),
        run(1_763_890_000, None, 1_763_890_100),
        run(1_763_894_000, None, 1_763_894_525),
    ]
}

/// Four subscribers, one of which fails, and what waits for that one.
fn subscribers() -> (Vec<SubscriberStanding>, Queued) {
    let now = 600_000_000;
    let one = |name: &str, url: &str, state| SubscriberStanding {
        name: name.into(),
        url: url.into(),
        state,
        order: "strict: one after the other".into(),
        policy: "8 tries, after 5 s up to 12 h, timeout 10 s".into(),
        tries: 8,
        delivered: 400,
        ok_percent: Some(100),
        p95_us: Some(58_000),
        last: Some((now - 2_000_000, Some(200), None)),
        ..SubscriberStanding::default()
    };
    let billing = SubscriberStanding {
        when: "source:stripe -type:*.created".into(),
        waiting: 14,
        oldest: Some(now - 131_000_000),
        dead: 2,
        ok_percent: Some(84),
        next: Some(now + 12_000_000),
        per_min: 30,
        last: Some((now - 9_000_000, Some(503), None)),
        ..one("billing", "https://bill.int/hook", SubscriberState::Running)
    };
    let audit = SubscriberStanding {
        waiting: 212,
        held: Some("suspended".into()),
        ..one("audit", "exec:./audit.sh", SubscriberState::Suspended)
    };
    let event = |id: i64, attempts, last: Option<&str>, due: Option<i64>| QueuedEvent {
        id: EventId(id),
        label: "charge.refunded".into(),
        received_at: Timestamp(now - 131_000_000),
        attempts,
        last: last.map(str::to_owned),
        due: due.map(Timestamp),
    };
    let queue = Queued {
        subscriber: "billing".into(),
        open: vec![
            event(1276, 3, Some("503"), Some(now + 12_000_000)),
            event(1277, 0, None, None),
            event(1279, 0, None, None),
        ],
        dead: vec![
            event(1102, 8, Some("timeout: no whole answer within 10 s"), None),
            event(1098, 1, Some("404"), None),
        ],
    };
    (vec![one("local-api", "http://127.0.0.1:3000/hooks", SubscriberState::Running), billing, audit], queue)
}

/// What occurs in the place of the word that is being typed, and why the selected event is left out.
fn suggest(app: &mut App) {
    let wanted = Asked::Value("type".into(), "inv".into());
    let rest = Filter::parse("sig:bad").unwrap();
    let values = [("invoice.paid", 3), ("invoice.finalized", 1), ("an invoice", 1)];
    let values = values.map(|(value, many)| (value.to_owned(), many)).to_vec();
    let found = Suggestions { values, saved: Vec::new(), looked_at: 1_284, whole: true };
    update(app, Msg::Suggested(SuggestWish { wanted, rest, saved: Vec::new() }, found, Timestamp(0)));
    update(app, Msg::Tick(Timestamp(999_000_000_000)));
}

#[test]
fn stored_screens() {
    for size in [(60, 15), (80, 24), (140, 40), (200, 60)] {
        let name = |what: &str| format!("{what}_{}x{}", size.0, size.1);
        let mut first = app(size);
        update(&mut first, Msg::Page(page(Anchor::Newest, 1, 0, 0), Timestamp(0)));
        insta::assert_snapshot!(name("first_run"), screen(&first, size, false).backend());
        for (what, keys) in [
            ("body", ""),
            ("tree", "\tm"),
            ("headers", "]"),
            ("signature", "]]"),
            ("timing", "]]]]"),
            ("help", "?"),
            ("words", "?\t"),
            ("filter", "/sig:bad type:inv"),
            ("filter_syntax", "/\u{f1}"),
            ("filter_wrong", "/a sgi:bad\n"),
            ("actions", "x"),
            ("subscribers", "2"),
            ("queue", "2j\nj"),
            ("subscribe_wrong", "2a127.0.0.1:3000 sgi:bad\n"),
            ("replay", "2jR"),
            ("timing_view", "3"),
            ("log_view", "4"),
            ("compact_marked", "m k v"),
            ("resend", "R"),
        ] {
            let mut app = filled(size);
            if matches!(what, "queue" | "subscribe_wrong" | "replay" | "timing_view") {
                let (all, queue) = subscribers();
                update(&mut app, Msg::Subscribers(all, Timestamp(600_000_000)));
                update(&mut app, Msg::Queued(queue));
            }
            press(&mut app, keys);
            if what == "filter" {
                suggest(&mut app);
            }
            update(&mut app, previewed());
            update(&mut app, Msg::Overview(Box::new(overview()), Timestamp(0)));
            update(&mut app, Msg::Runs(runs()));
            insta::assert_snapshot!(name(what), screen(&app, size, false).backend());
            insta::assert_snapshot!(name(&format!("{what}_colour")), styles(&screen(&app, size, true)));
        }
    }
}

#[test]
fn without_colour_there_is_none_and_with_it_only_the_sixteen() {
    use ratatui::style::Color;
    let app = filled((80, 24));
    let colours = |colour| {
        let terminal = screen(&app, (80, 24), colour);
        let cells = terminal.backend().buffer().content.clone();
        cells.into_iter().flat_map(|cell| [cell.fg, cell.bg]).filter(|c| *c != Color::Reset).collect::<Vec<_>>()
    };
    assert_eq!(colours(false), []);
    assert!(!colours(true).is_empty());
    assert!(
        colours(true)
            .iter()
            .all(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_) | Color::White | Color::LightYellow))
    );
}

#[test]
fn a_light_background_gets_nothing_bright_and_contrast_nothing_dim() {
    use ratatui::style::{Color, Modifier};
    let app = filled((80, 24));
    let cells = |theme| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, &app, &Theme::named(theme).unwrap())).unwrap();
        terminal.backend().buffer().content.clone()
    };
    let bright =
        |colour| matches!(colour, Color::White | Color::LightYellow | Color::Yellow | Color::Indexed(186..=231));
    assert!(cells("light").iter().all(|cell| !bright(cell.fg)));
    assert!(cells("light").iter().any(|cell| cell.fg != Color::Reset));
    assert!(cells("contrast").iter().all(|cell| !cell.modifier.contains(Modifier::DIM) && cell.fg == Color::Reset));
}

#[test]
fn however_many_tries_there_were_their_picture_fits() {
    for tries in [1, 12, 40, 200] {
        for (width, height) in [(60, 15), (80, 24), (100, 30), (140, 40), (200, 60), (300, 100)] {
            let mut app = filled((width, height));
            let mut opened = opened(30);
            opened.stored.attempts = (0..tries)
                .map(|n| {
                    let mut one = attempt("billing");
                    one.id = n + 1;
                    one.what.at = Timestamp(opened.stored.event.received_at.0 + n * n * 900_000);
                    one
                })
                .collect();
            update(&mut app, Msg::Opened(opened, Timestamp(0)));
            for keys in ["]]]]", "m", "m", "m", "\t", "ll", "+", "m", "hhhh", "-"] {
                press(&mut app, keys);
                screen(&app, (width, height), true);
            }
        }
    }
}

#[test]
fn every_size_draws_and_nothing_hidden_reaches_a_cell() {
    for keys in [
        "", "]", "]]", "]]]", "]]]]", "?", "R", "y", "i", "z", "\tmm", "\tmmm", "w", "\t.", "m", "o", "  v", "#", "x",
        "?\t", ">>>>>>", "<<<<<<", "2", "3", "4", "5", "3jjj", "3hv", "E",
    ] {
        for width in [1, 20, 59, 60, 75, 99, 100, 140, 200] {
            for height in [1, 3, 14, 15, 19, 20, 24, 60] {
                let mut app = filled((width, height));
                press(&mut app, keys);
                let terminal = screen(&app, (width, height), true);
                for cell in &terminal.backend().buffer().content {
                    assert!(!cell.symbol().contains(['\u{1b}', '\u{202e}', '\0']));
                }
            }
        }
    }
}

//! The interface in a real pseudo-terminal: start, receive, look, send again, leave.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/pty.rs"]
mod pty;

use common::{Handler, Home};
use pty::Terminal;

#[test]
fn receive_look_send_again_and_leave() {
    let home = Home::new();
    let handler = Handler::start(vec![
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    ]);
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting for the first event");
    terminal.sees("public");
    terminal.post("/first", "{\"hello\":\"world\"}");
    terminal.sees("POST /first");
    terminal.sees("\"hello\": \"world\"");
    terminal.post("/second", "{}");
    terminal.sees("POST /second");
    // The detail stays on the first event until the user moves.
    terminal.sees("#1 first");
    terminal.keys("j");
    terminal.sees("#2 second");
    terminal.keys("k");
    terminal.sees("follow off");
    terminal.sees("#1 first");
    terminal.keys("r");
    terminal.sees("Re-send #1");
    terminal.keys(handler.address.rsplit(':').next().unwrap());
    terminal.keys("/hooks\r");
    terminal.sees("#1 -> http://127.0.0.1");
    terminal.sees("200 in");
    assert!(handler.requests.recv().unwrap().ends_with(b"{\"hello\":\"world\"}"));
    terminal.keys("r");
    terminal.sees("(was 200)");
    terminal.keys("d");
    terminal.sees("- status 200");
    terminal.keys("\x1b");
    terminal.gone("- status 200");
    terminal.keys("?curl");
    terminal.sees("yc");
    terminal.keys("\x1b");
    terminal.gone("Search:");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    terminal.sees("2 events kept in");
}

#[test]
fn hostile_bytes_are_shown_as_escapes() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (140, 40), &[]);
    terminal.sees("Waiting");
    terminal.post("/evil", "\x1b[2J\x1b]0;owned\x07 \u{202e} \u{9b}31m end");
    terminal.sees("\\x1b[2J\\x1b]0;owned\\x07 \\u{202e} \\x9b31m end");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn every_way_of_leaving_gives_the_terminal_back() {
    let home = Home::new();
    let mut panics = Terminal::start(&home, (80, 24), &["--debug-panic"]);
    assert_ne!(panics.ended(), 0);
    let mut asked = Terminal::start(&home, (80, 24), &[]);
    asked.sees("Waiting");
    asked.signal("-TERM");
    assert_eq!(asked.ended(), 0);
    let mut interrupted = Terminal::start(&home, (80, 24), &[]);
    interrupted.sees("Waiting");
    interrupted.keys("\x03\x03");
    assert_eq!(interrupted.ended(), 130);
}

#[test]
fn the_list_does_not_jump_while_events_arrive() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    (0..45).for_each(|n| terminal.post(&format!("/n/{n}"), "{}"));
    terminal.sees("45 · follow on");
    terminal.keys("G");
    terminal.sees("#45 n POST /n/44");
    terminal.keys("kkkkk");
    terminal.sees("#40 n POST /n/39");
    (45..65).for_each(|n| terminal.post(&format!("/n/{n}"), "{}"));
    terminal.sees("65 · follow off · 20 new below");
    terminal.sees("#40 n POST /n/39");
    terminal.keys("G");
    terminal.sees("#65 n POST /n/64");
    terminal.sees("follow on");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn no_other_event_is_sent_than_the_one_that_is_shown() {
    let home = Home::new();
    let handler = Handler::start(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; 10]);
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    terminal.keys("R");
    terminal.keys(&format!("\x15http://{}\r", handler.address));
    terminal.sees("200 in");
    let (posting, stop) = std::sync::mpsc::channel::<()>();
    let address = terminal.address.clone();
    std::thread::scope(|scope| {
        let posting = posting;
        // Whatever ends this test drops the sender, which ends the posting.
        scope.spawn(move || {
            while stop.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                pty::post(&address, "/busy", "", "{}");
            }
        });
        let sent = |request: Vec<u8>| {
            let text = String::from_utf8(request).unwrap();
            let mark = text.lines().find_map(|l| l.strip_prefix("Whisper-Event: ")).unwrap().to_owned();
            mark.rsplit('/').next().unwrap().parse::<u64>().unwrap()
        };
        let mut last = sent(handler.requests.recv().unwrap());
        assert_eq!(last, 1);
        for _ in 1..10 {
            // The newest is selected; events go on arriving while the key is pressed.
            terminal.counts_more_than(last);
            terminal.keys("G");
            last = terminal.title_after(last);
            terminal.keys("r");
            assert_eq!(
                sent(handler.requests.recv().unwrap()),
                last,
                "another event was sent than the one in the title"
            );
            terminal.sees(&format!("#{last} -> "));
        }
        drop(posting);
    });
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn every_size_is_usable_and_keeps_the_selection() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    (0..9).for_each(|n| terminal.post(&format!("/n/{n}"), "{}"));
    terminal.sees("9 · follow on");
    terminal.keys("Gkkk");
    terminal.sees("#6 n POST /n/5");
    for size in [(60, 15), (140, 40), (200, 60), (40, 10), (80, 24)] {
        terminal.resize(size);
        // Something that only this size shows.
        match size.0 {
            40 => terminal.sees("Terminal is 40x10"),
            60 => terminal.gone("┌"),
            140 => terminal.sees("LIVE http://127.0.0.1"),
            200 => terminal.sees("not sent to anybody yet"),
            _ => terminal.gone("LIVE http://127.0.0.1"),
        }
    }
    terminal.sees("#6 n POST /n/5");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn without_colour_there_is_none_and_pasted_text_does_nothing() {
    for (args, no_color) in [(&["--theme", "none"][..], &[][..]), (&[], &[("NO_COLOR", "1")][..])] {
        let home = Home::new();
        let mut terminal = Terminal::start_with(&home, (80, 24), args, no_color);
        terminal.sees("Waiting");
        terminal.post("/x", "{\"a\": 1}");
        terminal.sees("\"a\": 1");
        terminal.keys("\x1b[200~rRq\n\x1b[201~");
        terminal.sees("pasted text is ignored here");
        assert!(terminal.colours().is_empty(), "{:?}", terminal.colours());
        terminal.keys("q");
        assert_eq!(terminal.ended(), 0);
    }
}

#[test]
fn a_killed_screen_loses_nothing() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    (0..200).for_each(|n| terminal.post(&format!("/n/{n}"), "{}"));
    terminal.kill();
    // One of them may have been looked at.
    let unread: u32 = home.text(&["list", "--count", "is:unread"]).trim().parse().unwrap();
    assert!(unread >= 199, "{unread}");
    let mut again = Terminal::start(&home, (80, 24), &[]);
    again.sees("200 · follow on");
    again.sees("POST /n/199");
    again.keys("q");
    assert_eq!(again.ended(), 0);
    again.sees("200 events kept in");
}

#[test]
fn what_is_under_way_when_one_leaves_is_recorded() {
    let home = Home::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    // The screen is drawn anew without asking the terminal anything.
    terminal.keys("\x0c");
    terminal.post("/x", "{}");
    terminal.sees("#1 x POST /x");
    terminal.keys(&format!("R\x15http://{}/hang\r", silent.local_addr().unwrap()));
    terminal.sees("sending #1 to");
    let (_connection, _) = silent.accept().unwrap();
    terminal.keys("q");
    terminal.sees("1 re-send under way will be given up");
    terminal.keys("\x03\x03");
    assert_eq!(terminal.ended(), 130);
    let event = &home.json(&["show", "1", "--json"])[0];
    let error = event["deliveries"][0]["attempts"][0]["error"].as_str().unwrap();
    assert!(error.starts_with("given up"), "{event}");
}

#[test]
fn an_attached_screen_shows_and_sends_what_another_process_receives() {
    let home = Home::new();
    let lonely = home.run(&["attach"]);
    assert_eq!(lonely.status.code(), Some(2), "stdout is no terminal");
    let handler = Handler::start(vec![b"HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\n"; 2]);
    let serving = home.serve(&[]);
    let mut one = Terminal::start(&home, (80, 24), &["attach"]);
    let mut other = Terminal::start(&home, (140, 40), &["attach"]);
    other.sees(&format!("LIVE http://{}", serving.address));
    one.sees("Waiting");
    assert_eq!(serving.post("/from/outside", "", b"{\"a\":1}"), 200);
    one.sees("POST /from/outside");
    other.sees("\"a\": 1");
    one.keys(&format!("R\x15http://{}/hook\r", handler.address));
    one.sees("201 in");
    assert!(handler.requests.recv().unwrap().ends_with(b"{\"a\":1}"));
    // The other screen hears of it from the log.
    other.sees("Deliveries 1");
    one.keys("q");
    assert_eq!(one.ended(), 0);
    drop(serving);
    other.sees("NOT LISTENING");
    // Started again, on another port: the screen finds it.
    let again = home.serve(&[]);
    other.sees(&format!("LIVE http://{}", again.address));
    assert_eq!(again.post("/after", "", b"{}"), 200);
    other.sees("POST /after");
    drop(again);
    other.keys("q");
    assert_eq!(other.ended(), 0);
    let alone = Terminal::start(&home, (80, 24), &["attach"]).output_of_failure();
    assert!(alone.contains("error: no whisper-tui serves") && alone.contains("hint: "), "{alone}");
}

#[test]
fn what_is_marked_is_deleted_after_a_question_and_comes_back() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    for n in 1..=5 {
        terminal.post(&format!("/e{n}"), "{}");
    }
    terminal.sees("POST /e5");
    terminal.keys("G");
    terminal.sees("#5 e5");
    terminal.keys("g");
    terminal.sees("#1 e1");
    terminal.keys(" ");
    terminal.sees("1 marked");
    terminal.keys("j");
    terminal.keys(" ");
    terminal.sees("2 marked");
    terminal.keys("v");
    terminal.sees("3 marked");
    terminal.keys("D");
    terminal.sees("Delete 3 events?  [c] cancel  [d] delete");
    terminal.keys("\r");
    terminal.gone("Delete 3");
    terminal.sees("POST /e1");
    terminal.keys("D");
    terminal.sees("Delete 3 events?");
    terminal.keys("d");
    terminal.gone("POST /e1");
    terminal.gone("POST /e4");
    terminal.sees("2 · follow off");
    terminal.keys("u");
    terminal.sees("POST /e1");
    terminal.sees("3 marked · 5 · follow off");
    // A note and a pin are in the log, and so is what has been read.
    terminal.keys("\x1b");
    terminal.gone("marked");
    terminal.keys("g");
    terminal.sees("#1 e1");
    terminal.keys("p");
    terminal.sees("* ");
    terminal.keys("#for Ann\r");
    terminal.sees("# for Ann");
    assert_eq!(home.text(&["list", "--count", "is:pinned note:ann"]).trim(), "1");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn retries_of_one_event_are_one_row_until_they_are_unfolded() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    let push = |n: u32| format!("{{\"id\":\"evt_{n}\",\"object\":\"event\",\"type\":\"invoice.paid\"}}");
    for n in [1, 2, 1, 1] {
        if n == 2 {
            terminal.sees("#1 stripe");
        }
        terminal.post_with("/stripe", "Stripe-Signature: t=1,v1=00\r\n", &push(n));
    }
    terminal.sees("invoice.paid x3");
    // The selected first arrival stays where it is until it is left; then there are two rows.
    terminal.sees_times("key? -", 3);
    terminal.keys("G");
    terminal.sees("#4 stripe");
    terminal.sees_times("key? -", 2);
    terminal.keys("\r");
    terminal.sees("(no. 3");
    terminal.sees_times("key? -", 4);
    terminal.keys("-");
    terminal.sees("invoice.paid x3");
    terminal.gone("(no. 3");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn an_edited_event_is_sent_as_it_was_edited_and_the_stored_one_stays() {
    let home = Home::new();
    let handler = Handler::start(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]);
    let editor = format!("sed -i -e s/hello/edited/ -e s#127.0.0.1:3000#{}#", handler.address);
    let mut terminal = Terminal::start_with(&home, (80, 24), &[], &[("EDITOR", &editor)]);
    terminal.sees("Waiting");
    terminal.post_with("/first", "Authorization: Bearer canary\r\n", "{\"hello\":\"world\"}");
    terminal.sees("#1 first");
    terminal.keys("e");
    terminal.sees("Re-send #1");
    terminal.sees("+ .edited  \"world\"");
    terminal.keys("\r");
    terminal.sees("200 in");
    let request = String::from_utf8(handler.requests.recv().unwrap()).unwrap();
    assert!(request.ends_with("\r\n\r\n{\"edited\":\"world\"}"), "{request}");
    assert!(request.contains("Authorization: Bearer canary\r\n"), "{request}");
    assert_eq!(home.text(&["show", "1", "--body"]).trim(), "{\"hello\":\"world\"}");
    terminal.keys("]]]");
    terminal.sees("edited");
    // What a command says is shown with escapes.
    terminal.keys("|tr h '\\033' && echo no >&2\r");
    terminal.sees("\\x1bello");
    terminal.sees("no");
    terminal.keys("\x1b");
    terminal.gone("\\x1bello");
    terminal.keys("\x1a");
    terminal.sees("Suspend?");
    terminal.keys("c");
    terminal.gone("Suspend?");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn events_are_answered_while_an_editor_has_the_screen() {
    let home = Home::new();
    let go = home.0.path().join("go");
    // It waits for a pipe that nobody has opened yet.
    std::process::Command::new("mkfifo").arg(&go).status().unwrap();
    let editor = format!("echo waiting; cat {}; true", go.display());
    let paged = home.0.path().join("paged");
    let pager = format!("echo waiting; cat {}; tee {} <", go.display(), paged.display());
    let mut terminal = Terminal::start_with(&home, (80, 24), &[], &[("VISUAL", &editor), ("PAGER", &pager)]);
    terminal.sees("Waiting for");
    terminal.post("/first", "\x1b[2J");
    terminal.sees("#1 first");
    terminal.keys("e");
    terminal.sees("waiting");
    for n in 0..20 {
        terminal.post(&format!("/n/{n}"), "{}");
    }
    // An interrupt is meant for the editor.
    terminal.signal("-INT");
    assert_eq!(home.text(&["list", "--count"]).trim(), "21");
    std::fs::write(&go, "").unwrap();
    terminal.sees("21 events");
    terminal.sees("nothing was changed");
    // The pager gets no escape sequence to obey.
    terminal.keys("|\r");
    terminal.gone("21 events");
    std::fs::write(&go, "").unwrap();
    terminal.sees("21 events");
    assert_eq!(std::fs::read_to_string(&paged).unwrap(), "\\x1b[2J");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn how_things_are_shown_is_remembered_and_keys_can_be_changed() {
    let home = Home::new();
    let config = home.0.path().join("keys.toml");
    std::fs::write(&config, "[keys]\norder = [\"O\"]\nresend = [\"f\"]\n").unwrap();
    let args = ["--config", config.to_str().unwrap()];
    let mut terminal = Terminal::start(&home, (80, 24), &args);
    terminal.sees("`f` is resend's now; follow has no key left");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    terminal.keys("O");
    terminal.keys("m");
    terminal.gone("SOURCE");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    let mut terminal = Terminal::start(&home, (80, 24), &args);
    terminal.sees("#1 first");
    terminal.gone("SOURCE");
    terminal.post("/second", "{}");
    terminal.sees("POST /second");
    terminal.keys("j");
    terminal.sees("#1 first");
    terminal.keys("f");
    terminal.sees("Re-send #1");
    terminal.keys("\x1b");
    terminal.gone("Re-send #1");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    std::fs::write(&config, "[keys]\nordr = [\"O\"]\n").unwrap();
    let refused = home.run(&["check", "--config", config.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("did you mean `order`?"));
}

#[test]
fn where_the_locale_is_c_the_screen_is_ascii() {
    for (args, variables) in [(&[][..], &[("LANG", "C"), ("TERM", "screen")][..]), (&["--ascii"], &[])] {
        let home = Home::new();
        let mut terminal = Terminal::start_with(&home, (80, 24), args, variables);
        terminal.sees("* LIVE");
        terminal.post("/first", "{\"a\":\"\u{fc}\"}");
        terminal.sees("\"a\": \"?\"");
        assert!(terminal.text().is_ascii(), "{}", terminal.text());
        terminal.keys("q");
        assert_eq!(terminal.ended(), 0);
    }
}

#[test]
fn two_events_are_compared_by_key() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    terminal.post("/a", "{\"id\":1,\"amount\":4200}");
    terminal.post("/a", "{\"amount\":4900,\"id\":2}");
    terminal.sees("2 events");
    terminal.keys("g");
    terminal.sees("#1 a");
    terminal.keys("d");
    terminal.sees("#1 is the first");
    terminal.keys("j");
    terminal.sees("#2 a");
    terminal.keys("d");
    terminal.sees("+ .amount  4900  +700 (+16.7 %)");
    terminal.sees("it differs every time: .id  (. shows it)");
    terminal.keys(".");
    terminal.sees("+ .id  2");
    // As it came, it is one line each.
    terminal.keys("m");
    terminal.sees("+ line 1  \"{\\\"amount\\\":4900");
    terminal.keys("]]");
    terminal.sees("[Headers 0]");
    terminal.keys("\x1b");
    terminal.gone("Compare");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_filter_shows_what_matches_and_an_empty_result_says_how_to_go_on() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    for n in 0..300 {
        terminal.post(&format!("/{}", if n % 3 == 0 { "even" } else { "odd" }), &format!("{{\"n\":{n}}}"));
    }
    terminal.sees("300 events");
    terminal.keys("/source:even\r");
    terminal.sees("100 of 300");
    terminal.post("/odd", "{}");
    terminal.sees("100 of 301");
    terminal.post("/even", "needle");
    terminal.sees("101 of 302");
    terminal.keys("/");
    terminal.sees("Filter: source:even");
    terminal.keys("\x15needle\r");
    terminal.sees("1 of 302");
    terminal.sees("#302 even");
    terminal.keys("/");
    terminal.keys("\x15type:nope\r");
    terminal.sees("0 of 302 match type:nope  (Esc clears the filter)");
    terminal.gone("#302");
    terminal.keys("\x1b");
    terminal.gone("type:nope");
    terminal.sees("#302 even");
    terminal.keys("/sgi:bad\r");
    terminal.sees("^ there is no field `sgi`");
    terminal.sees("did you mean `sig`?");
    terminal.keys("\x1b");
    terminal.gone("sgi");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_filter_works_while_it_is_typed_and_is_saved_exported_and_subscribed_to() {
    let home = Home::new();
    common::target::configured(&home, "theme = \"auto\" # mine\n");
    let folder = home.0.path().join("config");
    let variables = [("XDG_CONFIG_HOME", folder.to_str().unwrap())];
    let mut terminal = Terminal::start_with(&home, (80, 24), &[], &variables);
    terminal.sees("Waiting");
    for n in 1..=6 {
        terminal.post("/shop", &format!("{{\"id\":{n},\"kind\":\"order {}\"}}", n % 2));
        terminal.post("/other", "{}");
    }
    terminal.sees("12 events");
    // The word is completed with what occurs, and the list follows while one types.
    terminal.keys("/so\t");
    terminal.sees("Filter: source:");
    terminal.sees("shop");
    terminal.keys("sh\t");
    terminal.sees("Filter: source:shop");
    terminal.sees("6 of 12");
    terminal.keys(" body.ki\t");
    terminal.sees("body.kind:");
    terminal.keys("\t");
    terminal.sees("body.kind:\"order 0\"");
    terminal.sees("3 of 12");
    terminal.keys("\r");
    terminal.gone("Tab completes");
    // It becomes a saved filter, a file and a subscriber's.
    terminal.keys(":save mine\r");
    terminal.sees("@mine stands for");
    let file = home.0.path().join("out.ndjson");
    terminal.keys(&format!(":export {}\r", file.display()));
    terminal.sees("3 events written to");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3);
    terminal.keys(&format!(":export {}\r", file.display()));
    terminal.sees("exists");
    let target = common::target::Target::up();
    terminal.keys(&format!(":subscribe http://{}\r", target.address));
    terminal.sees("gets events from now on");
    terminal.post("/shop", "{\"id\":8,\"kind\":\"order 0\"}");
    terminal.post("/shop", "{\"id\":9,\"kind\":\"order 1\"}");
    assert!(target.next().contains("\"id\":8"));
    terminal.sees("4 of 14");
    terminal.sees("+1 hidden");
    // The saved one works at once, here and in a command.
    terminal.keys("/");
    terminal.sees("Tab completes");
    terminal.keys("\x15-@mine\r");
    terminal.sees("10 of 14");
    assert_eq!(home.text(&["list", "--count", "@mine"]).trim(), "4");
    // Why it leaves an event out.
    terminal.keys("x");
    terminal.sees("why a filter leaves this event out");
    terminal.keys("X");
    terminal.sees("matches");
    terminal.keys("\x15id:>99");
    terminal.sees("is left out by id:>99: id is");
    terminal.keys("\x1b");
    terminal.gone("Tab completes");
    terminal.sees("10 of 14");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn one_key_makes_an_event() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("t, or in another terminal");
    terminal.keys("t");
    terminal.sees("POST /test [test]");
    terminal.sees("a test event was sent");
    assert_eq!(home.text(&["list", "--count", "is:test"]).trim(), "1");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_terminal_that_is_gone_ends_the_listening_properly() {
    let home = Home::new();
    let terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    terminal.post("/kept", "{}");
    terminal.sees("POST /kept");
    assert_eq!(terminal.vanish(), 0);
    let log = rusqlite::Connection::open(home.log()).unwrap();
    let stopped: Option<i64> = log.query_row("SELECT stopped_at FROM runs", [], |row| row.get(0)).unwrap();
    assert!(stopped.is_some());
}

#[test]
fn leaving_asks_where_another_process_looks_on() {
    let home = Home::new();
    let mut own = Terminal::start(&home, (80, 24), &[]);
    own.sees("Waiting");
    let mut other = Terminal::start(&home, (80, 24), &["attach"]);
    other.sees("Waiting");
    own.post("/a", "{}");
    other.sees("POST /a");
    // A pin that one of them sets the other shows.
    other.keys("p");
    own.sees("* ");
    own.keys("q");
    own.sees("1 other process looking on will see nothing more.");
    own.keys("c");
    own.gone("Quit?");
    own.keys("q");
    own.sees("Quit?");
    own.keys("y");
    own.gone("Quit?");
    own.keys("q");
    own.sees("1 other process");
    // The same key at once would count as held.
    own.keys("\x03\x03");
    assert_eq!(own.ended(), 130);
    other.sees("NOT LISTENING");
    other.keys("q");
    assert_eq!(other.ended(), 0);
}

#[test]
#[ignore = "it runs the shown command, which needs curl"]
fn the_shown_command_makes_the_first_event() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    // The last row is written last.
    terminal.sees("copy the curl line");
    // The command with the lines that it goes on in, as one would copy it off the screen.
    let inside = |line: &str| line.trim_matches(['│', '|', ' ', '\u{a0}']).to_owned();
    let lines: Vec<String> = terminal.text().lines().map(inside).collect();
    let from = lines.iter().position(|line| line.starts_with("curl ")).unwrap();
    let to = from + lines[from..].iter().position(|line| !line.ends_with('\\')).unwrap();
    let output = std::process::Command::new("sh").args(["-c", &lines[from..=to].join("\n")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    terminal.sees("POST /test");
    terminal.gone("Waiting");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_held_key_sends_once() {
    let home = Home::new();
    let handler = Handler::start(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"; 40]);
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    terminal.keys(&format!("R\x15http://{}/hook\r", handler.address));
    terminal.sees("200 in");
    handler.requests.recv().unwrap();
    terminal.keys(&"r".repeat(30));
    terminal.sees("(was 200)");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    assert_eq!(handler.requests.try_iter().count(), 1);
}

#[test]
fn an_old_signature_is_not_a_wrong_one() {
    use hmac::{Hmac, KeyInit, Mac};
    let home = Home::new();
    let variables = [("STRIPE", "whsec_canary_old")];
    let mut terminal = Terminal::start_with(&home, (80, 24), &["--secret", "stripe=env:STRIPE"], &variables);
    terminal.sees("Waiting");
    let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"whsec_canary_old").unwrap();
    mac.update(format!("{}.{body}", now - 3600).as_bytes());
    let signature = format!("Stripe-Signature: t={},v1={}\r\n", now - 3600, hex::encode(mac.finalize().into_bytes()));
    terminal.post_with("/stripe", &signature, body);
    terminal.sees(" old ");
    terminal.keys("]");
    terminal.keys("]");
    terminal.sees("skew +3600 s (max 300 s)");
    terminal.gone("BAD");
    terminal.gone("canary");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn every_view_fits_every_size() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &[]);
    terminal.sees("Waiting");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    for (key, words) in [("2", "A subscriber gets"), ("3", "arrived"), ("4", "listening begins"), ("1", "POST /first")]
    {
        terminal.keys(key);
        terminal.sees(words);
        for size in [(60, 15), (200, 60), (40, 10), (140, 40), (80, 24)] {
            terminal.resize(size);
            if size.0 == 40 {
                terminal.sees("Terminal is 40x10");
            } else {
                terminal.sees(words);
                terminal.sees("? help");
            }
        }
    }
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn on_a_light_background_nothing_is_bright() {
    let home = Home::new();
    let mut terminal = Terminal::start(&home, (80, 24), &["--theme", "light"]);
    terminal.sees("Waiting");
    terminal.post("/x", "{\"a\": 1}");
    terminal.sees("\"a\": 1");
    let bright = [vt100::Color::Idx(7), vt100::Color::Idx(11), vt100::Color::Idx(15)];
    assert!(!terminal.colours().iter().any(|colour| bright.contains(colour)));
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_terminal_that_says_its_background_late_presses_no_keys() {
    let home = Home::new();
    let mut terminal = Terminal::start_with(&home, (80, 24), &["--theme", "auto"], &[("TERM", "xterm-256color")]);
    terminal.sees("Waiting");
    terminal.post("/first", "{}");
    terminal.sees("#1 first");
    // The `r` in it would open the re-send dialog.
    terminal.keys("\x1b]11;rgb:ffff/ffff/ffff\x1b\\?");
    terminal.sees("Help");
    terminal.keys("\x1b");
    terminal.gone("Help");
    assert!(!terminal.text().contains("Re-send #1"), "{}", terminal.text());
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn a_bad_signature_is_explained_and_mended() {
    use hmac::{Hmac, KeyInit, Mac};
    let home = Home::new();
    let mut child = home.command(&["secrets", "set", "stripe-live"]);
    let mut child = child.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"whsec_canary_live").unwrap();
    assert!(child.wait().unwrap().success());
    let variables = [("STRIPE", "whsec_canary_test")];
    let mut terminal = Terminal::start_with(&home, (80, 24), &["--secret", "stripe=env:STRIPE"], &variables);
    terminal.sees("Waiting");
    let body = r#"{"id":"evt_1","object":"event","type":"invoice.paid"}"#;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"whsec_canary_live").unwrap();
    mac.update(format!("{now}.{body}").as_bytes());
    let signature = format!("Stripe-Signature: t={now},v1={}\r\n", hex::encode(mac.finalize().into_bytes()));
    terminal.post_with("/stripe", &signature, body);
    terminal.sees(" BAD ");
    terminal.keys("]]\tz");
    terminal.sees("6 HMAC-SHA256");
    terminal.sees("MATCH: signed with the secret stripe-live kept here");
    // A report carries no secret; nothing on the screen does.
    terminal.gone("canary");
    terminal.keys("a");
    terminal.sees("Enter uses stripe-live for stripe");
    terminal.keys("\r");
    terminal.sees("= computed with stripe-live");
    terminal.sees("[Signature ok]");
    terminal.sees("at arrival it was invalid");
    terminal.gone("canary");
    let config = std::fs::read_to_string(home.0.path().join(".config/whisper-tui/config.toml"));
    assert_eq!(config.unwrap(), "[secrets]\nstripe = [\"kept:stripe-live\"]\n");
    // What is typed is kept, and not shown.
    terminal.keys("a");
    terminal.sees("Secret for stripe (kept here, not shown)");
    terminal.keys("whsec_canary_typed");
    terminal.sees("•••");
    terminal.gone("canary");
    terminal.keys("\r");
    terminal.sees("stripe uses the secret stripe from now on");
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    assert!(home.text(&["secrets", "list"]).contains("kept:stripe "));
}

#[test]
fn answers_are_turned_on_and_off_while_it_receives_and_the_sign_says_so() {
    let home = Home::new();
    let serving = home.serve(&[]);
    let mut terminal = Terminal::start(&home, (80, 24), &["attach"]);
    terminal.sees("Waiting");
    terminal.keys("b");
    terminal.sees("off flaky");
    terminal.keys("j\r");
    terminal.sees("ON  flaky");
    terminal.keys("\x1b");
    terminal.sees("! flaky");
    let body = br#"{"id":"evt_1","object":"event"}"#;
    assert_eq!([1, 2].map(|_| serving.post("/stripe", "", body)), [500, 500]);
    // The list says what a sender was told where that was not 2xx.
    terminal.sees(if pty::variant("wide") { "x2 [500]" } else { "31B    500" });
    assert_eq!(serving.post("/stripe", "", body), 200);
    terminal.keys("b");
    terminal.sees("flaky has told so far: 2x 500, 1x 200");
    terminal.keys("\r");
    terminal.sees("off flaky");
    terminal.keys("\x1b");
    terminal.gone("! flaky");
    assert_eq!([1, 2].map(|n| serving.post("/stripe", "", format!("{{\"id\":\"evt_{n}\"}}").as_bytes())), [200, 200]);
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

#[test]
fn the_demo_is_a_tour_that_is_done_by_doing_and_leaves_nothing_behind() {
    let home = Home::new();
    let temporary = home.0.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let folder = temporary.display().to_string();
    let mut terminal = Terminal::start_with(&home, (80, 24), &["demo"], &[("TMPDIR", &folder)]);
    terminal.sees("Tour 1/12");
    terminal.keys("k");
    terminal.sees("Tour 2/12");
    terminal.keys("\r]]");
    terminal.sees("Tour 3/12");
    terminal.keys("\x1b");
    terminal.in_the_list();
    terminal.keys("!");
    terminal.sees("problems: ");
    // What the handler has not taken yet is a problem, too: which event that is changes from run to run.
    terminal.keys("/sig:bad\r");
    terminal.keys("g");
    terminal.sees("#14 stripe invoice.payment_failed");
    terminal.sees("Tour 4/12");
    terminal.keys("\r");
    // The doctor has found the other secret by then.
    terminal.sees("signed with the secret stripe-test-mode");
    terminal.keys("a");
    terminal.sees("Enter uses stripe-test-mode for stripe");
    terminal.keys("\r");
    terminal.sees("Tour 5/12");
    terminal.keys("\x1b");
    terminal.in_the_list();
    terminal.keys("!/\x15\r");
    terminal.gone("problems: ");
    terminal.keys("r");
    terminal.sees("/hooks 503 in");
    terminal.keys("r");
    terminal.sees("/hooks 200 in");
    terminal.sees("Tour 6/12");
    terminal.keys("\r");
    terminal.sees("Esc list");
    terminal.keys("d");
    terminal.sees("- status 503");
    terminal.keys("\x1b");
    terminal.gone("- status 503");
    terminal.sees("Tour 7/12");
    terminal.keys("\x1b");
    terminal.in_the_list();
    terminal.keys("/source:slack\r");
    terminal.sees("Tour 8/12");
    terminal.keys("bj\r");
    terminal.sees("ON  flaky");
    terminal.keys("\x1b");
    terminal.gone("Answers on purpose");
    terminal.sees("Tour 9/12");
    terminal.keys("2");
    terminal.sees("source:stripe,shopify,clerk");
    terminal.keys("s");
    terminal.sees("orders is suspended");
    terminal.keys("s");
    terminal.sees("Tour 10/12");
    terminal.keys("3");
    terminal.sees("ack to sender");
    terminal.keys("4");
    terminal.sees("Tour 11/12");
    terminal.keys("1?");
    terminal.sees("Search:");
    terminal.keys("\x1b");
    terminal.gone("Search:");
    terminal.keys("x");
    terminal.sees("Tour 12/12");
    terminal.keys("\x1b");
    terminal.in_the_list();
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
    terminal.sees("that was the demo: its log is gone, too");
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(!home.log().exists());
    assert_eq!(home.run(&["demo"]).status.code(), Some(2), "stdout is no terminal");
}

#[test]
fn whoever_has_missed_much_is_asked_for_before_the_screen_opens() {
    let home = Home::new();
    let config = home.0.path().join(".config/whisper-tui");
    std::fs::create_dir_all(&config).unwrap();
    let file = config.join("config.toml");
    std::fs::write(&file, "[[subscriber]]\nname = \"api\"\ntarget = \"http://127.0.0.1:1\"\n").unwrap();
    let path = file.display().to_string();
    let serving = home.serve(&["--config", &path]);
    (0..101).for_each(|n| assert_eq!(serving.post(&format!("/n/{n}"), "", b"{}"), 200));
    assert!(serving.terminate().success());
    let mut terminal = Terminal::start(&home, (80, 24), &["--config", &path]);
    terminal.sees("101 events wait for api, the oldest since ");
    terminal.keys("s\r");
    terminal.sees("LIVE");
    terminal.keys("2");
    // The screen counts behind the log: until it knows better, `q` would ask.
    let waiting = || home.json(&["subscribers", "--json", "--config", &path])[0]["waiting"].as_u64();
    let begin = std::time::Instant::now();
    while waiting() != Some(0) {
        assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?} still wait", waiting());
    }
    terminal.sees(" 0 waiting");
    terminal.signal("-TERM");
    assert_eq!(terminal.ended(), 0);
    let delivery = &home.json(&["list", "--json", "--limit", "1"])[0]["deliveries"][0];
    assert_eq!(
        (delivery["state"].as_str(), delivery["reason"].as_str()),
        (Some("skipped"), Some("skipped at the start"))
    );
    let standing = &home.json(&["subscribers", "--json", "--config", &path])[0];
    assert_eq!((standing["waiting"].as_u64(), standing["dead"].as_u64()), (Some(0), Some(0)));
}

#[test]
fn a_subscriber_is_added_looked_into_edited_replayed_to_and_removed_from_the_screen() {
    use common::target::{Target, id, status};
    let home = Home::new();
    let target = Target::up();
    let editor = home.0.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\necho 'retry = []' >> \"$1\"\n").unwrap();
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let variables = [("EDITOR", editor.to_str().unwrap())];
    let mut terminal = Terminal::start_with(&home, (80, 24), &[], &variables);
    terminal.sees("Waiting");
    terminal.keys("2");
    terminal.sees("A subscriber gets every event");
    terminal.keys("aftp://h\r");
    terminal.sees("is not a http:// or https:// URL");
    terminal.keys(&format!("\x15http://{}/hooks -path:/no\r", target.address));
    terminal.sees("gets events from now on");
    let config = home.0.path().join(".config/whisper-tui/config.toml");
    let written = std::fs::read_to_string(&config).unwrap();
    assert!(written.ends_with("/hooks\"\nwhen = \"-path:/no\"\n"), "{written}");
    terminal.post("/no", "{}");
    terminal.post("/1", "{}");
    assert_eq!(target.ids(1), [2]);
    terminal.sees("1 delivered, 0 given up");
    terminal.keys("e");
    terminal.sees("is as you wrote it");
    terminal.sees("policy  1 try, timeout 10 s");
    target.says(|_| status("503 Busy"));
    terminal.post("/2", "{}");
    terminal.post("/3", "{}");
    assert_eq!(target.ids(2), [3, 4]);
    terminal.sees("queue: 0 waiting, 2 given up");
    terminal.keys("\r");
    terminal.sees("▌ #4");
    // The one that the keys mean, and no other.
    target.says(|request| status(if id(request) == 3 { "200 OK" } else { "404 No" }));
    terminal.keys("j");
    terminal.sees("▌ #3");
    terminal.keys("r");
    assert_eq!(target.ids(1), [3]);
    terminal.sees("queue: 0 waiting, 1 given up");
    terminal.keys("\x1b");
    terminal.gone("▌ #");
    terminal.keys("R");
    terminal.sees("events that match: since:1h");
    terminal.keys("\r");
    terminal.sees("Replay 3 events to ");
    terminal.keys("s");
    assert_eq!(target.ids(3), [2, 3, 4]);
    terminal.sees("1 regressed, 1 still failing, 1 still passing");
    terminal.keys("D");
    terminal.sees("Drop what ");
    terminal.keys("d");
    terminal.sees("queue: 0 waiting, 0 given up");
    terminal.keys("D");
    terminal.sees("out of the configuration?");
    terminal.keys("r");
    terminal.sees("gets nothing any more");
    terminal.sees("A subscriber gets every event");
    assert!(!std::fs::read_to_string(&config).unwrap().contains("subscriber"));
    terminal.keys("q");
    assert_eq!(terminal.ended(), 0);
}

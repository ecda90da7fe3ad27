//! The rows around the panes: state and counts above, toast and hints below.

use super::{Theme, fit, typed};
use crate::app::{App, Confirm, Overlay, TABLE, View};
use crate::model::safe;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

pub(super) fn header(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let header = app.header();
    let style = if header.well { theme.good() } else { theme.bad() };
    let mut line =
        Line::from(vec![Span::raw(" "), Span::styled(header.state, style), Span::raw(format!(" {}  ", header.place))]);
    for (_, view, text) in header.tabs {
        line.push_span(Span::styled(text, if view == app.view { theme.strong() } else { Style::new() }));
    }
    let gap = usize::from(area.width).saturating_sub(line.width() + header.counts.width() + 1);
    line.push_span(Span::raw(" ".repeat(gap)));
    line.push_span(Span::styled(header.counts, theme.strong()));
    frame.render_widget(line, area);
}

pub(super) fn toast(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let line = match (&app.toast, &app.health.store_error) {
        (Some(toast), _) => {
            let style = if toast.error { theme.bad() } else { theme.strong() };
            let mark = if toast.error { "! " } else { "" };
            Line::styled(format!(" {mark}{}", safe(&toast.text)), style)
        }
        (None, _) if app.health.gone => {
            let text = " ! the process that served this log is gone: nothing is received";
            Line::styled(text, theme.bad())
        }
        (None, Some(why)) => {
            let text = format!(" ! events are answered 503 so that senders retry: {}", safe(why));
            Line::styled(text, theme.bad())
        }
        (None, None) => return,
    };
    let text = fit(&line.to_string(), area.width.into());
    frame.render_widget(Line::styled(text, line.style), area);
}

/// A line of text being typed, in place of the message.
pub(super) fn prompt(frame: &mut Frame, what: &str, input: &Input, theme: &Theme, area: Rect) {
    let label = format!(" {what}: ");
    let room = usize::from(area.width).saturating_sub(label.width() + 1);
    let (shown, column) = typed(input, room);
    let column = label.width() as u16 + column;
    let line = Line::from(vec![Span::styled(label, theme.strong()), Span::raw(shown)]);
    frame.render_widget(Clear, area);
    frame.render_widget(line, area);
    frame.set_cursor_position((area.x + column, area.y));
}

/// A question in place of the message; its answers stand in the hints.
pub(super) fn question(frame: &mut Frame, confirm: &Confirm, theme: &Theme, area: Rect) {
    let text = fit(
        &format!(" {}  [c] cancel  [{}] {}", safe(&confirm.question), confirm.key, confirm.word),
        area.width.into(),
    );
    frame.render_widget(Clear, area);
    frame.render_widget(Line::styled(text, theme.strong()), area);
}

/// Hints are dropped whole from the right; help comes first, so that it is never dropped.
pub(super) fn hints(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let mut hints: Vec<(String, &str)> = match &app.overlay {
        Overlay::None if app.is_first_run() && app.view == View::Events => {
            vec![("?".into(), "help"), ("c".into(), "copy the curl line"), ("q".into(), "quit")]
        }
        Overlay::None => {
            let here = TABLE.iter().filter(|e| e.context.covers(app.context()));
            let back = (app.view != View::Events).then(|| ("Esc".to_owned(), "events"));
            back.into_iter().chain(here.filter_map(|e| e.hint.map(|hint| (e.keys[0].to_owned(), hint)))).collect()
        }
        Overlay::Help(_) => vec![
            ("type".into(), "to search"),
            ("Up Down".into(), "choose"),
            ("Enter".into(), "run"),
            ("Esc".into(), "close"),
        ],
        Overlay::Resend(_) => vec![
            ("Enter".into(), "send"),
            ("Esc".into(), "cancel"),
            ("Up Down".into(), "choose"),
            ("Tab Space".into(), "signature"),
        ],
        Overlay::Find(_) => vec![("Enter".into(), "find"), ("Ctrl-u".into(), "clear"), ("Esc".into(), "cancel")],
        Overlay::Note(..) => vec![("Enter".into(), "keep"), ("Ctrl-u".into(), "clear"), ("Esc".into(), "cancel")],
        Overlay::Confirm(confirm) => vec![("c".into(), "cancel"), (confirm.key.to_string(), confirm.word)],
        Overlay::Where => vec![("c".into(), "copy the curl line"), ("Esc".into(), "close")],
        Overlay::Copy => vec![("Esc".into(), "close")],
        Overlay::Pipe(_) => vec![("Enter".into(), "run"), ("Ctrl-u".into(), "clear"), ("Esc".into(), "cancel")],
        Overlay::Suspend => vec![("s".into(), "suspend"), ("c".into(), "cancel")],
        Overlay::Sheet(_) => vec![("j k".into(), "scroll"), ("Esc".into(), "close")],
        Overlay::Quit => vec![("q".into(), "quit"), ("c".into(), "cancel")],
    };
    if let Some(at) = hints.iter().position(|(_, word)| *word == "help") {
        let help = hints.remove(at);
        hints.insert(0, help);
    }
    let mut line = Line::default();
    for (key, word) in hints {
        if line.width() + key.width() + word.width() + 4 > area.width.into() {
            break;
        }
        line.push_span(Span::raw(" "));
        line.push_span(Span::styled(key, theme.strong()));
        line.push_span(Span::raw(format!(" {word} ")));
    }
    frame.render_widget(line, area);
}

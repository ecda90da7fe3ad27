//! The rows around the panes: state and counts above, toast and hints below.

use super::{Theme, fit, typed};
use crate::app::Context;
use crate::app::{App, Confirm, Focus, Overlay, TABLE};
use crate::model::{count, safe, thousands};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

/// LIVE only if the sockets accept and the last commit worked.
pub(super) fn header(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let url = app.place.urls.first().map_or("", String::as_str);
    let (mark, style) = match &app.health.store_error {
        _ if app.health.gone => ("✗ NOT LISTENING", theme.bad()),
        None => ("● LIVE", theme.good()),
        Some(_) => ("▲ DEGRADED", theme.bad()),
    };
    let place = if area.width >= 100 { url } else { url.rsplit_once(':').map_or(url, |(_, port)| port) };
    let colon = if area.width >= 100 { "" } else { ":" };
    let mut right = count(app.list.total, "event");
    if app.health.refused > 0 {
        right = format!("{} answered 503  {right}", thousands(app.health.refused));
    }
    if app.health.uncounted > 0 {
        right = format!("{} rejected only counted  {right}", thousands(app.health.uncounted));
    }
    if let Some(batch) = &app.batch {
        right = format!("re-sending {} of {}  {right}", batch.done + 1, batch.total);
    } else if app.sending > 0 {
        right = format!("sending {}  {right}", app.sending);
    }
    let others = match app.place.urls.len() {
        0 | 1 => String::new(),
        n => format!(" +{}", n - 1),
    };
    let left = format!(" {colon}{place}{others}  whisper-tui");
    let used = mark.width() + 2 + left.width() + right.width() + 1;
    let gap = " ".repeat(usize::from(area.width).saturating_sub(used));
    let line = Line::from(vec![
        Span::raw(" "),
        Span::styled(mark, style),
        Span::raw(left),
        Span::raw(gap),
        Span::styled(right, theme.strong()),
        Span::raw(" "),
    ]);
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
    let context = if app.focus == Focus::List { Context::List } else { Context::Detail };
    let mut hints: Vec<(String, &str)> = match &app.overlay {
        Overlay::None if app.is_first_run() => {
            vec![("?".into(), "help"), ("c".into(), "copy the curl line"), ("q".into(), "quit")]
        }
        Overlay::None => {
            let here = TABLE.iter().filter(|e| e.context == Context::Anywhere || e.context == context);
            here.filter_map(|e| e.hint.map(|hint| (e.keys[0].to_owned(), hint))).collect()
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
        Overlay::Changes(_) => vec![("j k".into(), "scroll"), ("Esc".into(), "close")],
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

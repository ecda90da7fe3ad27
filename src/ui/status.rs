//! The rows around the panes: state and counts above, toast and hints below.

use super::{Theme, fit, typed};
use crate::app::{App, Confirm};
use crate::model::filter::FilterError;
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
        Line::from(vec![Span::raw(" "), Span::styled(header.state, style), Span::raw(format!(" {}", header.place))]);
    line.push_span(Span::styled(header.acting, theme.bad()));
    line.push_span(Span::raw("  "));
    for (_, view, text) in header.tabs {
        line.push_span(Span::styled(text, if view == app.view { theme.strong() } else { Style::new() }));
    }
    let gap = usize::from(area.width).saturating_sub(line.width() + header.counts.width() + 1);
    line.push_span(Span::raw(" ".repeat(gap)));
    line.push_span(Span::styled(header.counts, theme.strong()));
    frame.render_widget(line, area);
}

pub(super) fn toast(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let line = match (&app.toast, app.health.problem()) {
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

/// What is wrong with a typed filter, beneath the place where it is.
pub(super) fn wrong(frame: &mut Frame, what: &str, input: &Input, error: &FilterError, theme: &Theme, area: Rect) {
    let label = what.width() + 3;
    let room = usize::from(area.width).saturating_sub(label + 1);
    let at = label + error.at.saturating_sub(input.visual_scroll(room)).min(room);
    let words = format!("{}; {}", safe(&error.what), safe(&error.hint));
    // The mark stands beneath the place; the words on that side of it where there is room.
    let text = match usize::from(area.width).saturating_sub(at + 2) >= words.width() {
        true => format!("{}^ {words}", " ".repeat(at)),
        false if at > words.width() => format!("{}{words} ^", " ".repeat(at - words.width() - 1)),
        false => format!("{} {words}", if at < label + 2 { "^" } else { "" }),
    };
    let text = fit(&text, area.width.into());
    frame.render_widget(Clear, area);
    frame.render_widget(Line::styled(text, theme.bad()), area);
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

/// What the demo proposes to try next.
pub(super) fn tour(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    for (row, y) in app.tour_rows().into_iter().zip(area.y..area.bottom()) {
        frame.render_widget(Line::styled(row, theme.strong()), Rect { y, height: 1, ..area });
    }
}

pub(super) fn hints(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let mut line = Line::default();
    for hint in app.hints() {
        line.push_span(Span::raw(" "));
        line.push_span(Span::styled(hint.key, theme.strong()));
        line.push_span(Span::raw(format!(" {} ", hint.word)));
    }
    frame.render_widget(line, area);
}

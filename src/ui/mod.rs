//! Draws an `App`: the same state is always the same screen.
//! It must not decide, remember or fetch; every untrusted word passes `model::safe` before it gets here.

mod body;
mod detail;
mod list;
mod overlay;
mod status;
mod tabs;
#[cfg(test)]
mod tests;
mod theme;

pub use theme::Theme;

use crate::app::{App, Focus, Overlay, SMALLEST, list_share};
use crate::model::thousands;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, app, area);
    }
    let [header, panes, toast, hints] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1), Constraint::Length(1)])
            .areas(area);
    status::header(frame, app, theme, header);
    match app.is_first_run() {
        true => overlay::first_run(frame, app, theme, panes),
        false => draw_panes(frame, app, theme, panes),
    }
    status::toast(frame, app, theme, toast);
    status::hints(frame, app, theme, hints);
    match &app.overlay {
        Overlay::None => {}
        Overlay::Help(help) => overlay::help(frame, help, theme, panes),
        Overlay::Resend(dialog) => overlay::resend(frame, dialog, theme, panes),
        Overlay::Copy => overlay::copy(frame, theme, panes),
        Overlay::Where => overlay::first_run(frame, app, theme, panes),
        Overlay::Changes(lines) => overlay::changes(frame, lines, theme, panes),
        Overlay::Quit => overlay::quit(frame, app, theme, panes),
    }
}

fn draw_panes(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    if app.zoom {
        return match app.focus {
            Focus::List => list::draw(frame, app, theme, area),
            Focus::Detail => detail::draw(frame, app, theme, area),
        };
    }
    let areas: [Rect; 2] = if area.width >= 100 {
        Layout::horizontal([Constraint::Percentage(46), Constraint::Percentage(54)]).areas(area)
    } else {
        Layout::vertical([Constraint::Length(list_share(area.height)), Constraint::Min(0)]).areas(area)
    };
    list::draw(frame, app, theme, areas[0]);
    detail::draw(frame, app, theme, areas[1]);
}

fn too_small(frame: &mut Frame, app: &App, area: Rect) {
    let lines = [
        format!("Terminal is {}x{}; whisper-tui needs {}x{}.", area.width, area.height, SMALLEST.0, SMALLEST.1),
        format!("Still receiving: {} events.", thousands(app.list.total)),
        "q quits".to_owned(),
    ];
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        frame.render_widget(Line::raw(line), Rect { y, height: 1, ..area });
    }
}

/// Cuts text to `width` cells, `…` where something is missing.
fn fit(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push_str(if width > 0 { "…" } else { "" });
    out
}

/// `fit`, filled up with spaces to exactly `width` cells.
fn column(text: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthStr;
    let text = fit(text, width);
    let fill = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(fill))
}

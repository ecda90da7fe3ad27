//! Draws an `App`: the same state is always the same screen.
//! It must not decide, remember or fetch; every untrusted word passes `model::safe` before it gets here.

mod ascii;
mod aside;
mod detail;
mod dialog;
mod filter;
mod list;
mod overlay;
mod page;
mod status;
#[cfg(test)]
mod tests;
mod theme;

pub use ascii::to_ascii;
pub use theme::{Background, Theme};

use crate::app::{App, Area, Overlay, SMALLEST, View};
use crate::model::{count, safe};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use tui_input::Input;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, app, area);
    }
    let panes = rect(app.layout().panes);
    let row = |y| Rect { y, height: 1, ..area };
    status::header(frame, app, theme, row(area.y));
    match app.view {
        View::Events if app.is_first_run() => overlay::first_run(frame, app, theme, panes),
        View::Subscribers | View::Timing | View::Log | View::Sources => page::draw(frame, app, theme),
        View::Events => {
            list::draw(frame, app, theme);
            detail::draw(frame, app, theme);
            aside::draw(frame, app, theme);
        }
    }
    status::toast(frame, app, theme, row(panes.bottom()));
    status::hints(frame, app, theme, row(panes.bottom() + 1));
    status::tour(frame, app, theme, Rect { y: panes.bottom() + 2, height: app.tour_height(), ..area });
    match &app.overlay {
        Overlay::None => {}
        Overlay::Find(input) => status::prompt(frame, "Find in this tab", input, theme, row(panes.bottom())),
        Overlay::Help(help) => overlay::help(frame, app, help, theme, panes),
        Overlay::Resend(dialog) => dialog::draw(frame, dialog, theme, panes),
        Overlay::Actions(chosen) => overlay::actions(frame, app, *chosen, theme, panes),
        Overlay::Answers(chosen) => overlay::answers(frame, app, *chosen, theme, panes),
        Overlay::Copy => overlay::copy(frame, theme, panes),
        Overlay::Where => overlay::first_run(frame, app, theme, panes),
        Overlay::Story(sheet) => overlay::story(frame, app, sheet, theme, panes),
        Overlay::Sheet(sheet) => overlay::sheet(frame, app, sheet, theme, panes),
        Overlay::Compare(compare) => overlay::compare(frame, app, compare, theme, panes),
        Overlay::Pipe(input) => {
            status::prompt(frame, "Body to the command (none: $PAGER)", input, theme, row(panes.bottom()));
        }
        Overlay::Suspend => overlay::suspend(frame, theme, panes),
        Overlay::Filter(prompt) => {
            // Beside the list where there is room: what matches is there to be seen.
            let detail = rect(app.layout().detail);
            let beside = if app.layout().is_stacked() || detail.is_empty() { panes } else { detail };
            filter::draw(frame, prompt, theme, (beside, row(panes.bottom())));
        }
        Overlay::Subscribe(asked) => {
            let what = safe(&asked.question()).to_string();
            status::prompt(frame, &what, &asked.input, theme, row(panes.bottom()));
            if let Some(error) = &asked.wrong {
                status::wrong(frame, &what, &asked.input, error, theme, row(panes.bottom() + 1));
            }
        }
        Overlay::Secret(prompt) => {
            status::prompt(frame, &safe(&prompt.question()).to_string(), &prompt.dots(), theme, row(panes.bottom()));
        }
        Overlay::Note(id, input) => {
            status::prompt(frame, &format!("Note beside #{id}"), input, theme, row(panes.bottom()));
        }
        Overlay::Foreign(foreign) => {
            let what = format!("Beyond this machine: type {} to send", safe(&foreign.host));
            status::prompt(frame, &what, &foreign.input, theme, row(panes.bottom()));
        }
        Overlay::Confirm(confirm) => status::question(frame, confirm, theme, row(panes.bottom())),
        Overlay::Quit => overlay::quit(frame, app, theme, panes),
    }
}

fn rect(area: Area) -> Rect {
    Rect { x: area.x, y: area.y, width: area.width, height: area.height }
}

fn too_small(frame: &mut Frame, app: &App, area: Rect) {
    let lines = [
        format!("Terminal is {}x{}; {}x{} are needed.", area.width, area.height, SMALLEST.0, SMALLEST.1),
        format!("Still receiving: {}.", count(app.list.total, "event")),
        "q quits".to_owned(),
    ];
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        frame.render_widget(Line::raw(line), Rect { y, height: 1, ..area });
    }
}

/// The part of a line being typed that is around its cursor, and the column of the cursor in it.
fn typed(input: &Input, room: usize) -> (String, u16) {
    let skipped = input.visual_scroll(room);
    let shown: String = input.value().chars().skip(skipped).collect();
    let column = input.visual_cursor().saturating_sub(skipped);
    (fit(safe(&shown).as_str(), room + 1), column as u16)
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

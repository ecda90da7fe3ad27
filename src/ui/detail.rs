//! The selected event: its title, its tabs, and the tab in front.

use super::{Theme, fit, rect};
use crate::app::{App, Area, Focus, Opened, Tab};
use crate::body::Mode;
use crate::model::{Painted, bytes_size, safe};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let layout = app.layout();
    let opened = app.detail.opened.as_deref();
    if layout.boxed {
        draw_frame(frame, app, opened, theme, rect(layout.detail));
    }
    let Some(opened) = opened else { return };
    let inner = layout.detail.inside(layout.boxed);
    if inner.height < 3 {
        return;
    }
    frame.render_widget(tab_line(app, theme), Rect { height: 1, ..rect(inner) });
    let area = layout.detail_lines();
    let foot = match app.detail.tab {
        Tab::Body => draw_body(frame, app, opened, theme, area),
        _ => draw_tab(frame, app, theme),
    };
    if foot.is_empty() {
        return;
    }
    let foot = Line::styled(fit(&foot, inner.width.into()), theme.faint());
    frame.render_widget(foot, Rect { y: inner.y + inner.height - 1, height: 1, ..rect(inner) });
}

fn draw_frame(frame: &mut Frame, app: &App, opened: Option<&Opened>, theme: &Theme, area: Rect) {
    let mut block = Block::bordered().border_style(theme.frame(app.focus == Focus::Detail));
    if let Some(opened) = opened {
        let event = &opened.stored.event;
        let title = format!(" #{} {} {} ", opened.stored.id, safe(&event.source), safe(&event.label()));
        let size = format!(" {} ", bytes_size(opened.stored.size));
        let room = usize::from(area.width).saturating_sub(size.len() + 4);
        block = block.title(fit(&title, room)).title(Line::raw(size).right_aligned());
    }
    frame.render_widget(block, area);
}

fn tab_line(app: &App, theme: &Theme) -> Line<'static> {
    Line::from_iter(app.tab_names().into_iter().map(|(tab, name)| match tab == app.detail.tab {
        true => Span::styled(format!("[{name}]"), theme.strong()),
        false => Span::raw(format!(" {name} ")),
    }))
}

/// Lines one below the other, as far as there is room.
pub(super) fn draw_lines(frame: &mut Frame, lines: impl IntoIterator<Item = Painted>, theme: &Theme, area: Area) {
    for (line, y) in lines.into_iter().zip(area.y..area.y + area.height) {
        frame.render_widget(theme.line(&line), Rect { y, height: 1, ..rect(area) });
    }
}

/// Draws the tab in front, and gives the words for its foot.
fn draw_tab(frame: &mut Frame, app: &App, theme: &Theme) -> String {
    let (lines, with_foot) = (app.layout().detail_lines(), app.layout().detail_with_foot());
    let rows = app.tab_rows(lines.width);
    let total = rows.len();
    if total <= with_foot.height.into() {
        draw_lines(frame, rows, theme, with_foot);
        return String::new();
    }
    let height = usize::from(lines.height);
    let from = app.detail.scroll().min(total.saturating_sub(height));
    draw_lines(frame, rows.into_iter().skip(from), theme, lines);
    match total.saturating_sub(from + height) {
        0 => format!("end of {total} lines"),
        more => format!("{more} more below"),
    }
}

/// Draws the body, and gives the words for its foot.
fn draw_body(frame: &mut Frame, app: &App, opened: &Opened, theme: &Theme, area: Area) -> String {
    if opened.body.stored().is_empty() {
        frame.render_widget(Line::styled("no body", theme.faint()), Rect { height: area.height.min(1), ..rect(area) });
        return String::new();
    }
    for (row, y) in app.detail.body_rows(area).into_iter().zip(area.y..) {
        let mut content = theme.line(&row.text);
        if row.line == app.detail.cursor && app.focus == Focus::Detail {
            content = content.style(theme.selected());
            frame.set_cursor_position((area.x, y));
        }
        frame.render_widget(content, Rect { y, height: 1, ..rect(area) });
    }
    modes(app, opened)
}

/// The cursor's path, the modes with the one in use, and what there is to say about this body.
fn modes(app: &App, opened: &Opened) -> String {
    let used = opened.body.effective(app.detail.mode);
    let names: Vec<String> = Mode::ALL
        .iter()
        .map(|(mode, name)| if *mode == used { format!("[{name}]") } else { (*name).to_owned() })
        .collect();
    let lines = opened.body.len(app.detail.mode);
    let mut foot = format!("m {}  {} of {lines}", names.join("·"), (app.detail.cursor + 1).min(lines));
    if app.detail.cut {
        foot.push_str("  w wraps");
    }
    if !opened.body.about.is_empty() {
        foot.push_str(&format!("  {}", opened.body.about));
    }
    match (opened.body.json_error, app.detail.path()) {
        (Some(at), _) => foot.push_str(&format!("  not valid JSON at byte {at}")),
        (None, Some(path)) => foot.push_str(&format!("  {path}")),
        (None, None) => {}
    }
    foot
}

//! The selected event: its title, its tabs, and the tab in front.

use super::{Theme, body, fit, tabs};
use crate::app::{App, Focus, Opened, Tab};
use crate::model::{bytes_size, safe};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let boxed = frame.area().height >= 20;
    let Some(opened) = &app.detail.opened else {
        if boxed {
            frame.render_widget(Block::bordered().border_style(theme.faint()), area);
        }
        return;
    };
    let inner = if boxed { Block::bordered().inner(area) } else { area };
    if boxed {
        let event = &opened.stored.event;
        let title = format!(" #{} {} {} ", opened.stored.id, safe(&event.source), safe(&event.label()));
        let size = format!(" {} ", bytes_size(opened.stored.size));
        let room = usize::from(area.width).saturating_sub(size.len() + 4);
        let block = Block::bordered()
            .border_style(theme.frame(app.focus == Focus::Detail))
            .title(fit(&title, room))
            .title(Line::raw(size).right_aligned());
        frame.render_widget(block, area);
    }
    if inner.height < 2 {
        return;
    }
    frame.render_widget(tab_line(app, opened, theme), Rect { height: 1, ..inner });
    let rest = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    match app.detail.tab {
        Tab::Body => body::draw(frame, app, opened, theme, rest),
        Tab::Headers => scrolled(frame, app, tabs::headers(opened, theme), rest),
        Tab::Signature => scrolled(frame, app, tabs::signature(opened, theme, rest.width), rest),
        Tab::Deliveries => scrolled(frame, app, tabs::deliveries(app, opened, theme), rest),
        Tab::Timing => scrolled(frame, app, tabs::timing(opened, theme, rest.width), rest),
    }
}

fn tab_line(app: &App, opened: &Opened, theme: &Theme) -> Line<'static> {
    let mut line = Line::default();
    for tab in Tab::ALL {
        let name = match tab {
            Tab::Body => "Body".to_owned(),
            Tab::Headers => format!("Headers {}", opened.headers.len()),
            Tab::Signature => format!("Signature {}", opened.stored.event.judgement.verdict.word()),
            Tab::Deliveries => format!("Deliveries {}", opened.stored.attempts.len()),
            Tab::Timing => "Timing".to_owned(),
        };
        match tab == app.detail.tab {
            true => line.push_span(Span::styled(format!("[{name}]"), theme.strong())),
            false => line.push_span(Span::raw(format!(" {name} "))),
        }
    }
    line
}

/// Lines from the scroll position on, never past the end.
fn scrolled(frame: &mut Frame, app: &App, lines: Vec<Line<'static>>, area: Rect) {
    let most = lines.len().saturating_sub(area.height.into());
    let from = app.detail.scroll().min(most);
    for (line, y) in lines.into_iter().skip(from).zip(area.y..area.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

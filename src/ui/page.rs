//! A view other than the events: its lines in one frame.

use super::detail::draw_lines;
use super::{Theme, fit, rect};
use crate::app::App;
use ratatui::Frame;
use ratatui::widgets::Block;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let layout = app.layout();
    let inside = layout.panes.inside(layout.boxed);
    let (title, lines) = app.view_lines(inside.width.into(), inside.height.into());
    if layout.boxed {
        let title = fit(&format!(" {title} "), usize::from(inside.width));
        frame.render_widget(Block::bordered().border_style(theme.frame(true)).title(title), rect(layout.panes));
    }
    let width = usize::from(inside.width);
    draw_lines(frame, lines.into_iter().map(|line| line.window(0, width)), theme, inside);
}

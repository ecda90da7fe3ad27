//! The third column of a wide screen: deliveries and timing of the selected event.

use super::detail::draw_lines;
use super::{Theme, rect};
use crate::app::App;
use ratatui::Frame;
use ratatui::widgets::Block;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let layout = app.layout();
    if layout.aside.height == 0 {
        return;
    }
    if layout.boxed {
        frame.render_widget(Block::bordered().border_style(theme.frame(false)), rect(layout.aside));
    }
    let inside = layout.aside.inside(layout.boxed);
    if let Some(opened) = &app.detail.opened {
        let width = usize::from(inside.width);
        let lines =
            app.aside_lines(opened, width, inside.height.into()).into_iter().flat_map(|line| line.wrap(width, 4));
        draw_lines(frame, lines, theme, inside);
    }
}

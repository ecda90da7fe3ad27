//! The filter prompt: the line, how its word would go on, what else it can be, what is wrong with it.
//! It must not decide anything of it.

use super::{Theme, column, fit, overlay, status};
use crate::app::{FilterPrompt, Offer, SYNTAX};
use crate::model::{safe, thousands};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr;

/// Columns of the list above the prompt.
const WIDTH: u16 = 56;
const LABEL: &str = "Filter";

/// Draws it: the line in `row`, what is wrong with it in the next one, the rest above within `panes`.
pub(super) fn draw(frame: &mut Frame, prompt: &FilterPrompt, theme: &Theme, (panes, row): (Rect, Rect)) {
    offers(frame, prompt, theme, panes);
    status::prompt(frame, LABEL, &prompt.input, theme, row);
    if let Some(ghost) = prompt.ghost() {
        let ghost = safe(&ghost).to_string();
        let at = (LABEL.width() + 3 + prompt.input.visual_cursor()) as u16;
        let area = Rect { x: row.x + at.min(row.width), width: row.width.saturating_sub(at), ..row };
        frame.render_widget(Span::styled(fit(&ghost, area.width.into()), theme.faint()), area);
    }
    if let Some(error) = &prompt.wrong {
        status::wrong(frame, LABEL, &prompt.input, error, theme, Rect { y: row.y + 1, ..row });
    }
}

fn offers(frame: &mut Frame, prompt: &FilterPrompt, theme: &Theme, panes: Rect) {
    let width = WIDTH.min(panes.width);
    let inside = usize::from(width.saturating_sub(2));
    if prompt.syntax {
        let line = |(text, about): &(&str, &'static str)| {
            Line::from(vec![Span::raw(column(&format!(" {text}"), 32)), Span::styled(*about, theme.faint())])
        };
        return boxed(frame, SYNTAX.iter().map(line).collect(), theme, (panes, " Syntax; F1 closes "), 66);
    }
    let mut lines: Vec<Line> = prompt.shown().map(|(chosen, offer)| line(offer, chosen, inside, theme)).collect();
    let foot = [prompt.offers.about.clone(), prompt.explained.clone().unwrap_or_default()];
    let foot = foot.iter().filter(|text| !text.is_empty());
    lines.extend(foot.map(|text| Line::styled(fit(&format!(" {}", safe(text)), inside), theme.faint())));
    boxed(frame, lines, theme, (panes, " Tab completes "), width);
}

/// A box above the prompt.
fn boxed(frame: &mut Frame, lines: Vec<Line<'static>>, theme: &Theme, (panes, title): (Rect, &str), width: u16) {
    let (width, height) = (width.min(panes.width), (lines.len() as u16 + 2).min(panes.height));
    if lines.is_empty() || height < 3 {
        return;
    }
    // Beneath the list it stands above what is typed.
    let x = if panes.x > 0 { panes.x } else { (LABEL.width() as u16 + 2).min(panes.width - width) };
    let area = Rect { x, y: panes.bottom() - height, width, height };
    let block = Block::bordered().border_style(theme.strong()).title(title);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    overlay::lines(frame, lines, inner);
}

fn line(offer: &Offer, chosen: bool, width: usize, theme: &Theme) -> Line<'static> {
    let count = offer.count.map(thousands).unwrap_or_default();
    let about = if offer.about.is_empty() { String::new() } else { format!("  {}", safe(&offer.about)) };
    let room = width.saturating_sub(count.width() + 3);
    let text = fit(safe(&offer.text).as_str(), room);
    let about = fit(&about, room - text.width());
    let gap = column("", room - text.width() - about.width());
    let mark = if chosen { "▌" } else { " " };
    let line = Line::from(vec![
        Span::raw(format!("{mark}{text}")),
        Span::styled(about, theme.faint()),
        Span::raw(format!("{gap} {count} ")),
    ]);
    line.style(if chosen { theme.selected() } else { Style::default() })
}

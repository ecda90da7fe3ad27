//! The body tab: JSON pretty or as a tree, raw text, or hex; visible lines only.

use super::{Theme, fit};
use crate::app::{App, Focus, Opened};
use crate::body::{JsonLine, Mode, Shape};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Indentation beyond which deeper levels look alike.
const DEEPEST: usize = 24;

pub(super) fn draw(frame: &mut Frame, app: &App, opened: &Opened, theme: &Theme, area: Rect) {
    let mode = opened.body.effective(app.detail.mode);
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    frame.render_widget(modes(app, opened, mode, theme, area.width.into()), foot);
    let area = Rect { height: area.height.saturating_sub(1), ..area };
    if opened.body.bytes().is_empty() {
        frame.render_widget(Line::styled("no body", theme.faint()), Rect { height: area.height.min(1), ..area });
        return;
    }
    let lines = app.detail.body_lines(app.detail.scroll(), area.height.into());
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        let mut content = match mode {
            Mode::Pretty | Mode::Tree => json_line(app, opened, mode, line, theme),
            Mode::Raw | Mode::Hex => Line::raw(opened.body.text_line(mode, line).to_string()),
        };
        if app.detail.sideways > 0 {
            let text: String = content.to_string().chars().skip(app.detail.sideways).collect();
            content = Line::raw(text);
        }
        if content.width() > area.width.into() {
            content = cut(content, area.width.into());
        }
        if line == app.detail.cursor && app.focus == Focus::Detail {
            content = content.style(theme.selected());
            frame.set_cursor_position((area.x, y));
        }
        frame.render_widget(content, Rect { y, height: 1, ..area });
    }
}

fn json_line(app: &App, opened: &Opened, mode: Mode, line: usize, theme: &Theme) -> Line<'static> {
    let Some(json) = opened.body.json_lines(line, 1).into_iter().next() else { return Line::default() };
    let piece = |range: &std::ops::Range<usize>| opened.body.piece(range.start, range.end).to_string();
    let folded = app.detail.folds.get(&line).map(|close| close - line - 1);
    let tree = mode == Mode::Tree;
    let mut out = Line::raw("  ".repeat(json.depth.min(DEEPEST)));
    if tree {
        let arrow = match (json.shape, folded) {
            (Shape::Open, Some(_)) => "▸ ",
            (Shape::Open, None) => "▾ ",
            _ => "  ",
        };
        out.push_span(Span::raw(arrow));
    }
    if let Some(key) = &json.key {
        let key = piece(key);
        let shown = if tree { key.trim_matches('"').to_owned() } else { key };
        out.push_span(Span::styled(shown, theme.key()));
        out.push_span(Span::raw(if tree { "  " } else { ": " }));
    }
    let comma = if json.comma && !tree { "," } else { "" };
    match (folded, tree) {
        (Some(lines), _) => {
            out.push_span(Span::styled(format!("{} {lines} lines {}", open(&json, opened), comma), theme.faint()))
        }
        (None, true) if json.shape == Shape::Open => {
            let word = if opened.body.bytes()[json.value.start] == b'[' { "array" } else { "object" };
            out.push_span(Span::styled(if json.key.is_some() { "" } else { word }, theme.faint()));
        }
        _ => {
            out.push_span(Span::styled(piece(&json.value), style(json.shape, theme)));
            let more = opened.body.left_out(json.value.start, json.value.end);
            out.push_span(Span::raw(more.unwrap_or_else(|| comma.to_owned())));
        }
    }
    out
}

fn open(json: &JsonLine, opened: &Opened) -> &'static str {
    if opened.body.bytes()[json.value.start] == b'[' { "[...]" } else { "{...}" }
}

fn style(shape: Shape, theme: &Theme) -> Style {
    match shape {
        Shape::Text => theme.text(),
        Shape::Number => theme.number(),
        Shape::Word => theme.warn(),
        Shape::Open | Shape::Close => Style::new(),
    }
}

fn cut(line: Line<'static>, width: usize) -> Line<'static> {
    let mut left = width.saturating_sub(1);
    let mut out = Line::default();
    for span in line.spans {
        let text = fit(&span.content, left);
        let whole = text == span.content;
        left = left.saturating_sub(Span::raw(text.clone()).width());
        out.push_span(Span::styled(text.trim_end_matches('…').to_owned(), span.style));
        if !whole {
            break;
        }
    }
    out.push_span(Span::raw("›"));
    out
}

/// The modes with the one in use, and what there is to say about this body.
fn modes(app: &App, opened: &Opened, used: Mode, theme: &Theme, width: usize) -> Line<'static> {
    let names: Vec<String> = Mode::ALL
        .iter()
        .map(|(mode, name)| if *mode == used { format!("[{name}]") } else { (*name).to_owned() })
        .collect();
    let note = match opened.body.json_error {
        Some(at) => format!("  not valid JSON at byte {at}"),
        None if used != app.detail.mode && !opened.body.bytes().is_empty() => "  not JSON".to_owned(),
        None => String::new(),
    };
    let lines = opened.body.len(app.detail.mode);
    let place = format!("  line {} of {lines}", (app.detail.cursor + 1).min(lines));
    Line::styled(fit(&format!("m {}{place}{note}", names.join(" · ")), width), theme.faint())
}

//! The re-send dialog.

use super::overlay::{lines, popup};
use super::{Theme, fit, typed};
use crate::app::{Area, Dialog, Group};
use crate::model::{SignaturePolicy, safe};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(frame: &mut Frame, dialog: &Dialog, theme: &Theme, area: Rect) {
    let title = format!("Re-send {}", safe(&dialog.label));
    let size = dialog.size(Area { x: area.x, y: area.y, width: area.width, height: area.height });
    let (width, _) = size;
    let room = usize::from(width.saturating_sub(2));
    let top = choices(dialog, theme, room);
    let bottom = outcome(dialog, theme, room);
    let inner = popup(frame, theme, area, &title, size);
    // Where there is little room the end of the preview is what is left out.
    lines(frame, top.into_iter().chain(bottom).collect(), inner);
    if dialog.is_typing() {
        let x = inner.x + MARK + visible_url(dialog, room).1;
        frame.set_cursor_position((x.min(inner.right().saturating_sub(1)), inner.y + 1 + dialog.targets.len() as u16));
    }
}

/// Columns before a target.
const MARK: u16 = 6;

fn choices(dialog: &Dialog, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let mut out = vec![Line::styled(" To", theme.faint())];
    for (n, target) in dialog.targets.iter().enumerate() {
        let last = if n == 0 { "  last used" } else { "" };
        let text = format!("{}{last}", safe(target));
        out.push(choice(dialog, n, fit(&text, room.saturating_sub(MARK.into())), theme));
    }
    out.push(choice(dialog, dialog.targets.len(), visible_url(dialog, room).0, theme));
    if dialog.targets.len() < 2 {
        out.push(Line::styled("      a URL without a path takes the event's own", theme.faint()));
    }
    out.push(signature(dialog, theme, room));
    out
}

fn choice(dialog: &Dialog, n: usize, text: String, theme: &Theme) -> Line<'static> {
    let chosen = dialog.chosen == n;
    let cursor = if chosen && dialog.focus == Group::To { "▌" } else { " " };
    let dot = if chosen { "(•)" } else { "( )" };
    let style = if chosen { theme.strong() } else { theme.faint() };
    Line::from(vec![Span::raw(format!("{cursor} {dot} ")), Span::styled(text, style)])
}

/// The part of the URL field around its cursor, and the column of the cursor in it.
fn visible_url(dialog: &Dialog, room: usize) -> (String, u16) {
    typed(&dialog.url, room.saturating_sub(usize::from(MARK) + 1))
}

fn signature(dialog: &Dialog, theme: &Theme, room: usize) -> Line<'static> {
    let cursor = if dialog.focus == Group::Signature { "▌" } else { " " };
    let mut line = Line::from(vec![Span::raw(cursor), Span::styled("Signature", theme.faint())]);
    let resign = match &dialog.secret {
        Some(name) if room >= 60 + name.len() => format!("re-sign with {}", safe(name)),
        Some(_) => "re-sign".to_owned(),
        None => "re-sign: no secret".to_owned(),
    };
    let choices = [
        (SignaturePolicy::Keep, "keep"),
        (SignaturePolicy::Resign, resign.as_str()),
        (SignaturePolicy::Strip, "remove"),
    ];
    for (policy, words) in choices {
        let chosen = dialog.signature == policy;
        let dot = if chosen { "(•)" } else { "( )" };
        let style = if chosen { theme.strong() } else { theme.faint() };
        line.push_span(Span::styled(format!("  {dot} {words}"), style));
    }
    line
}

/// What is wrong, or what would leave.
fn outcome(dialog: &Dialog, theme: &Theme, room: usize) -> Vec<Line<'static>> {
    let mut out = vec![Line::default()];
    match &dialog.error {
        Some((what, hint)) => {
            out.push(Line::styled(format!(" {}", safe(what)), theme.bad()));
            out.push(Line::styled(format!(" {}", safe(hint)), theme.bad()));
        }
        None if dialog.preview.is_empty() => out.push(Line::styled(" ...", theme.faint())),
        None => {
            out.push(Line::styled(" Preview", theme.faint()));
            let rows = dialog.preview.iter().map(|line| line.clone().window(0, room.saturating_sub(2)));
            out.extend(rows.map(|line| {
                let mut indented = Line::raw("  ");
                indented.extend(theme.line(&line).spans);
                indented
            }));
        }
    }
    out
}

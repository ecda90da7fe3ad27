//! The events list: one row an event, columns by width.

use super::{Theme, column, fit, rect};
use crate::app::{App, Focus};
use crate::model::{Class, Row, safe, thousands};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let layout = app.layout();
    if layout.boxed {
        let block = Block::bordered()
            .border_style(theme.frame(app.focus == Focus::List))
            .title(" Events ")
            .title(Line::raw(state(app)).right_aligned());
        frame.render_widget(block, rect(layout.list));
    }
    let inner = rect(layout.list.inside(layout.boxed));
    if inner.height == 0 {
        return;
    }
    let width = usize::from(inner.width);
    let columns = Columns::for_width(width);
    frame.render_widget(Line::styled(fit(&columns.heading(), width), theme.faint()), Rect { height: 1, ..inner });
    let rows = layout.list_rows();
    for (row, y) in app.list.visible(rows.height.into()).into_iter().zip(rows.y..) {
        let selected = app.list.selected.as_ref().is_some_and(|s| s.id == row.id);
        let line = columns.line(row, selected, app, theme);
        frame.render_widget(line, Rect { y, height: 1, ..inner });
        if selected && app.focus == Focus::List {
            frame.set_cursor_position((inner.x, y));
        }
    }
}

fn state(app: &App) -> String {
    let below = app.list.new_below();
    let follow = match (app.list.follow, below) {
        (true, _) => "follow on".to_owned(),
        (false, 0) => "follow off".to_owned(),
        (false, n) => format!("follow off · {} new below", thousands(n)),
    };
    format!(" {} · {follow} ", thousands(app.list.total))
}

/// Which columns there is room for.
struct Columns {
    source: usize,
    label: usize,
    size: bool,
    ack: bool,
}

impl Columns {
    fn for_width(width: usize) -> Columns {
        // Mark, time, verdict, last re-send and the gaps between them.
        let fixed = 2 + 8 + 1 + 4 + 1 + 4 + 3;
        let (size, ack) = (width >= 62, width >= 70);
        let rest = width.saturating_sub(fixed + if size { 7 } else { 0 } + if ack { 7 } else { 0 });
        let source = (rest / 3).min(14);
        Columns { source, label: rest.saturating_sub(source), size, ack }
    }

    fn heading(&self) -> String {
        let mut out = format!("  TIME     {} {} SIG  SENT", column("SOURCE", self.source), column("TYPE", self.label));
        out.push_str(if self.size { "    SIZE" } else { "" });
        out.push_str(if self.ack { "    ACK" } else { "" });
        out
    }

    fn line(&self, row: &Row, selected: bool, app: &App, theme: &Theme) -> Line<'static> {
        let mark = if selected { "▌ " } else { "  " };
        let label = match (&row.rejected, row.class) {
            (Some(why), _) => format!("{} [rejected: {why}]", row.label),
            (None, Class::Request) if row.arrival > 1 => format!("{} (arrival {})", row.label, row.arrival),
            (None, _) => row.label.clone(),
        };
        let (sent, sent_style) = match &row.sent {
            None => ("-".to_owned(), theme.faint()),
            Some(sent) => match sent.status {
                Some(status @ 200..=299) if !sent.failed => (status.to_string(), theme.good()),
                Some(status) => (format!("{status}!"), theme.bad()),
                None => ("err!".to_owned(), theme.bad()),
            },
        };
        let verdict = if row.rejected.is_some() { "-" } else { row.verdict.word() };
        let mut line = Line::from(vec![
            Span::raw(format!("{mark}{} ", row.received_at.clock(&app.place.zone))),
            Span::raw(format!("{} ", column(safe(&row.source).as_str(), self.source))),
            Span::raw(format!("{} ", column(safe(&label).as_str(), self.label))),
            Span::styled(format!("{verdict:<4} "), theme.role(row.verdict.into())),
            Span::styled(format!("{sent:<4}"), sent_style),
        ]);
        if self.size {
            line.push_span(Span::raw(format!(" {:>6}", short_size(row.size))));
        }
        if self.ack {
            line.push_span(Span::raw(format!(" {:>6}", row.ack_us.map_or("-".to_owned(), short_time))));
        }
        if selected { line.style(theme.selected()) } else { line }
    }
}

fn short_size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes}B"),
        1024..1_048_576 => format!("{:.1}K", bytes as f64 / 1024.0),
        _ => format!("{:.1}M", bytes as f64 / 1_048_576.0),
    }
}

fn short_time(us: u64) -> String {
    match us {
        0..1_000 => format!("{us}us"),
        1_000..1_000_000 => format!("{}ms", us / 1_000),
        _ => format!("{:.1}s", us as f64 / 1e6),
    }
}

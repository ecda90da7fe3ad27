//! The events list: one row an event, columns by width.

use super::{Theme, column, fit, rect};
use crate::app::{self, App, Focus};
use crate::model::{Brought, Class, Punctuality, Role, Row, Scope, micros, safe, thousands};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;
use unicode_width::UnicodeWidthStr;

pub(super) fn draw(frame: &mut Frame, app: &App, theme: &Theme) {
    let layout = app.layout();
    if layout.boxed {
        let block = Block::bordered()
            .border_style(theme.frame(app.focus == Focus::List))
            .title(fit(&title(app), usize::from(layout.list.width / 2)))
            .title(Line::raw(state(app)).right_aligned());
        frame.render_widget(block, rect(layout.list));
    }
    let inner = rect(layout.list.inside(layout.boxed));
    if inner.height == 0 {
        return;
    }
    let width = usize::from(inner.width);
    let columns = Columns::for_width(width, app.list.compact);
    frame.render_widget(Line::styled(fit(&columns.heading(), width), theme.faint()), Rect { height: 1, ..inner });
    let rows = layout.list_rows();
    if app.list.rows.is_empty() && rows.height > 0 {
        let words = match &app.list.scope {
            _ if app.list.searching => "   searching...".to_owned(),
            Scope { filter: Some(filter), .. } => {
                let filter = filter.to_string();
                format!("   0 of {} match {}  (Esc clears the filter)", thousands(app.list.total), safe(&filter))
            }
            Scope { problems: true, .. } => "   no problems  (! shows everything)".to_owned(),
            _ => "   nothing here  (. shows deleted events)".to_owned(),
        };
        frame.render_widget(Line::styled(fit(&words, width), theme.faint()), Rect { height: 1, ..rect(rows) });
    }
    for (line, y) in app.list.visible(rows.height.into(), &app.place.zone).into_iter().zip(rows.y..) {
        let row = match line {
            app::Line::Event(row) => row,
            app::Line::Gap(gap) => {
                frame.render_widget(
                    between(&gap.words(&app.place.zone), width, theme.bad()),
                    Rect { y, height: 1, ..inner },
                );
                continue;
            }
            app::Line::Apart => {
                let more = between("more, not shown here", width, theme.faint());
                frame.render_widget(more, Rect { y, height: 1, ..inner });
                continue;
            }
            app::Line::Day(day) => {
                frame.render_widget(between(&day, width, theme.faint()), Rect { y, height: 1, ..inner });
                continue;
            }
        };
        let selected = app.list.selected.as_ref().is_some_and(|s| s.id == row.id);
        let line = columns.line(row, selected, app, theme);
        frame.render_widget(line, Rect { y, height: 1, ..inner });
        if selected && app.focus == Focus::List {
            frame.set_cursor_position((inner.x, y));
        }
    }
}

/// A line between rows.
fn between(words: &str, width: usize, style: Style) -> Line<'static> {
    let text = fit(&format!("   ── {words} "), width);
    let rest = width.saturating_sub(text.width());
    Line::styled(format!("{text}{}", "─".repeat(rest)), style)
}

/// With the filter, for it stays until it is taken away.
fn title(app: &App) -> String {
    match &app.list.scope.filter {
        Some(filter) => format!(" Events / {} ", safe(&filter.to_string())),
        None => " Events ".to_owned(),
    }
}

fn state(app: &App) -> String {
    let below = app.list.new_below();
    let follow = match (app.list.follow, below) {
        (true, _) => "follow on".to_owned(),
        (false, 0) => "follow off".to_owned(),
        (false, _) if app.list.scope.problems => "follow off".to_owned(),
        (false, n) => {
            format!("follow off · {} new {}", thousands(n), if app.list.newest_first { "above" } else { "below" })
        }
    };
    let total = thousands(app.list.total);
    let more = if app.list.more { "+" } else { "" };
    let matching = app
        .list
        .matching
        .map_or_else(|| format!("{}~", thousands(app.list.rows.len() as u64)), |n| format!("{}{more}", thousands(n)));
    let shown = match (app.list.problems, app.list.scope.deleted) {
        _ if app.list.searching => format!("searching... {}+", thousands(app.list.rows.len() as u64)),
        _ if app.list.scope.filter.is_some() && app.list.hidden() > 0 => {
            format!("{matching} of {total} · +{} hidden", thousands(app.list.hidden()))
        }
        _ if app.list.scope.filter.is_some() => format!("{matching} of {total}"),
        (Some(problems), true) => format!("problems: {} of {total} with deleted", thousands(problems)),
        (Some(problems), false) => format!("problems: {} of {total}", thousands(problems)),
        (None, true) => format!("{total} with deleted"),
        (None, false) => total,
    };
    match app.list.meant_by_marks() {
        0 => format!(" {shown} · {follow} "),
        n => format!(" {} marked · {shown} · {follow} ", thousands(n as u64)),
    }
}

/// Which columns there is room for.
struct Columns {
    source: usize,
    label: usize,
    size: bool,
    ack: bool,
}

impl Columns {
    fn for_width(width: usize, compact: bool) -> Columns {
        // Mark, time, verdict, last re-send and the gaps between them.
        let fixed = 3 + 8 + 1 + 4 + 1 + 4 + if compact { 2 } else { 3 };
        let (size, ack) = (width >= 62 && !compact, width >= 70 && !compact);
        let rest = width.saturating_sub(fixed + if size { 7 } else { 0 } + if ack { 7 } else { 0 });
        let source = if compact { 0 } else { (rest / 3).min(14) };
        Columns { source, label: rest.saturating_sub(source), size, ack }
    }

    fn heading(&self) -> String {
        let mut out = format!("   TIME     {}{} SIG  SENT", self.source_column("SOURCE"), column("TYPE", self.label));
        out.push_str(if self.size { "    SIZE" } else { "" });
        out.push_str(if self.ack { "    ACK" } else { "" });
        out
    }

    /// The source with the gap after it; nothing where there is no such column.
    fn source_column(&self, text: &str) -> String {
        match self.source {
            0 => String::new(),
            width => format!("{} ", column(text, width)),
        }
    }

    fn line(&self, row: &Row, selected: bool, app: &App, theme: &Theme) -> Line<'static> {
        let mark = if selected { "▌" } else { " " };
        let sign = sign(row, app.list.is_marked(row.id), app.compared == Some(row.id));
        let (sent, sent_style) = match &row.sent {
            _ if !row.brought.is_nobodys() => (row.brought.to_string(), theme.role(role_of(row.brought))),
            None => ("-".to_owned(), theme.faint()),
            Some(sent) => match sent.status {
                Some(status @ 200..=299) if !sent.failed => (status.to_string(), theme.good()),
                Some(status) => (format!("{status}!"), theme.bad()),
                None => ("err!".to_owned(), theme.bad()),
            },
        };
        let verdict = if row.rejected.is_some() { "-" } else { row.verdict.word() };
        let mut line = Line::from(vec![
            Span::raw(format!("{mark}{sign} {} ", row.received_at.clock(&app.place.zone))),
            Span::raw(self.source_column(safe(&row.source).as_str())),
            Span::raw(format!("{} ", self.label(row))),
            Span::styled(format!("{verdict:<4} "), theme.role(row.verdict.into())),
            Span::styled(format!("{sent:<4}"), sent_style),
        ]);
        if self.size {
            line.push_span(Span::raw(format!(" {:>6}", short_size(row.size))));
        }
        if self.ack {
            line.push_span(match row.refused {
                Some(0) => Span::styled("   none", theme.bad()),
                Some(status) => Span::styled(format!(" {status:>6}"), theme.bad()),
                None => {
                    let style = match row.punctuality {
                        Some(Punctuality::Late) => theme.bad(),
                        Some(Punctuality::Nearly) => theme.role(Role::Warn),
                        _ => Style::default(),
                    };
                    Span::styled(format!(" {:>6}", row.ack_us.map_or("-".to_owned(), short_time)), style)
                }
            });
        }
        if selected { line.style(theme.selected()) } else { line }
    }

    /// What happened; what it counts for stays in view where it is too long, the user's note need not.
    fn label(&self, row: &Row) -> String {
        let told = match row.refused.filter(|_| !self.ack && row.rejected.is_none()) {
            Some(0) => " [no answer]".to_owned(),
            Some(status) => format!(" [{status}]"),
            None => String::new(),
        };
        label(row, &told, self.label)
    }
}

fn role_of(brought: Brought) -> Role {
    match brought.mark() {
        "!" => Role::Bad,
        "" => Role::Good,
        _ => Role::Warn,
    }
}

/// What happened, in `width` cells, with what the sender was told.
fn label(row: &Row, told: &str, width: usize) -> String {
    let mut tail = match (&row.rejected, row.class) {
        (Some(why), _) => format!(" [rejected: {}]", safe(why)),
        (None, Class::Handshake) => " [handshake]".to_owned(),
        (None, _) if row.folds > 0 => format!(" x{}", row.folds + 1),
        (None, Class::Request) if row.arrival > 1 => {
            let after = row.after_us.map_or_else(String::new, |us| format!(", +{}", micros(us.unsigned_abs())));
            format!(" (no. {}{after})", row.arrival)
        }
        (None, _) => String::new(),
    };
    for (holds, words) in [
        (row.test, " [test]"),
        (row.overtaken_by.is_some(), " [reordered]"),
        (row.drifts, " [drift]"),
        (row.punctuality == Some(Punctuality::Late), " [late]"),
        (row.punctuality == Some(Punctuality::Nearly), " [nearly late]"),
    ] {
        tail.push_str(if holds { words } else { "" });
    }
    tail.push_str(told);
    let tail = fit(&tail, width);
    let mut text = format!("{}{tail}", fit(safe(&row.label).as_str(), width - tail.width()));
    if let Some(note) = &row.marks.note {
        text.push_str(&format!("  # {}", safe(note)));
    }
    column(&text, width)
}

/// One character for what the user has to do with it: marked, first of two to compare, deleted, pinned,
/// unread.
fn sign(row: &Row, marked: bool, first: bool) -> char {
    match &row.marks {
        _ if marked => '+',
        _ if first => 'A',
        marks if marks.deleted_at.is_some() => 'x',
        marks if marks.pinned => '*',
        marks if !marks.read => '•',
        _ => ' ',
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

//! What lies over the panes: first-run page, help, dialogs.

use super::{Theme, column, fit, rect};
use crate::app::{ActionRow, App, Area, Batch, CHOICES, Compare, Context, Help, Sheet, StorySheet, first_action};
use crate::model::{Painted, Standing, count, safe};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};

/// A framed box in the middle; gives its inside.
pub(super) fn popup(frame: &mut Frame, theme: &Theme, area: Rect, title: &str, size: (u16, u16)) -> Rect {
    let at = rect(Area { x: area.x, y: area.y, width: area.width, height: area.height }.middle(size));
    let block = Block::bordered()
        .border_type(BorderType::Double)
        .border_style(theme.strong())
        .title(fit(&format!(" {title} "), at.width.saturating_sub(4).into()));
    let inner = block.inner(at);
    frame.render_widget(Clear, at);
    frame.render_widget(block, at);
    inner
}

pub(super) fn lines(frame: &mut Frame, lines: Vec<Line<'static>>, area: Rect) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

pub(super) fn first_run(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let waiting = if app.is_first_run() { " Waiting for the first event " } else { " Where to send events " };
    let block = Block::bordered().border_style(theme.strong()).title(waiting);
    let inner = block.inner(area);
    frame.render_widget(Clear, area);
    frame.render_widget(block, area);
    let url = app.place.urls.first().cloned().unwrap_or_default();
    let strong = |text: String| Line::styled(text, theme.strong());
    let mut content = Vec::new();
    for (n, url) in app.place.urls.iter().enumerate() {
        let words = if n == 0 { "  Listening on   " } else { "            and  " };
        content.push(Line::from(vec![Span::raw(words), Span::styled(url.clone(), theme.strong())]));
    }
    content.extend([
        Line::raw("                 every path and method is kept"),
        Line::raw(format!("  Saved in       {}", safe(&app.place.store))),
        Line::default(),
        Line::raw("  1  Try it now: t, or in another terminal (c copies the line)"),
        Line::default(),
    ]);
    let one = format!("     {}", app.first_curl());
    match one.len() <= inner.width.into() {
        true => content.push(strong(one)),
        false => {
            // A shell goes on after a backslash; where two lines do not do, three will.
            let (first, url) = one.rsplit_once(' ').unwrap_or((&one, ""));
            let (data, header) = first.split_at(first.find(" -H").unwrap_or(first.len()));
            match first.len() + 2 <= inner.width.into() {
                true => content.push(strong(format!("{first} \\"))),
                false => content.extend([strong(format!("{data} \\")), strong(format!("      {header} \\"))]),
            }
            content.push(strong(format!("       {url}")));
        }
    }
    content.extend([
        Line::default(),
        Line::raw("  2  Senders out there need a public URL: start a tunnel"),
        Line::default(),
        strong(format!("     cloudflared tunnel --url {url}")),
        Line::default(),
        Line::raw("  3  Check signatures: name the secret, never its value"),
        Line::default(),
        strong("     whisper-tui --secret stripe=env:STRIPE_WEBHOOK_SECRET".into()),
    ]);
    if inner.height < content.len() as u16 {
        content.retain(|line| line.width() > 0);
    }
    lines(frame, content, inner);
}

pub(super) fn help(frame: &mut Frame, app: &App, help: &Help, theme: &Theme, area: Rect) {
    let rows = app.help_rows(help);
    let title = if help.words { "Words" } else { "Help" };
    let inner = popup(frame, theme, area, title, (76, area.height));
    let mut content = vec![Line::from(vec![
        Span::raw(" Search: "),
        Span::styled(safe(&help.search).to_string(), theme.strong()),
        Span::raw("_"),
    ])];
    if rows.is_empty() {
        content.push(Line::raw(" nothing found; Backspace takes letters away"));
    }
    for (n, row) in rows.into_iter().enumerate().skip(help.first_row(inner.height.into())) {
        let place = match (&row.reason, row.context) {
            _ if help.words => String::new(),
            (Some(why), _) => format!("  {}", safe(why)),
            (None, Context::Anywhere | Context::Events) => String::new(),
            (None, Context::List) => "  (list)".into(),
            (None, Context::Detail) => "  (detail)".into(),
            (None, Context::Subscribers) => "  (view 2)".into(),
            (None, Context::Timing) => "  (view 3)".into(),
            (None, Context::Log) => "  (view 4)".into(),
            (None, Context::Sources) => "  (view 5)".into(),
        };
        let mark = if n == help.chosen { "▌" } else { " " };
        let line = Line::from(vec![
            Span::styled(format!("{mark}{:<14} ", row.keys), theme.strong()),
            Span::raw(row.words),
            Span::styled(place, theme.faint()),
        ]);
        content.push(if n == help.chosen { line.style(theme.selected()) } else { line });
    }
    lines(frame, content, inner);
}

pub(super) fn actions(frame: &mut Frame, app: &App, chosen: usize, theme: &Theme, area: Rect) {
    let rows = app.action_rows();
    let about = app.list.selected.as_ref().map(|row| format!("#{} {}", row.id, safe(&row.label)));
    let title = match app.list.meant_by_marks() {
        0 => about.unwrap_or_else(|| "no event".to_owned()),
        n => count(n as u64, "marked event"),
    };
    let size = App::actions_size(rows.len());
    let lines_shown = usize::from(size.1.min(area.height)).saturating_sub(2);
    let from = first_action(chosen, lines_shown);
    let title = match rows.len().saturating_sub(from + lines_shown) {
        0 => title,
        more => format!("{title} · {more} more below"),
    };
    let inner = popup(frame, theme, area, &title, size);
    let line = |(n, row): (usize, ActionRow)| {
        let mark = if n == chosen { "▌" } else { " " };
        let reason = row.reason.map(|why| format!("  {}", safe(&why))).unwrap_or_default();
        let line = Line::from(vec![
            Span::styled(format!("{mark}{:<7}", row.key), theme.strong()),
            Span::raw(row.words),
            Span::styled(reason, theme.faint()),
        ]);
        if n == chosen { line.style(theme.selected()) } else { line }
    };
    lines(frame, rows.into_iter().enumerate().skip(from).map(line).collect(), inner);
}

pub(super) fn answers(frame: &mut Frame, app: &App, chosen: usize, theme: &Theme, area: Rect) {
    let title = "Answers on purpose; events are kept whatever is told";
    let inner = popup(frame, theme, area, title, app.answers_size());
    let row = |(n, standing): (usize, &Standing)| {
        let mark = if n == chosen { "▌" } else { " " };
        let (state, style) = if standing.on { ("ON ", theme.bad()) } else { ("off", theme.faint()) };
        let many: u64 = standing.told.iter().map(|(_, many)| many).sum();
        let many = if many > 0 { format!("{many}x") } else { String::new() };
        let words = fit(safe(&standing.says).as_str(), usize::from(inner.width).saturating_sub(29));
        let line = Line::from(vec![
            Span::raw(mark),
            Span::styled(state, style),
            Span::styled(format!(" {} ", column(safe(&standing.name).as_str(), 16)), theme.strong()),
            Span::raw(format!("{many:>5} ")),
            Span::raw(words),
        ]);
        if n == chosen { line.style(theme.selected()) } else { line }
    };
    let height = app.answers_lines(inner.height);
    let from = first_action(chosen, height);
    let mut content: Vec<Line> = app.standings.iter().enumerate().skip(from).take(height).map(row).collect();
    let told = app.standings.get(chosen).map(Standing::counts).filter(|counts| !counts.is_empty());
    content.push(Line::default());
    let name = app.standings.get(chosen).map_or("", |standing| standing.name.as_str());
    content.push(Line::raw(format!(
        " {} has told so far: {}",
        safe(name),
        told.unwrap_or_else(|| "nothing".to_owned())
    )));
    lines(frame, content, inner);
}

pub(super) fn copy(frame: &mut Frame, theme: &Theme, area: Rect) {
    let inner = popup(frame, theme, area, "Copy", App::copy_size());
    let choice = |(key, what): &(char, &str)| {
        Line::from(vec![Span::styled(format!("  {key}  "), theme.strong()), Span::raw((*what).to_owned())])
    };
    lines(frame, CHOICES.iter().map(choice).collect(), inner);
}

pub(super) fn sheet(frame: &mut Frame, app: &App, sheet: &Sheet, theme: &Theme, area: Rect) {
    scrolled(frame, theme, area, &sheet.title, app.sheet_rows(sheet), sheet.scroll);
}

pub(super) fn story(frame: &mut Frame, app: &App, sheet: &StorySheet, theme: &Theme, area: Rect) {
    let inside = (usize::from(area.width.saturating_sub(2)), usize::from(area.height.saturating_sub(2)));
    let (rows, from) = app.story_lines(sheet, inside);
    scrolled(frame, theme, area, &app.story_title(sheet), rows, from);
}

pub(super) fn compare(frame: &mut Frame, app: &App, compare: &Compare, theme: &Theme, area: Rect) {
    let title = format!("Compare #{} and #{}: - first, + second", compare.a, compare.b);
    scrolled(frame, theme, area, &title, app.compare_rows(compare), compare.scroll);
}

fn scrolled(frame: &mut Frame, theme: &Theme, area: Rect, title: &str, rows: Vec<Painted>, scroll: usize) {
    let height = usize::from(area.height.saturating_sub(2));
    let from = scroll.min(rows.len().saturating_sub(height));
    let title = match rows.len().saturating_sub(from + height) {
        0 => safe(title).to_string(),
        more => format!("{} · {more} more below", safe(title)),
    };
    let inner = popup(frame, theme, area, &title, (area.width, area.height));
    lines(frame, rows.iter().skip(from).take(height).map(|row| theme.line(row)).collect(), inner);
}

pub(super) fn suspend(frame: &mut Frame, theme: &Theme, area: Rect) {
    let inner = popup(frame, theme, area, "Suspend?", (60, 5));
    let content = vec![
        Line::raw(" While suspended nothing is received; fg goes on."),
        Line::default(),
        Line::raw(" s suspends, any other key cancels"),
    ];
    lines(frame, content, inner);
}

pub(super) fn quit(frame: &mut Frame, app: &App, theme: &Theme, area: Rect) {
    let mut content = Vec::new();
    let mut say = |n: usize, thing: &str, words: &str| {
        if n > 0 {
            content.push(Line::raw(format!(" {} {words}", count(n as u64, thing))));
        }
    };
    say(app.batch.as_ref().map_or(0, Batch::left), "re-send", "will not be made.");
    if app.place.serves {
        say(app.sending, "re-send", "under way will be given up.");
        say(app.watchers, "other process", "looking on will see nothing more.");
        say(app.subscribers.waiting() as usize, "delivery", "stay queued and go out at the next start.");
        content.push(Line::raw(" The listener stops; what it received is kept."));
    }
    content.extend([Line::default(), Line::styled(" q quits, any other key cancels", theme.strong())]);
    let inner = popup(frame, theme, area, "Quit?", (60, content.len() as u16 + 2));
    lines(frame, content, inner);
}

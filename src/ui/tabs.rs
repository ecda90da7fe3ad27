//! The tabs beside the body, as lines: headers, signature, deliveries, timing.

use super::{Theme, column, fit};
use crate::app::{App, Opened};
use crate::model::{Attempt, is_credential, micros, safe, safe_bytes};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Lines of an answer's body that are shown.
const ANSWER_LINES: usize = 200;

pub(super) fn headers(opened: &Opened, theme: &Theme) -> Vec<Line<'static>> {
    let event = &opened.stored.event;
    let first = format!("{} {} {}", safe(&event.method), safe(&event.target), event.version);
    let mut lines = vec![Line::styled(first, theme.strong())];
    let line = |name: &[u8], value: &[u8]| {
        let shown = match is_credential(name, opened.secret_header.as_deref()) {
            true => format!("•••• ({} bytes, masked)", value.len()),
            false => safe_bytes(value).to_string(),
        };
        Line::from(vec![Span::styled(format!("{}: ", safe_bytes(name)), theme.key()), Span::raw(shown)])
    };
    lines.extend(opened.headers.iter().map(|(name, value)| line(name, value)));
    if event.trailers.len() > 0 {
        lines.push(Line::styled("trailers", theme.faint()));
        lines.extend(event.trailers.iter().map(|(name, value)| line(name, value)));
    }
    lines.push(Line::default());
    lines.push(Line::styled(format!("from {}", event.remote), theme.faint()));
    lines
}

pub(super) fn signature(opened: &Opened, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let judged = &opened.stored.event.judgement;
    let mut first = format!("{}  {}", judged.verdict.word(), judged.verdict.name());
    for part in [&judged.provider, &judged.secret].into_iter().flatten() {
        first.push_str(&format!("  {}", safe(part)));
    }
    if let Some(reason) = judged.reason {
        first.push_str(&format!("  ({})", reason.name()));
    }
    let mut lines = vec![Line::styled(first, theme.verdict(judged.verdict)), Line::default()];
    for (n, step) in opened.proof.steps.iter().enumerate() {
        let (word, style) = match step.ok {
            Some(true) => ("ok", theme.good()),
            Some(false) => ("NO", theme.bad()),
            None => ("-", Style::new()),
        };
        let room = usize::from(width).saturating_sub(20).max(10);
        for (m, part) in wrap(safe(&step.shows).as_str(), room).into_iter().enumerate() {
            let head = if m == 0 { format!("{:>2} {:<12} ", n + 1, step.step) } else { " ".repeat(16) };
            let word = if m == 0 { word } else { "" };
            lines.push(Line::from(vec![Span::raw(head), Span::styled(format!("{word:<3}"), style), Span::raw(part)]));
        }
    }
    if opened.proof.verdict != judged.verdict {
        lines.push(Line::default());
        let text = format!("at arrival it was {}; this is the check with today's secrets", judged.verdict.name());
        lines.push(Line::styled(text, theme.warn()));
    }
    lines
}

/// Breaks a line at double spaces, else where the room ends.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut out: Vec<String> = vec![String::new()];
    for part in text.split_inclusive("  ") {
        let last = out.len() - 1;
        let len = |s: &str| s.chars().count();
        if !out[last].is_empty() && len(&out[last]) + len(part) > room {
            out.push(String::new());
        }
        for c in part.chars() {
            let last = out.len() - 1;
            if len(&out[last]) >= room {
                out.push(String::new());
            }
            let last = out.len() - 1;
            out[last].push(c);
        }
    }
    out
}

pub(super) fn deliveries(app: &App, opened: &Opened, theme: &Theme) -> Vec<Line<'static>> {
    let attempts = &opened.stored.attempts;
    if attempts.is_empty() {
        return vec![
            Line::raw("not sent to anybody yet"),
            Line::default(),
            Line::raw("r re-sends it, R asks where to"),
        ];
    }
    let mut lines = Vec::new();
    for (n, attempt) in attempts.iter().enumerate().rev() {
        lines.extend(one_attempt(app, n, attempt, theme));
        lines.push(Line::default());
    }
    lines
}

fn one_attempt(app: &App, n: usize, attempt: &Attempt, theme: &Theme) -> Vec<Line<'static>> {
    let a = &attempt.what;
    let style = if a.succeeded() { theme.good() } else { theme.bad() };
    let title = format!("M{}  {}  {}  ", n + 1, a.at.clock(&app.place.zone), safe(&a.url));
    let took = format!("  in {}", micros(a.total_us));
    let mut lines =
        vec![Line::from(vec![Span::raw(title), Span::styled(safe(&a.outcome()).to_string(), style), Span::raw(took)])];
    let phases = a.phases.named();
    let phases = phases.iter().filter_map(|(name, us)| us.map(|us| format!("{name} {}", micros(us))));
    lines.push(Line::styled(format!("    {}", phases.collect::<Vec<_>>().join("  ")), theme.faint()));
    let header = |(name, value): (&[u8], &[u8])| {
        Line::from(vec![
            Span::styled(format!("    {}: ", safe_bytes(name)), theme.key()),
            Span::raw(safe_bytes(value).to_string()),
        ])
    };
    lines.extend(a.response_headers.iter().map(header));
    let body = a.response_body.split(|&b| b == b'\n').take(ANSWER_LINES);
    let shown = |line: &[u8]| Line::raw(format!("    {}", safe_bytes(&line[..line.len().min(4096)])));
    if !a.response_body.is_empty() {
        lines.extend(body.map(shown));
    }
    if a.truncated {
        lines.push(Line::styled("    ... longer than 1 MB, the rest is not kept", theme.warn()));
    }
    lines
}

/// The waterfall: each phase as a bar on one scale, the figures beside it.
pub(super) fn timing(opened: &Opened, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let t = opened.stored.timing();
    let status = opened.stored.answer.map_or("answer".to_owned(), |a| format!("answer {}", a.status));
    let capture = [
        ("headers", Some(t.head_us)),
        ("body", Some(t.body_us)),
        ("verify", Some(t.verify_us)),
        ("queue", Some(t.queue_us)),
        ("commit", t.commit_us),
        (status.as_str(), t.answer_us),
    ];
    let total = t.total_us.map_or("not yet known".to_owned(), micros);
    let mut lines = vec![Line::styled(format!("received and answered in {total}"), theme.strong())];
    lines.extend(waterfall(&capture, width, theme));
    for (n, attempt) in opened.stored.attempts.iter().enumerate() {
        let a = &attempt.what;
        lines.push(Line::default());
        let title = format!("M{} {}  {} in {}", n + 1, safe(&a.url), safe(&a.outcome()), micros(a.total_us));
        lines.push(Line::styled(title, theme.strong()));
        lines.extend(waterfall(&a.phases.named(), width, theme));
    }
    lines
}

fn waterfall(phases: &[(&str, Option<u64>)], width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let total: u64 = phases.iter().filter_map(|(_, us)| *us).sum::<u64>().max(1);
    let room = u64::from(width.saturating_sub(24)).max(10);
    let mut before = 0;
    let mut lines = Vec::new();
    for (name, us) in phases {
        let Some(us) = us else { continue };
        let start = before * room / total;
        let end = ((before + us) * room / total).max(start + 1).min(room.max(start + 1));
        before += us;
        let bar = format!("{}{}", " ".repeat(start as usize), "█".repeat((end - start) as usize));
        lines.push(Line::from(vec![
            Span::raw(format!(" {} ", column(name, 11))),
            Span::styled(column(&bar, room as usize), theme.number()),
            Span::raw(fit(&format!(" {}", micros(*us)), 9)),
        ]));
    }
    lines
}

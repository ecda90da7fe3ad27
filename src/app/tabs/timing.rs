//! The waterfall: each phase as a bar on one scale, the figures beside it.

use crate::app::Opened;
use crate::model::{Painted, Role, micros, safe};

/// Of at most so many attempts, the newest first.
pub(super) fn lines(opened: &Opened, most: usize, width: usize) -> Vec<Painted> {
    let t = opened.stored.timing();
    let total = t.total_us.map_or("not yet known".to_owned(), micros);
    let words = match &opened.stored.answer {
        Some(answer) if answer.status.is_some() => format!("received and answered {} in {total}", answer.words()),
        Some(answer) => format!("received; {} after {total}", answer.words()),
        None => format!("received and answered in {total}"),
    };
    let mut lines = vec![Painted::of(Role::Strong, words)];
    lines.extend(waterfall(&t.named(), width));
    lines.extend(sender_says(opened));
    for (n, attempt) in opened.stored.attempts.iter().enumerate().rev().take(most) {
        let a = &attempt.what;
        lines.push(Painted::default());
        let title = format!("M{} {} in {}  {}", n + 1, safe(&a.outcome()), micros(a.total_us), safe(&a.url));
        lines.push(Painted::of(Role::Strong, title));
        lines.extend(waterfall(&a.phases.named(), width));
    }
    lines
}

/// The sender's own time of the event and its count of attempts.
fn sender_says(opened: &Opened) -> Option<Painted> {
    let (made_at, attempt) = &opened.made;
    let made = made_at.map(|at| {
        let before = opened.stored.event.received_at.since(at);
        match u64::try_from(before) {
            Ok(before) => format!("made {} before it arrived", micros(before)),
            Err(_) => format!("made {} after it arrived", micros(before.unsigned_abs())),
        }
    });
    let attempt = attempt.as_ref().map(|n| format!("attempt {}", safe(n)));
    let said: Vec<String> = made.into_iter().chain(attempt).collect();
    (!said.is_empty()).then(|| Painted::of(Role::Faint, format!(" by its sender: {}", said.join(" · "))))
}

fn waterfall(phases: &[(&str, Option<u64>)], width: usize) -> Vec<Painted> {
    let total: u64 = phases.iter().filter_map(|(_, us)| *us).sum::<u64>().max(1);
    // Name and figure stand on both sides of the bars.
    let room = width.saturating_sub(20).max(10);
    let cells = |us: u64| (us * room as u64 / total) as usize;
    let mut before = 0;
    let mut lines = Vec::new();
    for (name, us) in phases {
        let Some(us) = us else { continue };
        let start = cells(before).min(room - 1);
        let end = cells(before + us).clamp(start + 1, room);
        before += us;
        let bar = format!("{}{}", " ".repeat(start), "█".repeat(end - start));
        lines.push(
            Painted::plain(format!(" {name:<8} "))
                .and(Role::Number, format!("{bar:<room$}"))
                .and(Role::Plain, format!(" {:>8}", micros(*us))),
        );
    }
    lines
}

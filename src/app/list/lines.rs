//! What stands in the lines of the list: rows, and between them where a day ends or nobody listened.
//! It must not move anything.

use super::List;
use crate::model::{Gap, Row};
use jiff::tz::TimeZone;

/// A line of the list.
#[derive(Debug, PartialEq)]
pub enum Line<'a> {
    /// An event.
    Event(&'a Row),
    /// Nobody listened.
    Gap(&'a Gap),
    /// The events below are of this day.
    Day(String),
    /// Rows that there is no room for: the selected one is pinned at the edge.
    Apart,
}

impl<'a> Line<'a> {
    /// The event that stands in it, if one does.
    pub fn event(&self) -> Option<&'a Row> {
        match self {
            Line::Event(row) => Some(row),
            Line::Gap(_) | Line::Day(_) | Line::Apart => None,
        }
    }
}

impl List {
    /// What stands in `height` lines, from above: rows, with lines between them where a day ends or nobody listened.
    /// A selected row outside of them is pinned at the edge.
    pub fn visible(&self, height: usize, zone: &TimeZone) -> Vec<Line<'_>> {
        let mut rows = self.visible_rows(height);
        let apart = self.apart(&rows, height);
        if let Some(at) = apart {
            // The line that says so takes the place of a row.
            rows.remove(at);
        }
        let mut lines: Vec<Line> = Vec::with_capacity(rows.len());
        for (n, row) in rows.iter().enumerate() {
            if let Some(before) = n.checked_sub(1).map(|n| rows[n]) {
                let gaps = self.gaps.iter().filter(|gap| before.id <= gap.after && gap.after < row.id);
                lines.extend(gaps.map(Line::Gap));
                let day = row.received_at.date(zone);
                if before.received_at.date(zone) != day {
                    lines.push(Line::Day(day));
                }
                if apart == Some(n) {
                    lines.push(Line::Apart);
                }
            }
            lines.push(Line::Event(row));
        }
        // There may be more than there is room for: the end while following, else the begin, the selected row with it.
        let over = lines.len().saturating_sub(height);
        let chosen = self.selected.as_ref().map(|row| row.id);
        let selected = lines.iter().position(|line| line.event().is_some_and(|row| Some(row.id) == chosen));
        let first = if self.follow { over } else { 0 };
        let first = selected.map_or(first, |at| first.clamp((at + 1).saturating_sub(height), at));
        lines.truncate(first + height);
        lines.drain(..first);
        if self.newest_first {
            lines.reverse();
        }
        lines
    }

    /// Where rows are left out because the selected one is pinned at the edge: the row that follows them.
    fn apart(&self, rows: &[&Row], height: usize) -> Option<usize> {
        let chosen = self.selected.as_ref()?.id;
        let inside = self.rows[self.view_start(height)..].iter().take(height).any(|row| row.id == chosen);
        let last = rows.len().checked_sub(1).filter(|last| *last >= 3 && !inside)?;
        match () {
            () if rows[0].id == chosen => Some(1),
            () if rows[last].id == chosen => Some(last - 1),
            () => None,
        }
    }

    pub(super) fn visible_rows(&self, height: usize) -> Vec<&Row> {
        let start = self.view_start(height);
        let mut rows: Vec<&Row> = self.rows[start..].iter().take(height).collect();
        if let (Some(selected), Some(first), Some(last)) = (&self.selected, rows.first(), rows.last()) {
            let end = rows.len() - 1;
            match selected.id {
                id if id < first.id => rows[0] = selected,
                id if id > last.id => rows[end] = selected,
                _ => {}
            }
        }
        rows
    }

    /// The first row in view, pinned ones apart.
    pub(super) fn view_start(&self, height: usize) -> usize {
        match (self.follow, self.top) {
            (false, Some(top)) => self.rows.partition_point(|row| row.id < top).min(self.last_start(height)),
            _ => self.last_start(height),
        }
    }

    pub(super) fn last_start(&self, height: usize) -> usize {
        self.rows.len().saturating_sub(height)
    }
}

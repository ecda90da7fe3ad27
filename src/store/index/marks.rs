//! The marks of an event: one for each piece of three bytes, six for each value of a column.
//! It must not know how they are kept.

use crate::model::filter::Column;
use crate::model::{Content, Event, cloud_attributes, unescaped};
use std::borrow::Cow;

/// Marks of a column's value: so many rows agree by chance only in one event of four thousand.
const OF_VALUE: u32 = 6;
/// Bits of the widest plane.
pub(super) const WIDEST: u32 = 15;

/// A mark; a plane of 2^n rows uses its upper n bits.
pub(super) type Mark = u32;

/// The marks of a text, ASCII letter case ignored; none where it is shorter than three bytes.
pub(super) fn of_text(text: &[u8]) -> impl Iterator<Item = Mark> {
    text.windows(3).map(|three| {
        let [a, b, c] = [three[0], three[1], three[2]].map(|byte| u32::from(byte.to_ascii_lowercase()));
        // Multiplicative hashing by the golden ratio: the upper bits depend on all of them.
        (a | b << 8 | c << 16).wrapping_mul(0x9e37_79b1)
    })
}

/// The marks of a column's value, ASCII letter case ignored.
pub(super) fn of_value(column: Column, value: &str) -> impl Iterator<Item = Mark> {
    // FNV-1a, 64 bits.
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let start = step(0xcbf2_9ce4_8422_2325, column as u8);
    let hash = value.bytes().fold(start, |hash, byte| step(hash, byte.to_ascii_lowercase()));
    let (first, step) = (hash as u32, (hash >> 32) as u32 | 1);
    (0..OF_VALUE).map(move |n| first.wrapping_add(step.wrapping_mul(n)).wrapping_mul(0x9e37_79b1))
}

/// Gathers marks, each once.
pub(super) struct Gatherer {
    /// A bit for each row of the widest plane.
    seen: Vec<u64>,
    marks: Vec<Mark>,
}

impl Gatherer {
    pub(super) fn new() -> Gatherer {
        Gatherer { seen: vec![0; 1 << (WIDEST - 6)], marks: Vec::new() }
    }

    fn add(&mut self, marks: impl Iterator<Item = Mark>) {
        for mark in marks {
            let row = mark >> (32 - WIDEST);
            let (word, bit) = ((row >> 6) as usize, 1 << (row & 63));
            if self.seen[word] & bit == 0 {
                self.seen[word] |= bit;
                self.marks.push(mark);
            }
        }
    }

    /// The marks of an event: of everything that a filter looks through for a text, and of its columns.
    pub(super) fn of(&mut self, event: &Event) -> &[Mark] {
        self.seen.fill(0);
        self.marks.clear();
        self.add(of_text(event.target.as_bytes()));
        event.event_type.iter().for_each(|name| self.add(of_text(name.as_bytes())));
        self.add(of_text(&event.head.headers().to_lines()));
        self.add(of_text(&event.body));
        let content = Content::of(event);
        if let Some(content) = &content {
            self.add(of_text(&content.bytes));
        }
        let readable = content.as_ref().map_or(&event.body, |content| &content.bytes);
        let plain: Option<Cow<[u8]>> = unescaped(readable, event.content_type.as_deref());
        plain.iter().for_each(|plain| self.add(of_text(plain)));
        // JSON that calls itself a form is JSON to whoever looks for a member of it.
        let json = unescaped(readable, None);
        json.iter().for_each(|json| self.add(of_text(json)));
        cloud_attributes(event).iter().for_each(|(_, value)| self.add(of_text(value.as_bytes())));
        for (column, value) in [
            (Column::Source, Some(&event.source)),
            (Column::Type, event.event_type.as_ref()),
            (Column::Key, event.key.as_ref()),
            (Column::Object, event.origin.object.as_ref()),
            (Column::Method, Some(&event.method)),
        ] {
            value.iter().for_each(|value| self.add(of_value(column, value)));
        }
        &self.marks
    }
}

//! One block: events by their ids, sliced into planes of rows. Written once, read row by row.
//! It must not know where in a file it lies, nor what is looked for.

use super::marks::{Mark, WIDEST};
use std::io;

/// Planes by their rows: 2^n of them. An event goes where its marks fill a quarter of the rows at most, so that large bodies
/// cost what they need and do not blur the small ones: 256 bytes, 512 bytes, 1 KiB or 4 KiB an event.
pub(super) const PLANES: [u32; 4] = [11, 12, 13, WIDEST];
/// Bytes of a block's head.
pub(super) const HEAD: usize = 80;
/// The first bytes of a head.
const MAGIC: &[u8; 4] = b"WSB1";

/// What stands before a block's planes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// Its place among all blocks: with N events a block, those of the ids N*number+1 to N*(number+1).
    pub(super) number: u64,
    /// When the first and the last of its events were received, in microseconds.
    pub(super) received: (i64, i64),
    /// The last event that there was, and what its bytes were: another event by that id is of another log.
    pub(super) last: (i64, [u8; 16]),
    /// Events in each plane.
    members: [u32; 4],
    /// Checksum of the planes.
    pub(super) crc: u32,
}

impl Head {
    /// Bytes of the planes.
    pub(super) fn len(&self) -> u64 {
        let plane =
            |n: usize| u64::from(self.members[n]) * 2 + ((1u64 << PLANES[n]) * row_bytes(self.members[n]) as u64);
        (0..PLANES.len()).map(plane).sum()
    }

    pub(super) fn to_bytes(self) -> [u8; HEAD] {
        let mut out = [0; HEAD];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(MAGIC);
        put(&self.crc.to_le_bytes());
        put(&self.number.to_le_bytes());
        put(&self.received.0.to_le_bytes());
        put(&self.received.1.to_le_bytes());
        put(&self.last.0.to_le_bytes());
        put(&self.last.1);
        self.members.iter().for_each(|many| put(&many.to_le_bytes()));
        let crc = crc32fast::hash(&out[..HEAD - 4]);
        out[HEAD - 4..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None` where these are no such bytes: it was never finished.
    pub(super) fn of(bytes: &[u8; HEAD]) -> Option<Head> {
        let four = |at: usize| bytes[at..at + 4].try_into().map(u32::from_le_bytes).ok();
        let eight = |at: usize| bytes[at..at + 8].try_into().map(i64::from_le_bytes).ok();
        let whole = &bytes[..4] == MAGIC && four(HEAD - 4)? == crc32fast::hash(&bytes[..HEAD - 4]);
        let head = Head {
            crc: four(4)?,
            number: eight(8)? as u64,
            received: (eight(16)?, eight(24)?),
            last: (eight(32)?, bytes[40..56].try_into().ok()?),
            members: [four(56)?, four(60)?, four(64)?, four(68)?],
        };
        (whole && head.members.iter().all(|&many| many <= u32::from(u16::MAX))).then_some(head)
    }
}

/// Rows end at whole words.
fn row_bytes(members: u32) -> usize {
    (members as usize).div_ceil(64) * 8
}

/// A block that is being made.
pub(super) struct Draft {
    events: usize,
    planes: [Plane; 4],
}

/// Rows as wide as the block has events; empty until the first member.
#[derive(Default)]
struct Plane {
    slots: Vec<u16>,
    rows: Vec<u64>,
}

impl Draft {
    /// Of so many events, at most 65,536.
    pub(super) fn new(events: usize) -> Draft {
        Draft { events, planes: Default::default() }
    }

    /// Takes in the event at `slot`; slots grow.
    pub(super) fn add(&mut self, slot: u16, marks: &[Mark]) {
        let fits = |bits: &u32| marks.len() <= 1usize << (bits - 2);
        let at = PLANES.iter().position(fits).unwrap_or(PLANES.len() - 1);
        let (bits, words) = (PLANES[at], self.events.div_ceil(64));
        let plane = &mut self.planes[at];
        if plane.rows.is_empty() {
            plane.rows = vec![0; words << bits];
        }
        let member = plane.slots.len();
        plane.slots.push(slot);
        for mark in marks {
            let row = (mark >> (32 - bits)) as usize;
            plane.rows[row * words + member / 64] |= 1 << (member % 64);
        }
    }

    /// The planes as they are written, and a head for them.
    pub(super) fn finish(self, number: u64, received: (i64, i64), last: (i64, [u8; 16])) -> (Head, Vec<u8>) {
        let members = [0, 1, 2, 3].map(|n| self.planes[n].slots.len() as u32);
        let mut out = Vec::new();
        let words = self.events.div_ceil(64);
        for plane in &self.planes {
            plane.slots.iter().for_each(|slot| out.extend_from_slice(&slot.to_le_bytes()));
            let used = plane.slots.len().div_ceil(64);
            for row in plane.rows.chunks(words) {
                row[..used].iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
            }
        }
        let head = Head { number, received, last, members, crc: crc32fast::hash(&out) };
        (head, out)
    }
}

/// Which events of a block are meant, a bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set(pub(super) Vec<u64>);

impl Set {
    /// All of `events`.
    pub(super) fn all(events: usize) -> Set {
        let mut words = vec![u64::MAX; events.div_ceil(64)];
        if !events.is_multiple_of(64)
            && let Some(last) = words.last_mut()
        {
            *last = (1 << (events % 64)) - 1;
        }
        Set(words)
    }

    pub(super) fn none(events: usize) -> Set {
        Set(vec![0; events.div_ceil(64)])
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    pub(super) fn and(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own &= other);
    }

    pub(super) fn or(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own |= other);
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    #[cfg(test)]
    pub(super) fn has(&self, slot: usize) -> bool {
        self.0.get(slot / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }

    fn put(&mut self, slot: usize) {
        self.0[slot / 64] |= 1 << (slot % 64);
    }

    /// In order.
    pub(super) fn slots(&self) -> Vec<usize> {
        let mut slots = Vec::with_capacity(self.len());
        for (n, &word) in self.0.iter().enumerate() {
            let mut left = word;
            while left != 0 {
                slots.push(n * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        slots
    }
}

/// Reads bytes of the planes at an offset.
pub(super) type ReadAt<'a> = dyn Fn(u64, &mut [u8]) -> io::Result<()> + 'a;

/// The events of a block of `events` that may have all these marks.
pub(super) fn having(head: &Head, events: usize, marks: &[Mark], read: &ReadAt) -> io::Result<Set> {
    if marks.is_empty() {
        return Ok(Set::all(events));
    }
    let mut found = Set::none(events);
    let mut at = 0;
    for (members, bits) in head.members.into_iter().zip(PLANES) {
        if members > 0 {
            let row = row_bytes(members);
            let rows_at = at + u64::from(members) * 2;
            let hits = all_rows(members, row, marks.iter().map(|mark| mark >> (32 - bits)), &|n, buffer| {
                read(rows_at + u64::from(n) * row as u64, buffer)
            })?;
            if !hits.is_empty() {
                let mut slots = vec![0; members as usize * 2];
                read(at, &mut slots)?;
                for member in hits.slots() {
                    let slot = u16::from_le_bytes([slots[member * 2], slots[member * 2 + 1]]);
                    // A file that is no longer what was written must not lead out of the set.
                    if usize::from(slot) < events {
                        found.put(slot.into());
                    }
                }
            }
            at = rows_at + (1u64 << bits) * row as u64;
        }
    }
    Ok(found)
}

/// An AND over rows; it ends as soon as nothing is left.
fn all_rows(
    members: u32,
    row: usize,
    rows: impl Iterator<Item = u32>,
    read: &dyn Fn(u32, &mut [u8]) -> io::Result<()>,
) -> io::Result<Set> {
    let mut left = Set::all(members as usize);
    let mut buffer = vec![0; row];
    for n in rows {
        read(n, &mut buffer)?;
        for (own, bytes) in left.0.iter_mut().zip(buffer.chunks_exact(8)) {
            *own &= bytes.try_into().map_or(0, u64::from_le_bytes);
        }
        if left.is_empty() {
            break;
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::index::marks;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_in_it_is_found(
            texts in proptest::collection::vec("[ab]{3,9}|(abc[0-9]{4}){300,400}", 1..80),
            needle in "[ab]{3,5}|c[0-9]{4}a",
        ) {
            let mut draft = Draft::new(80);
            for (slot, text) in texts.iter().enumerate() {
                draft.add(slot as u16, &marks::of_text(text.as_bytes()).collect::<Vec<_>>());
            }
            let (head, bytes) = draft.finish(7, (1, 2), (3, [4; 16]));
            prop_assert_eq!(Head::of(&head.to_bytes()), Some(head));
            prop_assert_eq!(head.len(), bytes.len() as u64);
            let read = |at: u64, out: &mut [u8]| {
                out.copy_from_slice(&bytes[at as usize..at as usize + out.len()]);
                Ok(())
            };
            let wanted: Vec<_> = marks::of_text(needle.as_bytes()).collect();
            let found = having(&head, 80, &wanted, &read).unwrap();
            for (slot, text) in texts.iter().enumerate() {
                prop_assert!(found.has(slot) || !text.contains(&needle), "{} {}", text, needle);
            }
            prop_assert!(found.slots().into_iter().all(|slot| slot < texts.len()));
        }
    }

    #[test]
    fn a_head_that_was_never_finished_is_none() {
        let mut bytes = Head { number: 1, ..Head::default() }.to_bytes();
        assert!(Head::of(&bytes).is_some() && Head::of(&[0; HEAD]).is_none());
        bytes[9] ^= 1;
        assert_eq!(Head::of(&bytes), None);
    }
}

//! The index's file: blocks one after the other, each valid once its head stands before it.
//! It must not be trusted blindly: a block counts only where the log still holds the events that it was made of.

use super::block::{self, HEAD, Head, Set};
use super::marks::Mark;
use crate::model::LogId;
use crate::store::files::open_private;
use rusqlite::{Connection, OptionalExtension};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Events of a block where nothing else is said: what is not in a block yet has to be read, so it must not be many.
pub(super) const EVENTS: u32 = 4096;
/// Bytes before the first block.
const FRONT: usize = 64;
/// The digit grows whenever other marks are made of the same event: what was made before is thrown away.
const MAGIC: &[u8; 8] = b"WSINDEX3";

/// An index that lies in a file.
#[derive(Debug)]
pub(in crate::store) struct Index {
    file: File,
    /// Another one where the file was made anew.
    generation: u64,
    /// Events of a block.
    pub(in crate::store) events: u32,
    pub(super) heads: Vec<(Head, u64)>,
    /// Where the next block goes.
    pub(super) end: u64,
}

impl Index {
    /// Makes an empty one in place of what is there.
    pub(super) fn create(path: &Path, log: &LogId, events: u32) -> io::Result<Index> {
        let new = path.with_added_extension("new");
        // What a process that was killed has left behind.
        let _ = std::fs::remove_file(&new);
        let file = open_private(&new)?;
        let generation = uuid::Uuid::new_v4().as_u64_pair().0;
        write_at(&file, 0, &front(log, events, generation))?;
        file.sync_data()?;
        std::fs::rename(&new, path)?;
        Ok(Index { file, generation, events, heads: Vec::new(), end: FRONT as u64 })
    }

    /// Opens the one of a log; `None` where there is none that can be used.
    pub(super) fn open(path: &Path, log: &LogId) -> Option<Index> {
        // Readers write nothing; who makes blocks is the one process that serves the log.
        let file = File::options().read(true).write(true).open(path).or_else(|_| File::open(path)).ok()?;
        let mut bytes = [0; FRONT];
        read_at(&file, 0, &mut bytes).ok()?;
        let events = u32::from_le_bytes(bytes[8..12].try_into().ok()?);
        let generation = u64::from_le_bytes(bytes[16..24].try_into().ok()?);
        let known = (1..=1 << 16).contains(&events) && bytes == front(log, events, generation);
        let mut index = Index { file, generation, events, heads: Vec::new(), end: FRONT as u64 };
        index.read_on();
        known.then_some(index)
    }

    /// Reads the heads of blocks that have come.
    pub(super) fn read_on(&mut self) {
        let mut bytes = [0; HEAD];
        while read_at(&self.file, self.end, &mut bytes).is_ok() {
            let next = self.heads.last().map(|(head, _)| head.number + 1);
            let Some(head) = Head::of(&bytes).filter(|head| next.is_none_or(|next| head.number == next)) else {
                return;
            };
            self.heads.push((head, self.end + HEAD as u64));
            self.end += HEAD as u64 + head.len();
        }
    }

    /// Adds a block. Once this has returned it is on disk.
    pub(super) fn append(&mut self, head: Head, planes: &[u8]) -> io::Result<()> {
        write_at(&self.file, self.end + HEAD as u64, planes)?;
        // A head is never there before what it speaks of.
        self.file.sync_data()?;
        write_at(&self.file, self.end, &head.to_bytes())?;
        self.file.sync_data()?;
        self.heads.push((head, self.end + HEAD as u64));
        self.end += HEAD as u64 + head.len();
        Ok(())
    }

    /// Ends the file with its last block.
    pub(super) fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.end)?;
        self.file.sync_data()
    }

    /// The planes of a block as they lie there.
    pub(super) fn planes(&self, n: usize) -> io::Result<Vec<u8>> {
        let (head, at) = self.heads[n];
        let mut bytes = vec![0; head.len() as usize];
        read_at(&self.file, at, &mut bytes)?;
        Ok(bytes)
    }

    /// Whether the planes of a block are what was written.
    pub(super) fn is_whole(&self, n: usize) -> bool {
        self.planes(n).is_ok_and(|planes| crc32fast::hash(&planes) == self.heads[n].0.crc)
    }

    /// The events of a block that may have all these marks.
    pub(super) fn having(&self, n: usize, marks: &[Mark]) -> io::Result<Set> {
        let (head, at) = &self.heads[n];
        block::having(head, self.events as usize, marks, &|offset, bytes| read_at(&self.file, at + offset, bytes))
    }

    /// The first block whose planes are not what was written.
    pub(super) fn broken(&self) -> Option<u64> {
        (0..self.heads.len()).find(|&n| !self.is_whole(n)).map(|n| self.heads[n].0.number)
    }
}

fn front(log: &LogId, events: u32, generation: u64) -> [u8; FRONT] {
    let mut out = [0; FRONT];
    out[..8].copy_from_slice(MAGIC);
    out[8..12].copy_from_slice(&events.to_le_bytes());
    out[16..24].copy_from_slice(&generation.to_le_bytes());
    let id = log.0.as_bytes();
    out[24..24 + id.len().min(36)].copy_from_slice(&id[..id.len().min(36)]);
    let crc = crc32fast::hash(&out[..FRONT - 4]);
    out[FRONT - 4..].copy_from_slice(&crc.to_le_bytes());
    out
}

#[cfg(unix)]
fn read_at(file: &File, at: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(unix)]
fn write_at(file: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn read_at(file: &File, mut at: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => (at, bytes) = (at + read as u64, &mut bytes[read..]),
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_at(file: &File, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        (at, bytes) = (at + written as u64, &bytes[written..]);
    }
    Ok(())
}

/// The index of a log with what of it is known to fit the log as it is.
#[derive(Debug)]
pub(in crate::store) struct Verified {
    path: PathBuf,
    log: LogId,
    pub(super) index: Option<Index>,
    /// For each block.
    pub(super) fits: Vec<bool>,
}

impl Verified {
    pub(in crate::store) fn new(path: PathBuf, log: LogId) -> Verified {
        Verified { path, log, index: None, fits: Vec::new() }
    }

    /// Looks at what has come since the last time.
    pub(in crate::store) fn refresh(&mut self, db: &Connection) -> rusqlite::Result<()> {
        // The file may have been made anew, or be gone.
        let now = Index::open_front(&self.path);
        match &mut self.index {
            Some(index) if now == Some(index.generation) => index.read_on(),
            _ => {
                self.index = now.and_then(|_| Index::open(&self.path, &self.log));
                self.fits.clear();
            }
        }
        let Some(index) = &self.index else { return Ok(()) };
        let newest = crate::store::reader::heads(db)?.event;
        let known = |head: &Head| (head.number + 1).saturating_mul(index.events.into()) <= newest.max(0) as u64;
        // A block that is newer than what this reader sees of the log is looked at the next time.
        for (head, _) in index.heads.iter().skip(self.fits.len()).take_while(|(head, _)| known(head)) {
            self.fits.push(fits(db, head, index.events, newest)?);
        }
        Ok(())
    }
}

impl Index {
    /// The generation of the file that lies there now.
    fn open_front(path: &Path) -> Option<u64> {
        let mut bytes = [0; FRONT];
        read_at(&File::open(path).ok()?, 0, &mut bytes).ok()?;
        Some(u64::from_le_bytes(bytes[16..24].try_into().ok()?))
    }
}

/// Whether a block was made of the events that the log holds: ids are used again where a log was put back from a copy.
pub(super) fn fits(db: &Connection, head: &Head, events: u32, newest: i64) -> rusqlite::Result<bool> {
    if (head.number + 1).saturating_mul(events.into()) > newest.max(0) as u64 {
        return Ok(false);
    }
    Ok(fingerprint(db, head.last.0)?.is_none_or(|now| now == head.last.1))
}

/// What tells an event's bytes from others; `None` where there is none by that id.
pub(super) fn fingerprint(db: &Connection, id: i64) -> rusqlite::Result<Option<[u8; 16]>> {
    let sql = "SELECT head_sha256, body_sha256, received_at FROM events WHERE id = ?1";
    db.prepare_cached(sql)?
        .query_row([id], |row| {
            let (head, body, received): (Vec<u8>, Vec<u8>, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let mut out = [0; 16];
            out.iter_mut().zip(head.iter().take(8).chain(&body)).for_each(|(own, byte)| *own = *byte);
            // The same request may come twice.
            out.iter_mut().zip(received.to_le_bytes()).for_each(|(own, byte)| *own ^= byte);
            Ok(out)
        })
        .optional()
}

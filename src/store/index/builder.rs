//! Making the index: a reader of the log with a place of its own, block after block, behind capture and never in its way.
//! It must not write to the log.

use super::block::Draft;
use super::file::{self, EVENTS, Index};
use super::marks::Gatherer;
use crate::model::{Event, Head, LogId, Origin};
use crate::store::files::index_path;
use crate::store::{Reader, StoreError};
use bytes::Bytes;
use rusqlite::{Connection, Row};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Blocks of removed events from which on the file is made anew without them, if they are the greater part.
const STALE: usize = 16;

/// Makes the index of a log. There is one: that of the process that serves it.
pub struct Indexer {
    reader: Reader,
    log: LogId,
    path: PathBuf,
    events: u32,
    index: Option<Index>,
    /// The event with which the next block is full.
    wanted: i64,
}

impl Indexer {
    /// Opens it for an existing log.
    pub fn open(log: &Path) -> Result<Indexer, StoreError> {
        Indexer::with_blocks_of(log, EVENTS)
    }

    /// The same with so many events a block.
    pub(in crate::store) fn with_blocks_of(log: &Path, events: u32) -> Result<Indexer, StoreError> {
        let reader = Reader::open(log)?;
        let id = reader.log_id()?;
        Ok(Indexer { reader, log: id, path: index_path(log), events, index: None, wanted: 0 })
    }

    /// There is nothing to do until the log has this event.
    pub fn wanted(&self) -> i64 {
        self.wanted
    }

    /// Makes the blocks that are missing, as long as `go_on` says so; gives how many. What fails can be tried again.
    pub fn catch_up(&mut self, go_on: &dyn Fn() -> bool) -> Result<u64, StoreError> {
        let db = &self.reader.connection;
        let mut index = match self.index.take() {
            Some(index) => index,
            None => start(db, &self.path, &self.log, self.events).map_err(|e| failed(&self.path, e))?,
        };
        let mut made = 0;
        let mut gatherer = Gatherer::new();
        loop {
            let number = next(db, &index)?;
            self.wanted = ((number + 1) * u64::from(index.events)) as i64;
            if crate::store::reader::heads(db)?.event < self.wanted || !go_on() {
                break;
            }
            let (draft, received, last) = draft(db, number, index.events, &mut gatherer)?;
            let (head, planes) = draft.finish(number, received, last);
            index.append(head, &planes).map_err(|e| failed(&self.path, e))?;
            made += 1;
        }
        self.index = Some(index);
        Ok(made)
    }
}

fn failed(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

/// The index as far as it fits the log, without what was removed long ago.
fn start(db: &Connection, path: &Path, log: &LogId, events: u32) -> std::io::Result<Index> {
    let Some(index) = Index::open(path, log).filter(|index| index.events == events) else {
        return Index::create(path, log, events);
    };
    let io = |e: rusqlite::Error| std::io::Error::other(e.to_string());
    let newest = crate::store::reader::heads(db).map_err(io)?.event;
    let mut fitting = 0;
    // From one that does not fit on all are suspect: a log that was put back has other events from some id on.
    while let Some((head, _)) = index.heads.get(fitting) {
        if !file::fits(db, head, events, newest).map_err(io)? || !index.is_whole(fitting) {
            break;
        }
        fitting += 1;
    }
    let first = oldest(db).map_err(io)?.unwrap_or(1).max(1) as u64;
    let stale = index.heads.partition_point(|(head, _)| (head.number + 1) * u64::from(events) < first);
    let stale = if stale >= STALE && stale * 2 > index.heads.len() { stale } else { 0 };
    if stale > 0 || fitting < index.heads.len() {
        return part(&index, stale.min(fitting)..fitting, path, log);
    }
    // Ends a block that was never finished.
    index.cut()?;
    Ok(index)
}

/// A new file with some of the blocks: whoever reads the old one keeps it as it is.
fn part(old: &Index, blocks: Range<usize>, path: &Path, log: &LogId) -> std::io::Result<Index> {
    let mut index = Index::create(path, log, old.events)?;
    for n in blocks {
        index.append(old.heads[n].0, &old.planes(n)?)?;
    }
    Ok(index)
}

fn oldest(db: &Connection) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT min(id) FROM events")?.query_row([], |row| row.get(0))
}

/// The block that comes next. It is made once all its ids were given.
fn next(db: &Connection, index: &Index) -> rusqlite::Result<u64> {
    Ok(match index.heads.last() {
        Some((head, _)) => head.number + 1,
        None => (oldest(db)?.unwrap_or(1).max(1) as u64 - 1) / u64::from(index.events),
    })
}

type Drafted = (Draft, (i64, i64), (i64, [u8; 16]));

fn draft(db: &Connection, number: u64, events: u32, gatherer: &mut Gatherer) -> rusqlite::Result<Drafted> {
    let first = number as i64 * i64::from(events) + 1;
    let mut draft = Draft::new(events as usize);
    let (mut received, mut last) = ((i64::MAX, i64::MIN), 0);
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.received_at, e.source, e.object, e.type, e.key, e.method, e.target, e.content_type, e.head, b.body
         FROM events e LEFT JOIN bodies b ON b.event = e.id WHERE e.id BETWEEN ?1 AND ?2 ORDER BY e.id",
    )?;
    let mut rows = statement.query([first, first + i64::from(events) - 1])?;
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        received = (received.0.min(at), received.1.max(at));
        last = id;
        draft.add((id - first) as u16, gatherer.of(&event(row)?));
    }
    Ok((draft, received, (last, file::fingerprint(db, last)?.unwrap_or_default())))
}

/// As much of an event as a text is looked for in.
fn event(row: &Row) -> rusqlite::Result<Event> {
    Ok(Event {
        source: row.get(2)?,
        origin: Origin { object: row.get(3)?, ..Origin::default() },
        event_type: row.get(4)?,
        key: row.get(5)?,
        method: row.get(6)?,
        target: row.get(7)?,
        content_type: row.get(8)?,
        head: Head(row.get(9)?),
        body: Bytes::from(row.get::<_, Option<Vec<u8>>>(10)?.unwrap_or_default()),
        ..Event::default()
    })
}

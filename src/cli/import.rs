//! `import`: events from NDJSON or HAR, through the serving process or by itself where there is none.

use super::args;
use super::context::Context;
use super::error::{Failure, NO};
use crate::control::{Client, ControlError};
use crate::exchange::{self, ImportError, Item};
use crate::model::{EventId, count};
use crate::runtime::import;
use crate::store::Store;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, Seek, Write};

/// Events and bytes that go in together: they share commits.
const PIECE: usize = 256;
const PIECE_BYTES: usize = 8 << 20;

pub(super) fn run(context: &Context, args: &args::Import) -> Result<u8, Failure> {
    let mut file = open(&args.file)?;
    // All of it is looked at before anything is taken in.
    let wrong = |e: ImportError| Failure::new(NO, format!("{}: {e}", args.file), "nothing was imported");
    exchange::read(BufReader::new(&file), &mut |_| Ok(())).map_err(wrong)?;
    file.rewind()?;
    let mut ids = Vec::new();
    let mut taker = Taker::new(context)?;
    let mut piece = Vec::new();
    let mut bytes = 0;
    let taken = exchange::read(BufReader::new(&file), &mut |item| {
        bytes += item.event.body.len() + item.event.head.0.len();
        piece.push(item);
        if piece.len() >= PIECE || bytes >= PIECE_BYTES {
            bytes = 0;
            ids.extend(taker.take(std::mem::take(&mut piece))?);
        }
        Ok(())
    });
    let taken = taken.and_then(|()| {
        ids.extend(taker.take(piece)?);
        Ok(())
    });
    taker.close();
    report(context, &ids)?;
    taken.map(|()| 0)
}

fn report(context: &Context, ids: &[EventId]) -> Result<(), Failure> {
    let (first, last) = (ids.first().map(|id| id.0), ids.last().map(|id| id.0));
    let mut out = std::io::stdout();
    if context.json {
        writeln!(out, "{}", json!({"imported": ids.len(), "first": first, "last": last}))?;
    } else {
        let which = first.zip(last).map(|(first, last)| format!(", #{first} to #{last}")).unwrap_or_default();
        writeln!(out, "{} imported{which}", count(ids.len() as u64, "event"))?;
    }
    Ok(())
}

/// A file that can be read twice; `-` is the input.
fn open(name: &str) -> Result<File, Failure> {
    let failed = |e: std::io::Error| Failure::new(NO, format!("{name}: {e}"), "a file that export wrote, or a HAR");
    if name != "-" {
        return File::open(name).map_err(failed);
    }
    let mut kept = tempfile::tempfile()?;
    std::io::copy(&mut std::io::stdin().lock(), &mut kept).map_err(failed)?;
    kept.rewind()?;
    Ok(kept)
}

/// Who takes events in.
enum Taker {
    Other(Box<Client>),
    Own(Box<Store>, tokio::runtime::Runtime, crate::verify::LiveKeyring),
}

impl Taker {
    fn new(context: &Context) -> Result<Taker, Failure> {
        match Client::connect(&context.store) {
            Ok(client) => Ok(Taker::Other(Box::new(client))),
            Err(ControlError::Nobody(_)) => {
                let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
                Ok(Taker::Own(Box::new(Store::open(&context.store)?), runtime, context.secrets().live))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn take(&mut self, items: Vec<Item>) -> Result<Vec<EventId>, Failure> {
        match self {
            _ if items.is_empty() => Ok(Vec::new()),
            Taker::Other(client) => Ok(client.import(&items.iter().map(Item::line).collect::<String>())?),
            Taker::Own(store, runtime, keyring) => Ok(runtime.block_on(import(store, keyring, items))?),
        }
    }

    fn close(self) {
        if let Taker::Own(store, ..) = self {
            store.close();
        }
    }
}

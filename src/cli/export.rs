//! `export`: events as NDJSON, HAR or commands.

use super::args::{self, FormatWord};
use super::context::Context;
use super::error::{Failure, NO};
use super::show::own_target;
use crate::runtime::{self, Exported, Format};
use crate::store::Reader;
use std::io::BufWriter;

pub(super) fn run(context: &Context, args: &args::Export) -> Result<u8, Failure> {
    let filter = context.filter(&args.filter.join(" "))?;
    let format = match args.format {
        FormatWord::Ndjson => Format::Ndjson,
        FormatWord::Har => Format::Har,
        FormatWord::Curl => Format::Curl(own_target(context, args.to.as_deref())?),
    };
    let reader = Reader::open(&context.store)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let done = runtime::export(&reader, &context.keyring, &filter, (&format, args.no_redact), &mut out)?;
    Ok(told(&done))
}

/// Says on stderr what is not in the file.
fn told(done: &Exported) -> u8 {
    if !done.redacted.is_empty() {
        eprintln!("redacted: {}; --no-redact keeps them", done.redacted);
    }
    for id in &done.damaged {
        eprintln!("error: the stored bytes of event {id} no longer match their checksum: it was left out");
    }
    if done.damaged.is_empty() { 0 } else { NO }
}

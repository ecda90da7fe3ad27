//! `diff`: what differs between two events.

use super::args;
use super::context::Context;
use super::error::{Failure, NO};
use super::output;
use crate::app::difference;
use crate::body::compare;
use crate::verify::secret_headers;
use serde_json::json;
use std::io::Write;

pub(super) fn run(context: &Context, args: &args::Diff) -> Result<u8, Failure> {
    let (a, b) = (context.event(args.a)?, context.event(args.b)?);
    let comparison = compare(&a, &b, &secret_headers([&a, &b]));
    let mut out = std::io::stdout().lock();
    for d in &comparison.differences {
        if context.json {
            let line = json!({"part": d.part.name(), "path": d.path, "a": d.a, "b": d.b});
            writeln!(out, "{}", output::json_line(&line))?;
        } else {
            difference(d).into_iter().try_for_each(|line| writeln!(out, "{:<8} {line}", d.part.name()))?;
        }
    }
    let same_bytes = a.event.body == b.event.body;
    if comparison.only_written_otherwise && !context.json {
        writeln!(out, "body     the bodies say the same, though not with the same bytes")?;
    }
    if comparison.cut {
        eprintln!("warning: only the first 1 MB of each body is compared");
    }
    Ok(if comparison.differences.is_empty() && same_bytes { 0 } else { NO })
}

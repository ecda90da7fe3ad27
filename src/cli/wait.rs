//! `wait`: returns when so many matching events have arrived, for scripts.

use super::args;
use super::context::Context;
use super::error::{Failure, NO};
use super::follow::Follow;
use super::list::print;
use super::output;
use super::walk::each_after;
use crate::control::Client;
use crate::model::filter::{Filter, Subject};
use crate::model::{EventId, StoredEvent, count, safe};
use crate::runtime;
use crate::store::Reader;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Events that came and did not match, of which a time-out tells; the newest ones.
const MISSES: usize = 3;

pub(super) fn run(context: &Context, args: &args::Wait) -> Result<u8, Failure> {
    let filter = context.filter(&args.filter.join(" "))?;
    let timeout = args.timeout;
    let deadline = Instant::now().checked_add(timeout);
    let mut client = Client::connect(&context.store)?;
    let reader = Reader::open(&context.store)?;
    client.watch()?;
    let begin = EventId(args.after.unwrap_or(reader.heads()?.event));
    let mut follow = Follow::new(&reader, &filter, begin);
    let (mut left, mut expired) = (args.count, false);
    loop {
        follow.step(|event| {
            print(context, event)?;
            left -= 1;
            Ok(left > 0)
        })?;
        if left == 0 {
            return Ok(0);
        }
        if expired {
            return timed_out(&reader, &filter, begin, args, left);
        }
        // A time beyond all clocks is no limit. What came in its last moment is looked at as well.
        let rest = deadline.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
        expired = rest.is_zero() || !client.step_within(rest)?;
    }
}

/// What came and did not match, and the clause that says so: a typing mistake in the filter shows.
fn timed_out(reader: &Reader, filter: &Filter, begin: EventId, args: &args::Wait, left: usize) -> Result<u8, Failure> {
    let (arrived, misses) = misses(reader, filter, begin)?;
    let came = args.count - left;
    let what = format!("{came} of {} within {}", count(args.count as u64, "matching event"), seconds(args.timeout));
    let others = match arrived {
        0 if came == 0 => "nothing arrived at all: is the sender's URL right?".to_owned(),
        0 => "nothing else arrived".to_owned(),
        n => format!("{} arrived that did not match", count(n, "event")),
    };
    eprintln!("error: {what}");
    eprintln!("hint: {others}");
    misses.iter().for_each(|miss| eprintln!("  {miss}"));
    Ok(NO)
}

fn misses(reader: &Reader, filter: &Filter, begin: EventId) -> Result<(u64, VecDeque<String>), Failure> {
    let (now, zone) = (runtime::now(), runtime::zone());
    let (mut arrived, mut lines) = (0, VecDeque::new());
    each_after(reader, &Filter::all(), begin, |event: &StoredEvent| {
        if let Some(why) = filter.explain(&Subject { event, now, zone: &zone }) {
            arrived += 1;
            let (clause, found) = (safe(&why.clause), safe(&why.found));
            lines.push_back(format!("{}  not {clause}: {found}", output::event_line(event, &zone).trim()));
            if lines.len() > MISSES {
                lines.pop_front();
            }
        }
        Ok(true)
    })?;
    Ok((arrived, lines))
}

fn seconds(time: Duration) -> String {
    format!("{} s", time.as_secs_f64())
}

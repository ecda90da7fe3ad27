//! `serve`: listens without the interface, a line per event and per attempt.

use super::args;
use super::catch_up;
use super::context::Context;
use super::error::{CANNOT, Failure, USAGE};
use super::output;
use crate::model::{EventId, Heads, Health, shape};
use crate::runtime::{self, Feed, Serving, Settings};
use crate::store::Reader;
use serde_json::json;
use std::io::{BufWriter, IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Events read at once.
const BATCH: usize = 256;
/// At most so often the log is read for new lines: under load a commit follows the other within a millisecond.
const PACE: Duration = Duration::from_millis(3);

pub(super) fn run(context: &Arc<Context>, args: &args::Serve) -> Result<u8, Failure> {
    context.warn();
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(async {
        let mut serving = Serving::start(&context.settings()).await?;
        let metrics = match args.metrics {
            Some(address) => Some(serving.tell_metrics(address).await.map_err(|e| no_metrics(address, &e))),
            None => None,
        };
        let result = match metrics.transpose() {
            Ok(metrics) => until_told(context, &serving, metrics).await,
            Err(failure) => Err(failure),
        };
        serving.stop().await;
        result
    });
    // The printer may hang on a reader that does not read; that must not keep the process.
    runtime.shutdown_background();
    result
}

fn no_metrics(address: SocketAddr, error: &std::io::Error) -> Failure {
    let hint = format!("another one: --metrics {}; any free one: --metrics 0", address.port().saturating_add(1));
    Failure::new(CANNOT, format!("metrics at {address}: {error}"), hint)
}

async fn until_told(context: &Arc<Context>, serving: &Serving, metrics: Option<SocketAddr>) -> Result<u8, Failure> {
    let asked = runtime::asked_to_go();
    greet(context, &serving.urls, metrics)?;
    let printer = printer(Arc::clone(context), serving.started_at, serving.store.signals().heads.clone());
    tokio::select! {
        status = asked => Ok(status),
        () = complain(serving.store.signals().health.clone()) => Ok(0),
        failed = printer => failed.unwrap_or(Ok(())).map(|()| 0),
    }
}

/// Says on stderr what is wrong with a configuration that was changed while the program runs; never ends.
async fn complain(mut health: watch::Receiver<Health>) {
    let mut said = None;
    loop {
        let wrong = health.borrow_and_update().config_error.clone();
        if wrong != said
            && let Some(what) = &wrong
        {
            eprintln!("error: {what}\nhint: the configuration as it was before stays in force; mend the file");
        }
        said = wrong;
        if health.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Prints what has been committed since `printed`, on a thread of its own: stdout may be slower than the senders.
fn printer(
    context: Arc<Context>,
    mut printed: Heads,
    mut heads: watch::Receiver<Heads>,
) -> tokio::task::JoinHandle<Result<(), Failure>> {
    let handle = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let reader = Reader::open(&context.store)?;
        loop {
            let begin = Instant::now();
            heads.borrow_and_update();
            print_new(&context, &reader, &mut printed)?;
            if handle.block_on(heads.changed()).is_err() {
                return Ok(());
            }
            #[allow(clippy::disallowed_methods)] // a rate limit
            std::thread::sleep(PACE.saturating_sub(begin.elapsed()));
        }
    })
}

/// The interface, which listens as long as it is open.
pub(super) fn interface(context: &Context, debug_panic: bool) -> Result<u8, Failure> {
    let skip = catch_up::ask(context)?;
    let settings = Settings { skip, ..context.settings() };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let serving = Serving::start(&settings).await?;
        let result = runtime::interface(Feed::of(&serving), context.look(debug_panic)).await;
        serving.stop().await;
        Ok(result?)
    })
}

/// The interface over a log that another process serves.
pub(super) fn attach(context: &Context, debug_panic: bool) -> Result<u8, Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::new(USAGE, "attach needs a terminal", "whisper-tui tail prints a line per event"));
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let status = runtime.block_on(async {
        let feed = Feed::attach(&context.store, context.secrets(), context.routes())?;
        Ok::<_, Failure>(runtime::interface(feed, context.look(debug_panic)).await?)
    });
    // A re-send that the other process makes is not waited for.
    runtime.shutdown_background();
    status
}

fn greet(context: &Context, urls: &[String], metrics: Option<SocketAddr>) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if context.json {
        writeln!(out, "{}", json!({"kind": "listening", "urls": urls, "store": context.store.display().to_string()}))?;
    } else {
        for url in urls {
            writeln!(out, "listening on {url}")?;
        }
    }
    if let Some(address) = metrics {
        let url = format!("http://{address}/metrics");
        match context.json {
            true => writeln!(out, "{}", json!({"kind": "metrics", "url": url}))?,
            false => writeln!(out, "metrics at {url}")?,
        }
    }
    Ok(out.flush()?)
}

fn print_new(context: &Context, reader: &Reader, printed: &mut Heads) -> Result<(), Failure> {
    let zone = runtime::zone();
    let mut out = BufWriter::new(std::io::stdout().lock());
    loop {
        let events = reader.arrived_after(EventId(printed.event), BATCH)?;
        for event in &events {
            if context.json {
                let mut line = shape::event(event);
                line["kind"] = json!("event");
                writeln!(out, "{}", output::json_line(&line))?;
            } else {
                writeln!(out, "{}", output::event_line(event, &zone))?;
            }
            printed.event = event.id.0;
        }
        if events.is_empty() {
            break;
        }
    }
    loop {
        let attempts = reader.attempts_after(printed.attempt, BATCH)?;
        for attempt in &attempts {
            printed.attempt = attempt.id;
            if context.json {
                let (event, subscriber) = (attempt.what.event.0, &attempt.what.subscriber);
                let attempt = shape::attempt(attempt);
                let line = json!({"kind": "attempt", "event": event, "subscriber": subscriber, "attempt": attempt});
                writeln!(out, "{}", output::json_line(&line))?;
            } else {
                writeln!(out, "{}", output::attempt_line(attempt))?;
            }
        }
        if attempts.is_empty() {
            break;
        }
    }
    Ok(out.flush()?)
}

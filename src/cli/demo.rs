//! `demo`: the interface on a log of its own, with senders that keep sending and a handler that fails now and then.

use super::args::Global;
use super::context::Context;
use super::error::{CANNOT, Failure, USAGE};
use crate::config::Places;
use crate::demo::{FillError, Handler, Home, Script, fill, keep_sending};
use crate::model::{Cause, EventId, ResendOrder};
use crate::runtime::{self, Feed, Look, ServeError, Serving, Settings};
use std::io::IsTerminal;
use std::net::{IpAddr, SocketAddr};

pub(super) fn run(global: &Global) -> Result<u8, Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::new(USAGE, "demo needs a terminal", "whisper-tui send stripe sends one sample event"));
    }
    if global.store.is_some() || global.config.is_some() || !global.secret.is_empty() {
        let what = "demo has a log, a configuration and secrets of its own";
        return Err(Failure::new(
            USAGE,
            what,
            "leave out --store, --config and --secret, and WHISPER_STORE and the like",
        ));
    }
    let script = Script::shipped().map_err(|why| Failure::new(CANNOT, why, "this is a mistake of the program"))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let handler = runtime.block_on(Handler::start())?;
    let home = Home::new(&script, &handler.origin)?;
    let context = Context::at(places(&home), &own(global, &home), false)?;
    let status = runtime.block_on(show(&context, script, global, &handler));
    runtime.shutdown_background();
    // The folder goes before the program does.
    drop(home);
    status
}

async fn show(context: &Context, script: Script, global: &Global, handler: &Handler) -> Result<u8, Failure> {
    let settings = context.settings();
    let filled = fill(&context.store, &script, &context.keyring, runtime::now()).await?;
    let serving = start(settings, global).await?;
    let by_hand = format!("{}/hooks", handler.origin);
    let result = match deliver(&serving, &filled, &by_hand).await {
        Ok(()) => with_senders(context, script, &serving, global).await,
        Err(failure) => Err(failure),
    };
    serving.stop().await;
    println!("that was the demo: its log is gone, too");
    result
}

async fn with_senders(context: &Context, script: Script, serving: &Serving, global: &Global) -> Result<u8, Failure> {
    let url = serving.urls.first().cloned().unwrap_or_default();
    let senders = tokio::spawn(keep_sending(script, url, serving.keys.live.clone()));
    let look = Look { tour: true, ..context.look(global.debug_panic) };
    let result = runtime::interface(Feed::of(serving), look).await;
    senders.abort();
    Ok(result?)
}

/// Where nobody has asked for an address, a port that is in use is not worth an error.
async fn start(settings: Settings, global: &Global) -> Result<Serving, ServeError> {
    match Serving::start(&settings).await {
        Err(ServeError::Listen(_)) if global.listen.is_empty() => {
            let free = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 0);
            Serving::start(&Settings { listen: vec![free], ..settings }).await
        }
        started => started,
    }
}

/// Some events have been sent on already, so that there is something to see of it.
async fn deliver(serving: &Serving, events: &[EventId], url: &str) -> Result<(), Failure> {
    for event in events {
        serving.courier.resend(&ResendOrder::plain(*event, url.to_owned(), Cause::Manual)).await?;
    }
    Ok(())
}

fn places(home: &Home) -> Places {
    Places {
        store: home.file("events.db"),
        config: home.file("config.toml"),
        kept: home.file("secrets.toml"),
        providers: home.file("providers"),
        state: home.file("screen.toml"),
    }
}

/// Options for looks and address hold; log, configuration and secrets are the demo's.
fn own(global: &Global, home: &Home) -> Global {
    Global { store: None, config: Some(home.file("config.toml")), secret: Vec::new(), ..global.clone() }
}

impl From<FillError> for Failure {
    fn from(error: FillError) -> Self {
        Failure::new(CANNOT, error.to_string(), "is there room in the folder for temporary files?")
    }
}

//! The command line: one file a command, one kind of error, the contract's exit statuses.
//! It must not do what another room does: it reads arguments, calls, and prints.

mod args;
mod catch_up;
mod check;
mod context;
mod demo;
mod diff;
mod error;
mod export;
mod follow;
mod import;
mod list;
mod mark;
mod output;
mod providers;
mod prune;
mod resend;
mod secrets;
mod send;
mod serve;
mod shell;
mod show;
mod stats;
mod subscribers;
mod verify;
mod wait;
mod walk;

use crate::transform;
use args::{Args, Command};
use clap::Parser;
use context::Context;
use error::Failure;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::sync::Arc;

/// Runs the program and gives its exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // This program started it for one body; nobody else does.
    if arguments.get(1).is_some_and(|word| word == transform::CHILD) {
        return transform::serve();
    }
    let outcome =
        Args::try_parse_from(args::prepare(arguments)).map_err(Failure::from).and_then(|args| dispatch(&args));
    match outcome {
        Ok(status) => status,
        Err(failure) => failure.report(),
    }
}

fn dispatch(args: &Args) -> Result<u8, Failure> {
    let context = || Context::load(&args.global, uses_loose_secrets(&args.command));
    match &args.command {
        Some(Command::Check(check)) => check::run(&args.global, check),
        Some(Command::Providers(which)) => providers::run(&context()?, which),
        Some(Command::Serve(serve)) => serve::run(&Arc::new(context()?), serve),
        Some(Command::Demo) => demo::run(&args.global),
        Some(Command::Attach) => serve::attach(&context()?, args.global.debug_panic),
        Some(Command::List(list)) => list::list(&context()?, list),
        Some(Command::Wait(wait)) => wait::run(&context()?, wait),
        Some(Command::Tail(tail)) => list::tail(&context()?, tail),
        Some(Command::Show(show)) => show::run(&context()?, show),
        Some(Command::Resend(resend)) => resend::run(&context()?, resend),
        Some(Command::Mark(mark)) => mark::run(&context()?, mark),
        Some(Command::Prune(prune)) => prune::run(&context()?, prune),
        Some(Command::Secrets(secrets)) => secrets::run(&context()?, secrets),
        Some(Command::Diff(diff)) => diff::run(&context()?, diff),
        Some(Command::Send(send)) => send::run(&context()?, send),
        Some(Command::Export(export)) => export::run(&context()?, export),
        Some(Command::Import(import)) => import::run(&context()?, import),
        Some(Command::Subscribers(which)) => subscribers::run(&context()?, which),
        Some(Command::Stats(stats)) => stats::run(&context()?, stats),
        Some(Command::Verify(verify)) => verify::run(&context()?, verify),
        Some(Command::Completions(which)) => shell::completions(which),
        Some(Command::Man) => shell::man(),
        None if std::io::stdout().is_terminal() => serve::interface(&context()?, args.global.debug_panic),
        None => serve::run(&Arc::new(context()?), &args::Serve::default()),
    }
}

/// A secret without its provider is for a command that names one; elsewhere it would be ignored.
fn uses_loose_secrets(command: &Option<Command>) -> bool {
    match command {
        Some(Command::Verify(verify)) => verify.provider.is_some(),
        Some(Command::Send(send)) => !send.list,
        _ => false,
    }
}

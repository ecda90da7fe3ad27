//! whisper-tui: a terminal inspector for webhooks and other events.
//!
//! # The map, from the inside out
//!
//! | room | what it is | may import |
//! | --- | --- | --- |
//! | `model` | events, verdicts, attempts, filters: plain data and rules | nothing of ours |
//! | `body` | stored bytes as readable lines | `model` |
//! | `answer` | what senders are told on purpose: rules, scripts, counts | `model` |
//! | `transform` | a jq program over a JSON body | nothing of ours |
//! | `verify` | the provider catalogue: recognise, verify, diagnose, explain, re-sign, answer set-up questions | `model` |
//! | `exchange` | events as files: NDJSON, HAR | `model verify` |
//! | `samples` | events as providers send them, made fresh and signed | `model verify` |
//! | `store` | the event log in SQLite: one writer thread, many readers | `model` |
//! | `app` | the screen's state: one message in, effects out | `model body` |
//! | `ui` | draws the state with ratatui | `model body app` |
//! | `listener` | hyper: accept, limits, capture, answer | `model answer verify store` |
//! | `delivery` | sending events to targets | `model transform verify store` |
//! | `demo` | a past, senders and a handler for the demo | `model verify samples store delivery` |
//! | `control` | the socket beside the log | `model answer store delivery` |
//! | `config` | TOML and secrets | `model answer transform verify listener` |
//! | `runtime` | the shell: starts and stops, clock, terminal | all of the above |
//! | `cli` | one file a command | all |
//!
//! # What always holds
//!
//! - The event log is the only truth; a sender is answered 2xx after its event's commit, never before.
//! - One writer means that commit order is id order, so a reader with a cursor never misses an event.
//! - A wake-up carries no data: whoever is woken reads the log.
//! - `store` knows neither HTTP nor screen; `verify` reads no clock; nothing untrusted reaches a terminal unescaped.

mod answer;
mod app;
mod body;
mod cli;
mod config;
mod control;
mod delivery;
mod demo;
mod exchange;
mod listener;
mod model;
mod runtime;
mod samples;
mod store;
mod transform;
mod ui;
mod verify;

pub use cli::run;
#[doc(hidden)]
pub use runtime::measure::Bench as OverviewBench;
#[doc(hidden)]
pub use store::measure::Bench as FindBench;
#[doc(hidden)]
pub use verify::measure::Bench as VerifyBench;

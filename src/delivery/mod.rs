//! Bringing events to targets, and recording what came of it.
//! It must not change an event, follow a redirect, or take a target from what a sender wrote.

mod attempt;
mod bring;
mod connection;
mod courier;
mod exact_head;
mod exec;
mod http;
mod planner;
mod queue;
mod queued;
mod redact;
pub mod replay;
mod sample;
mod sending;
pub mod shell;
mod subscribers;
mod tls;
mod worker;

pub use courier::Courier;
pub use planner::{Planner, ResendError, Routes};
pub use queued::{is_on_its_way, note_waiting, queued};
pub use sample::send_sample;
pub use subscribers::Subscribers;

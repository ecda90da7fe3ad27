//! Bringing events to targets, and recording what came of it.
//! It must not change an event, follow a redirect, or take a target from what a sender wrote.

mod courier;
mod exact_head;
mod http;
mod planner;
mod redact;
mod sample;
mod tls;

pub use courier::Courier;
pub use planner::{Planner, ResendError};
pub use sample::send_sample;

//! The demo: a log of its own with a past, senders that keep sending, and a handler that fails now and then.
//! It must not touch anything of the user's: all its files lie in one folder that goes with it.

mod handler;
mod home;
mod past;
mod request;
mod script;
mod senders;

pub use handler::Handler;
pub use home::Home;
pub use past::{FillError, fill};
pub use script::Script;
pub use senders::keep_sending;

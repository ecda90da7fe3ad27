//! The socket beside the log: what other processes may ask of the one that serves it.
//! It must not read the log for them: they read the file themselves, and are only woken and obeyed here.

mod client;
mod protocol;
#[cfg(unix)]
mod server;
mod socket;

pub use client::{Client, ControlError};
pub use protocol::Step;
#[cfg(unix)]
pub use server::{Importer, KeyKeeper, Setup, serve};

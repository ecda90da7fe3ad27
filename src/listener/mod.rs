//! The listener: accepts connections, records what really came, and answers once it is on disk.
//! It must not decide what an event means to anybody: it captures, asks `verify`, and appends to `store`.

mod accept;
mod ack;
mod body;
mod capture;
mod limits;
mod recorder;
mod rejected;
mod scripted;
mod shared;
mod through;
mod wire;

pub use accept::{ListenError, Listener};
pub use limits::Limits;
pub use shared::Shared;

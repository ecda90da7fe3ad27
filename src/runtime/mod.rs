//! The shell around the pure parts: it starts them, carries their messages and effects, and reads the clock.
//! It must not decide: what a key means stands in `app`, what an event means in `verify`.

mod clock;
mod serving;

pub use clock::{now, zone};
pub use serving::{ServeError, Serving, Settings};

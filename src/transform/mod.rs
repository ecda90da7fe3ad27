//! A jq program over a JSON body: bytes in, bytes out, or why not.
//! It must not know events, and lets no program see files, variables, the clock or the terminal.
//!
//! The program is the user's, the body is anybody's: a small program may ask for a terabyte where the body says so. That is
//! why it runs in a process of its own, which has bounds and can be ended.

mod child;
mod program;
mod write;

pub use child::{CHILD, apply, serve};
pub use program::check;

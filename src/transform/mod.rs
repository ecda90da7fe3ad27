//! A jq program over a JSON body: bytes in, bytes out, or why not.
//! It must not know events, and lets no program see files, variables, the clock or the terminal.
//!
//! The program is the user's, the body is anybody's: time, depth and size have bounds, and what the program asks of the
//! outside is not there at all.

mod guard;
mod program;
mod write;

pub use program::{apply, check};

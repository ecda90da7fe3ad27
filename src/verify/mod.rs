//! Who sent a request, and whether it is genuine: the provider catalogue and the engine that follows it.
//! It must not read a clock, a file or a socket: the time of arrival and the secrets come with the question.
//! `listener` asks on arrival; the screen and the commands ask again for the proof.

mod age;
mod algorithm;
mod candidates;
mod catalogue;
mod judge;
mod keyring;
mod question;
mod sign;
mod template;
#[cfg(test)]
mod vectors;

pub use catalogue::{Catalogue, Provider, secret_headers};
pub use judge::{Proof, examine, judge};
pub use keyring::{Keyring, Source};
pub use question::{Called, Params, Question};
pub use sign::resign;

//! Who sent a request, and whether it is genuine: the provider catalogue and the engine that follows it.
//! It must not read a clock, a file or a socket: the time of arrival and the secrets come with the question.
//! `listener` asks on arrival; the screen and the commands ask again for the proof.

mod age;
mod algorithm;
mod asymmetric;
mod beside;
mod candidates;
mod catalogue;
mod claims;
mod compare;
mod doctor;
mod encoding;
mod entry;
mod examine;
mod example;
mod explain;
mod facts;
mod handshake;
mod index;
mod judge;
mod jwt;
mod keyring;
mod known;
pub mod measure;
mod pattern;
mod place;
mod provider;
mod question;
mod recognise;
mod scheme;
mod sign;
mod special;
mod template;
mod trial;
mod urls;
#[cfg(test)]
mod vectors;
mod words;

pub use catalogue::{Catalogue, CatalogueError, secret_headers};
pub use doctor::{Patient, diagnose};
pub use entry::Confidence;
#[cfg(test)]
pub use examine::Finding;
pub use examine::{again, arriving_secret, consult, examine, object_state, provider_facts};
pub use example::{example, example_secret};
pub use explain::explain;
pub use handshake::Reply;
pub use judge::{Proof, judge};
pub use keyring::{Keyring, LiveKeyring, Source};
pub use known::check as known_answer;
pub use provider::Provider;
pub use question::{Called, Params, Question};
pub use sign::{Spot, Stamp, resign, sign, time_in_body};

//! The event log: one SQLite file, one thread that writes it, any number of readers.
//! It must not know HTTP, the screen or a subscriber; it keeps what it is given and says how far it has come.
//! `listener` and `delivery` write here; everyone else reads with `Reader` and is woken by `Heads`.

mod attempts;
mod deliveries;
mod drift;
mod error;
mod files;
mod index;
mod insert;
mod marks;
pub mod measure;
mod narrow;
mod order;
mod pages;
mod prune;
mod reader;
mod rows;
mod runs;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod sieve;
mod sources;
mod spans;
mod usual;
mod verdicts;
mod writer;

pub use deliveries::Step;
pub use drift::Learner;
pub use error::{AppendError, StoreError};
pub use files::{Lock, socket_path};
pub use index::Indexer;
pub use reader::Reader;
pub use sieve::Sieve;
pub use spans::{Counted, Counter};
pub use verdicts::Extent;
pub use writer::Store;

//! The search index: where in the log a text may stand, kept in a file beside it. What it says to leave out is certain.
//! It must not decide what matches, nor hold what the log does not: it can be thrown away and is made again.
//!
//! Every event is a set of *marks*: numbers made of its three-byte pieces and of the values of its columns. Events lie in
//! *blocks* by their ids. A block is bit-sliced: a row for each mark, a bit for each event; the events that have all marks of
//! a text are found by an AND over a few rows. Marks share rows, so what is found may be wrong; what is not found is not there.

mod block;
mod builder;
mod file;
mod marks;
mod query;

pub use builder::Indexer;
pub(super) use file::Verified;
pub(super) use query::{Query, Stretch};

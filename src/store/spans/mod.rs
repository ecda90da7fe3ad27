//! What is counted of each minute and of each hour: made behind capture, kept in the log, read in place of the events.
//! It must not count anything twice: how far it has come is written in the same transaction as the counts.

mod counter;
mod overview;
mod tally;

pub use counter::{Counted, Counter};
pub(super) use tally::{Tallied, judged_again, write};

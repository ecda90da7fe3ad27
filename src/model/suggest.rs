//! What is asked while a filter is being typed, and what is found: plain data between screen and reader.
//! It must not know how it is counted.

use super::filter::Filter;
use super::filter::complete::Asked;

/// What occurs in the place of the word that is being typed?
#[derive(Clone, Debug, PartialEq)]
pub struct SuggestWish {
    /// The word.
    pub wanted: Asked,
    /// The rest of the filter: only what matches it is looked at.
    pub rest: Filter,
    /// Saved filters that are to be counted, too.
    pub saved: Vec<String>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Values, those that occur most first, each with how many events have it.
    pub values: Vec<(String, u64)>,
    /// Saved filters with how many events match; those that take too long to count are not among them.
    pub saved: Vec<(String, u64)>,
    /// Events that were looked at, the newest ones.
    pub looked_at: u64,
    /// These were all that match the rest of the filter.
    pub whole: bool,
}

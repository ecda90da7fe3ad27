//! What is looked for, in terms of the index: for each block the events in question.
//! It must not narrow what the index knows nothing of.

use super::block::Set;
use super::file::{Index, Verified};
use super::marks::{self, Mark};
use crate::model::filter::{Column, Narrow, Number};
use rusqlite::Connection;

/// A condition as far as the index can tell.
#[derive(Debug)]
pub(in crate::store) enum Query {
    All(Vec<Query>),
    Some(Vec<Query>),
    Marks(Vec<Mark>),
    /// Received between these, in microseconds.
    Received(i64, i64),
}

/// What the index says of a run of ids.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::store) enum Stretch {
    /// Nothing: they have to be read, from the first to the last.
    Unknown(i64, i64),
    /// These alone may match, in ascending order.
    Only(Vec<i64>),
}

impl Query {
    /// `None` where the index cannot help.
    pub(in crate::store) fn of(narrow: &Narrow) -> Option<Query> {
        match narrow {
            Narrow::All(parts) => {
                // One walk over the rows for all marks: it ends as soon as nothing is left.
                let (mut marks, mut others) = (Vec::new(), Vec::new());
                for part in parts.iter().filter_map(Query::of) {
                    match part {
                        Query::Marks(more) => marks.extend(more),
                        other => others.push(other),
                    }
                }
                if !marks.is_empty() {
                    others.push(Query::Marks(marks));
                }
                (!others.is_empty()).then_some(Query::All(others))
            }
            Narrow::Some(parts) => parts.iter().map(Query::of).collect::<Option<_>>().map(Query::Some),
            Narrow::Text(text) => {
                let marks: Vec<Mark> = marks::of_text(text.as_bytes()).collect();
                (!marks.is_empty()).then_some(Query::Marks(marks))
            }
            // A secret or a source that came later may have told who sent it.
            Narrow::Is(Column::Provider, _) => None,
            Narrow::Is(column, value) => Some(Query::Marks(marks::of_value(*column, value).collect())),
            Narrow::Between(Number::Received, from, to) => Some(Query::Received(*from, *to)),
            Narrow::Any | Narrow::Between(..) | Narrow::Verdicts(_) | Narrow::Classes(_) | Narrow::Beside(_) => None,
        }
    }

    fn events(&self, index: &Index, n: usize) -> std::io::Result<Set> {
        let events = index.events as usize;
        match self {
            Query::Marks(marks) => index.having(n, marks),
            Query::Received(from, to) => {
                let (first, last) = index.heads[n].0.received;
                Ok(if first <= *to && *from <= last { Set::all(events) } else { Set::none(events) })
            }
            Query::All(parts) => {
                let mut found = Set::all(events);
                for part in parts {
                    found.and(&part.events(index, n)?);
                    if found.is_empty() {
                        break;
                    }
                }
                Ok(found)
            }
            Query::Some(parts) => {
                let mut found = Set::none(events);
                for part in parts {
                    found.or(&part.events(index, n)?);
                }
                Ok(found)
            }
        }
    }
}

impl Verified {
    /// What the index says of the ids between two, in the order of a walk: each is in one stretch, or cannot match.
    pub(in crate::store) fn stretches<'a>(
        &'a self,
        query: &'a Query,
        (from, to): (i64, i64),
        downwards: bool,
    ) -> impl Iterator<Item = Stretch> + 'a {
        let mut places = self.places(from.max(1), to);
        if downwards {
            places.reverse();
        }
        places.into_iter().filter_map(move |(from, to, block)| match (block, &self.index) {
            (Some(n), Some(index)) => match query.events(index, n) {
                // Reading many one by one takes longer than reading them all.
                Ok(found) if found.len() > index.events as usize / 4 => Some(Stretch::Unknown(from, to)),
                Ok(found) => {
                    let first = index.heads[n].0.number as i64 * i64::from(index.events) + 1;
                    let ids = found.slots().into_iter().map(|slot| first + slot as i64);
                    let ids: Vec<i64> = ids.filter(|id| (from..=to).contains(id)).collect();
                    (!ids.is_empty()).then_some(Stretch::Only(ids))
                }
                // What cannot be read says nothing.
                Err(_) => Some(Stretch::Unknown(from, to)),
            },
            _ => Some(Stretch::Unknown(from, to)),
        })
    }

    /// The ids between two, cut where blocks begin and end, with the block that knows them.
    fn places(&self, from: i64, to: i64) -> Vec<(i64, i64, Option<usize>)> {
        let mut places = Vec::new();
        let mut at = from;
        let blocks = self.index.iter().flat_map(|index| {
            let events = i64::from(index.events);
            index.heads.iter().enumerate().map(move |(n, (head, _))| {
                let first = head.number as i64 * events + 1;
                (n, first, first + events - 1)
            })
        });
        for (n, first, last) in blocks.filter(|(n, ..)| self.fits.get(*n) == Some(&true)) {
            if last < at || first > to {
                continue;
            }
            if first > at {
                places.push((at, first - 1, None));
            }
            places.push((first.max(at), last.min(to), Some(n)));
            at = last + 1;
        }
        if at <= to {
            places.push((at, to, None));
        }
        places
    }

    /// What is wrong with the index, in words; how many events it knows where nothing is.
    pub(in crate::store) fn examine(&mut self, db: &Connection) -> Result<u64, String> {
        self.refresh(db).map_err(|e| e.to_string())?;
        let Some(index) = &self.index else { return Ok(0) };
        match index.broken() {
            None => Ok(self.fits.iter().filter(|fits| **fits).count() as u64 * u64::from(index.events)),
            Some(block) => Err(format!("block {block} is damaged")),
        }
    }
}

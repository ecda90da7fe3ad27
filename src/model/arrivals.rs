//! The arrivals of one event: how far apart they came, beside what the provider says of its retries.
//! It must not know a provider: its schedule is given.

use super::{EventId, Timestamp};

/// One arrival of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its event.
    pub id: EventId,
    /// Which one it is, counted from 1.
    pub arrival: u32,
    /// When its head was complete.
    pub received_at: Timestamp,
    /// What its sender was told; `None` = nothing, or it is not known yet.
    pub status: Option<u16>,
}

/// An arrival with what it is held against, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spaced<'a> {
    /// The arrival.
    pub arrival: &'a Arrival,
    /// Since the one before; negative where a clock was put back.
    pub after_us: Option<i64>,
    /// What the provider documents for it.
    pub documented_us: Option<u64>,
}

/// Each arrival with its distance from the one before and the documented one. The list may begin with a later arrival.
pub fn spaced<'a>(arrivals: &'a [Arrival], documented: &'a [u64]) -> impl Iterator<Item = Spaced<'a>> {
    arrivals.iter().enumerate().map(|(n, arrival)| Spaced {
        arrival,
        after_us: n.checked_sub(1).map(|before| arrival.received_at.since(arrivals[before].received_at)),
        documented_us: (arrival.arrival as usize).checked_sub(2).and_then(|retry| documented.get(retry)).copied(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_arrival_is_held_against_the_first_documented_retry() {
        let arrival = |n: u32, secs| Arrival {
            id: EventId(n.into()),
            arrival: n,
            received_at: Timestamp::from_secs(secs),
            status: Some(500),
        };
        let all = [arrival(1, 0), arrival(2, 61), arrival(3, 400)];
        let spaced: Vec<_> = spaced(&all, &[60_000_000]).map(|one| (one.after_us, one.documented_us)).collect();
        assert_eq!(spaced, [(None, None), (Some(61_000_000), Some(60_000_000)), (Some(339_000_000), None)]);
    }
}

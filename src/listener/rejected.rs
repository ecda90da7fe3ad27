//! How many refused requests become events: enough to see what is wrong, not enough to fill a disk.

use std::time::{Duration, Instant};

/// Rejected events in a minute; the rest is only counted.
const A_MINUTE: u32 = 60;

/// Counts refused requests by the minute.
#[derive(Debug)]
pub(super) struct Gate {
    since: Instant,
    passed: u32,
}

impl Gate {
    pub(super) fn new(now: Instant) -> Gate {
        Gate { since: now, passed: 0 }
    }

    /// Whether one more may be recorded.
    pub(super) fn passes(&mut self, now: Instant) -> bool {
        if now.duration_since(self.since) >= Duration::from_secs(60) {
            *self = Gate::new(now);
        }
        self.passed += 1;
        self.passed <= A_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_a_minute_pass() {
        let start = Instant::now();
        let mut gate = Gate::new(start);
        assert_eq!((0..100).filter(|_| gate.passes(start)).count(), 60);
        assert!(gate.passes(start + Duration::from_secs(61)));
    }
}

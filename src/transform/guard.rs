//! A thread of its own for work that may not end, and what ends it.
//! It must not know what the work is.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// Time for one run.
pub(super) const TIME: Duration = Duration::from_secs(1);
/// How much longer a step is waited for that does not look at the clock.
pub(super) const GRACE: Duration = Duration::from_secs(1);
/// Stack of the thread that works. It is only as large in memory as it is used.
const STACK: usize = 128 << 20;
/// How much of it the program itself may use; the rest is for what goes down its values without asking.
const DEEP: usize = 32 << 20;
/// Steps between two looks at the clock.
const STEPS: u32 = 128;

/// Looks at clock and stack while a program runs.
pub(super) struct Guard {
    deadline: Instant,
    base: usize,
    steps: Cell<u32>,
}

/// What is thrown where a program is stopped.
struct Stop(&'static str);

impl Guard {
    /// Begins now, and here on the stack.
    pub(super) fn new() -> Guard {
        Guard { deadline: Instant::now() + TIME, base: here(), steps: Cell::new(0) }
    }

    /// Leaves the program where time or stack is used up: it unwinds, which the program's own `try` cannot catch.
    pub(super) fn step(&self) {
        if self.base.abs_diff(here()) > DEEP {
            resume_unwind(Box::new(Stop("recursion too deep")));
        }
        self.steps.set(self.steps.get().wrapping_add(1));
        if self.steps.get().is_multiple_of(STEPS) && Instant::now() > self.deadline {
            resume_unwind(Box::new(Stop("takes too long")));
        }
    }
}

/// About how far down the stack we are.
#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    &raw const mark as usize
}

/// Works on a thread with a large stack and hands over what came of it. One that does not end is left to itself.
pub(super) fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
    hand_over: impl FnOnce(Result<T, String>) + Send + 'static,
) -> Result<(), String> {
    let run = move || {
        let result = catch_unwind(AssertUnwindSafe(work));
        hand_over(result.unwrap_or_else(|thrown: Box<dyn Any + Send>| {
            Err(thrown.downcast::<Stop>().map_or("jq has failed", |stop| stop.0).to_owned())
        }));
    };
    let thread = std::thread::Builder::new().name("jq".into()).stack_size(STACK);
    thread.spawn(run).map(drop).map_err(|e| format!("no thread for it: {e}"))
}

//! Answers on purpose: rules that tell senders something else than 200, so that their retries can be seen and tested.
//! It must not touch a socket or a clock: it says what to do, `listener` does it.

mod answers;
mod body;
mod progress;
mod rule;
mod step;

pub use answers::{Answers, Decision};
pub use body::BodyText;
pub use rule::{Chance, Per, Rule, Through};
pub use step::{Delay, Manner, Step};

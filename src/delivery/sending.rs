//! What is sent, and what came back as far as it came.
//! It must not know how: by HTTP, or into a command.

use crate::model::{Headers, Outgoing, Phases, Target};
use bytes::Bytes;
use std::time::Duration;

/// Most that is kept of an answer.
pub(super) const ANSWER_LIMIT: usize = 1 << 20;

/// What to send where.
pub(super) struct Sending<'a> {
    pub(super) target: &'a Target,
    pub(super) out: &'a Outgoing,
    pub(super) body: Bytes,
}

/// What came back, as far as it came.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) phases: Phases,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
    /// The target could be reached: what was sent may have arrived.
    pub(super) reached: bool,
}

/// Nobody waits any longer.
pub(super) const GIVEN_UP: &str = "given up: the program was left before an answer came";

/// It took too long.
pub(super) fn late(limit: Duration) -> String {
    format!("timeout: no whole answer within {} s", limit.as_secs_f64())
}

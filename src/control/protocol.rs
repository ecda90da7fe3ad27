//! Requests and replies, one JSON object a line. The first reply of a connection carries the version.

use crate::model::{Cause, EventId, Heads, KeyPolicy, ResendOrder, SignaturePolicy};
use serde::{Deserialize, Serialize};

/// The version of this protocol.
pub(super) const PROTOCOL: u32 = 1;

/// What may be asked.
#[derive(Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(super) enum Request {
    /// Who is there; also says where it listens.
    Hello,
    /// A line for every step of the log from now on.
    Watch,
    /// Send an event again.
    Resend { event: i64, target: String, replay: bool, resign: bool, new_key: bool, set_headers: Vec<(String, String)> },
}

/// How far the log has come, as a line.
#[derive(Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) event: i64,
    pub(super) attempt: i64,
}

impl From<Heads> for Step {
    fn from(heads: Heads) -> Self {
        Step { event: heads.event, attempt: heads.attempt }
    }
}

impl Request {
    pub(super) fn of(order: &ResendOrder) -> Request {
        Request::Resend {
            event: order.event.0,
            target: order.target.clone(),
            replay: order.cause == Cause::Replay,
            resign: order.signature == SignaturePolicy::Resign,
            new_key: order.key == KeyPolicy::Fresh,
            set_headers: order.set_headers.clone(),
        }
    }

    pub(super) fn into_order(self) -> Option<ResendOrder> {
        let Request::Resend { event, target, replay, resign, new_key, set_headers } = self else { return None };
        Some(ResendOrder {
            event: EventId(event),
            target,
            cause: if replay { Cause::Replay } else { Cause::Manual },
            signature: if resign { SignaturePolicy::Resign } else { SignaturePolicy::Keep },
            key: if new_key { KeyPolicy::Fresh } else { KeyPolicy::Same },
            set_headers,
        })
    }
}

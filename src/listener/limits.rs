//! What a sender may take: sizes, times, connections (contract section 6).

use std::time::Duration;

/// The limits of the listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request head.
    pub head: usize,
    /// Header lines.
    pub headers: usize,
    /// Bytes of a body.
    pub body: usize,
    /// Connections at once.
    pub connections: usize,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// Between two pieces of a body.
    pub body_idle_timeout: Duration,
    /// For a whole body.
    pub body_timeout: Duration,
    /// Between two requests of a connection.
    pub keep_alive: Duration,
    /// Bytes a second that a body must bring after its first 10 s.
    pub body_rate: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            head: 64 << 10,
            headers: 200,
            body: 25 << 20,
            connections: 10_000,
            head_timeout: Duration::from_secs(10),
            body_idle_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(300),
            keep_alive: Duration::from_secs(60),
            body_rate: 500,
        }
    }
}

//! One step of a script: what is told, and how.
//! It must not know which step is due; `progress` does.

use super::BodyText;
use std::time::Duration;

/// What is told while this step is due.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// HTTP status.
    pub status: u16,
    /// Header lines, `Retry-After` among them.
    pub headers: Vec<(String, String)>,
    /// How long a sender is asked to wait (RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: BodyText,
    /// How long the sender waits for it.
    pub delay: Delay,
    /// How it goes out.
    pub manner: Manner,
    /// For so many arrivals.
    pub times: Option<u32>,
    /// For so long after its first arrival.
    pub lasts: Option<Duration>,
}

/// How an answer goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Whole,
    /// Half of the body, then the connection is closed.
    Half,
    /// The body in pieces over this time.
    Trickle(Duration),
    /// The connection is closed without an answer.
    Drop,
    /// The connection is reset without an answer (TCP RST).
    Reset,
}

/// A time between two bounds, which may be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay {
    /// At least so long.
    pub least: Duration,
    /// At most so long.
    pub most: Duration,
}

impl Delay {
    /// The time at `part` (0 to 1) of the way from the least to the most.
    pub(super) fn at(self, part: f64) -> Duration {
        self.least + self.most.saturating_sub(self.least).mul_f64(part)
    }
}

impl Default for Step {
    fn default() -> Self {
        Step {
            status: 200,
            headers: Vec::new(),
            retry_after: None,
            body: BodyText::default(),
            delay: Delay::default(),
            manner: Manner::Whole,
            times: None,
            lasts: None,
        }
    }
}

impl Step {
    /// The same with all its times `factor` times as long.
    pub fn scaled(self, factor: f64) -> Step {
        let scale = |time: Duration| time.mul_f64(factor);
        Step {
            retry_after: self.retry_after.map(scale),
            delay: Delay { least: scale(self.delay.least), most: scale(self.delay.most) },
            manner: match self.manner {
                Manner::Trickle(time) => Manner::Trickle(scale(time)),
                other => other,
            },
            lasts: self.lasts.map(scale),
            ..self
        }
    }

    /// What it tells, in one word: the status, or how the connection ends.
    pub fn kind(&self) -> String {
        match self.manner {
            Manner::Whole => self.status.to_string(),
            Manner::Half => format!("half of {}", self.status),
            Manner::Trickle(_) => format!("{} in pieces", self.status),
            Manner::Drop => "drop".into(),
            Manner::Reset => "reset".into(),
        }
    }

    /// Whether the sender gets a status.
    pub fn has_status(&self) -> bool {
        !matches!(self.manner, Manner::Drop | Manner::Reset)
    }

    /// All of it in words: `500 twice`, `429 for 3 s`; of the last step, which repeats, without how often.
    pub(super) fn words(&self, last: bool) -> String {
        let mut words = self.kind();
        if let Manner::Trickle(time) = self.manner {
            words += &format!(" over {}", seconds(time));
        }
        if self.delay.most > Duration::ZERO {
            let upto = if self.delay.most > self.delay.least {
                format!(" to {}", seconds(self.delay.most))
            } else {
                String::new()
            };
            words += &format!(" after {}{upto}", seconds(self.delay.least));
        }
        if last {
            return words;
        }
        if let Some(time) = self.lasts {
            words += &format!(" for {}", seconds(time));
        }
        match self.times {
            Some(1) => words += " once",
            Some(2) => words += " twice",
            Some(n) => words += &format!(" {n} times"),
            None if self.lasts.is_none() => words += " once",
            None => {}
        }
        words
    }
}

fn seconds(time: Duration) -> String {
    match time.as_millis() {
        ms @ 1..=999 => format!("{ms} ms"),
        _ => format!("{} s", (time.as_secs_f64() * 10.0).round() / 10.0),
    }
}

//! The rules in force with what they count: decides what a sender is told.
//! It must not wait or write: a decision is carried out by `listener`.

use super::progress::Progress;
use super::{Manner, Rule, Step, Through};
use crate::model::filter::Subject;
use crate::model::{Standing, Timestamp};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What a sender is told on purpose.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The rule that says so.
    pub rule: String,
    /// Whose answer is told in place of this, if it comes in time.
    pub through: Option<Through>,
    /// HTTP status; `None` where the connection ends without one.
    pub status: Option<u16>,
    /// Header lines.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long to wait first.
    pub delay: Duration,
    /// How it goes out.
    pub manner: Manner,
}

/// The rules of a listener, the first that matches decides. Copies are the same rules.
#[derive(Clone, Debug)]
pub struct Answers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rules: Vec<Live>,
    /// How many are on: with none, nothing of an event has to be looked at.
    on: AtomicUsize,
    standings: watch::Sender<Vec<Standing>>,
}

#[derive(Debug)]
struct Live {
    rule: Rule,
    /// Events that it was for.
    seen: AtomicU64,
    progress: Mutex<Progress>,
}

impl Default for Answers {
    fn default() -> Self {
        Answers::new(Vec::new())
    }
}

impl Answers {
    /// With these rules, in this order.
    pub fn new(rules: Vec<Rule>) -> Answers {
        let standing =
            |rule: &Rule| Standing { name: rule.name.clone(), says: rule.words(), on: rule.on, told: Vec::new() };
        let standings: Vec<Standing> = rules.iter().map(standing).collect();
        let live = |rule| Live { rule, seen: AtomicU64::new(0), progress: Mutex::default() };
        Answers(Arc::new(Inner {
            on: AtomicUsize::new(standings.iter().filter(|standing| standing.on).count()),
            rules: rules.into_iter().map(live).collect(),
            standings: watch::Sender::new(standings),
        }))
    }

    /// How the rules stand, and when that changes.
    pub fn standings(&self) -> watch::Receiver<Vec<Standing>> {
        self.0.standings.subscribe()
    }

    /// Whether any rule is on.
    pub fn is_any_on(&self) -> bool {
        self.0.on.load(Ordering::Relaxed) > 0
    }

    /// Turns a rule on or off; it begins anew. `false` where there is none of this name.
    pub fn turn(&self, name: &str, on: bool) -> bool {
        let Some(at) = self.0.rules.iter().position(|live| live.rule.name == name) else { return false };
        self.0.standings.send_modify(|standings| {
            self.0.rules[at].progress.lock().unwrap_or_else(PoisonError::into_inner).clear();
            self.0.rules[at].seen.store(0, Ordering::Relaxed);
            standings[at].on = on;
            if on {
                standings[at].told.clear();
            }
            self.0.on.store(standings.iter().filter(|standing| standing.on).count(), Ordering::Relaxed);
        });
        true
    }

    /// What the first rule that is for this event tells its sender; `None` where none is.
    pub fn decide(&self, subject: &Subject) -> Option<Decision> {
        let on: Vec<bool> = self.0.standings.borrow().iter().map(|standing| standing.on).collect();
        let acting = self.0.rules.iter().enumerate().zip(on).filter(|(_, on)| *on);
        let (at, live, n) =
            acting.map(|(live, _)| live).find_map(|(at, live)| Some((at, live, live.takes(subject)?)))?;
        let rule = &live.rule;
        let step = live.step(subject, subject.now);
        if rule.ends_with(step) {
            // From here on it would tell nothing of its own.
            self.turn(&rule.name, false);
            return None;
        }
        let step = &rule.script[step];
        let kind = match &rule.through {
            Some(through) => format!("by {}", through.subscriber),
            None => step.kind(),
        };
        self.0.standings.send_modify(|standings| standings[at].count(&kind));
        Some(decision(rule, step, subject, n))
    }
}

impl Live {
    /// Whether it is for this event, and which of its events that is.
    fn takes(&self, subject: &Subject) -> Option<u64> {
        if self.rule.when.as_ref().is_some_and(|when| !when.matches(subject)) {
            return None;
        }
        let n = self.seen.fetch_add(1, Ordering::Relaxed);
        self.rule.chance.says_yes(n).then_some(n)
    }

    fn step(&self, subject: &Subject, now: Timestamp) -> usize {
        let key = self.rule.per.key(subject.event);
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).next(key, &self.rule.script, now)
    }
}

fn decision(rule: &Rule, step: &Step, subject: &Subject, n: u64) -> Decision {
    let mut headers = step.headers.clone();
    if let Some(wait) = step.retry_after {
        // Whole seconds; less than one would be no waiting at all.
        let seconds = wait.as_millis().div_ceil(1_000);
        headers.push(("Retry-After".into(), seconds.to_string()));
    }
    let mut body = step.body.render(subject.event);
    if body.is_empty() && matches!(step.manner, Manner::Half | Manner::Trickle(_)) {
        // What is cut or dripped has to be there.
        body = b"{\"ok\":true,\"by\":\"whisper-tui\"}".to_vec();
    }
    Decision {
        rule: rule.name.clone(),
        through: rule.through.clone(),
        status: step.has_status().then_some(step.status),
        headers,
        body,
        delay: step.delay.at(rule.chance.draw(n, 1)),
        manner: step.manner,
    }
}

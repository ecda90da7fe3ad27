//! Sending again: one event at once, several one after the other, and what is said of the answers.

use super::over::{Confirm, Question};
use super::press::{Press, Presses};
use super::{App, Effect, Overlay};
use crate::model::{Cause, Change, EventId, ResendOrder, Resent, TestWish, Timestamp, count, micros, thousands};
use std::collections::{BTreeMap, VecDeque};

/// What the message after a re-send offers; a message that is kept for later does not.
pub(super) const OFFER: &str = "  d diff";
/// Targets that are remembered and offered by the dialog.
pub const TARGETS: usize = 4;

/// Several re-sends, one after the other.
#[derive(Debug)]
pub struct Batch {
    /// The one that is under way.
    sent: ResendOrder,
    waiting: VecDeque<ResendOrder>,
    /// How many there are in all.
    pub total: usize,
    /// How many have ended.
    pub done: usize,
    /// The events whose re-send failed.
    failed: Vec<EventId>,
    /// What is otherwise than the time before, and how often.
    changes: BTreeMap<Change, u64>,
    /// How many were not sent because the user stopped.
    left: usize,
}

impl Batch {
    /// Those that have not been sent yet.
    pub fn left(&self) -> usize {
        self.waiting.len()
    }
}

impl App {
    /// To the last target at once; before any was used, the dialog asks for one.
    pub(super) fn resend(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.batch.is_some() {
            return self.say_batch(at);
        }
        let ids = self.meant(at);
        let (Some(&first), Some(target)) = (ids.first(), self.targets.first()) else {
            return self.open_dialog(at);
        };
        let orders: Vec<_> = ids.iter().map(|&id| ResendOrder::plain(id, target.clone(), Cause::Manual)).collect();
        if ids.len() > 1 {
            return self.ask_to_send(orders);
        }
        let rejected = self.list.selected.as_ref().filter(|row| row.id == first).and_then(|row| row.rejected.clone());
        if let Some(why) = rejected {
            let text = format!("#{first} was rejected ({why}) and cannot be sent");
            return self.complain(&text, at);
        }
        let Some(order) = orders.into_iter().next() else { return Vec::new() };
        if self.presses.press == Press::Perhaps {
            self.again = Some((order, Presses::certain(at)));
            return Vec::new();
        }
        self.send(order, at)
    }

    /// What a second press of the key asked for: sent if it was `meant`, forgotten if the key is held.
    pub(super) fn once_more(&mut self, meant: bool, at: Timestamp) -> Vec<Effect> {
        match self.again.take().filter(|_| meant) {
            Some((order, _)) => self.send(order, at),
            None => Vec::new(),
        }
    }

    /// Something to look at: a sample to the own listener.
    pub(super) fn send_test(&mut self, at: Timestamp) -> Vec<Effect> {
        match self.place.urls.first() {
            Some(url) => {
                let shown = self.current().map(|opened| &opened.stored.event);
                let provider = shown.and_then(|event| event.provider.clone());
                let kind = shown.filter(|_| provider.is_some()).and_then(|event| event.event_type.clone());
                vec![Effect::Test(TestWish { url: url.clone(), provider, kind })]
            }
            None => self.say("nobody listens", at),
        }
    }

    /// More than one request is never sent by one key.
    pub(super) fn ask_to_send(&mut self, orders: Vec<ResendOrder>) -> Vec<Effect> {
        let target = orders.first().map(|order| order.target.clone()).unwrap_or_default();
        self.open(Overlay::Confirm(Confirm {
            question: format!("Send {} to {target}, oldest first?", count(orders.len() as u64, "event")),
            // Not the key that asks: a held one would answer.
            key: 's',
            word: "send",
            of: Question::Resend(orders),
        }))
    }

    /// While several are sent nothing else is.
    pub(super) fn say_batch(&mut self, at: Timestamp) -> Vec<Effect> {
        let text =
            self.batch.as_ref().map(|batch| format!("re-sending {} of {}: Esc stops it", batch.done, batch.total));
        self.complain(&text.unwrap_or_default(), at)
    }

    /// Gives the orders, each after the answer to the one before.
    pub(super) fn send_all(&mut self, orders: Vec<ResendOrder>, at: Timestamp) -> Vec<Effect> {
        if self.batch.is_some() {
            return self.say_batch(at);
        }
        let mut waiting = VecDeque::from(orders);
        let total = waiting.len();
        let Some(first) = waiting.pop_front() else { return Vec::new() };
        self.batch = Some(Batch {
            sent: first.clone(),
            waiting,
            total,
            done: 0,
            failed: Vec::new(),
            changes: BTreeMap::new(),
            left: 0,
        });
        self.list.marked.clear();
        self.list.range = None;
        self.send(first, at)
    }

    /// Sends no more of them; the one under way ends by itself. Those that were not sent are marked again.
    pub(super) fn stop_batch(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(batch) = &mut self.batch else { return Vec::new() };
        let left: Vec<EventId> = batch.waiting.drain(..).map(|order| order.event).collect();
        batch.left += left.len();
        // Those of a replay were never marked.
        if batch.sent.cause != Cause::Replay {
            self.list.marked.extend(left);
        }
        self.say("stopping after the one under way ...", at)
    }

    /// Gives the order; its target is the last one from now on.
    pub(super) fn send(&mut self, order: ResendOrder, at: Timestamp) -> Vec<Effect> {
        self.sending += 1;
        // What was replayed to a subscriber is no reason to send it the next event by hand.
        if order.cause == Cause::Manual {
            self.remember(&order.target);
        }
        self.say(&format!("sending #{} to {} ...", order.event, order.target), at);
        vec![Effect::Resend(order)]
    }

    fn remember(&mut self, target: &str) {
        self.targets.retain(|known| known != target);
        self.targets.insert(0, target.to_owned());
        self.targets.truncate(TARGETS);
    }

    pub(super) fn sent(
        &mut self,
        order: &ResendOrder,
        result: Result<Box<Resent>, (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        self.sending = self.sending.saturating_sub(1);
        let succeeded = result.as_ref().is_ok_and(|resent| resent.attempt.what.succeeded());
        let change = result.as_ref().ok().and_then(|resent| resent.change());
        match result {
            Ok(resent) => {
                let a = &resent.attempt.what;
                self.detail.add_attempt(&resent.attempt);
                let was = resent.before.as_ref().map(|b| format!(" (was {})", b.what.outcome())).unwrap_or_default();
                // `d` compares the answers to the selected event, which may be another one by now.
                let here = self.list.selected.as_ref().is_some_and(|row| row.id == a.event);
                self.offered = Some(a.event).filter(|_| resent.before.is_some() && here);
                let diff = if self.offered.is_some() { OFFER } else { "" };
                let cut = if a.truncated { ", answer cut at 1 MB" } else { "" };
                let took = micros(a.total_us);
                let text = format!("#{} -> {} {} in {took}{cut}{was}{diff}", a.event, a.url, a.outcome());
                match a.succeeded() {
                    // Of several only failures are kept one by one.
                    true if self.batch.is_some() => self.say(&text, at),
                    true => self.tell(&text, at),
                    false => self.complain(&text, at),
                }
            }
            Err((what, hint)) => self.complain(&format!("{what}: {hint}"), at),
        };
        self.go_on(order, (succeeded, change), at)
    }

    /// The next of several, or what came of them.
    fn go_on(
        &mut self,
        order: &ResendOrder,
        (succeeded, change): (bool, Option<Change>),
        at: Timestamp,
    ) -> Vec<Effect> {
        // An answer to something else goes on with nothing.
        let Some(batch) = self.batch.as_mut().filter(|batch| batch.sent == *order) else { return Vec::new() };
        batch.done += 1;
        if !succeeded {
            batch.failed.push(order.event);
        }
        if let Some(change) = change {
            *batch.changes.entry(change).or_default() += 1;
        }
        if let Some(next) = batch.waiting.pop_front() {
            batch.sent = next.clone();
            let text = format!(
                "re-sending {} of {}, {} failed: Esc stops it",
                batch.done + 1,
                batch.total,
                batch.failed.len()
            );
            let effects = self.send(next, at);
            self.say(&text, at);
            return effects;
        }
        let (done, failed, left) = (batch.done, std::mem::take(&mut batch.failed), batch.left);
        let changes = batch.changes.iter().map(|(change, n)| format!("{} {}", thousands(*n), change.words()));
        let changes = changes.collect::<Vec<_>>().join(", ");
        let changes = if changes.is_empty() { changes } else { format!(" ({changes})") };
        self.batch = None;
        let sent = format!("{} to {}{changes}", count(done as u64, "re-send"), order.target);
        let left = match (left, order.cause) {
            (0, _) => String::new(),
            (left, Cause::Replay) => format!("; stopped, {left} not sent"),
            (left, _) => format!("; stopped, {left} not sent and marked again"),
        };
        match failed.first() {
            None => self.tell(&format!("{sent}: all answered 2xx{left}"), at),
            Some(first) => self.complain(&format!("{sent}: {} failed, #{first} first{left}", failed.len()), at),
        }
    }
}

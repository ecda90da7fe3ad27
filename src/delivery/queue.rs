//! What a subscriber does next: which event is sent, when it is tried again, when it is given up. A pure machine.
//! It must not send, wait or read a clock; `worker` does, and the tests drive it through crashes.

use crate::model::{DeliveryState, EventId, Order, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// Before the first, the second and each further look at a target that cannot be reached.
const PROBES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];
/// At most this part of a delay is added to it, so that not all come back at once.
const JITTER: f64 = 0.2;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A status, and how long the target asks to be left alone.
    Answered(u16, Option<Duration>),
    /// A command has ended with this status.
    Ended(i32),
    /// It may have arrived: no whole answer in time, or the connection broke after sending.
    Lost,
    /// It did not arrive: refused, no such name, no TLS.
    Unreachable,
    /// It cannot be sent at all.
    Impossible(String),
    /// It is not to be sent after all.
    LeftOut(String),
    /// Nothing can be sent as the subscriber is set up.
    WrongSettings(String),
}

/// What is to be written down about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What became of the event; `None` where nothing has, because the target cannot be reached.
    pub state: Option<DeliveryState>,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried again.
    pub due: Option<Timestamp>,
    /// Why it was given up, where no status says so.
    pub reason: Option<String>,
    /// Everything up to here has its final state.
    pub cursor: EventId,
    /// The target wants nothing more (410).
    pub disabled: bool,
}

/// An event that has no final state yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    lane: u64,
    attempts: u32,
    due: Timestamp,
    sending: bool,
}

/// The events of one subscriber that are on their way. Those of one lane go one after the other, lanes do not wait for
/// each other.
#[derive(Debug)]
pub struct Queue {
    /// So many are sent at once.
    parallel: usize,
    /// So many are held at once, those that wait for another try or for their turn included.
    window: usize,
    retry: Vec<Duration>,
    pace: Duration,
    /// Up to here everything was looked at.
    read_to: EventId,
    open: BTreeMap<EventId, Open>,
    /// The open events of each lane, oldest first.
    lanes: HashMap<u64, VecDeque<EventId>>,
    /// The oldest of each lane, unless it is being sent: when it may be, and which.
    ready: BTreeSet<(Timestamp, EventId)>,
    /// Those of them that were tried before.
    failed: BTreeSet<(Timestamp, EventId)>,
    sending: usize,
    /// The target cannot be reached: how often that was tried, and when it is next.
    probe: Option<(usize, Timestamp)>,
    /// Before this nothing is sent.
    paced: Timestamp,
}

impl Queue {
    /// Goes on behind `cursor`.
    pub fn new(order: &Order, retry: Vec<Duration>, pace: Duration, cursor: EventId) -> Queue {
        Queue {
            parallel: order.parallel().max(1),
            window: order.window(),
            retry,
            pace,
            read_to: cursor,
            open: BTreeMap::new(),
            lanes: HashMap::new(),
            ready: BTreeSet::new(),
            failed: BTreeSet::new(),
            sending: 0,
            probe: None,
            paced: Timestamp(i64::MIN),
        }
    }

    /// Up to here everything was looked at.
    pub fn read_to(&self) -> EventId {
        self.read_to
    }

    /// Everything up to here has its final state, or is for somebody else.
    pub fn cursor(&self) -> EventId {
        self.open.keys().next().map_or(self.read_to, |oldest| EventId(oldest.0 - 1))
    }

    /// Whether another event may be taken in: there is room, and not enough that could be sent now.
    pub fn wants_more(&self, now: Timestamp) -> bool {
        let enough = 2 * self.parallel;
        self.open.len() < self.window
            && self.ready.iter().take_while(|(due, _)| *due <= now).take(enough).count() < enough
    }

    /// Takes in the next event of a lane, tried so often before and not to be tried before `due`.
    pub fn take(&mut self, event: EventId, lane: u64, attempts: u32, due: Timestamp) {
        self.read_to = self.read_to.max(event);
        self.open.insert(event, Open { lane, attempts, due, sending: false });
        let waiting = self.lanes.entry(lane).or_default();
        waiting.push_back(event);
        if waiting.len() == 1 {
            self.may_be_sent(event);
        }
    }

    /// An event is not for it, or has its final state.
    pub fn pass(&mut self, event: EventId) {
        self.read_to = self.read_to.max(event);
        self.close(event);
    }

    /// Whether an event is on its way.
    pub fn holds(&self, event: EventId) -> bool {
        self.open.contains_key(&event)
    }

    /// Attempts that were made to bring an event that is on its way.
    pub fn attempts(&self, event: EventId) -> u32 {
        self.open.get(&event).map_or(0, |open| open.attempts)
    }

    /// Whether the target cannot be reached.
    pub fn is_waiting_for_target(&self) -> bool {
        self.probe.is_some()
    }

    /// The event that is to be sent now; it counts as being sent from here on.
    pub fn next(&mut self, now: Timestamp) -> Option<EventId> {
        let due = |(due, _): &&(Timestamp, EventId)| *due <= now;
        let (_, event) = *match self.probe {
            _ if self.paced > now || self.sending == self.parallel => return None,
            // One look at a time, and with the oldest.
            Some((_, at)) if self.sending > 0 || at > now => return None,
            Some(_) => self.ready.iter().take_while(due).min_by_key(|(_, event)| *event)?,
            None => self.ready.first().filter(due)?,
        };
        let open = self.open.get_mut(&event)?;
        open.sending = true;
        let due = open.due;
        self.ready.remove(&(due, event));
        self.failed.remove(&(due, event));
        self.sending += 1;
        self.paced = later(now, self.pace);
        Some(event)
    }

    /// An event that waits for another try is due now, and a target that cannot be reached is looked at now.
    pub fn hurry(&mut self, event: EventId, now: Timestamp) {
        let Some(open) = self.open.get(&event).copied().filter(|open| !open.sending) else { return };
        self.probe = self.probe.map(|(tried, _)| (tried, now));
        if self.ready.remove(&(open.due, event)) {
            self.failed.remove(&(open.due, event));
            self.back(event, |open| open.due = now);
        } else if let Some(open) = self.open.get_mut(&event) {
            // It has its turn first.
            open.due = now;
        }
    }

    /// When there will be something to send, if nothing happens before.
    pub fn alarm(&self) -> Option<Timestamp> {
        let (due, _) = *self.ready.first()?;
        let due = match self.probe {
            // A look that is under way is waited for.
            Some(_) if self.sending > 0 => return None,
            Some((_, at)) => due.max(at),
            None if self.sending == self.parallel => return None,
            None => due,
        };
        Some(due.max(self.paced))
    }

    /// When something that failed is tried again, or a target that cannot be reached looked at.
    pub fn tried_again_at(&self) -> Option<Timestamp> {
        let failed = self.failed.first().map(|(due, _)| *due);
        // While the target cannot be reached nothing else is tried.
        self.probe.map(|(_, at)| at).or(failed)
    }

    /// Takes in what came of an attempt. `chance` is a number from 0 to 1.
    pub fn done(&mut self, event: EventId, outcome: &Outcome, now: Timestamp, chance: f64) -> Record {
        let attempts = self.attempts(event);
        if let Outcome::WrongSettings(_) = outcome {
            self.back(event, |_| {});
            return self.record(None, attempts, None, None);
        }
        if *outcome == Outcome::Unreachable {
            let tried = self.probe.map_or(0, |(tried, _)| tried);
            let wait = PROBES[tried.min(PROBES.len() - 1)];
            self.probe = Some((tried + 1, later(now, wait)));
            self.back(event, |_| {});
            return self.record(None, attempts, None, None);
        }
        self.probe = None;
        let attempts = attempts + 1;
        let (state, due, reason) = self.judged(outcome, attempts, now, chance);
        match due {
            Some(due) => self.back(event, |open| (open.attempts, open.due) = (attempts, due)),
            None => self.close(event),
        }
        let disabled = matches!(outcome, Outcome::Answered(410, _));
        Record { disabled, ..self.record(Some(state), attempts, due, reason) }
    }

    /// What becomes of an event after so many attempts: its state, when it is tried again, why it was given up.
    fn judged(
        &self,
        outcome: &Outcome,
        attempts: u32,
        now: Timestamp,
        chance: f64,
    ) -> (DeliveryState, Option<Timestamp>, Option<String>) {
        let again = |asked: Option<Duration>| {
            let delay = self.retry.get(attempts as usize - 1)?;
            let delay = delay.mul_f64(1.0 + JITTER * chance).max(asked.unwrap_or_default());
            Some(later(now, delay))
        };
        let retried = |asked: Option<Duration>, reason: Option<&str>| match again(asked) {
            Some(due) => (DeliveryState::Retrying, Some(due), None),
            None => (DeliveryState::Dead, None, reason.map(str::to_owned)),
        };
        match outcome {
            Outcome::Answered(200..=299, _) | Outcome::Ended(0) => (DeliveryState::Delivered, None, None),
            Outcome::Answered(408 | 425 | 429 | 500..=507 | 509..=599, asked) => retried(*asked, None),
            Outcome::Answered(status, _) => (DeliveryState::Dead, None, Some(status.to_string())),
            Outcome::Ended(_) => retried(None, None),
            // The last two are no attempts, and do not come here.
            Outcome::Lost | Outcome::Unreachable | Outcome::WrongSettings(_) => retried(None, Some("no answer")),
            Outcome::LeftOut(why) => (DeliveryState::Skipped, None, Some(why.clone())),
            Outcome::Impossible(why) => (DeliveryState::Dead, None, Some(why.clone())),
        }
    }

    /// An event that was being sent waits again.
    fn back(&mut self, event: EventId, change: impl FnOnce(&mut Open)) {
        let Some(open) = self.open.get_mut(&event) else { return };
        self.sending -= usize::from(open.sending);
        open.sending = false;
        change(open);
        self.may_be_sent(event);
    }

    /// An event is on its way no longer; the next of its lane may go.
    fn close(&mut self, event: EventId) {
        let Some(open) = self.open.remove(&event) else { return };
        self.sending -= usize::from(open.sending);
        self.ready.remove(&(open.due, event));
        self.failed.remove(&(open.due, event));
        let Some(waiting) = self.lanes.get_mut(&open.lane) else { return };
        waiting.retain(|other| *other != event);
        match waiting.front().copied() {
            Some(next) => self.may_be_sent(next),
            None => drop(self.lanes.remove(&open.lane)),
        }
    }

    /// The oldest of its lane may be sent once it is due.
    fn may_be_sent(&mut self, event: EventId) {
        let Some(open) = self.open.get(&event).filter(|open| !open.sending) else { return };
        self.ready.insert((open.due, event));
        if open.attempts > 0 {
            self.failed.insert((open.due, event));
        }
    }

    fn record(
        &self,
        state: Option<DeliveryState>,
        attempts: u32,
        due: Option<Timestamp>,
        reason: Option<String>,
    ) -> Record {
        Record { state, attempts, due, reason, cursor: self.cursor(), disabled: false }
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Part;
    use std::time::Instant;

    const RETRY: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn queue(order: &Order) -> Queue {
        Queue::new(order, RETRY.to_vec(), Duration::ZERO, EventId(0))
    }

    #[test]
    fn what_fails_is_tried_again_as_often_as_said_and_what_is_refused_is_not() {
        let mut queue = queue(&Order::Strict);
        queue.take(EventId(1), 0, 0, at(0));
        assert_eq!(queue.next(at(0)), Some(EventId(1)));
        let first = queue.done(EventId(1), &Outcome::Answered(500, None), at(0), 0.0);
        assert_eq!((first.state, first.due, first.cursor), (Some(DeliveryState::Retrying), Some(at(5)), EventId(0)));
        assert_eq!((queue.next(at(4)), queue.alarm(), queue.wants_more(at(4))), (None, Some(at(5)), false));
        assert_eq!(queue.next(at(5)), Some(EventId(1)));
        // The target asks for more time than the policy gives.
        let second = queue.done(EventId(1), &Outcome::Answered(429, Some(Duration::from_secs(90))), at(5), 1.0);
        assert_eq!(second.due, Some(at(95)));
        assert_eq!(queue.next(at(95)), Some(EventId(1)));
        let third = queue.done(EventId(1), &Outcome::Lost, at(95), 1.0);
        assert_eq!(third.due, Some(at(95 + 144)), "a fifth is added, never taken away");
        assert_eq!(queue.next(at(300)), Some(EventId(1)));
        let last = queue.done(EventId(1), &Outcome::Lost, at(300), 0.0);
        assert_eq!((last.state, last.attempts, last.cursor), (Some(DeliveryState::Dead), 4, EventId(1)));
        queue.take(EventId(2), 0, 0, at(0));
        assert_eq!(queue.next(at(300)), Some(EventId(2)));
        let refused = queue.done(EventId(2), &Outcome::Answered(410, None), at(300), 0.0);
        assert!(refused.disabled && refused.state == Some(DeliveryState::Dead) && refused.attempts == 1);
    }

    #[test]
    fn a_target_that_cannot_be_reached_costs_no_attempts_and_is_looked_at_with_the_oldest() {
        let mut queue = queue(&Order::Any(3));
        (1..=3).for_each(|id| queue.take(EventId(id), id as u64, 0, at(0)));
        assert_eq!(queue.next(at(0)), Some(EventId(1)));
        assert_eq!(queue.done(EventId(1), &Outcome::Unreachable, at(0), 0.0).state, None);
        let mut looks = Vec::new();
        let mut now = 0;
        while looks.len() < 4 {
            now += 1;
            if let Some(event) = queue.next(at(now)) {
                assert_eq!(queue.next(at(now)), None, "one look at a time");
                looks.push((event.0, now));
                queue.done(event, &Outcome::Unreachable, at(now), 0.0);
            }
        }
        assert_eq!(looks, [(1, 1), (1, 3), (1, 8), (1, 13)]);
        assert_eq!(queue.next(at(18)), Some(EventId(1)));
        let up = queue.done(EventId(1), &Outcome::Answered(200, None), at(18), 0.0);
        assert_eq!((up.attempts, up.cursor), (1, EventId(1)));
        assert_eq!((queue.next(at(18)), queue.next(at(18))), (Some(EventId(2)), Some(EventId(3))));
    }

    /// Numbers that look random and are the same for the same seed.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            (z ^ (z >> 31)) % n
        }
    }

    /// What is on disk: the cursor and a row for each event that has one; and how often the target has taken each.
    #[derive(Default)]
    struct World {
        events: i64,
        cursor: i64,
        judged: i64,
        rows: BTreeMap<i64, Record>,
        answered: BTreeMap<i64, u32>,
    }

    impl World {
        fn matches(id: i64) -> bool {
            id % 3 != 0
        }

        /// A queue that begins from what is on disk.
        fn begin(&self, order: &Order) -> Queue {
            Queue::new(order, RETRY.to_vec(), Duration::ZERO, EventId(self.cursor))
        }

        fn refill(&self, queue: &mut Queue, order: &Order, now: Timestamp) {
            while queue.wants_more(now) && queue.read_to().0 < self.events {
                let id = queue.read_to().0 + 1;
                match self.rows.get(&id) {
                    _ if !World::matches(id) => queue.pass(EventId(id)),
                    Some(row) if row.state.is_some_and(DeliveryState::is_final) => queue.pass(EventId(id)),
                    Some(row) => queue.take(EventId(id), lane(order, id), row.attempts, row.due.unwrap_or(now)),
                    None if id <= self.judged => queue.pass(EventId(id)),
                    None => queue.take(EventId(id), lane(order, id), 0, now),
                }
            }
        }

        fn revive(&mut self) {
            let dead = |row: &Record| row.state == Some(DeliveryState::Dead);
            let Some(first) = self.rows.iter().find(|(_, row)| dead(row)).map(|(id, _)| *id) else { return };
            for row in self.rows.values_mut().filter(|row| dead(row)) {
                (row.state, row.attempts, row.due) = (Some(DeliveryState::Retrying), 0, None);
            }
            self.judged = self.judged.max(self.cursor);
            self.cursor = self.cursor.min(first - 1);
        }

        /// Nothing of its lane is before it without a final state.
        fn assert_its_turn(&self, event: EventId, order: &Order) {
            let lane = |id: i64| lane(order, id);
            for id in (1..event.0).filter(|id| World::matches(*id) && lane(*id) == lane(event.0)) {
                let state = self.rows.get(&id).and_then(|row| row.state);
                assert!(state.is_some_and(DeliveryState::is_final), "{event} overtakes #{id}");
            }
        }

        /// A healthy target in the end: everything gets its one final state.
        fn end_well(&mut self, queue: &mut Queue, order: &Order, mut on_the_way: Vec<EventId>, mut now: i64) {
            while queue.cursor().0 < self.events {
                self.refill(queue, order, at(now));
                while let Some(event) = queue.next(at(now)) {
                    on_the_way.push(event);
                }
                for event in std::mem::take(&mut on_the_way) {
                    let record = queue.done(event, &Outcome::Answered(200, None), at(now), 0.0);
                    *self.answered.entry(event.0).or_default() += 1;
                    self.write(event, record);
                }
                now = queue.alarm().map_or(now + 1, |due| now.max(due.0 / 1_000_000 + 1));
            }
        }

        fn write(&mut self, event: EventId, record: Record) {
            let before = self.rows.get(&event.0).and_then(|row| row.state);
            assert!(!before.is_some_and(DeliveryState::is_final), "{event} had its final state");
            assert!(record.attempts as usize <= RETRY.len() + 1, "{record:?}");
            assert!(record.cursor.0 >= self.cursor, "the cursor never goes back");
            self.cursor = record.cursor.0;
            if record.state.is_some() {
                self.rows.insert(event.0, record);
            }
            for id in (1..=self.cursor).filter(|id| World::matches(*id)) {
                let state = self.rows.get(&id).and_then(|row| row.state);
                assert!(state.is_some_and(DeliveryState::is_final), "{id} was passed over");
            }
        }
    }

    /// The lane of an event in a life.
    fn lane(order: &Order, id: i64) -> u64 {
        match order {
            Order::Strict => 0,
            Order::Any(_) => id as u64,
            Order::Key(..) => id as u64 % 4,
        }
    }

    fn some_order(dice: &mut Dice) -> Order {
        let parallel = 1 + dice.below(4) as usize;
        match dice.below(3) {
            0 => Order::Strict,
            1 => Order::Any(parallel),
            _ => Order::Key(Part::parse("body.key").unwrap(), parallel),
        }
    }

    /// One life of a subscriber with crashes and changed settings, decided by the seed.
    fn live(seed: u64) {
        let mut dice = Dice(seed);
        let mut order = some_order(&mut dice);
        let (mut world, mut now) = (World::default(), 0i64);
        let mut queue = world.begin(&order);
        let mut on_the_way: Vec<EventId> = Vec::new();
        let outcome = |dice: &mut Dice, healthy: bool| match dice.below(if healthy { 1 } else { 11 }) {
            0..=2 => Outcome::Answered(200, None),
            3 => Outcome::Answered(503, Some(Duration::from_secs(dice.below(60)))),
            4 => Outcome::Answered(404, None),
            5 => Outcome::Lost,
            6 | 7 => Outcome::Unreachable,
            8 => Outcome::Ended(dice.below(2) as i32),
            9 if dice.below(2) == 0 => Outcome::WrongSettings("no secret".into()),
            9 => Outcome::LeftOut("nothing".into()),
            _ => Outcome::Impossible("no".into()),
        };
        for step in 0..400 {
            let healthy = step > 300;
            now += dice.below(if healthy { 400 } else { 20 }) as i64;
            match dice.below(10) {
                0..=2 if !healthy => world.events += dice.below(4) as i64,
                7 if on_the_way.is_empty() && dice.below(4) == 0 => {
                    // What was given up is brought back.
                    world.revive();
                    queue = world.begin(&order);
                }
                8 if !on_the_way.is_empty() && dice.below(20) == 0 => {
                    // It was deleted while it was waiting or under way.
                    let event = on_the_way.remove(0);
                    let attempts = queue.attempts(event);
                    queue.pass(event);
                    let state = Some(DeliveryState::Skipped);
                    world.write(event, Record { state, ..queue.record(None, attempts, None, None) });
                }
                9 if dice.below(3) == 0 => {
                    queue.hurry(EventId(dice.below(world.events as u64 + 1) as i64), at(now));
                }
                3 if !healthy && dice.below(3) == 0 => {
                    // What was on its way may have arrived; nothing of it is on disk. The settings may be others now.
                    on_the_way.clear();
                    order = some_order(&mut dice);
                    queue = world.begin(&order);
                }
                4..=6 if !on_the_way.is_empty() => {
                    let event = on_the_way.remove(dice.below(on_the_way.len() as u64) as usize);
                    let came = outcome(&mut dice, healthy);
                    let record = queue.done(event, &came, at(now), dice.below(2) as f64);
                    if matches!(came, Outcome::Answered(200..=299, _) | Outcome::Ended(0)) {
                        *world.answered.entry(event.0).or_default() += 1;
                    }
                    world.write(event, record);
                }
                _ => {
                    world.refill(&mut queue, &order, at(now));
                    if let Some(event) = queue.next(at(now)) {
                        assert!(!on_the_way.contains(&event), "{event} is on its way");
                        world.assert_its_turn(event, &order);
                        on_the_way.push(event);
                    } else if on_the_way.is_empty() {
                        let idle = queue.alarm().is_none_or(|alarm| alarm > at(now));
                        assert!(idle, "something is due and is not sent");
                    }
                }
            }
            assert!(on_the_way.len() <= order.parallel());
        }
        world.end_well(&mut queue, &order, on_the_way, now);
        for id in (1..=world.events).filter(|id| World::matches(*id)) {
            assert!(world.rows[&id].state.is_some_and(DeliveryState::is_final), "{id}");
            let once = world.answered.get(&id).is_none_or(|times| *times == 1);
            assert!(once, "{id} was taken twice with an answer on disk");
        }
        assert!((1..=world.events).filter(|id| !World::matches(*id)).all(|id| !world.rows.contains_key(&id)));
    }

    #[test]
    fn every_event_reaches_exactly_one_final_state_through_crashes_and_failures() {
        if let Some(seed) = std::env::var("QUEUE_SEED").ok().and_then(|text| text.parse().ok()) {
            return live(seed);
        }
        let begin = Instant::now();
        let mut seed = 0;
        while begin.elapsed() < Duration::from_secs(20) || seed < 200 {
            let lived = std::panic::catch_unwind(|| live(seed));
            let again = format!("QUEUE_SEED={seed} cargo test --lib every_event_reaches");
            assert!(lived.is_ok(), "repeat it with: {again}");
            seed += 1;
        }
    }
}

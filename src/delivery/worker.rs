//! One subscriber at work: reads the log behind its cursor, sends what the queue says, records what came of it.
//! It must not decide what is sent or tried again: `queue` does, and `Subscriber::wants`.

use super::Planner;
use super::bring::{Sent, bring};
use super::connection::Connections;
use super::queue::{Outcome, Queue, Record};
use crate::model::filter::Subject;
use crate::model::{
    Delivery, DeliveryState, EventId, Heads, Marks, StoredEvent, Subscriber, SubscriberOrder, SubscriberStanding,
    SubscriberState, Timestamp, Verdict, Wanted,
};
use crate::store::{AppendError, Reader, Step, Store, StoreError};
use jiff::tz::TimeZone;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Events and bytes read at once.
const BATCH: usize = 32;
const BATCH_BYTES: usize = 1 << 20;
/// How long what is under way may take when the program ends; what is not recorded by then is sent again.
const DRAIN: Duration = Duration::from_secs(2);
/// Without a look at the clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Before a log that could not be read or written is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a place that has changed may be only in memory.
const NOTED: Duration = Duration::from_secs(1);

/// Why an event that the user has deleted is left out.
const DELETED: &str = "deleted while it waited";
/// Begins why nothing is sent, where the settings are wrong: they may be others at the next start.
const WRONG: &str = "settings: ";

/// What a worker is given.
pub(super) struct Desk {
    pub(super) subscriber: Arc<Subscriber>,
    /// Everything up to here is left out, because the user said so at the start.
    pub(super) skip: Option<EventId>,
    pub(super) store: Store,
    pub(super) planner: Planner,
    pub(super) heads: watch::Receiver<Heads>,
    pub(super) orders: mpsc::Receiver<SubscriberOrder>,
    pub(super) stop: watch::Receiver<bool>,
    /// Where it says how it is doing.
    pub(super) standings: watch::Sender<Vec<SubscriberStanding>>,
}

struct Worker {
    desk: Desk,
    reader: Reader,
    zone: TimeZone,
    queue: Queue,
    /// Why nothing is sent.
    held: Option<String>,
    /// Events read that were not looked at yet.
    ahead: VecDeque<StoredEvent>,
    sending: JoinSet<Sent>,
    /// Connections for the next attempts.
    kept: Connections,
    /// What was given up is to be tried again, all of it or one event each, once nothing is under way.
    reviving: Vec<Option<EventId>>,
    /// Up to here what nothing is known of is nobody's, though the place is before it.
    judged: EventId,
    /// The cursor as it is on disk, and since when.
    written: (EventId, Instant),
}

/// Why it goes on.
enum Woken {
    Sent(Option<Box<Sent>>),
    Told(SubscriberOrder),
    /// The log has grown, or something is due.
    Look,
    Stop,
}

/// Works until it is told to stop.
pub(super) async fn run(mut desk: Desk) {
    loop {
        let ended = match Worker::begin(desk) {
            Ok(worker) => worker.work().await,
            Err((why, desk)) => Err((why.to_string(), desk)),
        };
        let Err((why, back)) = ended else { return };
        // The log says what is wrong with it elsewhere, too; nothing is lost: the cursor stays.
        back.say(|standing| standing.last = Some((now().0, None, Some(why.clone()))));
        desk = *back;
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = desk.stop.wait_for(|stop| *stop) => return,
        }
    }
}

type Ended = Result<(), (String, Box<Desk>)>;

impl Worker {
    fn begin(desk: Desk) -> Result<Worker, (StoreError, Box<Desk>)> {
        let subscriber = Arc::clone(&desk.subscriber);
        let open = || {
            let reader = Reader::open(desk.store.path())?;
            let place = reader.place(&subscriber.name, subscriber.start)?;
            Ok((reader, place))
        };
        match open() {
            Ok((reader, place)) => {
                let queue = Queue::new(&subscriber.order, subscriber.retry.clone(), subscriber.pace, place.cursor);
                let (zone, ahead, sending) = (TimeZone::system(), VecDeque::new(), JoinSet::new());
                let written = (place.cursor, Instant::now());
                let held = place.held.filter(|why| !why.starts_with(WRONG));
                let kept = Connections::default();
                Ok(Worker {
                    desk,
                    reader,
                    zone,
                    queue,
                    held,
                    ahead,
                    sending,
                    kept,
                    reviving: Vec::new(),
                    judged: place.judged,
                    written,
                })
            }
            Err(error) => Err((error, Box::new(desk))),
        }
    }

    async fn work(mut self) -> Ended {
        let worked = self.rounds().await;
        worked.map_err(|why| (why, Box::new(self.desk)))
    }

    async fn rounds(&mut self) -> Result<(), String> {
        // Each of them, that nobody's place goes who has only had nothing to do for long.
        let all = self.desk.planner.routes.now();
        let seats = all.subscribers.iter().map(|one| (one.name.clone(), one.start)).collect();
        self.desk.store.seat(seats, now()).await.map_err(|e| e.to_string())?;
        // From here on it has its place, whatever comes.
        self.note_held().await.map_err(|e| e.to_string())?;
        loop {
            if self.sending.is_empty() && !self.reviving.is_empty() {
                self.revive().await.map_err(|e| e.to_string())?;
            }
            if self.held.is_none() && self.reviving.is_empty() {
                self.refill().await?;
                self.send_due().await?;
            }
            if self.queue.is_waiting_for_target() || self.held.is_some() {
                // What has been read would only take room.
                self.ahead.clear();
            }
            if self.is_to_be_noted() {
                self.note_place().await.map_err(|e| e.to_string())?;
            }
            self.say();
            match self.woken().await {
                // Nobody knows how far it came: from the place on disk everything is looked at again.
                Woken::Sent(None) => return Err("an attempt ended without a word".to_owned()),
                Woken::Sent(Some(sent)) => self.take(*sent).await?,
                Woken::Told(order) => self.obey(order).await.map_err(|e| e.to_string())?,
                Woken::Look => {}
                Woken::Stop => return self.finish().await,
            }
        }
    }

    /// Whether what is on disk of its place is behind for long: retention waits for it.
    fn is_to_be_noted(&self) -> bool {
        self.queue.cursor() > self.written.0 && self.written.1.elapsed() >= NOTED
    }

    /// Waits until there is something to do.
    async fn woken(&mut self) -> Woken {
        let works = self.held.is_none() && self.reviving.is_empty();
        let behind = self.queue.cursor() > self.written.0;
        let note = behind.then(|| later(NOTED.saturating_sub(self.written.1.elapsed())));
        let alarm = self.queue.alarm().filter(|_| works).into_iter().chain(note).min();
        let hungry = self.queue.wants_more(now()) && works;
        let more = hungry && (!self.ahead.is_empty() || self.desk.heads.borrow().event > self.queue.read_to().0);
        tokio::select! {
            biased;
            Some(sent) = self.sending.join_next() => Woken::Sent(sent.ok().map(Box::new)),
            stopped = self.desk.stop.wait_for(|stop| *stop) => {
                drop(stopped);
                Woken::Stop
            }
            Some(order) = self.desk.orders.recv() => Woken::Told(order),
            () = tokio::task::yield_now(), if more => Woken::Look,
            changed = self.desk.heads.changed(), if hungry => match changed {
                Ok(()) => Woken::Look,
                Err(_) => Woken::Stop,
            },
            () = until(alarm) => Woken::Look,
        }
    }

    /// Takes in what there is room for, a batch at a time: what is ready does not wait until the whole log was looked at.
    async fn refill(&mut self) -> Result<(), String> {
        for _ in 0..BATCH {
            if !self.queue.wants_more(now()) {
                return Ok(());
            }
            if self.ahead.is_empty() {
                if self.desk.heads.borrow_and_update().event <= self.queue.read_to().0 {
                    return Ok(());
                }
                let (reader, after) = (&self.reader, self.queue.read_to());
                let read = tokio::task::block_in_place(|| reader.after_within(after, BATCH, BATCH_BYTES));
                self.ahead = read.map_err(|e| e.to_string())?.into();
            }
            let Some(stored) = self.ahead.pop_front() else { return Ok(()) };
            self.look_at(&stored).await.map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    async fn look_at(&mut self, stored: &StoredEvent) -> Result<(), AppendError> {
        let before = stored.deliveries.iter().find(|delivery| delivery.subscriber == self.desk.subscriber.name);
        let wanted = self.wants(stored);
        let lane = self.desk.subscriber.order.lane(stored);
        match (before, wanted) {
            (Some(delivery), _) if delivery.state.is_final() => self.queue.pass(stored.id),
            // It was nobody's when it was judged, and is not judged anew because another event came back.
            (None, _) if stored.id <= self.judged => self.queue.pass(stored.id),
            (before, wanted) if wanted != Wanted::No && self.desk.skip.is_some_and(|upto| stored.id <= upto) => {
                let tried = before.map_or(0, |delivery| delivery.attempts);
                self.leave_out(stored.id, tried, "skipped at the start").await?;
            }
            (Some(delivery), _) => self.queue.take(stored.id, lane, delivery.attempts, delivery.due.unwrap_or(now())),
            (None, Wanted::No) if self.would_want(stored) => self.leave_out(stored.id, 0, DELETED).await?,
            (None, Wanted::No) => self.queue.pass(stored.id),
            (None, Wanted::Yes) => match self.got_before(stored) {
                Some(first) => self.leave_out(stored.id, 0, &format!("duplicate of #{first}")).await?,
                None => self.queue.take(stored.id, lane, 0, now()),
            },
            (None, Wanted::Skip(reason)) => self.leave_out(stored.id, 0, &reason).await?,
        }
        Ok(())
    }

    /// Whether it is only left out because it was deleted: it may come back.
    fn would_want(&self, stored: &StoredEvent) -> bool {
        let alive = || StoredEvent { marks: Marks::default(), ..stored.clone() };
        stored.marks.deleted_at.is_some() && self.wants(&alive()) != Wanted::No
    }

    fn wants(&self, stored: &StoredEvent) -> Wanted {
        self.desk.subscriber.wants(&Subject { event: stored, now: now(), zone: &self.zone })
    }

    async fn leave_out(&mut self, event: EventId, attempts: u32, reason: &str) -> Result<(), AppendError> {
        self.queue.pass(event);
        let delivery = self.delivery(event, DeliveryState::Skipped, Some(reason.to_owned()));
        let delivery = Some(Delivery { attempts, ..delivery });
        self.write(vec![Step { delivery, ..self.step(self.queue.cursor()) }]).await
    }

    /// The earlier arrival of this event that it has got or is getting, where it wants each only once. One that is not
    /// genuine does not count for one that is.
    fn got_before(&self, stored: &StoredEvent) -> Option<EventId> {
        if !self.desk.subscriber.dedupe || stored.family.arrival < 2 {
            return None;
        }
        let earlier = tokio::task::block_in_place(|| self.reader.earlier(&self.desk.subscriber.name, stored));
        // A log that cannot be read is noticed by who reads it next; twice is better than never.
        let genuine = stored.event.judgement.verdict == Verdict::Valid;
        let counts = |verdict: Verdict| !genuine || verdict == Verdict::Valid;
        let got = |id: EventId, state: Option<DeliveryState>| {
            let got = matches!(state, Some(DeliveryState::Delivered | DeliveryState::Retrying));
            got || self.queue.holds(id)
        };
        earlier
            .unwrap_or_default()
            .into_iter()
            .find(|(id, verdict, state)| counts(*verdict) && got(*id, *state))
            .map(|e| e.0)
    }

    /// Sends what is due. What has been deleted while it waited is left out.
    async fn send_due(&mut self) -> Result<(), String> {
        while let Some(event) = self.queue.next(now()) {
            let read = tokio::task::block_in_place(|| self.reader.event(event)).map_err(|e| e.to_string())?;
            let stored = match read.map(|stored| (self.wants(&stored), stored)) {
                Some((Wanted::Yes, stored)) => stored,
                other => {
                    let why = match other {
                        Some((Wanted::Skip(reason), _)) => reason,
                        Some((_, stored)) if stored.marks.deleted_at.is_none() => "no longer matches its filter".into(),
                        _ => DELETED.to_owned(),
                    };
                    let attempts = self.queue.attempts(event);
                    self.leave_out(event, attempts, &why).await.map_err(|e| e.to_string())?;
                    continue;
                }
            };
            let (planner, subscriber) = (self.desk.planner.clone(), Arc::clone(&self.desk.subscriber));
            let kept = self.kept.clone();
            self.sending.spawn(async move { bring(&planner, &subscriber, &kept, stored).await });
        }
        Ok(())
    }

    /// Takes in what has ended, all of it at once: one commit does for many.
    async fn take(&mut self, first: Sent) -> Result<(), String> {
        let mut steps: Vec<Step> = self.judge(first).into_iter().collect();
        while let Some(next) = self.sending.try_join_next() {
            // Nobody knows how far that one came: from the place on disk everything is looked at again.
            let Ok(next) = next else {
                self.write(steps).await.map_err(|e| e.to_string())?;
                return Err("an attempt ended without a word".to_owned());
            };
            steps.extend(self.judge(next));
        }
        self.write(steps).await.map_err(|e| e.to_string())
    }

    /// What is to be written down about an attempt; nothing where the target could not be reached: the event still waits.
    fn judge(&mut self, sent: Sent) -> Option<Step> {
        let chance = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / f64::from(u8::MAX);
        let Record { state, attempts, due, reason, disabled, cursor } =
            self.queue.done(sent.event, &sent.outcome, now(), chance);
        let status = sent.attempt.as_ref().and_then(|attempt| attempt.status);
        let error = sent.attempt.as_ref().and_then(|attempt| attempt.error.clone());
        let wrong = match &sent.outcome {
            Outcome::WrongSettings(why) => Some(why.clone()),
            _ => None,
        };
        let error = error.or(wrong).or_else(|| reason.clone().filter(|_| status.is_none()));
        self.desk.say(|standing| standing.last = Some((now().0, status, error)));
        if let Outcome::WrongSettings(why) = &sent.outcome {
            self.held = Some(format!("{WRONG}{why}"));
            return Some(Step { held: Some(self.held.clone()), ..self.step(cursor) });
        }
        let delivery = Delivery { attempts, status, due, ..self.delivery(sent.event, state?, reason) };
        let held = disabled.then(|| "410: the target wants nothing more".to_owned());
        if held.is_some() {
            self.held.clone_from(&held);
        }
        let (delivery, held) = (Some(delivery), held.map(Some));
        Some(Step { delivery, attempt: sent.attempt, held, ..self.step(cursor) })
    }

    async fn obey(&mut self, order: SubscriberOrder) -> Result<(), AppendError> {
        match order {
            SubscriberOrder::Suspend => {
                self.held = Some(SubscriberState::SUSPENDED.to_owned());
                self.note_held().await
            }
            SubscriberOrder::Resume => {
                self.held = None;
                self.note_held().await
            }
            SubscriberOrder::Retry => {
                self.reviving.push(None);
                Ok(())
            }
            SubscriberOrder::Hurry(event) if self.queue.holds(event) => {
                self.queue.hurry(event, now());
                Ok(())
            }
            SubscriberOrder::Hurry(event) => {
                self.reviving.push(Some(event));
                Ok(())
            }
            SubscriberOrder::LookAgain if self.held.as_deref().is_some_and(|why| why.starts_with(WRONG)) => {
                self.held = None;
                self.note_held().await
            }
            SubscriberOrder::LookAgain => Ok(()),
            SubscriberOrder::Dismiss => self.desk.store.dismiss(self.desk.subscriber.name.clone()).await.map(drop),
        }
    }

    /// Brings back what was given up. Nothing is under way: its end would be written over what comes back.
    async fn revive(&mut self) -> Result<(), AppendError> {
        let name = self.desk.subscriber.name.clone();
        let mut many = 0;
        for only in std::mem::take(&mut self.reviving) {
            many += self.desk.store.revive(name.clone(), only).await?;
        }
        if many == 0 {
            return Ok(());
        }
        let place = tokio::task::block_in_place(|| self.reader.place(&name, self.desk.subscriber.start));
        // A log that cannot be read is tried again from the place that it has then.
        let Ok(place) = place else { return Err(AppendError::Closed) };
        let s = &self.desk.subscriber;
        self.queue = Queue::new(&s.order, s.retry.clone(), s.pace, place.cursor);
        (self.held, self.desk.skip, self.judged) = (place.held, None, place.judged);
        self.written = (place.cursor, Instant::now());
        self.ahead.clear();
        Ok(())
    }

    /// Lets what is under way come to its end, for a while, and writes down where it stands.
    async fn finish(&mut self) -> Result<(), String> {
        let deadline = tokio::time::Instant::now() + DRAIN;
        while let Ok(Some(sent)) = tokio::time::timeout_at(deadline, self.sending.join_next()).await {
            if let Ok(sent) = sent {
                self.take(sent).await?;
            }
        }
        self.sending.shutdown().await;
        self.note_place().await.map_err(|e| e.to_string())
    }

    fn delivery(&self, event: EventId, state: DeliveryState, reason: Option<String>) -> Delivery {
        let (subscriber, url) = (self.desk.subscriber.name.clone(), self.desk.subscriber.target.to_string());
        Delivery { subscriber, event, url, state, attempts: 0, status: None, reason, due: None }
    }

    /// A step that says nothing but where it stands.
    fn step(&self, cursor: EventId) -> Step {
        let subscriber = self.desk.subscriber.name.clone();
        Step { subscriber, at: now(), cursor, delivery: None, attempt: None, held: None }
    }

    async fn note_place(&mut self) -> Result<(), AppendError> {
        self.write(vec![self.step(self.queue.cursor())]).await
    }

    async fn note_held(&mut self) -> Result<(), AppendError> {
        self.write(vec![Step { held: Some(self.held.clone()), ..self.step(self.queue.cursor()) }]).await
    }

    /// Writes steps down, all or none of them.
    async fn write(&mut self, steps: Vec<Step>) -> Result<(), AppendError> {
        let Some(cursor) = steps.iter().map(|step| step.cursor).max() else { return Ok(()) };
        loop {
            match self.desk.store.steps(steps.clone()).await {
                // Capture comes first; what happened is not forgotten meanwhile.
                Err(error @ (AppendError::QueueFull | AppendError::Failed(_))) => {
                    let stopped = self.desk.stop.wait_for(|stop| *stop);
                    if tokio::time::timeout(PAUSE, stopped).await.is_ok() {
                        // What is not written down is sent again.
                        return Err(error);
                    }
                }
                written => {
                    self.written = (cursor, Instant::now());
                    return written;
                }
            }
        }
    }

    fn say(&self) {
        let state = match SubscriberState::of_held(self.held.as_deref()) {
            SubscriberState::Running if self.queue.is_waiting_for_target() => SubscriberState::WaitingForTarget,
            state => state,
        };
        let next = self.queue.tried_again_at().map(|at| at.0);
        let (sending, held) = (self.sending.len() as u64, self.held.clone());
        self.desk.say(|standing| {
            (standing.state, standing.next, standing.sending, standing.held) = (state, next, sending, held);
        });
    }
}

impl Desk {
    fn say(&self, change: impl FnOnce(&mut SubscriberStanding)) {
        self.standings.send_if_modified(|all| {
            let own = all.iter_mut().find(|standing| standing.name == self.subscriber.name);
            let Some(standing) = own else { return false };
            let before = standing.clone();
            change(standing);
            *standing != before
        });
    }
}

/// That much later.
fn later(wait: Duration) -> Timestamp {
    Timestamp(now().0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
}

/// Waits until then, or for a while: a machine that has slept, or whose clock was set, is noticed. Where there is nothing
/// to wait for, forever.
async fn until(at: Option<Timestamp>) {
    match at {
        Some(at) => tokio::time::sleep(Duration::from_micros(at.since(now()).max(0) as u64).min(LONGEST_SLEEP)).await,
        None => std::future::pending().await,
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

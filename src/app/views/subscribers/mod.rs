//! The subscribers' view: who gets events by itself, what waits for the chosen one, and what it is told to do.
//! It must not know how that is laid out: `lines` does.

mod lines;

use crate::app::command::Command;
use crate::app::over::{Confirm, Question};
use crate::app::{App, Effect, Focus, Overlay, View};
use crate::model::filter::Filter;
use crate::model::{
    Cause, EventId, Queued, QueuedEvent, ResendOrder, SetupOrder, SubscriberOrder, SubscriberStanding, SubscriberState,
    Timestamp, count, safe, thousands,
};
use lines::{Place, words};

/// While something counts down, in microseconds.
const SECOND_US: i64 = 1_000_000;
/// Events that are replayed from the screen at most.
const MOST_REPLAYED: usize = 10_000;

/// What the view shows.
#[derive(Debug, Default)]
pub struct SubscribersView {
    /// How they are doing.
    pub all: Vec<SubscriberStanding>,
    chosen: usize,
    /// They have been heard of.
    known: bool,
    /// What waits for one of them.
    queue: Queued,
    /// The keys go to the queue, and to this row of it.
    row: Option<usize>,
    /// The present, for what counts down.
    now: Timestamp,
}

impl SubscribersView {
    /// Events that wait for those that work.
    pub fn waiting(&self) -> u64 {
        self.all.iter().filter(|s| !s.state.is_held()).map(|s| s.waiting).sum()
    }

    /// What they are called.
    pub(in crate::app) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|one| one.name.as_str())
    }

    /// When the view wants to be told that time has gone on.
    pub(in crate::app) fn alarm(&self) -> Option<Timestamp> {
        let counts_down = self.all.iter().any(|s| s.next.is_some_and(|next| next > self.now.0) || s.waiting > 0);
        counts_down.then_some(Timestamp(self.now.0 + SECOND_US))
    }

    pub(in crate::app) fn tick(&mut self, at: Timestamp) {
        self.now = at;
    }

    fn chosen(&self) -> Option<&SubscriberStanding> {
        self.all.get(self.chosen.min(self.all.len().saturating_sub(1)))
    }

    /// The rows of the chosen one's queue: what waits, then what was given up.
    fn rows(&self) -> Vec<(&QueuedEvent, bool)> {
        let own = self.chosen().is_some_and(|chosen| chosen.name == self.queue.subscriber);
        let open = self.queue.open.iter().map(|event| (event, false));
        let rows = open.chain(self.queue.dead.iter().map(|event| (event, true)));
        rows.filter(|_| own).collect()
    }

    /// The event that the keys mean.
    fn event(&self) -> Option<EventId> {
        self.rows().get(self.row?).map(|(event, _)| event.id)
    }
}

impl App {
    /// Has what waits for the chosen one read, where it is in view.
    pub(in crate::app) fn ask_queue(&self) -> Vec<Effect> {
        let chosen = self.subscribers.chosen().filter(|_| self.view == View::Subscribers);
        chosen.map(|chosen| Effect::Queue(chosen.name.clone())).into_iter().collect()
    }

    pub(in crate::app) fn queued(&mut self, queue: Queued) -> Vec<Effect> {
        let before = self.subscribers.event();
        self.subscribers.queue = queue;
        if let Some(row) = self.subscribers.row {
            let rows = self.subscribers.rows();
            let most = rows.len().saturating_sub(1);
            // The same event stays chosen; where it is gone, what has come into its place.
            let same = rows.iter().position(|(event, _)| Some(event.id) == before);
            self.subscribers.row = Some(same.unwrap_or(row).min(most));
        }
        Vec::new()
    }

    /// How the subscribers are doing now.
    pub(in crate::app) fn subscribers_are(&mut self, all: Vec<SubscriberStanding>, at: Timestamp) -> Vec<Effect> {
        let before = std::mem::take(&mut self.subscribers.all);
        let of = |list: &[SubscriberStanding], name: &str| list.iter().find(|one| one.name == name).cloned();
        for now in &all {
            match of(&before, &now.name) {
                // What had been given up before this start is first counted then, and is nothing new.
                Some(before) if now.dead > before.dead && before.last.is_some() => {
                    let many = count(now.dead - before.dead, "event");
                    self.journal.note(&format!("{} has given up {many}; view 2 shows why", now.name), true, at);
                }
                Some(before) if before.state != now.state => {
                    let error = matches!(now.state, SubscriberState::Disabled | SubscriberState::WaitingForTarget);
                    self.journal.note(&format!("{} is {}", now.name, words(now)), error, at);
                }
                None if self.subscribers.known => {
                    self.journal.note(&format!("the subscriber {} begins", now.name), false, at);
                }
                _ => {}
            }
        }
        for gone in before.iter().filter(|one| of(&all, &one.name).is_none()) {
            self.journal.note(&format!("the subscriber {} is there no longer", gone.name), false, at);
        }
        let chosen = before.get(self.subscribers.chosen).map(|one| one.name.clone());
        let same = all.iter().position(|one| Some(&one.name) == chosen.as_ref());
        let view = &mut self.subscribers;
        view.chosen = same.unwrap_or(view.chosen).min(all.len().saturating_sub(1));
        (view.all, view.now, view.known) = (all, at, true);
        self.ask_queue()
    }

    pub(in crate::app) fn subscribers_command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        let view = &mut self.subscribers;
        let most = match view.row {
            Some(_) => view.rows().len().saturating_sub(1),
            None => view.all.len().saturating_sub(1),
        };
        let now = view.row.unwrap_or(view.chosen);
        let to = match command {
            Command::Back if view.row.is_some() => {
                view.row = None;
                return Vec::new();
            }
            Command::Back => return self.turn_to(View::Events, at),
            Command::OpenQueue if view.row.is_some() => return self.show_queued(at),
            Command::OpenQueue if view.rows().is_empty() => {
                return self.say("nothing waits, and nothing was given up", at);
            }
            Command::OpenQueue => {
                view.row = Some(0);
                return Vec::new();
            }
            Command::Down => now.saturating_add(1),
            Command::Up => now.saturating_sub(1),
            Command::PageDown | Command::HalfDown => now.saturating_add(10),
            Command::PageUp | Command::HalfUp => now.saturating_sub(10),
            Command::First => 0,
            Command::Last => most,
            _ => now,
        };
        match &mut view.row {
            Some(row) => *row = to.min(most),
            None => view.chosen = to.min(most),
        }
        if self.subscribers.row.is_none() { self.ask_queue() } else { Vec::new() }
    }

    /// A click chooses what it points at; a second one opens it.
    pub(in crate::app) fn click_subscribers(&mut self, line: usize, twice: bool, at: Timestamp) -> Vec<Effect> {
        let inside = self.layout().panes.inside(self.layout().boxed);
        let place = self.subscribers_at(line, inside.width.into(), inside.height.into());
        let view = &mut self.subscribers;
        match place {
            Some(Place::Subscriber(n)) => (view.chosen, view.row) = (n, None),
            Some(Place::Event(n)) => view.row = Some(n),
            None => return Vec::new(),
        }
        match twice {
            true => self.subscribers_command(Command::OpenQueue, at),
            false if self.subscribers.row.is_none() => self.ask_queue(),
            false => Vec::new(),
        }
    }

    /// Whether the keys go to the queue.
    pub(in crate::app) fn is_in_queue(&self) -> bool {
        self.view == View::Subscribers && self.subscribers.row.is_some()
    }

    /// To the event in the list.
    fn show_queued(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(event) = self.subscribers.event() else { return self.say("nothing waits any more", at) };
        (self.view, self.focus) = (View::Events, Focus::List);
        self.list.jump(event)
    }

    /// What keys do with the chosen subscriber, or with the chosen event of its queue.
    pub(in crate::app) fn order_subscriber(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        if command == Command::AddSubscriber {
            return self.open_subscribe();
        }
        let Some(chosen) = self.subscribers.chosen() else { return self.say("there is no subscriber; a adds one", at) };
        let name = chosen.name.clone();
        let order = match command {
            Command::EditSubscriber => return vec![Effect::EditSubscriber(name)],
            Command::Replay => return self.open_replay(name),
            Command::DropDead => return self.ask_to_drop(),
            Command::Retry if chosen.state.is_held() => {
                return self.say(&format!("{} is {}: s goes on", safe(&name), chosen.state.name()), at);
            }
            Command::Retry if self.subscribers.row.is_some() => match self.subscribers.event() {
                Some(event) => SubscriberOrder::Hurry(event),
                None => return self.say("nothing waits any more", at),
            },
            Command::Retry if chosen.dead == 0 => match self.subscribers.rows().first() {
                Some((event, _)) => SubscriberOrder::Hurry(event.id),
                None => return self.say(&format!("nothing waits for {}", safe(&name)), at),
            },
            Command::Retry => SubscriberOrder::Retry,
            _ if chosen.state.is_held() => SubscriberOrder::Resume,
            _ => SubscriberOrder::Suspend,
        };
        vec![Effect::Subscriber(name, order)]
    }

    /// First what was given up, then the subscriber itself.
    fn ask_to_drop(&mut self) -> Vec<Effect> {
        let Some(chosen) = self.subscribers.chosen() else { return Vec::new() };
        let (name, dead) = (chosen.name.clone(), chosen.dead);
        let confirm = match dead {
            0 => Confirm {
                question: match chosen.waiting {
                    0 => format!("Take {name} out of the configuration?"),
                    many => format!("Take {name} out of the configuration? {} wait for it.", thousands(many)),
                },
                key: 'r',
                word: "remove",
                of: Question::SetUp(SetupOrder::Remove(name)),
            },
            _ => Confirm {
                question: format!("Drop what {name} has given up, {}?", count(dead, "event")),
                key: 'd',
                word: "drop",
                of: Question::Subscriber(name, SubscriberOrder::Dismiss),
            },
        };
        self.open(Overlay::Confirm(confirm))
    }

    /// A subscriber was told, or could not be (what, and what to do).
    pub(in crate::app) fn ordered(
        &mut self,
        (name, order): (String, SubscriberOrder),
        result: Result<(), (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        let name = safe(&name).to_string();
        match (result, order) {
            (Ok(()), SubscriberOrder::Suspend) => self.tell(&format!("{name} is suspended; s goes on"), at),
            (Ok(()), SubscriberOrder::Resume) => self.tell(&format!("{name} goes on"), at),
            (Ok(()), SubscriberOrder::Retry) => self.tell(&format!("{name} tries again what it had given up"), at),
            (Ok(()), SubscriberOrder::Hurry(event)) => self.tell(&format!("{name} tries #{event} now"), at),
            (Ok(()), SubscriberOrder::Dismiss) => self.tell(&format!("{name}: what it had given up is dropped"), at),
            // Nobody at the screen says so.
            (Ok(()), SubscriberOrder::LookAgain) => Vec::new(),
            (Err((what, hint)), _) => self.complain(&format!("{what}; {hint}"), at),
        }
    }

    /// The configuration was changed, or could not be (what, and what to do).
    pub(in crate::app) fn set_up(&mut self, result: Result<String, (String, String)>, at: Timestamp) -> Vec<Effect> {
        match result {
            Ok(words) => self.tell(&words, at),
            Err((what, hint)) => self.complain(&format!("{what}; {hint}"), at),
        }
    }

    /// What a replay would send was found: it asks before it begins.
    pub(in crate::app) fn replayable(
        &mut self,
        (name, filter): (String, Filter),
        found: Result<(Vec<EventId>, u64), (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        let (ids, coming) = match found {
            Ok(found) => found,
            Err((what, hint)) => return self.complain(&format!("{what}; {hint}"), at),
        };
        let coming = match coming {
            0 => String::new(),
            n => format!("; {} come anyway", thousands(n)),
        };
        if ids.is_empty() {
            return self.say(&format!("nothing of {} matches{coming}", safe(&name)), at);
        }
        if ids.len() > MOST_REPLAYED {
            let text = format!(
                "more than {} match: whisper-tui subscribers replay {} --filter '{filter}'",
                thousands(MOST_REPLAYED as u64),
                safe(&name)
            );
            return self.complain(&text, at);
        }
        let many = count(ids.len() as u64, "event");
        let orders = ids.into_iter().map(|id| ResendOrder::plain(id, name.clone(), Cause::Replay)).collect();
        self.open(Overlay::Confirm(Confirm {
            question: format!("Replay {many} to {name}, oldest first{coming}?"),
            key: 's',
            word: "send",
            of: Question::Resend(orders),
        }))
    }
}

//! The screen's state, and how it answers to what happens: `update(&mut App, Msg) -> Vec<Effect>`, nothing else.
//! It must not draw, wait, read a clock or touch the log: it asks for such things by effects.
//! `ui` draws an `App`; `runtime` carries messages in and effects out.

mod body_pane;
mod changes;
mod command;
mod detail;
mod find;
mod folds;
mod hints;
mod history;
mod key;
mod keymap;
mod layout;
mod list;
mod marks;
mod memory;
mod mouse;
mod moves;
mod msg;
mod over;
mod press;
mod resend;
mod tabs;
#[cfg(test)]
pub(crate) mod tests;
mod tour;
mod update;
mod views;

pub use command::Context;
pub use detail::{Detail, Opened, Resign, Tab};
pub use find::Find;
pub use hints::Hint;
pub use key::{Code, Key};
pub use keymap::KeyMap;
pub use layout::Area;
pub use list::{Line, List};
pub use marks::MOST_MARKED;
pub use memory::Memory;
pub use mouse::{Gesture, Pointer};
pub use msg::{Effect, Msg};
pub use over::{
    ActionRow, CHOICES, Compare, Confirm, Dialog, FilterPrompt, Foreign, Group, Help, Offer, Output, SYNTAX,
    SecretPrompt, Sheet, StorySheet, Subscribe, difference, first_action,
};
pub use resend::{Batch, TARGETS};
pub use update::update;
pub use views::{Journal, OverviewView, SourcesView, SubscribersView, View};

use crate::model::filter::Saved;
use crate::model::{Allowed, EventId, Health, ResendOrder, Standing, Timestamp};
use history::Histories;
use jiff::tz::TimeZone;
use tui_input::Input;

/// The smallest screen that can be used.
pub const SMALLEST: (u16, u16) = (60, 15);

/// Everything that the screen shows.
#[derive(Debug)]
pub struct App {
    /// What does not change while it runs.
    pub place: Place,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Whether capture works.
    pub health: Health,
    /// What fills the screen.
    pub view: View,
    /// What the timing view shows.
    pub overview: OverviewView,
    /// What the sources' view shows.
    pub sources: SourcesView,
    /// What the subscribers' view shows.
    pub subscribers: SubscribersView,
    /// What the log view shows.
    pub journal: Journal,
    /// The events list.
    pub list: List,
    /// The selected event.
    pub detail: Detail,
    /// Which pane the keys go to.
    pub focus: Focus,
    /// How much wider (or higher) the list is than at first, in percent of the screen.
    pub split: i8,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    /// What lies over the panes.
    pub overlay: Overlay,
    /// The line above the hints.
    pub toast: Option<Toast>,
    /// Where events were sent to before, the last target first.
    pub targets: Vec<String>,
    /// Re-sends under way.
    pub sending: usize,
    /// How the rules for answers stand.
    pub standings: Vec<Standing>,
    /// Other processes that look on, and would see nothing more if this one were left.
    pub watchers: usize,
    /// The command that has the body and has not ended yet.
    pub running: Option<String>,
    /// What is to be shown once nothing else lies over the panes.
    pub(in crate::app) later: Option<Overlay>,
    /// What was typed before, for each prompt.
    pub(in crate::app) histories: Histories,
    /// Several re-sends that go out one after the other.
    pub batch: Option<Batch>,
    /// The event that is being read, and from when on it has been.
    pub(in crate::app) reading: Option<(EventId, Timestamp)>,
    /// What was edited and could not be read: the editor goes on with it.
    pub(in crate::app) draft: Option<(EventId, String)>,
    /// The first of two events to compare.
    pub compared: Option<EventId>,
    /// The event whose last two answers the toast offers to compare.
    pub(in crate::app) offered: Option<EventId>,
    /// Changes of marks: asked for, and made.
    pub(in crate::app) ledger: marks::Ledger,
    /// The last key and when it was seen, so that a held key acts once.
    pub(in crate::app) presses: press::Presses,
    /// A re-send by what may be a held key, and when that will be known.
    pub(in crate::app) again: Option<(ResendOrder, Timestamp)>,
    /// A filter that another view has put in force.
    pub(in crate::app) window: Option<views::Window>,
    /// The demo's tour, and how far it has come.
    pub(in crate::app) tour: Option<tour::Tour>,
    /// What is known of the mouse.
    pub pointer: Pointer,
    /// When Ctrl-C was pressed last.
    pub(in crate::app) interrupted: Option<Timestamp>,
}

/// Where this process listens and what it keeps.
#[derive(Clone, Debug)]
pub struct Place {
    /// The URLs it listens on.
    pub urls: Vec<String>,
    /// The log's file, as shown.
    pub store: String,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Origins beyond loopback to which events may go.
    pub allowed: Allowed,
    /// What `@name` means in a filter.
    pub saved: Saved,
    /// The keys in force.
    pub keys: KeyMap,
    /// This process listens, and stops with the screen.
    pub serves: bool,
    /// What the user should know from the start.
    pub warnings: Vec<String>,
    /// It is the demo, which is explained step by step.
    pub tour: bool,
}

/// A pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The list.
    List,
    /// The detail.
    Detail,
}

/// What lies over the panes; one thing at a time.
#[derive(Debug)]
pub enum Overlay {
    /// Nothing.
    None,
    /// Every command with its keys.
    Help(Help),
    /// What can be done with the selected event; the row that Enter runs.
    Actions(usize),
    /// The rules for answers; the row that Enter turns.
    Answers(usize),
    /// The re-send dialog.
    Resend(Box<Dialog>),
    /// Asking for a filter.
    Filter(Box<FilterPrompt>),
    /// Asking for a text to find in the tab in front.
    Find(Input),
    /// Waiting for what to copy.
    Copy,
    /// Where to send events.
    Where,
    /// What differs between two events.
    Compare(Compare),
    /// The story of what an event is about.
    Story(StorySheet),
    /// Lines to read.
    Sheet(Sheet),
    /// Asking for a command that gets the body.
    Pipe(Input),
    /// Whether to suspend although listening stops then.
    Suspend,
    /// Asking for the words beside an event.
    Note(EventId, Input),
    /// Asking for a secret.
    Secret(SecretPrompt),
    /// Asking for the host of a target beyond this machine.
    Foreign(Foreign),
    /// Asking for a new subscriber, or for what is to be replayed to one.
    Subscribe(Subscribe),
    /// Whether to do something that touches many events.
    Confirm(Confirm),
    /// Whether to leave although work is under way.
    Quit,
}

/// A short message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// The words.
    pub text: String,
    /// It stays until the next key.
    pub error: bool,
    /// When it goes away by itself.
    pub until: Timestamp,
}

impl App {
    /// An app that has seen nothing yet.
    pub fn new(place: Place, size: (u16, u16), targets: Vec<String>) -> App {
        // It stays until the next key, like every error.
        let toast = (!place.warnings.is_empty()).then(|| Toast {
            text: place.warnings.join("; "),
            error: true,
            until: Timestamp::default(),
        });
        let tour = place.tour.then(tour::Tour::default);
        App {
            place,
            size,
            health: Health::default(),
            view: View::default(),
            overview: OverviewView::default(),
            sources: SourcesView::default(),
            subscribers: SubscribersView::default(),
            journal: Journal::default(),
            list: List::default(),
            detail: Detail::default(),
            focus: Focus::List,
            split: 0,
            zoom: false,
            overlay: Overlay::None,
            toast,
            targets,
            sending: 0,
            standings: Vec::new(),
            watchers: 0,
            running: None,
            later: None,
            histories: Histories::default(),
            batch: None,
            reading: None,
            draft: None,
            compared: None,
            offered: None,
            ledger: marks::Ledger::default(),
            presses: press::Presses::default(),
            again: None,
            window: None,
            tour,
            pointer: Pointer::default(),
            interrupted: None,
        }
    }

    /// The selected event, once it has been read: for a moment the pane may still show the one before.
    pub(in crate::app) fn current(&self) -> Option<&Opened> {
        let selected = self.list.selected.as_ref()?.id;
        self.detail.opened.as_deref().filter(|opened| opened.stored.id == selected)
    }

    /// When it wants to be told that time has gone on.
    pub fn alarm(&self) -> Option<Timestamp> {
        let toast = self.toast.as_ref().filter(|toast| !toast.error).map(|toast| toast.until);
        let read = self.reading.map(|(_, due)| due);
        let overview = self.overview.alarm().filter(|_| self.view == View::Timing);
        let subscribers = self.subscribers.alarm().filter(|_| self.view == View::Subscribers);
        let sources = self.sources.alarm().filter(|_| self.view == View::Sources);
        let again = self.again.as_ref().map(|(_, due)| *due);
        let filter = self.filter_due();
        toast.into_iter().chain(read).chain(overview).chain(sources).chain(subscribers).chain(again).chain(filter).min()
    }

    /// Whether there is nothing to list yet.
    pub fn is_first_run(&self) -> bool {
        self.list.loaded && self.list.heads.event == 0
    }

    /// The line that makes a first event.
    pub fn first_curl(&self) -> String {
        let url = self.place.urls.first().map_or("", String::as_str);
        format!("curl -d '{{\"hello\":\"world\"}}' -H 'content-type: application/json' {url}/test")
    }
}

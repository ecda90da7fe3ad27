//! The views of the whole screen besides the events: what each says, as lines of painted text.
//! It must not know where they stand; switching from one to another is here too.

mod header;
mod journal;
mod overview;
mod sources;
mod subscribers;

pub use journal::Journal;
pub use overview::OverviewView;
pub use sources::SourcesView;
pub use subscribers::SubscribersView;

use super::command::Command;
use super::{App, Context, Effect, Focus};
use crate::model::filter::Filter;
use crate::model::{Painted, Timestamp};

/// What fills the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// The list and the selected event.
    #[default]
    Events,
    /// Who gets events by themselves.
    Subscribers,
    /// What arrived over time, and how fast it was acknowledged.
    Timing,
    /// What happened to the listener and on this screen.
    Log,
    /// Each entrance, and what is done well about it.
    Sources,
}

impl View {
    /// All views in the order of their keys.
    pub const ALL: [View; 5] = [View::Events, View::Subscribers, View::Timing, View::Log, View::Sources];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            View::Events => "Events",
            View::Subscribers => "Subs",
            View::Timing => "Timing",
            View::Log => "Log",
            View::Sources => "Sources",
        }
    }
}

/// A filter that another view has put in force, and the way back from it.
#[derive(Debug)]
pub(super) struct Window {
    /// The filter.
    shown: Filter,
    /// The one that was in force before.
    before: Option<Filter>,
    /// Where it was asked for.
    from: View,
}

impl App {
    /// Lists what matches, for another view: Esc comes back to it, with the filter that was in force before.
    fn list_for_view(&mut self, shown: Filter, before: Option<Filter>) -> Vec<Effect> {
        self.window = Some(Window { shown: shown.clone(), before, from: self.view });
        (self.view, self.focus, self.zoom) = (View::Events, Focus::List, false);
        self.show(|scope| scope.filter = Some(shown))
    }

    /// Back to the view that has put the filter in force, if it is that one still.
    pub(super) fn leave_window(&mut self, at: Timestamp) -> Option<Vec<Effect>> {
        let Window { shown, before, from } = self.window.take()?;
        if self.list.scope.filter.as_ref() != Some(&shown) {
            return None;
        }
        let mut effects = self.show(|scope| scope.filter = before);
        effects.extend(self.turn_to(from, at));
        Some(effects)
    }

    /// Where the keys are at home.
    pub fn context(&self) -> Context {
        match (self.view, self.focus) {
            (View::Events, Focus::List) => Context::List,
            (View::Events, Focus::Detail) => Context::Detail,
            (View::Subscribers, _) => Context::Subscribers,
            (View::Timing, _) => Context::Timing,
            (View::Log, _) => Context::Log,
            (View::Sources, _) => Context::Sources,
        }
    }

    pub(super) fn turn_to(&mut self, view: View, at: Timestamp) -> Vec<Effect> {
        if view == View::Events && self.view == View::Events {
            // Once more: all of it.
            (self.zoom, self.focus) = (false, Focus::List);
        }
        self.view = view;
        match view {
            View::Events => Vec::new(),
            View::Subscribers => self.ask_queue(),
            View::Timing => self.ask_overview(at),
            View::Sources => self.ask_sources(),
            View::Log => {
                self.journal.seen();
                vec![Effect::Runs]
            }
        }
    }

    /// Turns to the view and the pane where something is at home.
    pub(super) fn go_home(&mut self, home: Context) {
        (self.view, self.focus) = match home {
            Context::Anywhere => return,
            Context::Events => (View::Events, self.focus),
            Context::List => (View::Events, Focus::List),
            Context::Detail => (View::Events, Focus::Detail),
            Context::Subscribers => (View::Subscribers, self.focus),
            Context::Timing => (View::Timing, self.focus),
            Context::Log => (View::Log, self.focus),
            Context::Sources => (View::Sources, self.focus),
        };
    }

    /// Carries out a command in a view other than the events.
    pub(super) fn view_command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        match (self.view, command) {
            (View::Subscribers, command) => self.subscribers_command(command, at),
            (View::Timing, Command::Back) if self.overview.drops_range() => Vec::new(),
            (_, Command::Back) => self.turn_to(View::Events, at),
            (View::Timing, command) => self.overview_command(command, at),
            (View::Log, command) => self.journal_command(command),
            (View::Sources, command) => self.sources_command(command),
            (View::Events, _) => Vec::new(),
        }
    }

    /// The title and the lines of the view, for its size inside the frame.
    pub fn view_lines(&self, width: usize, height: usize) -> (String, Vec<Painted>) {
        match self.view {
            View::Events => Default::default(),
            View::Subscribers => self.subscribers_lines(width, height),
            View::Timing => self.overview_lines(width, height),
            View::Log => self.journal_lines(width, height),
            View::Sources => self.sources_lines(width, height),
        }
    }
}

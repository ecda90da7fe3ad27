//! What the screen wishes to have read: of each kind the latest, for an earlier one has been overtaken.
//! It must not lose one: there is a place for each kind, and no queue that could be full.

use crate::app::Effect;
use crate::model::{EventId, OverviewWish, PageWish, Scope, SuggestWish};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// One wish of each kind at most.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// A window of rows.
    pub(super) page: Option<PageWish>,
    /// The ids of the rows between two events.
    pub(super) ids: Option<(Scope, (EventId, EventId))>,
    /// Arrivals over a span of time.
    pub(super) overview: Option<OverviewWish>,
    /// What is known of the sources.
    pub(super) sources: bool,
    /// When somebody listened.
    pub(super) runs: bool,
    /// What waits for a subscriber.
    pub(super) queue: Option<String>,
    /// The story of what an event is about.
    pub(super) story: Option<EventId>,
    /// What differs between two events.
    pub(super) compare: Option<(EventId, EventId)>,
    /// What occurs in the place of a word of a filter.
    pub(super) suggest: Option<SuggestWish>,
    /// A whole event.
    pub(super) open: Option<EventId>,
    /// Nobody wishes any more.
    closed: bool,
    /// Something is wished for.
    any: bool,
}

/// The place where they are left and taken.
#[derive(Clone, Debug, Default)]
pub(super) struct WishBox(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    wishes: Mutex<Wishes>,
    changed: Condvar,
    /// Pages that were wished for so far.
    pages: AtomicU64,
}

impl WishBox {
    /// Leaves a wish.
    pub(super) fn leave(&self, wish: impl FnOnce(&mut Wishes)) {
        let mut wishes = self.0.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        wish(&mut wishes);
        wishes.any = true;
        if wishes.page.is_some() {
            self.0.pages.fetch_add(1, Ordering::Relaxed);
        }
        self.0.changed.notify_one();
    }

    /// Leaves the wish that an effect of the screen is; gives back one that is none.
    pub(super) fn wish(&self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::Page(wish) => self.leave(|wishes| wishes.page = Some(wish)),
            Effect::Ids(scope, between) => self.leave(|wishes| wishes.ids = Some((scope, between))),
            Effect::Overview(wish) => self.leave(|wishes| wishes.overview = Some(wish)),
            Effect::Runs => self.leave(|wishes| wishes.runs = true),
            Effect::Sources => self.leave(|wishes| wishes.sources = true),
            Effect::Story(id) => self.leave(|wishes| wishes.story = Some(id)),
            Effect::Compare(a, b) => self.leave(|wishes| wishes.compare = Some((a, b))),
            Effect::Queue(name) => self.leave(|wishes| wishes.queue = Some(name)),
            Effect::Open(id) => self.leave(|wishes| wishes.open = Some(id)),
            Effect::Suggest(wish) => self.leave(|wishes| wishes.suggest = Some(wish)),
            other => return Some(other),
        }
        None
    }

    /// Says that there will be no more.
    pub(super) fn close(&self) {
        self.leave(|wishes| wishes.closed = true);
    }

    /// Takes what is wished for, once there is something; `None` when there will be no more.
    pub(super) fn take(&self) -> Option<Wishes> {
        let wishes = self.0.wishes.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.changed.wait_while(wishes, |wishes| !wishes.any);
        let mut wishes = waited.unwrap_or_else(PoisonError::into_inner);
        (!wishes.closed).then(|| std::mem::take(&mut *wishes))
    }

    /// Takes what is wished for now, if anything is.
    #[cfg(test)]
    pub(super) fn take_now(&self) -> Option<Wishes> {
        self.is_any().then(|| self.take()).flatten()
    }

    /// Whether something is wished for that has not been taken.
    pub(super) fn is_any(&self) -> bool {
        self.0.wishes.lock().unwrap_or_else(PoisonError::into_inner).any
    }

    /// Whether another overview is wished for.
    pub(super) fn is_overview(&self) -> bool {
        self.0.wishes.lock().unwrap_or_else(PoisonError::into_inner).overview.is_some()
    }

    /// Grows with every page that is wished for.
    pub(super) fn pages(&self) -> u64 {
        self.0.pages.load(Ordering::Relaxed)
    }
}

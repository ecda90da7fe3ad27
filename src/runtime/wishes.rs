//! What the screen wishes to have read: of each kind the latest, for an earlier one has been overtaken.
//! It must not lose one: there is a place for each kind, and no queue that could be full.

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

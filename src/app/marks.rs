//! What the user keeps beside events: read, pinned, notes, soft deletes; which events an action means; and undo.
//! It must not change a row itself: the log is told, and says what became of it.

use super::confirm::{Confirm, Question};
use super::dialog::edit_request;
use super::{App, Code, Effect, Key, Overlay};
use crate::model::{EventId, Mark, MarkOrder, Row, Timestamp, count};
use std::collections::BTreeSet;
use tui_input::Input;

/// An event that has been shown for so long has been read, in microseconds.
const READ_US: i64 = 500_000;

/// A change that can be taken back.
#[derive(Clone, Debug)]
pub(in crate::app) struct Undo {
    /// What it was.
    words: String,
    /// What takes it back.
    orders: Vec<MarkOrder>,
    /// The events that were marked.
    marked: BTreeSet<EventId>,
}

impl App {
    /// The selected event is on the screen: after a while it has been read.
    pub(super) fn shown_at(&mut self, at: Timestamp) {
        let unread = self.list.selected.as_ref().filter(|row| !row.marks.read);
        self.reading = unread.map(|row| (row.id, Timestamp(at.0 + READ_US)));
    }

    /// Time has gone on, or the event was opened: one that has been looked at is read.
    pub(super) fn read(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some((id, _)) = self.reading.filter(|(_, due)| *due <= now) else { return Vec::new() };
        self.reading = None;
        match self.list.selected.as_ref().is_some_and(|row| row.id == id) {
            true => vec![Effect::Mark(MarkOrder { events: vec![id], mark: Mark::Read(true), folded: false })],
            false => Vec::new(),
        }
    }

    /// Marks the row for the next action, and goes on to the one below.
    pub(super) fn toggle_mark(&mut self, at: Timestamp) -> Vec<Effect> {
        if self.list.range.is_some() {
            return self.toggle_range(at);
        }
        let Some(row) = &self.list.selected else { return Vec::new() };
        if !self.list.marked.remove(&row.id) {
            self.list.marked.insert(row.id);
        }
        let height = self.list_height();
        self.list.step(self.list.downwards(1), height)
    }

    /// Begins a range at the row, or marks all rows from there to here.
    pub(super) fn toggle_range(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(here) = self.list.selected.as_ref().map(|row| row.id) else { return Vec::new() };
        match self.list.range.take() {
            None => {
                self.list.range = Some(here);
                self.say("a range begins here: move, then v marks it, or act on it at once", at)
            }
            Some(from) => vec![Effect::Ids(self.list.scope.clone(), (from.min(here), from.max(here)))],
        }
    }

    /// Marks everything that the list shows; all of it marked, no mark stays.
    pub(super) fn mark_all(&mut self) -> Vec<Effect> {
        if !self.list.marked.is_empty() {
            self.list.marked.clear();
            return Vec::new();
        }
        vec![Effect::Ids(self.list.scope.clone(), (EventId(0), EventId(i64::MAX)))]
    }

    pub(super) fn marked(&mut self, ids: Vec<EventId>, at: Timestamp) -> Vec<Effect> {
        self.list.marked.extend(ids);
        let many = count(self.list.marked.len() as u64, "event");
        self.say(&format!("{many} marked; Esc takes the marks away"), at)
    }

    fn row(&self, id: EventId) -> Option<&Row> {
        let selected = self.list.selected.as_ref().filter(|row| row.id == id);
        selected.or_else(|| self.list.rows.iter().find(|row| row.id == id))
    }

    /// What the next action means; nothing, with the reason said, while a range reaches out of what is loaded.
    pub(super) fn meant(&mut self, at: Timestamp) -> Vec<EventId> {
        if self.list.range.is_some() && self.list.ranged().is_empty() {
            self.complain("the range begins far away: v marks it first", at);
            return Vec::new();
        }
        self.list.meant()
    }

    pub(super) fn pin(&mut self, at: Timestamp) -> Vec<Effect> {
        let ids = self.meant(at);
        let pinned = |id: &EventId| self.row(*id).is_some_and(|row| row.marks.pinned);
        let pin = !ids.iter().all(pinned);
        let change: Vec<EventId> = ids.into_iter().filter(|id| pinned(id) != pin).collect();
        let words = format!("{} {}", if pin { "pinned" } else { "unpinned" }, named(&change));
        let order = MarkOrder { events: change, mark: Mark::Pinned(pin), folded: false };
        let back = MarkOrder { mark: Mark::Pinned(!pin), ..order.clone() };
        self.change(words, vec![order], vec![back], at)
    }

    /// Deletes softly, after a question where it is more than one event; deleted ones come back.
    pub(super) fn delete(&mut self, at: Timestamp) -> Vec<Effect> {
        let ids = self.meant(at);
        let deleted = |id: &EventId| self.row(*id).is_some_and(|row| row.marks.deleted_at.is_some());
        if !ids.is_empty() && ids.iter().all(deleted) {
            let words = format!("brought back {}", named(&ids));
            let order = MarkOrder { events: ids, mark: Mark::Deleted(None), folded: false };
            let back = MarkOrder { mark: Mark::Deleted(Some(at)), ..order.clone() };
            return self.change(words, vec![order], vec![back], at);
        }
        let (folded, alone): (Vec<EventId>, Vec<EventId>) =
            ids.into_iter().partition(|id| self.row(*id).is_some_and(|row| row.folds));
        let order = |events, folded| MarkOrder { events, mark: Mark::Deleted(Some(at)), folded };
        let several = folded.len() + alone.len() > 1 || !folded.is_empty();
        let with = if folded.is_empty() { "" } else { " with the arrivals folded into it" };
        let all: Vec<EventId> = folded.iter().chain(&alone).copied().collect();
        let orders: Vec<MarkOrder> =
            [order(folded, true), order(alone, false)].into_iter().filter(|o| !o.events.is_empty()).collect();
        match several {
            true => self.open(Overlay::Confirm(Confirm {
                question: format!("Delete {}{with}?", count(all.len() as u64, "event")),
                key: 'd',
                word: "delete",
                of: Question::Delete(orders),
            })),
            false => self.delete_now(orders, at),
        }
    }

    pub(super) fn delete_now(&mut self, orders: Vec<MarkOrder>, at: Timestamp) -> Vec<Effect> {
        let going: Vec<EventId> = orders.iter().flat_map(|order| order.events.iter().copied()).collect();
        let back = orders.iter().map(|order| MarkOrder { mark: Mark::Deleted(None), ..order.clone() }).collect();
        let mut effects = self.change(format!("deleted {}", named(&going)), orders, back, at);
        if !self.list.scope.deleted {
            effects.extend(self.list.leave(&going));
        }
        self.list.marked.clear();
        effects
    }

    /// Gives the orders and remembers how to take them back.
    fn change(&mut self, words: String, orders: Vec<MarkOrder>, back: Vec<MarkOrder>, at: Timestamp) -> Vec<Effect> {
        let orders: Vec<MarkOrder> = orders.into_iter().filter(|order| !order.events.is_empty()).collect();
        if orders.is_empty() {
            return Vec::new();
        }
        self.undo.push(Undo { words: words.clone(), orders: back, marked: self.list.marked.clone() });
        self.list.range = None;
        self.say(&format!("{words}; u undoes it"), at);
        orders.into_iter().map(Effect::Mark).collect()
    }

    /// Takes the last change back.
    pub(super) fn undo(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(undo) = self.undo.pop() else {
            return self.say("there is nothing to undo; what was sent cannot be taken back", at);
        };
        self.list.marked = undo.marked;
        self.say(&format!("undone: {}", undo.words), at);
        undo.orders.into_iter().map(Effect::Mark).collect()
    }

    /// Asks for the words beside the selected event.
    pub(super) fn open_note(&mut self) -> Vec<Effect> {
        let Some(row) = &self.list.selected else { return Vec::new() };
        let text = row.marks.note.clone().unwrap_or_default();
        self.open(Overlay::Note(row.id, Input::new(text)))
    }

    pub(super) fn note_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Note(id, input) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc => return self.close(),
            Code::Enter => {
                let (id, mark) = (*id, Mark::note(input.value()));
                self.overlay = Overlay::None;
                let before = self.row(id).and_then(|row| row.marks.note.clone());
                if mark == Mark::Note(before.clone()) {
                    return Vec::new();
                }
                let order = MarkOrder { events: vec![id], mark, folded: false };
                let back = MarkOrder { mark: Mark::Note(before), ..order.clone() };
                return self.change(format!("noted beside #{id}"), vec![order], vec![back], at);
            }
            _ => {}
        }
        if let Some(request) = edit_request(key) {
            input.handle(request);
        }
        Vec::new()
    }
}

/// One event by its number, several by how many they are.
fn named(ids: &[EventId]) -> String {
    match ids {
        [id] => format!("#{id}"),
        ids => count(ids.len() as u64, "event"),
    }
}

//! What the user keeps beside events: read, pinned, notes, soft deletes; which events an action means; and undo.
//! It must not change a row itself: the log is told, and says what became of it.

use super::over::{Confirm, Question, edit_request};
use super::{App, Code, Effect, Key, Overlay};
use crate::model::{EventId, Mark, MarkOrder, Row, Timestamp, count};
use std::collections::BTreeSet;
use tui_input::Input;

/// Events that are marked at once at most.
pub const MOST_MARKED: usize = 10_000;
/// An event that has been shown for so long has been read, in microseconds.
const READ_US: i64 = 500_000;

/// A change that was asked for, or one that can be taken back.
#[derive(Clone, Debug)]
struct Change {
    /// What is done with the events, for example `pinned`.
    verb: &'static str,
    /// The order.
    order: MarkOrder,
    /// The mark that takes it back.
    back: Mark,
    /// The events that were marked.
    marked: BTreeSet<EventId>,
    /// It takes an earlier one back.
    undoes: Option<Box<Change>>,
}

/// The changes of this session.
#[derive(Debug, Default)]
pub(in crate::app) struct Ledger {
    /// Those that were asked for and are not on disk yet.
    asked: Vec<Change>,
    /// Those that can be taken back, the last one at the end.
    made: Vec<Change>,
    /// What is being marked is to be deleted then.
    deletes: bool,
}

impl Ledger {
    /// Whether there is nothing to take back.
    pub(super) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }
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
            true => vec![Effect::Mark(MarkOrder { events: vec![id], mark: Mark::Read(true), folded: Vec::new() })],
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

    /// Marks everything that the list shows; where all of it is marked, no mark stays.
    pub(super) fn mark_all(&mut self, at: Timestamp) -> Vec<Effect> {
        let all = self.list.rows.iter().all(|row| self.list.marked.contains(&row.id));
        if all && !self.list.marked.is_empty() {
            self.list.marked.clear();
            return self.say("no event is marked", at);
        }
        vec![Effect::Ids(self.list.scope.clone(), (EventId(0), EventId(i64::MAX)))]
    }

    /// Asks whether all that is shown shall be deleted, once it is known what that is.
    pub(super) fn delete_all(&mut self) -> Vec<Effect> {
        self.list.marked.clear();
        self.ledger.deletes = true;
        vec![Effect::Ids(self.list.scope.clone(), (EventId(0), EventId(i64::MAX)))]
    }

    pub(super) fn marked(&mut self, ids: Vec<EventId>, at: Timestamp) -> Vec<Effect> {
        let all = ids.len() < MOST_MARKED;
        self.list.marked.extend(ids);
        let many = count(self.list.marked.len() as u64, "event");
        let newest = if all { "" } else { ", the newest" };
        if std::mem::take(&mut self.ledger.deletes) {
            return self.delete(at);
        }
        self.say(&format!("{many} marked{newest}; Esc takes the marks away"), at)
    }

    pub(super) fn row(&self, id: EventId) -> Option<&Row> {
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
        let events = self.meant(at);
        let pin = !events.iter().all(|id| self.row(*id).is_some_and(|row| row.marks.pinned));
        let verb = if pin { "pinned" } else { "unpinned" };
        let order = MarkOrder { events, mark: Mark::Pinned(pin), folded: Vec::new() };
        self.change(verb, order, Mark::Pinned(!pin))
    }

    /// Deletes softly, after a question where it is more than one event; deleted ones come back.
    pub(super) fn delete(&mut self, at: Timestamp) -> Vec<Effect> {
        let events = self.meant(at);
        let deleted = |id: &EventId| self.row(*id).is_some_and(|row| row.marks.deleted_at.is_some());
        if !events.is_empty() && events.iter().all(deleted) {
            let order = MarkOrder { events, mark: Mark::Deleted(None), folded: Vec::new() };
            return self.change("brought back", order, Mark::Deleted(Some(at)));
        }
        // Of a row that is not loaded it is not known whether it folds others: where rows are folded it may.
        let may_fold = self.list.scope.filter.is_none() && !self.list.scope.unfolded;
        let folds = |id: &&EventId| self.row(**id).map_or(may_fold, |row| row.folds > 0);
        let folded: Vec<EventId> = events.iter().filter(folds).copied().collect();
        let known: u64 = events.iter().filter_map(|id| self.row(*id)).map(|row| row.folds).sum();
        let more = if folded.iter().any(|id| self.row(*id).is_none()) { " and what is folded into them" } else { "" };
        let question = format!("Delete {}{more}?", count(events.len() as u64 + known, "event"));
        let several = events.len() > 1 || !folded.is_empty();
        let order = MarkOrder { events, mark: Mark::Deleted(Some(at)), folded };
        match several {
            true => {
                self.open(Overlay::Confirm(Confirm { question, key: 'd', word: "delete", of: Question::Delete(order) }))
            }
            false => self.delete_now(order),
        }
    }

    pub(super) fn delete_now(&mut self, order: MarkOrder) -> Vec<Effect> {
        let going = order.events.clone();
        let mut effects = self.change("deleted", order, Mark::Deleted(None));
        if !self.list.scope.deleted {
            let height = self.list_height();
            effects.extend(self.list.leave(&going, height));
        }
        self.list.marked.clear();
        effects
    }

    /// Gives the order; what came of it can be taken back once it is known.
    fn change(&mut self, verb: &'static str, order: MarkOrder, back: Mark) -> Vec<Effect> {
        if order.events.is_empty() {
            return Vec::new();
        }
        let by_marks = self.list.meant_by_marks() > 0;
        let marked = if by_marks { self.list.meant().into_iter().collect() } else { BTreeSet::new() };
        self.ledger.asked.push(Change { verb, order: order.clone(), back, marked, undoes: None });
        self.list.range = None;
        vec![Effect::Mark(order)]
    }

    /// The log says what came of an order: only what it changed is taken back by undo.
    pub(super) fn mark_set(
        &mut self,
        order: &MarkOrder,
        result: Result<Vec<EventId>, (String, String)>,
        at: Timestamp,
    ) -> Vec<Effect> {
        let asked = self.ledger.asked.iter().position(|change| change.order == *order);
        let asked = asked.map(|n| self.ledger.asked.remove(n));
        if result.is_ok() && matches!(order.mark, Mark::Deleted(_)) {
            self.list.recount();
        }
        match (result, asked) {
            (Err((what, hint)), asked) => {
                // What could not be taken back can be tried again.
                self.ledger.made.extend(asked.and_then(|change| change.undoes).map(|change| *change));
                self.complain(&format!("{what}: {hint}"), at)
            }
            (Ok(_), Some(Change { undoes: Some(undone), .. })) => {
                self.tell(&format!("undone: {} {}", undone.verb, named(&undone.order.events)), at)
            }
            (Ok(events), Some(change)) if !events.is_empty() => {
                let text = format!("{} {}; u undoes it", change.verb, named(&events));
                let order = MarkOrder { events, mark: change.order.mark.clone(), folded: Vec::new() };
                self.ledger.made.push(Change { order, ..change });
                self.tell(&text, at)
            }
            (Ok(_), _) => Vec::new(),
        }
    }

    /// Takes the last change back.
    pub(super) fn undo(&mut self, at: Timestamp) -> Vec<Effect> {
        if !self.ledger.asked.is_empty() {
            // Which one is the last is known once it is on disk.
            return self.say("the last change is still being written", at);
        }
        let Some(change) = self.ledger.made.pop() else {
            return self.say("there is nothing to undo; what was sent cannot be taken back", at);
        };
        self.list.marked.clone_from(&change.marked);
        let order = MarkOrder { mark: change.back.clone(), ..change.order.clone() };
        let undo = Change {
            verb: "undone",
            order: order.clone(),
            back: change.order.mark.clone(),
            marked: BTreeSet::new(),
            undoes: Some(Box::new(change)),
        };
        self.ledger.asked.push(undo);
        vec![Effect::Mark(order)]
    }

    /// Asks for the words beside the selected event.
    pub(super) fn open_note(&mut self) -> Vec<Effect> {
        let Some(row) = &self.list.selected else { return Vec::new() };
        let text = row.marks.note.clone().unwrap_or_default();
        self.open(Overlay::Note(row.id, Input::new(text)))
    }

    pub(super) fn note_key(&mut self, key: Key) -> Vec<Effect> {
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
                let order = MarkOrder { events: vec![id], mark, folded: Vec::new() };
                return self.change("noted beside", order, Mark::Note(before));
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

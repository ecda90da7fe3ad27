//! The re-send dialog: where to, what becomes of the signature, and a preview of what will leave.
//! It must not send: Enter gives the order, which is carried out elsewhere.

use super::preview::{changed_lines, preview};
use crate::app::{App, Area, Code, Effect, Key, Overlay};
use crate::model::{
    Allowed, Cause, Edited, EventId, Outgoing, Painted, ResendOrder, Role, SignaturePolicy, Target, TargetError,
    Timestamp, count, safe,
};
use tui_input::{Input, InputRequest};

/// What stands in the URL field at first.
const FIRST_URL: &str = "http://127.0.0.1:";

/// Targets that are offered at most.
const MOST_TARGETS: usize = 5;

/// Columns of the popup at most.
const WIDTH: u16 = 100;

/// The dialog's state.
#[derive(Debug)]
pub struct Dialog {
    /// The event, fixed when the dialog was opened; of several the oldest.
    pub event: EventId,
    /// All events that are meant.
    pub events: Vec<EventId>,
    /// Its name, as shown.
    pub label: String,
    /// Targets used before, the last one first; then subscribers by name.
    pub targets: Vec<String>,
    /// Which of them are subscribers.
    subscribers: Vec<String>,
    /// Which of them, or the number after the last for the URL field.
    pub chosen: usize,
    /// The URL field.
    pub url: Input,
    /// What becomes of the signature.
    pub signature: SignaturePolicy,
    /// Name of the secret with which it can be made anew.
    pub secret: Option<String>,
    /// Where the keys go to.
    pub focus: Group,
    /// What is sent in place of the event's own request.
    pub edited: Option<Edited>,
    /// What is wrong with what was entered, and what to do about it.
    pub error: Option<(String, String)>,
    /// What would leave, once that is known.
    pub preview: Vec<Painted>,
    /// When it was opened.
    pub(in crate::app) opened_at: Timestamp,
    /// No key but the one that opened it has come yet.
    pub(in crate::app) untouched: bool,
}

/// The groups of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where to.
    To,
    /// The signature.
    Signature,
}

impl Dialog {
    /// The order as it stands.
    pub(in crate::app) fn order(&self) -> ResendOrder {
        let target = self.targets.get(self.chosen).map_or(self.url.value(), String::as_str);
        ResendOrder {
            signature: self.signature,
            edited: self.edited.clone(),
            ..ResendOrder::plain(self.event, target.trim(), Cause::Manual)
        }
    }

    /// Its target, if it can be one; `None` for a subscriber, whose target was judged with the configuration. A URL that
    /// ends in a colon is not finished.
    fn target(&self, allowed: &Allowed) -> Result<Option<Target>, TargetError> {
        let text = self.order().target;
        if self.subscribers.contains(&text) {
            return Ok(None);
        }
        if text.ends_with(':') {
            return Err(TargetError::NotAUrl(text));
        }
        let target = Target::parse(&text)?;
        allowed.check(&target).map(|()| Some(target))
    }

    /// Whether letters go into the URL field.
    pub fn is_typing(&self) -> bool {
        self.focus == Group::To && self.chosen == self.targets.len()
    }

    fn down(&mut self) {
        match self.focus {
            Group::To if self.chosen < self.targets.len() => self.chosen += 1,
            _ => self.focus = Group::Signature,
        }
    }

    fn up(&mut self) {
        match self.focus {
            Group::To => self.chosen = self.chosen.saturating_sub(1),
            Group::Signature => self.focus = Group::To,
        }
    }

    fn turn_signature(&mut self, by: isize) {
        let all = [SignaturePolicy::Keep, SignaturePolicy::Resign, SignaturePolicy::Strip];
        let choices: Vec<_> =
            all.into_iter().filter(|p| *p != SignaturePolicy::Resign || self.secret.is_some()).collect();
        let at = choices.iter().position(|p| *p == self.signature).unwrap_or(0) as isize;
        self.signature = choices[(at + by).rem_euclid(choices.len() as isize) as usize];
    }

    /// Types into the URL field, which is thereby chosen.
    pub(in crate::app) fn edit(&mut self, request: InputRequest) {
        self.chosen = self.targets.len();
        self.url.handle(request);
        // Whoever types a whole URL behind what stands there at first means that one.
        let typed = self.url.value().strip_prefix(FIRST_URL).filter(|rest| rest.contains("://")).map(str::to_owned);
        if let Some(whole) = typed {
            self.url = Input::new(whole);
        }
    }

    /// Takes pasted text into the URL field; a whole URL takes its place.
    pub(in crate::app) fn paste(&mut self, text: &str) {
        self.error = None;
        self.focus = Group::To;
        if text.contains("://") {
            self.url.reset();
        }
        pasted(text).for_each(|c| self.edit(InputRequest::InsertChar(c)));
    }

    /// Rows of the choices and of what lies below them, a line of heading and one of space included.
    pub fn rows(&self) -> (usize, usize) {
        let example = usize::from(self.targets.len() < 2);
        let outcome = match &self.error {
            Some(_) => 2,
            None => 1 + self.preview.len(),
        };
        (self.targets.len() + 3 + example, 1 + outcome)
    }

    /// Size of the popup on these panes.
    pub fn size(&self, panes: Area) -> (u16, u16) {
        let (choices, outcome) = self.rows();
        (WIDTH.min(panes.width.saturating_sub(2)), (choices + outcome + 2).try_into().unwrap_or(u16::MAX))
    }

    /// A click chooses the target or turns the signature; whether anything changed.
    pub(in crate::app) fn click(&mut self, panes: Area, at: (u16, u16)) -> bool {
        let inside = panes.middle(self.size(panes)).inside(true);
        let Some(row) = at.1.checked_sub(inside.y).filter(|_| inside.holds(at)).map(usize::from) else { return false };
        self.untouched = false;
        match row.checked_sub(1) {
            Some(n) if n <= self.targets.len() => (self.focus, self.chosen) = (Group::To, n),
            _ if row + 1 == self.rows().0 => {
                self.focus = Group::Signature;
                self.turn_signature(1);
            }
            _ => return false,
        }
        true
    }

    fn key(&mut self, key: Key) {
        match (key.code, self.focus) {
            (Code::Tab | Code::BackTab, Group::To) => self.focus = Group::Signature,
            (Code::Tab | Code::BackTab, Group::Signature) => self.focus = Group::To,
            (Code::Down, _) => self.down(),
            (Code::Up, _) => self.up(),
            (Code::Char(' ') | Code::Right, Group::Signature) => self.turn_signature(1),
            (Code::Left, Group::Signature) => self.turn_signature(-1),
            (Code::Char(' '), Group::To) => {}
            // What is typed is a URL, wherever the keys went before.
            _ => {
                self.focus = Group::To;
                if let Some(request) = edit_request(key) {
                    self.edit(request);
                }
            }
        }
    }
}

/// Characters of a pasted text that go into a line.
const MOST_PASTED: usize = 2000;

/// What of a pasted text goes into a line: its first one, without what controls a terminal.
pub(in crate::app) fn pasted(text: &str) -> impl Iterator<Item = char> {
    text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(MOST_PASTED)
}

/// What a key does in a line of text.
pub(in crate::app) fn edit_request(key: Key) -> Option<InputRequest> {
    Some(match key.code {
        Code::Char('u') if key.ctrl => InputRequest::DeleteLine,
        Code::Char('w') if key.ctrl => InputRequest::DeletePrevWord,
        Code::Char('a') if key.ctrl => InputRequest::GoToStart,
        Code::Char('e') if key.ctrl => InputRequest::GoToEnd,
        Code::Char(c) if !key.ctrl => InputRequest::InsertChar(c),
        Code::Backspace => InputRequest::DeletePrevChar,
        Code::Delete => InputRequest::DeleteNextChar,
        Code::Left => InputRequest::GoToPrevChar,
        Code::Right => InputRequest::GoToNextChar,
        Code::Home => InputRequest::GoToStart,
        Code::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

impl App {
    pub(in crate::app) fn open_dialog(&mut self, at: Timestamp) -> Vec<Effect> {
        let events = self.meant(at);
        self.open_dialog_for(events, at)
    }

    fn open_dialog_for(&mut self, events: Vec<EventId>, at: Timestamp) -> Vec<Effect> {
        if self.batch.is_some() {
            return self.say_batch(at);
        }
        let Some(&event) = events.first() else {
            return if self.list.selected.is_none() {
                self.say("there is no event to send yet", at)
            } else {
                Vec::new()
            };
        };
        let row = self.row(event);
        if let Some(why) = row.and_then(|row| row.rejected.as_ref()).filter(|_| events.len() == 1) {
            let text = format!("#{event} was rejected ({why}) and cannot be sent");
            return self.complain(&text, at);
        }
        let name = row.map(|row| format!(" {} {}", row.source, row.label)).unwrap_or_default();
        let subscribers: Vec<String> = self.subscribers.all.iter().map(|one| one.name.clone()).collect();
        // On a small screen the preview needs the room.
        let room = if self.layout().boxed { MOST_TARGETS } else { 1 };
        let others = subscribers.iter().filter(|name| !self.targets.contains(name));
        let dialog = Dialog {
            event,
            label: match events.len() {
                1 => format!("#{event}{name}"),
                many => count(many as u64, "event"),
            },
            events,
            targets: self.targets.iter().chain(others).take(room).cloned().collect(),
            subscribers,
            chosen: 0,
            url: FIRST_URL.into(),
            signature: SignaturePolicy::Keep,
            secret: None,
            focus: Group::To,
            edited: None,
            error: None,
            preview: Vec::new(),
            opened_at: at,
            untouched: true,
        };
        self.overlay = Overlay::Resend(Box::new(dialog));
        match self.current() {
            Some(_) => self.inform_dialog(),
            None => self.ask_preview(),
        }
    }

    /// The dialog for an edited request: to its target, re-signed where that is possible.
    pub(in crate::app) fn open_edited(
        &mut self,
        id: EventId,
        (target, edited): (String, Edited),
        at: Timestamp,
    ) -> Vec<Effect> {
        // What was edited is that one event, whatever is marked.
        self.open_dialog_for(vec![id], at);
        if let Overlay::Resend(dialog) = &mut self.overlay {
            dialog.edited = Some(edited);
            match dialog.targets.iter().position(|known| *known == target) {
                Some(known) => dialog.chosen = known,
                None => {
                    dialog.chosen = dialog.targets.len();
                    dialog.url = Input::new(target);
                }
            }
            // The signature that was received is not that of an edited body.
            if dialog.secret.is_some() {
                dialog.signature = SignaturePolicy::Resign;
            }
        }
        self.ask_preview()
    }

    /// Tells the dialog what is known of its event, at once or when the event has been read.
    pub(in crate::app) fn inform_dialog(&mut self) -> Vec<Effect> {
        let opened = self.detail.opened.as_deref();
        let Overlay::Resend(dialog) = &mut self.overlay else { return Vec::new() };
        let Some(opened) = opened.filter(|o| o.stored.id == dialog.event && dialog.secret.is_none()) else {
            return Vec::new();
        };
        if let Some(resign) = &opened.resign {
            dialog.secret = Some(resign.secret.clone());
            // A kept signature past its window would only be refused: it is made anew where that is possible.
            if dialog.untouched && resign.expires.is_some_and(|end| dialog.opened_at > end) {
                dialog.signature = SignaturePolicy::Resign;
            }
        }
        self.ask_preview()
    }

    /// Asks what would leave, if the dialog's target can be one.
    pub(in crate::app) fn ask_preview(&mut self) -> Vec<Effect> {
        let Overlay::Resend(dialog) = &mut self.overlay else { return Vec::new() };
        // What is shown belongs to the order as it was.
        dialog.preview.clear();
        match dialog.target(&self.place.allowed) {
            Ok(_) => vec![Effect::Preview(dialog.order())],
            Err(why) => {
                dialog.preview =
                    [why.to_string(), why.hint()].map(|text| Painted::of(Role::Faint, safe(&text).to_string())).into();
                Vec::new()
            }
        }
    }

    pub(in crate::app) fn previewed(&mut self, order: &ResendOrder, result: Result<Outgoing, (String, String)>) {
        let opened = self.detail.opened.as_deref().filter(|o| o.stored.id == order.event);
        let Overlay::Resend(dialog) = &mut self.overlay else { return };
        if dialog.order() != *order {
            return;
        }
        match result {
            Ok(outgoing) => {
                dialog.preview = preview(&outgoing, opened, order.edited.is_some());
                if let (Some(edited), Some(opened)) = (&order.edited, opened) {
                    dialog.preview.extend(changed_lines(&opened.stored.event.body, &edited.body));
                }
            }
            Err(error) => {
                dialog.preview.clear();
                dialog.error = Some(error);
            }
        }
    }

    pub(in crate::app) fn dialog_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Resend(dialog) = &mut self.overlay else { return Vec::new() };
        dialog.error = None;
        dialog.untouched = false;
        let (before, events) = (dialog.order(), dialog.events.clone());
        match key.code {
            Code::Esc => return self.close(),
            Code::Enter => match dialog.target(&self.place.allowed) {
                Err(error) => dialog.error = Some((error.to_string(), error.hint())),
                Ok(target) => {
                    self.overlay = Overlay::None;
                    let name = target.as_ref().map_or(before.target.clone(), Target::to_string);
                    let order = ResendOrder { target: name, ..before };
                    if events.len() > 1 && target.as_ref().is_some_and(|target| !self.is_known(target)) {
                        return self.complain("send one event there first: its host has to be typed once", at);
                    }
                    if events.len() > 1 {
                        let each = |event| ResendOrder { event, ..order.clone() };
                        return self.ask_to_send(events.into_iter().map(each).collect());
                    }
                    return match &target {
                        Some(target) => self.send_with_care(order, target, at),
                        None => self.send(order, at),
                    };
                }
            },
            _ => dialog.key(key),
        }
        match &self.overlay {
            Overlay::Resend(dialog) if dialog.order() != before => self.ask_preview(),
            _ => Vec::new(),
        }
    }
}

//! From a message to the next state and the effects it asks for.

use super::command::{self, Command, Context};
use super::{App, Code, Dialog, Effect, Field, Focus, Help, Key, Msg, Overlay, Toast, attempt_changes, copy};
use crate::model::{Cause, ResendOrder, Resent, SignaturePolicy, Target, Timestamp, Verdict, bytes_size, micros};

/// How long a toast stays, in microseconds.
const TOAST_US: i64 = 4_000_000;
/// Presses of one key closer than this are one held key, in microseconds.
const HELD_US: i64 = 60_000;
/// The second Ctrl-C has to come within this, in microseconds.
const INTERRUPT_US: i64 = 2_000_000;
/// Exit status after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// The next state, in place, and what it asks for.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key, at) => app.key(key, at),
        Msg::Paste(text, at) => app.paste(&text, at),
        Msg::Resize(width, height) => {
            app.size = (width, height);
            Vec::new()
        }
        Msg::Heads(heads) => {
            let resent = heads.attempt != app.list.heads.attempt;
            let mut effects = app.list.heads(heads);
            if resent {
                effects.extend(app.list.selected.as_ref().map(|row| Effect::Open(row.id)));
            }
            effects
        }
        Msg::Health(health) => {
            app.health = health;
            Vec::new()
        }
        Msg::Page(page) => {
            let height = app.list_height();
            app.list.page(page, height)
        }
        Msg::Opened(opened) => {
            if app.list.selected.as_ref().is_some_and(|row| row.id == opened.stored.id) {
                app.detail.open(opened);
            }
            Vec::new()
        }
        Msg::Sent(result, at) => app.sent(result, at),
        Msg::Copied(what, at) => app.say(&what, at),
        Msg::ReadFailed(why, at) => app.complain(&why, at),
        Msg::Tick(at) => {
            app.toast = app.toast.take().filter(|t| t.error || t.until > at);
            Vec::new()
        }
    }
}

impl App {
    /// Lines that the list's rows have on this screen.
    pub fn list_height(&self) -> usize {
        self.layout().list
    }

    /// Rows of list and detail on this screen, frames taken off.
    fn layout(&self) -> Layout {
        let (width, height) = self.size;
        let frames = if height < 20 { 1 } else { 3 };
        // Header, hints and the line above them.
        let shared = super::list_share(height.saturating_sub(3));
        let panes = usize::from(height.saturating_sub(3));
        if self.zoom || width >= 100 {
            return Layout { list: panes.saturating_sub(frames), detail: panes.saturating_sub(frames + 1) };
        }
        let list = usize::from(shared);
        Layout { list: list.saturating_sub(frames), detail: (panes - list).saturating_sub(frames) }
    }

    fn say(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        self.toast = Some(Toast { text: text.to_owned(), error: false, until: Timestamp(at.0 + TOAST_US) });
        Vec::new()
    }

    fn complain(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        self.toast = Some(Toast { text: text.to_owned(), error: true, until: Timestamp(at.0 + TOAST_US) });
        Vec::new()
    }

    fn paste(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        match &mut self.overlay {
            Overlay::Resend(dialog) if dialog.field == Field::Url => {
                dialog.url.extend(text.chars().filter(|c| !c.is_control()));
                Vec::new()
            }
            Overlay::Help(help) => {
                help.search.extend(text.chars().filter(|c| !c.is_control()));
                Vec::new()
            }
            _ => self.say("pasted text is ignored here", at),
        }
    }

    fn key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        if key.ctrl && key.code == Code::Char('c') {
            return self.interrupt(at);
        }
        let held = self.held.is_some_and(|(before, when)| before == key && at.since(when) < HELD_US);
        self.held = Some((key, at));
        if self.toast.as_ref().is_some_and(|t| t.error) {
            self.toast = None;
        }
        match &mut self.overlay {
            Overlay::None => match command::meaning(key, self.context()) {
                Some(command) if held && acts(command) => Vec::new(),
                Some(command) => self.command(command, at),
                None => Vec::new(),
            },
            Overlay::Help(_) => self.help_key(key),
            Overlay::Resend(_) if held && key.code == Code::Enter => Vec::new(),
            Overlay::Resend(_) => self.dialog_key(key, at),
            Overlay::Copy => self.copy_key(key, at),
            Overlay::Quit => match key.code {
                Code::Char('q') => vec![Effect::Quit(0)],
                _ => self.close(),
            },
            Overlay::Where | Overlay::Changes(_) => match key.code {
                Code::Char('c') if self.overlay == Overlay::Where => {
                    vec![Effect::Copy("the curl line".into(), self.first_curl().into_bytes())]
                }
                _ => self.close(),
            },
        }
    }

    fn close(&mut self) -> Vec<Effect> {
        self.overlay = Overlay::None;
        Vec::new()
    }

    fn context(&self) -> Context {
        match self.focus {
            Focus::List => Context::List,
            Focus::Detail => Context::Detail,
        }
    }

    fn interrupt(&mut self, at: Timestamp) -> Vec<Effect> {
        let again = self.interrupted.is_some_and(|before| at.since(before) < INTERRUPT_US);
        self.interrupted = Some(at);
        if again {
            return vec![Effect::Quit(INTERRUPTED)];
        }
        self.overlay = Overlay::None;
        self.say("Ctrl-c again within 2 s quits", at)
    }

    fn command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        let layout = self.layout();
        let page = if self.focus == Focus::List { layout.list } else { layout.detail }.max(1) as isize;
        match command {
            Command::Down => self.step(1),
            Command::Up => self.step(-1),
            Command::PageDown => self.step(page),
            Command::PageUp => self.step(-page),
            Command::HalfDown => self.step((page / 2).max(1)),
            Command::HalfUp => self.step(-(page / 2).max(1)),
            Command::First => self.jump(false),
            Command::Last => self.jump(true),
            Command::DetailDown => self.scroll_detail(1),
            Command::DetailUp => self.scroll_detail(-1),
            Command::NextPane => self.focus(if self.focus == Focus::List { Focus::Detail } else { Focus::List }),
            Command::Open => self.focus(Focus::Detail),
            Command::Back => self.back(),
            Command::PreviousTab => self.detail_do(|d| d.turn_tab(-1)),
            Command::NextTab => self.detail_do(|d| d.turn_tab(1)),
            Command::Mode => self.detail_do(super::Detail::next_mode),
            Command::Left => self.detail_do(super::Detail::fold),
            Command::Right => self.detail_do(super::Detail::unfold),
            Command::FoldAll => self.detail_do(super::Detail::fold_all),
            Command::UnfoldAll => self.detail_do(super::Detail::unfold_all),
            Command::Zoom => {
                self.zoom = !self.zoom;
                Vec::new()
            }
            Command::Follow => {
                let height = self.list_height();
                self.list.toggle_follow(height)
            }
            Command::Resend => self.resend(at),
            Command::ResendTo => self.open_dialog(at),
            Command::Diff => self.changes(at),
            Command::Copy => self.open(Overlay::Copy),
            Command::Curl if self.is_first_run() => {
                vec![Effect::Copy("the curl line".into(), self.first_curl().into_bytes())]
            }
            Command::Curl => self.copy('c', at),
            Command::Where => self.open(Overlay::Where),
            Command::Help => self.open(Overlay::Help(Help::default())),
            Command::Redraw => vec![Effect::Redraw],
            Command::Quit if self.sending > 0 => self.open(Overlay::Quit),
            Command::Quit => vec![Effect::Quit(0)],
        }
    }

    fn open(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlay = overlay;
        Vec::new()
    }

    fn focus(&mut self, focus: Focus) -> Vec<Effect> {
        self.focus = focus;
        Vec::new()
    }

    fn detail_do(&mut self, change: impl FnOnce(&mut super::Detail)) -> Vec<Effect> {
        change(&mut self.detail);
        Vec::new()
    }

    fn scroll_detail(&mut self, by: isize) -> Vec<Effect> {
        let height = self.layout().detail;
        self.detail_do(|d| d.step(by, height))
    }

    fn step(&mut self, by: isize) -> Vec<Effect> {
        let layout = self.layout();
        match self.focus {
            Focus::List => self.list.step(by, layout.list),
            Focus::Detail => self.scroll_detail(by),
        }
    }

    fn jump(&mut self, end: bool) -> Vec<Effect> {
        let height = self.layout().detail;
        match (self.focus, end) {
            (Focus::List, true) => self.list.last(),
            (Focus::List, false) => self.list.first(),
            (Focus::Detail, end) => self.detail_do(|d| d.jump(end, height)),
        }
    }

    fn back(&mut self) -> Vec<Effect> {
        match (self.zoom, self.focus) {
            (true, _) => self.zoom = false,
            (false, _) => self.focus = Focus::List,
        }
        Vec::new()
    }

    /// To the last target at once; before any was used, the dialog asks for one.
    fn resend(&mut self, at: Timestamp) -> Vec<Effect> {
        let (Some(row), Some(target)) = (&self.list.selected, &self.last_target) else {
            return self.open_dialog(at);
        };
        if let Some(why) = &row.rejected {
            let text = format!("#{} was rejected ({why}) and cannot be sent", row.id);
            return self.complain(&text, at);
        }
        let order = ResendOrder::plain(row.id, target.clone(), Cause::Manual);
        self.sending += 1;
        vec![Effect::Resend(order)]
    }

    fn open_dialog(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(row) = &self.list.selected else { return self.say("there is no event to send yet", at) };
        if let Some(why) = &row.rejected {
            let text = format!("#{} was rejected ({why}) and cannot be sent", row.id);
            return self.complain(&text, at);
        }
        let opened = self.detail.opened.as_ref().filter(|o| o.stored.id == row.id);
        let proof = opened.map(|o| &o.proof);
        let can_resign = proof.is_some_and(|p| matches!(p.verdict, Verdict::Valid | Verdict::Stale | Verdict::Invalid));
        // A kept signature past its window would only be refused: make it anew where that is possible.
        let stale = proof.is_some_and(|p| {
            can_resign && p.skew_us.is_some_and(|skew| at.since(row.received_at) + skew > 300_000_000)
        });
        self.open(Overlay::Resend(Dialog {
            event: row.id,
            label: format!("{} {}", row.source, row.label),
            url: self.last_target.clone().unwrap_or_else(|| "http://127.0.0.1:".to_owned()),
            signature: if stale { SignaturePolicy::Resign } else { SignaturePolicy::Keep },
            can_resign,
            field: Field::Url,
            error: None,
        }))
    }

    fn dialog_key(&mut self, key: Key, _at: Timestamp) -> Vec<Effect> {
        let Overlay::Resend(dialog) = &mut self.overlay else { return Vec::new() };
        dialog.error = None;
        match (key.code, dialog.field) {
            (Code::Esc, _) => return self.close(),
            (Code::Tab | Code::BackTab | Code::Up | Code::Down, _) => dialog.next_field(),
            (Code::Enter, _) => {
                let order = dialog.order();
                match Target::parse(&order.target) {
                    Err(error) => dialog.error = Some(format!("{error}: {}", error.hint())),
                    Ok(_) => {
                        self.overlay = Overlay::None;
                        self.sending += 1;
                        return vec![Effect::Resend(order)];
                    }
                }
            }
            (Code::Char('u'), Field::Url) if key.ctrl => dialog.url.clear(),
            (Code::Char(c), Field::Url) if !key.ctrl => dialog.url.push(c),
            (Code::Backspace, Field::Url) => drop(dialog.url.pop()),
            (Code::Char(' ') | Code::Left | Code::Right, Field::Signature) => dialog.next_signature(),
            _ => {}
        }
        Vec::new()
    }

    fn sent(&mut self, result: Result<Box<Resent>, (String, String)>, at: Timestamp) -> Vec<Effect> {
        self.sending = self.sending.saturating_sub(1);
        match result {
            Ok(resent) => {
                let a = &resent.attempt.what;
                self.last_target = Some(a.url.clone());
                self.detail.add_attempt(&resent.attempt);
                let was = resent.before.as_ref().map(|b| format!(" (was {})", b.what.outcome())).unwrap_or_default();
                let diff = if resent.before.is_some() { "  d diff" } else { "" };
                let text = format!("#{} -> {} {} in {}{was}{diff}", a.event, a.url, a.outcome(), micros(a.total_us));
                if a.succeeded() { self.say(&text, at) } else { self.complain(&text, at) }
            }
            Err((what, hint)) => self.complain(&format!("{what}: {hint}"), at),
        }
    }

    /// The last two answers of the selected event, from the same target.
    fn changes(&mut self, at: Timestamp) -> Vec<Effect> {
        let attempts = self.detail.opened.as_ref().map_or(&[] as &[_], |o| o.stored.attempts.as_slice());
        let last = attempts.last();
        let before = last.and_then(|l| attempts.iter().rev().skip(1).find(|a| a.what.url == l.what.url));
        match (before, last) {
            (Some(before), Some(last)) => {
                let mut lines = attempt_changes(before, last);
                if lines.is_empty() {
                    lines.push("both answers are the same".to_owned());
                }
                self.open(Overlay::Changes(lines))
            }
            _ => self.say("send this event twice to one target to compare its answers", at),
        }
    }

    fn copy_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        self.overlay = Overlay::None;
        match key.code {
            Code::Char(c) => self.copy(c, at),
            _ => Vec::new(),
        }
    }

    fn copy(&mut self, key: char, at: Timestamp) -> Vec<Effect> {
        let url = self.place.urls.first().cloned().unwrap_or_default();
        let Some((_, what)) = copy::CHOICES.iter().find(|(k, _)| *k == key) else { return Vec::new() };
        match copy::content(key, self.detail.opened.as_deref(), &url) {
            Some(bytes) => vec![Effect::Copy(format!("{what}, {}", bytes_size(bytes.len() as u64)), bytes)],
            None => self.say("there is nothing to copy yet", at),
        }
    }

    fn help_key(&mut self, key: Key) -> Vec<Effect> {
        let Overlay::Help(help) = &mut self.overlay else { return Vec::new() };
        let most = help.rows().len().saturating_sub(1);
        match key.code {
            Code::Esc | Code::F1 | Code::Enter => return self.close(),
            Code::Char('?') if help.search.is_empty() => return self.close(),
            Code::Down | Code::PageDown => help.scroll = (help.scroll + 1).min(most),
            Code::Up | Code::PageUp => help.scroll = help.scroll.saturating_sub(1),
            Code::Backspace => drop(help.search.pop()),
            Code::Char(c) if !key.ctrl => {
                help.search.push(c);
                help.scroll = 0;
            }
            _ => {}
        }
        Vec::new()
    }
}

/// Rows inside the frames.
struct Layout {
    list: usize,
    detail: usize,
}

/// Commands that must not repeat while their key is held.
fn acts(command: Command) -> bool {
    matches!(command, Command::Resend | Command::ResendTo | Command::Curl | Command::Quit | Command::Diff)
}

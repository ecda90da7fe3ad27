//! From a message to the next state and the effects it asks for.

use super::command::Command;
use super::over::pasted;
use super::press::Press;
use super::resend::OFFER;
use super::{App, Code, Effect, Help, Key, Msg, Overlay, Subscribe, Tab, Toast, View};
use crate::model::{Anchor, Heads, Page, Scope, Timestamp, Verdict};
use tui_input::InputRequest;

/// How long a toast stays, in microseconds.
const TOAST_US: i64 = 4_000_000;
/// The second Ctrl-C has to come within this, in microseconds.
const INTERRUPT_US: i64 = 2_000_000;
/// Exit status after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// The next state, in place, and what it asks for.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let effects = take(app, msg);
    app.tour_goes_on();
    if matches!(app.overlay, Overlay::None)
        && let Some(overlay) = app.later.take()
    {
        app.overlay = overlay;
    }
    effects
}

fn take(app: &mut App, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(key, at) => {
            let effects = app.key(key, at);
            app.keep_cursor_in_view();
            effects
        }
        Msg::Paste(text, at) => app.paste(&text, at),
        Msg::Mouse(gesture, at, when) => {
            let effects = app.mouse(gesture, at, when);
            app.keep_cursor_in_view();
            effects
        }
        Msg::Resize(width, height) => {
            app.size = (width, height);
            app.keep_cursor_in_view();
            Vec::new()
        }
        Msg::Heads(heads) => app.heads(heads),
        Msg::Watched(watchers) => {
            app.watchers = watchers;
            Vec::new()
        }
        Msg::Listening(urls) => {
            app.place.urls = urls;
            Vec::new()
        }
        Msg::Health(health, at) => {
            app.journal.health(&app.health, &health, at);
            app.health = health;
            Vec::new()
        }
        Msg::Suggested(wish, found, at) => app.suggested(&wish, found, at),
        Msg::Counted(scope, matching, upto) => app.list.counted(&scope, matching, upto),
        Msg::Overview(overview, at) => {
            app.overview.take(overview, at);
            Vec::new()
        }
        Msg::Sources(sources, at) => {
            app.sources.take(sources, at);
            Vec::new()
        }
        Msg::Runs(runs) => {
            app.journal.runs = runs;
            Vec::new()
        }
        Msg::Page(page, at) => app.page(page, at),
        Msg::Ids(ids, at) => app.marked(ids, at),
        Msg::Opened(opened, at) => {
            if app.list.selected.as_ref().is_some_and(|row| row.id == opened.stored.id) {
                app.shown_at(at);
                app.list.judged(opened.stored.id, opened.stored.event.judgement.verdict);
                app.detail.open(opened);
            }
            app.inform_dialog()
        }
        Msg::Colours(id, colours) => app.detail_do(|d| d.paint(id, colours)),
        Msg::Guessing(id, guesses) => app.detail_do(|d| d.diagnosed(id, guesses, None)),
        Msg::Diagnosed(id, found) => app.detail_do(|d| d.diagnosed(id, found.tried.len(), Some(found))),
        Msg::Keyed(result, at) => app.keyed(result, at),
        Msg::Previewed(order, result) => {
            app.previewed(&order, result);
            Vec::new()
        }
        Msg::Sent(order, result, at) => app.sent(&order, result, at),
        Msg::Tested(Ok(words), at) => app.tell(&words, at),
        Msg::Tested(Err(why), at) => app.complain(&format!("the test event was not taken: {why}"), at),
        Msg::Marked(order, result, at) => app.mark_set(&order, result, at),
        Msg::Saved(saved) => {
            app.place.saved = saved;
            Vec::new()
        }
        Msg::Subscribers(all, at) => app.subscribers_are(all, at),
        Msg::Ordered(what, result, at) => app.ordered(what, result, at),
        Msg::Queued(queue) => app.queued(queue),
        Msg::SetUp(result, at) => app.set_up(result, at),
        Msg::Replayable(asked, found, at) => app.replayable(asked, found, at),
        Msg::Standings(standings, at) => app.stand(standings, at),
        Msg::Turned(rule, result, at) => app.turned(rule, result, at),
        Msg::Story(id, story, at) => app.take_story(id, story, at),
        Msg::Compared(a, b, comparison) => app.take_comparison(a, b, comparison),
        Msg::Piped(output) => app.piped(&output),
        Msg::Edited(id, Ok(Some(text)), at) => app.edited(id, text, at),
        Msg::Edited(_, Ok(None), at) => app.say("nothing was changed, so nothing is sent", at),
        Msg::Edited(_, Err(why), at) => app.complain(&why, at),
        Msg::Exported(Ok(words), at) => app.tell(&words, at),
        Msg::Exported(Err(why), at) => app.complain(&why, at),
        Msg::Copied(what, at) => app.tell(&what, at),
        Msg::ReadFailed(why, at) => {
            app.list.failed();
            app.complain(&why, at)
        }
        Msg::Tick(at) => app.tick(at),
    }
}

impl App {
    /// Lines that the list's rows have on this screen.
    pub fn list_height(&self) -> usize {
        self.layout().list_rows().height.into()
    }

    /// The log has changed: what is shown and could be another by now is asked for again.
    fn heads(&mut self, heads: Heads) -> Vec<Effect> {
        self.overview.heads();
        self.sources.heads();
        let resent = heads.attempt != self.list.heads.attempt;
        // A verdict that has changed counts as a mark.
        let judged = heads.mark != self.list.heads.mark;
        let wrong = |o: &super::Opened| {
            let stored = o.stored.event.judgement.verdict;
            o.proof.verdict != Verdict::Valid || stored != Verdict::Valid
        };
        let height = self.list_height();
        let mut effects = self.list.heads(heads, height);
        // What the sender was answered is written a little after the event.
        let unanswered = |o: &super::Opened| o.stored.answer.is_none() && o.stored.event.rejected.is_none();
        if resent
            || judged && self.detail.opened.as_deref().is_some_and(wrong)
            || self.detail.opened.as_deref().is_some_and(unanswered)
        {
            effects.extend(self.list.selected.as_ref().map(|row| Effect::Open(row.id)));
        }
        effects.extend(self.ask_queue());
        effects
    }

    /// Time has passed: what was due then.
    fn tick(&mut self, at: Timestamp) -> Vec<Effect> {
        self.toast = self.toast.take().filter(|t| t.error || t.until > at);
        self.subscribers.tick(at);
        let mut effects = self.read(at);
        effects.extend(self.filter_rests(at));
        if self.again.as_ref().is_some_and(|(_, due)| *due <= at) {
            effects.extend(self.once_more(true, at));
        }
        if self.view == View::Sources && self.sources.tick(at) {
            effects.extend(self.ask_sources());
        }
        if self.view == View::Timing && self.overview.alarm().is_some_and(|due| due <= at) {
            effects.extend(self.ask_overview(at));
        }
        effects
    }

    /// Says something that is worth keeping in the log view.
    pub(super) fn tell(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        self.journal.note(text.trim_end_matches(OFFER), false, at);
        self.say(text, at)
    }

    pub(super) fn say(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        self.toast = Some(Toast { text: text.to_owned(), error: false, until: Timestamp(at.0 + TOAST_US) });
        Vec::new()
    }

    pub(super) fn complain(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        self.journal.note(text.trim_end_matches(OFFER), true, at);
        self.toast = Some(Toast { text: text.to_owned(), error: true, until: Timestamp(at.0 + TOAST_US) });
        Vec::new()
    }

    fn paste(&mut self, text: &str, at: Timestamp) -> Vec<Effect> {
        match &mut self.overlay {
            Overlay::Resend(dialog) => {
                dialog.paste(text);
                self.ask_preview()
            }
            Overlay::Find(input) => {
                for c in pasted(text) {
                    input.handle(InputRequest::InsertChar(c));
                }
                Vec::new()
            }
            Overlay::Secret(prompt) => {
                prompt.paste(text);
                Vec::new()
            }
            Overlay::Help(help) => {
                help.search.extend(pasted(text));
                help.chosen = 0;
                Vec::new()
            }
            Overlay::Filter(prompt) => {
                for c in pasted(text) {
                    prompt.input.handle(InputRequest::InsertChar(c));
                }
                self.filter_pasted(at)
            }
            Overlay::Note(_, input) | Overlay::Pipe(input) | Overlay::Subscribe(Subscribe { input, .. }) => {
                for c in pasted(text) {
                    input.handle(InputRequest::InsertChar(c));
                }
                Vec::new()
            }
            _ => self.say("pasted text is ignored here", at),
        }
    }

    /// Nobody can see what would be acted on.
    pub(super) fn is_blind(&self) -> bool {
        self.size.0 < super::SMALLEST.0 || self.size.1 < super::SMALLEST.1
    }

    pub(super) fn key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        if key.ctrl && key.code == Code::Char('c') {
            return self.interrupt(at);
        }
        if self.is_blind() && key.code != Code::Char('q') {
            return Vec::new();
        }
        if matches!(self.overlay, Overlay::None) {
            self.list.alone = false;
        }
        let held = self.presses.see(key, at) == Press::Held;
        let mut effects = self.once_more(!held, at);
        if self.toast.as_ref().is_some_and(|t| t.error) {
            self.toast = None;
        }
        if self.presses.is_left_over(key) {
            return effects;
        }
        let closed = matches!(self.overlay, Overlay::None);
        effects.extend(self.pressed(key, held, at));
        if closed && matches!(self.overlay, Overlay::Secret(_) | Overlay::Resend(_)) {
            self.presses.opener = Some(key);
        }
        effects
    }

    pub(super) fn pressed(&mut self, key: Key, held: bool, at: Timestamp) -> Vec<Effect> {
        match &mut self.overlay {
            Overlay::None => match self.place.keys.meaning(key, self.context()) {
                Some(command) if held && acts(command) => Vec::new(),
                Some(command) => self.command(command, at),
                None => Vec::new(),
            },
            Overlay::Help(_) if held && key.code == Code::Enter => Vec::new(),
            Overlay::Help(_) => self.help_key(key, at),
            Overlay::Actions(_) if held && !matches!(key.code, Code::Up | Code::Down) => Vec::new(),
            Overlay::Actions(_) => self.actions_key(key, at),
            Overlay::Answers(_) if held && matches!(key.code, Code::Enter | Code::Char(' ')) => Vec::new(),
            Overlay::Answers(_) => self.answers_key(key),
            Overlay::Story(_) => self.story_key(key),
            Overlay::Resend(dialog) if held && (dialog.untouched || key.code == Code::Enter) => Vec::new(),
            Overlay::Resend(_) => self.dialog_key(key, at),
            Overlay::Find(_) => self.find_key(key, at),
            Overlay::Filter(_) => self.filter_key(key, at),
            Overlay::Note(..) => self.note_key(key),
            Overlay::Subscribe(_) => self.subscribe_key(key),
            Overlay::Secret(_) => self.secret_key(key, at),
            Overlay::Foreign(_) => self.foreign_key(key, at),
            Overlay::Confirm(_) if held => Vec::new(),
            Overlay::Confirm(_) => self.confirm_key(key, at),
            Overlay::Copy => self.copy_key(key, at),
            Overlay::Pipe(_) => self.pipe_key(key, at),
            Overlay::Quit | Overlay::Suspend if held => Vec::new(),
            Overlay::Suspend => {
                self.overlay = Overlay::None;
                match key.code {
                    Code::Char('s') => vec![Effect::Suspend],
                    _ => Vec::new(),
                }
            }
            Overlay::Quit => match key.code {
                Code::Char('q') => vec![Effect::Quit(0)],
                _ => self.close(),
            },
            Overlay::Sheet(_) => self.sheet_key(key),
            Overlay::Compare(_) => self.compare_key(key),
            Overlay::Where => match key.code {
                Code::Char('c') => {
                    vec![Effect::Copy("the curl line".into(), self.first_curl().into_bytes())]
                }
                _ => self.close(),
            },
        }
    }

    pub(super) fn close(&mut self) -> Vec<Effect> {
        self.overlay = Overlay::None;
        Vec::new()
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

    pub(super) fn command(&mut self, command: Command, at: Timestamp) -> Vec<Effect> {
        self.tour_sees(command);
        if self.view != View::Events && command.is_of_a_view() {
            return self.view_command(command, at);
        }
        match command {
            Command::ViewEvents => self.turn_to(View::Events, at),
            Command::ViewSubscribers => self.turn_to(View::Subscribers, at),
            Command::ViewTiming => self.turn_to(View::Timing, at),
            Command::ViewLog => self.turn_to(View::Log, at),
            Command::ViewSources => self.turn_to(View::Sources, at),
            Command::ListSource => self.list_source(),
            Command::EarlierBar
            | Command::LaterBar
            | Command::BarRange
            | Command::LongerSpan
            | Command::ShorterSpan
            | Command::ListBar => self.overview_command(command, at),
            Command::Down
            | Command::Up
            | Command::PageDown
            | Command::PageUp
            | Command::HalfDown
            | Command::HalfUp
            | Command::First
            | Command::Last
            | Command::DetailDown
            | Command::DetailUp
            | Command::NextPane
            | Command::Zoom => self.movement(command),
            Command::Open => self.open_selected(at),
            Command::Back if self.batch.is_some() => self.stop_batch(at),
            Command::Back if self.running.is_some() => self.stop_pipe(at),
            Command::Back => self.back(at),
            Command::WidenList | Command::NarrowList => {
                self.resize_list(if command == Command::WidenList { 1 } else { -1 });
                Vec::new()
            }
            Command::PreviousTab => self.detail_do(|d| d.turn_tab(-1)),
            Command::NextTab => self.detail_do(|d| d.turn_tab(1)),
            Command::Mode | Command::FoldAll | Command::UnfoldAll | Command::Left | Command::Right
                if self.detail.tab == Tab::Timing =>
            {
                self.detail_do(|detail| detail.look_at_timing(command))
            }
            Command::Mode => self.detail_do(super::Detail::next_mode),
            Command::Left if self.detail.tab == Tab::Body => self.detail_do(super::Detail::fold),
            Command::Left => self.detail_do(super::Detail::scroll_left),
            Command::Right if self.detail.tab == Tab::Body => self.detail_do(super::Detail::unfold),
            Command::Right => self.detail_do(super::Detail::scroll_right),
            Command::Wrap => self.detail_do(super::Detail::toggle_cut),
            Command::Hidden => self.detail_do(super::Detail::toggle_mask),
            Command::Mark => self.toggle_mark(at),
            Command::Range => self.toggle_range(at),
            Command::MarkAll => self.mark_all(at),
            Command::Problems => self.show(|scope| scope.problems = !scope.problems),
            Command::Trash => self.show(|scope| scope.deleted = !scope.deleted),
            Command::FoldFamilies => self.show(|scope| (scope.unfolded, scope.family) = (false, None)),
            Command::UnfoldFamilies => self.show(|scope| scope.unfolded = true),
            Command::NextProblem => self.list.seek_problem(1),
            Command::PreviousProblem => self.list.seek_problem(-1),
            Command::Order => {
                self.list.newest_first = !self.list.newest_first;
                Vec::new()
            }
            Command::Compact => {
                self.list.compact = !self.list.compact;
                Vec::new()
            }
            Command::Pin => self.pin(at),
            Command::Delete => self.delete(at),
            Command::Note => self.open_note(),
            Command::Undo => self.undo(at),
            Command::FoldAll => self.detail_do(super::Detail::fold_all),
            Command::UnfoldAll => self.detail_do(super::Detail::unfold_all),
            Command::Follow => {
                let height = self.list_height();
                self.list.toggle_follow(height)
            }
            Command::Resend => self.resend(at),
            Command::ResendTo => self.open_dialog(at),
            Command::Compare => self.compare(at),
            Command::Diff => self.changes(at),
            Command::Filter => self.open_filter(at),
            Command::Explain => self.open_explain(at),
            Command::Story => self.open_story(at),
            Command::Find => self.open_find(at),
            Command::NextHit => self.go_to_hit(1, at),
            Command::PreviousHit => self.go_to_hit(-1, at),
            Command::Edit => self.edit(at),
            Command::Pipe => self.open_pipe(at),
            Command::Suspend => self.suspend(),
            Command::Copy => self.open(Overlay::Copy),
            Command::Curl if self.is_first_run() => {
                vec![Effect::Copy("the curl line".into(), self.first_curl().into_bytes())]
            }
            Command::Curl => self.copy('c', at),
            Command::Hold
            | Command::Retry
            | Command::AddSubscriber
            | Command::EditSubscriber
            | Command::DropDead
            | Command::Replay => self.order_subscriber(command, at),
            Command::OpenQueue => self.subscribers_command(command, at),
            Command::Answers => self.open_answers(),
            Command::Test => self.send_test(at),
            Command::Secret => self.open_secret(at),
            Command::Verify => self.verify_again(at),
            Command::Where => self.open(Overlay::Where),
            Command::Mouse => self.toggle_mouse(at),
            Command::Actions => self.open(Overlay::Actions(0)),
            Command::Help => self.open(Overlay::Help(Help::default())),
            Command::Redraw => vec![Effect::Redraw],
            // Another process goes on with what is under way, and with listening.
            Command::Quit if self.would_end_something() => self.open(Overlay::Quit),
            Command::Quit => vec![Effect::Quit(0)],
        }
    }

    /// Whether leaving ends what the user, or another process, waits for.
    fn would_end_something(&self) -> bool {
        // The demo's deliveries end with it.
        let queued = if self.tour.is_none() { self.subscribers.waiting() } else { 0 };
        self.batch.is_some() || self.place.serves && (self.sending > 0 || self.watchers > 0 || queued > 0)
    }

    /// A folded row is unfolded, any other opened.
    pub(super) fn open_selected(&mut self, at: Timestamp) -> Vec<Effect> {
        match self.list.selected.as_ref().filter(|row| row.folds > 0).map(|row| row.id) {
            Some(id) => self.show(|scope| scope.family = Some(id)),
            None => {
                self.reading = self.reading.map(|(id, _)| (id, at));
                let mut effects = self.read(at);
                effects.extend(self.movement(Command::Open));
                effects
            }
        }
    }

    pub(super) fn show(&mut self, change: impl FnOnce(&mut Scope)) -> Vec<Effect> {
        let mut scope = self.list.scope.clone();
        change(&mut scope);
        let height = self.list_height();
        self.list.show(scope, height)
    }

    fn page(&mut self, page: Page, at: Timestamp) -> Vec<Effect> {
        let below = match (page.wish.anchor, page.found) {
            (Anchor::ProblemAfter(_), None) => Some(!self.list.newest_first),
            (Anchor::ProblemBefore(_), None) => Some(self.list.newest_first),
            _ => None,
        };
        if let Some(below) = below {
            self.say(if below { "no problem below" } else { "no problem above" }, at);
        }
        let height = self.list_height();
        let mut effects = self.list.page(page, height);
        self.list.note_begin();
        effects.extend(self.list.count());
        if self.list.rows.is_empty() && self.list.selected.is_none() {
            // Nothing is shown of an event that no action means.
            self.detail.opened = None;
        }
        effects
    }

    pub(super) fn open(&mut self, overlay: Overlay) -> Vec<Effect> {
        self.overlay = overlay;
        Vec::new()
    }

    pub(super) fn detail_do(&mut self, change: impl FnOnce(&mut super::Detail)) -> Vec<Effect> {
        change(&mut self.detail);
        Vec::new()
    }
}

/// Commands that must not repeat while their key is held.
fn acts(command: Command) -> bool {
    matches!(
        command,
        Command::Resend
            | Command::ResendTo
            | Command::Curl
            | Command::Quit
            | Command::Diff
            | Command::Compare
            | Command::Edit
            | Command::Suspend
            | Command::Test
            | Command::Delete
            | Command::Pin
            | Command::Undo
            | Command::Range
            | Command::MarkAll
            | Command::Verify
            | Command::Hold
            | Command::Retry
            | Command::AddSubscriber
            | Command::EditSubscriber
            | Command::DropDead
            | Command::Replay
    )
}

//! What is done with programs outside: the editor, the pager, a command that gets the body, and suspending.
//! It must not start any: it asks for it, and takes in what came of it.

use super::dialog::edit_request;
use crate::app::{App, Code, Effect, Key, Overlay, Sheet};
use crate::model::{EventId, Painted, Role, Timestamp, draft, read_draft, safe_bytes};
use tui_input::Input;

/// What a command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The command.
    pub command: String,
    /// Its output and its errors, at most so much as is kept.
    pub bytes: Vec<u8>,
    /// How it ended, if not well.
    pub failure: Option<String>,
}

impl App {
    /// Asks for a command that gets the body.
    pub(in crate::app) fn open_pipe(&mut self, at: Timestamp) -> Vec<Effect> {
        match self.current() {
            Some(_) if self.running.is_some() => self.say("one command is running: Esc ends it", at),
            Some(_) => {
                self.histories.pipe.begin();
                self.open(Overlay::Pipe(Input::default()))
            }
            None => self.say("there is no event yet", at),
        }
    }

    pub(in crate::app) fn pipe_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        let Overlay::Pipe(input) = &mut self.overlay else { return Vec::new() };
        match key.code {
            Code::Esc => return self.close(),
            Code::Up | Code::Down => {
                self.histories.pipe.go(input, key.code == Code::Up);
                return Vec::new();
            }
            Code::Enter => {
                let command = input.value().trim().to_owned();
                self.overlay = Overlay::None;
                let Some(opened) = self.current() else { return Vec::new() };
                let body = opened.stored.event.body.to_vec();
                if command.is_empty() {
                    return vec![Effect::Pager(body)];
                }
                self.histories.pipe.keep(&command);
                self.running = Some(command.clone());
                self.say(&format!("running {command} ...  Esc ends it"), at);
                return vec![Effect::Pipe(command, body)];
            }
            _ => {}
        }
        if let Some(request) = edit_request(key) {
            input.handle(request);
        }
        Vec::new()
    }

    pub(in crate::app) fn piped(&mut self, output: &Output) -> Vec<Effect> {
        if self.running.as_ref() != Some(&output.command) {
            // It was ended before it was done.
            return Vec::new();
        }
        self.running = None;
        self.toast = None;
        let mut lines: Vec<Painted> =
            output.bytes.split(|&b| b == b'\n').map(|line| Painted::plain(safe_bytes(line).to_string())).collect();
        while lines.last().is_some_and(|line| line.to_string().is_empty()) {
            lines.pop();
        }
        lines.extend(output.failure.iter().map(|why| Painted::of(Role::Bad, why.clone())));
        if lines.is_empty() {
            lines.push(Painted::of(Role::Faint, "it said nothing"));
        }
        self.show_later(Overlay::Sheet(Sheet::new(output.command.clone(), lines)))
    }

    /// Ends the command that is running.
    pub(in crate::app) fn stop_pipe(&mut self, at: Timestamp) -> Vec<Effect> {
        let Some(command) = self.running.take() else { return Vec::new() };
        self.say(&format!("ended {command}"), at);
        vec![Effect::StopPipe]
    }

    /// Has the event edited, for the last target.
    pub(in crate::app) fn edit(&mut self, at: Timestamp) -> Vec<Effect> {
        let target = self.targets.first().cloned().unwrap_or_else(|| "http://127.0.0.1:3000".to_owned());
        let Some(opened) = self.current() else { return self.say("there is no event to edit yet", at) };
        if let Some(why) = opened.stored.event.rejected.clone() {
            let id = opened.stored.id;
            return self.complain(&format!("#{id} was rejected ({why}) and cannot be sent"), at);
        }
        let (id, text) = (opened.stored.id, draft(&opened.stored.event, &target, opened.secret_header.as_deref()));
        let kept = self.draft.take().filter(|(edited, _)| *edited == id);
        vec![Effect::Edit(id, kept.map_or(text, |(_, kept)| kept))]
    }

    /// What the editor left; the dialog asks whether to send it.
    pub(in crate::app) fn edited(&mut self, id: EventId, text: String, at: Timestamp) -> Vec<Effect> {
        let Some(opened) = self.current().filter(|opened| opened.stored.id == id) else {
            return self.say("another event is selected by now: nothing is sent", at);
        };
        match read_draft(&text, &opened.stored.event) {
            Ok(None) => self.say("nothing is sent", at),
            Ok(Some(edited)) => self.open_edited(id, edited, at),
            Err(why) => {
                // It need not be typed again.
                self.draft = Some((id, text));
                self.complain(&format!("{why}; e goes on with what you wrote"), at)
            }
        }
    }

    /// Suspending a process that listens stops the listening, so it asks.
    pub(in crate::app) fn suspend(&mut self) -> Vec<Effect> {
        match self.place.serves {
            true => self.open(Overlay::Suspend),
            false => vec![Effect::Suspend],
        }
    }
}

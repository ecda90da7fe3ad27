//! The thread that finds the colours of a body's language. Only the event that was opened last matters to it.
//! It must not hold anybody up: the body is on the screen before its colours are.

use crate::app::Msg;
use crate::body::{Body, colours};
use crate::model::EventId;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;

/// Longest time for one body; what has been found by then is shown.
const LONGEST: Duration = Duration::from_millis(500);
/// Bodies that may wait; only the last of them is painted.
const QUEUE: usize = 16;

/// A body that was opened.
struct Canvas {
    id: EventId,
    body: Body,
    content_type: Option<String>,
}

/// The thread's inlet; it ends when this is dropped.
pub(super) struct Painter(SyncSender<Canvas>);

impl Painter {
    pub(super) fn spawn(messages: Sender<Msg>) -> std::io::Result<Painter> {
        let (sender, waiting) = sync_channel(QUEUE);
        std::thread::Builder::new().name("painter".into()).spawn(move || run(&waiting, &messages))?;
        Ok(Painter(sender))
    }

    /// Asks for the colours of this body; they come as a message.
    pub(super) fn paint(&self, id: EventId, body: Body, content_type: Option<String>) {
        let canvas = Canvas { id, body, content_type };
        // So far behind that there is no room: the body stays plain.
        let _ = self.0.try_send(canvas);
    }
}

fn run(waiting: &Receiver<Canvas>, messages: &Sender<Msg>) {
    while let Ok(first) = waiting.recv() {
        let canvas = waiting.try_iter().last().unwrap_or(first);
        let begin = Instant::now();
        let found = colours(&canvas.body, canvas.content_type.as_deref(), || begin.elapsed() < LONGEST);
        if let Some(found) = found
            && messages.blocking_send(Msg::Colours(canvas.id, found)).is_err()
        {
            return;
        }
    }
}

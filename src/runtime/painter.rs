//! Finding the colours of a body's language. Only the event that was opened last matters.
//! It must not hold anybody up: the body is on the screen before its colours are.

use crate::app::Msg;
use crate::body::colours;
use crate::model::EventId;
use bytes::Bytes;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

/// Longest time for one body; what has been found by then is shown.
const LONGEST: Duration = Duration::from_millis(500);

/// A body that was opened.
#[derive(Clone)]
struct Canvas {
    id: EventId,
    text: Bytes,
    content_type: Option<String>,
}

/// The inlet: what was put in last is painted next.
pub(super) struct Painter(watch::Sender<Option<Canvas>>);

impl Painter {
    pub(super) fn start(messages: Sender<Msg>) -> Painter {
        let (sender, waiting) = watch::channel(None);
        tokio::spawn(run(waiting, messages));
        Painter(sender)
    }

    /// Asks for the colours of this text; they come as a message.
    pub(super) fn paint(&self, id: EventId, text: Bytes, content_type: Option<String>) {
        self.0.send_replace(Some(Canvas { id, text, content_type }));
    }
}

async fn run(mut waiting: watch::Receiver<Option<Canvas>>, messages: Sender<Msg>) {
    while waiting.changed().await.is_ok() {
        let Some(canvas) = waiting.borrow_and_update().clone() else { continue };
        let painting = tokio::task::spawn_blocking(move || {
            let begin = Instant::now();
            let found = colours(&canvas.text, canvas.content_type.as_deref(), || begin.elapsed() < LONGEST);
            found.map(|found| Msg::Colours(canvas.id, found))
        });
        // A body on which the engine fails stays plain.
        let Ok(Some(msg)) = painting.await else { continue };
        if messages.send(msg).await.is_err() {
            return;
        }
    }
}

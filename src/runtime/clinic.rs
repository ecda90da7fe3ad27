//! Asking the doctor about the event that was opened last. It takes as long as it takes, off every other thread.
//! It must not hold anybody up: the proof is on the screen before its cause is.

use crate::app::Msg;
use crate::model::{Diagnosis, Event, EventId, Headers, Judgement};
use crate::verify::{self, Catalogue, Keyring};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Sender;
use tokio::sync::watch;

/// How often it is said how many guesses have been made.
const PROGRESS: Duration = Duration::from_millis(250);

/// An event whose signature is not right.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) id: EventId,
    pub(super) event: Arc<Event>,
    pub(super) headers: Arc<Headers>,
    pub(super) judgement: Judgement,
    pub(super) keyring: Arc<Keyring>,
}

/// The inlet: what was put in last is looked at next, and what is being looked at is given up for it.
pub(super) struct Clinic(watch::Sender<Option<Case>>);

impl Clinic {
    pub(super) fn start(messages: Sender<Msg>) -> Clinic {
        let (sender, waiting) = watch::channel(None);
        tokio::spawn(run(waiting, messages));
        Clinic(sender)
    }

    /// Asks for the cause; it comes as a message. Without a case what is under way is given up.
    pub(super) fn ask(&self, case: Option<Case>) {
        self.0.send_replace(case);
    }
}

async fn run(mut waiting: watch::Receiver<Option<Case>>, messages: Sender<Msg>) {
    while waiting.changed().await.is_ok() {
        let Some(case) = waiting.borrow_and_update().clone() else { continue };
        let (newer, progress) = (waiting.clone(), messages.clone());
        let looking = tokio::task::spawn_blocking(move || look(&case, &newer, &progress));
        // A request on which the doctor fails has no cause.
        let Ok(Some(msg)) = looking.await else { continue };
        if messages.send(msg).await.is_err() {
            return;
        }
    }
}

fn look(case: &Case, newer: &watch::Receiver<Option<Case>>, progress: &Sender<Msg>) -> Option<Msg> {
    let mut said = Instant::now();
    let mut go_on = |tried: usize| {
        if said.elapsed() >= PROGRESS {
            said = Instant::now();
            // A screen that does not keep up needs no progress.
            let _ = progress.try_send(Msg::Guessing(case.id, tried));
        }
        !newer.has_changed().unwrap_or(true)
    };
    let request = (&*case.event, &*case.headers);
    let found: Diagnosis = verify::consult(Catalogue::in_force(), &case.keyring, request, &case.judgement, &mut go_on);
    (!newer.has_changed().unwrap_or(true)).then_some(Msg::Diagnosed(case.id, found))
}

//! One order carried out: planned, sent, recorded.

use super::http::{self, Sending};
use super::{Planner, ResendError, redact};
use crate::model::{Allowed, Attempt, Headers, NewAttempt, ResendOrder, Resent, Timestamp};
use crate::store::Store;
use crate::verify::LiveKeyring;
use std::sync::Arc;
use std::time::{Instant, SystemTime};
use tokio::sync::{RwLock, watch};

/// Carries out re-sends for screen, command line and control socket alike.
#[derive(Clone)]
pub struct Courier {
    store: Store,
    planner: Planner,
    /// Turns true when the program ends: what is under way is given up and recorded as such.
    stopping: watch::Sender<bool>,
    /// Held by every re-send until it is recorded.
    under_way: Arc<RwLock<()>>,
}

impl Courier {
    /// A courier for this log.
    pub fn new(store: Store, keyring: LiveKeyring, allowed: Arc<Allowed>) -> Courier {
        let planner = Planner { log: store.path().to_owned(), log_id: store.log_id().clone(), keyring, allowed };
        Courier { store, planner, stopping: watch::Sender::new(false), under_way: Arc::default() }
    }

    /// Gives up what is under way; returns once that is recorded.
    pub async fn stop(&self) {
        self.stopping.send_replace(true);
        drop(self.under_way.write().await);
    }

    /// What plans its orders.
    pub fn planner(&self) -> &Planner {
        &self.planner
    }

    /// Sends one event to one target and records the attempt.
    pub async fn resend(&self, order: &ResendOrder) -> Result<Resent, ResendError> {
        let _until_recorded = self.under_way.read().await;
        let ordered = Instant::now();
        let (stored, target, out) = self.planner.prepare(order).await?;
        let at = now();
        let begin = Instant::now();
        let sending = Sending { target: &target, out: &out, body: stored.event.body.clone() };
        let mut stopping = self.stopping.subscribe();
        let stopped = async { drop(stopping.wait_for(|stopping| *stopping).await) };
        let mut answer = http::exchange(sending, stopped).await;
        answer.phases.queue_us = Some(begin.duration_since(ordered).as_micros() as u64);
        let scrubbed = |bytes| redact::scrubbed(&self.planner.keyring.now(), &stored, bytes);
        let (headers, body) = (scrubbed(answer.headers.to_lines()), scrubbed(answer.body));
        let url = target.to_string();
        let before = stored.attempts.iter().rev().find(|a| a.what.url == url).cloned();
        let attempt = NewAttempt {
            event: stored.id,
            subscriber: None,
            at,
            cause: order.cause,
            url,
            status: answer.status,
            error: answer.error,
            phases: answer.phases,
            total_us: ordered.elapsed().as_micros() as u64,
            request_headers: redact::recorded(&stored, out),
            request_body: order.edited.as_ref().map(|edited| edited.body.clone()),
            response_headers: Headers::parse_lines(&headers),
            response_body: body,
            truncated: answer.truncated,
        };
        let id = self.store.record_attempt(attempt.clone()).await?;
        Ok(Resent { attempt: Attempt { id, what: attempt }, before })
    }
}

fn now() -> Timestamp {
    SystemTime::now().into()
}

//! One order carried out: planned, sent, recorded.

use super::attempt::{self, Made};
use super::planner::Routes;
use super::{Planner, ResendError, http};
use crate::model::{Attempt, Live, ResendOrder, Resent};
use crate::store::Store;
use crate::verify::LiveKeyring;
use std::sync::Arc;
use std::time::Instant;
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
    pub fn new(store: Store, keyring: LiveKeyring, routes: Live<Routes>) -> Courier {
        let planner = Planner { log: store.path().to_owned(), log_id: store.log_id().clone(), keyring, routes };
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

    /// Sends one event to one target, or to a subscriber, and records the attempt.
    pub async fn resend(&self, order: &ResendOrder) -> Result<Resent, ResendError> {
        let _until_recorded = self.under_way.read().await;
        let ordered = Instant::now();
        let plan = self.planner.prepare(order).await?;
        let url = plan.url();
        let to = |a: &Attempt| match &plan.subscriber {
            Some(subscriber) => a.what.subscriber.as_ref() == Some(&subscriber.name),
            None => a.what.url == url,
        };
        let before = plan.stored.attempts.iter().rev().find(|a| to(a)).cloned();
        let limit = plan.subscriber.as_ref().map_or(http::TIMEOUT, |subscriber| subscriber.timeout);
        let mut stopping = self.stopping.subscribe();
        let stopped = async { drop(stopping.wait_for(|stopping| *stopping).await) };
        let planned = ordered.elapsed();
        let keyring = self.planner.keyring.now();
        let Made { mut attempt, .. } = attempt::make(plan, order.cause, (&keyring, None), (limit, stopped)).await;
        attempt.phases.queue_us = Some(planned.as_micros() as u64);
        attempt.total_us = ordered.elapsed().as_micros() as u64;
        let id = self.store.record_attempt(attempt.clone()).await?;
        Ok(Resent { attempt: Attempt { id, what: attempt }, before })
    }
}

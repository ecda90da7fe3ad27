//! All subscribers of a process: each with a worker of its own, so that none waits for another.
//! It must not read or send; it starts, tells and stops them.

use super::Planner;
use super::worker::{self, Desk};
use crate::model::{EventId, Subscriber, SubscriberOrder, SubscriberStanding};
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Running subscribers. Copies are the same ones.
#[derive(Clone)]
pub struct Subscribers {
    names: Arc<Vec<(String, mpsc::Sender<SubscriberOrder>)>>,
    standings: watch::Sender<Vec<SubscriberStanding>>,
    stop: watch::Sender<bool>,
    tasks: Arc<tokio::sync::Mutex<JoinSet<()>>>,
}

impl Subscribers {
    /// Starts a worker for each. Those that are named leave out everything up to an event.
    pub fn start(
        list: &[Subscriber],
        store: &Store,
        planner: &Planner,
        (skip, upto): (&[String], EventId),
    ) -> Subscribers {
        let standing = |s: &Subscriber| SubscriberStanding {
            name: s.name.clone(),
            url: s.target.to_string(),
            when: s.when.as_ref().map(ToString::to_string).unwrap_or_default(),
            ..SubscriberStanding::default()
        };
        let standings = watch::Sender::new(list.iter().map(standing).collect());
        let stop = watch::Sender::new(false);
        let (mut tasks, mut names) = (JoinSet::new(), Vec::new());
        for (at, subscriber) in list.iter().enumerate() {
            let (sender, orders) = mpsc::channel(8);
            names.push((subscriber.name.clone(), sender));
            tasks.spawn(worker::run(Desk {
                subscriber: Arc::new(subscriber.clone()),
                skip: skip.contains(&subscriber.name).then_some(upto),
                store: store.clone(),
                planner: planner.clone(),
                heads: store.signals().heads.clone(),
                orders,
                stop: stop.subscribe(),
                standings: standings.clone(),
                at,
            }));
        }
        Subscribers { names: Arc::new(names), standings, stop, tasks: Arc::new(tasks.into()) }
    }

    /// How they are doing, and when that changes.
    pub fn standings(&self) -> watch::Receiver<Vec<SubscriberStanding>> {
        self.standings.subscribe()
    }

    /// Says of each how many events wait for it, what it has done and how fast.
    pub fn count(&self, counted: impl Fn(&mut SubscriberStanding)) {
        self.standings.send_if_modified(|all| {
            let before = all.clone();
            all.iter_mut().for_each(counted);
            *all != before
        });
    }

    /// Tells one what to do; `false` where there is none of this name.
    pub async fn tell(&self, name: &str, order: SubscriberOrder) -> bool {
        match self.names.iter().find(|(known, _)| known == name) {
            Some((_, sender)) => sender.send(order).await.is_ok(),
            None => false,
        }
    }

    /// Lets what is under way come to its end, for a while.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let mut tasks = self.tasks.lock().await;
        while tasks.join_next().await.is_some() {}
    }
}

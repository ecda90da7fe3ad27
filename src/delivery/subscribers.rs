//! All subscribers of a process: each with a worker of its own, so that none waits for another.
//! It must not read or send; it starts, tells and stops them.

use super::Planner;
use super::planner::Routes;
use super::worker::{self, Desk};
use crate::model::{EventId, Subscriber, SubscriberOrder, SubscriberStanding};
use crate::store::Store;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Running subscribers. Copies are the same ones.
#[derive(Clone)]
pub struct Subscribers(Arc<Inner>);

struct Inner {
    store: Store,
    planner: Planner,
    standings: watch::Sender<Vec<SubscriberStanding>>,
    crew: Mutex<Crew>,
}

#[derive(Default)]
struct Crew {
    running: Vec<Running>,
    /// Those that were told to stop, by name; what they have under way may take a moment.
    leaving: Vec<(String, JoinHandle<()>)>,
    /// Nobody is started any more.
    closed: bool,
}

struct Running {
    subscriber: Arc<Subscriber>,
    orders: mpsc::Sender<SubscriberOrder>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Subscribers {
    /// Starts a worker for each subscriber of the planner's routes. Those that are named leave out everything up to an event.
    pub fn start(store: &Store, planner: &Planner, (skip, upto): (&[String], EventId)) -> Subscribers {
        let standings = watch::Sender::new(Vec::new());
        let inner = Inner { store: store.clone(), planner: planner.clone(), standings, crew: Mutex::default() };
        let all = Subscribers(Arc::new(inner));
        let list = &planner.routes.now().subscribers;
        all.0.standings.send_replace(list.iter().map(|subscriber| subscriber.described()).collect());
        let running = list.iter().map(|subscriber| {
            let skip = skip.contains(&subscriber.name).then_some(upto);
            all.run(subscriber, skip, Vec::new())
        });
        let running = running.collect();
        all.crew().running = running;
        all
    }

    /// Puts other routes in force. Who is in them as before goes on undisturbed, who has changed goes on from its place as
    /// it is now, who is new begins, and who is gone stops; its place is kept for a while.
    pub fn reload(&self, routes: Routes) {
        let list = routes.subscribers.clone();
        self.0.planner.routes.replace(routes);
        let mut crew = self.crew();
        if crew.closed {
            return;
        }
        let (same, others): (Vec<Running>, Vec<Running>) =
            std::mem::take(&mut crew.running).into_iter().partition(|running| list.contains(&running.subscriber));
        for gone in others {
            gone.stop.send_replace(true);
            crew.leaving.push((gone.subscriber.name.clone(), gone.task));
        }
        crew.leaving.retain(|(_, task)| !task.is_finished());
        let mut going_on = same;
        for subscriber in &list {
            let known = going_on.iter().position(|running| running.subscriber == *subscriber);
            let running = match known.map(|at| going_on.swap_remove(at)) {
                Some(running) => {
                    // What was wrong with its settings may be mended elsewhere: a secret, for example.
                    let _ = running.orders.try_send(SubscriberOrder::LookAgain);
                    running
                }
                None => {
                    // Two at one place would send twice.
                    let (own, others) = std::mem::take(&mut crew.leaving)
                        .into_iter()
                        .partition::<Vec<_>, _>(|(name, _)| *name == subscriber.name);
                    crew.leaving = others;
                    self.run(subscriber, None, own.into_iter().map(|(_, task)| task).collect())
                }
            };
            crew.running.push(running);
        }
        self.0.standings.send_modify(|all| {
            let known = std::mem::take(all);
            let of = |subscriber: &Arc<Subscriber>| {
                let SubscriberStanding { url, when, order, policy, tries, .. } = subscriber.described();
                let old = known.iter().find(|old| old.name == subscriber.name).cloned();
                SubscriberStanding { url, when, order, policy, tries, ..old.unwrap_or_else(|| subscriber.described()) }
            };
            *all = list.iter().map(of).collect();
        });
    }

    fn run(&self, subscriber: &Arc<Subscriber>, skip: Option<EventId>, after: Vec<JoinHandle<()>>) -> Running {
        let Inner { store, planner, standings, .. } = &*self.0;
        let (orders, told) = mpsc::channel(8);
        let stop = watch::Sender::new(false);
        let desk = Desk {
            subscriber: Arc::clone(subscriber),
            skip,
            store: store.clone(),
            planner: planner.clone(),
            heads: store.signals().heads.clone(),
            orders: told,
            stop: stop.subscribe(),
            standings: standings.clone(),
        };
        let task = tokio::spawn(async move {
            for before in after {
                // Its own end has been reported by then.
                let _ = before.await;
            }
            worker::run(desk).await;
        });
        Running { subscriber: Arc::clone(subscriber), orders, stop, task }
    }

    /// How they are doing, and when that changes.
    pub fn standings(&self) -> watch::Receiver<Vec<SubscriberStanding>> {
        self.0.standings.subscribe()
    }

    /// Those of this moment, in the order of the configuration.
    pub fn list(&self) -> Vec<Arc<Subscriber>> {
        self.0.planner.routes.now().subscribers.clone()
    }

    /// Says of each how many events wait for it, what it has done and how fast.
    pub fn count(&self, counted: impl Fn(&mut SubscriberStanding)) {
        self.0.standings.send_if_modified(|all| {
            let before = all.clone();
            all.iter_mut().for_each(counted);
            *all != before
        });
    }

    /// Tells one what to do; `false` where there is none of this name.
    pub async fn tell(&self, name: &str, order: SubscriberOrder) -> bool {
        let found = self.crew().running.iter().find(|one| one.subscriber.name == name).map(|one| one.orders.clone());
        match found {
            Some(orders) => orders.send(order).await.is_ok(),
            None => false,
        }
    }

    /// Lets what is under way come to its end, for a while.
    pub async fn stop(&self) {
        let tasks = {
            let mut crew = self.crew();
            crew.closed = true;
            for running in &crew.running {
                running.stop.send_replace(true);
            }
            let running: Vec<_> = std::mem::take(&mut crew.running).into_iter().map(|running| running.task).collect();
            let leaving = std::mem::take(&mut crew.leaving).into_iter().map(|(_, task)| task);
            running.into_iter().chain(leaving).collect::<Vec<_>>()
        };
        for task in tasks {
            // One that has panicked has been reported.
            let _ = task.await;
        }
    }

    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.0.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What the daemon tells those who look on: what it works with, and where it is.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::{Hints, Tally, Turned, Works};
use crate::model::Timestamp;

/// The daemon as it is now.
#[derive(Clone)]
pub struct Present {
    /// Settings and trackers; others after SIGHUP.
    pub works: Works,
    /// A cycle runs.
    pub turning: bool,
    /// What happened since the start.
    pub tally: Arc<Tally>,
    /// The configuration as it is now didn't check, or takes a restart; an earlier one runs.
    pub outdated: bool,
    /// When the next cycle is due by the schedule. None: never, or not known yet.
    pub next: Option<Timestamp>,
    /// When the cycle that runs, or the last one, began.
    begun: Option<Instant>,
    /// What webhooks said. Whoever hears one gives a hint here.
    pub hints: Hints,
}

/// Where the daemon says so.
pub struct Beacon(watch::Sender<Present>);

impl Beacon {
    /// Of a daemon that has not turned yet.
    pub fn new(works: Works) -> Self {
        let tally = Arc::new(Tally::new(works.clock.now()));
        let (turning, outdated, hints) = (false, false, Hints::default());
        Self(watch::Sender::new(Present { works, turning, tally, outdated, next: None, begun: None, hints }))
    }

    /// For somebody who looks on.
    pub fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }

    /// Where hints come in.
    pub(super) fn hints(&self) -> Hints {
        self.0.borrow().hints.clone()
    }

    /// The configuration was loaded anew.
    pub fn renew(&self, works: Works) {
        self.0.send_modify(|present| {
            Arc::make_mut(&mut present.tally).close(present.works.trackers.iter().map(Arc::as_ref));
            (present.works, present.outdated) = (works, false);
        });
    }

    /// It was to be loaded anew, and the running one stays.
    pub fn stays(&self) {
        self.0.send_modify(|present| present.outdated = true);
    }

    /// A cycle begins.
    pub fn turns(&self) {
        self.0.send_modify(|present| (present.turning, present.begun) = (true, Some(Instant::now())));
    }

    /// It ended, and did this; None: it broke off.
    pub fn turned(&self, turned: Option<&Turned>) {
        self.0.send_modify(|present| {
            present.turning = false;
            let took = present.begun.map(|begun| begun.elapsed()).unwrap_or_default();
            Arc::make_mut(&mut present.tally).count(turned, took, present.works.clock.now());
        });
    }

    /// The next one is due then.
    pub fn waits(&self, next: Option<Timestamp>) {
        self.0.send_modify(|present| present.next = next);
    }
}

/// Looks on. Cheap to clone.
#[derive(Clone)]
pub struct Watch(watch::Receiver<Present>);

impl Watch {
    /// The daemon as it is now.
    pub fn now(&self) -> Present {
        self.0.borrow().clone()
    }

    /// Whether there is still a daemon to look on.
    pub fn lives(&self) -> bool {
        self.0.has_changed().is_ok()
    }

    /// Waits until something is otherwise. False: the daemon is gone.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

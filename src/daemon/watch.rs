//! What the daemon tells those who look on: what it works with, and where it is.

use tokio::sync::watch;

use super::Works;
use crate::model::Timestamp;

/// The daemon as it is now.
#[derive(Clone)]
pub struct Present {
    /// Settings and trackers; others after SIGHUP.
    pub works: Works,
    /// A cycle runs.
    pub turning: bool,
    /// Cycles that ended since the start, whatever came of them.
    pub turned: u64,
    /// When the next cycle is due by the schedule. None: never, or not known yet.
    pub next: Option<Timestamp>,
}

/// Where the daemon says so.
pub struct Beacon(watch::Sender<Present>);

impl Beacon {
    /// Of a daemon that has not turned yet.
    pub fn new(works: Works) -> Self {
        Self(watch::Sender::new(Present { works, turning: false, turned: 0, next: None }))
    }

    /// For somebody who looks on.
    pub fn watch(&self) -> Watch {
        Watch(self.0.subscribe())
    }

    /// The configuration was loaded anew.
    pub fn renew(&self, works: Works) {
        self.0.send_modify(|present| present.works = works);
    }

    /// A cycle begins.
    pub fn turns(&self) {
        self.0.send_modify(|present| present.turning = true);
    }

    /// It ended.
    pub fn turned(&self) {
        self.0.send_modify(|present| {
            present.turning = false;
            present.turned += 1;
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

    /// Waits until something is otherwise. False: the daemon is gone.
    pub async fn changed(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

//! The daemon: poll, the cycle, apply, and the loop that turns them.

mod apply;
mod by_hand;
mod census;
mod cycle;
mod digest;
mod echo;
mod gather;
mod held;
mod hints;
mod notify;
mod people;
mod permit;
mod quiet;
mod run;
mod scheme;
mod service;
mod shelf;
mod surely;
mod tally;
mod think;
mod view;
mod watch;
mod what_if;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::model::{Day, Timestamp};
use crate::settings::Settings;
use crate::store::StoreTrouble;
use crate::tracker::{Policy, Tracker, Trouble};

pub use by_hand::{preview_retire, rejoin, retire, undo};
pub use cycle::{Order, Preview, Turned, preview, turn};
pub use digest::{DAYS as DIGEST_DAYS, Digest, Reader};
pub use held::{Held, held, name_holders};
pub use hints::{Heard, Hints};
pub use notify::{Untold, tell};
pub use run::{Daemon, RunTrouble};
pub use tally::{Durations, Ending, Spent, Stage, Tally};
pub use think::{Frame, Thought, think};
pub use view::View;
pub use watch::{Beacon, Present, Watch};
pub use what_if::{Set, lacks, scored};

/// How long a cycle waits for another one's lock before it names the holder.
pub const LOCK_WAIT: Duration = Duration::from_secs(60);

/// What ends a cycle before its end. What a tracker does is in the cycle's answer instead.
#[derive(Debug, thiserror::Error)]
pub enum CycleTrouble {
    /// The store can't be read or written, or another process holds its lock.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
    /// There is no such cycle, or it wrote nothing.
    #[error("cycle {0} wrote nothing that could be undone; `roadmapd history` lists the cycles")]
    NothingToUndo(u64),
}

/// The trackers and the settings that every cycle works with. Cheap to clone.
pub struct Works<T = Tracker> {
    /// Checked settings.
    pub settings: Arc<Settings>,
    /// The connected trackers, in the configuration's order.
    pub trackers: Vec<Arc<T>>,
    /// What time it is.
    pub clock: Clock,
    /// Pages of a scheduled census that one cycle reads of each tracker, besides what changed; a hundred issues a page.
    pub census_pages: usize,
}

impl<T> Clone for Works<T> {
    fn clone(&self) -> Self {
        let (settings, trackers) = (Arc::clone(&self.settings), self.trackers.clone());
        Self { settings, trackers, clock: self.clock.clone(), census_pages: self.census_pages }
    }
}

/// A tenth of an hour's requests of a GitHub token where a cycle is due every five minutes.
const CENSUS_PAGES: usize = 40;

impl Works {
    /// Connects the configured trackers. Sends nothing yet.
    ///
    /// # Errors
    /// A tracker whose credential can't be read or whose address can't be used.
    pub fn connect(settings: Arc<Settings>, clock: Clock) -> Result<Self, Trouble> {
        let trackers =
            settings.trackers.iter().map(|config| Tracker::connect(config).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Self { settings, trackers, clock, census_pages: CENSUS_PAGES })
    }

    /// Connects them all, or names everything that keeps them from it.
    ///
    /// # Errors
    /// As [`Works::connect`], for each tracker.
    pub fn connect_all(settings: Arc<Settings>, clock: Clock) -> Result<Self, Vec<Trouble>> {
        let (mut trackers, mut troubles) = (Vec::new(), Vec::new());
        for config in &settings.trackers {
            match Tracker::connect(config) {
                Ok(tracker) => trackers.push(Arc::new(tracker)),
                Err(trouble) => troubles.push(trouble),
            }
        }
        if troubles.is_empty() {
            Ok(Self { settings, trackers, clock, census_pages: CENSUS_PAGES })
        } else {
            Err(troubles)
        }
    }

    /// Connects them all with a patience of one's own.
    ///
    /// # Errors
    /// As [`Works::connect`].
    pub fn connect_with(settings: Arc<Settings>, clock: Clock, policy: Policy) -> Result<Self, Trouble> {
        let connect = |config| Tracker::connect_with(config, policy).map(Arc::new);
        let trackers = settings.trackers.iter().map(connect).collect::<Result<_, _>>()?;
        Ok(Self { settings, trackers, clock, census_pages: CENSUS_PAGES })
    }
}

/// Where the time comes from: the system, or a test.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that a test sets.
    pub fn from_fn(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// The day in a time zone.
    pub fn today(&self, zone: &TimeZone) -> Day {
        self.now().to_zoned(zone.clone()).date()
    }
}

//! Daemon and store -> Vitals: how fresh each tracker is, whether the loop turns, and what waits for a person.

use std::sync::{Mutex, PoisonError};

use jiff::SignedDuration;

use crate::daemon::Present;
use crate::model::Timestamp;
use crate::settings::Settings;
use crate::store::{Store, StoreTrouble, WaitingPlan};
use crate::tracker::{Fetch, Left};

/// Ticks of the schedule that may pass without the end of a cycle.
const TICKS_MISSED_MAX: usize = 3;
/// However dense the schedule is, so long may pass.
const QUIET_MAX: SignedDuration = SignedDuration::from_mins(15);

/// What probes and metrics are told from, as it is when they ask.
pub(super) struct Vitals {
    pub present: Present,
    pub now: Timestamp,
    pub trackers: Vec<Vital>,
    pub waiting: Option<WaitingPlan>,
    pub paused: Option<Timestamp>,
}

/// One tracker.
pub(super) struct Vital {
    pub name: String,
    /// When it was last read to its end.
    pub read: Option<Timestamp>,
    /// Why the last reading failed.
    pub failed: Option<String>,
    /// The strictest `stale_max` of what its issues are under.
    pub stale_max: SignedDuration,
    /// It was last read longer ago than that, though a cycle was due since.
    pub stale: bool,
    pub expires: Option<Timestamp>,
    pub left: Option<Left>,
}

impl Vitals {
    pub(super) async fn read(present: Present, store: &Store) -> Result<Self, StoreTrouble> {
        let settings = &present.works.settings;
        let now = present.works.clock.now();
        let mut trackers = Vec::new();
        for tracker in &present.works.trackers {
            let state = store.tracker(tracker.name()).await?;
            let stale_max_s = settings.limits(&state.containers).strictest_stale_max_s();
            let stale_max = SignedDuration::from_secs(i64::try_from(stale_max_s).unwrap_or(i64::MAX));
            let since = state.last_whole.unwrap_or(present.tally.started);
            trackers.push(Vital {
                name: tracker.name().to_string(),
                read: state.last_whole,
                failed: state.failed.map(|(_, sentence)| sentence),
                stale_max,
                stale: now > fresh_until(settings, since, stale_max),
                expires: tracker.expires(),
                left: tracker.left(),
            });
        }
        let (waiting, paused) = (store.waiting().await?, store.paused().await?);
        Ok(Self { now, trackers, waiting, paused, present })
    }

    /// When a cycle should have ended by now, where none did and none runs.
    pub(super) fn overdue(&self) -> Option<Timestamp> {
        let since = self.present.tally.last_end.unwrap_or(self.present.tally.started);
        let due = after(since, QUIET_MAX).max(ticks_after(&self.present.works.settings, since, TICKS_MISSED_MAX)?);
        (!self.present.turning && self.now > due).then_some(due)
    }
}

/// Until when a tracker counts as fresh that was read then. Where cycles are rarer than `stale_max`, the second tick is what it
/// must be read by: between two of them nothing is wrong.
fn fresh_until(settings: &Settings, read: Timestamp, stale_max: SignedDuration) -> Timestamp {
    let by = ticks_after(settings, read, 2).unwrap_or(Timestamp::MIN);
    after(read, stale_max).max(by)
}

/// The tick of the schedule that is so many after an instant.
fn ticks_after(settings: &Settings, from: Timestamp, ticks: usize) -> Option<Timestamp> {
    let daemon = &settings.daemon;
    (0..ticks).try_fold(from, |at, _| daemon.schedule.next_after(at, &daemon.timezone))
}

fn after(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

/// Since when nothing moves in a cycle. Whoever asks takes the pulse: between two questions only what both saw counts.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Option<Beat>>);

#[derive(Clone, Copy, Debug)]
struct Beat {
    /// Cycles that have ended, and requests that were sent.
    moved: (u64, u64),
    since: Timestamp,
}

impl Pulse {
    /// How long the cycle that runs has sent no request, as far as it was looked at. None: no cycle runs.
    pub(super) fn still_for(&self, present: &Present) -> Option<SignedDuration> {
        let now = present.works.clock.now();
        let sent = present.works.trackers.iter().map(|tracker| {
            let requests = tracker.requests();
            requests.reads + requests.writes
        });
        let moved = (present.tally.turned(), sent.sum());
        let mut beat = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !present.turning {
            *beat = None;
            return None;
        }
        let seen = match *beat {
            Some(seen) if seen.moved == moved => seen,
            _ => Beat { moved, since: now },
        };
        *beat = Some(seen);
        Some(now.duration_since(seen.since))
    }
}

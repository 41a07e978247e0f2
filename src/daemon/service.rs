//! The daemon -> its service manager (systemd): that it is ready, what it does, and that it is alive. Without one nothing is sent.

use std::convert::Infallible;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tracing::warn;

/// A cycle that asks no tracker anything for so long hangs. It waits longer for nothing: a minute for another process's lock,
/// a minute and a half for a request with the pause before it, seconds for the store and the pure stages.
const STILL_MAX: Duration = Duration::from_secs(600);

/// Where the service manager is told. The loop itself owns it: a loop that stands still can't say that it is alive.
pub(super) struct Service {
    watchdog: Option<Interval>,
}

impl Service {
    /// As the environment says.
    pub(super) fn found() -> Self {
        // Told three times as often as it must be, so that one that comes late kills nobody.
        let watchdog = sd_notify::watchdog_enabled().map(|within| within / 3).filter(|every| !every.is_zero());
        Self {
            watchdog: watchdog.map(|every| {
                let mut beats = interval(every);
                beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
                beats
            }),
        }
    }

    /// The start is done, or the configuration loaded anew.
    pub(super) fn ready(&self) {
        tell(&[NotifyState::Ready]);
    }

    /// The configuration is loaded anew.
    pub(super) fn reloads(&self) {
        let now = NotifyState::monotonic_usec_now().ok();
        tell(&[Some(NotifyState::Reloading), now].into_iter().flatten().collect::<Vec<_>>());
    }

    /// It was told to stop.
    pub(super) fn stops(&self) {
        tell(&[NotifyState::Stopping, NotifyState::Status("stops")]);
    }

    /// What it does, in a few words.
    pub(super) fn does(&self, what: &str) {
        tell(&[NotifyState::Status(what)]);
    }

    /// Waits until it is time to say that it is alive, and says so.
    pub(super) async fn waits(&mut self) {
        let Some(beats) = &mut self.watchdog else { return std::future::pending().await };
        beats.tick().await;
        tell(&[NotifyState::Watchdog]);
    }

    /// Says again and again that it is alive, as long as it is polled and `done` moves; never ends.
    pub(super) async fn lives(&mut self, done: impl Fn() -> u64) -> Infallible {
        let Some(beats) = &mut self.watchdog else { return std::future::pending().await };
        let mut pulse = Pulse { done: done(), since: Instant::now() };
        loop {
            beats.tick().await;
            if pulse.goes(done(), Instant::now()) {
                tell(&[NotifyState::Watchdog]);
            } else {
                warn!(
                    "the cycle has done nothing for {STILL_MAX:?}; the watchdog isn't told any more that it is alive"
                );
            }
        }
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!("the service manager can't be told: {error}; look at NOTIFY_SOCKET");
    }
}

/// Whether something moves.
struct Pulse {
    done: u64,
    since: Instant,
}

impl Pulse {
    fn goes(&mut self, done: u64, now: Instant) -> bool {
        if done != self.done {
            *self = Self { done, since: now };
        }
        now.duration_since(self.since) < STILL_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cycle_is_alive_while_it_asks_and_a_cycle_that_hangs_is_not() {
        let start = Instant::now();
        let mut pulse = Pulse { done: 7, since: start };
        for hour in 1..24_u32 {
            let now = start + STILL_MAX * hour / 2;
            assert!(pulse.goes(7 + u64::from(hour), now), "something was asked each time");
        }
        let last = start + STILL_MAX * 23 / 2;
        assert!(pulse.goes(30, last + STILL_MAX / 2));
        assert!(!pulse.goes(30, last + STILL_MAX));
        assert!(pulse.goes(31, last + STILL_MAX * 2), "it goes on when the cycle does");
    }
}

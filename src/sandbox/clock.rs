//! The sandbox's clock: the system's, one that runs from a chosen moment, or one that stands still until it is moved.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A shared clock; clones tell the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    face: Arc<Mutex<Face>>,
}

#[derive(Debug)]
struct Face {
    base: Timestamp,
    /// When the clock runs: the instant at which it showed `base`.
    since: Option<Instant>,
    /// How far a standing clock moves with every request.
    tick: SignedDuration,
}

impl Clock {
    /// The time of this machine.
    #[must_use]
    pub fn system() -> Self {
        Self::running_from(Timestamp::now())
    }

    /// A clock that shows `start` now and runs on from there.
    #[must_use]
    pub fn running_from(start: Timestamp) -> Self {
        Self::new(start, Some(Instant::now()), SignedDuration::ZERO)
    }

    /// A clock that stands at `start`. It moves by [`Clock::advance`], and by 1 ms with every request, so that
    /// two writes still bear two stamps.
    #[must_use]
    pub fn fixed(start: Timestamp) -> Self {
        Self::new(start, None, SignedDuration::from_millis(1))
    }

    /// A clock that stands at `start` and moves only by [`Clock::advance`].
    #[must_use]
    pub fn frozen(start: Timestamp) -> Self {
        Self::new(start, None, SignedDuration::ZERO)
    }

    fn new(base: Timestamp, since: Option<Instant>, tick: SignedDuration) -> Self {
        Self { face: Arc::new(Mutex::new(Face { base, since, tick })) }
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let face = self.face.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = face.since.map_or(Duration::ZERO, |since| since.elapsed());
        later(face.base, gone)
    }

    /// Moves it forward; a running clock runs on from there.
    pub fn advance(&self, by: Duration) {
        let mut face = self.face.lock().unwrap_or_else(PoisonError::into_inner);
        face.base = later(face.base, by);
    }

    /// One request has come in.
    pub(super) fn tick(&self) {
        let mut face = self.face.lock().unwrap_or_else(PoisonError::into_inner);
        let tick = face.tick.unsigned_abs();
        face.base = later(face.base, tick);
    }
}

fn later(stamp: Timestamp, by: Duration) -> Timestamp {
    stamp.saturating_add(by).unwrap_or(stamp)
}

/// `stamp` without its fraction of a second, as GitHub keeps it.
pub(super) fn whole_second(stamp: Timestamp) -> Timestamp {
    Timestamp::from_second(stamp.as_second()).unwrap_or(stamp)
}

/// `stamp` less `days` (a negative number of days lies in the future).
pub(super) fn days_before(stamp: Timestamp, days: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "seeds are days, far inside i64 milliseconds")]
    let millis = (days * 86_400_000.0) as i64;
    stamp.saturating_sub(SignedDuration::from_millis(millis)).unwrap_or(stamp)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_by_a_millisecond_with_every_request_and_by_advance() {
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let clock = Clock::fixed(start);
        clock.tick();
        clock.clone().advance(Duration::from_secs(60));
        assert_eq!(clock.now().to_string(), "2026-11-24T12:01:00.001Z");
    }
}

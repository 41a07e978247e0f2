//! The pace of one credential: quotas, requests under way at once, and pauses that the tracker asked for.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limits::{self, until_reset};
use super::{Answer, Effect};
use crate::tracker::{Budget, Left};

/// Points that a write costs where the tracker counts points; a read costs one.
const WRITE_POINTS: NonZeroU32 = NonZeroU32::new(5).expect("5 isn't 0");

/// Why a request isn't let through.
pub(super) enum Halt {
    /// Somebody asked to stop.
    Stopped,
    /// It would have to wait longer than the patience.
    TooLong {
        /// How long.
        wait: Duration,
        /// For what.
        why: String,
        /// It is our own pace, not a limit that the tracker named.
        ours: bool,
    },
}

/// The pace of one credential.
pub(super) struct Pace {
    slots: Semaphore,
    /// Whoever waits for the writing budget waits in line.
    line: tokio::sync::Mutex<()>,
    writes_minute: DefaultDirectRateLimiter,
    writes_hour: DefaultDirectRateLimiter,
    points: Option<DefaultDirectRateLimiter>,
    pause: Mutex<Option<(Instant, String)>>,
    /// What the tracker's last answer said is left of its own limit.
    left: Mutex<Option<Left>>,
}

impl Pace {
    pub(super) fn new(budget: Budget, points_per_minute: Option<u32>) -> Self {
        let minute = Duration::from_secs(60);
        let (per_minute, per_hour) = (budget.writes_per_minute.max(1), budget.writes_per_hour.max(1));
        Self {
            slots: Semaphore::new(budget.concurrency.max(1) as usize),
            line: tokio::sync::Mutex::new(()),
            writes_minute: quota(per_minute, (per_minute / 6).clamp(1, 10), minute),
            writes_hour: quota(per_hour, (per_hour / 4).max(1), minute * 60),
            points: points_per_minute.map(|points| quota(points, (points / 3).max(WRITE_POINTS.get()), minute)),
            pause: Mutex::new(None),
            left: Mutex::new(None),
        }
    }

    /// What the tracker said is left of its own limit. None: it doesn't say.
    pub(super) fn left(&self) -> Option<Left> {
        *self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot, the end of a pause and the quotas; not longer than the patience.
    pub(super) async fn admit(
        &self,
        effect: Effect,
        patience: Duration,
        stop: Option<&CancellationToken>,
    ) -> Result<SemaphorePermit<'_>, Halt> {
        if effect == Effect::Write {
            self.reserve(patience, stop).await?;
        }
        let permit = unless_stopped(stop, self.slots.acquire()).await?.map_err(|_| Halt::Stopped)?;
        let give_up = Instant::now() + patience;
        if let Some(points) = &self.points {
            let cost = if effect == Effect::Read { NonZeroU32::MIN } else { WRITE_POINTS };
            self.quota_wait(points, cost, "the tracker's points a minute", give_up, stop).await?;
        }
        loop {
            let Some((wait, why)) = self.paused() else { return Ok(permit) };
            if Instant::now() + wait > give_up {
                return Err(Halt::TooLong { wait, why, ours: false });
            }
            self.rest(wait, stop).await?;
        }
    }

    /// Takes a place in the budget for one writing request; waits for it in line, and once first not longer than the patience.
    pub(super) async fn reserve(&self, patience: Duration, stop: Option<&CancellationToken>) -> Result<(), Halt> {
        let _first = unless_stopped(stop, self.line.lock()).await?;
        let give_up = Instant::now() + patience;
        self.quota_wait(&self.writes_hour, NonZeroU32::MIN, "the budget of writes an hour", give_up, stop).await?;
        self.quota_wait(&self.writes_minute, NonZeroU32::MIN, "the budget of writes a minute", give_up, stop).await
    }

    async fn quota_wait(
        &self,
        quota: &DefaultDirectRateLimiter,
        cost: NonZeroU32,
        why: &str,
        give_up: Instant,
        stop: Option<&CancellationToken>,
    ) -> Result<(), Halt> {
        loop {
            // A cost above the burst can't occur: every burst is at least the dearest request.
            let Ok(Err(not_until)) = quota.check_n(cost) else { return Ok(()) };
            let wait = not_until.wait_time_from(quota.clock().now()).max(Duration::from_millis(1));
            if Instant::now() + wait > give_up {
                return Err(Halt::TooLong { wait, why: why.to_owned(), ours: true });
            }
            self.rest(wait, stop).await?;
        }
    }

    /// Waits, unless somebody asks to stop.
    pub(super) async fn rest(&self, wait: Duration, stop: Option<&CancellationToken>) -> Result<(), Halt> {
        unless_stopped(stop, tokio::time::sleep(wait)).await
    }

    /// Lets nothing through for a while; only ever lengthens a pause.
    pub(super) fn pause(&self, wait: Duration, why: &str) {
        let until = Instant::now() + wait;
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        if pause.as_ref().is_none_or(|(standing, _)| *standing < until) {
            *pause = Some((until, why.to_owned()));
        }
    }

    /// Notes what is left, and pauses when an answer says that nothing is until a time.
    pub(super) fn heed(&self, answer: &Answer) {
        if let Some(left) = limits::left(answer) {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(left);
        }
        if answer.header("x-ratelimit-remaining") == Some("0")
            && let Some(wait) = until_reset(answer)
        {
            self.pause(wait, "nothing is left of the tracker's own limit");
        }
    }

    fn paused(&self) -> Option<(Duration, String)> {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, why) = pause.as_ref()?;
        let wait = until.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            *pause = None;
            return None;
        }
        Some((wait, why.clone()))
    }
}

/// A quota that allows `burst` at once and never more than `cells` in any `period`.
fn quota(cells: u32, burst: u32, period: Duration) -> DefaultDirectRateLimiter {
    let burst = NonZeroU32::new(burst.min(cells)).unwrap_or(NonZeroU32::MIN);
    let each = period / (cells - burst.get() + 1).max(1);
    let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst);
    RateLimiter::direct(quota)
}

async fn unless_stopped<F: Future>(stop: Option<&CancellationToken>, work: F) -> Result<F::Output, Halt> {
    let Some(stop) = stop else { return Ok(work.await) };
    tokio::select! {
        biased;
        () = stop.cancelled() => Err(Halt::Stopped),
        output = work => Ok(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(per_minute: u32, per_hour: u32) -> Budget {
        Budget { writes_per_minute: per_minute, writes_per_hour: per_hour, concurrency: 2 }
    }

    async fn admitted(pace: &Pace, effect: Effect) -> bool {
        pace.admit(effect, Duration::ZERO, None).await.is_ok()
    }

    #[tokio::test]
    async fn writes_keep_to_the_smallest_budget_and_reads_are_not_held_up_by_it() {
        let pace = Pace::new(budget(1, 1), None);
        assert!(admitted(&pace, Effect::Write).await);
        assert!(!admitted(&pace, Effect::Write).await);
        assert!(admitted(&pace, Effect::Read).await);
    }

    #[tokio::test]
    async fn a_burst_is_a_part_of_the_budget() {
        let pace = Pace::new(budget(60, 500), None);
        let mut burst = 0;
        while burst < 60 && admitted(&pace, Effect::Write).await {
            burst += 1;
        }
        assert!((10..=11).contains(&burst), "{burst}");
    }

    #[tokio::test]
    async fn a_pause_longer_than_the_patience_is_said_and_only_ever_lengthened() {
        let pace = Pace::new(budget(60, 500), None);
        pace.pause(Duration::from_secs(100), "told so");
        pace.pause(Duration::from_secs(1), "a shorter one");
        let Err(Halt::TooLong { wait, why, ours: false }) =
            pace.admit(Effect::Read, Duration::from_secs(60), None).await
        else {
            panic!("it was let through");
        };
        assert!(wait > Duration::from_secs(90), "{wait:?}");
        assert_eq!(why, "told so");
    }

    #[tokio::test]
    async fn a_wait_ends_when_somebody_stops_it() {
        let pace = Pace::new(budget(60, 500), None);
        pace.pause(Duration::from_secs(100), "told so");
        let stop = CancellationToken::new();
        stop.cancel();
        let halt = pace.admit(Effect::Write, Duration::from_secs(1000), Some(&stop)).await.err();
        assert!(matches!(halt, Some(Halt::Stopped)));
    }
}

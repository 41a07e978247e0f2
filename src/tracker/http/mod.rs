//! request -> pace -> attempt -> verdict -> answer: how every request to a tracker is paced, repeated and given up.
//!
//! Knows nothing of transports: it runs a closure that yields status, headers and body. What it refuses to do is repeat a
//! write whose fate isn't known.

mod answer;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod limits;
mod pace;
mod together;
mod transport;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use governor::Jitter;
use http::StatusCode;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Answered, Budget, Left, Requests, Trouble, TroubleKind};
use crate::model::TrackerName;

pub(super) use answer::{Answer, Asked, Effect, Fault, said};
pub(super) use limits::http_date;
pub(super) use together::{side_by_side, work_off};
pub(crate) use transport::is_loopback;
pub(super) use transport::{cut, transport};

use limits::Limit;
use pace::{Halt, Pace};

/// How long and how often a tracker is asked before it is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Tries of one request, the first included; at least 1.
    pub tries_max: u32,
    /// Wait before the second try; doubles from try to try, times 0.7–1.3, never more than `backoff_max`.
    pub backoff: Duration,
    /// The longest wait between tries that nobody asked for.
    pub backoff_max: Duration,
    /// The longest wait for a limit to end, ours or the tracker's; a longer one is a [`TroubleKind::Limited`].
    pub patience: Duration,
    /// Wait after a limit that doesn't say when it ends; doubles from try to try.
    pub unsaid_limit: Duration,
    /// Time for a connection to be made.
    pub connect_timeout: Duration,
    /// Time for a whole request, body included.
    pub request_timeout: Duration,
    /// Bytes of an answer's body.
    pub body_bytes_max: usize,
    /// Pages of one listing.
    pub pages_max: usize,
}

impl Policy {
    /// What suits GitHub: a secondary limit that names no end lasts at least a minute.
    pub const GITHUB: Self = Self {
        tries_max: 4,
        backoff: Duration::from_millis(500),
        backoff_max: Duration::from_secs(30),
        patience: Duration::from_secs(60),
        unsaid_limit: Duration::from_secs(60),
        connect_timeout: Duration::from_secs(10),
        request_timeout: Duration::from_secs(30),
        body_bytes_max: 32 << 20,
        pages_max: 10_000,
    };

    /// What suits Jira: burst limits pass within seconds.
    pub const JIRA: Self = Self { unsaid_limit: Duration::from_secs(2), ..Self::GITHUB };
}

/// Writes of unknown fate in a row that end a batch.
const LOST_MAX: u64 = 3;

/// The way to one tracker with one credential: its pace, its patience and its counts.
pub(super) struct Lane {
    /// The tracker, for sentences.
    pub(super) tracker: TrackerName,
    /// The patience.
    pub(super) policy: Policy,
    pace: Pace,
    /// Writes of unknown fate in a row.
    lost: AtomicU64,
    reads: AtomicU64,
    writes: AtomicU64,
    retries: AtomicU64,
    answers: [AtomicU64; Answered::ALL.len()],
}

impl Lane {
    /// A lane that keeps to a budget, and to `points_per_minute` (reads 1, writes 5) where the tracker counts those.
    pub(super) fn new(tracker: &TrackerName, budget: Budget, points_per_minute: Option<u32>, policy: Policy) -> Self {
        Self {
            tracker: tracker.clone(),
            policy,
            pace: Pace::new(budget, points_per_minute),
            lost: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            retries: AtomicU64::new(0),
            answers: Default::default(),
        }
    }

    /// Refuses an address that carries a credential: addresses are shown.
    pub(super) fn check_base(&self, base: &Url) -> Result<(), Trouble> {
        if base.username().is_empty() && base.password().is_none() {
            return Ok(());
        }
        let what = format!("base_url holds a credential for {}", base.host_str().unwrap_or_default());
        Err(self.trouble(TroubleKind::Invalid, what, "take it out of the address and put it into auth"))
    }

    /// Refuses another server than the one that was read under this name before: ids mean other issues there.
    pub(super) fn check_server(&self, before: Option<&str>, now: &str) -> Result<(), Trouble> {
        match before {
            Some(before) if before != now => {
                let what = format!("{now} answers under this name, and what is stored was read from {before}");
                let next = "put the old base_url back, or give the new server a name (or a database) of its own";
                Err(self.trouble(TroubleKind::Moved, what, next))
            }
            _ => Ok(()),
        }
    }

    /// What the tracker said is left of its own limit.
    pub(super) fn left(&self) -> Option<Left> {
        self.pace.left()
    }

    /// Requests sent so far.
    pub(super) fn requests(&self) -> Requests {
        Requests {
            reads: self.reads.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            answers: std::array::from_fn(|way| self.answers[way].load(Ordering::Relaxed)),
        }
    }

    /// Sends one request, again where that is safe, and gives the answer: any status but a limit and, for reads, a server error.
    ///
    /// `stop` ends waits, never a request that is under way.
    pub(super) async fn send<F, A>(
        &self,
        asked: &Asked<'_>,
        stop: Option<&CancellationToken>,
        attempt: F,
    ) -> Result<Answer, Trouble>
    where
        F: Fn() -> A + Send + Sync,
        A: Future<Output = Result<Answer, Fault>> + Send,
    {
        let mut backoff = ExponentialBuilder::default()
            .with_min_delay(self.policy.backoff)
            .with_max_delay(self.policy.backoff_max)
            .with_factor(2.0)
            .with_max_times(usize::try_from(self.policy.tries_max.saturating_sub(1)).unwrap_or(usize::MAX))
            .build();
        let mut tries = 0_u32;
        loop {
            let permit = self
                .pace
                .admit(asked.effect, self.policy.patience, stop)
                .await
                .map_err(|halt| self.halted(asked, halt))?;
            self.count(asked.effect, tries > 0);
            let begun = Instant::now();
            let result = match tokio::time::timeout(self.policy.request_timeout, attempt()).await {
                Ok(result) => result,
                Err(_) => {
                    Err(Fault::Lost(format!("timed out: no whole answer within {:?}", self.policy.request_timeout)))
                }
            };
            drop(permit);
            self.trace(asked, &result, begun);
            self.answers[answered(&result) as usize].fetch_add(1, Ordering::Relaxed);
            let (trouble, limit) = match self.verdict(asked, result, tries) {
                Verdict::Take(answer) => return Ok(answer),
                Verdict::GiveUp(trouble) => return Err(trouble),
                Verdict::Again(trouble, limit) => (trouble, limit),
            };
            tries += 1;
            let Some(delay) = backoff.next() else { return Err(trouble) };
            let mut wait = delay.mul_f32(0.7).saturating_add(Jitter::up_to(delay.mul_f32(0.6)) + Duration::ZERO);
            if let Some(limit) = limit {
                if limit > self.policy.patience {
                    return Err(trouble);
                }
                wait = wait.max(limit);
            }
            self.pace.rest(wait, stop).await.map_err(|halt| self.halted(asked, halt))?;
        }
    }

    /// What an attempt means: for a read almost everything may be tried again, for a write only what provably wasn't applied.
    fn verdict(&self, asked: &Asked<'_>, result: Result<Answer, Fault>, tries: u32) -> Verdict {
        let answer = match result {
            Ok(answer) => answer,
            Err(Fault::Unsent(why)) => {
                return Verdict::Again(self.unavailable(asked, &format!("couldn't be sent: {why}")), None);
            }
            Err(Fault::Lost(why)) if asked.effect == Effect::Read => {
                return Verdict::Again(self.unavailable(asked, &format!("broke off: {why}")), None);
            }
            Err(Fault::Lost(why)) => return Verdict::GiveUp(self.fate_unknown(asked, &why)),
            Err(Fault::TooLarge) => {
                let what = format!("{asked} answered with more than {} MB", self.policy.body_bytes_max >> 20);
                return Verdict::GiveUp(match asked.effect {
                    Effect::Read => self.trouble(TroubleKind::Garbled, what, "check what answers under base_url"),
                    _ => self.fate_unknown(asked, "the answer was too large to read"),
                });
            }
        };
        self.pace.heed(&answer);
        if let Some(Limit { wait, said }) = limits::limit(&answer) {
            let wait = wait.unwrap_or_else(|| self.policy.unsaid_limit.saturating_mul(1 << tries.min(10)));
            self.pace.pause(wait, &said);
            let what = format!("{asked} answered {}: {said}", answer.said());
            return Verdict::Again(self.trouble_limited(what, wait), Some(wait));
        }
        // 501 and 505 say that the server can't do it; every other one, a gateway's own 520 to 599 too, leaves open what it did.
        if !matches!(answer.status.as_u16(), 408 | 500 | 502..=504 | 506..=599) {
            return Verdict::Take(answer);
        }
        let wait = limits::retry_after(&answer).filter(|_| answer.status == StatusCode::SERVICE_UNAVAILABLE);
        if let Some(wait) = wait {
            self.pace.pause(wait, "the tracker said when to come back");
        }
        match asked.effect {
            Effect::Read => Verdict::Again(self.unavailable(asked, &format!("answered {}", answer.said())), wait),
            _ => Verdict::GiveUp(self.fate_unknown(asked, &format!("the answer was {}", answer.said()))),
        }
    }

    fn count(&self, effect: Effect, again: bool) {
        match effect {
            Effect::Read => &self.reads,
            Effect::Write | Effect::Reserved => &self.writes,
        }
        .fetch_add(1, Ordering::Relaxed);
        if again {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn trace(&self, asked: &Asked<'_>, result: &Result<Answer, Fault>, begun: Instant) {
        let status = result.as_ref().map_or(0, |answer| answer.status.as_u16());
        let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let fault = result.as_ref().err().map(ToString::to_string);
        tracing::debug!(tracker = %self.tracker, method = %asked.method, path = asked.path(), status, ms, fault, "request");
    }

    fn halted(&self, asked: &Asked<'_>, halt: Halt) -> Trouble {
        match halt {
            Halt::Stopped => self.trouble(
                TroubleKind::Stopped,
                format!("{asked} wasn't sent"),
                "it was stopped on request; start again",
            ),
            Halt::TooLong { wait, why, ours: true } => self.paced(wait, &why),
            Halt::TooLong { wait, why, ours: false } => self.limited(asked, wait, &why),
        }
    }

    /// Takes a place in the budget for one writing request, before its intent is stored: what has no place isn't begun.
    ///
    /// # Errors
    /// [`TroubleKind::Paced`] when our own pace leaves no place for longer than the patience, [`TroubleKind::Stopped`].
    pub(super) async fn reserve(&self, stop: &CancellationToken) -> Result<(), Trouble> {
        self.pace.reserve(self.policy.patience, Some(stop)).await.map_err(|halt| match halt {
            Halt::Stopped => {
                let next = "it was stopped on request; start again";
                self.trouble(TroubleKind::Stopped, "the next change wasn't begun".to_owned(), next)
            }
            Halt::TooLong { wait, why, .. } => self.paced(wait, &why),
        })
    }

    /// Counts writes of unknown fate in a row, and ends the batch when a tracker loses one after the other: each
    /// costs a reading by id.
    pub(super) fn ailing(&self, lost: bool) -> Result<(), Trouble> {
        if !lost {
            self.lost.store(0, Ordering::Relaxed);
            return Ok(());
        }
        if self.lost.fetch_add(1, Ordering::Relaxed) + 1 < LOST_MAX {
            return Ok(());
        }
        self.lost.store(0, Ordering::Relaxed);
        let what = format!("{LOST_MAX} writes in a row had no answer that tells whether they arrived");
        Err(self.trouble(TroubleKind::Unavailable, what, "the next cycle reads what arrived and goes on"))
    }

    fn paced(&self, wait: Duration, why: &str) -> Trouble {
        let next =
            format!("the next cycle goes on; there is room again at {} (budget of this tracker)", limits::ends(wait));
        self.trouble(TroubleKind::Paced, format!("{why} is used up"), next)
    }

    fn limited(&self, asked: &Asked<'_>, wait: Duration, why: &str) -> Trouble {
        self.trouble_limited(format!("{asked} must wait ({why})"), wait)
    }

    fn trouble_limited(&self, what: String, wait: Duration) -> Trouble {
        let next = format!("the limit ends at {}; the next cycle goes on by itself", limits::ends(wait));
        self.trouble(TroubleKind::Limited, what, next)
    }

    fn unavailable(&self, asked: &Asked<'_>, what: &str) -> Trouble {
        let next = "check that base_url is right and the tracker is up; the next cycle tries again";
        self.trouble(
            TroubleKind::Unavailable,
            format!("{asked} {what} ({} tries at most)", self.policy.tries_max),
            next,
        )
    }

    /// The trouble of a write of which nobody knows whether it arrived.
    pub(super) fn fate_unknown(&self, asked: &Asked<'_>, why: &str) -> Trouble {
        let next = "it isn't repeated blindly; the next cycle reads what stands there";
        self.trouble(TroubleKind::FateUnknown, format!("{asked} left and may or may not have arrived: {why}"), next)
    }

    /// A trouble of this tracker.
    pub(super) fn trouble(&self, kind: TroubleKind, what: String, next: impl Into<String>) -> Trouble {
        Trouble { tracker: self.tracker.clone(), kind, what, next: next.into() }
    }
}

/// How an attempt was answered, for counts.
fn answered(result: &Result<Answer, Fault>) -> Answered {
    match result {
        Ok(answer) if limits::limit(answer).is_some() => Answered::Limited,
        Ok(answer) => match answer.status.as_u16() {
            200..=299 => Answered::Done,
            300..=399 => Answered::Unchanged,
            400..=499 => Answered::Refused,
            500..=599 => Answered::Failed,
            _ => Answered::Nothing,
        },
        Err(_) => Answered::Nothing,
    }
}

enum Verdict {
    Take(Answer),
    GiveUp(Trouble),
    /// May be tried again, not before the wait where there is one; the trouble is what it becomes when tries run out.
    Again(Trouble, Option<Duration>),
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("tracker", &self.tracker).field("policy", &self.policy).finish_non_exhaustive()
    }
}

//! Webhook -> hint -> when a cycle is due: events that come together make one cycle, and none makes them follow each other for ever.
//!
//! A hint says nothing of what changed: polling finds that out. So hints are never queued, only noted.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::model::TrackerName;

/// After the last of some hints, so long passes before the cycle: people set one label after the other.
const QUIET: Duration = Duration::from_millis(500);
/// After the first one it begins, however many follow.
const QUIET_MAX: Duration = Duration::from_secs(2);
/// A tracker's listing may show a change later than its webhook tells of it: Jira's search index is built afterwards.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// Hinted cycles a minute; what is hinted past that waits for the minute to pass. Busy trackers would else be asked without a pause.
const CYCLES_PER_MINUTE: usize = 12;
const MINUTE: Duration = Duration::from_secs(60);

/// What came of a request to the webhooks' address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heard {
    /// It was signed and new: a hint.
    Accepted,
    /// It was signed, and about nothing that concerns issues.
    Ignored,
    /// It was signed, and had come before.
    Replayed,
    /// Its signature was missing or wrong.
    Forged,
    /// It was larger than anything that a tracker tells of an issue.
    Oversized,
    /// It broke off, came too slowly or while too many others came, or the tracker has no secret.
    Refused,
}

impl Heard {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Accepted, Self::Ignored, Self::Replayed, Self::Forged, Self::Oversized, Self::Refused];

    /// The word by which it is counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Ignored => "ignored",
            Self::Replayed => "replayed",
            Self::Forged => "forged",
            Self::Oversized => "oversized",
            Self::Refused => "refused",
        }
    }
}

/// Where hints go, and how many webhooks came to what since the start. Cheap to clone; clones are the same.
#[derive(Clone, Default)]
pub struct Hints(Arc<Inner>);

#[derive(Default)]
struct Inner {
    given: Notify,
    counts: Mutex<BTreeMap<TrackerName, Arc<Counts>>>,
    astray: AtomicU64,
}

#[derive(Default)]
struct Counts([AtomicU64; Heard::ALL.len()]);

impl Hints {
    /// Something may have changed.
    pub fn give(&self) {
        self.0.given.notify_one();
    }

    /// Waits for a hint. Those that came since it was last waited for are one.
    pub(super) async fn given(&self) {
        self.0.given.notified().await;
    }

    /// Counts a request. Only trackers of the configuration may be named: the counts are kept.
    pub fn count(&self, tracker: &TrackerName, heard: Heard) {
        let counts = {
            let mut all = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(tracker.clone()).or_default())
        };
        counts.0[heard as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a request that named no tracker of the configuration.
    pub fn count_astray(&self) {
        self.0.astray.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests of a tracker came to what.
    pub fn counted(&self, tracker: &TrackerName) -> [(Heard, u64); Heard::ALL.len()] {
        let all = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |heard: Heard| all.get(tracker).map_or(0, |counts| counts.0[heard as usize].load(Ordering::Relaxed));
        Heard::ALL.map(|heard| (heard, of(heard)))
    }

    /// How many requests named no tracker of the configuration.
    pub fn astray(&self) -> u64 {
        self.0.astray.load(Ordering::Relaxed)
    }
}

/// When the next hinted cycle is due. A value of instants, so that a test need not wait.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The first and the last hint that no cycle has followed yet.
    hinted: Option<(Instant, Instant)>,
    /// When to look once more.
    again: Option<Instant>,
    /// When the last hinted cycles began, oldest first.
    begun: VecDeque<Instant>,
}

impl Pace {
    /// A hint came.
    pub(super) fn hint(&mut self, now: Instant) {
        self.hinted = Some((self.hinted.map_or(now, |(first, _)| first), now));
    }

    /// When a cycle is due for what was hinted. None: nothing was.
    pub(super) fn due(&self) -> Option<Instant> {
        let hinted = self.hinted.map(|(first, last)| (last + QUIET).min(first + QUIET_MAX));
        let due = [hinted, self.again].into_iter().flatten().min()?;
        let oldest = self.begun.front().filter(|_| self.begun.len() >= CYCLES_PER_MINUTE);
        Some(oldest.map_or(due, |oldest| due.max(*oldest + MINUTE)))
    }

    /// A cycle begins, whatever for: it sees all that was hinted until now. The answer goes to [`Pace::ended`].
    pub(super) fn begins(&mut self, now: Instant) -> Begun {
        let begun = Begun { hinted: self.hinted.take().is_some(), again: self.again.take().is_some() };
        if begun.hinted || begun.again {
            self.begun.push_back(now);
            if self.begun.len() > CYCLES_PER_MINUTE {
                self.begun.pop_front();
            }
        }
        begun
    }

    /// It ended. Where it wrote nothing or failed though something was hinted, it is looked once more, and only once: trackers
    /// tell of our own writes, too, and of much that moves no level. After one that wrote, that telling is the hint.
    pub(super) fn ended(&mut self, begun: Begun, wrote: bool, now: Instant) {
        if begun.hinted && !wrote {
            self.again = Some(now + LOOK_AGAIN);
        }
    }
}

/// Why a cycle began, as far as hints go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    hinted: bool,
    again: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn hints_that_come_together_are_one_cycle_after_a_quiet_time() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        assert_eq!(pace.due(), None);
        pace.hint(start);
        assert_eq!(pace.due(), Some(start + QUIET));
        pace.hint(after(start, 300));
        assert_eq!(pace.due(), Some(after(start, 800)));
        pace.begins(after(start, 800));
        assert_eq!(pace.due(), None);
    }

    #[test]
    fn hints_without_a_pause_dont_keep_the_cycle_off() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        for nth in 0..100 {
            pace.hint(after(start, 100 * nth));
            assert!(pace.due() <= Some(start + QUIET_MAX));
        }
    }

    #[test]
    fn where_a_hinted_cycle_writes_nothing_it_is_looked_once_more_and_then_no_more() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        pace.hint(start);
        let begun = pace.begins(start);
        pace.ended(begun, false, start);
        assert_eq!(pace.due(), Some(start + LOOK_AGAIN), "the index may be late");
        let begun = pace.begins(start + LOOK_AGAIN);
        pace.ended(begun, false, start + LOOK_AGAIN);
        assert_eq!(pace.due(), None);
    }

    #[test]
    fn an_echo_of_our_own_writes_ends_after_two_cycles_that_write_nothing() {
        let (mut now, mut pace) = (Instant::now(), Pace::default());
        pace.hint(now);
        let mut cycles = 0;
        while let Some(due) = pace.due() {
            now = due;
            let begun = pace.begins(now);
            // The first one writes, and its writes come back as a hint; nobody does anything after that.
            if cycles == 0 {
                pace.hint(now);
            }
            pace.ended(begun, cycles == 0, now);
            cycles += 1;
            assert!(cycles < 10, "it goes round");
        }
        assert_eq!(cycles, 3);
    }

    #[test]
    fn a_cycle_that_began_for_another_reason_saw_what_was_hinted_before() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        pace.hint(start);
        let begun = pace.begins(start);
        pace.ended(begun, true, start);
        assert_eq!(pace.due(), None);
        let begun = pace.begins(start);
        pace.ended(begun, false, start);
        assert_eq!(pace.due(), None, "nothing was hinted, so nothing is looked for again");
    }

    #[test]
    fn hints_that_never_end_make_so_many_cycles_a_minute_and_no_more() {
        let (start, mut now, mut pace, mut cycles) = (Instant::now(), Instant::now(), Pace::default(), 0);
        loop {
            pace.hint(now);
            let due = pace.due().expect("it was hinted");
            if due >= start + 10 * MINUTE {
                break;
            }
            now = now.max(due);
            let begun = pace.begins(now);
            pace.ended(begun, true, now);
            cycles += 1;
        }
        assert!((CYCLES_PER_MINUTE * 9..=CYCLES_PER_MINUTE * 10 + 1).contains(&cycles), "{cycles}");
    }

    #[tokio::test]
    async fn hints_that_nobody_waited_for_are_one() {
        let hints = Hints::default();
        for _ in 0..100 {
            hints.give();
        }
        hints.given().await;
        let more = tokio::time::timeout(Duration::ZERO, hints.given()).await;
        assert!(more.is_err(), "a second one was queued");
    }

    #[test]
    fn each_request_is_counted_under_its_tracker() {
        let hints = Hints::default();
        let (github, jira) = (TrackerName::new("github"), TrackerName::new("jira"));
        hints.count(&github, Heard::Forged);
        hints.clone().count(&github, Heard::Forged);
        hints.count_astray();
        assert!(hints.counted(&github).contains(&(Heard::Forged, 2)));
        assert!(hints.counted(&jira).iter().all(|(_, count)| *count == 0));
        assert_eq!(hints.astray(), 1);
    }
}

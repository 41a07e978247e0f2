//! Cycles -> Tally: what the daemon did since its start, counted for whoever looks on. None of it outlives the process; what must
//! is in the store.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Turned;
use crate::model::{Timestamp, TrackerName};
use crate::plan::{ApprovedPlan, Need, Outcome, Receipt};
use crate::tracker::{Fetch, Requests};

/// What happened since the start, counted.
#[derive(Clone, Debug)]
pub struct Tally {
    /// When the daemon started.
    pub started: Timestamp,
    /// Cycles by how they ended, in the order of [`Ending::ALL`].
    pub cycles: [u64; Ending::ALL.len()],
    /// How many of the last cycles failed, one after the other.
    pub failed_in_a_row: u64,
    /// When the last cycle ended.
    pub last_end: Option<Timestamp>,
    /// How long whole cycles took.
    pub whole: Durations,
    /// How long their stages took, in the order of [`Stage::ALL`]; a stage that a cycle didn't come to isn't counted.
    pub stages: [Durations; Stage::ALL.len()],
    /// Edits that were tried, by tracker and what became of them.
    pub edits: BTreeMap<(TrackerName, &'static str), u64>,
    /// Requests over connections that SIGHUP has closed since.
    closed: BTreeMap<TrackerName, Requests>,
}

impl Tally {
    pub(super) fn new(started: Timestamp) -> Self {
        Self {
            started,
            cycles: Default::default(),
            failed_in_a_row: 0,
            last_end: None,
            whole: Durations::default(),
            stages: Default::default(),
            edits: BTreeMap::new(),
            closed: BTreeMap::new(),
        }
    }

    /// Cycles that ended, whatever came of them.
    pub fn turned(&self) -> u64 {
        self.cycles.iter().sum()
    }

    /// Requests to a tracker since the start, whatever it was connected by.
    pub fn requests(&self, tracker: &impl Fetch) -> Requests {
        self.closed.get(tracker.name()).copied().unwrap_or_default() + tracker.requests()
    }

    /// A cycle ended. None: it broke off.
    pub(super) fn count(&mut self, turned: Option<&Turned>, took: Duration, at: Timestamp) {
        let ending = Ending::of(turned);
        self.cycles[ending as usize] += 1;
        self.failed_in_a_row = if ending == Ending::Failed { self.failed_in_a_row + 1 } else { 0 };
        self.last_end = Some(at);
        self.whole.add(took);
        let Some(turned) = turned else { return };
        for (durations, spent) in self.stages.iter_mut().zip(turned.spent.0) {
            spent.into_iter().for_each(|spent| durations.add(spent));
        }
        for (what, count) in &turned.edits {
            *self.edits.entry(what.clone()).or_default() += *count as u64;
        }
    }

    /// These connections are about to be replaced.
    pub(super) fn close<'a, T: Fetch + 'a>(&mut self, trackers: impl IntoIterator<Item = &'a T>) {
        for tracker in trackers {
            let all = self.requests(tracker);
            self.closed.insert(tracker.name().clone(), all);
        }
    }
}

/// How a cycle ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing had changed.
    Quiet,
    /// All of it was done.
    Done,
    /// Its plan waits for a person.
    Waits,
    /// Some issues' changes were refused or lost; the rest was done.
    Partly,
    /// It broke off, or a tracker couldn't be read or written.
    Failed,
}

impl Ending {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Quiet, Self::Done, Self::Waits, Self::Partly, Self::Failed];

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Done => "done",
            Self::Waits => "waits",
            Self::Partly => "partly",
            Self::Failed => "failed",
        }
    }

    fn of(turned: Option<&Turned>) -> Self {
        let Some(turned) = turned else { return Self::Failed };
        let for_a_person = |need: Need| matches!(need, Need::FirstContact | Need::Limits);
        // A sentence for each failed change is among the errors, and one issue that is refused is no failing daemon.
        let others = turned.errors.len() > turned.failed;
        match &turned.approval {
            _ if others => Self::Failed,
            Some(refusal) if !for_a_person(refusal.needed) => Self::Failed,
            _ if turned.failed > 0 => Self::Partly,
            Some(_) => Self::Waits,
            None if turned.quiet => Self::Quiet,
            None => Self::Done,
        }
    }
}

/// A part of a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading the trackers.
    Poll,
    /// From what was read to the plan, with what the trackers are asked to make sure.
    Think,
    /// Writing.
    Apply,
    /// Reading what was written.
    Echo,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Poll, Self::Think, Self::Apply, Self::Echo];

    /// In a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Think => "think",
            Self::Apply => "apply",
            Self::Echo => "echo",
        }
    }
}

/// How long one cycle was at each of its stages. None: it didn't come to that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent([Option<Duration>; Stage::ALL.len()]);

/// Times stages one after the other.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// What was done since the last lap was this stage.
    pub(super) fn lap(&mut self, stage: Stage, spent: &mut Spent) {
        let now = Instant::now();
        let lap = now.duration_since(std::mem::replace(&mut self.0, now));
        *spent.0[stage as usize].get_or_insert_default() += lap;
    }
}

/// Durations, counted by how long they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many were no longer than each of [`Durations::BOUNDS_S`] and longer than the one before; the last, longer than all.
    pub counts: [u64; Self::BOUNDS_S.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

impl Durations {
    /// In seconds: a quiet cycle is far below one, a first census may take an hour.
    pub const BOUNDS_S: [f64; 10] = [0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0];

    fn add(&mut self, one: Duration) {
        let place = Self::BOUNDS_S.iter().position(|bound| one.as_secs_f64() <= *bound);
        self.counts[place.unwrap_or(Self::BOUNDS_S.len())] += 1;
        self.sum += one;
    }
}

/// Edits that were tried, by tracker and what became of them.
pub(super) fn edits(approved: &ApprovedPlan, receipt: &Receipt) -> BTreeMap<(TrackerName, &'static str), usize> {
    let mut edits = BTreeMap::new();
    for change in approved.changes() {
        let Some(outcome) = receipt.outcomes.get(&change.issue) else { continue };
        *edits.entry((change.issue.tracker.clone(), name(outcome))).or_default() += change.edits.len();
    }
    edits
}

fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Superseded { .. } => "superseded",
        Outcome::Refused { .. } => "refused",
        Outcome::Failed { .. } => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Unsafe;

    #[test]
    fn durations_are_counted_where_they_belong() {
        let mut durations = Durations::default();
        for ms in [100, 101, 500, 7_200_000, 90_000_000] {
            durations.add(Duration::from_millis(ms));
        }
        assert_eq!(durations.counts, [1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(durations.sum, Duration::from_millis(97_200_701));
    }

    #[test]
    fn one_refused_issue_is_no_failing_cycle_and_a_tracker_that_fails_is() {
        let refused = Turned { failed: 1, errors: vec!["one".to_owned()], ..Turned::default() };
        let unread = Turned { failed: 1, errors: vec!["one".to_owned(), "two".to_owned()], ..Turned::default() };
        let waits = |needed| Turned { approval: Some(Unsafe { needed, detail: String::new() }), ..Turned::default() };
        let quiet = Turned { quiet: true, ..Turned::default() };
        let mut tally = Tally::new(Timestamp::UNIX_EPOCH);
        for (turned, ending, in_a_row) in [
            (Some(&unread), Ending::Failed, 1),
            (None, Ending::Failed, 2),
            (Some(&waits(Need::Stale)), Ending::Failed, 3),
            (Some(&refused), Ending::Partly, 0),
            (Some(&waits(Need::Limits)), Ending::Waits, 0),
            (Some(&quiet), Ending::Quiet, 0),
            (Some(&Turned::default()), Ending::Done, 0),
        ] {
            let before = tally.cycles[ending as usize];
            tally.count(turned, Duration::from_secs(1), Timestamp::UNIX_EPOCH);
            assert_eq!((tally.cycles[ending as usize], tally.failed_in_a_row), (before + 1, in_a_row), "{ending:?}");
        }
        assert_eq!(tally.turned(), 7);
        assert_eq!(Ending::ALL.map(|ending| ending as usize), [0, 1, 2, 3, 4]);
        assert_eq!(Stage::ALL.map(|stage| stage as usize), [0, 1, 2, 3]);
    }
}

//! What the store takes and gives back beside the nouns of the other rooms.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, ContainerKey, IssueKey, ItemId, Level, Timestamp, TrackerName};
use crate::plan::{Change, Need, Outcome, Reviewed};

/// What is remembered about one tracker. The default is a tracker that was never read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrackerState {
    /// What the adapter remembered at its last whole reading, as its own JSON. None: never read whole.
    pub memory: Option<String>,
    /// Which server it was, for good.
    pub server: Option<String>,
    /// It was read to its end at least once.
    pub whole: bool,
    /// When it was last read to its end.
    pub last_whole: Option<Timestamp>,
    /// When it was last listed in full.
    pub last_census: Option<Timestamp>,
    /// Where a listing of everything that is under way stands, by part. Empty: none is.
    pub bookmarks: BTreeMap<String, String>,
    /// Containers of the last whole reading, sorted.
    pub containers: Vec<ContainerKey>,
    /// Values that the containers' fields allow, where the tracker told: by container and field.
    pub allowed: BTreeMap<ContainerKey, BTreeMap<String, BTreeSet<String>>>,
    /// What a person should know though nothing failed. Sentences.
    pub findings: Vec<String>,
    /// The last failed reading and its sentence. None: the last reading succeeded.
    pub failed: Option<(Timestamp, String)>,
}

/// What a person asks of whoever runs the next cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "request")]
pub enum Request {
    /// Apply the reviewed plan of this fingerprint.
    Approve {
        /// The plan's fingerprint.
        fingerprint: String,
    },
    /// Write nothing until resumed.
    Pause,
    /// Write again.
    Resume,
    /// Try an issue that was set aside again.
    Retry {
        /// The issue.
        key: IssueKey,
    },
    /// Lift a hold.
    Release {
        /// An issue of the item.
        key: IssueKey,
        /// What is released. None: everything.
        aspect: Option<Aspect>,
    },
    /// Two issues are the same piece of work.
    Link {
        /// One.
        a: IssueKey,
        /// The other.
        b: IssueKey,
    },
    /// Two issues are not the same piece of work.
    Unlink {
        /// One.
        a: IssueKey,
        /// The other.
        b: IssueKey,
    },
}

/// A plan that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitingPlan {
    /// Its fingerprint and edits.
    pub reviewed: Reviewed,
    /// What it waits for.
    pub need: Need,
    /// One sentence.
    pub detail: String,
    /// The cycle that planned it first.
    pub cycle: u64,
    /// Since when it waits.
    pub at: Timestamp,
}

/// What a cycle did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CycleSummary {
    /// Edits that arrived.
    pub written: usize,
    /// Fields that were left alone.
    pub skipped: usize,
    /// Changes that failed or whose fate is unknown.
    pub failed: usize,
    /// Edits that wait for a person.
    pub waiting: usize,
    /// Requests sent, by tracker.
    pub requests: BTreeMap<TrackerName, u64>,
    /// What the plan waits for, and the sentence that says so.
    pub approval: Option<(Need, String)>,
    /// What went wrong, as sentences.
    pub errors: Vec<String>,
    /// It listed everything.
    pub census: bool,
    /// Nothing had changed: it left before unify.
    pub quiet: bool,
    /// By scope, how much of what is open presses most; "" stands for what is in no scope. Empty: it left before it could tell.
    pub pressing: BTreeMap<String, Pressing>,
}

/// A level that a cycle found to be another one than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The cycle that found it.
    pub cycle: u64,
    /// When that cycle began.
    pub at: Timestamp,
    /// The item.
    pub item: ItemId,
    /// The level before. None: the item is new, or had no such level.
    pub was: Option<Level>,
    /// The level since.
    pub now: Level,
    /// The weightiest reason, one sentence.
    pub why: String,
}

/// How much of what is open presses most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressing {
    /// Open items at p0.
    pub p0: usize,
    /// All open items.
    pub open: usize,
}

/// One cycle as remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CycleRecord {
    /// Its number, from 1.
    pub n: u64,
    /// When it began.
    pub begun: Timestamp,
    /// Who or what started it.
    pub cause: String,
    /// When it ended. None: it runs, or it was interrupted.
    pub ended: Option<Timestamp>,
    /// What it did; there when it ended.
    pub summary: Option<CycleSummary>,
    /// It never ended and nobody runs it any more: the process died in it.
    pub interrupted: bool,
}

/// One change as journalled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// What was to be written.
    pub change: Change,
    /// What became of it. None: not known (the process died, or the write is under way).
    pub outcome: Option<Outcome>,
    /// When the outcome was known; before that, when it was intended.
    pub at: Timestamp,
}

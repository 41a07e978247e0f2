//! Ledger, plan, change, edit, skip; the scheme and the limits: the knobs of plan.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, ContainerKey, IssueId, IssueKey, ItemId, Level, PerContainer, TrackerName, Turn};
use crate::score::Previous;

/// The label by which a person hands an issue back to us; taken off once read.
pub const AUTO_LABEL: &str = "roadmapd:auto";

// ---- the scheme

/// What may be written where, for every container.
pub type Scheme = PerContainer<ContainerScheme>;

/// What may be written on the issues of one container: `[write]` and `[[sink]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerScheme {
    /// Whether anything is written at all.
    pub mode: Mode,
    /// What our spellings mean where we have no record of having written them.
    pub existing: Existing,
    /// The sinks by tracker, at most one for each aspect and [`SinkId`].
    pub sinks: BTreeMap<TrackerName, Vec<Spelled>>,
}

/// `[write] mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Levels are worked out and shown; nothing is written.
    Observe,
    /// Levels are written.
    Write,
}

/// `[write] existing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// They are a person's.
    Respect,
    /// They are ours from now on.
    Adopt,
}

/// A sink with the spelling of each of its levels.
#[derive(Clone, Debug, PartialEq)]
pub struct Spelled {
    /// What is written.
    pub aspect: Aspect,
    /// Where it is written.
    pub target: Target,
    /// How each level is spelled, in the aspect's order; no two alike, not even ignoring case.
    pub spellings: Vec<(Level, String)>,
    /// Whether the tracker ignores case in this sink's values (GitHub labels do).
    pub fold_case: bool,
}

/// Where a level is written on an issue.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A label.
    Label,
    /// A field, by the tracker's name for it.
    Field(String),
}

/// A sink within an issue: `label` or `field:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SinkId(pub String);

impl Target {
    /// The sink's name in plans, journal and ledger.
    pub fn id(&self) -> SinkId {
        SinkId(match self {
            Self::Label => "label".to_owned(),
            Self::Field(name) => format!("field:{name}"),
        })
    }
}

// ---- the ledger

/// What we last wrote and saw, per issue and field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Rows by issue, field and sink.
    pub rows: BTreeMap<RowKey, Row>,
    /// Containers and sinks that an approved plan has touched before.
    pub contacted: BTreeSet<(ContainerKey, Aspect, SinkId)>,
}

/// One field of one issue in one sink.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The issue.
    pub issue: IssueId,
    /// The field.
    pub aspect: Aspect,
    /// The sink.
    pub sink: SinkId,
}

/// What we know about one field of one issue in one sink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The spelling that we last wrote and know to have arrived, or took over. None: nothing of ours is there.
    pub ours: Option<String>,
    /// The level that `ours` spelled when it was written: the last confirmed level.
    pub level: Option<Level>,
    /// A write whose outcome isn't known yet.
    pub intent: Option<Intent>,
    /// A person's hand on the value.
    pub hold: Option<Hold>,
    /// The turn of our last write (or try) to this issue: older readings are no evidence.
    pub written: Turn,
}

/// A write that is about to leave or has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What stood there. None: nothing.
    pub from: Option<String>,
    /// What shall stand there. None: nothing.
    pub to: Option<String>,
    /// The level that `to` spells.
    pub level: Option<Level>,
    /// The cycle that wrote it.
    pub cycle: u64,
}

/// A person's hand on a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// What the person put there. None: they took ours off.
    pub at: Option<String>,
    /// Why it counts as theirs.
    pub reason: HoldReason,
    /// The cycle that first saw it. The store knows that cycle's time.
    pub since: u64,
}

/// Why a value counts as a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldReason {
    /// A person changed what we wrote.
    Changed,
    /// It stood there at first contact and no record says that we wrote it.
    Found,
    /// `undo` took back what this cycle wrote.
    Undone(u64),
}

// ---- whose value is it

/// Whose a value is: the answer of the table of ARCHITECTURE.md §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody's: write.
    Free,
    /// Ours, and this is what stands there (several while a write is half done). Write when the wanted level differs.
    Ours(Vec<String>),
    /// A person's. `at` is their value; `strays` are ours beside it, to take off.
    Held {
        /// Their value. None: they took ours off.
        at: Option<String>,
        /// Ours that stand beside it.
        strays: Vec<String>,
        /// Since when and why. None: seen now for the first time.
        known: Option<Hold>,
    },
    /// A person gave it back; this is what stands there now, ours from here on.
    Released(Vec<String>),
    /// Nothing can be said from a reading this old: wait, or read the issue by id.
    Unknown,
}

/// Whose every value is, and what that means for the items.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// One answer for each open issue and sink.
    pub answers: BTreeMap<RowKey, Answer>,
    /// What earlier cycles left, for score.
    pub previous: Previous,
    /// Items and aspects on which two people hold different levels.
    pub frozen: BTreeMap<(ItemId, Aspect), String>,
    /// Issues whose answer hangs on a reading that isn't sure enough: read them by id, then ask again.
    pub doubts: BTreeSet<IssueId>,
    /// The ledger with what was seen noted: holds begun, moved and ended, intents that arrived. Nothing of a plan is in it.
    pub noted: Ledger,
}

// ---- the plan

/// What a cycle would write, and what stands against it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Hash of the sorted (immutable id, field, sink, from, to); empty for an empty plan.
    pub fingerprint: String,
    /// Open issues in reach.
    pub considered: usize,
    /// Sorted by issue id.
    pub changes: Vec<Change>,
    /// Sorted by issue id and field.
    pub skips: Vec<Skip>,
    /// Containers and sinks that no approved plan has touched yet and this one would.
    pub first_contact: BTreeSet<(ContainerKey, Aspect, SinkId)>,
    /// How many open items have each level, holds included.
    pub levels: BTreeMap<Aspect, BTreeMap<String, usize>>,
    /// Issues that keep failing and are set aside, with the tracker's words.
    pub quarantined: BTreeMap<IssueKey, String>,
}

/// All edits to one issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The issue.
    pub issue: IssueId,
    /// Its key.
    pub key: IssueKey,
    /// Its container.
    pub container: ContainerKey,
    /// Its item.
    pub item: ItemId,
    /// Sorted by field, sink, from, to.
    pub edits: Vec<Edit>,
    /// Labels on the issue as last read: what needn't be sent, and how near the tracker's limit it is.
    pub labels: Vec<String>,
    /// Trackers of the item's other faces and of its dependency neighbours: while one of them fails, this waits.
    pub leans_on: BTreeSet<TrackerName>,
}

/// One field of one issue: take `from` off and put `to` on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// What it is about.
    pub field: Field,
    /// Where it is written.
    pub sink: SinkId,
    /// What stands there and goes. None: nothing.
    pub from: Option<String>,
    /// What shall stand there. None: nothing.
    pub to: Option<String>,
    /// The level that `to` spells.
    pub level: Option<Level>,
    /// One sentence.
    pub why: String,
}

/// What an edit is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The priority.
    Priority,
    /// The complexity.
    Complexity,
    /// The readiness.
    Readiness,
    /// The label by which a person hands an issue back.
    Auto,
}

impl From<Aspect> for Field {
    fn from(aspect: Aspect) -> Self {
        match aspect {
            Aspect::Priority => Self::Priority,
            Aspect::Complexity => Self::Complexity,
            Aspect::Readiness => Self::Readiness,
        }
    }
}

impl Field {
    /// The aspect, where it is one.
    pub fn aspect(self) -> Option<Aspect> {
        match self {
            Self::Priority => Some(Aspect::Priority),
            Self::Complexity => Some(Aspect::Complexity),
            Self::Readiness => Some(Aspect::Readiness),
            Self::Auto => None,
        }
    }

    /// The word people read.
    pub fn name(self) -> &'static str {
        self.aspect().map_or("auto", Aspect::name)
    }
}

/// What identifies an edit across plans: a reviewed edit and a new one with the same key are the same.
pub type EditKey = (IssueId, Field, SinkId, Option<String>, Option<String>);

/// What stands against us on one field of one issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The issue.
    pub issue: IssueKey,
    /// The field.
    pub field: Field,
    /// What stands there.
    pub theirs: Option<String>,
    /// Why we leave it.
    pub reason: SkipReason,
    /// One sentence.
    pub why: String,
}

/// Why a field is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SkipReason {
    /// A person holds it.
    Hold,
    /// Two people hold different values on this issue's faces.
    Frozen,
    /// It can't be told whose it is.
    Conflict,
    /// The tracker can't take it (an issue that already has 100 labels).
    Limit,
}

// ---- approval

/// `[limits]` and `[write] first_contact`: what a plan may touch without a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Issues that one cycle may write to.
    pub changes_max: usize,
    /// Share of all open issues in reach (0–1) that one cycle may write to, from 20 open issues on.
    pub share_max: f64,
    /// Seconds since a tracker's last successful reading past which nothing is written anywhere.
    pub stale_max_s: u64,
    /// The first plan for a container or a sink needs no person.
    pub first_contact_applies: bool,
}

/// A person's yes, or its absence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Approval {
    /// A reviewed plan: exactly those of its edits that are still identical are applied.
    pub reviewed: Option<Reviewed>,
    /// The limits and first contact don't hold this one (`once --past-limits`, `undo`).
    pub past_limits: bool,
}

/// A plan that a person has reviewed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its edits.
    pub edits: BTreeSet<EditKey>,
}

/// Why a plan may not be applied as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unsafe {
    /// What kind of yes or recovery is missing.
    pub needed: Need,
    /// One sentence that names the thing, the value, the limit and the next step.
    pub detail: String,
}

/// What an unsafe plan waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A person's yes to the first plan for a container or a sink.
    FirstContact,
    /// A person's yes to a plan past the safety limits.
    Limits,
    /// A fresh reading.
    Stale,
    /// A tracker that was never read whole.
    Partial,
}

// ---- the receipt

/// What happened to each change.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// The cycle.
    pub cycle: u64,
    /// The turn of the writes.
    pub turn: Turn,
    /// Outcomes by issue; a change without one was not tried.
    pub outcomes: BTreeMap<IssueId, Outcome>,
}

/// What happened to one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// The tracker confirmed all of it.
    Done,
    /// Some edits arrived before it failed: intents stay open for what isn't known, the next cycle reads and decides.
    Unknown {
        /// What happened, as a sentence.
        error: String,
    },
    /// The tracker refused it and nothing was written.
    Failed {
        /// The tracker's own words and the next step.
        error: String,
    },
}

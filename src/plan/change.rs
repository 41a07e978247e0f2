//! Plan, change, edit, skip: what a cycle would write and what stands against it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Aspect, ContainerKey, IssueId, IssueKey, ItemId, Level, Timestamp, TrackerName};

use crate::score::Formula;

use super::reform::Reformed;
use super::{Reviewed, SinkId};

/// What a cycle would write, and what stands against it.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Hash of the sorted (immutable id, field, sink, from, to); empty for an empty plan.
    pub fingerprint: String,
    /// Open issues in reach.
    pub considered: usize,
    /// The same by container.
    pub considered_in: BTreeMap<ContainerKey, usize>,
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
    /// Labels that are gone from a container's catalogue, and on how many issues nothing is written for it.
    pub gone: BTreeMap<(ContainerKey, String), usize>,
    /// Open issues in reach that nobody touched for too long (`write.idle_max`): scored, not written.
    pub idle: usize,
    /// The formula that found the levels. None: no levels were asked for.
    pub formula: Option<Formula>,
    /// What another formula than that of the last confirmed levels moves.
    pub reformed: Option<Reformed>,
    /// Containers that this plan leaves. Empty: an ordinary plan.
    pub retires: BTreeSet<ContainerKey>,
    /// Closed issues in them on which ours stays, since closed issues are never written.
    pub closed: usize,
    /// The cycle whose writes this plan takes back: its edits leave holds. None: an ordinary plan.
    pub undoes: Option<u64>,
}

impl Plan {
    /// Every edit's key: what a person reviews.
    pub fn edit_keys(&self) -> BTreeSet<EditKey> {
        self.changes.iter().flat_map(|change| change.edits.iter().map(|edit| change.key_of(edit))).collect()
    }

    /// How many edits it has.
    pub fn edits(&self) -> usize {
        self.changes.iter().map(|change| change.edits.len()).sum()
    }

    /// What a person's yes to this plan is a yes to.
    pub fn reviewed(&self) -> Reviewed {
        Reviewed { fingerprint: self.fingerprint.clone(), edits: self.edit_keys() }
    }

    /// Sorts everything and sets the fingerprint: the last step of making a plan.
    pub(super) fn finished(mut self) -> Self {
        self.changes.retain(|change| !change.edits.is_empty());
        self.changes.sort_by(|a, b| a.issue.cmp(&b.issue));
        for change in &mut self.changes {
            change.edits.sort();
        }
        self.fingerprint = fingerprint(&self.edit_keys());
        self
    }
}

/// The hash of these edits: 12 hex digits of SHA-256, short enough to type; empty for none.
///
/// Each part goes in with its length, so that no two sets of edits read alike.
pub fn fingerprint(edits: &BTreeSet<EditKey>) -> String {
    if edits.is_empty() {
        return String::new();
    }
    let mut hash = Sha256::new();
    let mut part = |text: Option<&str>| {
        hash.update(text.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
        hash.update(text.unwrap_or_default().as_bytes());
    };
    for (issue, field, sink, from, to) in edits {
        for text in [issue.tracker.as_str(), &issue.id, field.name(), &sink.0] {
            part(Some(text));
        }
        part(from.as_deref());
        part(to.as_deref());
    }
    hash.finalize().iter().take(6).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
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
    /// When the issue last changed, as last read.
    #[serde(default)]
    pub changed: Option<Timestamp>,
    /// Labels on the issue as last read: what needn't be sent, and how near the tracker's limit it is.
    pub labels: Vec<String>,
    /// How many people the tracker may tell of it: author, assignees, watchers.
    #[serde(default)]
    pub people: u32,
    /// Trackers of the item's other faces and of its dependency neighbours: while one of them fails, this waits.
    pub leans_on: BTreeSet<TrackerName>,
}

impl Change {
    /// What identifies an edit of this change across plans.
    pub fn key_of(&self, edit: &Edit) -> EditKey {
        (self.issue.clone(), edit.field, edit.sink.clone(), edit.from.clone(), edit.to.clone())
    }
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

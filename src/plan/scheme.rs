//! What may be written where, and how each level is spelled there.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, Day, Issue, Level, PerContainer, TrackerName, utc_day};

/// The label by which a person hands an issue back to us; taken off once read.
pub const AUTO_LABEL: &str = "roadmapd:auto";

/// What may be written where, for every container.
pub type Scheme = PerContainer<ContainerScheme>;

/// What may be written on the issues of one container: `[write]` and `[[sink]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerScheme {
    /// Whether anything is written at all.
    pub mode: Mode,
    /// What our spellings mean where we have no record of having written them.
    pub existing: Existing,
    /// Open issues that nobody touched for more days are scored and not written. None: all are written.
    pub idle_max_days: Option<u32>,
    /// After how many refusals in a row an issue is set aside; at least 1.
    pub refusals_max: u32,
    /// After how many reversals of ours a field of an issue is left to whoever reverses it; at least 1.
    pub reversals_max: u32,
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
    /// How each level is spelled, in the aspect's order; no two alike, not even ignoring case. Of several spellings of
    /// a level the first that is allowed is written; all are read.
    pub spellings: Vec<(Level, String)>,
    /// The values that the field takes on the issues of this container. None: not known, so any may be written.
    pub allowed: Option<BTreeSet<String>>,
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

impl Target {
    /// The target that a sink's name stands for.
    pub fn named(sink: &SinkId) -> Self {
        match sink.0.strip_prefix("field:") {
            Some(name) => Self::Field(name.to_owned()),
            None => Self::Label,
        }
    }

    /// What stands there on an issue.
    pub fn said(&self, issue: &Issue) -> Vec<String> {
        match self {
            Self::Label => issue.labels.clone(),
            Self::Field(name) if name == "priority" => issue.priority.iter().cloned().collect(),
            Self::Field(name) => issue.fields.get(name).cloned().into_iter().collect(),
        }
    }
}

impl ContainerScheme {
    /// The sinks of one tracker.
    pub fn of(&self, tracker: &TrackerName) -> &[Spelled] {
        self.sinks.get(tracker).map_or(&[], Vec::as_slice)
    }

    /// Whether nobody touched this issue for too long. Days are told apart in UTC.
    pub(super) fn is_idle(&self, face: &Issue, today: Day) -> bool {
        let touched = utc_day(face.updated);
        let days = touched.duration_until(today).as_secs() / 86_400;
        self.idle_max_days.is_some_and(|most| days > i64::from(most))
    }
}

impl Spelled {
    /// A sink that is no longer declared: it spells nothing, but what the ledger names there is ours to take off.
    pub(super) fn retired(aspect: Aspect, sink: &SinkId) -> Self {
        Self { aspect, target: Target::named(sink), spellings: Vec::new(), allowed: None, fold_case: true }
    }

    /// How a level is written: its first spelling that is allowed. None: this sink can't show that level.
    pub fn spell(&self, level: Level) -> Option<&str> {
        self.spellings_of(level).find(|text| self.allows(text))
    }

    /// Whether the field takes this value on the issues of its container, as far as is known.
    pub(super) fn allows(&self, text: &str) -> bool {
        self.allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|value| self.same(value, text)))
    }

    /// Every spelling of a level, the preferred one first.
    pub fn spellings_of(&self, level: Level) -> impl Iterator<Item = &str> {
        self.spellings.iter().filter(move |(spelled, _)| *spelled == level).map(|(_, text)| text.as_str())
    }

    /// The level that a text spells.
    pub fn level_of(&self, text: &str) -> Option<Level> {
        self.rank(text).map(|rank| self.spellings[rank].0)
    }

    /// Where a text stands among the spellings; None: it spells no level.
    pub fn rank(&self, text: &str) -> Option<usize> {
        self.spellings.iter().position(|(_, spelled)| self.same(spelled, text))
    }

    /// Whether two values are one for this tracker; numbers in a field are compared by value (`5` is `5.0`).
    pub fn same(&self, a: &str, b: &str) -> bool {
        a == b || self.fold_case && alike(a, b) || self.is_field() && same_number(a, b)
    }

    /// Whether this is a field, which has one value at most: writing replaces it.
    pub(super) fn is_field(&self) -> bool {
        self.target != Target::Label
    }

    /// How many labels an issue may have. GitHub refuses a hundred and first one; it is also the tracker that ignores
    /// case, which is how it is told apart here.
    pub(super) fn labels_max(&self) -> Option<usize> {
        (!self.is_field() && self.fold_case && !self.spellings.is_empty()).then_some(100)
    }
}

/// Equal but for case. Our spellings never differ by case alone, so this may compare any two of ours.
pub(super) fn alike(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase()
}

/// Two spellings of one number.
pub(super) fn same_number(a: &str, b: &str) -> bool {
    matches!((a.trim().parse::<f64>(), b.trim().parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

/// The hand-back label as it stands on an issue.
pub(super) fn auto_label(issue: &Issue) -> Option<&String> {
    issue.labels.iter().find(|label| alike(label, AUTO_LABEL))
}

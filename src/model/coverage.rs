//! What all trackers said, and how fresh and how whole each one's answer is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Issue, TrackerName};

/// Every issue that the configured trackers told of, as last read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// Sorted by id, no id twice.
    pub issues: Vec<Arc<Issue>>,
    /// How far this can be trusted.
    pub coverage: Coverage,
}

/// How fresh and how whole each configured tracker's answer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// One entry for each configured tracker.
    pub trackers: BTreeMap<TrackerName, Reach>,
}

/// One tracker's part of a [`Coverage`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// A delta or a full listing was read to its end at least once, on top of a finished first reading.
    pub whole: bool,
    /// What went wrong in this cycle's reading, as a sentence that names tracker, status and next step.
    pub failed: Option<String>,
    /// Seconds since the last reading that succeeded; 0 where this cycle's did, [`UNKNOWN_AGE_S`](Self::UNKNOWN_AGE_S)
    /// where it lies ahead of our clock, which was put back since. None: none ever did.
    pub age_s: Option<u64>,
}

impl Reach {
    /// An age past every limit.
    pub const UNKNOWN_AGE_S: u64 = u64::MAX;
}

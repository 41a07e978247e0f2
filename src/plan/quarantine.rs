//! Issues whose writes the tracker keeps refusing for their own reason: set aside, and tried again when something changed.

use crate::model::IssueId;

use super::change::{Change, fingerprint};
use super::ledger::{Ledger, Refusals};

impl Ledger {
    /// The refusals for which this change rests: enough of them, of the same edits, and the issue didn't change since.
    pub(super) fn rests(&self, change: &Change, refusals_max: u32) -> Option<&Refusals> {
        let known = self.refusals.get(&change.issue)?;
        let same = known.changed == change.changed && known.edits == edits_of(change);
        (same && known.count >= refusals_max).then_some(known)
    }

    /// Notes that the tracker refused a change. An issue that was tried once more since it changed, and refused, rests again.
    pub(super) fn refuse(&mut self, change: &Change, error: &str, cycle: u64) {
        let count = self.refusals.get(&change.issue).map_or(0, |known| known.count).saturating_add(1);
        let (error, edits) = (error.to_owned(), edits_of(change));
        self.refusals.insert(change.issue.clone(), Refusals { count, error, cycle, changed: change.changed, edits });
    }

    /// Forgets an issue's refusals: it is tried again as if there had been none. Whether there were any.
    pub fn retry(&mut self, issue: &IssueId) -> bool {
        self.refusals.remove(issue).is_some()
    }
}

impl Refusals {
    /// What people read of an issue that is set aside.
    pub(super) fn sentence(&self, key: &str) -> String {
        format!(
            "{} (refused {} times, last in cycle {}; tried again when the issue changes, or by `roadmapd retry {key}`)",
            self.error, self.count, self.cycle
        )
    }
}

fn edits_of(change: &Change) -> String {
    fingerprint(&change.edits.iter().map(|edit| change.key_of(edit)).collect())
}

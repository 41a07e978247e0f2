//! Labels of ours that a container's catalogue no longer has: deleted or renamed there, which is nobody's word on any one issue.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ContainerKey, Issue};
use crate::roadmap::Roadmap;

use super::change::Plan;
use super::ledger::{Author, Authorship, HoldReason, Ledger, Row};
use super::scheme::{Scheme, Spelled, Target, alike};
use super::standing::Standing;

/// Labels of ours whose catalogues have to be asked before this plan may be believed: those that were taken off issues just
/// now, those that would be written where others have them already, and those that were gone before and still matter.
pub fn questioned(
    roadmap: &Roadmap,
    standing: &Standing,
    plan: &Plan,
    scheme: &Scheme,
    cycle: u64,
) -> BTreeMap<ContainerKey, BTreeSet<String>> {
    let mut asked: BTreeMap<ContainerKey, BTreeSet<String>> = BTreeMap::new();
    let mut on_record: BTreeSet<(&ContainerKey, String)> = BTreeSet::new();
    for face in roadmap.items.iter().flat_map(|item| &item.faces) {
        let rows = standing.noted.rows_of(&face.id).filter(|(key, _)| key.sink == Target::Label.id());
        for (_, Row { ours, hold, .. }) in rows {
            let Some(ours) = ours else { continue };
            on_record.insert((&face.container, ours.to_lowercase()));
            if hold.as_ref().is_some_and(|hold| hold.since == cycle && hold.reason != HoldReason::Found) {
                asked.entry(face.container.clone()).or_default().insert(ours.clone());
            }
        }
    }
    for change in &plan.changes {
        for to in change.edits.iter().filter(|edit| edit.sink == Target::Label.id()).filter_map(|edit| edit.to.as_ref())
        {
            if on_record.contains(&(&change.container, to.to_lowercase())) {
                asked.entry(change.container.clone()).or_default().insert(to.clone());
            }
        }
    }
    for (container, label) in standing.noted.gone.keys() {
        let spelled = scheme.of(container).of(&container.tracker).iter().any(|sink| sink.rank(label).is_some());
        if !spelled && !on_record.contains(&(container, label.to_lowercase())) {
            continue;
        }
        asked.entry(container.clone()).or_default().insert(label.clone());
    }
    asked
}

/// The row of a transferred issue as it is to be read where our label didn't come along: nothing of ours is there where the issue's
/// own history says that nobody took it off, so that it was dropped on the way. Where it says that somebody did, or nothing, a person's
/// hand is on it. None: the history wasn't asked yet.
pub(super) fn after_transfer(row: &Row, history: Option<&[Authorship]>) -> Option<Row> {
    let dropped = history?.iter().any(|said| !matches!(said.author, Author::Someone(_)));
    let ours = row.ours.clone().filter(|_| !dropped);
    Some(Row { ours, moved: false, ..row.clone() })
}

/// The row as it is to be read where our label is gone from the catalogue: under its new name it is ours, and its absence is
/// no hold. None: nothing of ours went that way.
pub(super) fn without_gone(row: &Row, face: &Issue, says: &[String], sink: &Spelled, ledger: &Ledger) -> Option<Row> {
    let ours = row.ours.as_deref().filter(|_| !sink.is_field())?;
    let now = ledger.gone_label(&face.container, ours)?;
    if row.hold.is_some() || row.intent.is_some() || says.iter().any(|text| sink.same(text, ours)) {
        return None;
    }
    if let Some(renamed) = now.and_then(|now| says.iter().find(|text| sink.same(text, now))) {
        return Some(Row { ours: Some(renamed.clone()), ..row.clone() });
    }
    let nothing = !says.iter().any(|text| sink.rank(text).is_some());
    nothing.then(|| Row { ours: None, ..row.clone() })
}

impl Ledger {
    /// Whether a container's catalogue no longer has this label of ours; its new name then, if it has one.
    pub fn gone_label(&self, container: &ContainerKey, label: &str) -> Option<Option<&str>> {
        let found = self.gone.iter().find(|((of, gone), _)| of == container && alike(gone, label));
        found.map(|(_, now)| now.as_deref())
    }
}

impl Plan {
    /// A sentence for each label that is gone from a catalogue and would be written.
    pub fn gone_labels(&self) -> Vec<String> {
        let sentence = |((container, label), count): (&(ContainerKey, String), &usize)| {
            let issues = match count {
                1 => "1 issue that would bear it is left as it is".to_owned(),
                count => format!("{count} issues that would bear it are left as they are"),
            };
            format!(
                "{container}: the label {label:?} was deleted or renamed in the catalogue: {issues}; create it again, or \
                 spell the new name in its [[sink]]"
            )
        };
        self.gone.iter().filter(|(_, count)| **count > 0).map(sentence).collect()
    }
}

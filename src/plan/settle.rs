//! (Ledger, ApprovedPlan, Receipt) -> Ledger: what is known once a cycle's writes are through; and before each leaves.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, IssueId, Turn};

use super::approve::{ApprovedPlan, touches};
use super::change::{Change, Edit};
use super::ledger::{Hold, HoldReason, Intent, Ledger, Row, RowKey};
use super::retire::left_behind;
use super::scheme::{SinkId, Target, alike};

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
    /// A field that can only be set was found changed just before the write, so nothing was written.
    Superseded {
        /// What was expected and what stands there now, as a sentence.
        found: String,
    },
    /// The tracker refused this change for the issue's own reason (validation, screen, permission); nothing was written.
    Refused {
        /// The tracker's own words and the next step.
        error: String,
    },
    /// Nothing was written for a reason that isn't the issue's own.
    Failed {
        /// What happened and the next step.
        error: String,
    },
}

/// When and as what a change is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// The cycle.
    pub cycle: u64,
    /// The turn of the write.
    pub turn: Turn,
    /// The cycle that it takes back ([`ApprovedPlan::undoes`]).
    pub undoes: Option<u64>,
}

/// The issue's rows as they must be stored before the change leaves: its intents, and the turn of the try.
pub fn intended(ledger: &Ledger, change: &Change, writing: Writing) -> BTreeMap<RowKey, Row> {
    let mut rows: BTreeMap<RowKey, Row> =
        ledger.rows_of(&change.issue).map(|(key, row)| (key.clone(), row.clone())).collect();
    for (key, edits) in by_row(change) {
        let sink = key.sink.clone();
        intend(rows.entry(key).or_default(), &sink, &edits, writing);
    }
    for row in rows.values_mut() {
        row.written = row.written.max(writing.turn);
    }
    rows
}

/// What the ledger says once the receipt is in. Takes the noted ledger ([`Standing::noted`](super::Standing)) that the
/// plan was made with; intents that the store opened meanwhile are worked out again. A change without an outcome was not
/// tried and changes nothing. Settle an empty plan too: its formula and the containers that it leaves are noted.
pub fn settle(mut ledger: Ledger, approved: &ApprovedPlan, receipt: &Receipt) -> Ledger {
    let writing = Writing { cycle: receipt.cycle, turn: receipt.turn, undoes: approved.undoes() };
    for change in approved.changes() {
        let Some(outcome) = receipt.outcomes.get(&change.issue) else { continue };
        match outcome {
            Outcome::Refused { error } => ledger.refuse(change, error, receipt.cycle),
            Outcome::Done => drop(ledger.retry(&change.issue)),
            _ => {}
        }
        match outcome {
            Outcome::Done => {
                let rows = intended(&ledger, change, writing);
                ledger.rows.extend(rows);
                for (key, edits) in by_row(change) {
                    let sink = key.sink.clone();
                    arrive(ledger.rows.entry(key).or_default(), &sink, &edits, writing);
                }
                ledger.contacted.extend(touches(change));
                if approved.retires().contains(&change.container) {
                    leave(&mut ledger, &change.issue);
                }
            }
            Outcome::Unknown { .. } => {
                let rows = intended(&ledger, change, writing);
                ledger.rows.extend(rows);
                ledger.contacted.extend(touches(change));
            }
            Outcome::Superseded { .. } | Outcome::Refused { .. } | Outcome::Failed { .. } => {
                // The rows stay, blank ones too, so that the stored intents are overwritten.
                let closed =
                    intended(&ledger, change, writing).into_iter().map(|(key, row)| (key, Row { intent: None, ..row }));
                ledger.rows.extend(closed);
            }
        }
    }
    ledger.contacted.retain(|(container, ..)| !approved.retires().contains(container));
    ledger.retired.extend(approved.retires().iter().cloned());
    let done = |change: &Change| receipt.outcomes.get(&change.issue) == Some(&Outcome::Done);
    if approved.waiting().is_empty() && approved.changes().iter().all(done) && approved.formula().is_some() {
        ledger.formula = approved.formula().cloned();
    }
    ledger
}

/// Keeps of an issue's rows what people said.
fn leave(ledger: &mut Ledger, issue: &IssueId) {
    let rows: Vec<(RowKey, Option<Row>)> =
        ledger.rows_of(issue).map(|(key, row)| (key.clone(), left_behind(row))).collect();
    for (key, row) in rows {
        match row {
            Some(row) => ledger.rows.insert(key, row),
            None => ledger.rows.remove(&key),
        };
    }
}

/// Ends people's holds on these issues, of one aspect or of all: what is found there at the next sure reading is ours.
pub fn release(mut ledger: Ledger, issues: &BTreeSet<IssueId>, aspect: Option<Aspect>) -> Ledger {
    for issue in issues {
        for (key, row) in ledger.rows_of_mut(issue) {
            if aspect.is_some_and(|aspect| aspect != key.aspect) {
                continue;
            }
            row.released = row.hold.is_some();
        }
    }
    ledger
}

/// A change's edits by the row that they are about; the hand-back label has none.
fn by_row(change: &Change) -> BTreeMap<RowKey, Vec<&Edit>> {
    let mut rows: BTreeMap<RowKey, Vec<&Edit>> = BTreeMap::new();
    for edit in &change.edits {
        if let Some(aspect) = edit.field.aspect() {
            let key = RowKey { issue: change.issue.clone(), aspect, sink: edit.sink.clone() };
            rows.entry(key).or_default().push(edit);
        }
    }
    rows
}

fn is_field(sink: &SinkId) -> bool {
    Target::named(sink) != Target::Label
}

/// What of ours would be left in the row's sink, `from`s gone; the confirmed value first. A field has one value.
fn left(row: &Row, sink: &SinkId, edits: &[&Edit]) -> Vec<String> {
    if is_field(sink) {
        return Vec::new();
    }
    let goes = |text: &String| edits.iter().any(|edit| edit.from.as_ref().is_some_and(|from| alike(from, text)));
    row.ours.iter().chain(&row.beside).filter(|text| !goes(text)).cloned().collect()
}

/// Notes the intent of the edit that decides what will stand in the row's sink. Taking off a stray beside something
/// that stays has no intent of its own: `ours` and `beside` already name everything that may be found there.
fn intend(row: &mut Row, sink: &SinkId, edits: &[&Edit], writing: Writing) {
    let undoes = writing.undoes;
    let empties = row.hold.is_none() && left(row, sink, edits).is_empty();
    let main =
        edits.iter().find(|edit| edit.to.is_some()).or_else(|| edits.first().filter(|_| empties || undoes.is_some()));
    if !is_field(sink) && (row.hold.is_none() || undoes.is_some()) {
        for from in edits.iter().filter_map(|edit| edit.from.as_ref()) {
            if !row.ours_named().any(|named| alike(named, from)) {
                row.beside.push(from.clone());
            }
        }
    }
    if let Some(edit) = main {
        let (from, to, level) = (edit.from.clone(), edit.to.clone(), edit.level);
        row.intent = Some(Intent { from, to, level, cycle: writing.cycle, undoes });
    }
}

/// The row once all its edits have arrived.
fn arrive(row: &mut Row, sink: &SinkId, edits: &[&Edit], writing: Writing) {
    let mut left = left(row, sink, edits).into_iter();
    let restored = row.intent.take().is_some_and(|intent| intent.restores());
    if let (Some(cycle), Some(edit)) = (writing.undoes, edits.first()) {
        let (at, reason, since) = (edit.to.clone(), HoldReason::Undone(cycle), writing.cycle);
        row.hold = Some(Hold { at, reason, since, level: edit.level, by: None, given: None });
        row.ours = edit.from.clone();
        row.beside = Vec::new();
        return;
    }
    if row.hold.is_some() {
        // `ours` stays: our last value, by which a person can hand the field back.
        let ours = row.ours.clone();
        row.beside = left.filter(|text| ours.as_ref() != Some(text)).collect();
        return;
    }
    if restored {
        (row.ours, row.level) = (None, None);
    } else if let Some(edit) = edits.iter().find(|edit| edit.to.is_some()) {
        (row.ours, row.level) = (edit.to.clone(), edit.level);
    } else {
        let before = row.ours.take();
        row.ours = left.next();
        if row.ours != before {
            row.level = None;
        }
    }
    let ours = row.ours.clone();
    row.beside = left.filter(|text| ours.as_ref() != Some(text)).collect();
}

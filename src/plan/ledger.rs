//! What we last wrote and saw: rows, intents, holds.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, ContainerKey, Issue, IssueId, Level, Person, Timestamp, Turn};

use crate::score::Formula;

use super::SinkId;
use super::scheme::{Target, alike};

/// What we last wrote and saw, per issue and field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// Rows by issue, field and sink.
    pub rows: BTreeMap<RowKey, Row>,
    /// Containers and sinks that an approved plan has touched before.
    pub contacted: BTreeSet<(ContainerKey, Aspect, SinkId)>,
    /// The formula under which the last confirmed levels were found. None: not on record.
    pub formula: Option<Formula>,
    /// Containers that were left: nothing is written there until they are taken back.
    pub retired: BTreeSet<ContainerKey>,
    /// Issues whose writes the tracker keeps refusing.
    pub refusals: BTreeMap<IssueId, Refusals>,
    /// Labels of ours that a container's catalogue was found not to have any more, each with its new name if it has one.
    pub gone: BTreeMap<(ContainerKey, String), Option<String>>,
    /// What the trackers' own histories say of values that stand where no row exists; empty where a history was asked
    /// and says nothing. Lives for one cycle: not stored.
    pub authors: BTreeMap<RowKey, Vec<Authorship>>,
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
    /// Further spellings of ours that may still stand beside `ours`: a write that was cut short left them there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// A write whose outcome isn't known yet.
    pub intent: Option<Intent>,
    /// A person's hand on the value.
    pub hold: Option<Hold>,
    /// A person said that the hold is over; what stands there at the next sure reading is ours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub released: bool,
    /// Fields only: what a person, or the tracker when the issue was made, last gave there before we wrote over it.
    /// Evidence for the score in place of ours; free to be written over; put back when we leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<String>,
    /// Ours was there before the issue was transferred and isn't at its new place: its history tells whether somebody took it
    /// off or the tracker dropped it on the way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    /// How often in a row somebody reversed our value here.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reversals: u32,
    /// The turn of our last write (or try) to this issue: older readings are no evidence.
    pub written: Turn,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// An issue whose writes the tracker keeps refusing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusals {
    /// How many in a row.
    pub count: u32,
    /// The tracker's words at the last one.
    pub error: String,
    /// The cycle of the last one.
    pub cycle: u64,
    /// When the issue had last changed by then.
    pub changed: Option<Timestamp>,
    /// The fingerprint of the edits that were refused.
    pub edits: String,
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
    /// The cycle that this write takes back: once it has arrived, `to` is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
}

/// Who last gave a value, by the tracker's own history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Author {
    /// Our account.
    Us,
    /// Somebody else, a person or another bot.
    Someone(Person),
    /// Nobody: the tracker put it there when the issue was made.
    Creation,
}

/// Who last gave a value that stands on an issue, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorship {
    /// The value, as the tracker spells it.
    pub value: String,
    /// Who gave it.
    pub author: Author,
    /// When.
    pub at: Option<Timestamp>,
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
    /// The level that the value spelled when it was last understood: a spelling that is no longer configured still holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Who put it there, where the tracker's history was asked and told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// When they did, by the same history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Timestamp>,
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
    /// It was put there over ours so many times that it is left until `release`. It holds its own sink, never the item.
    Fought(u32),
}

impl Ledger {
    /// The rows of one issue.
    pub fn rows_of(&self, issue: &IssueId) -> impl Iterator<Item = (&RowKey, &Row)> {
        self.rows.range(first_key(issue)..).take_while(move |(key, _)| key.issue == *issue)
    }

    /// Hands the rows of an issue on to the one that it became elsewhere. A row that is there already stays, unless it only
    /// took for a person's what the old one knows as ours. What a person changed there since is theirs whatever the old one
    /// was about to write. A label that a person gave and that isn't there was lost on the way (the new place doesn't have
    /// it): nothing of ours takes its place.
    pub fn hand_on(&mut self, from: &IssueId, there: &Issue) {
        let carried = |key: &RowKey, row: &Row| {
            let mut row = row.clone();
            let is_label = Target::named(&key.sink) == Target::Label;
            let lost = |at: &String| is_label && !there.labels.iter().any(|label| alike(label, at));
            match row.hold.as_mut() {
                Some(hold) if hold.at.as_ref().is_some_and(lost) => (hold.at, hold.level) = (None, None),
                Some(_) => {}
                None => row.moved = row.ours.as_ref().is_some_and(lost),
            }
            (RowKey { issue: there.id.clone(), ..key.clone() }, row)
        };
        let moved: Vec<(RowKey, Row)> = self.rows_of(from).map(|(key, row)| carried(key, row)).collect();
        self.rows.retain(|key, _| key.issue != *from);
        for (key, row) in moved {
            let changed = |fresh: &&Row| fresh.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::Changed);
            let fresh = self.rows.get(&key);
            if let Some(hold) = fresh.filter(changed).and_then(|fresh| fresh.hold.clone()) {
                self.rows.insert(key, Row { hold: Some(hold), intent: None, ..row });
                continue;
            }
            match fresh {
                Some(fresh)
                    if fresh.ours.is_some()
                        || fresh.intent.is_some()
                        || fresh.released
                        || row.ours_named().next().is_none() => {}
                _ => drop(self.rows.insert(key, row)),
            }
        }
    }

    /// The rows of one issue, to be changed.
    pub(super) fn rows_of_mut(&mut self, issue: &IssueId) -> impl Iterator<Item = (&RowKey, &mut Row)> {
        self.rows.range_mut(first_key(issue)..).take_while(move |(key, _)| key.issue == *issue)
    }
}

/// The least key that an issue's rows can have.
pub(super) fn first_key(issue: &IssueId) -> RowKey {
    RowKey { issue: issue.clone(), aspect: Aspect::Priority, sink: SinkId(String::new()) }
}

impl Intent {
    /// It puts back what stood in a field before us; once it has arrived, nothing of ours is there.
    pub(super) fn restores(&self) -> bool {
        self.undoes.is_none() && self.to.is_some() && self.level.is_none()
    }
}

impl Hold {
    /// It is left to whoever keeps reversing ours, until `release`.
    pub(super) fn is_fought(&self) -> bool {
        matches!(self.reason, HoldReason::Fought(_))
    }

    /// `undo` put the value there, so it needn't be a person's.
    pub(super) fn is_undone(&self) -> bool {
        matches!(self.reason, HoldReason::Undone(_))
    }
}

impl Row {
    /// Every spelling that this row says is ours: confirmed, beside it, or in an open intent.
    pub fn ours_named(&self) -> impl Iterator<Item = &str> {
        let intent = self.intent.iter().flat_map(|intent| intent.from.iter().chain(&intent.to));
        self.ours.iter().chain(&self.beside).chain(intent).map(String::as_str)
    }

    /// Every spelling that this row names, a person's included.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        self.ours_named().chain(self.hold.iter().filter_map(|hold| hold.at.as_deref()))
    }

    /// It names nothing that stands on the issue: neither ours nor a person's hand.
    pub(super) fn is_blank(&self) -> bool {
        self.named().next().is_none() && self.hold.is_none() && self.intent.is_none()
    }
}

//! What cycles did -> answers: each cycle, its writes, and the plan that waits for a person.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::{Need, Outcome as Fate};
use crate::store::{CycleRecord, JournalEntry};

/// The last cycles, newest first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cycles {
    /// The cycles.
    pub cycles: Vec<Cycle>,
    /// The plan that waits for a person.
    pub waiting: Option<Waiting>,
}

/// One turn: poll to settle.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Cycle {
    /// Its number, from 1.
    pub cycle: u64,
    /// Who or what started it.
    pub cause: String,
    /// When it began.
    pub started: String,
    /// When it ended. None: it runs, or was interrupted.
    pub ended: Option<String>,
    /// What it did. None: it hasn't ended.
    pub summary: Option<Summary>,
    #[serde(skip)]
    interrupted: bool,
}

/// What a cycle did. A count is null where it would count what isn't shown.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Edits that arrived.
    pub written: Option<usize>,
    /// Fields that were left alone.
    pub skipped: Option<usize>,
    /// Changes that failed or whose fate is unknown.
    pub failed: Option<usize>,
    /// Issues whose changes wait for a tracker or a new review.
    pub waiting: Option<usize>,
    /// Requests sent, by tracker.
    pub requests: BTreeMap<String, u64>,
    /// What the plan waits for, and the sentence that says so.
    pub approval: Option<(String, String)>,
    /// What went wrong, as sentences.
    pub errors: Vec<String>,
    /// It listed everything.
    pub census: bool,
    /// Nothing had changed.
    pub quiet: bool,
}

impl Cycle {
    /// A cycle as remembered.
    pub fn of(record: &CycleRecord) -> Self {
        Self {
            cycle: record.n,
            cause: record.cause.clone(),
            started: record.begun.to_string(),
            ended: record.ended.map(|ended| ended.to_string()),
            summary: record.summary.as_ref().map(|summary| Summary {
                written: Some(summary.written),
                skipped: Some(summary.skipped),
                failed: Some(summary.failed),
                waiting: Some(summary.waiting),
                requests: summary.requests.iter().map(|(name, count)| (name.to_string(), *count)).collect(),
                approval: summary.approval.as_ref().map(|(need, detail)| (word(*need).to_owned(), detail.clone())),
                errors: summary.errors.clone(),
                census: summary.census,
                quiet: summary.quiet,
            }),
            interrupted: record.interrupted,
        }
    }

    /// What it did, on one line.
    pub fn deed(&self) -> String {
        let Some(summary) = &self.summary else {
            return if self.interrupted { "interrupted; the next cycle finds out what arrived" } else { "under way" }
                .to_owned();
        };
        let mut deeds = Vec::new();
        if summary.quiet {
            deeds.push("nothing had changed".to_owned());
        }
        if let Some(written) = summary.written
            && (written > 0 || (!summary.quiet && summary.approval.is_none()))
        {
            deeds.push(format!("{written} edits written"));
        }
        if let Some((_, detail)) = &summary.approval {
            deeds.push(format!("waits: {detail}"));
        }
        for (count, word) in [(summary.failed, "failed"), (summary.skipped, "skipped")] {
            if let Some(count @ 1..) = count {
                deeds.push(format!("{count} {word}"));
            }
        }
        if !summary.errors.is_empty() {
            deeds.push(summary.errors.join("; "));
        }
        deeds.join(", ")
    }
}

/// The word for what a plan needs.
fn word(need: Need) -> &'static str {
    match need {
        Need::FirstContact => "first_contact",
        Need::Limits => "limits",
        Need::Stale => "stale",
        Need::Partial => "partial",
    }
}

/// What one cycle wrote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Journal {
    /// Its number.
    pub cycle: u64,
    /// Its changes, in the order of writing.
    pub changes: Vec<Written>,
}

/// One change as journalled.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Written {
    /// The issue's key.
    pub issue: String,
    /// The item's id.
    pub item: String,
    /// When its outcome was known; before that, when it was intended.
    pub at: String,
    /// What became of it. None: not known.
    pub outcome: Option<Outcome>,
    /// Its edits.
    pub edits: Vec<Edit>,
}

/// What became of a change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outcome {
    /// done, unknown, superseded, refused or failed.
    pub outcome: String,
    /// What was found instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One field of one issue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Edit {
    /// priority, complexity, readiness, or auto.
    pub field: String,
    /// Where it is written.
    pub sink: String,
    /// What stood there.
    pub from: Option<String>,
    /// What stands there since.
    pub to: Option<String>,
    /// A sentence.
    pub why: String,
}

impl Written {
    /// A change as journalled.
    pub fn of(entry: &JournalEntry) -> Self {
        Self {
            issue: entry.change.key.to_string(),
            item: entry.change.item.to_string(),
            at: entry.at.to_string(),
            outcome: entry.outcome.as_ref().map(Outcome::of),
            edits: entry.change.edits.iter().map(Edit::of).collect(),
        }
    }
}

impl Edit {
    pub(in crate::web) fn of(edit: &crate::plan::Edit) -> Self {
        Self {
            field: edit.field.name().to_owned(),
            sink: edit.sink.0.clone(),
            from: edit.from.clone(),
            to: edit.to.clone(),
            why: edit.why.clone(),
        }
    }
}

impl Outcome {
    fn of(fate: &Fate) -> Self {
        let (outcome, found, error) = match fate {
            Fate::Done => ("done", None, None),
            Fate::Unknown { error } => ("unknown", None, Some(error.clone())),
            Fate::Superseded { found } => ("superseded", Some(found.clone()), None),
            Fate::Refused { error } => ("refused", None, Some(error.clone())),
            Fate::Failed { error } => ("failed", None, Some(error.clone())),
        };
        Self { outcome: outcome.to_owned(), found, error }
    }
}

/// The plan that waits for a person.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waiting {
    /// What `roadmapd approve` takes.
    pub fingerprint: String,
    /// What it waits for: first_contact or limits.
    pub needed: String,
    /// A sentence. None: it would count what isn't shown.
    pub detail: Option<String>,
    /// The cycle that planned it first.
    pub cycle: u64,
    /// Since when it waits.
    pub at: String,
    /// Its edits, sorted by issue, at most a thousand.
    pub edits: Vec<Planned>,
    /// How many edits there are.
    pub edits_total: usize,
}

/// An edit that waits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Planned {
    /// The issue's key.
    pub issue: String,
    /// priority, complexity, readiness, or auto.
    pub field: String,
    /// Where it would be written.
    pub sink: String,
    /// What stands there.
    pub from: Option<String>,
    /// What would.
    pub to: Option<String>,
}

impl Waiting {
    /// What a plan needs, in a word.
    pub(in crate::web) fn needs(need: Need) -> String {
        word(need).to_owned()
    }
}

//! ApprovedPlan -> Receipt: hands each tracker its changes. Intent is stored before a write leaves, the outcome after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Works;
use super::shelf::trouble;
use crate::model::{ContainerKey, IssueId, Timestamp, TrackerName, Turn};
use crate::plan::{AUTO_LABEL, ApprovedPlan, Change, Outcome, Receipt, Writing};
use crate::store::{Request, Store};
use crate::tracker::{Fetch, LabelSpec, Log, Trouble, TroubleKind, Write};

/// What became of an approved plan.
pub(super) struct Applied {
    pub(super) receipt: Receipt,
    /// What stopped a tracker's batch.
    pub(super) errors: Vec<String>,
    keys: BTreeMap<IssueId, String>,
}

impl Applied {
    /// Edits that the trackers confirmed.
    pub(super) fn written(&self, approved: &ApprovedPlan) -> usize {
        approved
            .changes()
            .iter()
            .filter(|change| self.receipt.outcomes.get(&change.issue) == Some(&Outcome::Done))
            .map(|change| change.edits.len())
            .sum()
    }

    /// A sentence for each change that failed or whose fate isn't known.
    pub(super) fn failures(&self) -> Vec<String> {
        self.receipt
            .outcomes
            .iter()
            .filter_map(|(issue, outcome)| match outcome {
                Outcome::Done | Outcome::Superseded { .. } => None,
                Outcome::Unknown { error } | Outcome::Failed { error } => {
                    Some(format!("{}: {error}", self.keys.get(issue).map_or("", String::as_str)))
                }
            })
            .collect()
    }
}

/// Writes an approved plan, all trackers at once, each at its own pace.
pub(super) async fn apply<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    approved: &ApprovedPlan,
    cycle: u64,
    stop: &CancellationToken,
) -> Applied {
    let outcomes = Arc::new(Mutex::new(BTreeMap::new()));
    let mut batches = JoinSet::new();
    for tracker in &works.trackers {
        let changes: Vec<Change> =
            approved.changes().iter().filter(|change| &change.issue.tracker == tracker.name()).cloned().collect();
        if changes.is_empty() {
            continue;
        }
        let log = StoreLog {
            store: store.clone(),
            tracker: tracker.name().clone(),
            writing: Writing { cycle, turn: Turn(2 * cycle), undoes: approved.undoes() },
            clock: works.clock.clone(),
            outcomes: Arc::clone(&outcomes),
        };
        let catalogue = catalogue(&changes, &works.settings.label_specs());
        let (tracker, stop) = (Arc::clone(tracker), stop.clone());
        batches.spawn(
            async move {
                tracker.prepare(catalogue).await?;
                tracker.write(changes, &log, &stop).await
            }
            .in_current_span(),
        );
    }
    let mut errors = Vec::new();
    while let Some(joined) = batches.join_next().await {
        match joined {
            Ok(Ok(())) => {}
            Ok(Err(error)) if error.kind == TroubleKind::Stopped => {}
            Ok(Err(error)) => errors.push(error.to_string()),
            Err(error) => {
                errors.push(format!("a batch of writes broke off: {error}; the next cycle finds out what arrived"))
            }
        }
    }
    errors.sort();
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap_or_else(PoisonError::into_inner));
    Applied {
        receipt: Receipt { cycle, turn: Turn(2 * cycle), outcomes },
        errors,
        keys: approved.changes().iter().map(|change| (change.issue.clone(), change.key.to_string())).collect(),
    }
}

/// The labels that these changes need in each container's catalogue, and the one by which people hand an issue back:
/// GitHub lets them pick only what exists.
fn catalogue(
    changes: &[Change],
    specs: &BTreeMap<TrackerName, Vec<LabelSpec>>,
) -> BTreeMap<ContainerKey, Vec<LabelSpec>> {
    let mut wanted: BTreeMap<ContainerKey, BTreeSet<LabelSpec>> = BTreeMap::new();
    for change in changes {
        let Some(known) = specs.get(&change.issue.tracker) else { continue };
        let used = |spec: &&LabelSpec| {
            spec.name == AUTO_LABEL
                || change.edits.iter().any(|edit| edit.sink.0 == "label" && edit.to.as_deref() == Some(&spec.name))
        };
        wanted.entry(change.container.clone()).or_default().extend(known.iter().filter(used).cloned());
    }
    wanted.into_iter().map(|(container, specs)| (container, specs.into_iter().collect())).collect()
}

/// The store as the place where intents and outcomes go.
struct StoreLog {
    store: Store,
    tracker: TrackerName,
    writing: Writing,
    clock: super::Clock,
    outcomes: Arc<Mutex<BTreeMap<IssueId, Outcome>>>,
}

impl StoreLog {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Log for StoreLog {
    async fn intend(&self, change: &Change) -> Result<(), Trouble> {
        let asked = self.store.asked().await.map_err(|error| trouble(&self.tracker, &error))?;
        if asked.iter().any(|(_, request)| *request == Request::Pause) {
            return Err(Trouble {
                tracker: self.tracker.clone(),
                kind: TroubleKind::Stopped,
                what: "writing was paused by a person".to_owned(),
                next: "`roadmapd resume` goes on".to_owned(),
            });
        }
        self.store.intend(self.writing, change).await.map_err(|error| trouble(&self.tracker, &error))
    }

    async fn outcome(&self, change: &Change, outcome: Outcome) -> Result<(), Trouble> {
        let kept = self.store.outcome(self.writing.cycle, change, &outcome, self.now()).await;
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner).insert(change.issue.clone(), outcome);
        kept.map_err(|error| trouble(&self.tracker, &error))
    }
}

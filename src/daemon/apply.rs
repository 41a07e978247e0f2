//! ApprovedPlan -> Receipt: hands each tracker its changes. Intent is stored before a write leaves, the outcome after.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::Works;
use super::shelf::trouble;
use crate::model::{ContainerKey, IssueId, IssueKey, Timestamp, TrackerName, Turn};
use crate::plan::{AUTO_LABEL, ApprovedPlan, Change, Outcome, Receipt, Writing};
use crate::store::{Request, Store};
use crate::tracker::{Fetch, LabelSpec, Log, Trouble, TroubleKind, Write};

/// What became of an approved plan.
pub(super) struct Applied {
    pub(super) receipt: Receipt,
    /// What went wrong, a sentence each.
    pub(super) errors: Vec<String>,
    /// Changes that weren't begun, each with why.
    pub(super) left: Vec<(IssueKey, String)>,
    /// A person paused the writing.
    pub(super) paused: bool,
}

impl Applied {
    /// Edits that the trackers confirmed.
    pub(super) fn written(&self, approved: &ApprovedPlan) -> usize {
        let done = |change: &&Change| self.receipt.outcomes.get(&change.issue) == Some(&Outcome::Done);
        approved.changes().iter().filter(done).map(|change| change.edits.len()).sum()
    }

    /// A sentence for each change that failed or whose fate isn't known.
    pub(super) fn failures(&self, approved: &ApprovedPlan) -> Vec<String> {
        let failure = |change: &Change| match self.receipt.outcomes.get(&change.issue)? {
            Outcome::Done | Outcome::Superseded { .. } => None,
            Outcome::Unknown { error } | Outcome::Refused { error } | Outcome::Failed { error } => {
                let key = change.key.to_string();
                Some(if error.starts_with(&key) { error.clone() } else { format!("{key}: {error}") })
            }
        };
        approved.changes().iter().filter_map(failure).collect()
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
        let mut changes: Vec<Change> =
            approved.changes().iter().filter(|change| &change.issue.tracker == tracker.name()).cloned().collect();
        // What people touched last first: a backlog that takes hours at the tracker's pace must not hold back live changes.
        changes.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.issue.cmp(&b.issue)));
        if changes.is_empty() {
            continue;
        }
        let log = StoreLog {
            store: store.clone(),
            tracker: tracker.name().clone(),
            writing: Writing { cycle, turn: Turn(2 * cycle), undoes: approved.undoes() },
            clock: works.clock.clone(),
            // Taking back and leaving are a person's own doing, and pausing first is what they were told to do.
            heeds_pauses: approved.undoes().is_none() && approved.retires().is_empty(),
            outcomes: Arc::clone(&outcomes),
        };
        let catalogue = catalogue(&changes, &works.settings.label_specs());
        let (tracker, stop) = (Arc::clone(tracker), stop.clone());
        batches.spawn(
            async move {
                let mut batch = Batch { tracker: tracker.name().clone(), refused: BTreeMap::new(), ended: None };
                match tracker.prepare(catalogue).await {
                    Ok(refused) => {
                        batch.refused = refused;
                        let open = changes.into_iter().filter(|change| !batch.refused.contains_key(&change.container));
                        batch.ended = tracker.write(open.collect(), &log, &stop).await.err();
                    }
                    Err(trouble) => batch.ended = Some(trouble),
                }
                batch
            }
            .in_current_span(),
        );
    }
    let (mut done, mut errors) = (BTreeMap::new(), Vec::new());
    while let Some(joined) = batches.join_next().await {
        match joined {
            Ok(batch) => {
                done.insert(batch.tracker.clone(), batch);
            }
            Err(error) => {
                errors.push(format!("a batch of writes broke off: {error}; the next cycle finds out what arrived"));
            }
        }
    }
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap_or_else(PoisonError::into_inner));
    let receipt = Receipt { cycle, turn: Turn(2 * cycle), outcomes };
    conclude(approved, receipt, &done, errors)
}

/// How a tracker's batch went.
struct Batch {
    tracker: TrackerName,
    /// Containers that take no writes.
    refused: BTreeMap<ContainerKey, Trouble>,
    /// What ended it early.
    ended: Option<Trouble>,
}

fn conclude(
    approved: &ApprovedPlan,
    receipt: Receipt,
    done: &BTreeMap<TrackerName, Batch>,
    mut errors: Vec<String>,
) -> Applied {
    let (mut left, mut stopped, mut paused) = (Vec::new(), 0, false);
    let goes_on = match approved.undoes() {
        Some(cycle) => format!("`roadmapd undo {cycle}` again goes on"),
        None if !approved.retires().is_empty() => "`roadmapd retire --yes` again goes on".to_owned(),
        None => "the next cycle goes on".to_owned(),
    };
    for change in approved.changes().iter().filter(|change| !receipt.outcomes.contains_key(&change.issue)) {
        let batch = done.get(&change.issue.tracker);
        let trouble = batch.and_then(|batch| batch.refused.get(&change.container).or(batch.ended.as_ref()));
        stopped += usize::from(trouble.is_none_or(|trouble| trouble.kind == TroubleKind::Stopped));
        let why = trouble.map_or_else(|| format!("stopped before its turn; {goes_on}"), ToString::to_string);
        left.push((change.key.clone(), why));
    }
    for batch in done.values() {
        errors.extend(batch.refused.values().map(ToString::to_string));
        match &batch.ended {
            Some(trouble) if trouble.kind == TroubleKind::Stopped => paused |= trouble.what == PAUSED,
            Some(trouble) if trouble.kind == TroubleKind::Paced => {}
            Some(trouble) => errors.push(trouble.to_string()),
            None => {}
        }
    }
    if stopped > 0 && !paused {
        errors.push(format!("stopped before {stopped} changes were begun; {goes_on}"));
    }
    errors.sort();
    errors.dedup();
    Applied { receipt, errors, left, paused }
}

/// What a batch says that a person paused.
const PAUSED: &str = "writing was paused by a person";

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
    heeds_pauses: bool,
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
        if self.heeds_pauses && asked.iter().any(|(_, request)| *request == Request::Pause) {
            return Err(Trouble {
                tracker: self.tracker.clone(),
                kind: TroubleKind::Stopped,
                what: PAUSED.to_owned(),
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

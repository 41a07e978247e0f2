//! Thinks, asks the trackers what the answer hangs on, and thinks again: readings by id, and who gave a value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gather::{Gathered, read_by_id, snapshot};
use super::shelf::Shelf;
use super::think::{Thought, think};
use super::{CycleTrouble, Works};
use crate::model::{Issue, IssueId, Snapshot, Turn};
use crate::plan::{Authorship, Ledger, RowKey, Scheme};
use crate::roadmap::Links;
use crate::tracker::{Fetch, Standing, TroubleKind};

/// Thinks until nothing is left that a tracker could make surer. What went wrong on the way is told, a sentence each.
pub(super) async fn surely<T: Fetch + 'static>(
    works: &Works<T>,
    shelf: &Shelf,
    gathered: &mut Gathered,
    scheme: &Scheme,
    ledger: &Ledger,
    links: &Links,
    cycle: u64,
) -> Result<(Thought, Vec<String>), CycleTrouble> {
    let weights = works.settings.weights(&gathered.containers);
    let day = works.clock.today(&works.settings.daemon.timezone);
    let mut ledger = ledger.clone();
    let mut seen = snapshot(shelf, gathered).await?;
    let mut thought = think(&seen, links, &ledger, scheme, &weights, day, cycle);
    let mut errors = Vec::new();
    if !thought.standing.doubts.is_empty() {
        errors.extend(read_by_id(works, shelf, &thought.standing.doubts, gathered, Turn(2 * cycle)).await?);
        for (from, to) in &gathered.moved {
            ledger.hand_on(from, to);
        }
        seen = snapshot(shelf, gathered).await?;
        thought = think(&seen, links, &ledger, scheme, &weights, day, cycle);
    }
    if !thought.standing.unasked.is_empty() {
        errors.extend(ask_histories(works, &thought.standing.unasked, &seen, &mut ledger).await);
        thought = think(&seen, links, &ledger, scheme, &weights, day, cycle);
    }
    Ok((thought, errors))
}

/// Asks the trackers' histories who gave the values that stand where we have no record, and notes what they say. Where a
/// history can't be read now, nothing is noted: nothing is written there, and the next cycle asks again.
async fn ask_histories<T: Fetch>(
    works: &Works<T>,
    unasked: &BTreeMap<RowKey, Vec<String>>,
    seen: &Snapshot,
    ledger: &mut Ledger,
) -> Vec<String> {
    let wanted: BTreeSet<&IssueId> = unasked.keys().map(|key| &key.issue).collect();
    let issues: BTreeMap<&IssueId, &Arc<Issue>> =
        seen.issues.iter().filter(|issue| wanted.contains(&issue.id)).map(|issue| (&issue.id, issue)).collect();
    let mut errors = Vec::new();
    for tracker in &works.trackers {
        let of_tracker = |key: &&RowKey| key.issue.tracker == *tracker.name();
        let reachable = seen.coverage.trackers.get(tracker.name()).is_some_and(|reach| reach.failed.is_none());
        let keys: Vec<&RowKey> = unasked.keys().filter(of_tracker).collect();
        if keys.is_empty() || !reachable {
            continue;
        }
        let asked: Vec<Standing> = keys
            .iter()
            .filter_map(|key| Some((key, *issues.get(&key.issue)?)))
            .flat_map(|(key, issue)| {
                let values = unasked[*key].iter();
                values.map(|value| Standing { issue: Arc::clone(issue), sink: key.sink.clone(), value: value.clone() })
            })
            .collect();
        let said = match tracker.authors(asked).await {
            Ok(said) => said,
            Err(trouble) => {
                let shut = matches!(trouble.kind, TroubleKind::Forbidden | TroubleKind::Missing);
                errors.push(trouble.to_string());
                if !shut {
                    continue;
                }
                Vec::new()
            }
        };
        for key in keys {
            let of_key = said.iter().filter(|said| said.issue == key.issue && said.sink == key.sink);
            let known =
                of_key.map(|said| Authorship { value: said.value.clone(), author: said.author.clone(), at: said.at });
            ledger.authors.insert(key.clone(), known.collect());
        }
    }
    errors
}

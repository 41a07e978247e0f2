//! Thinks, asks the trackers what the answer hangs on, and thinks again: readings by id, and who gave a value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::gather::{Gathered, read_by_id, snapshot};
use super::shelf::Shelf;
use super::think::{Frame, Thought, think};
use super::{CycleTrouble, Works};
use crate::model::{ContainerKey, Issue, IssueId, Snapshot, TrackerName, Turn};
use crate::plan::{Authorship, Hold, HoldReason, Ledger, RowKey, Scheme, Target, questioned};
use crate::roadmap::Links;
use crate::score::learn;
use crate::tracker::{Authored, Fetch, Standing, TroubleKind};

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
    let model = match shelf.store() {
        Some(store) => Arc::new(store.model().await?),
        None => Arc::default(),
    };
    let mut frame = Frame { links, scheme, weights: &weights, model, day, cycle };
    let mut ledger = ledger.clone();
    let mut seen = snapshot(shelf, gathered).await?;
    let mut thought = think(&seen, &ledger, &frame);
    let mut errors = Vec::new();
    if !thought.standing.doubts.is_empty() {
        errors.extend(read_by_id(works, shelf, &thought.standing.doubts, gathered, Turn(2 * cycle)).await?);
        for (from, there) in &gathered.moved {
            ledger.hand_on(from, there);
        }
        seen = snapshot(shelf, gathered).await?;
        thought = think(&seen, &ledger, &frame);
    }
    if !thought.standing.unasked.is_empty() {
        errors.extend(ask_histories(works, &thought.standing.unasked, &seen, &mut ledger).await);
        thought = think(&seen, &ledger, &frame);
    }
    // What another version learned can't be used by this one, and levels shouldn't move until the next census for want of it.
    if (gathered.census || frame.model.is_outdated())
        && gathered.coverage.trackers.values().all(|reach| reach.failed.is_none())
    {
        let found = learn(&thought.roadmap, &thought.standing.previous, &weights, &frame.model);
        if found.version != frame.model.version {
            shelf.keep_model(&found).await?;
            frame.model = Arc::new(found);
            thought = think(&seen, &ledger, &frame);
        }
    }
    let mut asked = questioned(&thought.roadmap, &thought.standing, &thought.plan, scheme, cycle);
    asked.retain(|container, _| gathered.containers.contains(container));
    let unread = ask_catalogues(works, &asked, &seen, &mut ledger, &mut errors).await;
    if ledger.gone != thought.standing.noted.gone {
        thought = think(&seen, &ledger, &frame);
    }
    doubt_new_holds(&mut thought, &ledger, &seen, &unread, cycle);
    if name_fighters(works, &thought.standing.noted, &seen, &mut ledger, cycle).await {
        thought = think(&seen, &ledger, &frame);
    }
    gathered.findings.extend(thought.plan.gone_labels());
    gathered.findings.extend(thought.scores.findings.iter().cloned());
    Ok((thought, errors))
}

/// Asks the trackers' histories who reversed ours where a fight is given up just now, and notes it. Whether any told. One that
/// doesn't leaves it at "somebody".
async fn name_fighters<T: Fetch>(
    works: &Works<T>,
    noted: &Ledger,
    seen: &Snapshot,
    ledger: &mut Ledger,
    cycle: u64,
) -> bool {
    let mut asked: BTreeMap<&TrackerName, Vec<(RowKey, Standing)>> = BTreeMap::new();
    for issue in &seen.issues {
        for (key, row) in noted.rows_of(&issue.id) {
            let fought = |hold: &&Hold| matches!(hold.reason, HoldReason::Fought(_)) && hold.since == cycle;
            let Some(hold) = row.hold.as_ref().filter(fought) else { continue };
            let Some(value) = hold.at.as_ref().or(row.ours.as_ref()) else { continue };
            let (issue, sink) = (Arc::clone(issue), key.sink.clone());
            let standing = Standing { issue, sink, value: value.clone(), taken: hold.at.is_none() };
            asked.entry(&key.issue.tracker).or_default().push((key.clone(), standing));
        }
    }
    let mut told = false;
    for tracker in &works.trackers {
        let Some((keys, asked)) =
            asked.remove(tracker.name()).map(|asked| asked.into_iter().unzip::<_, _, Vec<_>, Vec<_>>())
        else {
            continue;
        };
        let Ok(said) = tracker.authors(asked).await else { continue };
        told |= !said.is_empty();
        note_authors(ledger, &keys, &said);
    }
    told
}

/// Notes what the histories say of these rows; of one of which they say nothing, that they were asked.
fn note_authors<'a>(ledger: &mut Ledger, keys: impl IntoIterator<Item = &'a RowKey>, said: &[Authored]) {
    for key in keys {
        let of_key = said.iter().filter(|said| said.issue == key.issue && said.sink == key.sink);
        let known =
            of_key.map(|said| Authorship { value: said.value.clone(), author: said.author.clone(), at: said.at });
        ledger.authors.insert(key.clone(), known.collect());
    }
}

/// Takes back the holds that began in this cycle where it can't be told whether a label went from its catalogue.
fn doubt_new_holds(
    thought: &mut Thought,
    ledger: &Ledger,
    seen: &Snapshot,
    unread: &BTreeSet<ContainerKey>,
    cycle: u64,
) {
    for issue in seen.issues.iter().filter(|issue| unread.contains(&issue.container)) {
        let rows = thought.standing.noted.rows_of(&issue.id);
        let new = rows.filter(|(_, row)| row.hold.as_ref().is_some_and(|hold| hold.since == cycle));
        for key in new.map(|(key, _)| key.clone()).collect::<Vec<_>>() {
            match ledger.rows.get(&key) {
                Some(row) => thought.standing.noted.rows.insert(key, row.clone()),
                None => thought.standing.noted.rows.remove(&key),
            };
        }
    }
}

/// Asks which of these labels of ours their containers' catalogues still have, and notes it. Which couldn't be read.
async fn ask_catalogues<T: Fetch>(
    works: &Works<T>,
    asked: &BTreeMap<ContainerKey, BTreeSet<String>>,
    seen: &Snapshot,
    ledger: &mut Ledger,
    errors: &mut Vec<String>,
) -> BTreeSet<ContainerKey> {
    let mut unread = BTreeSet::new();
    ledger.gone.retain(|(container, label), _| asked.get(container).is_some_and(|labels| labels.contains(label)));
    for tracker in &works.trackers {
        let reachable = seen.coverage.trackers.get(tracker.name()).is_some_and(|reach| reach.failed.is_none());
        let of_tracker = asked.keys().filter(|container| container.tracker == *tracker.name());
        let containers: Vec<ContainerKey> = of_tracker.cloned().collect();
        if containers.is_empty() {
            continue;
        }
        if !reachable {
            unread.extend(containers);
            continue;
        }
        let known = match tracker.catalogues(containers.clone()).await {
            Ok(known) => known,
            Err(trouble) => {
                errors.push(trouble.to_string());
                unread.extend(containers);
                continue;
            }
        };
        for (container, catalogue) in known {
            for label in &asked[&container] {
                let (gone, name) = ((container.clone(), label.clone()), label.to_lowercase());
                if catalogue.labels.contains(&name) {
                    ledger.gone.remove(&gone);
                    continue;
                }
                let known = ledger.gone.entry(gone).or_default();
                let now = catalogue.renamed.get(&name).cloned().or(known.take());
                *known = now.filter(|now| catalogue.labels.contains(now));
            }
        }
    }
    unread
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
    let mut by_container: BTreeMap<&ContainerKey, Vec<&RowKey>> = BTreeMap::new();
    for key in unasked.keys() {
        if let Some(issue) = issues.get(&key.issue) {
            by_container.entry(&issue.container).or_default().push(key);
        }
    }
    let mut errors = Vec::new();
    for (container, keys) in by_container {
        let Some(tracker) = works.trackers.iter().find(|tracker| *tracker.name() == container.tracker) else {
            continue;
        };
        if seen.coverage.trackers.get(tracker.name()).is_none_or(|reach| reach.failed.is_some()) {
            continue;
        }
        let of_key = |key: &&RowKey| {
            let values = unasked[*key].iter().cloned();
            let (issue, sink) = (Arc::clone(issues[&key.issue]), key.sink.clone());
            let says = Target::named(&sink).said(&issue);
            values.map(move |value| {
                let taken = !says.contains(&value);
                Standing { issue: Arc::clone(&issue), sink: sink.clone(), value, taken }
            })
        };
        let asked: Vec<Standing> = keys.iter().flat_map(of_key).collect();
        let said = match tracker.authors(asked).await {
            Ok(said) => said,
            Err(trouble) => {
                // A history that isn't for us says nothing, and what stands there is a person's.
                let shut = matches!(trouble.kind, TroubleKind::Forbidden | TroubleKind::Missing);
                errors.push(trouble.to_string());
                if !shut {
                    continue;
                }
                Vec::new()
            }
        };
        note_authors(ledger, keys, &said);
    }
    errors
}

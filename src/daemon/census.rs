//! What a reading didn't find where it looked -> deleted, moved, filtered out, or hidden: told apart by id, never guessed from absence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Works;
use super::shelf::{Shelf, trouble};
use crate::model::{ContainerKey, Issue, IssueId, Person, Presence, Timestamp, TrackerName, Turn};
use crate::store::StoreTrouble;
use crate::tracker::{Fetch, Found, TrackerConfig, Trouble};

/// What became of issues that weren't where they were looked for.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// Issues that live on under another id, as they are there now.
    pub(super) moved: Vec<(IssueId, Issue)>,
    /// Sentences for a person.
    pub(super) findings: Vec<String>,
    /// How many are no longer as they were stored.
    pub(super) changed: usize,
}

/// Asks by id for what a census didn't show, and keeps what comes of it.
pub(super) async fn find_missing<T: Fetch>(
    works: &Works<T>,
    shelf: &Shelf,
    tracker: &T,
    containers: &[ContainerKey],
    turn: Turn,
) -> Result<Missed, Trouble> {
    let name = tracker.name();
    let in_reach: BTreeSet<&ContainerKey> = containers.iter().collect();
    let unlisted = shelf.unlisted(name).await.map_err(|error| trouble(name, &error))?;
    let missing: Vec<Arc<Issue>> =
        unlisted.into_iter().filter(|issue| in_reach.contains(&issue.container)).map(Arc::new).collect();
    if missing.is_empty() {
        return Ok(Missed::default());
    }
    let found = surely_by_id(tracker, &missing, turn).await?;
    let filters = works.settings.trackers.iter().any(|config| match config {
        TrackerConfig::Jira(jira) => jira.name == *name && !jira.jql.is_empty(),
        TrackerConfig::Github(_) => false,
    });
    settle(shelf, name, &missing, found, containers, filters).await.map_err(|error| trouble(name, &error))
}

/// Asks where issues came from that a reading of changes shows for the first time. A transfer gives an issue a new id, and what
/// lists it at its new place doesn't say that it was another one: its origin is looked for among known issues of other
/// containers that the same person opened at the same moment, or with the same words.
pub(super) async fn find_origins<T: Fetch>(
    shelf: &Shelf,
    tracker: &T,
    containers: &[ContainerKey],
    turn: Turn,
) -> Result<Missed, Trouble> {
    let name = tracker.name();
    if !shelf.has_newcomers(name).await.map_err(|error| trouble(name, &error))? {
        return Ok(Missed::default());
    }
    let issues = shelf.issues().await.map_err(|error| trouble(name, &error))?;
    let of_tracker = issues.into_iter().filter(|issue| issue.id.tracker == *name);
    let (new, known): (Vec<Issue>, Vec<Issue>) = of_tracker.partition(|issue| issue.item.is_none());
    // By how they were opened: a container that is new brings thousands of them.
    let mut opened: BTreeMap<Opening<'_>, BTreeSet<&ContainerKey>> = BTreeMap::new();
    for issue in &new {
        for opening in openings(issue) {
            opened.entry(opening).or_default().insert(&issue.container);
        }
    }
    let elsewhere =
        |origin: &Issue, there: &BTreeSet<&ContainerKey>| there.iter().any(|container| **container != origin.container);
    let may_be = |origin: &Issue| {
        openings(origin).any(|opening| opened.get(&opening).is_some_and(|there| elsewhere(origin, there)))
    };
    let origins: Vec<Arc<Issue>> = known.into_iter().filter(may_be).map(Arc::new).collect();
    if origins.is_empty() {
        return Ok(Missed::default());
    }
    let mut found = surely_by_id(tracker, &origins, turn).await?;
    found.retain(|found| matches!(found, Found::Moved { .. }));
    settle(shelf, name, &origins, found, containers, false).await.map_err(|error| trouble(name, &error))
}

/// Reads issues by id. A single answer that one isn't there may be one to nobody in particular: only said twice it is believed.
async fn surely_by_id<T: Fetch>(tracker: &T, issues: &[Arc<Issue>], turn: Turn) -> Result<Vec<Found>, Trouble> {
    let mut found = tracker.by_id(issues.to_vec(), turn).await?;
    found.retain(|found| !matches!(found, Found::Hidden(_)));
    let told: BTreeSet<&IssueId> = found.iter().map(Found::asked).collect();
    let unsure: Vec<Arc<Issue>> = issues.iter().filter(|issue| !told.contains(&issue.id)).cloned().collect();
    if !unsure.is_empty() {
        found.extend(tracker.by_id(unsure, turn).await?);
    }
    Ok(found)
}

/// Who opened an issue, and when, or with which words: what a transfer leaves as it was.
type Opening<'a> = (Option<&'a Person>, Option<Timestamp>, Option<(&'a str, &'a str)>);

/// The openings that an issue shares with what it was before a transfer, one at least.
fn openings(issue: &Issue) -> impl Iterator<Item = Opening<'_>> {
    let (author, text) = (issue.author.as_ref(), &issue.text);
    let in_words = (!text.hash.is_empty()).then_some((author, None, Some((issue.title.as_str(), text.hash.as_str()))));
    std::iter::once((author, Some(issue.created), None)).chain(in_words)
}

/// Keeps what a reading by id found. `filters`: an issue that is there and wasn't listed is one that `jql` leaves out.
pub(super) async fn settle(
    shelf: &Shelf,
    tracker: &TrackerName,
    asked: &[Arc<Issue>],
    found: Vec<Found>,
    containers: &[ContainerKey],
    filters: bool,
) -> Result<Missed, StoreTrouble> {
    let asked: BTreeMap<&IssueId, &Arc<Issue>> = asked.iter().map(|issue| (&issue.id, issue)).collect();
    let (mut missed, mut keep, mut gone) = (Missed::default(), Vec::new(), Vec::new());
    let mut told: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in found {
        let Some(known) = asked.get(one.asked()).copied() else { continue };
        match one {
            Found::Here(issue) if !containers.contains(&issue.container) => {
                told.entry(OUTSIDE).or_default().push(format!("{} is {} now", known.key, issue.key));
                keep.push(Issue { presence: Presence::Outside, ..*issue });
            }
            // Only a listing tells that `jql` takes it in again.
            Found::Here(issue) if filters || known.presence == Presence::Filtered => {
                told.entry(FILTERED).or_default().push(issue.key.to_string());
                keep.push(Issue { presence: Presence::Filtered, ..*issue });
            }
            Found::Here(issue) => keep.push(*issue),
            Found::Moved { there: Some(there), .. } => {
                missed.findings.push(format!("{} is {} now; its levels and holds went with it", known.key, there.key));
                missed.moved.push((known.id.clone(), (*there).clone()));
                shelf.relocate(known, *there).await?;
            }
            Found::Moved { to, there: None, .. } => {
                told.entry(OUTSIDE).or_default().push(format!("{} is {to} now", known.key));
                keep.push(Issue { presence: Presence::Outside, ..(**known).clone() });
            }
            Found::Deleted(id) => {
                told.entry(DELETED).or_default().push(known.key.to_string());
                gone.push(id);
            }
            Found::Hidden(_) => {
                told.entry(HIDDEN).or_default().push(known.key.to_string());
                keep.push(Issue { presence: Presence::Hidden, ..(**known).clone() });
            }
        }
    }
    missed.changed = keep.len() + gone.len() + missed.moved.len();
    missed.findings.extend(told.into_iter().map(|(what, keys)| sentence(tracker, what, &keys)));
    shelf.remove(gone).await?;
    shelf.keep(keep).await?;
    Ok(missed)
}

const DELETED: &str = "deleted";
const FILTERED: &str = "left out by jql now: remembered as last seen, not written";
const HIDDEN: &str =
    "no longer shown to this credential (deleted, or hidden from it): remembered as last seen, not written";
const OUTSIDE: &str = "outside the configuration now: remembered as last seen, not written";

/// The first three by name, the others counted.
fn sentence(tracker: &TrackerName, what: &str, keys: &[String]) -> String {
    let named = keys.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let more = keys.len().saturating_sub(3);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{tracker}: {named}{more}: {what}")
}

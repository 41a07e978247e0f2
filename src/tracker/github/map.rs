//! Row -> Issue, and Change -> the labels to add and remove. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::wire::{Row, User};
use crate::model::{
    ContainerKey, DueSource, Issue, IssueId, IssueKey, Person, Presence, Reading, Reference, Relation, RelationKind,
    Status, Text, Tier, TrackerName, Turn, utc_day,
};
use crate::plan::{Change, SinkId};

/// What a row doesn't say of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) tracker: &'a TrackerName,
    /// All repositories in reach, whose spelling wins over the server's.
    pub(super) repositories: &'a [String],
    /// The repository that the row was read from, as its container is called.
    pub(super) repository: &'a str,
    /// Names it had before.
    pub(super) was: &'a [String],
    pub(super) private: bool,
    pub(super) turn: Turn,
    pub(super) by_id: bool,
}

/// An issue, without the relations that only a listing of its blockers tells.
pub(super) fn issue(row: &Row, place: Place<'_>) -> Issue {
    let local = format!("{}#{}", place.repository, row.number);
    let mut labels: Vec<String> = row.labels.iter().map(|label| label.name().to_owned()).collect();
    labels.sort();
    labels.dedup();
    let parent = row.parent_issue_url.as_deref().and_then(|url| reference_of_url(url, place));
    let (status, status_name) = status(row);
    let reactions = row.reactions;
    Issue {
        id: IssueId::new(place.tracker, row.id.to_string()),
        key: IssueKey::new(place.tracker, local),
        aliases: place.was.iter().map(|was| IssueKey::new(place.tracker, format!("{was}#{}", row.number))).collect(),
        container: ContainerKey::new(place.tracker, place.repository),
        item: None,
        url: row.html_url.clone(),
        title: row.title.clone(),
        text: Text::of(row.body.as_deref().unwrap_or_default(), Some(place.repository)),
        kind: row.kind.as_ref().map(|kind| kind.name.clone()).filter(|name| !name.is_empty()),
        tier: tier(row),
        status,
        status_name,
        labels,
        priority: None,
        story_points: None,
        story_points_field: None,
        fields: BTreeMap::new(),
        author: row.user.as_ref().map(person),
        assignees: row.assignees.iter().flatten().map(person).collect(),
        due: row
            .milestone
            .as_ref()
            .and_then(|milestone| milestone.due_on)
            .map(|due| (utc_day(due), DueSource::Milestone)),
        components: Vec::new(),
        created: row.created_at,
        updated: row.updated_at,
        status_changed: match (status.is_open(), row.state_reason.as_deref()) {
            (true, Some("reopened")) => None,
            (true, _) => Some(row.created_at),
            (false, _) => row.closed_at,
        },
        reactions: [reactions.thumbs_up, reactions.heart, reactions.hooray, reactions.rocket]
            .into_iter()
            .fold(0, u32::saturating_add),
        votes: 0,
        watchers: 0,
        comments: row.comments,
        talk: None,
        merged_lines: None,
        relations: parent.map(|to| Relation { kind: RelationKind::Parent, to }).into_iter().collect(),
        blocker_count: row.dependencies().blocked_by,
        private: place.private,
        presence: Presence::Here,
        reading: Reading { turn: place.turn, by_id: place.by_id },
    }
}

/// What blocks an issue, from the listing of its blockers.
pub(super) fn blockers(rows: &[Row], place: Place<'_>) -> Vec<Relation> {
    rows.iter()
        .map(|row| {
            let repository =
                repository_of_url(&row.repository_url, place).unwrap_or_else(|| place.repository.to_owned());
            let to = Reference {
                id: Some(row.id.to_string()),
                local: format!("{repository}#{}", row.number),
                closed: Some(row.state != "open"),
            };
            Relation { kind: RelationKind::BlockedBy, to }
        })
        .collect()
}

fn status(row: &Row) -> (Status, String) {
    if row.state != "closed" {
        return (Status::Todo, row.state.clone());
    }
    match row.state_reason.as_deref() {
        Some(reason @ ("not_planned" | "duplicate")) => {
            (Status::Dropped, format!("closed as {}", reason.replace('_', " ")))
        }
        _ => (Status::Done, row.state.clone()),
    }
}

/// A type that is called so is an epic; so is an issue with sub-issues that is nobody's sub-issue.
fn tier(row: &Row) -> Tier {
    let named = row
        .kind
        .as_ref()
        .is_some_and(|kind| ["epic", "initiative", "theme"].iter().any(|name| kind.name.eq_ignore_ascii_case(name)));
    if named || (row.sub_issues_summary.total > 0 && row.parent_issue_url.is_none()) {
        Tier::Epic
    } else {
        Tier::Standard
    }
}

pub(super) fn person(user: &User) -> Person {
    Person { id: user.id.to_string(), name: user.login.clone() }
}

/// `…/repos/acme/api/issues/7` -> `acme/api#7`.
fn reference_of_url(url: &str, place: Place<'_>) -> Option<Reference> {
    let (repository, number) = url.rsplit_once("/issues/")?;
    let number: u64 = number.parse().ok()?;
    let repository = repository_of_url(repository, place)?;
    Some(Reference { id: None, local: format!("{repository}#{number}"), closed: None })
}

/// `…/repos/acme/api` -> `acme/api`, as its container is called.
pub(super) fn repository_of_url(url: &str, place: Place<'_>) -> Option<String> {
    let name = url.rsplit_once("/repos/")?.1;
    let configured = place.repositories.iter().find(|repository| repository.eq_ignore_ascii_case(name));
    Some(configured.cloned().unwrap_or_else(|| name.to_owned()))
}

/// Labels to add in one request and to remove one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LabelDelta {
    /// Labels that shall stand there.
    pub(super) wanted: BTreeSet<String>,
    /// Wanted ones that aren't there yet.
    pub(super) add: Vec<String>,
    /// Labels that shall go.
    pub(super) remove: Vec<String>,
}

/// What a change asks of an issue's labels.
///
/// # Errors
/// A sentence, for an edit of a sink that isn't a label.
pub(super) fn delta(change: &Change) -> Result<LabelDelta, String> {
    if let Some(edit) = change.edits.iter().find(|edit| edit.sink != SinkId("label".to_owned())) {
        return Err(format!("{} can't be written on GitHub, only labels can; change that [[sink]]", edit.sink.0));
    }
    let there: BTreeSet<String> = change.labels.iter().map(|label| fold(label)).collect();
    let wanted: BTreeSet<String> = change.edits.iter().filter_map(|edit| edit.to.clone()).collect();
    let folded: BTreeSet<String> = wanted.iter().map(|label| fold(label)).collect();
    let add = wanted.iter().filter(|label| !there.contains(&fold(label))).cloned().collect();
    let gone: BTreeSet<String> = change.edits.iter().filter_map(|edit| edit.from.clone()).collect();
    let remove = gone.into_iter().filter(|label| !folded.contains(&fold(label))).collect();
    Ok(LabelDelta { wanted, add, remove })
}

/// GitHub ignores case in labels' names.
pub(super) fn fold(label: &str) -> String {
    label.to_lowercase()
}

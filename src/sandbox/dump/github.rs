//! GitHub's issues, comments and events as its REST API lists them -> repositories as of a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Deserialize;

use super::{DumpError, Rows, days_between, parse};
use crate::sandbox::{GithubIssueSeed, LabelSeed, MilestoneSeed, RepositorySeed};

/// What lies in one set of files.
pub(super) struct Dump {
    path: PathBuf,
    issues: Vec<Issue>,
    /// When each issue's comments were written.
    comments: BTreeMap<u32, Vec<Timestamp>>,
    /// Each issue's events, oldest first.
    events: BTreeMap<u32, Vec<Event>>,
}

#[derive(Deserialize)]
struct Issue {
    number: u32,
    /// The repository's address, which ends in its owner and name.
    repository_url: String,
    title: String,
    body: Option<String>,
    user: Option<User>,
    #[serde(default)]
    labels: Vec<Label>,
    #[serde(default)]
    assignees: Vec<User>,
    milestone: Option<Milestone>,
    #[serde(rename = "type")]
    kind: Option<Named>,
    state_reason: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
    closed_at: Option<Timestamp>,
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Label {
    name: String,
    #[serde(default)]
    color: String,
    description: Option<String>,
}

#[derive(Deserialize)]
struct Milestone {
    title: String,
    state: Option<String>,
    due_on: Option<Timestamp>,
}

/// Which issue a comment or event is about: a number, an object with one, or an address that ends in one.
#[derive(Deserialize)]
#[serde(untagged)]
enum About {
    Number(u32),
    Issue { number: u32 },
}

#[derive(Deserialize)]
struct Comment {
    issue: Option<About>,
    issue_url: Option<String>,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Event {
    issue: About,
    event: String,
    created_at: Timestamp,
    label: Option<Named>,
    assignee: Option<User>,
    milestone: Option<Milestone>,
    rename: Option<Rename>,
}

#[derive(Deserialize)]
struct Rename {
    from: String,
}

impl About {
    fn number(&self) -> u32 {
        match self {
            Self::Number(number) | Self::Issue { number } => *number,
        }
    }
}

impl Comment {
    fn number(&self) -> Option<u32> {
        let at_end = || self.issue_url.as_ref()?.rsplit('/').next()?.parse().ok();
        self.issue.as_ref().map(About::number).or_else(at_end)
    }
}

impl Dump {
    pub(super) fn read(path: PathBuf, comments: Option<PathBuf>, events: Option<PathBuf>) -> Result<Self, DumpError> {
        let Rows(issues) = parse(&path)?;
        let mut dump = Self { path, issues, comments: BTreeMap::new(), events: BTreeMap::new() };
        if let Some(path) = comments {
            let Rows::<Comment>(rows) = parse(&path)?;
            for (entry, comment) in (1..).zip(rows) {
                let unnamed = || "neither issue nor issue_url says which issue it is about".to_owned();
                let number =
                    comment.number().ok_or_else(|| DumpError::Odd { path: path.clone(), entry, what: unnamed() })?;
                dump.comments.entry(number).or_default().push(comment.created_at);
            }
        }
        if let Some(path) = events {
            let Rows::<Event>(rows) = parse(&path)?;
            for event in rows {
                dump.events.entry(event.issue.number()).or_default().push(event);
            }
        }
        dump.events.values_mut().for_each(|events| events.sort_by_key(|event| event.created_at));
        Ok(dump)
    }

    /// The newest stamp in it.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.issues.iter().map(|issue| issue.updated_at).max()
    }

    /// Its repositories with what had been created by `moment`.
    pub(super) fn seeds(self, moment: Timestamp) -> Result<Vec<RepositorySeed>, DumpError> {
        let mut repositories: BTreeMap<String, RepositorySeed> = BTreeMap::new();
        for (entry, issue) in (1..).zip(&self.issues) {
            let mut end = issue.repository_url.rsplitn(3, '/');
            let (Some(name), Some(owner)) = (end.next(), end.next()) else {
                let what = format!("repository_url {:?} doesn't end in owner/name", issue.repository_url);
                return Err(DumpError::Odd { path: self.path, entry, what });
            };
            let name = format!("{owner}/{name}");
            let new = || RepositorySeed { name: name.clone(), ..RepositorySeed::default() };
            let repository = repositories.entry(name.clone()).or_insert_with(new);
            for label in &issue.labels {
                put_label(repository, label);
            }
            if issue.created_at <= moment {
                let seed = self.seed(issue, moment);
                put_milestone(repository, issue, seed.milestone.as_ref(), moment);
                repository.issues.push(seed);
            }
        }
        Ok(repositories.into_values().collect())
    }

    fn seed(&self, issue: &Issue, moment: Timestamp) -> GithubIssueSeed {
        let events = self.events.get(&issue.number).map_or(&[][..], Vec::as_slice);
        let (past, later) = events.split_at(events.partition_point(|event| event.created_at <= moment));
        let comments: Vec<_> =
            self.comments.get(&issue.number).into_iter().flatten().filter(|at| **at <= moment).collect();
        let closed = closed_at(issue, past, moment);
        let touched = past.iter().map(|event| event.created_at).chain(comments.iter().map(|at| **at)).chain(closed);
        let updated =
            if issue.updated_at <= moment { issue.updated_at } else { touched.max().unwrap_or(issue.created_at) };
        let label = |event: &Event| event.label.as_ref().map(|label| label.name.clone());
        let assignee = |event: &Event| event.assignee.as_ref().map(|user| user.login.clone());
        let milestone = |event: &Event| event.milestone.as_ref().map(|milestone| milestone.title.clone());
        let of = |names: &[User]| names.iter().map(|user| user.login.clone()).collect::<Vec<_>>();
        let labels = issue.labels.iter().map(|label| label.name.clone());
        let set: Vec<_> = issue.milestone.iter().map(|milestone| milestone.title.clone()).collect();
        GithubIssueSeed {
            number: issue.number,
            title: later
                .iter()
                .find_map(|event| event.rename.as_ref())
                .map_or(&issue.title, |rename| &rename.from)
                .clone(),
            body: issue.body.clone(),
            author: issue.user.as_ref().map(|user| user.login.clone()),
            labels: undone(labels.collect(), later, ["labeled", "unlabeled"], label),
            kind: issue.kind.as_ref().map(|kind| kind.name.clone()),
            closed_days_ago: closed.map(|at| days_between(at, moment)),
            state_reason: closed.and(issue.state_reason.clone()).filter(|reason| reason != "reopened"),
            comments: u32::try_from(comments.len()).unwrap_or(u32::MAX),
            milestone: undone(set, later, ["milestoned", "demilestoned"], milestone).pop(),
            assignees: undone(of(&issue.assignees), later, ["assigned", "unassigned"], assignee),
            pull_request: issue.pull_request.is_some(),
            created_days_ago: days_between(issue.created_at, moment),
            updated_days_ago: Some(days_between(updated.max(issue.created_at), moment)),
            ..GithubIssueSeed::default()
        }
    }
}

/// When it had been closed, unless it was open at `moment`.
fn closed_at(issue: &Issue, past: &[Event], moment: Timestamp) -> Option<Timestamp> {
    let said = past.iter().filter_map(|event| match event.event.as_str() {
        "closed" | "merged" => Some((event.created_at, true)),
        "reopened" => Some((event.created_at, false)),
        _ => None,
    });
    // The last closing stands in the issue, too, where its events may be lost.
    let known = issue.closed_at.filter(|at| *at <= moment).map(|at| (at, true));
    let (at, closed) = said.chain(known).max_by_key(|(at, _)| *at)?;
    closed.then_some(at)
}

/// The values before the later events: what was added since goes, what was taken off since comes back.
fn undone(
    now: Vec<String>,
    later: &[Event],
    [added, removed]: [&str; 2],
    named: impl Fn(&Event) -> Option<String>,
) -> Vec<String> {
    let mut held: BTreeSet<String> = now.into_iter().collect();
    for event in later.iter().rev() {
        let Some(name) = named(event) else { continue };
        if event.event == added {
            held.retain(|other| other.to_lowercase() != name.to_lowercase());
        } else if event.event == removed {
            held.insert(name);
        }
    }
    held.into_iter().collect()
}

fn put_label(repository: &mut RepositorySeed, label: &Label) {
    if repository.labels.iter().all(|known| known.name.to_lowercase() != label.name.to_lowercase()) {
        let (name, description) = (label.name.clone(), label.description.clone());
        let color = if label.color.is_empty() { "ededed".to_owned() } else { label.color.clone() };
        repository.labels.push(LabelSeed { name, color, description });
    }
}

/// Adds the milestone that an issue had, once; its due date is known where the issue still has it.
fn put_milestone(repository: &mut RepositorySeed, issue: &Issue, title: Option<&String>, moment: Timestamp) {
    let Some(title) = title else { return };
    let known = issue.milestone.as_ref().filter(|milestone| milestone.title == *title);
    #[expect(clippy::cast_possible_truncation, reason = "days are small")]
    let due = known.and_then(|milestone| milestone.due_on).map(|due| -days_between(due, moment).floor() as i32);
    let closed = known.is_some_and(|milestone| milestone.state.as_deref() == Some("closed"));
    match repository.milestones.iter_mut().find(|seed| seed.title == *title) {
        Some(seed) => {
            seed.due_in_days = seed.due_in_days.or(due);
            seed.closed |= closed;
        }
        None => repository.milestones.push(MilestoneSeed { title: title.clone(), due_in_days: due, closed }),
    }
}

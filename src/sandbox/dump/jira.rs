//! The answer of a Jira search, as version 2 of its API gives it -> projects as of a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::{Timestamp, civil};
use serde::Deserialize;
use serde_json::Value;

use super::{DumpError, Rows, days_between, parse};
use crate::sandbox::{JiraIssueSeed, LinkSeed, ProjectSeed};

/// Names under which sites keep story points.
const POINTS: [&str; 2] = ["Story Points", "Story point estimate"];
/// Link types that the sandbox knows.
const LINKS: [&str; 3] = ["Blocks", "Duplicate", "Relates"];

/// One file.
pub(super) struct Dump {
    issues: Vec<Numbered>,
    /// The fields that hold story points.
    points: Vec<String>,
}

/// An issue with the number in its key.
struct Numbered {
    number: u32,
    row: Issue,
}

#[derive(Deserialize)]
struct Search {
    issues: Rows<Issue>,
    /// Display names by field id (`expand=names`).
    #[serde(default)]
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    project: Project,
    summary: String,
    description: Option<String>,
    issuetype: Kind,
    status: Status,
    priority: Option<Named>,
    #[serde(default)]
    labels: Vec<String>,
    parent: Option<Keyed>,
    epic: Option<Keyed>,
    #[serde(default)]
    issuelinks: Vec<Link>,
    reporter: Option<User>,
    assignee: Option<User>,
    comment: Option<Comments>,
    components: Option<Vec<Named>>,
    #[serde(rename = "fixVersions")]
    fix_versions: Option<Vec<Named>>,
    votes: Option<Votes>,
    watches: Option<Watches>,
    duedate: Option<civil::Date>,
    created: Timestamp,
    updated: Timestamp,
    resolutiondate: Option<Timestamp>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Project {
    key: String,
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct Keyed {
    key: String,
}

#[derive(Deserialize)]
struct Kind {
    name: String,
    #[serde(default)]
    subtask: bool,
}

#[derive(Deserialize)]
struct Status {
    name: String,
    #[serde(rename = "statusCategory")]
    category: Keyed,
}

#[derive(Deserialize)]
struct Link {
    #[serde(rename = "type")]
    kind: Named,
    #[serde(rename = "outwardIssue")]
    outward: Option<Keyed>,
}

#[derive(Deserialize)]
struct User {
    name: Option<String>,
    #[serde(rename = "displayName")]
    display: Option<String>,
}

#[derive(Deserialize)]
struct Comments {
    #[serde(default)]
    comments: Vec<Comment>,
}

#[derive(Deserialize)]
struct Comment {
    created: Timestamp,
}

#[derive(Deserialize)]
struct Votes {
    votes: u32,
}

#[derive(Deserialize)]
struct Watches {
    #[serde(rename = "watchCount")]
    count: u32,
}

impl Dump {
    pub(super) fn read(path: PathBuf) -> Result<Self, DumpError> {
        let Search { issues: Rows(rows), names } = parse(&path)?;
        let mut issues = Vec::new();
        for (entry, row) in (1..).zip(rows) {
            let number =
                row.key.strip_prefix(&row.fields.project.key).and_then(|end| end.strip_prefix('-')?.parse().ok());
            let Some(number) = number.filter(|number| *number > 0) else {
                let what = format!("the key {:?} is not {}-NUMBER", row.key, row.fields.project.key);
                return Err(DumpError::Odd { path, entry, what });
            };
            issues.push(Numbered { number, row });
        }
        let points = names.into_iter().filter(|(_, name)| POINTS.contains(&name.as_str())).map(|(id, _)| id).collect();
        Ok(Self { issues, points })
    }

    /// The newest stamp in it.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.issues.iter().map(|issue| issue.row.fields.updated).max()
    }
}

/// The files' projects with what had been created by `moment`, oldest issue first; relations only where both ends had.
pub(super) fn projects(dumps: Vec<Dump>, moment: Timestamp) -> Vec<ProjectSeed> {
    let there = |dump: &Dump| -> Vec<String> {
        let then = dump.issues.iter().filter(|issue| issue.row.fields.created <= moment);
        then.map(|issue| issue.row.key.clone()).collect()
    };
    let keys: BTreeSet<String> = dumps.iter().flat_map(there).collect();
    let mut projects: BTreeMap<String, ProjectSeed> = BTreeMap::new();
    for mut dump in dumps {
        dump.issues.sort_by_key(|issue| (issue.row.fields.created, issue.number));
        for issue in dump.issues.into_iter().filter(|issue| keys.contains(&issue.row.key)) {
            let Project { key, name } = &issue.row.fields.project;
            let new = || ProjectSeed { key: key.clone(), name: name.clone(), ..ProjectSeed::default() };
            let project = projects.entry(key.clone()).or_insert_with(new);
            project.issues.push(seed(issue, &dump.points, &keys, moment));
        }
    }
    projects.into_values().collect()
}

fn seed(issue: Numbered, points: &[String], keys: &BTreeSet<String>, moment: Timestamp) -> JiraIssueSeed {
    let Numbered { number, row: Issue { fields, .. } } = issue;
    let comments: Vec<_> = fields.comment.into_iter().flat_map(|list| list.comments).map(|one| one.created).collect();
    let comments: Vec<_> = comments.into_iter().filter(|at| *at <= moment).collect();
    let resolved = fields.resolutiondate.filter(|at| *at <= moment);
    // Only the final state is known: an issue that was resolved later had, so far as the dump tells, not been begun.
    let done_by_then = resolved.is_some() || (fields.resolutiondate.is_none() && fields.updated <= moment);
    let status = match fields.status.category.key.as_str() {
        "done" if done_by_then => "Done",
        "indeterminate" if fields.status.name == "In Review" => "In Review",
        "indeterminate" => "In Progress",
        _ => "To Do",
    };
    let updated = if fields.updated <= moment {
        fields.updated
    } else {
        comments.iter().copied().chain(resolved).max().unwrap_or(fields.created).max(fields.created)
    };
    let names = |list: Option<Vec<Named>>| list.into_iter().flatten().map(|one| one.name).collect();
    let parent = fields.parent.or(fields.epic).map(|parent| parent.key);
    let points = points.iter().find_map(|id| fields.others.get(id)?.as_f64());
    JiraIssueSeed {
        number,
        summary: fields.summary,
        description: fields.description,
        kind: kind(&fields.issuetype).to_owned(),
        status: status.to_owned(),
        priority: fields.priority.and_then(|priority| level(&priority.name)).map(str::to_owned),
        labels: fields.labels,
        parent: parent.filter(|key| keys.contains(key)),
        points,
        links: fields.issuelinks.into_iter().filter_map(|link| outward(link, keys)).collect(),
        reporter: fields.reporter.and_then(|user| user.name.or(user.display)),
        assignee: fields.assignee.and_then(|user| user.name.or(user.display)),
        votes: fields.votes.map_or(0, |votes| votes.votes),
        watches: fields.watches.map_or(0, |watches| watches.count),
        comments: u32::try_from(comments.len()).unwrap_or(u32::MAX),
        components: names(fields.components),
        fix_versions: names(fields.fix_versions),
        due_in_days: fields.duedate.and_then(|due| days_until(due, moment)),
        created_days_ago: days_between(fields.created, moment),
        updated_days_ago: Some(days_between(updated, moment)),
        ..JiraIssueSeed::default()
    }
}

fn outward(link: Link, keys: &BTreeSet<String>) -> Option<LinkSeed> {
    let to = link.outward?.key;
    (LINKS.contains(&link.kind.name.as_str()) && keys.contains(&to)).then_some(LinkSeed { kind: link.kind.name, to })
}

/// The sandbox's issue type that comes nearest.
fn kind(kind: &Kind) -> &'static str {
    match kind.name.as_str() {
        _ if kind.subtask => "Sub-task",
        "Epic" => "Epic",
        "Bug" => "Bug",
        "Story" | "New Feature" => "Story",
        _ => "Task",
    }
}

/// The sandbox's priority that comes nearest; none for a name that says none.
fn level(name: &str) -> Option<&'static str> {
    match name {
        "Highest" | "Blocker" | "Critical" => Some("Highest"),
        "High" | "Major" => Some("High"),
        "Medium" => Some("Medium"),
        "Low" | "Minor" => Some("Low"),
        "Lowest" | "Trivial" => Some("Lowest"),
        _ => None,
    }
}

fn days_until(due: civil::Date, moment: Timestamp) -> Option<i32> {
    let today = moment.to_zoned(jiff::tz::TimeZone::UTC).date();
    today.until(due).ok().map(|span| span.get_days())
}

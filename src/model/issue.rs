//! One issue in one tracker, as far as roadmapd reads it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ContainerKey, Day, IssueId, IssueKey, ItemId, Text, Timestamp, utc_day};

/// One issue in one tracker. Holds features of its text, never the body itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// Who it is, for good.
    pub id: IssueId,
    /// What people call it now.
    pub key: IssueKey,
    /// What people called it before a move or a rename.
    #[serde(default)]
    pub aliases: Vec<IssueKey>,
    /// Where it lives.
    pub container: ContainerKey,
    /// The item it was part of when it was last stored. None: never seen before.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// Where people read it.
    pub url: String,
    /// Its title, as the tracker has it.
    pub title: String,
    /// What its body told, without the body.
    pub text: Text,
    /// The name of its type where it has one: `Bug`, `Story`.
    pub kind: Option<String>,
    /// Where it stands between epic and sub-task.
    pub tier: Tier,
    /// How far it is.
    pub status: Status,
    /// The tracker's own word for the status: `open`, `In Progress`.
    pub status_name: String,
    /// Its labels in the tracker's spelling, sorted; ours are among them.
    pub labels: Vec<String>,
    /// The tracker's own priority field, by name. None: the tracker has no such field or it is empty.
    pub priority: Option<String>,
    /// Story points (the tracker's field).
    pub story_points: Option<f64>,
    /// The field that `story_points` were read from, by the tracker's id: a sink may write the same one.
    #[serde(default)]
    pub story_points_field: Option<String>,
    /// Fields that sinks and settings name, by the tracker's id, as text (a number without needless digits); empty ones are
    /// absent. The priority field is `priority`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Who opened it. None: the account is gone.
    pub author: Option<Person>,
    /// Who works on it.
    pub assignees: Vec<Person>,
    /// The day it is due and what says so.
    pub due: Option<(Day, DueSource)>,
    /// Components, sorted.
    #[serde(default)]
    pub components: Vec<String>,
    /// When it was opened.
    pub created: Timestamp,
    /// When the tracker says it last changed. Serves freshness only: no rule reads it.
    pub updated: Timestamp,
    /// When its status last changed category (opened, started, closed), where the tracker tells.
    pub status_changed: Option<Timestamp>,
    /// Thumbs up, hearts, hoorays and rockets.
    pub reactions: u32,
    /// Votes (Jira).
    pub votes: u32,
    /// Watchers (Jira).
    pub watchers: u32,
    /// Comments.
    pub comments: u32,
    /// What others said on it. None: the tracker told only how many comments there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<Talk>,
    /// Lines that merged pull requests changed to close it, where that is known (GitHub).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_lines: Option<u32>,
    /// Its parent, what blocks it, what it blocks or duplicates; all within its own tracker. Sorted.
    pub relations: Vec<Relation>,
    /// How many open blockers the tracker counts, seen or not (GitHub's dependency summary). Tells when to list them again.
    #[serde(default)]
    pub blocker_count: u32,
    /// Not for every reader: a private repository, a Jira security level.
    #[serde(default)]
    pub private: bool,
    /// Whether it is where it is looked for.
    #[serde(default)]
    pub presence: Presence,
    /// When and how this was read.
    pub reading: Reading,
}

impl Issue {
    /// Whether anybody may read it: an issue of a repository that isn't private. A Jira site is a company's own.
    pub fn is_public(&self) -> bool {
        self.key.local.contains('#') && !self.private
    }
}

/// Comments of people other than the issue's author.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Their days (UTC), newest first; at most [`Talk::DAYS_MAX`].
    pub days: Vec<Day>,
    /// How many people they are from.
    pub people: u32,
    /// Comments, anybody's, that weren't read: those too old to be a sign of life, or past any use.
    #[serde(default, skip_serializing_if = "is_none")]
    pub unread: u32,
}

fn is_none(n: &u32) -> bool {
    *n == 0
}

impl Talk {
    /// Comments whose days are kept: more of them say nothing more.
    pub const DAYS_MAX: usize = 50;
    /// Days that a comment counts for as a sign of life: a quarter.
    pub const WINDOW_DAYS: i64 = 90;

    /// What these comments are, by whom (None: an account that is gone) and when, on an issue by `author`.
    pub fn of<'a>(author: Option<&Person>, comments: impl Iterator<Item = (Option<&'a str>, Timestamp)>) -> Self {
        let by_author = |by: &Option<&str>| by.is_some() && *by == author.map(|author| author.id.as_str());
        let (mut days, mut people) = (Vec::new(), BTreeSet::new());
        for (by, at) in comments.filter(|(by, _)| !by_author(by)) {
            days.push(utc_day(at));
            people.insert(by);
        }
        days.sort_unstable_by(|a, b| b.cmp(a));
        days.truncate(Self::DAYS_MAX);
        Self { days, people: people.len().try_into().unwrap_or(u32::MAX), unread: 0 }
    }
}

/// Whether an issue is where it is looked for. One that isn't is remembered as it was last seen, and never written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// The last listing showed it.
    #[default]
    Here,
    /// It can be read by id, but the listing leaves it out: `jql` excludes it.
    Filtered,
    /// It was moved or transferred to a container that isn't configured.
    Outside,
    /// The tracker doesn't show it any more: deleted, or no longer for this credential. It doesn't say which.
    Hidden,
}

/// When an issue was read, in turns rather than by any clock, and how surely.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The turn of the reading.
    pub turn: Turn,
    /// Read by its id (strongly consistent), not from a list or a search that may lag.
    pub by_id: bool,
}

/// Readings and writes in order: cycle n polls and writes in turn 2n and reads its echo in turn 2n + 1.
/// A reading is evidence about a write only if its turn is greater than the write's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Turn(pub u64);

/// How far an issue or an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not begun.
    Todo,
    /// Begun.
    Doing,
    /// Finished.
    Done,
    /// Closed without being done.
    Dropped,
}

impl Status {
    /// Neither done nor dropped.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Todo | Self::Doing)
    }

    /// The word people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Doing => "doing",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// Where an issue stands in a hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Gathers others: an epic or anything above.
    Epic,
    /// Ordinary.
    Standard,
    /// Part of an ordinary one.
    Subtask,
}

/// What a due date was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DueSource {
    /// The issue's own due date.
    Issue,
    /// Its milestone's or release's.
    Milestone,
    /// The end of the sprint that it is in and that has begun (Jira).
    Sprint,
}

/// A person or a bot in one tracker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The tracker's immutable account id.
    pub id: String,
    /// What people call them: a login or a display name.
    pub name: String,
}

/// A directed tie to another issue of the same tracker.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// What ties them.
    pub kind: RelationKind,
    /// The other issue.
    pub to: Reference,
}

/// What ties an issue to another; read as "this issue … that one".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelationKind {
    /// Is part of.
    Parent,
    /// Can't go on before.
    BlockedBy,
    /// Holds up.
    Blocks,
    /// Says the same as.
    Duplicates,
}

/// Another issue of the same tracker, by id where the tracker told it, else by key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// Its immutable id.
    pub id: Option<String>,
    /// `owner/repository#number` or `PROJECT-number`.
    pub local: String,
    /// Known to be closed, from the stub that named it. None: the tracker didn't say.
    #[serde(default)]
    pub closed: Option<bool>,
}

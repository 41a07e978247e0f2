//! What Jira sends, as far as it is read: a field of an unexpected shape counts as empty.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::IssueKey;

/// A value that may be missing, null or of another shape.
pub(super) fn lenient<'de, T: Default + DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A key. One that isn't would be stored and then never be read again.
fn numbered<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let key = String::deserialize(deserializer)?;
    match format!("jira:{key}").parse::<IssueKey>() {
        Ok(_) => Ok(key),
        Err(_) => Err(D::Error::custom("the key isn't PROJECT-number")),
    }
}

/// A page of a search, or the answer of a fetch by ids.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) issues: Vec<T>,
    #[serde(default, rename = "nextPageToken", deserialize_with = "lenient")]
    pub(super) next: Option<String>,
    #[serde(default, rename = "isLast", deserialize_with = "lenient")]
    pub(super) last: Option<bool>,
    #[serde(default, rename = "issueErrors", deserialize_with = "lenient")]
    pub(super) errors: Vec<Value>,
    /// How many rows Data Center gave at most, which may be fewer than were asked for.
    #[serde(default, rename = "maxResults", deserialize_with = "lenient")]
    pub(super) size: Option<u64>,
    /// How many rows Data Center found.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) total: Option<u64>,
}

/// A row of a search: who it is and when it last changed.
pub(super) trait Dated {
    fn id(&self) -> &str;
    fn updated(&self) -> Timestamp;
}

impl Dated for Stamp {
    fn id(&self) -> &str {
        &self.id
    }

    fn updated(&self) -> Timestamp {
        self.fields.updated
    }
}

impl Dated for Row {
    fn id(&self) -> &str {
        &self.id
    }

    fn updated(&self) -> Timestamp {
        self.fields.updated
    }
}

/// An issue's id and last change.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Stamp {
    pub(super) id: String,
    pub(super) fields: Updated,
}

/// When it last changed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Updated {
    pub(super) updated: Timestamp,
}

/// An issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    #[serde(deserialize_with = "numbered")]
    pub(super) key: String,
    pub(super) fields: Fields,
}

/// An issue's fields, as far as they are read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Fields {
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) summary: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) description: Value,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) labels: Vec<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) status: Status,
    #[serde(default, rename = "statuscategorychangedate", deserialize_with = "lenient")]
    pub(super) status_changed: Option<Timestamp>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) resolution: Option<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) priority: Option<Named>,
    #[serde(default, rename = "issuetype", deserialize_with = "lenient")]
    pub(super) kind: Kind,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) project: Option<Project>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) parent: Option<Stub>,
    #[serde(default, rename = "issuelinks", deserialize_with = "lenient")]
    pub(super) links: Vec<Link>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) creator: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) reporter: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) assignee: Option<User>,
    #[serde(default, rename = "duedate", deserialize_with = "lenient")]
    pub(super) due: Option<Date>,
    #[serde(default, rename = "fixVersions", deserialize_with = "lenient")]
    pub(super) releases: Vec<Release>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) components: Vec<Named>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) votes: Votes,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) watches: Watches,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) comment: Comments,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) security: Value,
    /// Fields with ids of the site's own.
    #[serde(flatten)]
    pub(super) rest: BTreeMap<String, Value>,
}

/// The named fields that are asked for; the story-point field joins them.
pub(super) const FIELDS: [&str; 23] = [
    "assignee",
    "comment",
    "components",
    "created",
    "creator",
    "description",
    "duedate",
    "fixVersions",
    "issuelinks",
    "issuetype",
    "labels",
    "parent",
    "priority",
    "project",
    "reporter",
    "resolution",
    "security",
    "status",
    "statuscategorychangedate",
    "summary",
    "updated",
    "votes",
    "watches",
];

/// A status.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Status {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(default, rename = "statusCategory", deserialize_with = "lenient")]
    pub(super) category: Category,
}

/// What a status means: `new`, `indeterminate`, `done`.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Category {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) key: String,
}

/// Something of which only the name is read.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) name: String,
}

/// An issue type.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Kind {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) subtask: bool,
    #[serde(default, rename = "hierarchyLevel", deserialize_with = "lenient")]
    pub(super) level: Option<i64>,
}

/// A project.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Project {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) key: String,
}

/// Another issue, as it is named in this one.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Stub {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    pub(super) key: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) fields: StubFields,
}

/// What is told of another issue.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct StubFields {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) status: Option<Status>,
}

/// A tie to another issue: either end is set.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    pub(super) kind: LinkKind,
    #[serde(default, rename = "inwardIssue", deserialize_with = "lenient")]
    pub(super) inward: Option<Stub>,
    #[serde(default, rename = "outwardIssue", deserialize_with = "lenient")]
    pub(super) outward: Option<Stub>,
}

/// What a tie is called, and how it reads from either end.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct LinkKind {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) name: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) inward: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) outward: String,
}

/// An account: Cloud tells `accountId`; Data Center a `key` that stays and a `name` that people log in with.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct User {
    #[serde(default, rename = "accountId", deserialize_with = "lenient")]
    account: String,
    #[serde(default, deserialize_with = "lenient")]
    key: String,
    #[serde(default, rename = "name", deserialize_with = "lenient")]
    login: String,
    #[serde(default, rename = "displayName", deserialize_with = "lenient")]
    name: String,
}

impl User {
    /// What identifies it for good; empty where nothing was told.
    pub(super) fn id(&self) -> &str {
        [&self.account, &self.key, &self.login].into_iter().find(|id| !id.is_empty()).map_or("", String::as_str)
    }

    /// What people call it.
    pub(super) fn shown(&self) -> &str {
        [&self.name, &self.login].into_iter().find(|name| !name.is_empty()).map_or("", String::as_str)
    }
}

/// A version that it is planned for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Release {
    #[serde(default, rename = "releaseDate", deserialize_with = "lenient")]
    pub(super) date: Option<Date>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) released: bool,
}

/// Votes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Votes {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) votes: u32,
}

/// Watchers.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Watches {
    #[serde(default, rename = "watchCount", deserialize_with = "lenient")]
    pub(super) count: u32,
}

/// Comments: how many, and those that came along; never what they say.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Comments {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) total: u32,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) comments: Vec<Comment>,
}

/// One comment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Comment {
    #[serde(default, deserialize_with = "lenient")]
    pub(super) author: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(super) created: Option<Timestamp>,
}

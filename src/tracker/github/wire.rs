//! What GitHub sends, as far as it is read: open enums, null users and missing fields are no surprise.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// A value that may be missing or null.
fn nullable<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A row of an issue list, or an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) number: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) state: String,
    #[serde(default)]
    pub(super) state_reason: Option<String>,
    #[serde(default)]
    pub(super) user: Option<User>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) labels: Vec<Label>,
    #[serde(default, rename = "type")]
    pub(super) kind: Option<Named>,
    #[serde(default)]
    pub(super) milestone: Option<Milestone>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) assignees: Vec<Option<User>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) comments: u32,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    #[serde(default)]
    pub(super) closed_at: Option<Timestamp>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) html_url: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) repository_url: String,
    #[serde(default)]
    pub(super) parent_issue_url: Option<String>,
    #[serde(default)]
    pub(super) pull_request: Option<Pull>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) reactions: Reactions,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) sub_issues_summary: SubIssues,
    /// None: the server's rows have none.
    #[serde(default)]
    pub(super) issue_dependencies_summary: Option<Dependencies>,
}

impl Row {
    /// How many issues block it, as far as the row tells.
    pub(super) fn dependencies(&self) -> Dependencies {
        self.issue_dependencies_summary.unwrap_or_default()
    }
}

/// What a row tells of its being a pull request.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Pull {
    #[serde(default)]
    pub(super) merged_at: Option<Timestamp>,
}

/// How much a pull request changed.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Size {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) merged: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) additions: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) deletions: u32,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) login: String,
    /// `User`, `Bot`, `Organization`.
    #[serde(default, rename = "type", deserialize_with = "nullable")]
    pub(super) kind: String,
}

/// A comment, without what it says.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "nullable")]
    issue_url: String,
    #[serde(default, deserialize_with = "nullable")]
    html_url: String,
    #[serde(default)]
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) updated_at: Option<Timestamp>,
}

impl Comment {
    /// The number of the issue that it is on. None: it is on a pull request.
    pub(super) fn issue(&self) -> Option<u64> {
        let page = self.html_url.split(['#', '?']).next().unwrap_or_default();
        let on_pull = page.rsplit('/').nth(1) == Some("pull");
        self.issue_url.rsplit('/').next()?.parse().ok().filter(|_| !on_pull)
    }
}

/// A label: its bare name or an object.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Label {
    Bare(String),
    Whole {
        /// 0: not told.
        #[serde(default)]
        id: u64,
        #[serde(default, deserialize_with = "nullable")]
        name: String,
    },
}

impl Label {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Bare(name) | Self::Whole { name, .. } => name,
        }
    }

    /// Its immutable id; 0: not told.
    pub(super) fn id(&self) -> u64 {
        match self {
            Self::Bare(_) => 0,
            Self::Whole { id, .. } => *id,
        }
    }
}

/// Something of which only the name is read.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Named {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) name: String,
}

/// A milestone.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Milestone {
    #[serde(default)]
    pub(super) due_on: Option<Timestamp>,
}

/// Reactions that speak for an issue.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Reactions {
    #[serde(default, rename = "+1", deserialize_with = "nullable")]
    pub(super) thumbs_up: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) heart: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) hooray: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) rocket: u32,
}

/// How many sub-issues it has.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct SubIssues {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) total: u32,
}

/// How many issues block it: open ones, and all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Dependencies {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) blocked_by: u32,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) total_blocked_by: u32,
}

impl Dependencies {
    /// Blockers of any state; a server that counts only open ones tells that.
    pub(super) fn total(self) -> u32 {
        self.total_blocked_by.max(self.blocked_by)
    }
}

/// A repository.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
    /// `owner/repository` now.
    #[serde(default, deserialize_with = "nullable")]
    pub(super) full_name: String,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) private: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) archived: bool,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) fork: bool,
    #[serde(default = "yes")]
    pub(super) has_issues: bool,
    #[serde(default)]
    pub(super) permissions: Option<Permissions>,
    /// Open issues and pull requests.
    #[serde(default)]
    pub(super) open_issues_count: Option<u64>,
}

fn yes() -> bool {
    true
}

/// What the credential's account may do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Permissions {
    #[serde(default)]
    pub(super) admin: bool,
    #[serde(default)]
    pub(super) maintain: bool,
    #[serde(default)]
    pub(super) push: bool,
    #[serde(default)]
    pub(super) triage: bool,
}

/// A page of repositories: a bare list, or an installation's.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Repositories {
    Bare(Vec<Repository>),
    Installed { repositories: Vec<Repository> },
}

impl Repositories {
    pub(super) fn rows(self) -> Vec<Repository> {
        match self {
            Self::Bare(repositories) | Self::Installed { repositories } => repositories,
        }
    }
}

/// Something that happened to an issue.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Event {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) event: String,
    #[serde(default)]
    pub(super) actor: Option<User>,
    #[serde(default)]
    pub(super) label: Option<Named>,
    #[serde(default)]
    pub(super) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(super) performed_via_github_app: Option<Numbered>,
}

/// Something of which only the id is read.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Numbered {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) id: u64,
}

/// The app itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct App {
    #[serde(default, deserialize_with = "nullable")]
    pub(super) slug: String,
}

/// An installation of the app.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Installation {
    pub(super) id: u64,
    #[serde(default)]
    pub(super) account: Option<User>,
    #[serde(default, deserialize_with = "nullable")]
    pub(super) permissions: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) suspended_at: Option<Timestamp>,
}

/// An installation's token.
#[derive(Deserialize)]
pub(super) struct Minted {
    pub(super) token: String,
    #[serde(default)]
    pub(super) expires_at: Option<Timestamp>,
}

//! The seeds: what two trackers hold when the sandbox starts, in plain values with days counted back from the start.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// All that both trackers hold at the start. Days are relative to the clock's start, so that "due in 5 days" stays true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Corpus {
    /// People with more than a name; anyone else who is named exists by being named.
    pub people: Vec<PersonSeed>,
    /// GitHub repositories.
    pub repositories: Vec<RepositorySeed>,
    /// Jira projects.
    pub projects: Vec<ProjectSeed>,
}

/// Someone, known by the same short name in both trackers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PersonSeed {
    /// GitHub login, and the name by which seeds refer to them.
    pub name: String,
    /// Display name in Jira.
    pub display: String,
    /// Email in Jira; hidden where empty.
    pub email: String,
}

/// A GitHub repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RepositorySeed {
    /// `owner/name`.
    pub name: String,
    /// One line.
    pub description: String,
    /// Only visible with a token.
    pub private: bool,
    /// Read-only.
    pub archived: bool,
    /// A fork of something elsewhere.
    pub fork: bool,
    /// Has its issues switched off.
    pub no_issues: bool,
    /// Labels with a colour; a label that only an issue names is created grey.
    pub labels: Vec<LabelSeed>,
    /// Milestones.
    pub milestones: Vec<MilestoneSeed>,
    /// Issues and pull requests.
    pub issues: Vec<GithubIssueSeed>,
}

/// A repository's label.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelSeed {
    /// At most 50 characters.
    pub name: String,
    /// Six hexadecimal digits.
    pub color: String,
    /// At most 100 characters.
    pub description: Option<String>,
}

/// A repository's milestone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MilestoneSeed {
    /// Its title, by which issues refer to it.
    pub title: String,
    /// Days until it is due; negative when it was.
    pub due_in_days: Option<i32>,
    /// Closed.
    pub closed: bool,
}

/// A GitHub issue or pull request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GithubIssueSeed {
    /// Its number; 0 takes the next free one.
    pub number: u32,
    /// Title.
    pub title: String,
    /// Markdown.
    pub body: Option<String>,
    /// Login; without one the account is gone, and `user` is null.
    pub author: Option<String>,
    /// Label names.
    pub labels: Vec<String>,
    /// Who set the labels; the author where left out.
    pub labelled_by: Option<String>,
    /// Issue type, such as `Bug`.
    pub kind: Option<String>,
    /// Days since it was closed; open where left out.
    pub closed_days_ago: Option<f64>,
    /// `completed`, `not_planned` or `duplicate`; for closed issues.
    pub state_reason: Option<String>,
    /// Number of comments.
    pub comments: u32,
    /// Count by reaction: `+1`, `-1`, `laugh`, `hooray`, `confused`, `heart`, `rocket`, `eyes`.
    pub reactions: BTreeMap<String, u32>,
    /// Title of a milestone of the repository.
    pub milestone: Option<String>,
    /// Logins.
    pub assignees: Vec<String>,
    /// Key of the parent issue, `owner/name#n`.
    pub parent: Option<String>,
    /// Keys of the issues that block this one.
    pub blocked_by: Vec<String>,
    /// A pull request instead of an issue.
    pub pull_request: bool,
    /// Lines that a closed pull request changed, which then was merged.
    pub merged_lines: Option<u32>,
    /// Days since it was created.
    pub created_days_ago: f64,
    /// Days since it was updated; as created where left out.
    pub updated_days_ago: Option<f64>,
}

/// A Jira project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectSeed {
    /// Upper case.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Team-managed: points live in "Story point estimate" instead of "Story Points".
    pub team_managed: bool,
    /// The priority field is not on the edit screen.
    pub priority_hidden: bool,
    /// Issues.
    pub issues: Vec<JiraIssueSeed>,
}

/// A Jira issue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JiraIssueSeed {
    /// The number in its key; 0 takes the next free one.
    pub number: u32,
    /// Summary.
    pub summary: String,
    /// Plain text with blank lines, `- ` lists and code fences; served as ADF by version 3.
    pub description: Option<String>,
    /// `Epic`, `Story`, `Task`, `Bug` or `Sub-task`; `Task` where empty.
    pub kind: String,
    /// `To Do`, `In Progress`, `In Review` or `Done`; `To Do` where empty.
    pub status: String,
    /// `Highest`, `High`, `Medium`, `Low` or `Lowest`; the site's default `Medium` where left out.
    pub priority: Option<String>,
    /// Who chose the priority in an edit; it is the creation's where left out.
    pub priority_set_by: Option<String>,
    /// Labels, without spaces.
    pub labels: Vec<String>,
    /// Key of the parent.
    pub parent: Option<String>,
    /// Story points.
    pub points: Option<f64>,
    /// Business value, `customfield_10050`.
    pub value: Option<f64>,
    /// Links from this issue to others.
    pub links: Vec<LinkSeed>,
    /// Who reported it; null where left out.
    pub reporter: Option<String>,
    /// Who works on it.
    pub assignee: Option<String>,
    /// Number of votes.
    pub votes: u32,
    /// Number of watchers.
    pub watches: u32,
    /// Number of comments.
    pub comments: u32,
    /// Component names.
    pub components: Vec<String>,
    /// Version names.
    pub fix_versions: Vec<String>,
    /// Name of a security level.
    pub security: Option<String>,
    /// Days until it is due; negative when it was.
    pub due_in_days: Option<i32>,
    /// Days until the sprint ends that it is in; the sprint runs. In none where left out.
    pub sprint_ends_in_days: Option<i32>,
    /// Days since it was created.
    pub created_days_ago: f64,
    /// Days since it was updated; as created where left out.
    pub updated_days_ago: Option<f64>,
}

/// A link: this issue *outward* that one, as in "PAY-1 blocks PAY-2".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSeed {
    /// `Blocks`, `Duplicate` or `Relates`.
    pub kind: String,
    /// Key of the other issue.
    pub to: String,
}

impl Corpus {
    /// The demo's corpus: the invented company acme, its repositories and projects, on one screen.
    #[must_use]
    pub fn shipped() -> Self {
        super::shipped::corpus()
    }

    /// `n` GitHub and `n` Jira issues, the same for the same seed: about a tenth of them pairs, a twentieth blocked, a fifth closed.
    #[must_use]
    pub fn generated(seed: u64, n: usize) -> Self {
        super::generate::corpus(seed, n)
    }
}

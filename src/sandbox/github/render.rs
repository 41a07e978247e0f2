//! State -> the JSON rows that the GitHub serves.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Change, Event, GitHub, Issue, Label, Milestone, REACTIONS, Repo};
use crate::sandbox::message::percent_encode;

/// A stamp as GitHub writes it: whole seconds, `Z`.
pub(super) fn stamp(at: Timestamp) -> String {
    format!("{at:.0}")
}

fn stamp_or_null(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::String(stamp(at)))
}

impl GitHub {
    pub(super) fn repo_url(&self, repo: &Repo) -> String {
        format!("{}/repos/{}/{}", self.base, repo.owner, repo.name)
    }

    pub(super) fn user(&self, place: usize) -> Value {
        let person = &self.people[place];
        let url = format!("{}/users/{}", self.base, person.login);
        json!({
            "login": person.login, "id": person.id, "node_id": format!("U_kgDO{:08}", person.id),
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", person.id), "gravatar_id": "",
            "url": url, "html_url": format!("{}/{}", self.web, person.login),
            "followers_url": format!("{url}/followers"), "following_url": format!("{url}/following{{/other_user}}"),
            "gists_url": format!("{url}/gists{{/gist_id}}"), "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
            "subscriptions_url": format!("{url}/subscriptions"), "organizations_url": format!("{url}/orgs"),
            "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events{{/privacy}}"),
            "received_events_url": format!("{url}/received_events"),
            "type": if place == self.bot || self.is_app(place) { "Bot" } else { "User" }, "user_view_type": "public", "site_admin": false,
        })
    }

    pub(super) fn user_or_null(&self, place: Option<usize>) -> Value {
        place.map_or(Value::Null, |place| self.user(place))
    }

    pub(super) fn label_row(&self, repo: &Repo, label: &Label) -> Value {
        json!({
            "id": label.id, "node_id": format!("LA_kwDO{:010}", label.id),
            "url": format!("{}/labels/{}", self.repo_url(repo), percent_encode(&label.name)),
            "name": label.name, "color": label.color,
            "default": DEFAULT_LABELS.contains(&label.folded.as_str()), "description": label.description,
        })
    }

    pub(super) fn label_rows(&self, repo: &Repo, issue: &Issue) -> Vec<Value> {
        let held = issue.labels.iter().filter_map(|id| repo.labels.iter().find(|label| label.id == *id));
        held.map(|label| self.label_row(repo, label)).collect()
    }

    fn milestone_row(&self, repo: &Repo, place: usize, milestone: &Milestone) -> Value {
        let url = format!("{}/milestones/{}", self.repo_url(repo), milestone.number);
        let held = || repo.issues.values().filter(|issue| issue.milestone == Some(place));
        let closed = held().filter(|issue| issue.closed.is_some()).count();
        json!({
            "url": url, "html_url": format!("{}/{}/milestone/{}", self.web, repo.full_name(), milestone.number),
            "labels_url": format!("{url}/labels"), "id": milestone.id, "node_id": format!("MI_kwDO{:08}", milestone.id),
            "number": milestone.number, "title": milestone.title, "description": null, "creator": null,
            "open_issues": held().count() - closed, "closed_issues": closed,
            "state": if milestone.closed { "closed" } else { "open" },
            "created_at": stamp(milestone.created), "updated_at": stamp(milestone.created),
            "due_on": stamp_or_null(milestone.due_on),
            "closed_at": if milestone.closed { Value::String(stamp(milestone.created)) } else { Value::Null },
        })
    }

    /// An issue's row. `modern` is the API version that has lost `assignee`.
    pub(super) fn issue_row(&self, repo: &Repo, number: u32, issue: &Issue, modern: bool) -> Value {
        let repo_url = self.repo_url(repo);
        let url = format!("{repo_url}/issues/{number}");
        let kind = if issue.pull_request { "pull" } else { "issues" };
        let assignees: Vec<_> = issue.assignees.iter().map(|place| self.user(*place)).collect();
        let milestone =
            issue.milestone.map_or(Value::Null, |place| self.milestone_row(repo, place, &repo.milestones[place]));
        let mut row = json!({
            "url": url, "repository_url": repo_url, "labels_url": format!("{url}/labels{{/name}}"),
            "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
            "html_url": format!("{}/{}/{kind}/{number}", self.web, repo.full_name()),
            "id": issue.id, "node_id": format!("{}_kwDO{:010}", if issue.pull_request { "PR" } else { "I" }, issue.id),
            "number": number, "title": issue.title, "user": self.user_or_null(issue.author),
            "labels": self.label_rows(repo, issue), "state": if issue.closed.is_some() { "closed" } else { "open" },
            "locked": false, "assignee": assignees.first(), "assignees": assignees, "milestone": milestone,
            "comments": issue.comments.len(), "created_at": stamp(issue.created), "updated_at": stamp(issue.updated),
            "closed_at": stamp_or_null(issue.closed.as_ref().map(|closed| closed.at)),
            "author_association": if issue.author.is_some() { "MEMBER" } else { "NONE" },
            "active_lock_reason": null, "body": issue.body,
            "closed_by": self.user_or_null(issue.closed.as_ref().and_then(|closed| closed.by)),
            "reactions": reactions(&url, &issue.reactions), "timeline_url": format!("{url}/timeline"),
            "performed_via_github_app": null, "state_reason": state_reason(issue),
        });
        if let Some(row) = row.as_object_mut() {
            if modern {
                row.remove("assignee");
            }
            self.relate(row, &repo_url, number, issue);
        }
        row
    }

    /// Adds what only issues, or only pull requests, have.
    fn relate(&self, row: &mut Map<String, Value>, repo_url: &str, number: u32, issue: &Issue) {
        if issue.pull_request {
            let html = row["html_url"].as_str().unwrap_or_default();
            let pull = json!({
                "url": format!("{repo_url}/pulls/{number}"), "html_url": html, "diff_url": format!("{html}.diff"),
                "patch_url": format!("{html}.patch"),
                "merged_at": stamp_or_null(issue.closed.as_ref().filter(|_| issue.merged_lines.is_some()).map(|closed| closed.at)),
            });
            row.insert("pull_request".to_owned(), pull);
            row.insert("draft".to_owned(), Value::Bool(false));
            return;
        }
        if self.enterprise {
            return;
        }
        let done =
            |ids: &[u64]| ids.iter().filter(|id| self.by_id(**id).is_some_and(|issue| issue.closed.is_some())).count();
        let (children, completed) = (issue.children.len(), done(&issue.children));
        let summary = json!({
            "total": children, "completed": completed,
            "percent_completed": (completed * 100).checked_div(children).unwrap_or(0),
        });
        row.insert("sub_issues_summary".to_owned(), summary);
        let dependencies = json!({
            "blocked_by": issue.blocked_by.len() - done(&issue.blocked_by), "total_blocked_by": issue.blocked_by.len(),
            "blocking": issue.blocking.len() - done(&issue.blocking), "total_blocking": issue.blocking.len(),
        });
        row.insert("issue_dependencies_summary".to_owned(), dependencies);
        row.insert("type".to_owned(), issue.kind.as_deref().map_or(Value::Null, issue_type));
        if let Some((repo, number)) = issue.parent.and_then(|id| self.places.get(&id)) {
            let url = format!("{}/issues/{number}", self.repo_url(&self.repos[*repo]));
            row.insert("parent_issue_url".to_owned(), Value::String(url));
        }
    }

    pub(super) fn event_row(&self, repo: &Repo, event: &Event) -> Value {
        let mut row = json!({
            "id": event.id, "node_id": format!("LE_lADO{}", event.id),
            "url": format!("{}/issues/events/{}", self.repo_url(repo), event.id),
            "actor": self.user_or_null(event.actor), "event": event.change.name(), "commit_id": null, "commit_url": null,
            "created_at": stamp(event.at),
            "performed_via_github_app": if event.by_app { self.app_row() } else { Value::Null },
        });
        match &event.change {
            Change::Labeled { name, color } | Change::Unlabeled { name, color } => {
                row["label"] = json!({"name": name, "color": color});
            }
            Change::Renamed { from, to } => row["rename"] = json!({"from": from, "to": to}),
            Change::Closed => row["state_reason"] = Value::Null,
            Change::Reopened => {}
        }
        row
    }
}

/// Labels that every new repository has.
const DEFAULT_LABELS: [&str; 9] = [
    "bug",
    "documentation",
    "duplicate",
    "enhancement",
    "good first issue",
    "help wanted",
    "invalid",
    "question",
    "wontfix",
];

fn state_reason(issue: &Issue) -> Value {
    match &issue.closed {
        Some(closed) => closed.reason.clone().map_or(Value::Null, Value::String),
        None if issue.reopened => Value::String("reopened".to_owned()),
        None => Value::Null,
    }
}

pub(super) fn reactions(url: &str, counts: &[u32]) -> Value {
    let mut row = json!({"url": format!("{url}/reactions"), "total_count": counts.iter().sum::<u32>()});
    for (name, count) in REACTIONS.iter().zip(counts) {
        row[*name] = Value::from(*count);
    }
    row
}

fn issue_type(name: &str) -> Value {
    let (id, color) = match name {
        "Task" => (1, "yellow"),
        "Bug" => (2, "red"),
        "Feature" => (3, "blue"),
        _ => (4, "gray"),
    };
    json!({
        "id": id, "node_id": format!("IT_kwDO{id:08}"), "name": name, "description": null, "color": color,
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z", "is_enabled": true,
    })
}

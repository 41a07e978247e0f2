//! Pull requests, as far as anybody asks for one by itself: how much it changed.

use serde_json::{Value, json};

use super::render::stamp;
use super::routes::{Answer, Ask, not_found, ok};
use super::{GitHub, Issue, Repo};
use crate::sandbox::Caller;

impl GitHub {
    pub(super) fn get_pull(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_of(ask)?;
        let number = self.issue_of(ask, repo)?;
        let repo = &self.repos[repo];
        let issue = &repo.issues[&number];
        if !issue.pull_request {
            return Err(not_found());
        }
        Ok(ok(&self.pull_row(repo, number, issue, ask)))
    }

    fn pull_row(&self, repo: &Repo, number: u32, issue: &Issue, ask: &Ask) -> Value {
        let mut row = self.issue_row(repo, number, issue, ask.modern);
        let (repo_url, html) = (self.repo_url(repo), row["html_url"].as_str().unwrap_or_default().to_owned());
        let url = format!("{repo_url}/pulls/{number}");
        let of_issue = format!("{repo_url}/issues/{number}");
        let sha = format!("{:040x}", issue.id);
        let closed = issue.closed.as_ref().filter(|_| issue.merged_lines.is_some());
        let lines = issue.merged_lines.unwrap_or_default();
        let end = |branch: &str| {
            json!({
                "label": format!("{}:{branch}", repo.owner), "ref": branch, "sha": sha, "user": self.owner(repo),
                "repo": self.repository_row(repo, Caller::Nobody),
            })
        };
        let link = |href: String| json!({"href": href});
        let more = json!({
            "url": url, "issue_url": of_issue, "diff_url": format!("{html}.diff"), "patch_url": format!("{html}.patch"),
            "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
            "review_comment_url": format!("{repo_url}/pulls/comments{{/number}}"),
            "comments_url": format!("{of_issue}/comments"), "statuses_url": format!("{repo_url}/statuses/{sha}"),
            "head": end("change"), "base": end("main"), "auto_merge": null, "merge_commit_sha": sha,
            "merged": closed.is_some(), "merged_at": closed.map(|closed| stamp(closed.at)),
            "merged_by": self.user_or_null(closed.and_then(|closed| closed.by)),
            "mergeable": null, "mergeable_state": "unknown", "maintainer_can_modify": false, "draft": false,
            "requested_reviewers": [], "requested_teams": [],
            "review_comments": 0, "commits": 1, "changed_files": 1, "additions": lines - lines / 4, "deletions": lines / 4,
            "_links": {
                "self": link(url.clone()), "html": link(html.clone()), "issue": link(of_issue.clone()),
                "comments": link(format!("{of_issue}/comments")), "review_comments": link(format!("{url}/comments")),
                "review_comment": link(format!("{repo_url}/pulls/comments{{/number}}")),
                "commits": link(format!("{url}/commits")), "statuses": link(format!("{repo_url}/statuses/{sha}")),
            },
        });
        if let (Some(row), Value::Object(more)) = (row.as_object_mut(), more) {
            // What only an issue tells.
            for name in [
                "pull_request",
                "closed_by",
                "events_url",
                "labels_url",
                "reactions",
                "repository_url",
                "state_reason",
                "timeline_url",
                "performed_via_github_app",
            ] {
                row.remove(name);
            }
            row.extend(more);
        }
        row
    }
}

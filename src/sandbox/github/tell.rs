//! Change -> the event that webhooks tell of it. Of pull requests nothing is told: their events have other names and rows.

use serde_json::{Value, json};

use super::comments::Comment;
use super::{Change, GitHub};
use crate::sandbox::Caller;
use crate::sandbox::webhooks::Event;

impl GitHub {
    /// Tells of an issue; `more` is what the action has besides.
    pub(super) fn tell(&self, repo: usize, number: u32, action: &str, actor: Option<usize>, more: Value) {
        self.tell_as("issues", repo, number, action, actor, more);
    }

    /// Tells of a change that stands in the issue's events, too.
    pub(super) fn tell_change(&self, repo: usize, number: u32, actor: Option<usize>, change: &Change) {
        let label = |name: &str| {
            let repo = &self.repos[repo];
            repo.label(name)
                .map(|place| json!({"label": self.label_row(repo, &repo.labels[place])}))
                .unwrap_or_default()
        };
        match change {
            Change::Labeled { name, .. } => self.tell(repo, number, "labeled", actor, label(name)),
            Change::Unlabeled { name, .. } => self.tell(repo, number, "unlabeled", actor, label(name)),
            Change::Renamed { from, .. } => {
                self.tell(repo, number, "edited", actor, json!({"changes": {"title": {"from": from}}}));
            }
            Change::Closed => self.tell(repo, number, "closed", actor, Value::Null),
            Change::Reopened => self.tell(repo, number, "reopened", actor, Value::Null),
        }
    }

    /// Tells of a comment.
    pub(super) fn tell_comment(&self, repo: usize, number: u32, actor: Option<usize>, comment: &Comment) {
        let Some(issue) = self.issue(repo, number) else { return };
        let row = self.comment_row(&self.repos[repo], number, issue, comment);
        self.tell_as("issue_comment", repo, number, "created", actor, json!({"comment": row}));
    }

    fn tell_as(&self, name: &'static str, repo: usize, number: u32, action: &str, actor: Option<usize>, more: Value) {
        let told = self.issue(repo, number).filter(|issue| self.outbox.is_read() && !issue.pull_request);
        let Some(issue) = told else { return };
        let home = &self.repos[repo];
        let mut body = json!({
            "action": action, "issue": self.issue_row(home, number, issue, false),
            "repository": self.repository_row(home, Caller::Nobody), "organization": self.owner(home),
            "sender": self.user(actor.unwrap_or(self.bot)),
        });
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        self.outbox.put(&Event { name, body });
    }
}

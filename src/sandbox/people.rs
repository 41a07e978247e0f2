//! What a person does: the handle's acts, each by the handle's person (see [`Running::by`]), at the clock's time.

use jiff::Timestamp;

use super::running::is_github;
use super::{GithubIssueSeed, JiraIssueSeed, Running, SandboxError, Tracker, hold};

/// An act's outcome.
type Done = Result<(), SandboxError>;

/// A `key` is `acme/api#7` or `PAY-7`. Every act fails where the key, or another thing that it names, doesn't exist.
#[expect(clippy::missing_errors_doc, reason = "said once for all: what is named must exist")]
impl Running {
    /// Puts a label on an issue.
    pub fn add_label(&self, key: &str, label: &str) -> Done {
        self.label(key, label, true)
    }

    /// Takes a label off an issue.
    pub fn remove_label(&self, key: &str, label: &str) -> Done {
        self.label(key, label, false)
    }

    /// What the clock of the key's tracker shows.
    fn time_at(&self, key: &str) -> Timestamp {
        self.shared.time_of(if is_github(key) { Tracker::GitHub } else { Tracker::Jira })
    }

    fn label(&self, key: &str, label: &str, on: bool) -> Done {
        let now = self.time_at(key);
        if is_github(key) {
            hold(&self.shared.github).label_by(key, label, on, &self.actor, now)
        } else {
            hold(&self.shared.jira).label_by(key, label, on, &self.actor, now)
        }
    }

    /// Changes the title or summary.
    pub fn edit_title(&self, key: &str, title: &str) -> Done {
        let now = self.time_at(key);
        if is_github(key) {
            hold(&self.shared.github).retitle(key, title, &self.actor, now)
        } else {
            hold(&self.shared.jira).retitle(key, title, &self.actor, now)
        }
    }

    /// Changes the body or description.
    pub fn edit_body(&self, key: &str, body: Option<&str>) -> Done {
        let now = self.time_at(key);
        if is_github(key) {
            hold(&self.shared.github).rewrite(key, body, &self.actor, now)
        } else {
            hold(&self.shared.jira).rewrite(key, body, &self.actor, now)
        }
    }

    /// Adds a comment, whose words nobody reads.
    pub fn comment(&self, key: &str) -> Done {
        let now = self.time_at(key);
        if is_github(key) {
            hold(&self.shared.github).comment(key, &self.actor, now)
        } else {
            hold(&self.shared.jira).comment(key, &self.actor, now)
        }
    }

    /// Closes a GitHub issue, or sets a Jira issue to `Done`.
    pub fn close(&self, key: &str) -> Done {
        if is_github(key) { self.open(key, false) } else { self.set_status(key, "Done") }
    }

    /// Reopens a GitHub issue, or sets a Jira issue to `To Do`.
    pub fn reopen(&self, key: &str) -> Done {
        if is_github(key) { self.open(key, true) } else { self.set_status(key, "To Do") }
    }

    fn open(&self, key: &str, open: bool) -> Done {
        hold(&self.shared.github).set_open(key, open, &self.actor, self.shared.time_of(Tracker::GitHub))
    }

    /// Sets a Jira status: `To Do`, `In Progress`, `In Review`, `Done`.
    pub fn set_status(&self, key: &str, status: &str) -> Done {
        hold(&self.shared.jira).set_status(key, status, &self.actor, self.shared.time_of(Tracker::Jira))
    }

    /// Sets a Jira priority: `Highest`, `High`, `Medium`, `Low`, `Lowest`.
    pub fn set_priority(&self, key: &str, priority: &str) -> Done {
        hold(&self.shared.jira).set_priority(key, priority, &self.actor, self.shared.time_of(Tracker::Jira))
    }

    /// Sets a Jira number field by id, such as `customfield_10016`.
    pub fn set_number(&self, key: &str, field: &str, number: Option<f64>) -> Done {
        hold(&self.shared.jira).set_number(key, field, number, &self.actor, self.shared.time_of(Tracker::Jira))
    }

    /// Reacts to a GitHub issue (`+1`, `heart`, …), which moves no stamp, or votes for a Jira issue.
    pub fn react(&self, key: &str, reaction: &str) -> Done {
        if is_github(key) {
            hold(&self.shared.github).react(key, reaction)
        } else {
            hold(&self.shared.jira).vote(key, &self.actor, self.shared.time_of(Tracker::Jira))
        }
    }

    /// Makes one issue block another of the same tracker. On GitHub that moves no stamp.
    pub fn block(&self, blocker: &str, blocked: &str) -> Done {
        if is_github(blocker) {
            hold(&self.shared.github).block(blocker, blocked)
        } else {
            self.link("Blocks", blocker, blocked)
        }
    }

    /// Ends what [`Running::block`] began.
    pub fn unblock(&self, blocker: &str, blocked: &str) -> Done {
        if is_github(blocker) {
            return hold(&self.shared.github).unblock(blocker, blocked);
        }
        hold(&self.shared.jira).unlink("Blocks", blocker, blocked, &self.actor, self.shared.time_of(Tracker::Jira))
    }

    /// Links two Jira issues, `Blocks`, `Duplicate` or `Relates`: `source` does it to `target`.
    pub fn link(&self, kind: &str, source: &str, target: &str) -> Done {
        hold(&self.shared.jira).link(kind, source, target, &self.actor, self.shared.time_of(Tracker::Jira))
    }

    /// Opens a GitHub issue, and gives its key.
    pub fn add_github_issue(&self, repository: &str, seed: &GithubIssueSeed) -> Result<String, SandboxError> {
        hold(&self.shared.github).add_issue(repository, seed, self.shared.time_of(Tracker::GitHub))
    }

    /// Creates a Jira issue, and gives its key.
    pub fn add_jira_issue(&self, project: &str, seed: &JiraIssueSeed) -> Result<String, SandboxError> {
        hold(&self.shared.jira).add_issue(project, seed, self.shared.time_of(Tracker::Jira))
    }

    /// Deletes an issue.
    pub fn delete(&self, key: &str) -> Done {
        if is_github(key) { hold(&self.shared.github).delete(key) } else { hold(&self.shared.jira).delete(key) }
    }

    /// Transfers a GitHub issue to another repository (new id and number), or moves a Jira issue to another project (same id, new
    /// key), and gives its key there.
    pub fn move_issue(&self, key: &str, to: &str) -> Result<String, SandboxError> {
        let now = self.time_at(key);
        if is_github(key) {
            hold(&self.shared.github).transfer(key, to, now)
        } else {
            hold(&self.shared.jira).move_issue(key, to, &self.actor, now)
        }
    }

    /// Renames a GitHub repository; requests under the old name are redirected.
    pub fn rename_repository(&self, from: &str, to: &str) -> Done {
        hold(&self.shared.github).rename_repository(from, to)
    }

    /// Makes every token that the GitHub app's installations hold now worthless.
    pub fn revoke_installation_tokens(&self) {
        hold(&self.shared.github).revoke_tokens();
    }

    /// Takes a GitHub repository out of everybody's sight, as when it was deleted.
    pub fn hide_repository(&self, repository: &str) -> Done {
        hold(&self.shared.github).hide(repository)
    }

    /// Takes the GitHub app away from everybody and installs it anew: each installation has another id then.
    pub fn reinstall_app(&self) {
        hold(&self.shared.github).reinstall();
    }

    /// Archives a GitHub repository, or takes it out of the archive.
    pub fn archive(&self, repository: &str, archived: bool) -> Done {
        hold(&self.shared.github).archive(repository, archived)
    }

    /// Renames a label in a repository's catalogue, which moves no issue's stamp.
    pub fn rename_label(&self, repository: &str, from: &str, to: &str) -> Done {
        hold(&self.shared.github).rename_label(repository, from, to)
    }

    /// Deletes a label from a repository's catalogue and from all its issues.
    pub fn delete_label(&self, repository: &str, name: &str) -> Done {
        hold(&self.shared.github).delete_label(repository, name)
    }

    /// The label names in a repository's catalogue, sorted.
    pub fn catalogue(&self, repository: &str) -> Result<Vec<String>, SandboxError> {
        hold(&self.shared.github).catalogue(repository)
    }
}

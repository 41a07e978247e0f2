//! What a person does in the GitHub.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Change, Closed, Event, GitHub, Gone, REACTIONS};
use crate::sandbox::SandboxError;
use crate::sandbox::clock::whole_second;
use crate::sandbox::corpus::GithubIssueSeed;

/// An act's outcome.
type Done = Result<(), SandboxError>;

impl GitHub {
    pub(in crate::sandbox) fn label_by(
        &mut self,
        key: &str,
        label: &str,
        on: bool,
        actor: &str,
        now: Timestamp,
    ) -> Done {
        let (repo, number) = self.find(key)?;
        let actor = Some(self.person(actor));
        if on {
            self.add_label(repo, number, label, actor, now);
        } else {
            self.take_label(repo, number, label, actor, now);
        }
        Ok(())
    }

    pub(in crate::sandbox) fn retitle(&mut self, key: &str, title: &str, actor: &str, now: Timestamp) -> Done {
        let (repo, number) = self.find(key)?;
        let actor = Some(self.person(actor));
        let Some(issue) = self.issue_mut(repo, number) else { return Ok(()) };
        let from = std::mem::replace(&mut issue.title, title.to_owned());
        self.repos[repo].touch(number, now);
        self.record(repo, number, actor, now, Change::Renamed { from, to: title.to_owned() });
        Ok(())
    }

    pub(in crate::sandbox) fn rewrite(&mut self, key: &str, body: Option<&str>, actor: &str, now: Timestamp) -> Done {
        let (repo, number) = self.find(key)?;
        let actor = Some(self.person(actor));
        let Some(issue) = self.issue_mut(repo, number) else { return Ok(()) };
        let from = std::mem::replace(&mut issue.body, body.map(str::to_owned));
        self.repos[repo].touch(number, now);
        self.tell(repo, number, "edited", actor, json!({"changes": {"body": {"from": from.unwrap_or_default()}}}));
        Ok(())
    }

    pub(in crate::sandbox) fn comment(&mut self, key: &str, actor: &str, now: Timestamp) -> Done {
        let (repo, number) = self.find(key)?;
        let author = Some(self.person(actor));
        let comment = self.new_comment(author, now);
        if let Some(issue) = self.issue_mut(repo, number) {
            issue.comments.push(comment);
        }
        self.repos[repo].touch(number, now);
        if let Some(comment) = self.issue(repo, number).and_then(|issue| issue.comments.last()) {
            self.tell_comment(repo, number, author, comment);
        }
        Ok(())
    }

    pub(in crate::sandbox) fn set_open(&mut self, key: &str, open: bool, actor: &str, now: Timestamp) -> Done {
        let (repo, number) = self.find(key)?;
        let actor = Some(self.person(actor));
        let Some(issue) = self.issue_mut(repo, number) else { return Ok(()) };
        if issue.closed.is_none() == open {
            return Ok(());
        }
        issue.reopened = open;
        issue.closed =
            (!open).then(|| Closed { at: whole_second(now), by: actor, reason: Some("completed".to_owned()) });
        self.repos[repo].touch(number, now);
        self.record(repo, number, actor, now, if open { Change::Reopened } else { Change::Closed });
        Ok(())
    }

    /// A reaction, which moves no stamp.
    pub(in crate::sandbox) fn react(&mut self, key: &str, reaction: &str) -> Done {
        let (repo, number) = self.find(key)?;
        let place = REACTIONS.iter().position(|known| *known == reaction);
        let place = place.ok_or_else(|| SandboxError::unknown("GitHub reaction", reaction))?;
        if let Some(issue) = self.issue_mut(repo, number) {
            issue.reactions[place] += 1;
        }
        Ok(())
    }

    /// Takes a dependency away, which moves no stamp.
    pub(in crate::sandbox) fn unblock(&mut self, blocker: &str, blocked: &str) -> Done {
        let (blocker, blocked) = (self.id_of(blocker)?, self.id_of(blocked)?);
        if let Some(issue) = self.by_id_mut(blocked) {
            issue.blocked_by.retain(|id| *id != blocker);
        }
        if let Some(issue) = self.by_id_mut(blocker) {
            issue.blocking.retain(|id| *id != blocked);
        }
        Ok(())
    }

    pub(in crate::sandbox) fn add_issue(
        &mut self,
        repo: &str,
        seed: &GithubIssueSeed,
        now: Timestamp,
    ) -> Result<String, SandboxError> {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        let number = self.plant_issue(place, seed, now)?;
        let key = format!("{}#{number}", self.repos[place].full_name());
        self.relate_planted(&key, seed)?;
        let author = self.issue(place, number).and_then(|issue| issue.author);
        self.tell(place, number, "opened", author, Value::Null);
        Ok(key)
    }

    pub(in crate::sandbox) fn delete(&mut self, key: &str) -> Done {
        let (repo, number) = self.find(key)?;
        self.tell(repo, number, "deleted", None, Value::Null);
        self.remove(repo, number, Gone::Deleted);
        Ok(())
    }

    /// Takes an issue out of its repository and out of its relatives' lists.
    fn remove(&mut self, repo: usize, number: u32, gone: Gone) -> Option<super::Issue> {
        let issue = self.repos[repo].issues.remove(&number)?;
        self.repos[repo].by_updated.remove(&(issue.updated, number));
        self.repos[repo].gone.insert(number, gone);
        self.places.remove(&issue.id);
        for id in issue.children.iter().chain(&issue.blocked_by).chain(&issue.blocking).chain(&issue.parent) {
            if let Some(relative) = self.by_id_mut(*id) {
                relative.parent = relative.parent.filter(|id| *id != issue.id);
                relative.children.retain(|id| *id != issue.id);
                relative.blocked_by.retain(|id| *id != issue.id);
                relative.blocking.retain(|id| *id != issue.id);
            }
        }
        Some(issue)
    }

    /// Moves an issue to another repository, where it gets a new id and number; labels go along by name.
    pub(in crate::sandbox) fn transfer(&mut self, key: &str, to: &str, now: Timestamp) -> Result<String, SandboxError> {
        let (repo, number) = self.find(key)?;
        let target = self.repo_named(to).ok_or_else(|| SandboxError::unknown("repository", to))?;
        let new = self.plant_issue(
            target,
            &GithubIssueSeed { title: "moving".to_owned(), ..GithubIssueSeed::default() },
            now,
        )?;
        let id = self.repos[target].issues[&new].id;
        let names: Vec<_> = self.repos[repo].issues[&number]
            .labels
            .iter()
            .map(|id| self.repos[repo].label_name(*id).to_owned())
            .collect();
        self.tell(repo, number, "transferred", None, json!({"changes": {"new_issue": {"id": id, "number": new}}}));
        let Some(mut issue) = self.remove(repo, number, Gone::Transferred { id }) else {
            return Err(SandboxError::unknown("GitHub issue", key));
        };
        issue.id = id;
        issue.milestone = None;
        (issue.parent, issue.children, issue.blocked_by, issue.blocking) = (None, Vec::new(), Vec::new(), Vec::new());
        issue.labels = names
            .iter()
            .filter_map(|name| self.repos[target].label(name))
            .map(|at| self.repos[target].labels[at].id)
            .collect();
        let stamp = self.repos[target].issues[&new].updated;
        issue.updated = stamp;
        self.repos[target].issues.insert(new, issue);
        self.repos[target].touch(new, now);
        // "Comments, assignees, and issue timeline events are retained."
        let events = std::mem::take(&mut self.repos[repo].events);
        let (went, stayed): (Vec<_>, _) = events.into_iter().partition(|event| event.number == number);
        self.repos[repo].events = stayed;
        self.repos[target].events.extend(went.into_iter().map(|event| Event { number: new, ..event }));
        self.repos[target].events.sort_by_key(|event| event.id);
        Ok(format!("{}#{new}", self.repos[target].full_name()))
    }

    pub(in crate::sandbox) fn rename_repository(&mut self, from: &str, to: &str) -> Done {
        let place = self.repo_named(from).ok_or_else(|| SandboxError::unknown("repository", from))?;
        let (owner, name) =
            to.split_once('/').ok_or_else(|| SandboxError::Refused(format!("{to:?} is not owner/name")))?;
        if self.repo_named(to).is_some() {
            return Err(SandboxError::Refused(format!("there is a repository {to:?} already")));
        }
        let repo = &mut self.repos[place];
        repo.old_names.push(repo.full_name().to_lowercase());
        (repo.owner, repo.name) = (owner.to_owned(), name.to_owned());
        Ok(())
    }

    pub(in crate::sandbox) fn archive(&mut self, repo: &str, archived: bool) -> Done {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        self.repos[place].archived = archived;
        Ok(())
    }

    pub(in crate::sandbox) fn hide(&mut self, repo: &str) -> Done {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        self.repos[place].hidden = true;
        Ok(())
    }

    /// Renames a label in the catalogue, which moves no issue's stamp.
    pub(in crate::sandbox) fn rename_label(&mut self, repo: &str, from: &str, to: &str) -> Done {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        let label = self.repos[place].label(from).ok_or_else(|| SandboxError::unknown("label", from))?;
        let label = &mut self.repos[place].labels[label];
        (label.name, label.folded) = (to.to_owned(), to.to_lowercase());
        Ok(())
    }

    /// Deletes a label from the catalogue and thereby from every issue.
    pub(in crate::sandbox) fn delete_label(&mut self, repo: &str, name: &str) -> Done {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        let label = self.repos[place].label(name).ok_or_else(|| SandboxError::unknown("label", name))?;
        self.drop_label(place, label);
        Ok(())
    }

    pub(super) fn drop_label(&mut self, repo: usize, label: usize) {
        let id = self.repos[repo].labels.remove(label).id;
        for issue in self.repos[repo].issues.values_mut() {
            issue.labels.retain(|held| *held != id);
        }
    }

    /// The names in a repository's catalogue, sorted.
    pub(in crate::sandbox) fn catalogue(&self, repo: &str) -> Result<Vec<String>, SandboxError> {
        let place = self.repo_named(repo).ok_or_else(|| SandboxError::unknown("repository", repo))?;
        let mut names: Vec<_> = self.repos[place].labels.iter().map(|label| label.name.clone()).collect();
        names.sort();
        Ok(names)
    }
}

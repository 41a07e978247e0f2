//! What a person does in Jira.

use jiff::Timestamp;

use super::plant::{priority_named, status_named};
use super::{Comment, DONE, Issue, Item, STATUSES, Site};
use crate::sandbox::SandboxError;
use crate::sandbox::corpus::JiraIssueSeed;

/// An act's outcome.
type Done = Result<(), SandboxError>;

impl Site {
    pub(in crate::sandbox) fn label_by(
        &mut self,
        key: &str,
        label: &str,
        on: bool,
        actor: &str,
        now: Timestamp,
    ) -> Done {
        if label.contains(char::is_whitespace) {
            return Err(SandboxError::Refused(format!("the label {label:?} contains spaces")));
        }
        let id = self.find(key)?;
        let author = self.person(actor);
        let before = &self.issues[&id].labels;
        if before.iter().any(|held| held == label) == on {
            return Ok(());
        }
        let mut after = before.clone();
        after.retain(|held| held != label);
        if on {
            after.push(label.to_owned());
        }
        let item = Item::labels(before, &after);
        self.change(id, author, now, vec![item], |issue| issue.labels = after);
        Ok(())
    }

    pub(in crate::sandbox) fn retitle(&mut self, key: &str, title: &str, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let author = self.person(actor);
        let item = Item::text("summary", Some(self.issues[&id].summary.clone()), Some(title.to_owned()));
        self.change(id, author, now, vec![item], |issue| title.clone_into(&mut issue.summary));
        Ok(())
    }

    pub(in crate::sandbox) fn rewrite(&mut self, key: &str, body: Option<&str>, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let author = self.person(actor);
        let body = body.map(str::to_owned);
        let item = Item::text("description", self.issues[&id].description.clone(), body.clone());
        self.change(id, author, now, vec![item], |issue| issue.description = body);
        Ok(())
    }

    pub(in crate::sandbox) fn comment(&mut self, key: &str, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let author = self.person(actor);
        self.change(id, author, now, Vec::new(), |issue| {
            issue.comments.push(Comment { author, at: now });
        });
        Ok(())
    }

    pub(in crate::sandbox) fn set_status(&mut self, key: &str, name: &str, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let to = status_named(name).ok_or_else(|| SandboxError::unknown("Jira status", name))?;
        let author = self.person(actor);
        let from = self.issues[&id].status;
        if from == to {
            return Ok(());
        }
        let item =
            Item::choice("status", (STATUSES[from].id, STATUSES[from].name), (STATUSES[to].id, STATUSES[to].name));
        self.change(id, author, now, vec![item], |issue| {
            if STATUSES[from].category.key != STATUSES[to].category.key {
                issue.status_since = now;
            }
            issue.status = to;
            issue.resolved = (STATUSES[to].category.key == DONE.key).then_some(now);
        });
        Ok(())
    }

    pub(in crate::sandbox) fn set_priority(&mut self, key: &str, name: &str, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let to = priority_named(name).ok_or_else(|| SandboxError::unknown("Jira priority", name))?;
        let author = self.person(actor);
        let from = self.issues[&id].priority;
        if from != to {
            self.change(id, author, now, vec![Item::priority(from, to)], |issue| issue.priority = to);
        }
        Ok(())
    }

    pub(in crate::sandbox) fn set_number(
        &mut self,
        key: &str,
        field: &str,
        to: Option<f64>,
        actor: &str,
        now: Timestamp,
    ) -> Done {
        let id = self.find(key)?;
        let field =
            super::fields::number_field(field).ok_or_else(|| SandboxError::unknown("Jira number field", field))?;
        let author = self.person(actor);
        let from = self.issues[&id].numbers.get(field).copied();
        if from != to {
            self.change(id, author, now, vec![Item::number(field, from, to)], |issue| set(issue, field, to));
        }
        Ok(())
    }

    pub(in crate::sandbox) fn vote(&mut self, key: &str, actor: &str, now: Timestamp) -> Done {
        let id = self.find(key)?;
        let author = self.person(actor);
        self.change(id, author, now, Vec::new(), |issue| issue.votes += 1);
        Ok(())
    }

    /// Links two issues: `source` *outward* `target`. Moves both stamps.
    pub(in crate::sandbox) fn link(
        &mut self,
        kind: &str,
        source: &str,
        target: &str,
        actor: &str,
        now: Timestamp,
    ) -> Done {
        let (from, to) = (self.find(source)?, self.find(target)?);
        let author = self.person(actor);
        self.connect(kind, from, to)?;
        for (id, other) in [(from, target), (to, source)] {
            let item = Item::text("Link", None, Some(format!("{kind}: {other}")));
            self.change(id, author, now, vec![item], |_| {});
        }
        Ok(())
    }

    /// Takes every link of that type from `source` to `target` away.
    pub(in crate::sandbox) fn unlink(
        &mut self,
        kind: &str,
        source: &str,
        target: &str,
        actor: &str,
        now: Timestamp,
    ) -> Done {
        let (from, to) = (self.find(source)?, self.find(target)?);
        let author = self.person(actor);
        for link in &mut self.links {
            link.gone |=
                super::LINK_KINDS[link.kind].1.eq_ignore_ascii_case(kind) && link.source == from && link.target == to;
        }
        for (id, other) in [(from, target), (to, source)] {
            let item = Item::text("Link", Some(format!("{kind}: {other}")), None);
            self.change(id, author, now, vec![item], |_| {});
        }
        Ok(())
    }

    pub(in crate::sandbox) fn add_issue(
        &mut self,
        project: &str,
        seed: &JiraIssueSeed,
        now: Timestamp,
    ) -> Result<String, SandboxError> {
        let place = self.project(project).ok_or_else(|| SandboxError::unknown("Jira project", project))?;
        let parent = seed.parent.as_ref().map(|key| self.find(key)).transpose()?;
        let id = self.plant_issue(place, seed, now)?;
        if self.search_lag_ms > 0 {
            self.stale.push(super::Stale { id, written: now, before: None });
        }
        if let Some(issue) = self.issues.get_mut(&id) {
            issue.parent = parent;
        }
        for link in &seed.links {
            let target = self.find(&link.to)?;
            self.connect(&link.kind, id, target)?;
        }
        let issue = &self.issues[&id];
        self.tell(id, "issue_created", issue.reporter.unwrap_or(super::BOT), now, false);
        Ok(issue.key.clone())
    }

    pub(in crate::sandbox) fn delete(&mut self, key: &str) -> Done {
        let id = self.find(key)?;
        if let Some(issue) = self.issues.remove(&id) {
            if self.outbox.is_read() {
                self.tell_of(&issue, "issue_deleted", super::BOT, issue.updated, false);
            }
            self.by_updated.remove(&(issue.updated, id));
        }
        self.stale.retain(|stale| stale.id != id);
        self.ids.retain(|_, held| *held != id);
        for link in &mut self.links {
            link.gone |= link.source == id || link.target == id;
        }
        for issue in self.issues.values_mut().filter(|issue| issue.parent == Some(id)) {
            issue.parent = None;
        }
        Ok(())
    }

    /// Moves an issue to another project: the id stays, the key changes, the old key still resolves.
    pub(in crate::sandbox) fn move_issue(
        &mut self,
        key: &str,
        project: &str,
        actor: &str,
        now: Timestamp,
    ) -> Result<String, SandboxError> {
        let id = self.find(key)?;
        let place = self.project(project).ok_or_else(|| SandboxError::unknown("Jira project", project))?;
        let author = self.person(actor);
        self.projects[place].last_number += 1;
        let new = format!("{}-{}", self.projects[place].key, self.projects[place].last_number);
        let item = Item::text("Key", Some(self.issues[&id].key.clone()), Some(new.clone()));
        self.ids.insert(new.clone(), id);
        self.change(id, author, now, vec![item], |issue| {
            issue.project = place;
            issue.key.clone_from(&new);
        });
        Ok(new)
    }
}

pub(super) fn set(issue: &mut Issue, field: &'static str, to: Option<f64>) {
    match to {
        Some(number) => issue.numbers.insert(field, number),
        None => issue.numbers.remove(field),
    };
}

//! Labels: the repository's catalogue, and what an issue bears.

use serde_json::{Value, json};

use super::routes::{Answer, Ask, created, invalid, not_found, ok, refusal};
use super::{GitHub, Label};
use crate::sandbox::message::Reply;

/// Characters a name may have.
const NAME_MAX: usize = 50;
/// Characters a description may have.
const DESCRIPTION_MAX: usize = 100;
/// Labels an issue may bear.
const PER_ISSUE_MAX: usize = 100;

fn check_name(name: &str) -> Result<(), Reply> {
    if name.trim().is_empty() {
        return Err(invalid("Label", "name", "missing_field", None));
    }
    if name.chars().count() > NAME_MAX {
        return Err(invalid("Label", "name", "custom", Some("name is too long (maximum is 50 characters)")));
    }
    Ok(())
}

fn check_color(color: &str) -> Result<(), Reply> {
    let fine = color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit());
    if fine { Ok(()) } else { Err(invalid("Label", "color", "invalid", None)) }
}

fn check_description(text: Option<&str>) -> Result<(), Reply> {
    match text {
        Some(text) if text.chars().count() > DESCRIPTION_MAX => {
            Err(invalid("Label", "description", "custom", Some("description is too long (maximum is 100 characters)")))
        }
        Some(text) if text.chars().any(|letter| letter.len_utf8() == 4) => {
            Err(invalid("Label", "description", "custom", Some("description contains unicode characters above 0xffff")))
        }
        _ => Ok(()),
    }
}

fn body_of(ask: &Ask) -> Result<Value, Reply> {
    ask.call.json().ok_or_else(|| refusal(400, "Problems parsing JSON"))
}

/// The names in a body that is `{"labels": […]}`, `[…]` or a name, its items names or objects with one.
fn names_of(body: &Value) -> Result<Vec<String>, Reply> {
    let list = body.get("labels").unwrap_or(body);
    let items = match list {
        Value::Array(items) => items.iter().collect(),
        Value::String(_) => vec![list],
        _ => {
            return Err(refusal(
                422,
                "Invalid request.\n\nFor 'links/0/schema', the labels are neither a list nor a name.",
            ));
        }
    };
    let name = |item: &Value| item.as_str().or_else(|| item.get("name").and_then(Value::as_str)).map(str::to_owned);
    items.into_iter().map(|item| name(item).ok_or_else(|| invalid("Label", "name", "invalid", None))).collect()
}

impl GitHub {
    pub(super) fn list_labels(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let repo = &self.repos[place];
        let mut labels: Vec<&Label> = repo.labels.iter().collect();
        labels.sort_by(|a, b| a.folded.cmp(&b.folded));
        Ok(self.page(ask, labels.len(), |at| self.label_row(repo, labels[at])))
    }

    fn label_of(&self, ask: &Ask, repo: usize) -> Result<usize, Reply> {
        self.repos[repo].label(ask.at(4)).ok_or_else(not_found)
    }

    pub(super) fn get_label(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_of(ask)?;
        let label = self.label_of(ask, repo)?;
        Ok(ok(&self.label_row(&self.repos[repo], &self.repos[repo].labels[label])))
    }

    pub(super) fn post_label(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_for_write(ask)?;
        let body = body_of(ask)?;
        let text = |name| body.get(name).and_then(Value::as_str);
        let name = text("name").unwrap_or_default();
        check_name(name)?;
        let color = text("color").unwrap_or("ededed");
        check_color(color)?;
        check_description(text("description"))?;
        if self.repos[repo].label(name).is_some() {
            return Err(invalid("Label", "name", "already_exists", None));
        }
        let label = self.create_label(repo, name, &color.to_lowercase(), text("description").map(str::to_owned));
        let row = self.label_row(&self.repos[repo], &self.repos[repo].labels[label]);
        let url = row["url"].as_str().unwrap_or_default().to_owned();
        Ok(created(&row).with("location", url))
    }

    /// Renames or recolours a label, which moves no issue's stamp.
    pub(super) fn patch_label(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_for_write(ask)?;
        let place = self.label_of(ask, repo)?;
        let body = body_of(ask)?;
        let text = |name| body.get(name).and_then(Value::as_str);
        if let Some(name) = text("new_name") {
            check_name(name)?;
            if self.repos[repo].label(name).is_some_and(|other| other != place) {
                return Err(invalid("Label", "name", "already_exists", None));
            }
        }
        text("color").map_or(Ok(()), check_color)?;
        check_description(text("description"))?;
        let label = &mut self.repos[repo].labels[place];
        if let Some(name) = text("new_name") {
            (label.name, label.folded) = (name.to_owned(), name.to_lowercase());
        }
        if let Some(color) = text("color") {
            label.color = color.to_owned();
        }
        if body.get("description").is_some() {
            label.description = text("description").map(str::to_owned);
        }
        Ok(ok(&self.label_row(&self.repos[repo], &self.repos[repo].labels[place])))
    }

    pub(super) fn delete_catalogue_label(&mut self, ask: &Ask) -> Answer {
        let repo = self.repo_for_write(ask)?;
        let label = self.label_of(ask, repo)?;
        self.drop_label(repo, label);
        Ok(Reply::empty(204))
    }

    fn labels_reply(&self, repo: usize, number: u32) -> Reply {
        let repo = &self.repos[repo];
        let labels = self.label_rows(repo, &repo.issues[&number]);
        ok(&Value::Array(labels))
    }

    pub(super) fn list_issue_labels(&mut self, ask: &Ask) -> Answer {
        let place = self.repo_of(ask)?;
        let number = self.issue_of(ask, place)?;
        let repo = &self.repos[place];
        let rows = self.label_rows(repo, &repo.issues[&number]);
        Ok(self.page(ask, rows.len(), |at| rows[at].clone()))
    }

    /// Repository and issue of a write to an issue's labels. A closed door is named before a missing issue.
    fn labels_target(&self, ask: &Ask) -> Result<(usize, u32), Reply> {
        let repo = self.repo_for_write(ask)?;
        Ok((repo, self.issue_of(ask, repo)?))
    }

    pub(super) fn add_issue_labels(&mut self, ask: &Ask) -> Answer {
        let (repo, number) = self.labels_target(ask)?;
        let names = names_of(&body_of(ask)?)?;
        if names.is_empty() {
            return Err(invalid("Issue", "labels", "missing_field", None));
        }
        // The count is GitHub's own, naive one: a label that is there already counts again.
        self.check_count(self.repos[repo].issues[&number].labels.len() + names.len())?;
        names.iter().try_for_each(|name| check_name(name))?;
        for name in &names {
            self.add_label(repo, number, name, Some(ask.actor), ask.call.now);
        }
        Ok(self.labels_reply(repo, number))
    }

    fn check_count(&self, count: usize) -> Result<(), Reply> {
        if count <= PER_ISSUE_MAX {
            return Ok(());
        }
        let body = json!({
            "message": "Validation Failed",
            "errors": [{"resource": "Issue", "code": "unprocessable", "field": "labels", "message": "Issues cannot have more than 100 labels"}],
            "documentation_url": "https://docs.github.com/rest/issues/labels#add-labels-to-an-issue", "status": "422",
        });
        Err(Reply::json(422, "application/json; charset=utf-8", &body))
    }

    pub(super) fn set_issue_labels(&mut self, ask: &Ask) -> Answer {
        let (repo, number) = self.labels_target(ask)?;
        let names = names_of(&body_of(ask)?)?;
        self.check_count(names.len())?;
        names.iter().try_for_each(|name| check_name(name))?;
        let folded: Vec<_> = names.iter().map(|name| name.to_lowercase()).collect();
        self.take_labels(repo, number, |name| !folded.contains(&name.to_lowercase()), ask);
        for name in &names {
            self.add_label(repo, number, name, Some(ask.actor), ask.call.now);
        }
        Ok(self.labels_reply(repo, number))
    }

    pub(super) fn clear_issue_labels(&mut self, ask: &Ask) -> Answer {
        let (repo, number) = self.labels_target(ask)?;
        self.take_labels(repo, number, |_| true, ask);
        Ok(Reply::empty(204))
    }

    fn take_labels(&mut self, repo: usize, number: u32, doomed: impl Fn(&str) -> bool, ask: &Ask) {
        let held = &self.repos[repo].issues[&number].labels;
        let names: Vec<_> = held.iter().map(|id| self.repos[repo].label_name(*id).to_owned()).collect();
        for name in names.iter().filter(|name| doomed(name)) {
            self.take_label(repo, number, name, Some(ask.actor), ask.call.now);
        }
    }

    pub(super) fn remove_issue_label(&mut self, ask: &Ask) -> Answer {
        let (repo, number) = self.labels_target(ask)?;
        if !self.take_label(repo, number, ask.at(6), Some(ask.actor), ask.call.now) {
            return Err(refusal(404, "Label does not exist"));
        }
        Ok(self.labels_reply(repo, number))
    }
}

//! A PUT to an issue: checked as a whole, then applied as one change with one changelog entry.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::acts::set;
use super::fields::{FieldSet, IMPACT, IMPACTS, number_field};
use super::plant::priority_named;
use super::routes::{Answer, Ask, body_of, field_refusal, no_such_issue, ok, refusal};
use super::{BOT, Issue, Item, PRIORITIES, Site};
use crate::sandbox::Caller;
use crate::sandbox::message::Reply;

/// Characters of one label.
const LABEL_MAX: usize = 255;

/// What an edit leads to.
struct Edit {
    labels: Vec<String>,
    priority: usize,
    impact: Option<usize>,
    numbers: BTreeMap<&'static str, Option<f64>>,
}

/// An empty object where the part is missing; an error where it is something else.
fn part<'a>(body: &'a Value, name: &str, empty: &'a Map<String, Value>) -> Result<&'a Map<String, Value>, Reply> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(empty),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(refusal(400, "There was an error parsing JSON. Check that your request body is valid.")),
    }
}

impl Edit {
    fn read(issue: &Issue, body: &Value, editable: &[&'static str]) -> Result<Self, Reply> {
        let empty = Map::new();
        let (fields, update) = (part(body, "fields", &empty)?, part(body, "update", &empty)?);
        if fields.is_empty() && update.is_empty() {
            return Err(refusal(400, "one of 'fields' or 'update' required"));
        }
        if let Some(both) = fields.keys().find(|name| update.contains_key(*name)) {
            return Err(field_refusal(400, both, &format!("Field '{both}' cannot be in both 'fields' and 'update'.")));
        }
        let mut edit = Self {
            labels: issue.labels.clone(),
            priority: issue.priority,
            impact: issue.impact,
            numbers: BTreeMap::new(),
        };
        for (name, value) in fields {
            edit.take(name, "set", value, editable)?;
        }
        for (name, operations) in update {
            let operations =
                operations.as_array().ok_or_else(|| field_refusal(400, name, "Operations must be an array."))?;
            for operation in operations.iter().filter_map(Value::as_object).flatten() {
                edit.take(name, operation.0, operation.1, editable)?;
            }
        }
        Ok(edit)
    }

    fn take(&mut self, field: &str, verb: &str, value: &Value, editable: &[&'static str]) -> Result<(), Reply> {
        if !editable.contains(&field) {
            if super::fields::SYSTEM.iter().any(|known| known.0 == field) && field != "priority" {
                return Err(refusal(501, &format!("The sandbox's Jira can't edit the field {field}.")));
            }
            return Err(field_refusal(
                400,
                field,
                &format!("Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."),
            ));
        }
        if field == "labels" {
            return self.take_labels(verb, value);
        }
        if verb != "set" {
            return Err(field_refusal(
                400,
                field,
                &format!("The operation \"{verb}\" is not supported for the field."),
            ));
        }
        if field == "priority" {
            self.priority = priority_of(value)?;
        } else if field == IMPACT {
            self.impact = impact_of(value)?;
        } else if let Some(id) = number_field(field) {
            if !(value.is_null() || value.is_number()) {
                return Err(field_refusal(400, field, "Operation value must be a number"));
            }
            self.numbers.insert(id, value.as_f64());
        }
        Ok(())
    }

    fn take_labels(&mut self, verb: &str, value: &Value) -> Result<(), Reply> {
        let word = |value: &Value| {
            value.as_str().map(str::to_owned).ok_or_else(|| field_refusal(400, "labels", "string expected at index 0"))
        };
        match verb {
            "add" => {
                let label = checked(word(value)?)?;
                if !self.labels.contains(&label) {
                    self.labels.push(label);
                }
            }
            "remove" => {
                let label = word(value)?;
                self.labels.retain(|held| *held != label);
            }
            "set" => {
                let list = value.as_array().ok_or_else(|| field_refusal(400, "labels", "data was not an array"))?;
                let mut labels: Vec<String> = Vec::new();
                for label in list {
                    let label = checked(word(label)?)?;
                    if !labels.contains(&label) {
                        labels.push(label);
                    }
                }
                self.labels = labels;
            }
            _ => {
                return Err(field_refusal(
                    400,
                    "labels",
                    &format!("The operation \"{verb}\" is not supported for the field."),
                ));
            }
        }
        Ok(())
    }

    /// The changelog's items: what differs from the issue as it is.
    fn items(&self, issue: &Issue) -> Vec<Item> {
        let mut items = Vec::new();
        let sorted = |labels: &[String]| {
            let mut labels = labels.to_vec();
            labels.sort();
            labels
        };
        if sorted(&self.labels) != sorted(&issue.labels) {
            items.push(Item::labels(&issue.labels, &self.labels));
        }
        if self.priority != issue.priority {
            items.push(Item::priority(issue.priority, self.priority));
        }
        if self.impact != issue.impact {
            items.push(Item::impact(issue.impact, self.impact));
        }
        for (field, to) in &self.numbers {
            let from = issue.numbers.get(field).copied();
            if from != *to {
                items.push(Item::number(field, from, *to));
            }
        }
        items
    }
}

fn checked(label: String) -> Result<String, Reply> {
    if label.contains(char::is_whitespace) {
        return Err(field_refusal(400, "labels", &format!("The label '{label}' contains spaces which is invalid.")));
    }
    if label.is_empty() {
        return Err(field_refusal(400, "labels", "The label '' is invalid."));
    }
    if label.chars().count() > LABEL_MAX {
        return Err(field_refusal(
            400,
            "labels",
            &format!("The label '{label}' exceeds the maximum length for a single label of {LABEL_MAX} characters."),
        ));
    }
    Ok(label)
}

fn priority_of(value: &Value) -> Result<usize, Reply> {
    let id = value.get("id").and_then(Value::as_str);
    let name = value.get("name").and_then(Value::as_str);
    let found = match (id, name) {
        (Some(id), _) => PRIORITIES.iter().position(|priority| priority.0 == id),
        (None, Some(name)) => priority_named(name),
        (None, None) => {
            return Err(field_refusal(400, "priority", "Could not find valid 'id' or 'name' in priority object."));
        }
    };
    found.ok_or_else(|| field_refusal(400, "priority", "The priority selected is invalid."))
}

fn impact_of(value: &Value) -> Result<Option<usize>, Reply> {
    if value.is_null() {
        return Ok(None);
    }
    let part = |name: &str| value.get(name).and_then(Value::as_str);
    let found = IMPACTS.iter().position(|(id, name)| part("id") == Some(id) || part("value") == Some(name));
    found.map(Some).ok_or_else(|| {
        let said = part("id").or(part("value")).unwrap_or_default();
        field_refusal(400, IMPACT, &format!("Option id '{said}' is not valid"))
    })
}

impl Site {
    pub(super) fn put_issue(&mut self, ask: &Ask) -> Answer {
        let id = self.id_of(ask.at(1)).filter(|_| ask.known()).ok_or_else(no_such_issue)?;
        let body = body_of(ask.call)?;
        if ask.caller == Caller::Reader {
            return Err(refusal(403, "You do not have permission to edit issues in this project."));
        }
        if ask.call.param("notifyUsers") == Some("false") && !self.shape.may_discard_notifications {
            return Err(refusal(
                403,
                "To discard the user notification either admin or project admin permissions are required.",
            ));
        }
        let issue = self.issues.get(&id).ok_or_else(no_such_issue)?;
        let edit = Edit::read(issue, &body, &self.editable(issue.project))?;
        let items = edit.items(issue);
        if !items.is_empty() {
            self.change(id, BOT, ask.call.now, items, |issue| {
                issue.labels = edit.labels;
                issue.priority = edit.priority;
                issue.impact = edit.impact;
                for (field, to) in edit.numbers {
                    set(issue, field, to);
                }
            });
        }
        if ask.call.param("returnIssue") == Some("true") {
            let set = FieldSet::read([], "*all");
            return Ok(ok(&self.issue_row(&self.issues[&id], &set, ask.rich)));
        }
        Ok(Reply::empty(204))
    }
}

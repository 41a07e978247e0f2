//! Who changed what: one issue's changelog, and several at once.

use serde_json::{Value, json};

use super::catalogue::offset_of;
use super::fields::field_name;
use super::routes::{Answer, Ask, body_of, no_such_issue, ok, refusal};
use super::{History, Site};

/// Issues that one request may ask for.
const ISSUES_MAX: usize = 1000;
/// Fields that one request may name.
const FIELDS_MAX: usize = 10;

impl Site {
    pub(super) fn history_row(&self, history: &History, fields: &[&str]) -> Value {
        let items: Vec<_> = history
            .items
            .iter()
            .filter(|item| fields.is_empty() || fields.contains(&item.field))
            .map(|item| {
                let mut row = json!({
                    "field": field_name(item.field), "fieldtype": if item.field.starts_with("customfield_") { "custom" } else { "jira" },
                    "fieldId": item.field, "from": item.from, "fromString": item.from_text, "to": item.to, "toString": item.to_text,
                });
                if self.shape.data_center {
                    row.as_object_mut().map(|row| row.remove("fieldId"));
                }
                row
            })
            .collect();
        json!({"id": history.id.to_string(), "author": self.user_row(history.author), "created": self.stamp(history.at), "items": items})
    }

    /// One issue's changelog, oldest first.
    pub(super) fn get_changelog(&mut self, ask: &Ask) -> Answer {
        let issue = self
            .id_of(ask.at(1))
            .and_then(|id| self.issues.get(&id))
            .filter(|_| ask.known())
            .ok_or_else(no_such_issue)?;
        let (start, size) = offset_of(ask.call, 100);
        let rows: Vec<_> =
            issue.history.iter().skip(start).take(size).map(|history| self.history_row(history, &[])).collect();
        let total = issue.history.len();
        let own = self.api(&format!("issue/{}/changelog", ask.at(1)));
        let mut body = json!({
            "self": format!("{own}?startAt={start}&maxResults={size}"), "maxResults": size, "startAt": start, "total": total,
            "isLast": start + rows.len() >= total, "values": rows,
        });
        if start + rows.len() < total {
            body["nextPage"] = json!(format!("{own}?startAt={}&maxResults={size}", start + rows.len()));
        }
        Ok(ok(&body))
    }

    /// Changelogs of several issues, in order of their ids; all in one page.
    pub(super) fn fetch_changelogs(&mut self, ask: &Ask) -> Answer {
        let body = body_of(ask.call)?;
        let texts = |name: &str| {
            body.get(name)
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(Value::as_str).collect::<Vec<_>>())
        };
        let keys = texts("issueIdsOrKeys").unwrap_or_default();
        let fields = texts("fieldIds").unwrap_or_default();
        if keys.is_empty() || keys.len() > ISSUES_MAX {
            return Err(refusal(400, &format!("The number of issue ids or keys must be between 1 and {ISSUES_MAX}.")));
        }
        if fields.len() > FIELDS_MAX {
            return Err(refusal(400, &format!("The number of field ids must be at most {FIELDS_MAX}.")));
        }
        let mut ids: Vec<_> = keys.iter().filter_map(|key| self.id_of(key)).filter(|_| ask.known()).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows: Vec<_> = ids
            .iter()
            .filter_map(|id| self.issues.get(id))
            .filter_map(|issue| {
                let histories: Vec<_> = issue
                    .history
                    .iter()
                    .filter(|history| {
                        fields.is_empty() || history.items.iter().any(|item| fields.contains(&item.field))
                    })
                    .map(|history| self.history_row(history, &fields))
                    .collect();
                (!histories.is_empty()).then(|| json!({"issueId": issue.id.to_string(), "changeHistories": histories}))
            })
            .collect();
        Ok(ok(&json!({"issueChangeLogs": rows})))
    }
}

//! Change -> the event that webhooks tell of it.

use jiff::Timestamp;
use serde_json::json;

use super::fields::FieldSet;
use super::{Issue, Site};
use crate::sandbox::webhooks::Event;

impl Site {
    /// Tells of an issue, with the last entry of its changelog where that is what happened.
    pub(super) fn tell(&self, id: u64, what: &str, author: usize, at: Timestamp, changed: bool) {
        if let Some(issue) = self.issues.get(&id).filter(|_| self.outbox.is_read()) {
            self.tell_of(issue, what, author, at, changed);
        }
    }

    /// The same of an issue that need not be there any more.
    pub(super) fn tell_of(&self, issue: &Issue, what: &str, author: usize, at: Timestamp, changed: bool) {
        // Bodies of webhooks are version 2's, whose long texts are wiki markup.
        let row = self.issue_row(issue, &FieldSet::read([], "*all"), false);
        let mut body = json!({
            "timestamp": at.as_millisecond(), "webhookEvent": format!("jira:{what}"), "issue_event_type_name": what,
            "user": self.user_row(author), "issue": row,
        });
        if let Some(history) = issue.history.last().filter(|_| changed) {
            let items = self.history_row(history, &[])["items"].take();
            body["changelog"] = json!({"id": history.id.to_string(), "items": items});
        }
        self.outbox.put(&Event { name: "", body });
    }
}

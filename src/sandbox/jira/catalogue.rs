//! What the site has besides issues: itself, its user, fields, priorities, link types, projects, permissions, edit screens.

use serde_json::{Map, Value, json};

use super::fields::{
    EPIC_LINK, IMPACT, IMPACTS, NUMBERS, SPRINT, STORY_POINT_ESTIMATE, STORY_POINTS, SYSTEM, display_name, schema,
};
use super::render::avatars;
use super::routes::{Answer, Ask, no_such_issue, not_authenticated, ok, refusal};
use super::{BOT, DEFAULT_PRIORITY, KINDS, LINK_KINDS, PRIORITIES, Site};
use crate::sandbox::Caller;
use crate::sandbox::faults::PageFault;
use crate::sandbox::message::Call;
use crate::sandbox::paging;

/// Permissions: key, id, name, type, and whether writing is needed.
const PERMISSIONS: [(&str, &str, &str, &str, bool); 7] = [
    ("BROWSE_PROJECTS", "10", "Browse Projects", "PROJECT", false),
    ("EDIT_ISSUES", "12", "Edit Issues", "PROJECT", true),
    ("LINK_ISSUES", "21", "Link Issues", "PROJECT", true),
    ("TRANSITION_ISSUES", "46", "Transition Issues", "PROJECT", true),
    ("ADD_COMMENTS", "15", "Add Comments", "PROJECT", true),
    ("CREATE_ISSUES", "11", "Create Issues", "PROJECT", true),
    ("ADMINISTER", "0", "Administer Jira", "GLOBAL", true),
];

/// `startAt` and `maxResults` of lists that are paged by offset.
pub(super) fn offset_of(call: &Call, default: usize) -> (usize, usize) {
    let number = |name| call.param(name).and_then(|text| text.parse::<usize>().ok());
    (number("startAt").unwrap_or(0), number("maxResults").unwrap_or(default).clamp(1, default.max(100)))
}

impl Site {
    pub(super) fn get_server_info(&mut self, ask: &Ask) -> Answer {
        if self.shape.data_center {
            return Ok(ok(&json!({
                "baseUrl": self.base, "version": "10.3.24", "versionNumbers": [10, 3, 24], "deploymentType": "Server",
                "buildNumber": 10_030_024, "buildDate": "2026-11-20T00:00:00.000+0000", "serverTime": self.stamp(ask.call.now),
                "scmInfo": "0000000000000000000000000000000000000000", "serverTitle": "Jira",
            })));
        }
        Ok(ok(&json!({
            "baseUrl": self.base, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
            "buildNumber": 100_297, "buildDate": "2026-11-20T00:00:00.000+0000", "serverTime": self.stamp(ask.call.now),
            "scmInfo": "0000000000000000000000000000000000000000", "serverTitle": "Jira", "serverTimeZone": "Etc/UTC",
        })))
    }

    /// Which site this is, to anybody.
    pub(super) fn get_tenant(&mut self, _: &Ask) -> Answer {
        Ok(ok(&json!({"cloudId": super::CLOUD_ID})))
    }

    /// The bot's personal access tokens: the one that it uses.
    pub(super) fn list_tokens(&mut self, ask: &Ask) -> Answer {
        if !ask.known() {
            return Err(not_authenticated());
        }
        let expires = self.started + jiff::SignedDuration::from_hours(24 * 90);
        Ok(ok(&json!([{
            "id": 1, "name": "roadmapd", "createdAt": self.stamp(self.started), "expiringAt": self.stamp(expires),
            "lastAccessedAt": self.stamp(ask.call.now),
        }])))
    }

    pub(super) fn get_myself(&mut self, ask: &Ask) -> Answer {
        if !ask.known() {
            return Err(not_authenticated());
        }
        let mut row = self.user_row(BOT);
        row["locale"] = json!("en_US");
        row["groups"] = json!({"size": 1, "items": []});
        row["applicationRoles"] = json!({"size": 1, "items": []});
        row["expand"] = json!("groups,applicationRoles");
        Ok(ok(&row))
    }

    pub(super) fn list_fields(&mut self, ask: &Ask) -> Answer {
        let data_center = self.shape.data_center;
        let system = SYSTEM.iter().filter(|field| !data_center || field.0 != "statuscategorychangedate");
        let system = system.map(|(id, name, _, _, clauses)| {
            json!({
                "id": id, "key": id, "name": name, "custom": false, "orderable": true, "navigable": *id != "comment",
                "searchable": !clauses.is_empty(), "clauseNames": clauses, "schema": schema(id),
            })
        });
        let numbers = NUMBERS.iter().filter(|field| !data_center || field.0 != STORY_POINT_ESTIMATE);
        let numbers = numbers.map(|field| (field.0, field.1));
        let epic_link = data_center.then_some((EPIC_LINK, "Epic Link"));
        let custom = numbers.chain([(IMPACT, "Impact"), (SPRINT, "Sprint")]).chain(epic_link).filter(|_| ask.known());
        let custom = custom.map(|(id, name)| {
            let number = id.trim_start_matches("customfield_");
            json!({
                "id": id, "key": id, "name": name, "untranslatedName": name, "custom": true, "orderable": true, "navigable": true,
                "searchable": true, "clauseNames": [format!("cf[{number}]"), name], "schema": schema(id),
            })
        });
        let mut rows: Vec<Value> = system.chain(custom).collect();
        if data_center {
            for row in rows.iter_mut().filter_map(Value::as_object_mut) {
                row.remove("key");
                row.remove("untranslatedName");
            }
        }
        Ok(ok(&Value::Array(rows)))
    }

    /// A page of `values` in the frame that lists by offset have.
    fn offset_page(&self, ask: &Ask, values: &[Value]) -> Answer {
        let (start, size) = offset_of(ask.call, 50);
        let begin = start.min(values.len());
        let places = paging::cut(begin..values.len().min(begin + size), ask.call.page_fault);
        let size = if ask.call.page_fault == Some(PageFault::ShortPage) { places.len() } else { size };
        let shown = &values[places];
        let path = ask.call.target.split('?').next().unwrap_or_default();
        let mut body = json!({
            "self": format!("{}{path}?startAt={start}&maxResults={size}", self.base), "maxResults": size, "startAt": start,
            "total": values.len(), "isLast": start + shown.len() >= values.len(), "values": shown,
        });
        if start + shown.len() < values.len() {
            body["nextPage"] = json!(format!("{}{path}?startAt={}&maxResults={size}", self.base, start + shown.len()));
        }
        Ok(ok(&body))
    }

    pub(super) fn list_priorities(&mut self, ask: &Ask) -> Answer {
        if !ask.known() {
            return Err(not_authenticated());
        }
        let row = |place: usize| {
            let mut row = self.priority_row(place);
            row["description"] = json!("");
            row["isDefault"] = json!(place == DEFAULT_PRIORITY);
            row["statusColor"] = json!("#EA7D24");
            row
        };
        self.offset_page(ask, &(0..PRIORITIES.len()).map(row).collect::<Vec<_>>())
    }

    pub(super) fn list_link_kinds(&mut self, ask: &Ask) -> Answer {
        if !ask.known() {
            return Err(not_authenticated());
        }
        let rows: Vec<_> = (0..LINK_KINDS.len()).map(|place| self.link_kind_row(place)).collect();
        Ok(ok(&json!({"issueLinkTypes": rows})))
    }

    fn project_details(&self, place: usize) -> Value {
        let mut row = self.project_row(place);
        if self.shape.data_center {
            row["expand"] = json!("description,lead,url,projectKeys");
            return row;
        }
        row["style"] = json!(if self.projects[place].team_managed { "next-gen" } else { "classic" });
        row["isPrivate"] = json!(false);
        row["avatarUrls"] = avatars(&self.projects[place].key);
        row["expand"] = json!("description,lead,issueTypes,url,projectKeys,permissions,insight");
        row
    }

    pub(super) fn list_projects(&mut self, ask: &Ask) -> Answer {
        let keys: Vec<_> =
            ask.call.query.iter().filter(|(name, _)| name == "keys").map(|(_, key)| key.as_str()).collect();
        let wanted =
            |place: &usize| ask.known() && (keys.is_empty() || keys.contains(&self.projects[*place].key.as_str()));
        let rows: Vec<_> = (0..self.projects.len()).filter(wanted).map(|place| self.project_details(place)).collect();
        self.offset_page(ask, &rows)
    }

    /// Data Center's list, which has no pages.
    pub(super) fn list_all_projects(&mut self, ask: &Ask) -> Answer {
        let seen = (0..self.projects.len()).filter(|_| ask.known());
        Ok(ok(&seen.map(|place| self.project_details(place)).collect()))
    }

    pub(super) fn get_project(&mut self, ask: &Ask) -> Answer {
        let missing = || refusal(404, &format!("No project could be found with key '{}'.", ask.at(1)));
        let place = self.project(ask.at(1)).filter(|_| ask.known()).ok_or_else(missing)?;
        let mut row = self.project_details(place);
        row["issueTypes"] = (0..KINDS.len()).map(|kind| self.kind_row(kind)).collect();
        row["components"] = json!([]);
        row["versions"] = json!([]);
        row["roles"] = json!({});
        row["description"] = json!("");
        row["assigneeType"] = json!("UNASSIGNED");
        row["lead"] = self.user_row(BOT);
        Ok(ok(&row))
    }

    pub(super) fn get_permissions(&mut self, ask: &Ask) -> Answer {
        let all = PERMISSIONS.map(|permission| permission.0).join(",");
        // Data Center always tells all of them.
        let wanted = if self.shape.data_center { Some(all.as_str()) } else { ask.call.param("permissions") };
        let Some(wanted) = wanted else {
            return Err(refusal(400, "The 'permissions' query parameter is required."));
        };
        if let Some(key) = ask.call.param("projectKey").filter(|key| self.project(key).is_none() || !ask.known()) {
            return Err(refusal(404, &format!("No project could be found with key '{key}'.")));
        }
        if let Some(key) = ask
            .call
            .param("issueKey")
            .or_else(|| ask.call.param("issueId"))
            .filter(|key| self.id_of(key).is_none() || !ask.known())
        {
            tracing::debug!(key, "permissions asked for an unknown issue");
            return Err(no_such_issue());
        }
        let mut rows = Map::new();
        for key in wanted.split(',').map(str::trim).filter(|key| !key.is_empty()) {
            let known = PERMISSIONS.iter().find(|permission| permission.0 == key);
            let (_, id, name, kind, writes) =
                known.ok_or_else(|| refusal(400, &format!("Unrecognized permission: {key}")))?;
            let have = ask.caller == Caller::Writer || (ask.caller == Caller::Reader && !writes);
            let row = json!({"id": id, "key": key, "name": name, "type": kind, "description": name, "havePermission": have && *kind != "GLOBAL"});
            rows.insert(key.to_owned(), row);
        }
        Ok(ok(&json!({"permissions": rows})))
    }

    pub(super) fn get_edit_screen(&mut self, ask: &Ask) -> Answer {
        let issue = self
            .id_of(ask.at(1))
            .and_then(|id| self.issues.get(&id))
            .filter(|_| ask.known())
            .ok_or_else(no_such_issue)?;
        let mut fields = Map::new();
        if ask.caller == Caller::Writer {
            let on_screen = self.editable(issue.project);
            for id in ["summary", "description", "duedate", "assignee"].into_iter().chain(on_screen) {
                fields.insert(id.to_owned(), self.screen_row(id));
            }
        }
        Ok(ok(&json!({"fields": fields})))
    }

    /// Ids of the fields on a project's edit screen that the sandbox can edit.
    pub(super) fn editable(&self, project: usize) -> Vec<&'static str> {
        let project = &self.projects[project];
        let team_managed = project.team_managed && !self.shape.data_center;
        let hidden = if team_managed { STORY_POINTS } else { STORY_POINT_ESTIMATE };
        let numbers = NUMBERS.iter().map(|field| field.0).filter(|id| *id != hidden);
        let priority = (!project.priority_hidden).then_some("priority");
        std::iter::once("labels").chain(priority).chain(numbers).chain([IMPACT]).collect()
    }

    fn screen_row(&self, id: &str) -> Value {
        let operations: &[&str] = if id == "labels" { &["add", "set", "remove"] } else { &["set"] };
        let mut row = json!({
            "required": id == "summary", "schema": schema(id), "name": display_name(id), "key": id, "operations": operations,
            "hasDefaultValue": id == "priority",
        });
        if id == "priority" {
            row["allowedValues"] = (0..PRIORITIES.len()).map(|place| self.priority_row(place)).collect();
            row["defaultValue"] = self.priority_row(DEFAULT_PRIORITY);
        }
        if id == IMPACT {
            row["allowedValues"] = (0..IMPACTS.len()).map(|place| self.impact_row(place)).collect();
        }
        if self.shape.data_center {
            row["fieldId"] = json!(id);
            row.as_object_mut().map(|row| row.remove("key"));
        }
        if id == "labels" {
            row["autoCompleteUrl"] = json!(format!("{}/rest/api/1.0/labels/suggest?query=", self.base));
        }
        row
    }
}

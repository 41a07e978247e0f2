//! State -> the JSON that the site serves.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::fields::{EPIC_LINK, FieldSet, IMPACT, IMPACTS, NUMBERS, SPRINT, STORY_POINT_ESTIMATE};
use super::{Comment, Issue, KINDS, LINK_KINDS, PRIORITIES, STATUSES, Site, adf, wiki};
use crate::sandbox::clock::whole_second;

impl Site {
    /// The offset of the authenticated user's profile.
    pub(super) fn offset(&self) -> Offset {
        Offset::from_seconds(i32::from(self.zone.offset_min) * 60).unwrap_or(Offset::UTC)
    }

    /// A stamp as Jira writes it: milliseconds (000 where they are whole seconds), and the user's offset without a colon.
    pub(super) fn stamp(&self, at: Timestamp) -> Value {
        let at = if self.whole_seconds { whole_second(at) } else { at };
        let local = at.to_zoned(self.offset().to_time_zone());
        Value::String(local.strftime("%Y-%m-%dT%H:%M:%S%.3f%z").to_string())
    }

    pub(super) fn api(&self, path: &str) -> String {
        format!("{}/rest/api/{}/{path}", self.base, if self.shape.data_center { 2 } else { 3 })
    }

    pub(super) fn user_row(&self, place: usize) -> Value {
        let person = &self.people[place];
        if self.shape.data_center {
            return json!({
                "self": self.api(&format!("user?username={}", person.name)), "name": person.name,
                "key": format!("JIRAUSER{}", 10_100 + place), "emailAddress": person.email, "displayName": person.display,
                "active": true, "timeZone": self.zone.name, "avatarUrls": avatars(&person.name),
            });
        }
        let mut row = json!({
            "self": self.api(&format!("user?accountId={}", person.account)), "accountId": person.account,
            "accountType": "atlassian", "displayName": person.display, "active": true, "timeZone": self.zone.name,
            "avatarUrls": avatars(&person.account),
        });
        if !person.email.is_empty() {
            row["emailAddress"] = Value::String(person.email.clone());
        }
        row
    }

    fn user_or_null(&self, place: Option<usize>) -> Value {
        place.map_or(Value::Null, |place| self.user_row(place))
    }

    fn status_row(&self, place: usize) -> Value {
        let status = &STATUSES[place];
        let category = &status.category;
        json!({
            "self": self.api(&format!("status/{}", status.id)), "description": "", "name": status.name, "id": status.id,
            "iconUrl": format!("{}/", self.base),
            "statusCategory": {
                "self": self.api(&format!("statuscategory/{}", category.id)), "id": category.id, "key": category.key,
                "colorName": category.color, "name": category.name,
            },
        })
    }

    pub(super) fn priority_row(&self, place: usize) -> Value {
        let (id, name) = PRIORITIES[place];
        let icon = format!("{}/images/icons/priorities/{}.svg", self.base, name.to_lowercase());
        json!({"self": self.api(&format!("priority/{id}")), "iconUrl": icon, "name": name, "id": id})
    }

    pub(super) fn kind_row(&self, place: usize) -> Value {
        let (id, name, level) = KINDS[place];
        let mut row = json!({
            "self": self.api(&format!("issuetype/{id}")), "id": id, "description": "", "name": name, "subtask": level < 0,
            "iconUrl": format!("{}/images/icons/issuetypes/{}.svg", self.base, name.to_lowercase()), "hierarchyLevel": level,
        });
        if self.shape.data_center {
            row.as_object_mut().map(|row| row.remove("hierarchyLevel"));
        }
        row
    }

    pub(super) fn project_row(&self, place: usize) -> Value {
        let project = &self.projects[place];
        let mut row = json!({
            "self": self.api(&format!("project/{}", project.id)), "id": project.id.to_string(), "key": project.key,
            "name": project.name, "projectTypeKey": "software", "simplified": project.team_managed,
            "avatarUrls": avatars(&project.key),
        });
        if self.shape.data_center {
            row.as_object_mut().map(|row| row.remove("simplified"));
        }
        row
    }

    pub(super) fn link_kind_row(&self, place: usize) -> Value {
        let (id, name, inward, outward) = LINK_KINDS[place];
        json!({"id": id, "name": name, "inward": inward, "outward": outward, "self": self.api(&format!("issueLinkType/{id}"))})
    }

    /// An issue as others refer to it.
    fn stub(&self, issue: &Issue) -> Value {
        json!({
            "id": issue.id.to_string(), "key": issue.key, "self": self.api(&format!("issue/{}", issue.id)),
            "fields": {
                "summary": issue.summary, "status": self.status_row(issue.status),
                "priority": self.priority_row(issue.priority), "issuetype": self.kind_row(issue.kind),
            },
        })
    }

    fn link_rows(&self, issue: &Issue) -> Value {
        let links = issue.links.iter().map(|place| &self.links[*place]).filter(|link| !link.gone);
        let rows = links.filter_map(|link| {
            let (side, other) = if link.source == issue.id { ("outwardIssue", link.target) } else { ("inwardIssue", link.source) };
            let other = self.issues.get(&other)?;
            let mut row = json!({
                "id": link.id.to_string(), "self": self.api(&format!("issueLink/{}", link.id)), "type": self.link_kind_row(link.kind),
            });
            row[side] = self.stub(other);
            Some(row)
        });
        Value::Array(rows.collect())
    }

    /// An issue's row. `rich` is version 3, whose long texts are documents.
    pub(super) fn issue_row(&self, issue: &Issue, set: &FieldSet, rich: bool) -> Value {
        let id = issue.id.to_string();
        if set.only_id() {
            return json!({"id": id});
        }
        let mut fields = Map::new();
        let mut put = |name: &str, value: &dyn Fn() -> Value| {
            if set.has(name) {
                fields.insert(name.to_owned(), value());
            }
        };
        put("summary", &|| json!(issue.summary));
        put("description", &|| {
            issue
                .description
                .as_deref()
                .map_or(Value::Null, |text| if rich { adf::document(text) } else { json!(wiki::markup(text)) })
        });
        put("labels", &|| json!(issue.labels));
        put("status", &|| self.status_row(issue.status));
        if !self.shape.data_center {
            put("statuscategorychangedate", &|| self.stamp(issue.status_since));
        }
        put("priority", &|| self.priority_row(issue.priority));
        put("issuetype", &|| self.kind_row(issue.kind));
        put("project", &|| self.project_row(issue.project));
        put("issuelinks", &|| self.link_rows(issue));
        put("created", &|| self.stamp(issue.created));
        put("updated", &|| self.stamp(issue.updated));
        put("resolutiondate", &|| issue.resolved.map_or(Value::Null, |at| self.stamp(at)));
        put("resolution", &|| issue.resolved.map_or(Value::Null, |_| self.resolution()));
        put("duedate", &|| issue.due.map_or(Value::Null, |day| json!(day.to_string())));
        put("assignee", &|| self.user_or_null(issue.assignee));
        put("reporter", &|| self.user_or_null(issue.reporter));
        put("creator", &|| self.user_or_null(issue.reporter));
        put(
            "votes",
            &|| json!({"self": self.api(&format!("issue/{}/votes", issue.key)), "votes": issue.votes, "hasVoted": false}),
        );
        put(
            "watches",
            &|| json!({"self": self.api(&format!("issue/{}/watchers", issue.key)), "watchCount": issue.watches, "isWatching": false}),
        );
        put("comment", &|| self.comments(issue));
        put("components", &|| self.named("component", &issue.components));
        put("fixVersions", &|| self.named("version", &issue.fix_versions));
        put("security", &|| {
            issue
                .security
                .as_ref()
                .map_or(Value::Null, |name| self.named("securitylevel", std::slice::from_ref(name))[0].clone())
        });
        put(SPRINT, &|| issue.sprint_ends.map_or(Value::Null, |end| self.sprints(end)));
        put(IMPACT, &|| issue.impact.map_or(Value::Null, |place| self.impact_row(place)));
        let numbers = NUMBERS.into_iter().filter(|field| !self.shape.data_center || field.0 != STORY_POINT_ESTIMATE);
        for (field, ..) in numbers {
            put(field, &|| issue.numbers.get(field).map_or(Value::Null, |number| json!(number)));
        }
        // A field that an issue doesn't have is left out, unlike one that is empty.
        // Data Center has a parent for sub-tasks only, and a field that names the epic.
        let parent = issue.parent.and_then(|id| self.issues.get(&id));
        let is_subtask = KINDS[issue.kind].2 < 0;
        if self.shape.data_center && !is_subtask {
            put(EPIC_LINK, &|| parent.map_or(Value::Null, |epic| json!(epic.key)));
        } else if let Some(parent) = parent {
            put("parent", &|| self.stub(parent));
        }
        json!({"expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations", "id": id, "self": self.api(&format!("issue/{id}")), "key": issue.key, "fields": fields})
    }

    /// One sprint that is over and one that runs until then.
    fn sprints(&self, end: Timestamp) -> Value {
        let fortnight = jiff::SignedDuration::from_hours(24 * 14);
        let begin = end.checked_sub(fortnight).unwrap_or(end);
        let before = begin.checked_sub(fortnight).unwrap_or(begin);
        let sprint = |id: u32, state: &str, from: Timestamp, to: Timestamp| {
            if self.shape.data_center {
                let (state, from, to) = (state.to_uppercase(), self.stamp(from), self.stamp(to));
                let (from, to) = (from.as_str().unwrap_or_default(), to.as_str().unwrap_or_default());
                return json!(format!(
                    "com.atlassian.greenhopper.service.sprint.Sprint@{id:x}[id={id},rapidViewId=1,state={state},name=Sprint {id},startDate={from},endDate={to},completeDate=<null>,activatedDate={from},sequence={id},goal=,autoStartStop=false]"
                ));
            }
            let at = |at: Timestamp| format!("{at:.3}");
            json!({"id": id, "name": format!("Sprint {id}"), "state": state, "boardId": 1, "goal": "", "startDate": at(from), "endDate": at(to)})
        };
        json!([sprint(1, "closed", before, begin), sprint(2, "active", begin, end)])
    }

    pub(super) fn impact_row(&self, place: usize) -> Value {
        let (id, value) = IMPACTS[place];
        json!({"self": self.api(&format!("customFieldOption/{id}")), "value": value, "id": id})
    }

    fn comments(&self, issue: &Issue) -> Value {
        let own = self.api(&format!("issue/{}/comment", issue.id));
        let body = || if self.shape.data_center { json!("A comment.") } else { adf::document("A comment.") };
        let row = |(n, comment): (usize, &Comment)| {
            let (author, at) = (self.user_row(comment.author), self.stamp(comment.at));
            json!({"self": format!("{own}/{n}"), "id": format!("{}{n:03}", issue.id), "author": author, "body": body(),
                "updateAuthor": author, "created": at, "updated": at})
        };
        let rows: Vec<_> = issue.comments.iter().enumerate().map(row).collect();
        json!({"comments": rows, "self": own, "maxResults": rows.len(), "total": rows.len(), "startAt": 0})
    }

    fn resolution(&self) -> Value {
        json!({"self": self.api("resolution/10000"), "id": "10000", "description": "", "name": "Done"})
    }

    fn named(&self, what: &str, names: &[String]) -> Value {
        let row = |name: &String| {
            let id = u64::from(name.bytes().fold(7u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(u16::from(byte))))
                + 10_000;
            json!({"self": self.api(&format!("{what}/{id}")), "id": id.to_string(), "name": name})
        };
        Value::Array(names.iter().map(row).collect())
    }
}

pub(super) fn avatars(of: &str) -> Value {
    let mut urls = Map::new();
    for size in ["16x16", "24x24", "32x32", "48x48"] {
        urls.insert(size.to_owned(), Value::String(format!("https://avatars.example/{of}/{size}.png")));
    }
    Value::Object(urls)
}

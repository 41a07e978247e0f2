//! The fields that the site knows, and which of them a request asked for.

use serde_json::{Value, json};

use super::{Item, PRIORITIES};

/// "Story point estimate" of team-managed projects.
pub(super) const STORY_POINT_ESTIMATE: &str = "customfield_10016";
/// "Story Points" of company-managed projects.
pub(super) const STORY_POINTS: &str = "customfield_10028";
/// "Business value", a float.
pub(super) const BUSINESS_VALUE: &str = "customfield_10050";
/// "Impact", a single choice.
pub(super) const IMPACT: &str = "customfield_10060";
/// Its options: id, value.
pub(super) const IMPACTS: [(&str, &str); 3] = [("10101", "Severe"), ("10102", "Moderate"), ("10103", "Minor")];
/// "Epic Link", by which Data Center names an issue's epic.
pub(super) const EPIC_LINK: &str = "customfield_10008";
/// "Sprint", the sprints that an issue is or was in.
pub(super) const SPRINT: &str = "customfield_10020";
/// Number fields: id, name, schema.
pub(super) const NUMBERS: [(&str, &str, &str); 3] = [
    (STORY_POINT_ESTIMATE, "Story point estimate", "com.pyxis.greenhopper.jira:jsw-story-points"),
    (STORY_POINTS, "Story Points", "com.atlassian.jira.plugin.system.customfieldtypes:float"),
    (BUSINESS_VALUE, "Business value", "com.atlassian.jira.plugin.system.customfieldtypes:float"),
];

/// System fields: id, name, type, items of an array, names in JQL.
pub(super) const SYSTEM: [(&str, &str, &str, &str, &[&str]); 24] = [
    ("summary", "Summary", "string", "", &["summary"]),
    ("description", "Description", "string", "", &["description"]),
    ("labels", "Labels", "array", "string", &["labels"]),
    ("status", "Status", "status", "", &["status"]),
    ("statuscategorychangedate", "Status Category Changed", "datetime", "", &["statusCategoryChangedDate"]),
    ("priority", "Priority", "priority", "", &["priority"]),
    ("issuetype", "Issue Type", "issuetype", "", &["issuetype", "type"]),
    ("parent", "Parent", "issuelink", "", &["parent"]),
    ("project", "Project", "project", "", &["project"]),
    ("issuelinks", "Linked Issues", "array", "issuelinks", &[]),
    ("created", "Created", "datetime", "", &["created", "createdDate"]),
    ("updated", "Updated", "datetime", "", &["updated", "updatedDate"]),
    ("resolutiondate", "Resolved", "datetime", "", &["resolutiondate", "resolved"]),
    ("resolution", "Resolution", "resolution", "", &["resolution"]),
    ("duedate", "Due date", "date", "", &["due", "duedate"]),
    ("assignee", "Assignee", "user", "", &["assignee"]),
    ("reporter", "Reporter", "user", "", &["reporter"]),
    ("creator", "Creator", "user", "", &["creator"]),
    ("votes", "Votes", "votes", "", &["votes"]),
    ("watches", "Watchers", "watches", "", &["watchers"]),
    ("comment", "Comment", "comments-page", "", &["comment"]),
    ("components", "Components", "array", "component", &["component"]),
    ("fixVersions", "Fix versions", "array", "version", &["fixVersion"]),
    ("security", "Security Level", "securitylevel", "", &["level"]),
];

/// The number field of that id.
pub(super) fn number_field(id: &str) -> Option<&'static str> {
    NUMBERS.iter().map(|field| field.0).find(|known| *known == id)
}

/// A field's schema as `GET /field` and edit screens show it.
pub(super) fn schema(id: &str) -> Value {
    if let Some((id, _, custom)) = NUMBERS.iter().find(|field| field.0 == id) {
        let number = id.trim_start_matches("customfield_").parse::<u64>().unwrap_or(0);
        return json!({"type": "number", "custom": custom, "customId": number});
    }
    if id == IMPACT {
        return json!({"type": "option", "custom": "com.atlassian.jira.plugin.system.customfieldtypes:select", "customId": 10060});
    }
    if id == SPRINT {
        let items = json!({"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint", "customId": 10020});
        return items;
    }
    if id == EPIC_LINK {
        return json!({"type": "any", "custom": "com.pyxis.greenhopper.jira:gh-epic-link", "customId": 10008});
    }
    let known = SYSTEM.iter().find(|field| field.0 == id);
    let mut schema = json!({"type": known.map_or("string", |field| field.2), "system": id});
    if let Some(items) = known.map(|field| field.3).filter(|items| !items.is_empty()) {
        schema["items"] = Value::String(items.to_owned());
    }
    schema
}

/// The fields that a request asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldSet {
    /// Every field, or every one but `comment`, which is not navigable.
    base: Base,
    named: Vec<String>,
    without: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Nothing,
    Navigable,
    All,
}

impl FieldSet {
    /// Reads names such as `summary`, `*all`, `*navigable`, `-comment`; `default` where there are none.
    pub(super) fn read<'a>(names: impl IntoIterator<Item = &'a str>, default: &str) -> Self {
        let mut names: Vec<_> =
            names.into_iter().flat_map(|name| name.split(',')).map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            names.push(default);
        }
        let only_removals = names.iter().all(|name| name.starts_with('-'));
        let mut set = Self {
            base: if only_removals { Base::All } else { Base::Nothing },
            named: Vec::new(),
            without: Vec::new(),
        };
        for name in names {
            match name {
                "*all" => set.base = Base::All,
                "*navigable" if set.base == Base::Nothing => set.base = Base::Navigable,
                "*navigable" => {}
                name => match name.strip_prefix('-') {
                    Some(name) => set.without.push(name.to_owned()),
                    None => set.named.push(name.to_owned()),
                },
            }
        }
        set
    }

    /// Only the id was asked for, which brings neither key nor fields.
    pub(super) fn only_id(&self) -> bool {
        self.base == Base::Nothing && self.named.iter().all(|name| name == "id")
    }

    pub(super) fn has(&self, field: &str) -> bool {
        let base = match self.base {
            Base::All => true,
            Base::Navigable => field != "comment",
            Base::Nothing => false,
        };
        (base || self.named.iter().any(|name| name == field)) && !self.without.iter().any(|name| name == field)
    }

    /// So little was asked for that a page may be long.
    pub(super) fn is_small(&self) -> bool {
        self.base == Base::Nothing
            && self.named.iter().all(|name| ["id", "key", "updated", "created"].contains(&name.as_str()))
    }
}

impl Item {
    pub(super) fn text(field: &'static str, from: Option<String>, to: Option<String>) -> Self {
        Self { field, from: None, from_text: from, to: None, to_text: to }
    }

    pub(super) fn choice(field: &'static str, from: (&str, &str), to: (&str, &str)) -> Self {
        let own = |text: &str| Some(text.to_owned());
        Self { field, from: own(from.0), from_text: own(from.1), to: own(to.0), to_text: own(to.1) }
    }

    pub(super) fn priority(from: usize, to: usize) -> Self {
        Self::choice("priority", PRIORITIES[from], PRIORITIES[to])
    }

    pub(super) fn labels(from: &[String], to: &[String]) -> Self {
        let words = |labels: &[String]| Some(labels.join(" "));
        Self {
            field: "labels",
            from: Some(String::new()),
            from_text: words(from),
            to: Some(String::new()),
            to_text: words(to),
        }
    }

    pub(super) fn impact(from: Option<usize>, to: Option<usize>) -> Self {
        let part = |place: Option<usize>, of: fn((&str, &str)) -> String| place.map(|place| of(IMPACTS[place]));
        let (id, value) = (|option: (&str, &str)| option.0.to_owned(), |option: (&str, &str)| option.1.to_owned());
        Self {
            field: IMPACT,
            from: part(from, id),
            from_text: part(from, value),
            to: part(to, id),
            to_text: part(to, value),
        }
    }

    pub(super) fn number(field: &'static str, from: Option<f64>, to: Option<f64>) -> Self {
        Self::text(field, from.map(|number| number.to_string()), to.map(|number| number.to_string()))
    }
}

/// A field's name, as changelogs show it.
pub(super) fn field_name(id: &str) -> &str {
    if id == IMPACT {
        return "Impact";
    }
    NUMBERS.iter().find(|field| field.0 == id).map_or(id, |field| field.1)
}

/// The name for people in catalogues and on screens.
pub(super) fn display_name(id: &str) -> &str {
    SYSTEM.iter().find(|field| field.0 == id).map_or_else(|| field_name(id), |field| field.1)
}

//! Row -> Issue. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::flavour::Flavour;
use super::memory::Site;
use super::told::Field;
use super::wire::{Comment, Comments, Fields, Kind, Link, Row, Stub, User};
use super::{adf, sprint, wiki};
use crate::model::{
    ContainerKey, Day, DueSource, Issue, IssueId, IssueKey, Person, Presence, Reading, Reference, Relation,
    RelationKind, Status, Talk, Text, Tier, TrackerName, Turn,
};

/// Words in a resolution or a closed status that say that nothing was done.
const DROPPED: [&str; 16] = [
    "won't",
    "wont",
    "won’t",
    "will not",
    "duplicate",
    "cannot reproduce",
    "can't reproduce",
    "not a bug",
    "declined",
    "rejected",
    "cancel",
    "obsolete",
    "invalid",
    "abandoned",
    "incomplete",
    "discarded",
];

/// What a row doesn't say of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) tracker: &'a TrackerName,
    /// Where people read issues, and which fields hold what.
    pub(super) site: &'a Site,
    /// Ids of further fields to read.
    pub(super) fields: &'a [String],
    pub(super) turn: Turn,
    pub(super) by_id: bool,
}

/// An issue.
pub(super) fn issue(row: &Row, place: Place<'_>) -> Issue {
    let fields = &row.fields;
    let key = IssueKey::new(place.tracker, &row.key);
    let container = match &fields.project {
        Some(project) if !project.key.is_empty() => ContainerKey::new(place.tracker, &project.key),
        _ => key.container(),
    };
    // Of two that are filled the larger counts, as between the issues of one item.
    let given = place.site.story_points.iter().filter_map(|id| Some((fields.rest.get(id).and_then(points)?, id)));
    let story_points = given.max_by(|a, b| a.0.total_cmp(&b.0));
    let author = fields.creator.as_ref().or(fields.reporter.as_ref()).and_then(person);
    Issue {
        id: IssueId::new(place.tracker, &row.id),
        url: format!("{}/browse/{}", place.site.url, row.key),
        key,
        aliases: Vec::new(),
        container,
        item: None,
        title: fields.summary.clone(),
        text: Text::of(&text(&fields.description, place.site.flavour), None),
        kind: Some(fields.kind.name.clone()).filter(|name| !name.is_empty()),
        tier: tier(&fields.kind),
        status: status(fields),
        status_name: fields.status.name.clone(),
        labels: sorted(fields.labels.iter().cloned()),
        priority: fields.priority.as_ref().map(|priority| priority.name.clone()).filter(|name| !name.is_empty()),
        story_points: story_points.map(|(points, _)| points),
        story_points_field: story_points.map(|(_, id)| id.clone()),
        fields: named_fields(fields, place.fields),
        assignees: fields.assignee.as_ref().and_then(person).into_iter().collect(),
        due: due(fields, &place.site.sprints),
        components: sorted(fields.components.iter().map(|component| component.name.clone())),
        created: fields.created,
        updated: fields.updated,
        status_changed: fields.status_changed,
        reactions: 0,
        votes: fields.votes.votes,
        watchers: fields.watches.count,
        comments: fields.comment.total,
        talk: talk(&fields.comment, author.as_ref()),
        merged_lines: None,
        author,
        relations: relations(fields, &place.site.epic_links),
        blocker_count: 0,
        private: !fields.security.is_null(),
        presence: Presence::Here,
        reading: Reading { turn: place.turn, by_id: place.by_id },
    }
}

/// A description as Markdown-like text: Cloud tells a document, Data Center wiki markup.
fn text(description: &Value, flavour: Flavour) -> String {
    match (flavour, description) {
        (Flavour::DataCenter, Value::String(markup)) => wiki::text(markup),
        _ => adf::text(description),
    }
}

fn named_fields(fields: &Fields, wanted: &[String]) -> BTreeMap<String, String> {
    let priority = || fields.priority.as_ref().map(|priority| priority.name.clone());
    let read = |id: &String| if id == "priority" { priority() } else { fields.rest.get(id).and_then(value_text) };
    wanted.iter().filter_map(|id| Some((id.clone(), read(id).filter(|text| !text.is_empty())?))).collect()
}

/// A field's value as people read it: an option's value, a name, a number without needless digits. None: it is empty.
pub(super) fn value_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(whether) => whether.to_string(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().filter_map(value_text).collect::<Vec<_>>().join(", "),
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str);
            part("value").or_else(|| part("name")).or_else(|| part("displayName"))?.to_owned()
        }
    };
    Some(text).filter(|text| !text.is_empty())
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.filter(|text| !text.is_empty()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Story points that make sense: finite and not negative.
fn points(value: &Value) -> Option<f64> {
    value.as_f64().filter(|points| points.is_finite() && *points >= 0.0)
}

pub(super) fn person(user: &User) -> Option<Person> {
    (!user.id().is_empty()).then(|| Person { id: user.id().to_owned(), name: user.shown().to_owned() })
}

/// What came along of an issue's comments. None: none did, though there are some.
fn talk(comments: &Comments, author: Option<&Person>) -> Option<Talk> {
    let told = comments.total == 0 || !comments.comments.is_empty();
    told.then(|| Talk::of(author, comments.comments.iter().filter_map(|one| Some((commenter(one), one.created?)))))
}

fn commenter(comment: &Comment) -> Option<&str> {
    comment.author.as_ref().map(User::id).filter(|id| !id.is_empty())
}

fn tier(kind: &Kind) -> Tier {
    match kind.level {
        Some(level) if level >= 1 => Tier::Epic,
        Some(level) if level < 0 => Tier::Subtask,
        _ if kind.subtask => Tier::Subtask,
        None if kind.name.eq_ignore_ascii_case("epic") => Tier::Epic,
        _ => Tier::Standard,
    }
}

fn status(fields: &Fields) -> Status {
    match fields.status.category.key.as_str() {
        "indeterminate" => Status::Doing,
        "done" => {
            let resolution = fields.resolution.as_ref().map_or("", |resolution| &resolution.name).to_lowercase();
            let name = fields.status.name.to_lowercase();
            let dropped = DROPPED.iter().any(|word| resolution.contains(word) || name.contains(word));
            if dropped { Status::Dropped } else { Status::Done }
        }
        _ => Status::Todo,
    }
}

/// Its own due date, else the earliest of a version that isn't out yet and of a sprint that runs.
fn due(fields: &Fields, sprints: &[String]) -> Option<(Day, DueSource)> {
    if let Some(day) = fields.due {
        return Some((day, DueSource::Issue));
    }
    let open = fields.releases.iter().filter(|release| !release.released);
    let releases = open.filter_map(|release| Some((release.date?, DueSource::Milestone)));
    let ends = sprints.iter().filter_map(|id| Some((sprint::end(fields.rest.get(id)?)?, DueSource::Sprint)));
    releases.chain(ends).min()
}

fn relations(fields: &Fields, epic_links: &[String]) -> Vec<Relation> {
    let to_parent = |to| Relation { kind: RelationKind::Parent, to };
    let parent = fields.parent.as_ref().map(reference);
    // A sub-task's epic is its parent's; its own link would make two parents.
    let epic = epic_links
        .iter()
        .filter(|_| parent.is_none())
        .filter_map(|id| fields.rest.get(id).and_then(Value::as_str))
        .find(|key| key.contains('-'))
        .map(|key| Reference { id: None, local: key.to_owned(), closed: None });
    let parents = parent.clone().into_iter().chain(epic).map(to_parent);
    parents.chain(fields.links.iter().filter_map(relation)).collect::<BTreeSet<Relation>>().into_iter().collect()
}

/// An entry that has `inwardIssue` reads "this issue <inward> that one", else "this issue <outward> that one".
fn relation(link: &Link) -> Option<Relation> {
    let (phrase, stub, inward) = match (&link.inward, &link.outward) {
        (Some(stub), _) => (link.kind.inward.to_lowercase(), stub, true),
        (None, Some(stub)) => (link.kind.outward.to_lowercase(), stub, false),
        (None, None) => return None,
    };
    let called = |word: &str| {
        [&link.kind.name, &link.kind.inward, &link.kind.outward].iter().any(|name| name.to_lowercase().contains(word))
    };
    let kind = if phrase.contains("blocked") {
        RelationKind::BlockedBy
    } else if phrase.contains("block") {
        RelationKind::Blocks
    } else if called("block") {
        // A translated or renamed phrase: the ends tell the direction as they do for "Blocks".
        if inward { RelationKind::BlockedBy } else { RelationKind::Blocks }
    } else if called("duplicat") && !inward {
        RelationKind::Duplicates
    } else {
        return None;
    };
    Some(Relation { kind, to: reference(stub) })
}

fn reference(stub: &Stub) -> Reference {
    let closed = stub.fields.status.as_ref().map(|status| status.category.key.as_str()).filter(|key| !key.is_empty());
    Reference { id: stub.id.clone(), local: stub.key.clone(), closed: closed.map(|key| key == "done") }
}

/// The story-point fields, and what a person should know about them.
///
/// A site has up to two: that of its team-managed projects, told by its schema, and that of its company-managed ones, an
/// ordinary number told by its name. An issue fills the one of its project. Several of one sort are not guessed between.
pub(super) fn story_points(fields: &[Field], pinned: Option<&str>) -> (Vec<String>, Vec<String>) {
    if let Some(id) = pinned {
        if fields.iter().any(|field| field.id == id) {
            return (vec![id.to_owned()], Vec::new());
        }
        let finding = format!(
            "the field {id} of fields.story_points isn't on this site (or not visible); story points aren't read"
        );
        return (Vec::new(), vec![finding]);
    }
    let named = |field: &Field, name: &str| {
        field.name.eq_ignore_ascii_case(name) || field.untranslated.eq_ignore_ascii_case(name)
    };
    let of_teams = |field: &Field| field.schema.custom.ends_with(":jsw-story-points");
    let of_companies = |field: &Field| {
        let float = field.schema.custom.ends_with(":float");
        float && (named(field, "Story Points") || named(field, "Story point estimate"))
    };
    let (mut ids, mut findings) = (Vec::new(), Vec::new());
    let sorts: [&dyn Fn(&Field) -> bool; 2] = [&of_teams, &of_companies];
    for is_one in sorts {
        let candidates: BTreeMap<&str, &str> =
            fields.iter().filter(|field| is_one(field)).map(|field| (field.id.as_str(), field.name.as_str())).collect();
        if candidates.len() > 1 {
            let list: Vec<String> = candidates.iter().map(|(id, name)| format!("{id} ({name})")).collect();
            findings.push(format!(
                "several fields could be story points: {}; none of them is read until fields.story_points names one",
                list.join(", ")
            ));
        } else {
            ids.extend(candidates.keys().map(|id| (*id).to_owned()));
        }
    }
    (ids, findings)
}

/// The fields of Data Center that name an issue's epic.
pub(super) fn epic_links(fields: &[Field], flavour: Flavour) -> Vec<String> {
    let is_link = |field: &&Field| field.schema.custom == "com.pyxis.greenhopper.jira:gh-epic-link";
    let found = fields.iter().filter(|_| flavour == Flavour::DataCenter).filter(is_link);
    found.map(|field| field.id.clone()).collect()
}

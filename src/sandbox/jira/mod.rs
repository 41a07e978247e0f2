//! The Jira site, Cloud or Data Center: its state. Requests are answered in routes, search and edit; rows made in render.

mod acts;
mod adf;
mod catalogue;
mod changelog;
mod edit;
mod fields;
mod jql;
mod lexer;
mod plant;
mod render;
mod routes;
mod search;
mod tell;
mod terms;
mod wiki;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;

use super::clock::whole_second;
use super::message::Call;
use super::webhooks::Outbox;
use super::{Entry, Facts, JiraShape, SandboxError, Tracker, Zone};

/// Method and route of a request, and whether it could change something.
pub(super) fn route_name(call: &Call) -> (String, bool) {
    let path: Vec<_> = call.segments.iter().map(String::as_str).collect();
    let found = routes::find(call.method.as_str(), &path, None);
    let writes = found.as_ref().map_or(call.method != http::Method::GET, |route| route.writes);
    let name = found.map_or_else(
        || call.target.split('?').next().unwrap_or("/").to_owned(),
        |route| match call.segment(1) {
            "api" => format!("/rest/api/{}{}", call.segment(2), route.path),
            _ => route.path.to_owned(),
        },
    );
    (format!("{} {name}", call.method), writes)
}

/// Reads a query, for whoever only wants to know whether it can be read.
#[cfg(any(fuzzing, test))]
pub(super) fn read_jql(text: &str) -> Result<(), String> {
    jql::parse(text).map(drop)
}

/// By which id the gateway knows the site.
const CLOUD_ID: &str = "0b07b07b-0000-4000-8000-00000000c1d0";

/// The request's target as the site sees it, and whether it came through the gateway; None: not the site's.
pub(super) fn entrance<'a>(shape: &JiraShape, target: &'a str) -> Option<(&'a str, bool)> {
    let inside = |prefix: &str| target.strip_prefix(prefix).filter(|rest| rest.starts_with('/'));
    let gateway = inside(&format!("/ex/jira/{CLOUD_ID}")).filter(|_| !shape.data_center);
    gateway.map(|rest| (rest, true)).or_else(|| inside(&shape.context).map(|rest| (rest, false)))
}

/// All of it.
pub(in crate::sandbox) struct Site {
    base: String,
    user: String,
    token: String,
    read_only_token: String,
    zone: Zone,
    shape: JiraShape,
    started: Timestamp,
    search_lag_ms: u64,
    /// Stamps have no fraction of a second.
    whole_seconds: bool,
    request: u64,
    people: Vec<Person>,
    person_by_name: HashMap<String, usize>,
    projects: Vec<Project>,
    issues: BTreeMap<u64, Issue>,
    /// Ids by key, upper case, old keys included.
    ids: HashMap<String, u64>,
    by_updated: BTreeSet<(Timestamp, u64)>,
    links: Vec<Link>,
    /// What search still shows of issues written to a moment ago.
    stale: Vec<Stale>,
    next_issue_id: u64,
    next_history_id: u64,
    /// Histories below this id were planted.
    first_history_id: u64,
    /// Whom it tells what happens.
    pub(in crate::sandbox) outbox: Outbox,
}

/// The bot's place among the people.
const BOT: usize = 0;

struct Person {
    /// By which seeds and acts refer to them.
    name: String,
    account: String,
    display: String,
    email: String,
}

struct Project {
    id: u64,
    key: String,
    name: String,
    team_managed: bool,
    priority_hidden: bool,
    last_number: u32,
}

#[derive(Clone)]
struct Issue {
    id: u64,
    key: String,
    project: usize,
    summary: String,
    description: Option<String>,
    kind: usize,
    status: usize,
    status_since: Timestamp,
    priority: usize,
    labels: Vec<String>,
    parent: Option<u64>,
    /// Number fields by id.
    numbers: BTreeMap<&'static str, f64>,
    /// The option of [`fields::IMPACT`], by its place.
    impact: Option<usize>,
    /// Places in the site's links.
    links: Vec<usize>,
    reporter: Option<usize>,
    assignee: Option<usize>,
    votes: u32,
    watches: u32,
    comments: Vec<Comment>,
    components: Vec<String>,
    fix_versions: Vec<String>,
    security: Option<String>,
    due: Option<Date>,
    /// When the sprint that it is in, and that runs, ends.
    sprint_ends: Option<Timestamp>,
    created: Timestamp,
    updated: Timestamp,
    resolved: Option<Timestamp>,
    history: Vec<History>,
}

#[derive(Clone)]
struct Comment {
    author: usize,
    at: Timestamp,
}

#[derive(Clone)]
struct History {
    id: u64,
    at: Timestamp,
    author: usize,
    items: Vec<Item>,
}

#[derive(Clone)]
struct Item {
    field: &'static str,
    from: Option<String>,
    from_text: Option<String>,
    to: Option<String>,
    to_text: Option<String>,
}

/// A link says: `source` *outward* `target`, as in "source blocks target".
struct Link {
    id: u64,
    kind: usize,
    source: u64,
    target: u64,
    gone: bool,
}

/// An issue as it was until a write.
struct Stale {
    id: u64,
    written: Timestamp,
    /// Nothing for an issue that was created by the write.
    before: Option<Box<Issue>>,
}

/// A status and its category.
struct Status {
    id: &'static str,
    name: &'static str,
    category: Category,
}

/// What a status means: id, key, name, colour.
struct Category {
    id: u8,
    key: &'static str,
    name: &'static str,
    color: &'static str,
}

const NEW: Category = Category { id: 2, key: "new", name: "To Do", color: "blue-gray" };
const INDETERMINATE: Category = Category { id: 4, key: "indeterminate", name: "In Progress", color: "yellow" };
const DONE: Category = Category { id: 3, key: "done", name: "Done", color: "green" };

const STATUSES: [Status; 4] = [
    Status { id: "10000", name: "To Do", category: NEW },
    Status { id: "3", name: "In Progress", category: INDETERMINATE },
    Status { id: "10001", name: "In Review", category: INDETERMINATE },
    Status { id: "10002", name: "Done", category: DONE },
];

/// Priority ids and names, highest first.
const PRIORITIES: [(&str, &str); 5] = [("1", "Highest"), ("2", "High"), ("3", "Medium"), ("4", "Low"), ("5", "Lowest")];
/// What an issue gets that names none.
const DEFAULT_PRIORITY: usize = 2;

/// Issue types: id, name, hierarchy level.
const KINDS: [(&str, &str, i8); 5] =
    [("10000", "Epic", 1), ("10001", "Story", 0), ("10002", "Task", 0), ("10003", "Bug", 0), ("10004", "Sub-task", -1)];

/// Link types: id, name, inward, outward.
const LINK_KINDS: [(&str, &str, &str, &str); 3] = [
    ("10000", "Blocks", "is blocked by", "blocks"),
    ("10001", "Duplicate", "is duplicated by", "duplicates"),
    ("10002", "Relates", "relates to", "relates to"),
];

impl Site {
    /// Id of the issue that goes, or went, by this key or id.
    fn id_of(&self, key: &str) -> Option<u64> {
        let by_id = || key.parse().ok().filter(|id| self.issues.contains_key(id));
        self.ids.get(&key.to_uppercase()).copied().or_else(by_id)
    }

    fn find(&self, key: &str) -> Result<u64, SandboxError> {
        let id = self.id_of(key).filter(|id| self.issues.contains_key(id));
        id.ok_or_else(|| SandboxError::unknown("Jira issue", key))
    }

    /// The person of that name, who exists by being named.
    fn person(&mut self, name: &str) -> usize {
        if let Some(known) = self.person_by_name.get(name) {
            return *known;
        }
        let place = self.people.len();
        self.people.push(Person {
            name: name.to_owned(),
            account: format!("5b10a2844c20165700ed{place:04}"),
            display: name.to_owned(),
            email: String::new(),
        });
        self.person_by_name.insert(name.to_owned(), place);
        place
    }

    /// Applies a change with its changelog; nothing moves where nothing changes.
    fn change(&mut self, id: u64, author: usize, now: Timestamp, items: Vec<Item>, apply: impl FnOnce(&mut Issue)) {
        self.remember(id, now);
        let history_id = self.next_history_id;
        self.next_history_id += 1;
        let now = if self.whole_seconds { whole_second(now) } else { whole_millisecond(now) };
        let Some(issue) = self.issues.get_mut(&id) else { return };
        apply(issue);
        self.by_updated.remove(&(issue.updated, id));
        issue.updated = now;
        let changed = !items.is_empty();
        if changed {
            issue.history.push(History { id: history_id, at: issue.updated, author, items });
        }
        self.by_updated.insert((issue.updated, id));
        self.tell(id, "issue_updated", author, now, changed);
    }

    /// Keeps what search shows until its index has caught up.
    fn remember(&mut self, id: u64, now: Timestamp) {
        if self.search_lag_ms > 0 {
            let before = self.issues.get(&id).cloned().map(Box::new);
            self.stale.push(Stale { id, written: now, before });
        }
    }

    /// Sets how long its search lags, and how fine its stamps are.
    pub(super) fn set_states(&mut self, search_lag_ms: u64, whole_seconds: bool) {
        (self.search_lag_ms, self.whole_seconds) = (search_lag_ms, whole_seconds);
    }

    /// An issue's stamp moves and nothing else, as when somebody comments and takes the comment back.
    fn touch(&mut self, id: u64, now: Timestamp) {
        self.change(id, BOT, now, Vec::new(), |_| {});
    }

    /// The projects' keys.
    pub(super) fn keys(&self) -> Vec<String> {
        self.projects.iter().map(|project| project.key.clone()).collect()
    }

    pub(super) fn facts(&self, key: &str) -> Result<Facts, SandboxError> {
        Ok(facts_of(&self.issues[&self.find(key)?]))
    }

    pub(super) fn all_facts(&self) -> BTreeMap<String, Facts> {
        self.issues.values().map(|issue| (issue.key.clone(), facts_of(issue))).collect()
    }

    pub(super) fn log(&self) -> Vec<Entry> {
        let mut log = Vec::new();
        for issue in self.issues.values() {
            for history in issue.history.iter().filter(|history| history.id >= self.first_history_id) {
                log.extend(history.items.iter().map(|item| Entry {
                    at: history.at,
                    tracker: Tracker::Jira,
                    key: issue.key.clone(),
                    actor: self.people[history.author].name.clone(),
                    what: item.field.to_owned(),
                    from: item.from_text.clone(),
                    to: item.to_text.clone(),
                }));
            }
        }
        log
    }
}

fn facts_of(issue: &Issue) -> Facts {
    let mut labels = issue.labels.clone();
    labels.sort();
    Facts {
        id: issue.id.to_string(),
        title: issue.summary.clone(),
        open: STATUSES[issue.status].category.key != DONE.key,
        pull_request: false,
        labels,
        priority: Some(PRIORITIES[issue.priority].1.to_owned()),
        status: STATUSES[issue.status].name.to_owned(),
        numbers: issue.numbers.iter().map(|(id, number)| ((*id).to_owned(), *number)).collect(),
        updated: issue.updated,
    }
}

fn whole_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

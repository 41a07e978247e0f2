//! The GitHub: its state, and seeds -> state. Requests are answered in routes, rows made in render.

mod acts;
mod apps;
mod comments;
mod issues;
mod labels;
mod plant;
mod pulls;
mod relations;
mod render;
mod repositories;
mod routes;
mod tell;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

pub use apps::{GithubApp, GithubInstallation};

use super::message::Call;
use super::webhooks::Outbox;
use super::{Entry, Facts, SandboxError, Tracker};

/// Method and route of a request, and whether it could change something.
pub(super) fn route_name(call: &Call) -> (String, bool) {
    let path = routes::find(call.method.as_str(), &routes::normal(&call.segments)).map(|route| route.path);
    let path = path.unwrap_or_else(|| call.target.split('?').next().unwrap_or("/"));
    (format!("{} {path}", call.method), !matches!(call.method.as_str(), "GET" | "HEAD" | "OPTIONS"))
}

/// All of it.
pub(in crate::sandbox) struct GitHub {
    base: String,
    /// Where people read: the pages' address.
    web: String,
    /// An Enterprise server of an older release.
    enterprise: bool,
    token: String,
    read_only_token: String,
    token_expires: Option<Timestamp>,
    app: Option<GithubApp>,
    minted: Vec<apps::Minted>,
    /// The first installation's id.
    first_installation: u64,
    bot: usize,
    limit_per_hour: u64,
    used: u64,
    window_end: Timestamp,
    request: u64,
    people: Vec<Person>,
    person_by_login: HashMap<String, usize>,
    repos: Vec<Repo>,
    /// Where an issue lives now: repository and number by id.
    places: HashMap<u64, (usize, u32)>,
    next_issue_id: u64,
    next_label_id: u64,
    next_comment_id: u64,
    next_event_id: u64,
    /// Events below this id were planted.
    first_event_id: u64,
    /// Whom it tells what happens.
    pub(in crate::sandbox) outbox: Outbox,
}

struct Person {
    login: String,
    name: String,
    id: u64,
}

struct Repo {
    id: u64,
    owner: String,
    name: String,
    /// Full names, lower case, under which it was known before.
    old_names: Vec<String>,
    description: String,
    private: bool,
    /// Nobody sees it any more.
    hidden: bool,
    archived: bool,
    fork: bool,
    has_issues: bool,
    labels: Vec<Label>,
    milestones: Vec<Milestone>,
    issues: BTreeMap<u32, Issue>,
    gone: BTreeMap<u32, Gone>,
    by_updated: BTreeSet<(Timestamp, u32)>,
    events: Vec<Event>,
    created: Timestamp,
}

struct Label {
    id: u64,
    name: String,
    folded: String,
    color: String,
    description: Option<String>,
}

struct Milestone {
    id: u64,
    number: u32,
    title: String,
    due_on: Option<Timestamp>,
    closed: bool,
    created: Timestamp,
}

/// What became of a number that holds no issue any more.
enum Gone {
    Deleted,
    Transferred { id: u64 },
}

struct Issue {
    id: u64,
    title: String,
    body: Option<String>,
    author: Option<usize>,
    /// Label ids, in the order in which they were added.
    labels: Vec<u64>,
    kind: Option<String>,
    closed: Option<Closed>,
    /// Oldest first.
    comments: Vec<comments::Comment>,
    reactions: [u32; REACTIONS.len()],
    milestone: Option<usize>,
    assignees: Vec<usize>,
    parent: Option<u64>,
    children: Vec<u64>,
    blocked_by: Vec<u64>,
    blocking: Vec<u64>,
    pull_request: bool,
    /// Lines that a merged pull request changed. None: it isn't merged.
    merged_lines: Option<u32>,
    created: Timestamp,
    updated: Timestamp,
    reopened: bool,
}

struct Closed {
    at: Timestamp,
    by: Option<usize>,
    reason: Option<String>,
}

struct Event {
    id: u64,
    number: u32,
    actor: Option<usize>,
    /// Done by the app.
    by_app: bool,
    at: Timestamp,
    change: Change,
}

enum Change {
    Labeled { name: String, color: String },
    Unlabeled { name: String, color: String },
    Renamed { from: String, to: String },
    Closed,
    Reopened,
}

impl Change {
    fn name(&self) -> &'static str {
        match self {
            Self::Labeled { .. } => "labeled",
            Self::Unlabeled { .. } => "unlabeled",
            Self::Renamed { .. } => "renamed",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }
}

/// The reactions, as rows name them.
const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"];

impl Repo {
    fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The label of that name, case folded.
    fn label(&self, name: &str) -> Option<usize> {
        let folded = name.to_lowercase();
        self.labels.iter().position(|label| label.folded == folded)
    }

    fn label_name(&self, id: u64) -> &str {
        self.labels.iter().find(|label| label.id == id).map_or("", |label| &label.name)
    }

    /// The issue was changed in a way that moves its stamp.
    fn touch(&mut self, number: u32, now: Timestamp) {
        if let Some(issue) = self.issues.get_mut(&number) {
            self.by_updated.remove(&(issue.updated, number));
            issue.updated = super::clock::whole_second(now);
            self.by_updated.insert((issue.updated, number));
        }
    }
}

impl GitHub {
    /// The repository that goes by this name now.
    fn repo_named(&self, full_name: &str) -> Option<usize> {
        let (owner, name) = full_name.split_once('/')?;
        self.repos.iter().position(|r| r.owner.eq_ignore_ascii_case(owner) && r.name.eq_ignore_ascii_case(name))
    }

    /// Repository and number behind `owner/name#n`.
    fn find(&self, key: &str) -> Result<(usize, u32), SandboxError> {
        let unknown = || SandboxError::unknown("GitHub issue", key);
        let (repo, number) = key.split_once('#').ok_or_else(unknown)?;
        let repo = self.repo_named(repo).ok_or_else(unknown)?;
        let number = number.parse().map_err(|_| unknown())?;
        self.repos[repo].issues.contains_key(&number).then_some((repo, number)).ok_or_else(unknown)
    }

    fn issue(&self, repo: usize, number: u32) -> Option<&Issue> {
        self.repos.get(repo)?.issues.get(&number)
    }

    fn issue_mut(&mut self, repo: usize, number: u32) -> Option<&mut Issue> {
        self.repos.get_mut(repo)?.issues.get_mut(&number)
    }

    fn by_id(&self, id: u64) -> Option<&Issue> {
        let (repo, number) = self.places.get(&id)?;
        self.issue(*repo, *number)
    }

    fn by_id_mut(&mut self, id: u64) -> Option<&mut Issue> {
        let (repo, number) = *self.places.get(&id)?;
        self.issue_mut(repo, number)
    }

    /// The person of that login, who exists by being named.
    fn person(&mut self, login: &str) -> usize {
        if let Some(known) = self.person_by_login.get(login) {
            return *known;
        }
        let place = self.people.len();
        self.people.push(Person { login: login.to_owned(), name: login.to_owned(), id: 5_000_001 + place as u64 });
        self.person_by_login.insert(login.to_owned(), place);
        place
    }

    fn record(&mut self, repo: usize, number: u32, actor: Option<usize>, at: Timestamp, change: Change) {
        let id = self.next_event_id;
        self.next_event_id += 1;
        let by_app = self.app.is_some() && actor.is_some_and(|actor| self.is_app(actor));
        self.tell_change(repo, number, actor, &change);
        self.repos[repo].events.push(Event { id, number, actor, by_app, at, change });
    }

    /// Puts a label on an issue; `false` when it was there. Unknown names are created grey.
    fn add_label(&mut self, repo: usize, number: u32, name: &str, actor: Option<usize>, at: Timestamp) -> bool {
        let place = self.repos[repo].label(name).unwrap_or_else(|| self.create_label(repo, name, "ededed", None));
        let (id, name, color) = {
            let label = &self.repos[repo].labels[place];
            (label.id, label.name.clone(), label.color.clone())
        };
        let Some(issue) = self.issue_mut(repo, number) else { return false };
        if issue.labels.contains(&id) {
            return false;
        }
        issue.labels.push(id);
        self.repos[repo].touch(number, at);
        self.record(repo, number, actor, at, Change::Labeled { name, color });
        true
    }

    /// Takes a label off an issue; `false` when it wasn't there.
    fn take_label(&mut self, repo: usize, number: u32, name: &str, actor: Option<usize>, at: Timestamp) -> bool {
        let Some(place) = self.repos[repo].label(name) else { return false };
        let label = &self.repos[repo].labels[place];
        let (id, name, color) = (label.id, label.name.clone(), label.color.clone());
        let Some(issue) = self.issue_mut(repo, number) else { return false };
        let before = issue.labels.len();
        issue.labels.retain(|held| *held != id);
        if issue.labels.len() == before {
            return false;
        }
        self.repos[repo].touch(number, at);
        self.record(repo, number, actor, at, Change::Unlabeled { name, color });
        true
    }

    fn create_label(&mut self, repo: usize, name: &str, color: &str, description: Option<String>) -> usize {
        let id = self.next_label_id;
        self.next_label_id += 1;
        let label =
            Label { id, name: name.to_owned(), folded: name.to_lowercase(), color: color.to_owned(), description };
        self.repos[repo].labels.push(label);
        self.repos[repo].labels.len() - 1
    }

    /// The repositories' names.
    pub(super) fn names(&self) -> Vec<String> {
        self.repos.iter().map(Repo::full_name).collect()
    }

    /// What an issue holds.
    pub(super) fn facts(&self, key: &str) -> Result<Facts, SandboxError> {
        let (repo, number) = self.find(key)?;
        let issue = &self.repos[repo].issues[&number];
        Ok(self.facts_of(&self.repos[repo], issue))
    }

    /// Everything by key.
    pub(super) fn all_facts(&self) -> BTreeMap<String, Facts> {
        let mut all = BTreeMap::new();
        for repo in &self.repos {
            for (number, issue) in &repo.issues {
                all.insert(format!("{}#{number}", repo.full_name()), self.facts_of(repo, issue));
            }
        }
        all
    }

    fn facts_of(&self, repo: &Repo, issue: &Issue) -> Facts {
        let mut labels: Vec<_> = issue.labels.iter().map(|id| repo.label_name(*id).to_owned()).collect();
        labels.sort();
        Facts {
            id: issue.id.to_string(),
            title: issue.title.clone(),
            open: issue.closed.is_none(),
            pull_request: issue.pull_request,
            labels,
            priority: None,
            status: if issue.closed.is_none() { "open" } else { "closed" }.to_owned(),
            numbers: BTreeMap::new(),
            updated: issue.updated,
        }
    }

    /// Who wrote what since the start.
    pub(super) fn log(&self) -> Vec<Entry> {
        let mut log = Vec::new();
        for repo in &self.repos {
            for event in repo.events.iter().filter(|event| event.id >= self.first_event_id) {
                log.push(self.entry(repo, event));
            }
        }
        log
    }

    fn entry(&self, repo: &Repo, event: &Event) -> Entry {
        let (from, to) = match &event.change {
            Change::Labeled { name, .. } => (None, Some(name.clone())),
            Change::Unlabeled { name, .. } => (Some(name.clone()), None),
            Change::Renamed { from, to } => (Some(from.clone()), Some(to.clone())),
            Change::Closed | Change::Reopened => (None, None),
        };
        Entry {
            at: event.at,
            tracker: Tracker::GitHub,
            key: format!("{}#{}", repo.full_name(), event.number),
            actor: event.actor.map_or_else(String::new, |actor| self.people[actor].login.clone()),
            what: event.change.name().to_owned(),
            from,
            to,
        }
    }
}

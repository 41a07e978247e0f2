//! Seeds -> the site's state, laid out around the moment of the start.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};

use super::fields::{BUSINESS_VALUE, STORY_POINT_ESTIMATE, STORY_POINTS};
use super::{
    Comment, DEFAULT_PRIORITY, DONE, History, Issue, Item, KINDS, LINK_KINDS, Link, PRIORITIES, Person, Project,
    STATUSES, Site, whole_millisecond,
};
use crate::sandbox::clock::days_before;
use crate::sandbox::corpus::JiraIssueSeed;
use crate::sandbox::webhooks::Outbox;
use crate::sandbox::{Corpus, Options, SandboxError};

/// The first issue's id.
const FIRST_ID: u64 = 10_001;

impl Site {
    /// A site that holds the corpus's projects.
    pub(in crate::sandbox) fn planted(
        corpus: &Corpus,
        options: &Options,
        base: &str,
        now: Timestamp,
    ) -> Result<Self, SandboxError> {
        let bot = Person {
            name: options.jira_user.clone(),
            account: "712020:b07b07b0-0000-4000-8000-000000000001".to_owned(),
            display: "roadmapd bot".to_owned(),
            email: options.jira_user.clone(),
        };
        let mut site = Self {
            base: base.to_owned(),
            user: options.jira_user.clone(),
            token: options.jira_token.clone(),
            read_only_token: options.jira_read_only_token.clone(),
            zone: options.jira_zone.clone(),
            shape: options.jira_shape.clone(),
            started: now,
            search_lag_ms: 0,
            whole_seconds: false,
            request: 0,
            person_by_name: HashMap::from([(bot.name.clone(), 0)]),
            people: vec![bot],
            projects: Vec::new(),
            issues: BTreeMap::new(),
            ids: HashMap::new(),
            by_updated: BTreeSet::new(),
            links: Vec::new(),
            stale: Vec::new(),
            next_issue_id: FIRST_ID,
            next_history_id: 50_001,
            first_history_id: 0,
            outbox: Outbox::default(),
        };
        for seed in &corpus.people {
            let place = site.person(&seed.name);
            site.people[place].display.clone_from(&seed.display);
            site.people[place].email.clone_from(&seed.email);
        }
        for seed in &corpus.projects {
            if site.project(&seed.key).is_some() {
                return Err(SandboxError::Corpus(format!("project {:?} comes twice", seed.key)));
            }
            let place = site.projects.len();
            site.projects.push(Project {
                id: 10_000 + place as u64,
                key: seed.key.clone(),
                name: seed.name.clone(),
                team_managed: seed.team_managed,
                priority_hidden: seed.priority_hidden,
                last_number: 0,
            });
            for issue in &seed.issues {
                site.plant_issue(place, issue, now)?;
            }
        }
        site.plant_relations(corpus)?;
        site.first_history_id = site.next_history_id;
        site.search_lag_ms = options.search_lag_ms;
        Ok(site)
    }

    pub(super) fn project(&self, key: &str) -> Option<usize> {
        self.projects.iter().position(|project| project.key.eq_ignore_ascii_case(key) || project.id.to_string() == key)
    }

    /// Adds an issue without its relations.
    pub(super) fn plant_issue(
        &mut self,
        project: usize,
        seed: &JiraIssueSeed,
        now: Timestamp,
    ) -> Result<u64, SandboxError> {
        let home = &mut self.projects[project];
        let number = if seed.number == 0 { home.last_number + 1 } else { seed.number };
        home.last_number = home.last_number.max(number);
        let key = format!("{}-{number}", home.key);
        if self.ids.contains_key(&key) {
            return Err(SandboxError::Corpus(format!("{key} comes twice")));
        }
        let named = |what: &str, name: &str, place: Option<usize>| {
            place.ok_or_else(|| {
                SandboxError::Corpus(format!("{key} has the {what} {name:?}, which the site doesn't know"))
            })
        };
        let kind = if seed.kind.is_empty() { "Task" } else { &seed.kind };
        let kind = named("issue type", kind, KINDS.iter().position(|known| known.1 == kind))?;
        let status = if seed.status.is_empty() { "To Do" } else { &seed.status };
        let status = named("status", status, status_named(status))?;
        let priority = match &seed.priority {
            Some(name) => named("priority", name, priority_named(name))?,
            None => DEFAULT_PRIORITY,
        };
        if let Some(label) = seed.labels.iter().find(|label| label.contains(char::is_whitespace)) {
            return Err(SandboxError::Corpus(format!("{key} has the label {label:?}; Jira's labels have no spaces")));
        }
        let created = whole_millisecond(days_before(now, seed.created_days_ago));
        let updated = whole_millisecond(days_before(now, seed.updated_days_ago.unwrap_or(seed.created_days_ago)));
        let id = self.next_issue_id;
        self.next_issue_id += 1;
        let issue = Issue {
            id,
            key: key.clone(),
            project,
            summary: seed.summary.clone(),
            description: seed.description.clone(),
            kind,
            status,
            status_since: if status == 0 { created } else { updated },
            priority,
            labels: seed.labels.clone(),
            parent: None,
            numbers: self.numbers(project, seed),
            impact: None,
            links: Vec::new(),
            reporter: seed.reporter.as_ref().map(|name| self.person(name)),
            assignee: seed.assignee.as_ref().map(|name| self.person(name)),
            votes: seed.votes,
            watches: seed.watches,
            comments: self.talk(seed.comments, created, updated),
            components: seed.components.clone(),
            fix_versions: seed.fix_versions.clone(),
            security: seed.security.clone(),
            due: seed.due_in_days.and_then(|days| now.to_zoned(TimeZone::UTC).date().checked_add(days.days()).ok()),
            sprint_ends: seed
                .sprint_ends_in_days
                .and_then(|days| now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()),
            created,
            updated,
            resolved: (STATUSES[status].category.key == DONE.key).then_some(updated),
            history: Vec::new(),
        };
        self.ids.insert(key, id);
        self.by_updated.insert((updated, id));
        self.issues.insert(id, issue);
        if let Some(name) = &seed.priority_set_by {
            self.plant_priority(id, name, updated);
        }
        Ok(id)
    }

    /// So many comments of everybody in turn, spread from one moment to the other.
    fn talk(&self, n: u32, from: Timestamp, to: Timestamp) -> Vec<Comment> {
        let span = to.duration_since(from);
        let at = |nth: u32| from + span.checked_mul(nth.cast_signed()).unwrap_or(span) / (n + 1).cast_signed();
        let author = |nth: u32| nth as usize % self.people.len();
        (1..=n).map(|nth| Comment { author: author(nth), at: whole_millisecond(at(nth)) }).collect()
    }

    fn numbers(&self, project: usize, seed: &JiraIssueSeed) -> BTreeMap<&'static str, f64> {
        let points = if self.projects[project].team_managed && !self.shape.data_center {
            STORY_POINT_ESTIMATE
        } else {
            STORY_POINTS
        };
        [(points, seed.points), (BUSINESS_VALUE, seed.value)]
            .into_iter()
            .filter_map(|(id, number)| Some((id, number?)))
            .collect()
    }

    fn plant_priority(&mut self, id: u64, name: &str, at: Timestamp) {
        let author = self.person(name);
        let history_id = self.next_history_id;
        self.next_history_id += 1;
        if let Some(issue) = self.issues.get_mut(&id) {
            let item = Item::priority(DEFAULT_PRIORITY, issue.priority);
            issue.history.push(History { id: history_id, at, author, items: vec![item] });
        }
    }

    fn plant_relations(&mut self, corpus: &Corpus) -> Result<(), SandboxError> {
        // Issues were planted in the seeds' order, so their ids count up along with them.
        let seeds = corpus.projects.iter().flat_map(|project| &project.issues);
        for (id, seed) in (FIRST_ID..).zip(seeds) {
            if let Some(parent) = &seed.parent {
                let parent = self.find(parent)?;
                if let Some(issue) = self.issues.get_mut(&id) {
                    issue.parent = Some(parent);
                }
            }
            for link in &seed.links {
                let target = self.find(&link.to)?;
                self.connect(&link.kind, id, target)?;
            }
        }
        Ok(())
    }

    /// Links two issues; an equal link is left as it is.
    pub(super) fn connect(&mut self, kind: &str, source: u64, target: u64) -> Result<(), SandboxError> {
        let kind = LINK_KINDS
            .iter()
            .position(|known| known.1.eq_ignore_ascii_case(kind))
            .ok_or_else(|| SandboxError::unknown("link type", kind))?;
        if self.links.iter().any(|l| !l.gone && l.kind == kind && l.source == source && l.target == target) {
            return Ok(());
        }
        let place = self.links.len();
        self.links.push(Link { id: 30_001 + place as u64, kind, source, target, gone: false });
        for id in [source, target] {
            if let Some(issue) = self.issues.get_mut(&id) {
                issue.links.push(place);
            }
        }
        Ok(())
    }
}

pub(super) fn status_named(name: &str) -> Option<usize> {
    STATUSES.iter().position(|status| status.name.eq_ignore_ascii_case(name))
}

pub(super) fn priority_named(name: &str) -> Option<usize> {
    PRIORITIES.iter().position(|priority| priority.1.eq_ignore_ascii_case(name))
}

//! Seeds -> the GitHub's state, laid out around the moment of the start.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::{Change, Closed, GitHub, Issue, Milestone, Person, REACTIONS, Repo};
use crate::sandbox::clock::{days_before, whole_second};
use crate::sandbox::corpus::{GithubIssueSeed, RepositorySeed};
use crate::sandbox::webhooks::Outbox;
use crate::sandbox::{Corpus, Options, SandboxError};

impl GitHub {
    /// A GitHub that holds the corpus's repositories.
    pub(in crate::sandbox) fn planted(
        corpus: &Corpus,
        options: &Options,
        base: &str,
        now: Timestamp,
    ) -> Result<Self, SandboxError> {
        let bot = Person { login: options.github_login.clone(), name: options.github_login.clone(), id: 5_000_000 };
        let mut github = Self {
            base: base.to_owned(),
            web: if options.github_enterprise {
                base.trim_end_matches(crate::sandbox::ENTERPRISE_PATH)
            } else {
                "https://github.com"
            }
            .to_owned(),
            enterprise: options.github_enterprise,
            token_expires: options.github_token_expires,
            app: options.github_app.clone(),
            minted: Vec::new(),
            first_installation: 60_000_001,
            token: options.github_token.clone(),
            read_only_token: options.github_read_only_token.clone(),
            bot: 0,
            limit_per_hour: options.github_limit_per_hour,
            used: 0,
            window_end: now,
            request: 0,
            person_by_login: HashMap::from([(bot.login.clone(), 0)]),
            people: vec![bot],
            repos: Vec::new(),
            places: HashMap::new(),
            next_issue_id: 3_000_000_001,
            next_label_id: 7_000_000_001,
            next_comment_id: 4_000_000_001,
            next_event_id: 20_000_000_001,
            first_event_id: 0,
            outbox: Outbox::default(),
        };
        for seed in &corpus.people {
            let place = github.person(&seed.name);
            github.people[place].name.clone_from(&seed.display);
        }
        let mut planted = Vec::new();
        for seed in &corpus.repositories {
            let numbers = github.plant_repository(seed, now)?;
            planted.extend(
                seed.issues.iter().zip(numbers).map(|(issue, number)| (format!("{}#{number}", seed.name), issue)),
            );
        }
        for (key, seed) in planted {
            github.relate_planted(&key, seed)?;
        }
        github.first_event_id = github.next_event_id;
        Ok(github)
    }

    /// Adds a repository, and gives its issues' numbers in the seeds' order.
    fn plant_repository(&mut self, seed: &RepositorySeed, now: Timestamp) -> Result<Vec<u32>, SandboxError> {
        let (owner, name) = seed
            .name
            .split_once('/')
            .ok_or_else(|| SandboxError::Corpus(format!("repository {:?} is not owner/name", seed.name)))?;
        if self.repo_named(&seed.name).is_some() {
            return Err(SandboxError::Corpus(format!("repository {:?} comes twice", seed.name)));
        }
        let place = self.repos.len();
        let id = 1_300_001 + place as u64;
        self.repos.push(Repo {
            id,
            owner: owner.to_owned(),
            name: name.to_owned(),
            old_names: Vec::new(),
            description: seed.description.clone(),
            private: seed.private,
            hidden: false,
            archived: seed.archived,
            fork: seed.fork,
            has_issues: !seed.no_issues,
            labels: Vec::new(),
            milestones: milestones(seed, id, now),
            issues: BTreeMap::new(),
            gone: BTreeMap::new(),
            by_updated: BTreeSet::new(),
            events: Vec::new(),
            created: whole_second(days_before(now, 1000.0)),
        });
        for label in &seed.labels {
            self.create_label(place, &label.name, &label.color, label.description.clone());
        }
        seed.issues.iter().map(|issue| self.plant_issue(place, issue, now)).collect()
    }

    /// Adds an issue without its relations, and gives its number.
    pub(super) fn plant_issue(
        &mut self,
        repo: usize,
        seed: &GithubIssueSeed,
        now: Timestamp,
    ) -> Result<u32, SandboxError> {
        let taken = &self.repos[repo];
        let last = taken.issues.keys().next_back().max(taken.gone.keys().next_back()).copied().unwrap_or(0);
        let number = if seed.number == 0 { last + 1 } else { seed.number };
        let key = format!("{}#{number}", taken.full_name());
        if taken.issues.contains_key(&number) {
            return Err(SandboxError::Corpus(format!("{key} comes twice")));
        }
        let milestone = seed.milestone.as_ref().map(|title| {
            let found = taken.milestones.iter().position(|m| m.title == *title);
            found.ok_or_else(|| {
                SandboxError::Corpus(format!("{key} names the milestone {title:?}, which its repository doesn't have"))
            })
        });
        let milestone = milestone.transpose()?;
        let created = whole_second(days_before(now, seed.created_days_ago));
        let updated = whole_second(days_before(now, seed.updated_days_ago.unwrap_or(seed.created_days_ago)));
        let author = seed.author.as_ref().map(|login| self.person(login));
        let assignees = seed.assignees.iter().map(|login| self.person(login)).collect();
        let mut reactions = [0; REACTIONS.len()];
        for (name, count) in &seed.reactions {
            let place = REACTIONS.iter().position(|reaction| reaction == name);
            reactions[place.ok_or_else(|| {
                SandboxError::Corpus(format!("{key} has the reaction {name:?}, which GitHub doesn't know"))
            })?] = *count;
        }
        let closed = seed.closed_days_ago.map(|days| Closed {
            at: whole_second(days_before(now, days)),
            by: author,
            reason: seed.state_reason.clone().or_else(|| (!seed.pull_request).then(|| "completed".to_owned())),
        });
        let id = self.next_issue_id;
        self.next_issue_id += 1;
        let issue = Issue {
            id,
            title: seed.title.clone(),
            body: seed.body.clone(),
            author,
            labels: Vec::new(),
            kind: seed.kind.clone(),
            closed,
            comments: self.planted_talk(seed.comments, created, updated),
            reactions,
            milestone,
            assignees,
            parent: None,
            children: Vec::new(),
            blocked_by: Vec::new(),
            blocking: Vec::new(),
            pull_request: seed.pull_request,
            merged_lines: seed.merged_lines.filter(|_| seed.pull_request && seed.closed_days_ago.is_some()),
            created,
            updated,
            reopened: false,
        };
        self.places.insert(id, (repo, number));
        self.repos[repo].by_updated.insert((updated, number));
        self.repos[repo].issues.insert(number, issue);
        self.plant_labels(repo, number, seed, created, author);
        Ok(number)
    }

    fn plant_labels(
        &mut self,
        repo: usize,
        number: u32,
        seed: &GithubIssueSeed,
        created: Timestamp,
        author: Option<usize>,
    ) {
        let by = seed.labelled_by.as_ref().map(|login| self.person(login)).or(author);
        for name in &seed.labels {
            let place = self.repos[repo].label(name).unwrap_or_else(|| self.create_label(repo, name, "ededed", None));
            let label = &self.repos[repo].labels[place];
            let (id, name, color) = (label.id, label.name.clone(), label.color.clone());
            if let Some(issue) = self.issue_mut(repo, number) {
                issue.labels.push(id);
            }
            self.record(repo, number, by, created, Change::Labeled { name, color });
        }
    }

    /// Gives an issue the parent and the blockers that its seed names.
    pub(super) fn relate_planted(&mut self, key: &str, seed: &GithubIssueSeed) -> Result<(), SandboxError> {
        if let Some(parent) = &seed.parent {
            self.adopt(parent, key)?;
        }
        seed.blocked_by.iter().try_for_each(|blocker| self.block(blocker, key))
    }

    /// Makes one issue the other's parent.
    pub(super) fn adopt(&mut self, parent: &str, child: &str) -> Result<(), SandboxError> {
        let (parent, child) = (self.id_of(parent)?, self.id_of(child)?);
        if let Some(issue) = self.by_id_mut(child) {
            issue.parent = Some(parent);
        }
        if let Some(issue) = self.by_id_mut(parent).filter(|issue| !issue.children.contains(&child)) {
            issue.children.push(child);
        }
        Ok(())
    }

    /// Makes one issue block the other.
    pub(in crate::sandbox) fn block(&mut self, blocker: &str, blocked: &str) -> Result<(), SandboxError> {
        let (blocker, blocked) = (self.id_of(blocker)?, self.id_of(blocked)?);
        if let Some(issue) = self.by_id_mut(blocked).filter(|issue| !issue.blocked_by.contains(&blocker)) {
            issue.blocked_by.push(blocker);
        }
        if let Some(issue) = self.by_id_mut(blocker).filter(|issue| !issue.blocking.contains(&blocked)) {
            issue.blocking.push(blocked);
        }
        Ok(())
    }

    pub(super) fn id_of(&self, key: &str) -> Result<u64, SandboxError> {
        let (repo, number) = self.find(key)?;
        Ok(self.repos[repo].issues[&number].id)
    }
}

fn milestones(seed: &RepositorySeed, repo_id: u64, now: Timestamp) -> Vec<Milestone> {
    let midnight = Timestamp::from_second(now.as_second().div_euclid(86_400) * 86_400).unwrap_or(now);
    let numbered = seed.milestones.iter().zip(1u32..);
    numbered
        .map(|(milestone, number)| Milestone {
            id: repo_id * 100 + u64::from(number),
            number,
            title: milestone.title.clone(),
            due_on: milestone
                .due_in_days
                .and_then(|days| midnight.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()),
            closed: milestone.closed,
            created: whole_second(days_before(now, 90.0)),
        })
        .collect()
}

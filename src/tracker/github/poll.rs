//! Ask -> pages of issues -> Read: one listing a repository, a delta of it, or a 304.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::map::{self, Place};
use super::memory::{Memory, Repository};
use super::wire::{self, Row};
use super::{Facts, Github};
use crate::model::{ContainerKey, Issue, Relation, RelationKind, Turn};
use crate::tracker::http::{Answer, http_date, side_by_side, work_off};
use crate::tracker::{Ask, Found, Known, Read, Trouble, TroubleKind};

/// How far a delta reaches back behind the newest change seen: rows shift while they are listed.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Stamps are whole seconds: a row read this soon after its stamp may change again under the same stamp.
const SAME_SECOND: SignedDuration = SignedDuration::from_secs(2);
/// Listings of blockers under way at once.
const BLOCKERS_AT_ONCE: usize = 8;

/// What one poll shares among its repositories.
struct Poll<'a, K> {
    ask: &'a Ask,
    known: &'a K,
    pages: &'a mpsc::Sender<Vec<Issue>>,
}

/// How a listing is read.
struct Reach<'a> {
    /// Everything is sent and relations are listed anew.
    whole: bool,
    read_at: Option<Timestamp>,
    no_dependencies: &'a AtomicBool,
}

impl Github {
    pub(super) async fn poll_all<K: Known>(
        &self,
        ask: &Ask,
        known: &K,
        pages: &mpsc::Sender<Vec<Issue>>,
    ) -> Result<Read, Trouble> {
        let mut memory = Memory::read(ask.memory.as_deref());
        let poll = Poll { ask, known, pages };
        let old = std::mem::take(&mut memory.repositories);
        let read = work_off(&self.repositories, self.concurrency, None, |name| async {
            Ok((name.clone(), self.repository(name, old.get(name).cloned(), &poll).await?))
        });
        memory.repositories = read.await?.into_iter().collect();
        for (name, facts) in &*self.facts() {
            if let Some(repository) = memory.repositories.get_mut(name) {
                repository.labels.clone_from(&facts.labels);
            }
        }
        Ok(Read {
            memory: memory.text(),
            server: self.server.clone(),
            listed: None,
            containers: memory.repositories.keys().map(|name| ContainerKey::new(&self.name, name)).collect(),
            findings: memory.repositories.values().flat_map(|repository| repository.findings.clone()).collect(),
            allowed: BTreeMap::new(),
        })
    }

    /// Reads one repository to the end and says what to remember of it.
    async fn repository<K: Known>(
        &self,
        name: &str,
        old: Option<Repository>,
        poll: &Poll<'_, K>,
    ) -> Result<Repository, Trouble> {
        let whole = poll.ask.census || old.is_none();
        let mut memory = match old {
            Some(old) if !poll.ask.census => old,
            _ => self.introduce(name).await?,
        };
        self.learn(name, &memory, whole);
        if !memory.has_issues {
            return Ok(memory);
        }
        let url = listing(name, whole, memory.newest);
        let etag = memory.etag.clone().filter(|_| !whole && memory.url == url);
        let no_dependencies = AtomicBool::new(memory.no_dependencies);
        let reach = Reach { whole, read_at: memory.read_at, no_dependencies: &no_dependencies };
        let mut target = url.clone();
        let mut seen = BTreeSet::from([url.clone()]);
        let mut newest = memory.newest;
        let mut first: Option<Answer> = None;
        loop {
            let conditional = etag.as_deref().filter(|_| first.is_none());
            let answer = self.client.get(&target, conditional).await?;
            if answer.status.as_u16() == 304 && conditional.is_some() {
                return Ok(memory);
            }
            let (rows, answer): (Vec<Row>, Answer) = self.client.decode(Method::GET, &target, answer)?;
            newest = newest.max(rows.iter().map(|row| row.updated_at).max());
            let (issues, exhausted) = self.sift(name, rows, &reach, poll).await?;
            if !issues.is_empty() && poll.pages.send(issues).await.is_err() {
                return Err(self.stopped(name));
            }
            let next = self.client.next(&answer);
            first.get_or_insert(answer);
            let Some(next) = next.filter(|_| !exhausted) else { break };
            if seen.len() >= self.client.lane.policy.pages_max || !seen.insert(next.clone()) {
                return Err(self.endless(name, seen.len()));
            }
            target = next;
        }
        memory.no_dependencies = no_dependencies.into_inner();
        if memory.no_dependencies && memory.findings.is_empty() {
            let finding = format!(
                "{}:{name}: the server knows no issue dependencies (404); blockers aren't read from it",
                self.name
            );
            memory.findings.push(finding);
        }
        memory.newest = newest;
        memory.url = url;
        memory.etag = first.as_ref().and_then(|answer| answer.header("etag")).map(str::to_owned);
        memory.read_at = first.as_ref().and_then(|answer| answer.header("date")).and_then(http_date);
        Ok(memory)
    }

    /// Takes over what is remembered of a repository; a catalogue that this process has read itself is fresher.
    fn learn(&self, name: &str, memory: &Repository, whole: bool) {
        let mut facts = self.facts();
        let facts = facts.entry(name.to_owned()).or_default();
        facts.private = memory.private;
        facts.no_dependencies = memory.no_dependencies;
        if whole {
            facts.labels = None;
        } else if facts.labels.is_none() {
            facts.labels.clone_from(&memory.labels);
        }
    }

    /// Looks at a repository for the first time, or again for a census.
    async fn introduce(&self, name: &str) -> Result<Repository, Trouble> {
        let (repository, _): (wire::Repository, _) = self.client.get_json(&format!("/repos/{name}")).await?;
        let mut findings = Vec::new();
        if repository.archived {
            findings.push(format!("{}:{name} is archived: it is read, but GitHub takes no writes there", self.name));
        }
        if !repository.has_issues {
            findings.push(format!(
                "{}:{name} has issues switched off; take it out of repositories or switch them on",
                self.name
            ));
        }
        Ok(Repository {
            id: repository.id,
            private: repository.private,
            has_issues: repository.has_issues,
            findings,
            ..Repository::default()
        })
    }

    /// Rows -> what is new or changed among them, and whether older rows can't hold anything new.
    async fn sift<K: Known>(
        &self,
        name: &str,
        rows: Vec<Row>,
        reach: &Reach<'_>,
        poll: &Poll<'_, K>,
    ) -> Result<(Vec<Issue>, bool), Trouble> {
        let place = self.place(name, poll.ask.turn, false);
        let mut rows: Vec<Row> = rows.into_iter().filter(|row| row.pull_request.is_none()).collect();
        let any = !rows.is_empty();
        let mut stored = BTreeMap::new();
        if !reach.whole {
            let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
            let stamps = poll.known.stamps(&ids).await?;
            let sure_until = reach.read_at.and_then(|read| read.checked_sub(SAME_SECOND).ok());
            let unsure = |row: &Row| sure_until.is_none_or(|until| row.updated_at >= until);
            let unchanged = |row: &Row| stamps.get(&row.id.to_string()) == Some(&row.updated_at);
            rows.retain(|row| !unchanged(row) || unsure(row));
            let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
            if !ids.is_empty() {
                stored = poll.known.issues(&ids).await?;
            }
        }
        let mut issues = Vec::with_capacity(rows.len());
        for some in rows.chunks(BLOCKERS_AT_ONCE) {
            let mapped = some.iter().map(|row| {
                let stored = stored.get(&row.id.to_string());
                self.whole_issue(row, place, stored, reach.no_dependencies)
            });
            for issue in side_by_side(mapped).await {
                let issue = issue?;
                if stored.get(&issue.id.id).is_none_or(|stored| !same(stored, &issue)) {
                    issues.push(issue);
                }
            }
        }
        let exhausted = !reach.whole && any && issues.is_empty();
        Ok((issues, exhausted))
    }

    /// Maps a row; lists its blockers where their count is new, else carries the known ones over.
    async fn whole_issue(
        &self,
        row: &Row,
        place: Place<'_>,
        stored: Option<&Issue>,
        no_dependencies: &AtomicBool,
    ) -> Result<Issue, Trouble> {
        let mut issue = map::issue(row, place);
        let summary = row.issue_dependencies_summary;
        if summary.total() > 0 && !no_dependencies.load(Ordering::Relaxed) {
            let carried = stored.filter(|stored| stored.blocker_count == summary.blocked_by).map(|stored| {
                stored.relations.iter().filter(|relation| relation.kind == RelationKind::BlockedBy).cloned().collect()
            });
            let listed = match carried {
                Some(relations) => Some(relations),
                None => self.list_blockers(row.number, place).await?,
            };
            match listed {
                Some(relations) => issue.relations.extend::<Vec<Relation>>(relations),
                None => no_dependencies.store(true, Ordering::Relaxed),
            }
        }
        issue.relations.sort();
        issue.relations.dedup();
        Ok(issue)
    }

    /// What blocks an issue. None: the server doesn't know dependencies.
    async fn list_blockers(&self, number: u64, place: Place<'_>) -> Result<Option<Vec<Relation>>, Trouble> {
        let mut target = format!("/repos/{}/issues/{number}/dependencies/blocked_by?per_page=100", place.repository);
        let mut seen = BTreeSet::from([target.clone()]);
        let mut relations = Vec::new();
        loop {
            let answer = self.client.get(&target, None).await?;
            if answer.status.as_u16() == 404 {
                return Ok(None);
            }
            let (rows, answer): (Vec<Row>, Answer) = self.client.decode(Method::GET, &target, answer)?;
            relations.extend(map::blockers(&rows, place));
            let Some(next) = self.client.next(&answer) else { return Ok(Some(relations)) };
            if seen.len() >= self.client.lane.policy.pages_max || !seen.insert(next.clone()) {
                return Err(self.endless(place.repository, seen.len()));
            }
            target = next;
        }
    }

    pub(super) async fn read_each(&self, issues: &[Arc<Issue>], turn: Turn) -> Result<Vec<Found>, Trouble> {
        let mut read = work_off(issues, self.concurrency, None, |issue| self.read_one(issue, turn)).await?;
        read.sort_by(|a, b| a.asked().cmp(b.asked()));
        Ok(read)
    }

    /// Reads an issue where its key says.
    async fn read_one(&self, issue: &Issue, turn: Turn) -> Result<Found, Trouble> {
        let repository = issue.container.local.as_str();
        if !self.facts().contains_key(repository) {
            let private = self.introduce(repository).await?.private;
            self.facts().insert(repository.to_owned(), Facts { private, ..Facts::default() });
        }
        let target = format!("/repos/{repository}/issues/{}", issue.key.number());
        let answer = self.client.get(&target, None).await?;
        if matches!(answer.status.as_u16(), 301 | 404 | 410) {
            return Ok(Found::Hidden(issue.id.clone()));
        }
        let (row, _): (Row, _) = self.client.decode(Method::GET, &target, answer)?;
        if row.id.to_string() != issue.id.id || row.pull_request.is_some() {
            return Ok(Found::Hidden(issue.id.clone()));
        }
        let absent = self.facts().get(repository).is_some_and(|facts| facts.no_dependencies);
        let place = self.place(repository, turn, true);
        let read = self.whole_issue(&row, place, Some(issue), &AtomicBool::new(absent)).await?;
        Ok(Found::Here(Box::new(read)))
    }

    fn endless(&self, name: &str, pages: usize) -> Trouble {
        let what =
            format!("the issue list of {name} names a page again that was read already, or has no end ({pages} pages)");
        self.client.lane.trouble(TroubleKind::Garbled, what, "the next cycle tries again; report it if it stays")
    }

    fn stopped(&self, name: &str) -> Trouble {
        let what = format!("the reading of {name} was broken off on our side");
        self.client.lane.trouble(TroubleKind::Stopped, what, "the next cycle reads it again")
    }
}

/// A listing's path and query: all of it oldest change first, or what changed since, newest first.
fn listing(name: &str, whole: bool, newest: Option<Timestamp>) -> String {
    let list = format!("/repos/{name}/issues?state=all&sort=updated&per_page=100");
    if whole {
        return format!("{list}&direction=asc");
    }
    match newest.and_then(|newest| newest.checked_sub(OVERLAP).ok()) {
        Some(since) => format!("{list}&direction=desc&since={}", since.strftime("%Y-%m-%dT%H:%M:%SZ")),
        None => format!("{list}&direction=desc"),
    }
}

/// Whether a reading tells nothing new about an issue.
fn same(stored: &Issue, read: &Issue) -> bool {
    let mut stored = stored.clone();
    stored.reading = read.reading;
    stored.item.clone_from(&read.item);
    stored.aliases.clone_from(&read.aliases);
    stored == *read
}

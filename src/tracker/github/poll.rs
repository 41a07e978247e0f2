//! Ask -> pages of issues -> Read: one listing a repository, a delta of it, or a 304.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use http::Method;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::blockers::keep_blockers;
use super::client::Client;
use super::hindsight::{Hindsight, keep_lines};
use super::memory::{Memory, Repository};
use super::reach::Followed;
use super::talk::Talks;
use super::wire::Row;
use super::{Github, Home};
use crate::model::{ContainerKey, Issue};
use crate::tracker::http::{Answer, http_date, side_by_side, work_off};
use crate::tracker::{Ask, Bookmark, Known, Page, Read, Trouble, TroubleKind};

/// How far a delta reaches back behind the newest change seen: rows shift while they are listed.
const OVERLAP: SignedDuration = SignedDuration::from_secs(60);
/// Stamps are whole seconds: a row read this soon after its stamp may change again under the same stamp.
const SAME_SECOND: SignedDuration = SignedDuration::from_secs(2);
/// The part of a census that stands for all of it.
const WHOLE: &str = "";
/// What a server answers to a page link that it no longer knows.
const PAGE_IS_GONE: [u16; 4] = [400, 404, 410, 422];
/// Listings of blockers under way at once.
const BLOCKERS_AT_ONCE: usize = 8;

/// What became of one repository.
enum Outcome {
    /// It was read to its end.
    Read { name: String, memory: Box<Repository> },
    /// It went out of the configuration's reach.
    Left { name: String, finding: String },
}

/// What a repository's listing gave.
enum Listing {
    /// Everything that was asked.
    Read { memory: Box<Repository> },
    /// A redirect of its first page.
    Elsewhere { target: String, answer: Answer },
}

/// What one poll shares among its repositories.
struct Poll<'a, K> {
    ask: &'a Ask,
    /// Everything is listed anew, in all repositories.
    census: bool,
    known: &'a K,
    pages: &'a mpsc::Sender<Page>,
    /// Pages of a listing of everything that were read.
    listed: AtomicUsize,
}

impl<K> Poll<'_, K> {
    /// Whether a listing of everything is to rest now.
    fn rests(&self) -> bool {
        self.ask.pages_max.is_some_and(|max| self.listed.load(Ordering::Relaxed) >= max)
    }
}

/// How a listing is read.
struct Reach<'a> {
    /// Everything is sent and relations are listed anew.
    whole: bool,
    /// The newest change of the last reading that was read to its end.
    newest: Option<Timestamp>,
    read_at: Option<Timestamp>,
    no_dependencies: &'a AtomicBool,
    talks: &'a Talks,
}

impl Github {
    pub(super) async fn poll_all<K: Known>(
        &self,
        ask: &Ask,
        known: &K,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Read, Trouble> {
        self.access.first.lane.check_server(ask.server.as_deref(), &self.server)?;
        let old = Memory::read(ask.memory.as_deref());
        let census = ask.census || old.selection.is_empty();
        let anew = census || old.selection != self.configured;
        let mut memory = if anew { self.resolve(&old, census).await? } else { old };
        self.reaches(memory.repositories.keys());
        let poll = Poll { ask, census, known, pages, listed: AtomicUsize::new(0) };
        if census {
            self.take_up(&mut memory, &poll).await?;
        }
        let repositories = std::mem::take(&mut memory.repositories);
        let read = work_off(repositories, self.concurrency, None, |(name, repository)| {
            self.repository(name, repository, &poll)
        });
        for read in read.await? {
            match read {
                Outcome::Read { name, memory: repository } => {
                    let mut repository = *repository;
                    let labels = self.facts().get(&name).and_then(|facts| facts.labels.clone());
                    repository.labels = labels;
                    memory.repositories.insert(name, repository);
                }
                Outcome::Left { name, finding } => {
                    memory.left.insert(name, finding);
                }
            }
        }
        self.reaches(memory.repositories.keys());
        let own = memory.repositories.values().flat_map(|repository| &repository.findings);
        let unlisted = memory.repositories.iter().filter_map(|(name, of)| self.unlisted_blockers(name, of));
        let findings: BTreeSet<String> =
            memory.findings.iter().chain(memory.left.values()).chain(own).cloned().chain(unlisted).collect();
        Ok(Read {
            memory: memory.text(),
            server: self.server.clone(),
            listed: census,
            containers: memory.repositories.keys().map(|name| ContainerKey::new(&self.name, name)).collect(),
            findings: findings.into_iter().collect(),
            allowed: BTreeMap::new(),
        })
    }

    /// Takes a census up where it broke off, repository by repository, or begins it.
    async fn take_up<K: Known>(&self, memory: &mut Memory, poll: &Poll<'_, K>) -> Result<(), Trouble> {
        let of = self.configured.join(" ");
        if poll.ask.bookmarks.get(WHOLE) != Some(&of) {
            let begin = Bookmark { part: WHOLE.to_owned(), at: of, begins: true };
            return self.send(poll, Page { bookmark: Some(begin), ..Page::default() }).await;
        }
        for repository in memory.repositories.values_mut() {
            let bookmark = poll.ask.bookmarks.get(&repository.id.to_string());
            let Some(left) = bookmark.and_then(|at| serde_json::from_str::<Repository>(at).ok()) else { continue };
            let findings: BTreeSet<String> = repository.findings.drain(..).chain(left.findings.clone()).collect();
            let Repository { was, private, has_issues, .. } = std::mem::take(repository);
            *repository = Repository { was, private, has_issues, findings: findings.into_iter().collect(), ..left };
        }
        Ok(())
    }

    fn resting(&self) -> Trouble {
        let what = "the listing of everything rests for this cycle".to_owned();
        self.access.trouble(TroubleKind::Paced, what, "the next cycle goes on from there")
    }

    async fn send<K>(&self, poll: &Poll<'_, K>, page: Page) -> Result<(), Trouble> {
        if (page.issues.is_empty() && page.bookmark.is_none()) || poll.pages.send(page).await.is_ok() {
            return Ok(());
        }
        let what = "the reading was broken off on our side".to_owned();
        Err(self.access.trouble(TroubleKind::Stopped, what, "the next cycle goes on from there"))
    }

    fn reaches<'a>(&self, names: impl Iterator<Item = &'a String>) {
        *self.reach.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(names.cloned().collect());
    }

    /// Reads one repository to the end, under its new name where it was renamed, and says what to remember of it.
    async fn repository<K: Known>(
        &self,
        name: String,
        memory: Repository,
        poll: &Poll<'_, K>,
    ) -> Result<Outcome, Trouble> {
        let client = self.access.of(&name).await?;
        let listing = match self.list(&client, &name, memory.clone(), poll).await {
            Err(trouble) if trouble.kind == TroubleKind::Missing => match self.vanished(&name, &memory).await? {
                Some(finding) => return Ok(Outcome::Left { name, finding }),
                None => return Err(trouble),
            },
            listing => listing?,
        };
        let (target, answer) = match listing {
            Listing::Read { memory } => return Ok(Outcome::Read { name, memory }),
            Listing::Elsewhere { target, answer } => (target, answer),
        };
        match self.follow(&client, &name, &memory, &target, &answer).await? {
            Followed::Outside(finding) => Ok(Outcome::Left { name, finding }),
            Followed::Inside(name, memory) => match self.list(&client, &name, *memory, poll).await? {
                Listing::Read { memory } => Ok(Outcome::Read { name, memory }),
                Listing::Elsewhere { target, answer } => Err(client.refusal(Method::GET, &target, &answer)),
            },
        }
    }

    /// Lists a repository's issues: all of them where it was never read to its end, else what changed.
    async fn list<K: Known>(
        &self,
        client: &Client,
        name: &str,
        mut memory: Repository,
        poll: &Poll<'_, K>,
    ) -> Result<Listing, Trouble> {
        let whole = memory.url.is_empty();
        self.learn(name, &memory, whole);
        if !memory.has_issues {
            return Ok(Listing::Read { memory: Box::new(memory) });
        }
        if whole && poll.rests() {
            return Err(self.resting());
        }
        let url = listing(name, whole, memory.newest);
        let etag = memory.etag.clone().filter(|_| memory.url == url);
        let no_dependencies = AtomicBool::new(memory.no_dependencies);
        let (newest, read_at) = (memory.newest, memory.read_at);
        let talks = Talks::new(whole);
        let reach = Reach { whole, newest, read_at, no_dependencies: &no_dependencies, talks: &talks };
        let home = self.home(name);
        let mut hindsight = Hindsight::default();
        // The page that was read last is read again: rows move up where others before them are deleted.
        let mut again = memory.under_way.take().filter(|_| whole);
        let mut target = again.clone().unwrap_or_else(|| url.clone());
        let mut seen = BTreeSet::from([target.clone()]);
        let mut etag_of_first: Option<Option<String>> = None;
        let (mut any, mut summaries) = (false, false);
        loop {
            let conditional = etag.as_deref().filter(|_| etag_of_first.is_none());
            let answer = client.get(&target, conditional).await?;
            let told_at = answer.header("date").and_then(http_date);
            if !whole && etag_of_first.is_none() && is_ahead(memory.newest, told_at) {
                // The server's clock was ahead and was put right: what changed since bears older stamps than were seen.
                let Repository { id, was, private, has_issues, labels, findings, .. } = memory;
                let anew = Repository { id, was, private, has_issues, labels, findings, ..Repository::default() };
                return Box::pin(self.list(client, name, anew, poll)).await;
            }
            if answer.status.as_u16() == 304 && conditional.is_some() {
                return Ok(Listing::Read { memory: Box::new(memory) });
            }
            if again.take().is_some() && PAGE_IS_GONE.contains(&answer.status.as_u16()) {
                (memory.newest, memory.read_at, target) = (None, None, url.clone());
                seen = BTreeSet::from([url.clone()]);
                continue;
            }
            if answer.status.is_redirection() && etag_of_first.is_none() {
                return Ok(Listing::Elsewhere { target, answer });
            }
            let (rows, answer): (Vec<Row>, Answer) = client.decode(Method::GET, &target, answer)?;
            if etag_of_first.is_none() && (!whole || memory.read_at.is_none()) {
                memory.read_at = told_at;
            }
            memory.newest = memory.newest.max(rows.iter().map(|row| row.updated_at).max());
            for row in rows.iter().filter(|row| row.pull_request.is_none()) {
                (any, summaries) = (true, summaries || row.issue_dependencies_summary.is_some());
            }
            if whole {
                hindsight.note_merges(&rows, name);
            }
            let (issues, exhausted) = self.sift(client, &home, rows, &reach, poll, &mut memory.unlisted).await?;
            if whole {
                hindsight.note_closed(&issues);
            }
            let here = Repository { under_way: Some(target.clone()), ..memory.clone() };
            let bookmark = here.bookmark().filter(|_| whole && poll.census);
            self.send(poll, Page { issues, listed: poll.census, bookmark }).await?;
            poll.listed.fetch_add(usize::from(whole), Ordering::Relaxed);
            let next = client.next(&answer);
            etag_of_first.get_or_insert_with(|| answer.header("etag").map(str::to_owned));
            let Some(next) = next.filter(|_| !exhausted) else { break };
            if whole && poll.rests() {
                return Err(self.resting());
            }
            if seen.len() >= client.lane.policy.pages_max || !seen.insert(next.clone()) {
                return Err(client.endless(&format!("/repos/{name}/issues"), seen.len()));
            }
            target = next;
        }
        if whole && poll.census {
            let issues = hindsight.read(client, name).await?;
            self.send(poll, Page { issues, listed: true, ..Page::default() }).await?;
        }
        let told = !any || summaries || !self.enterprise;
        self.conclude(name, &mut memory, no_dependencies.into_inner(), told);
        if whole || is_ahead(memory.newest, memory.read_at) {
            // What changed behind the reading's back while it took its time must lie within the next one, and what a clock
            // that was ahead has stamped must not hide it.
            memory.newest = memory.newest.map(|newest| memory.read_at.map_or(newest, |at| newest.min(at)));
        }
        memory.url = url;
        memory.etag = etag_of_first.flatten();
        let bookmark = memory.bookmark().filter(|_| whole && poll.census);
        self.send(poll, Page { bookmark, ..Page::default() }).await?;
        Ok(Listing::Read { memory: Box::new(memory) })
    }

    /// Takes over what is remembered of a repository; a catalogue that this process has read itself is fresher.
    fn learn(&self, name: &str, memory: &Repository, whole: bool) {
        let mut facts = self.facts();
        let facts = facts.entry(name.to_owned()).or_default();
        facts.id = memory.id;
        facts.private = memory.private;
        facts.was.clone_from(&memory.was);
        facts.no_dependencies = memory.no_dependencies;
        facts.relist |= whole;
        if facts.labels.is_none() {
            facts.labels.clone_from(&memory.labels);
        }
    }

    /// Rows -> what is new or changed among them, and whether older rows can't hold anything new.
    async fn sift<K: Known>(
        &self,
        client: &Client,
        home: &Home,
        rows: Vec<Row>,
        reach: &Reach<'_>,
        poll: &Poll<'_, K>,
        unlisted: &mut BTreeSet<u64>,
    ) -> Result<(Vec<Issue>, bool), Trouble> {
        let place = home.place(&self.name, poll.ask.turn, false);
        let mut rows: Vec<Row> = rows.into_iter().filter(|row| row.pull_request.is_none()).collect();
        // A reading that broke off has stored rows that this one must go past.
        let older = !rows.is_empty() && rows.iter().all(|row| Some(row.updated_at) <= reach.newest);
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
        let mut before = BTreeMap::new();
        let before = if reach.whole {
            let told = rows.iter().filter(|row| row.comments > 0 || row.state == "closed");
            before.extend(poll.known.issues(&told.map(|row| row.id.to_string()).collect::<Vec<_>>()).await?);
            &before
        } else {
            &stored
        };
        reach.talks.foresee(client, &home.name, &rows, before).await?;
        let mut issues = Vec::with_capacity(rows.len());
        for some in rows.chunks(BLOCKERS_AT_ONCE) {
            let skipped = &*unlisted;
            let stored_of = |row: &Row| stored.get(&row.id.to_string()).filter(|_| !skipped.contains(&row.number));
            let mapped = some.iter().map(|row| async move {
                let (mut issue, refused) =
                    self.whole_issue(client, row, place, stored_of(row), reach.no_dependencies).await?;
                let before = before.get(&issue.id.id);
                keep_lines(&mut issue, before);
                issue.talk = self.talk(client, &home.name, row, before, reach.talks).await?;
                Ok::<_, Trouble>((issue, refused))
            });
            for (row, mapped) in some.iter().zip(side_by_side(mapped).await) {
                let (mut issue, refused) = mapped?;
                if refused {
                    let id = &issue.id.id;
                    let known = poll.known.issues(std::slice::from_ref(id)).await?.remove(id);
                    keep_blockers(&mut issue, known.as_ref());
                    unlisted.insert(row.number);
                } else {
                    unlisted.remove(&row.number);
                }
                if stored.get(&issue.id.id).is_none_or(|stored| !same(stored, &issue)) {
                    issues.push(issue);
                }
            }
        }
        let exhausted = !reach.whole && older && issues.is_empty();
        Ok((issues, exhausted))
    }
}

/// Whether a stamp lies so far ahead of what the server's clock shows that a delta from there would miss what changes now.
fn is_ahead(newest: Option<Timestamp>, now: Option<Timestamp>) -> bool {
    newest.zip(now).is_some_and(|(newest, now)| newest.duration_since(now) > OVERLAP)
}

/// A listing's path and query: all of it, oldest first, or what changed since, newest change first.
fn listing(name: &str, whole: bool, newest: Option<Timestamp>) -> String {
    if whole {
        // By creation, so that no row moves while it is listed, however the pages are told apart.
        return format!("/repos/{name}/issues?state=all&sort=created&per_page=100&direction=asc");
    }
    let list = format!("/repos/{name}/issues?state=all&sort=updated&per_page=100");
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

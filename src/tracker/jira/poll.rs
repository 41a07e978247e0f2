//! Ask -> pages of issues -> Read: a search to its end, or a window of ids of which only changed ones are fetched.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Jira;
use super::map::{self, Place};
use super::memory::{Memory, Site};
use super::wire::{FIELDS, Field, Page, Project, Row, Server, Stamp};
use crate::model::{ContainerKey, Issue, IssueId, Turn};
use crate::tracker::{Ask, Found, Known, Read, Trouble, TroubleKind};

/// How far a window reaches back behind the newest change seen: the search index may lag by minutes.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// Issues of a page with all fields.
const PAGE: u32 = 100;
/// Issues of a page with only `updated`; the server's own ceiling.
const STAMPS_PAGE: u32 = 5000;
/// Issues fetched by id at once; the server's own ceiling.
const BY_ID_MAX: usize = 100;

impl Jira {
    pub(super) async fn poll_all<K: Known>(
        &self,
        ask: &Ask,
        known: &K,
        pages: &mpsc::Sender<Vec<Issue>>,
    ) -> Result<Read, Trouble> {
        self.identify().await?;
        let asked = format!("{} {}", self.client.base(), self.scope());
        let old = Memory::read(ask.memory.as_deref(), &asked).filter(|_| !ask.census);
        let memory = match old {
            Some(mut memory) => {
                self.know_site(memory.site.clone());
                memory.newest = match memory.newest {
                    Some(newest) => Some(self.read_window(newest, ask.turn, known, pages, &mut memory.site).await?),
                    None => self.read_all(ask.turn, &memory.site, pages).await?,
                };
                memory
            }
            None => {
                let site = self.discover().await?;
                self.client.lane.check_server(ask.server.as_deref(), &site.url)?;
                self.know_site(site.clone());
                let mut memory = Memory::new(asked, site);
                memory.newest = self.read_all(ask.turn, &memory.site, pages).await?;
                memory
            }
        };
        let mut containers: Vec<_> = self.projects.iter().map(|key| ContainerKey::new(&self.name, key)).collect();
        containers.sort();
        containers.dedup();
        let findings = memory.site.findings.iter().map(|finding| format!("{}: {finding}", self.name)).collect();
        Ok(Read { memory: memory.text(), server: memory.site.url.clone(), containers, listed: None, findings })
    }

    /// Who the credential is. Some endpoints answer a bad one as anonymous, so this is asked before every reading.
    pub(super) async fn identify(&self) -> Result<Value, Trouble> {
        self.client.get("/rest/api/3/myself").await
    }

    /// What the site tells of itself: that it is Cloud, its projects and its story-point fields.
    pub(super) async fn discover(&self) -> Result<Site, Trouble> {
        let server: Server = self.client.get("/rest/api/3/serverInfo").await?;
        if server.deployment != "Cloud" {
            let what = format!("the site says that it is a Jira {:?}, not Cloud", server.deployment);
            let next = "only Jira Cloud can be read yet; take this tracker out of the configuration";
            return Err(self.client.lane.trouble(TroubleKind::Invalid, what, next));
        }
        let mut site = Site { url: server.url.trim_end_matches('/').to_owned(), ..Site::default() };
        for key in &self.projects {
            let project: Project = self.client.get(&format!("/rest/api/3/project/{key}")).await?;
            if project.key != *key {
                let finding = format!("the project {key} is called {} now; put that into projects", project.key);
                site.findings.push(finding);
            }
            site.projects.insert(key.clone(), project.id);
        }
        let fields: Vec<Field> = self.client.get("/rest/api/3/field").await?;
        let (story_points, findings) = map::story_points(&fields, self.story_points.as_deref());
        site.story_points = story_points;
        site.findings.extend(findings);
        Ok(site)
    }

    /// Reads everything; says what the newest change seen was.
    async fn read_all(
        &self,
        turn: Turn,
        site: &Site,
        pages: &mpsc::Sender<Vec<Issue>>,
    ) -> Result<Option<Timestamp>, Trouble> {
        let jql = format!("{} ORDER BY updated ASC, key ASC", self.scope());
        let mut search = Search::new(jql, self.fields(site), PAGE);
        let mut newest = None;
        while let Some(rows) = search.next_page::<Row>(self).await? {
            newest = newest.max(rows.iter().map(|row| row.fields.updated).max());
            self.send(rows.iter().map(|row| map::issue(row, self.place(site, turn, false))).collect(), pages).await?;
        }
        Ok(newest)
    }

    /// Lists what changed in the window by id only, and fetches what is new or changed; says what the newest change seen was.
    async fn read_window<K: Known>(
        &self,
        newest: Timestamp,
        turn: Turn,
        known: &K,
        pages: &mpsc::Sender<Vec<Issue>>,
        site: &mut Site,
    ) -> Result<Timestamp, Trouble> {
        let since = newest.checked_sub(OVERLAP).unwrap_or(newest).as_millisecond();
        let jql = format!("{} AND updated >= {since} ORDER BY updated ASC, key ASC", self.scope());
        let mut search = Search::new(jql, vec!["updated".to_owned()], STAMPS_PAGE);
        let (mut seen, mut reach) = (newest, None::<Timestamp>);
        while let Some(rows) = search.next_page::<Stamp>(self).await? {
            seen = rows.iter().map(|row| row.fields.updated).fold(seen, Timestamp::max);
            let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
            let stamps = known.stamps(&ids).await?;
            let changed: Vec<&Stamp> =
                rows.iter().filter(|row| stamps.get(&row.id) != Some(&row.fields.updated)).collect();
            for some in changed.chunks(BY_ID_MAX) {
                let (issues, whole) = self.fetch(some.iter().map(|row| row.id.as_str()), site, turn).await?;
                if !whole {
                    // What couldn't be fetched must stay within the next window.
                    let got: BTreeSet<&str> = issues.iter().map(|issue| issue.id.id.as_str()).collect();
                    let missed = some.iter().filter(|row| !got.contains(row.id.as_str())).map(|row| row.fields.updated);
                    reach = reach.into_iter().chain(missed).min();
                }
                self.send(issues, pages).await?;
            }
        }
        Ok(reach.map_or(seen, |reach| seen.min(reach)))
    }

    /// Fetches issues by id, at most [`BY_ID_MAX`]; says whether Jira had no trouble with any of them.
    async fn fetch<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
        site: &Site,
        turn: Turn,
    ) -> Result<(Vec<Issue>, bool), Trouble> {
        let body = json!({"issueIdsOrKeys": ids.collect::<Vec<_>>(), "fields": self.fields(site)});
        let page: Page<Row> = self.client.ask("/rest/api/3/issue/bulkfetch", &body).await?;
        let issues = page.issues.iter().map(|row| map::issue(row, self.place(site, turn, true))).collect();
        Ok((issues, page.errors.is_empty()))
    }

    pub(super) async fn read_each(&self, issues: &[Arc<Issue>], turn: Turn) -> Result<Vec<Found>, Trouble> {
        let site = match self.known_site() {
            Some(site) => site,
            None => {
                let site = self.discover().await?;
                self.know_site(site.clone());
                site
            }
        };
        let mut read = Vec::with_capacity(issues.len());
        for some in issues.chunks(BY_ID_MAX) {
            read.extend(self.fetch(some.iter().map(|issue| issue.id.id.as_str()), &site, turn).await?.0);
        }
        let shown: BTreeSet<IssueId> = read.iter().map(|issue: &Issue| issue.id.clone()).collect();
        let hidden =
            issues.iter().filter(|issue| !shown.contains(&issue.id)).map(|issue| Found::Hidden(issue.id.clone()));
        let mut found: Vec<Found> = hidden.chain(read.into_iter().map(|issue| Found::Here(Box::new(issue)))).collect();
        found.sort_by(|a, b| a.asked().cmp(b.asked()));
        Ok(found)
    }

    async fn send(&self, issues: Vec<Issue>, pages: &mpsc::Sender<Vec<Issue>>) -> Result<(), Trouble> {
        if issues.is_empty() || pages.send(issues).await.is_ok() {
            return Ok(());
        }
        let what = "the reading was broken off on our side".to_owned();
        Err(self.client.lane.trouble(TroubleKind::Stopped, what, "the next cycle reads it again"))
    }

    /// The projects and conditions, as JQL. Quotes in names are escaped.
    fn scope(&self) -> String {
        let keys: Vec<String> =
            self.projects.iter().map(|key| format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let projects = format!("project in ({})", keys.join(", "));
        if self.jql.is_empty() { projects } else { format!("{projects} AND ({})", self.jql) }
    }

    fn fields(&self, site: &Site) -> Vec<String> {
        FIELDS.iter().map(|field| (*field).to_owned()).chain(site.story_points.clone()).collect()
    }

    fn place<'a>(&'a self, site: &'a Site, turn: Turn, by_id: bool) -> Place<'a> {
        Place { tracker: &self.name, site: &site.url, story_points: &site.story_points, turn, by_id }
    }
}

/// A search under way.
struct Search {
    body: Value,
    tokens: BTreeSet<String>,
    over: bool,
}

impl Search {
    fn new(jql: String, fields: Vec<String>, page: u32) -> Self {
        Self { body: json!({"jql": jql, "fields": fields, "maxResults": page}), tokens: BTreeSet::new(), over: false }
    }

    /// The next page; None after the last. A short page isn't the last one: a missing token is.
    async fn next_page<T: DeserializeOwned>(&mut self, jira: &Jira) -> Result<Option<Vec<T>>, Trouble> {
        if self.over {
            return Ok(None);
        }
        let page: Page<T> = jira.client.ask("/rest/api/3/search/jql", &self.body).await?;
        match page.next.filter(|_| page.last != Some(true)) {
            None => self.over = true,
            Some(token) => {
                if self.tokens.len() >= jira.client.lane.policy.pages_max || !self.tokens.insert(token.clone()) {
                    let pages = self.tokens.len();
                    let what =
                        format!("the search names a page again that was read already, or has no end ({pages} pages)");
                    let next = "the next cycle tries again; report it if it stays";
                    return Err(jira.client.lane.trouble(TroubleKind::Garbled, what, next));
                }
                self.body["nextPageToken"] = Value::String(token);
            }
        }
        Ok(Some(page.issues))
    }
}

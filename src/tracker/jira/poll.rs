//! Ask -> pages of issues -> Read: a search to its end, or a window of ids of which only changed ones are fetched.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Jira;
use super::map::{self, Place};
use super::memory::{Memory, Site};
use super::search::Search;
use super::wire::{FIELDS, Row, Stamp};
use crate::model::{ContainerKey, Issue, Turn};
use crate::tracker::{Ask, Bookmark, Known, Page, Read, Trouble, TroubleKind};

/// How far a window reaches back behind the newest change seen: the search index may lag by minutes.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
/// Issues of a page with all fields.
const PAGE: u32 = 100;
/// Issues of a page with only `updated`; Cloud's own ceiling. Data Center gives fewer and says so.
const STAMPS_PAGE: u32 = 5000;

/// What a full listing showed so far, and so where it goes on: it runs by `updated`, so that what changes meanwhile comes last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Listed {
    /// The projects, conditions and fields that are listed.
    asked: String,
    newest: Option<Timestamp>,
    /// An open issue of each project key and issue type: their edit screens are asked.
    samples: BTreeMap<String, BTreeMap<String, String>>,
}

impl Listed {
    fn bookmark(&self, begins: bool) -> Option<Bookmark> {
        Some(Bookmark { part: String::new(), at: serde_json::to_string(self).ok()?, begins })
    }

    /// Takes a listing up where it broke off, if it was the same one.
    fn take_up(ask: &Ask, asked: &str) -> Option<Self> {
        let listed: Self = serde_json::from_str(ask.bookmarks.get("")?).ok()?;
        (listed.asked == asked).then_some(listed)
    }
}

impl Jira {
    pub(super) async fn poll_all<K: Known>(
        &self,
        ask: &Ask,
        known: &K,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Read, Trouble> {
        let asked = format!("{} {}", self.client.base(), self.asked());
        let old = Memory::read(ask.memory.as_deref(), &asked).filter(|_| !ask.census);
        let (mut memory, listed) = match old {
            Some(memory) => self.read_on(memory, ask.turn, known, pages).await?,
            None => {
                let site = self.discover().await?;
                self.client.lane.check_server(ask.server.as_deref(), &site.url)?;
                self.know_site(site.clone());
                let told_at = self.client.told_at();
                let listed = self.read_all(ask, &asked, &site, pages).await?;
                let mut memory = Memory::new(asked, site);
                memory.newest = listed.newest.map(|newest| not_ahead(newest, told_at));
                memory.site.allowed = self.allowed_values(&listed.samples, &mut memory.site.findings).await?;
                (memory, true)
            }
        };
        memory.site.loud.extend(self.loud());
        let site = self.know_site(memory.site.clone());
        let mut containers: Vec<_> = self.projects.iter().map(|key| ContainerKey::new(&self.name, key)).collect();
        containers.sort();
        containers.dedup();
        let findings = site.findings.iter().map(|finding| format!("{}: {finding}", self.name)).collect();
        let allowed = site.allowed.iter().map(|(key, fields)| (ContainerKey::new(&self.name, key), fields.clone()));
        let (text, server) = (memory.text(), site.url.clone());
        Ok(Read { memory: text, server, containers, listed, findings, allowed: allowed.collect() })
    }

    /// Reads on from a memory: what changed since, or, where nothing was there yet or the server's clock was ahead and was put
    /// right, everything: then says so.
    async fn read_on<K: Known>(
        &self,
        mut memory: Memory,
        turn: Turn,
        known: &K,
        pages: &mpsc::Sender<Page>,
    ) -> Result<(Memory, bool), Trouble> {
        self.client.enter(memory.site.cloud.clone());
        memory.site.account = self.identify(memory.site.flavour).await?.id().to_owned();
        memory.site.cloud = self.client.cloud();
        self.know_site(memory.site.clone());
        let told_at = self.client.told_at();
        let Some(newest) = memory.newest.filter(|newest| not_ahead(*newest, told_at) == *newest) else {
            let ask = Ask { turn, ..Ask::default() };
            let listed = self.read_all(&ask, &memory.asked, &memory.site, pages).await?;
            memory.newest = listed.newest.map(|newest| not_ahead(newest, told_at));
            return Ok((memory, true));
        };
        let newest = self.read_window(newest, turn, known, pages, &memory.site).await?;
        memory.newest = Some(not_ahead(newest, told_at));
        Ok((memory, false))
    }

    /// Lists everything; a listing that broke off goes on where it stood.
    async fn read_all(
        &self,
        ask: &Ask,
        asked: &str,
        site: &Site,
        pages: &mpsc::Sender<Page>,
    ) -> Result<Listed, Trouble> {
        let mut listed = match Listed::take_up(ask, asked) {
            Some(listed) => listed,
            None => {
                let listed = Listed { asked: asked.to_owned(), ..Listed::default() };
                self.send(Page { bookmark: listed.bookmark(true), ..Page::default() }, pages).await?;
                listed
            }
        };
        let since = listed.newest.map(minute_of);
        let mut search = Search::new(site.flavour, self.scope(), since, self.asked_fields(site), PAGE);
        let mut read = 0;
        while let Some(rows) = search.next_page::<Row>(self).await? {
            listed.newest = listed.newest.max(rows.iter().map(|row| row.fields.updated).max());
            let issues: Vec<Issue> =
                rows.iter().map(|row| map::issue(row, self.place(site, ask.turn, false))).collect();
            for (row, issue) in rows.iter().zip(&issues).filter(|(_, issue)| issue.status.is_open()) {
                let samples = listed.samples.entry(issue.container.local.clone()).or_default();
                samples.entry(row.fields.kind.id.clone()).or_insert_with(|| row.id.clone());
            }
            self.send(Page { issues, listed: true, bookmark: listed.bookmark(false) }, pages).await?;
            read += 1;
            if ask.pages_max.is_some_and(|max| read >= max) && !search.is_over() {
                let what = "the listing of everything rests for this cycle".to_owned();
                return Err(self.client.lane.trouble(TroubleKind::Paced, what, "the next cycle goes on from there"));
            }
        }
        Ok(listed)
    }

    /// Lists what changed in the window by id only, and fetches what is new or changed; says what the newest change seen was.
    async fn read_window<K: Known>(
        &self,
        newest: Timestamp,
        turn: Turn,
        known: &K,
        pages: &mpsc::Sender<Page>,
        site: &Site,
    ) -> Result<Timestamp, Trouble> {
        let since = newest.checked_sub(OVERLAP).unwrap_or(newest);
        let fields = vec!["updated".to_owned()];
        let mut search = Search::new(site.flavour, self.scope(), Some(since), fields, STAMPS_PAGE);
        let (mut seen, mut reach) = (newest, None::<Timestamp>);
        while let Some(rows) = search.next_page::<Stamp>(self).await? {
            seen = rows.iter().map(|row| row.fields.updated).fold(seen, Timestamp::max);
            let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
            let stamps = known.stamps(&ids).await?;
            let changed: Vec<&Stamp> =
                rows.iter().filter(|row| stamps.get(&row.id) != Some(&row.fields.updated)).collect();
            for some in changed.chunks(super::by_id::AT_ONCE_MAX) {
                let ids: Vec<&str> = some.iter().map(|row| row.id.as_str()).collect();
                let (issues, whole) = self.fetch(&ids, site, turn).await?;
                if !whole {
                    // What couldn't be fetched must stay within the next window.
                    let got: BTreeSet<&str> = issues.iter().map(|issue| issue.id.id.as_str()).collect();
                    let missed = some.iter().filter(|row| !got.contains(row.id.as_str())).map(|row| row.fields.updated);
                    reach = reach.into_iter().chain(missed).min();
                }
                self.send(Page { issues, ..Page::default() }, pages).await?;
            }
        }
        Ok(reach.map_or(seen, |reach| seen.min(reach)))
    }

    async fn send(&self, page: Page, pages: &mpsc::Sender<Page>) -> Result<(), Trouble> {
        if (page.issues.is_empty() && page.bookmark.is_none()) || pages.send(page).await.is_ok() {
            return Ok(());
        }
        let what = "the reading was broken off on our side".to_owned();
        Err(self.client.lane.trouble(TroubleKind::Stopped, what, "the next cycle goes on from there"))
    }

    /// The projects and conditions, as JQL. Quotes in names are escaped.
    fn scope(&self) -> String {
        let keys: Vec<String> =
            self.projects.iter().map(|key| format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))).collect();
        let projects = format!("project in ({})", keys.join(", "));
        if self.jql.is_empty() { projects } else { format!("{projects} AND ({})", self.jql) }
    }

    /// What a memory must have been asked for to be read on from: a newly configured field is read from the start.
    fn asked(&self) -> String {
        let pinned = self.story_points.iter().map(|id| format!("points={id}"));
        let named: Vec<String> = self.fields_read.iter().cloned().chain(pinned).collect();
        if named.is_empty() { self.scope() } else { format!("{} FIELDS {}", self.scope(), named.join(", ")) }
    }

    pub(super) fn asked_fields(&self, site: &Site) -> Vec<String> {
        let own = site.story_points.iter().chain(&site.epic_links).chain(&site.sprints).chain(&self.fields_read);
        let all: BTreeSet<&str> = FIELDS.into_iter().chain(own.map(String::as_str)).collect();
        all.into_iter().map(str::to_owned).collect()
    }

    pub(super) fn place<'a>(&'a self, site: &'a Site, turn: Turn, by_id: bool) -> Place<'a> {
        Place { tracker: &self.name, site, fields: &self.fields_read, turn, by_id }
    }
}

/// A stamp, or what the server's clock shows where the stamp lies so far ahead of it that a window from there would miss what
/// changes now.
fn not_ahead(newest: Timestamp, told_at: Option<Timestamp>) -> Timestamp {
    told_at.filter(|now| newest.duration_since(*now) > OVERLAP).unwrap_or(newest)
}

/// The beginning of a moment's minute: whether moments in JQL are finer isn't told.
fn minute_of(at: Timestamp) -> Timestamp {
    let start = at.as_millisecond().div_euclid(60_000) * 60_000;
    Timestamp::from_millisecond(start).unwrap_or(at)
}

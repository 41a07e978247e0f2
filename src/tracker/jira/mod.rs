//! Jira, Cloud and Data Center: issues, links, labels and fields over REST, through reqwest.
//!
//! reqwest's `connection_verbose`, which prints what goes over the wire, stays off; hyper and rustls print neither headers
//! nor bodies. Pacing and repeating is [`super::http`]'s.

mod adf;
mod authors;
mod by_id;
mod client;
mod discover;
mod edit;
mod flavour;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod map;
mod memory;
mod poll;
mod probe;
mod reachable;
mod screens;
mod search;
mod sprint;
mod told;
mod wiki;
mod wire;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::http::Policy;
use super::{
    Ask, Authored, Catalogue, Fetch, Found, JiraConfig, Known, LabelSpec, Left, Log, Page, Probed, Reachable, Read,
    Requests, Standing, Trouble, Write, Writes,
};
use crate::model::{ContainerKey, Issue, Timestamp, TrackerName, Turn};
use crate::plan::Change;
use client::Client;
use memory::Site;
use screens::ScreenKey;
use told::Screen;

/// A Jira site.
pub struct Jira {
    name: TrackerName,
    projects: Vec<String>,
    jql: String,
    story_points: Option<String>,
    /// Ids of fields that sinks write, sorted.
    fields: Vec<String>,
    /// Ids of all further fields to read, sorted: those, and what own rules ask for.
    fields_read: Vec<String>,
    concurrency: usize,
    client: Client,
    /// What this process knows of the site. None: not asked yet.
    site: Mutex<Option<Arc<Site>>>,
    /// Edit screens as they were asked since the last census.
    screens: Mutex<BTreeMap<ScreenKey, Arc<Screen>>>,
    /// Projects found since the last census where writes can't be kept from notifying watchers.
    loud: Mutex<BTreeSet<String>>,
}

fn sorted<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    ids.cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

impl Jira {
    /// Connects without asking anything yet.
    ///
    /// # Errors
    /// A [`Trouble`] that names the missing or unusable credential or address.
    pub fn connect(config: &JiraConfig) -> Result<Self, Trouble> {
        Self::connect_with(config, Policy::JIRA)
    }

    /// Connects with other patience than [`Policy::JIRA`].
    ///
    /// # Errors
    /// As [`Jira::connect`].
    pub fn connect_with(config: &JiraConfig, policy: Policy) -> Result<Self, Trouble> {
        Ok(Self {
            name: config.name.clone(),
            projects: config.projects.clone(),
            jql: config.jql.trim().to_owned(),
            story_points: config.story_points.clone(),
            fields: sorted(config.fields.iter()),
            fields_read: sorted(config.fields.iter().chain(&config.fields_asked)),
            concurrency: config.budget.concurrency.clamp(1, 100) as usize,
            client: Client::connect(config, policy)?,
            site: Mutex::new(None),
            screens: Mutex::default(),
            loud: Mutex::default(),
        })
    }

    /// What the credential reaches, whatever is configured.
    ///
    /// # Errors
    /// A [`Trouble`] where it can't be asked.
    pub async fn reachable(&self) -> Result<Vec<Reachable>, Trouble> {
        self.reachable_all().await
    }

    /// Asks what `roadmapd check --online` wants to know: the credential, each project, whether issues may be edited, and
    /// which field holds story points.
    pub async fn probe(&self, writes: &Writes<'_>) -> Vec<Probed> {
        self.probe_all(writes).await
    }

    fn known_site(&self) -> Option<Arc<Site>> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn know_site(&self, site: Site) -> Arc<Site> {
        let site = Arc::new(site);
        *self.site.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&site));
        site
    }

    /// Forgets what is asked again by a census.
    fn forget(&self) {
        self.screens.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.loud.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn loud(&self) -> BTreeSet<String> {
        self.loud.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_loud(&self, project: &str) -> bool {
        self.loud().contains(project) || self.known_site().is_some_and(|site| site.loud.contains(project))
    }

    fn know_loud(&self, project: &str) {
        self.loud.lock().unwrap_or_else(PoisonError::into_inner).insert(project.to_owned());
    }
}

impl Jira {
    /// What is left of the limit.
    pub(super) fn left(&self) -> Option<Left> {
        self.client.lane.left()
    }
}

impl Fetch for Jira {
    fn name(&self) -> &TrackerName {
        &self.name
    }

    async fn poll<K: Known>(&self, ask: Ask, known: &K, pages: mpsc::Sender<Page>) -> Result<Read, Trouble> {
        self.poll_all(&ask, known, &pages).await
    }

    async fn by_id(&self, issues: Vec<Arc<Issue>>, turn: Turn) -> Result<Vec<Found>, Trouble> {
        self.read_each(&issues, turn).await
    }

    async fn authors(&self, asked: Vec<Standing>) -> Result<Vec<Authored>, Trouble> {
        self.authors_of(&asked).await
    }

    /// Jira has no catalogue of labels: a label is there as long as an issue has it.
    async fn catalogues(&self, _containers: Vec<ContainerKey>) -> Result<BTreeMap<ContainerKey, Catalogue>, Trouble> {
        Ok(BTreeMap::new())
    }

    fn expires(&self) -> Option<Timestamp> {
        self.known_site().and_then(|site| site.expires)
    }

    fn requests(&self) -> Requests {
        self.client.lane.requests()
    }
}

impl Write for Jira {
    /// Jira makes labels up as they are used.
    async fn prepare(
        &self,
        _catalogue: BTreeMap<ContainerKey, Vec<LabelSpec>>,
    ) -> Result<BTreeMap<ContainerKey, Trouble>, Trouble> {
        Ok(BTreeMap::new())
    }

    async fn write<L: Log>(&self, changes: Vec<Change>, log: &L, stop: &CancellationToken) -> Result<(), Trouble> {
        self.write_all(changes, log, stop).await
    }
}

impl std::fmt::Debug for Jira {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jira").field("name", &self.name).field("projects", &self.projects).finish_non_exhaustive()
    }
}

//! Jira Cloud: issues, links and labels over REST, through reqwest.
//!
//! reqwest's `connection_verbose`, which prints what goes over the wire, stays off; hyper and rustls print neither headers
//! nor bodies. Pacing and repeating is [`super::http`]'s.

mod adf;
mod client;
mod map;
mod memory;
mod poll;
mod probe;
mod wire;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::http::Policy;
use super::{
    Ask, Authored, Fetch, Found, JiraConfig, Known, LabelSpec, Log, Probed, Read, Requests, Standing, Trouble, Write,
};
use crate::model::{ContainerKey, Issue, Timestamp, TrackerName, Turn};
use crate::plan::Change;
use client::Client;
use memory::Site;

/// A Jira Cloud site.
pub struct Jira {
    name: TrackerName,
    projects: Vec<String>,
    jql: String,
    story_points: Option<String>,
    concurrency: usize,
    client: Client,
    /// What this process knows of the site. None: not asked yet.
    site: Mutex<Option<Site>>,
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
            concurrency: config.budget.concurrency.clamp(1, 100) as usize,
            client: Client::connect(config, policy)?,
            site: Mutex::new(None),
        })
    }

    /// Asks what `roadmapd check --online` wants to know: the credential, each project, whether issues may be edited, and
    /// which field holds story points.
    pub async fn probe(&self) -> Vec<Probed> {
        self.probe_all().await
    }

    fn known_site(&self) -> Option<Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn know_site(&self, site: Site) {
        *self.site.lock().unwrap_or_else(PoisonError::into_inner) = Some(site);
    }
}

impl Fetch for Jira {
    fn name(&self) -> &TrackerName {
        &self.name
    }

    async fn poll<K: Known>(&self, ask: Ask, known: &K, pages: mpsc::Sender<Vec<Issue>>) -> Result<Read, Trouble> {
        self.poll_all(&ask, known, &pages).await
    }

    async fn by_id(&self, issues: Vec<Arc<Issue>>, turn: Turn) -> Result<Vec<Found>, Trouble> {
        self.read_each(&issues, turn).await
    }

    async fn authors(&self, _asked: Vec<Standing>) -> Result<Vec<Authored>, Trouble> {
        Ok(Vec::new())
    }

    fn expires(&self) -> Option<Timestamp> {
        None
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

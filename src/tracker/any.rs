//! Any tracker: the one place where a configured tracker becomes a connected one.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::github::Github;
use super::http::Policy;
use super::jira::Jira;
use super::{
    Ask, Authored, Catalogue, Fetch, Found, Known, LabelSpec, Left, Log, Page, Probed, Reachable, Read, Requests,
    Standing, TrackerConfig, Trouble, Write, Writes,
};
use crate::model::{ContainerKey, Issue, Timestamp, TrackerName, Turn};
use crate::plan::Change;

/// A connected tracker.
#[derive(Debug)]
pub enum Tracker {
    /// A GitHub host.
    Github(Box<Github>),
    /// A Jira site.
    Jira(Box<Jira>),
}

impl Tracker {
    /// Connects without asking anything yet. Must be called inside a Tokio runtime; installs the TLS provider if none is.
    ///
    /// # Errors
    /// A [`Trouble`] that names the missing or unusable credential or address.
    pub fn connect(config: &TrackerConfig) -> Result<Self, Trouble> {
        Ok(match config {
            TrackerConfig::Github(config) => Self::Github(Box::new(Github::connect(config)?)),
            TrackerConfig::Jira(config) => Self::Jira(Box::new(Jira::connect(config)?)),
        })
    }

    /// Connects with a patience of one's own.
    ///
    /// # Errors
    /// As [`Tracker::connect`].
    pub fn connect_with(config: &TrackerConfig, policy: Policy) -> Result<Self, Trouble> {
        Ok(match config {
            TrackerConfig::Github(config) => Self::Github(Box::new(Github::connect_with(config, policy)?)),
            TrackerConfig::Jira(config) => Self::Jira(Box::new(Jira::connect_with(config, policy)?)),
        })
    }

    /// What the credential reaches, whatever is configured.
    ///
    /// # Errors
    /// A [`Trouble`] where the tracker can't be asked.
    pub async fn reachable(&self) -> Result<Vec<Reachable>, Trouble> {
        match self {
            Self::Github(github) => github.reachable().await,
            Self::Jira(jira) => jira.reachable().await,
        }
    }

    /// What the tracker said is left of its own limit; of several credentials the one with the least. None: it hasn't said.
    pub fn left(&self) -> Option<Left> {
        match self {
            Self::Github(github) => github.left(),
            Self::Jira(jira) => jira.left(),
        }
    }

    /// Asks what `roadmapd check --online` wants to know; writes nothing.
    /// `writes` tells where levels are written at all: elsewhere reading suffices.
    pub async fn probe(&self, writes: &Writes<'_>) -> Vec<Probed> {
        match self {
            Self::Github(github) => github.probe(writes).await,
            Self::Jira(jira) => jira.probe(writes).await,
        }
    }
}

impl Fetch for Tracker {
    fn name(&self) -> &TrackerName {
        match self {
            Self::Github(github) => github.name(),
            Self::Jira(jira) => jira.name(),
        }
    }

    async fn poll<K: Known>(&self, ask: Ask, known: &K, pages: mpsc::Sender<Page>) -> Result<Read, Trouble> {
        match self {
            Self::Github(github) => github.poll(ask, known, pages).await,
            Self::Jira(jira) => jira.poll(ask, known, pages).await,
        }
    }

    async fn by_id(&self, issues: Vec<Arc<Issue>>, turn: Turn) -> Result<Vec<Found>, Trouble> {
        match self {
            Self::Github(github) => github.by_id(issues, turn).await,
            Self::Jira(jira) => jira.by_id(issues, turn).await,
        }
    }

    async fn authors(&self, asked: Vec<Standing>) -> Result<Vec<Authored>, Trouble> {
        match self {
            Self::Github(github) => github.authors(asked).await,
            Self::Jira(jira) => jira.authors(asked).await,
        }
    }

    async fn catalogues(&self, containers: Vec<ContainerKey>) -> Result<BTreeMap<ContainerKey, Catalogue>, Trouble> {
        match self {
            Self::Github(github) => github.catalogues(containers).await,
            Self::Jira(jira) => jira.catalogues(containers).await,
        }
    }

    fn expires(&self) -> Option<Timestamp> {
        match self {
            Self::Github(github) => github.expires(),
            Self::Jira(jira) => jira.expires(),
        }
    }

    fn requests(&self) -> Requests {
        match self {
            Self::Github(github) => github.requests(),
            Self::Jira(jira) => jira.requests(),
        }
    }
}

impl Write for Tracker {
    async fn prepare(
        &self,
        catalogue: BTreeMap<ContainerKey, Vec<LabelSpec>>,
    ) -> Result<BTreeMap<ContainerKey, Trouble>, Trouble> {
        match self {
            Self::Github(github) => github.prepare(catalogue).await,
            Self::Jira(jira) => jira.prepare(catalogue).await,
        }
    }

    async fn write<L: Log>(&self, changes: Vec<Change>, log: &L, stop: &CancellationToken) -> Result<(), Trouble> {
        match self {
            Self::Github(github) => github.write(changes, log, stop).await,
            Self::Jira(jira) => jira.write(changes, log, stop).await,
        }
    }
}

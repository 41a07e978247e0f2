//! GitHub: issues, labels, dependencies and sub-issues over REST, through octocrab.
//!
//! octocrab is built without its retries, cache, redirects and logs (those features are off): what it does at `trace` is
//! nothing, and hyper and rustls print neither headers nor bodies. Pacing and repeating is [`super::http`]'s.

mod access;
mod authors;
mod blockers;
mod client;
mod credential;
mod find;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod hindsight;
mod link;
mod map;
mod memory;
mod poll;
mod probe;
mod reach;
mod reachable;
mod selection;
mod talk;
mod wire;
mod write;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::http::{Policy, work_off};
use super::{
    Ask, Authored, Catalogue, Fetch, Found, GithubConfig, Known, LabelSpec, Left, Log, Page, Probed, Reachable, Read,
    Requests, Standing, Trouble, Write, Writes,
};
use crate::model::{ContainerKey, Issue, Timestamp, TrackerName, Turn};
use crate::plan::Change;
use access::Access;
use map::Place;
use memory::Labels;
use selection::Selection;

/// A GitHub host.
pub struct Github {
    name: TrackerName,
    server: String,
    /// An Enterprise server: its API has a path of its own.
    enterprise: bool,
    /// The configuration's entries, as they stand there.
    configured: Vec<String>,
    selection: Selection,
    concurrency: usize,
    access: Access,
    /// Containers in reach, sorted. Empty before the first reading.
    reach: Mutex<Arc<Vec<String>>>,
    /// What this process knows of repositories, by container.
    facts: Mutex<BTreeMap<String, Facts>>,
}

/// What this process knows of one repository.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// Its immutable id, as it was read.
    id: u64,
    private: bool,
    /// Names it had before.
    was: Vec<String>,
    no_dependencies: bool,
    /// Labels in the catalogue, case folded. None: never listed.
    labels: Option<Labels>,
    /// The catalogue is to be listed anew before it is relied on.
    relist: bool,
}

impl Github {
    /// Connects without asking anything yet. Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// A [`Trouble`] that names the missing or unusable credential or address.
    pub fn connect(config: &GithubConfig) -> Result<Self, Trouble> {
        Self::connect_with(config, Policy::GITHUB)
    }

    /// Connects with other patience than [`Policy::GITHUB`].
    ///
    /// # Errors
    /// As [`Github::connect`].
    pub fn connect_with(config: &GithubConfig, policy: Policy) -> Result<Self, Trouble> {
        Ok(Self {
            name: config.name.clone(),
            server: config.base_url.as_str().trim_end_matches('/').to_owned(),
            enterprise: !config.base_url.path().trim_end_matches('/').is_empty(),
            configured: config.repositories.clone(),
            selection: Selection::read(&config.repositories),
            concurrency: config.budget.concurrency.clamp(1, 100) as usize,
            access: Access::connect(config, policy)?,
            reach: Mutex::default(),
            facts: Mutex::new(BTreeMap::new()),
        })
    }

    /// What the credential reaches, whatever is configured.
    ///
    /// # Errors
    /// A [`Trouble`] where it can't be asked.
    pub async fn reachable(&self) -> Result<Vec<Reachable>, Trouble> {
        self.reachable_all().await
    }

    /// Asks what `roadmapd check --online` wants to know: the credential, each repository, and whether labels may be written.
    pub async fn probe(&self, writes: &Writes<'_>) -> Vec<Probed> {
        self.probe_all(writes).await
    }

    fn facts(&self) -> MutexGuard<'_, BTreeMap<String, Facts>> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self) -> Arc<Vec<String>> {
        Arc::clone(&self.reach.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn home(&self, repository: &str) -> Home {
        let facts = self.facts().get(repository).cloned().unwrap_or_default();
        Home { name: repository.to_owned(), reach: self.reach(), facts }
    }
}

/// A repository that rows are read from.
struct Home {
    name: String,
    reach: Arc<Vec<String>>,
    facts: Facts,
}

impl Home {
    fn place<'a>(&'a self, tracker: &'a TrackerName, turn: Turn, by_id: bool) -> Place<'a> {
        let (repositories, repository) = (self.reach.as_slice(), self.name.as_str());
        Place { tracker, repositories, repository, was: &self.facts.was, private: self.facts.private, turn, by_id }
    }
}

impl Github {
    /// What is left of the limit, of several credentials the one with the least.
    pub(super) fn left(&self) -> Option<Left> {
        self.access.left()
    }
}

impl Fetch for Github {
    fn name(&self) -> &TrackerName {
        &self.name
    }

    async fn poll<K: Known>(&self, ask: Ask, known: &K, pages: mpsc::Sender<Page>) -> Result<Read, Trouble> {
        if ask.census {
            self.access.doubt();
        }
        let read = self.poll_all(&ask, known, &pages).await;
        if read.is_err() {
            self.access.doubt();
        }
        read
    }

    async fn by_id(&self, issues: Vec<Arc<Issue>>, turn: Turn) -> Result<Vec<Found>, Trouble> {
        self.read_each(&issues, turn).await
    }

    async fn authors(&self, asked: Vec<Standing>) -> Result<Vec<Authored>, Trouble> {
        self.who_labelled(asked).await
    }

    async fn catalogues(&self, containers: Vec<ContainerKey>) -> Result<BTreeMap<ContainerKey, Catalogue>, Trouble> {
        let read = work_off(containers, self.concurrency, None, |container| async move {
            let before = self.facts().get(&container.local).and_then(|facts| facts.labels.clone()).unwrap_or_default();
            let now = self.list_labels(&container.local).await?;
            let names: BTreeMap<u64, &String> = now.iter().map(|(name, id)| (*id, name)).collect();
            let lost = before.into_iter().filter(|(name, id)| *id != 0 && !now.contains_key(name));
            let renamed = lost.filter_map(|(name, id)| Some((name, (*names.get(&id)?).clone()))).collect();
            Ok((container, Catalogue { labels: now.into_keys().collect(), renamed }))
        });
        Ok(read.await?.into_iter().collect())
    }

    fn expires(&self) -> Option<Timestamp> {
        self.access.expires()
    }

    fn requests(&self) -> Requests {
        self.access.requests()
    }
}

impl Write for Github {
    async fn prepare(
        &self,
        catalogue: BTreeMap<ContainerKey, Vec<LabelSpec>>,
    ) -> Result<BTreeMap<ContainerKey, Trouble>, Trouble> {
        self.prepare_all(&catalogue).await
    }

    async fn write<L: Log>(&self, changes: Vec<Change>, log: &L, stop: &CancellationToken) -> Result<(), Trouble> {
        self.write_all(changes, log, stop).await
    }
}

impl std::fmt::Debug for Github {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Github").field("name", &self.name).field("server", &self.server).finish_non_exhaustive()
    }
}

//! Where readings are kept while a cycle works: the store, or, for a preview, memory laid over it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::model::{Issue, IssueId, Timestamp, TrackerName};
use crate::score::Model;
use crate::store::{Store, StoreTrouble};
use crate::tracker::{Known, Page, Trouble, TroubleKind};

/// Where readings are kept.
pub(super) enum Shelf {
    /// Durably.
    Durable(Store),
    /// Until the preview ends, over what an earlier cycle stored, if any did.
    Fleeting { below: Option<Store>, above: Mutex<Above> },
}

/// What a preview lays over the store.
#[derive(Default)]
pub(super) struct Above {
    issues: BTreeMap<IssueId, Issue>,
    /// Taken out.
    gone: BTreeSet<IssueId>,
    /// Shown by the census.
    listed: BTreeSet<IssueId>,
}

impl Shelf {
    /// A shelf that forgets.
    pub(super) fn fleeting(below: Option<Store>) -> Self {
        Self::Fleeting { below, above: Mutex::default() }
    }

    /// The store behind it, if there is one.
    pub(super) fn store(&self) -> Option<&Store> {
        match self {
            Self::Durable(store) => Some(store),
            Self::Fleeting { below, .. } => below.as_ref(),
        }
    }

    /// Keeps a page of a reading.
    pub(super) async fn keep_page(&self, tracker: &TrackerName, page: Page) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => {
                if !page.issues.is_empty() {
                    self.disturb().await?;
                }
                store.save_page(tracker, &page).await
            }
            Self::Fleeting { above, .. } => {
                if page.listed {
                    let ids = page.issues.iter().map(|issue| issue.id.clone());
                    above.lock().unwrap_or_else(PoisonError::into_inner).listed.extend(ids);
                }
                self.keep(page.issues).await
            }
        }
    }

    /// Before anything changes: a cycle that dies between reading and thinking must not leave the next one quiet.
    pub(super) async fn disturb(&self) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => store.set_note(super::quiet::SETTLED, "").await,
            Self::Fleeting { .. } => Ok(()),
        }
    }

    /// Keeps what was read.
    pub(super) async fn keep(&self, issues: Vec<Issue>) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => {
                if !issues.is_empty() {
                    self.disturb().await?;
                }
                store.save_issues(&issues).await
            }
            Self::Fleeting { below, above } => {
                let mut items = BTreeMap::new();
                if let Some(store) = below {
                    for (tracker, ids) in by_tracker(&issues) {
                        for issue in store.issues_by_id(&tracker, &ids).await? {
                            items.insert(issue.id, (issue.item, issue.aliases));
                        }
                    }
                }
                let mut above = above.lock().unwrap_or_else(PoisonError::into_inner);
                for mut issue in issues {
                    if let Some((item, aliases)) = items.remove(&issue.id) {
                        issue.item = item;
                        issue.aliases = aliases;
                    }
                    above.gone.remove(&issue.id);
                    above.issues.insert(issue.id.clone(), issue);
                }
                Ok(())
            }
        }
    }

    /// Takes issues out that are gone for good.
    pub(super) async fn remove(&self, ids: Vec<IssueId>) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => store.remove_issues(&ids).await,
            Self::Fleeting { above, .. } => {
                let mut above = above.lock().unwrap_or_else(PoisonError::into_inner);
                above.issues.retain(|id, _| !ids.contains(id));
                above.gone.extend(ids);
                Ok(())
            }
        }
    }

    /// An issue became another one elsewhere, which takes over its item and its keys.
    pub(super) async fn relocate(&self, from: &Issue, mut there: Issue) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => store.move_issue(&from.id, &there).await,
            Self::Fleeting { above, .. } => {
                there.item = there.item.or_else(|| from.item.clone());
                there.aliases.extend(from.aliases.iter().chain([&from.key]).cloned());
                let mut above = above.lock().unwrap_or_else(PoisonError::into_inner);
                above.issues.remove(&from.id);
                above.gone.insert(from.id.clone());
                above.issues.insert(there.id.clone(), there);
                Ok(())
            }
        }
    }

    /// Issues of a tracker that the census didn't show though they are stored as being there.
    pub(super) async fn unlisted(&self, tracker: &TrackerName) -> Result<Vec<Issue>, StoreTrouble> {
        let Some(store) = self.store() else { return Ok(Vec::new()) };
        let listed = match self {
            Self::Durable(store) => store.listed(tracker).await?,
            Self::Fleeting { above, .. } => {
                let above = above.lock().unwrap_or_else(PoisonError::into_inner);
                above.listed.iter().filter(|id| id.tracker == *tracker).map(|id| id.id.clone()).collect()
            }
        };
        store.unlisted(tracker, &listed).await
    }

    /// Whether it keeps issues of this tracker that no cycle has thought about yet.
    pub(super) async fn has_newcomers(&self, tracker: &TrackerName) -> Result<bool, StoreTrouble> {
        if let Self::Fleeting { above, .. } = self {
            let above = above.lock().unwrap_or_else(PoisonError::into_inner);
            if above.issues.values().any(|issue| issue.id.tracker == *tracker && issue.item.is_none()) {
                return Ok(true);
            }
        }
        match self.store() {
            Some(store) => store.has_newcomers(tracker).await,
            None => Ok(false),
        }
    }

    /// Keeps what was learned of sizes; a preview forgets it.
    pub(super) async fn keep_model(&self, model: &Model) -> Result<(), StoreTrouble> {
        match self {
            Self::Durable(store) => store.save_model(model).await,
            Self::Fleeting { .. } => Ok(()),
        }
    }

    /// Every issue kept, sorted by id.
    pub(super) async fn issues(&self) -> Result<Vec<Issue>, StoreTrouble> {
        let mut issues = match self.store() {
            Some(store) => store.issues().await?,
            None => Vec::new(),
        };
        if let Self::Fleeting { above, .. } = self {
            let above = above.lock().unwrap_or_else(PoisonError::into_inner);
            issues.retain(|issue| !above.issues.contains_key(&issue.id) && !above.gone.contains(&issue.id));
            issues.extend(above.issues.values().cloned());
            issues.sort_by(|a, b| a.id.cmp(&b.id));
        }
        Ok(issues)
    }
}

fn by_tracker(issues: &[Issue]) -> BTreeMap<TrackerName, Vec<String>> {
    let mut ids: BTreeMap<TrackerName, Vec<String>> = BTreeMap::new();
    for issue in issues {
        ids.entry(issue.id.tracker.clone()).or_default().push(issue.id.id.clone());
    }
    ids
}

/// What one tracker's adapter may ask about what is known.
pub(super) struct KnownTo<'a> {
    pub(super) shelf: &'a Shelf,
    pub(super) tracker: &'a TrackerName,
}

impl Known for KnownTo<'_> {
    async fn stamps(&self, ids: &[String]) -> Result<BTreeMap<String, Timestamp>, Trouble> {
        let mut stamps = match self.shelf.store() {
            Some(store) => store.stamps(self.tracker, ids).await.map_err(|error| trouble(self.tracker, &error))?,
            None => BTreeMap::new(),
        };
        if let Shelf::Fleeting { above, .. } = self.shelf {
            let above = above.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                if let Some(issue) = above.issues.get(&IssueId::new(self.tracker, id)) {
                    stamps.insert(id.clone(), issue.updated);
                }
            }
        }
        Ok(stamps)
    }

    async fn issues(&self, ids: &[String]) -> Result<BTreeMap<String, Issue>, Trouble> {
        let mut issues: BTreeMap<String, Issue> = match self.shelf.store() {
            Some(store) => store
                .issues_by_id(self.tracker, ids)
                .await
                .map_err(|error| trouble(self.tracker, &error))?
                .into_iter()
                .map(|issue| (issue.id.id.clone(), issue))
                .collect(),
            None => BTreeMap::new(),
        };
        if let Shelf::Fleeting { above, .. } = self.shelf {
            let above = above.lock().unwrap_or_else(PoisonError::into_inner);
            for id in ids {
                if let Some(issue) = above.issues.get(&IssueId::new(self.tracker, id)) {
                    issues.insert(id.clone(), issue.clone());
                }
            }
        }
        Ok(issues)
    }
}

/// A store's trouble as a tracker's adapter meets it.
pub(super) fn trouble(tracker: &TrackerName, error: &StoreTrouble) -> Trouble {
    Trouble {
        tracker: tracker.clone(),
        kind: TroubleKind::Store,
        what: format!("what it told could not be kept: {error}"),
        next: "nothing more was read or written; the next cycle starts where this one did".to_owned(),
    }
}

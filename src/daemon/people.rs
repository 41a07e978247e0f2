//! Requests of people: what they asked for since the last cycle, carried out at the start of this one.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::info;

use super::gather::{Gathered, snapshot};
use super::shelf::Shelf;
use super::{CycleTrouble, Works};
use crate::model::{Aspect, IssueId, IssueKey};
use crate::plan::{Ledger, release as end_holds};
use crate::roadmap::{Links, unify};
use crate::store::{Request, Store};

/// Requests that this cycle has to heed further on.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The fingerprint that a person said yes to last.
    pub(super) approved: Option<String>,
    /// Holds that a person ended.
    pub(super) releases: Vec<(i64, IssueKey, Option<Aspect>)>,
    /// Something else changed: links, pause, resume.
    pub(super) other: bool,
}

impl Asked {
    /// Nobody asked for anything.
    pub(super) fn nothing(&self) -> bool {
        self.approved.is_none() && self.releases.is_empty() && !self.other
    }
}

/// Takes what people asked for, in their order.
pub(super) async fn take<T>(works: &Works<T>, store: &Store) -> Result<Asked, CycleTrouble> {
    let mut asked = Asked::default();
    for (id, request) in store.asked().await? {
        let now = works.clock.now();
        info!(?request, "a person asks");
        match request {
            Request::Approve { fingerprint } => asked.approved = Some(fingerprint),
            Request::Release { key, aspect } => {
                // Answered once it is carried out: the faces are known only after unify.
                asked.releases.push((id, key, aspect));
                continue;
            }
            Request::Pause => store.set_paused(Some(now)).await?,
            Request::Resume => store.set_paused(None).await?,
            Request::Link { a, b } => store.join(&a, &b).await?,
            Request::Unlink { a, b } => store.part(&a, &b).await?,
            Request::Retry { .. } => {}
        }
        asked.other |= asked.approved.is_none();
        store.answered(id, now, "taken").await?;
    }
    Ok(asked)
}

/// The configured link sources, and the pairs that people joined and parted by hand.
pub(super) async fn links<T>(store: &Store, works: &Works<T>) -> Result<Links, CycleTrouble> {
    let (joined, parted) = store.links().await?;
    Ok(Links { joined, parted, ..works.settings.links.clone() })
}

/// Ends the holds that people released, on every face of the item.
pub(super) async fn release<T>(
    store: &Store,
    works: &Works<T>,
    gathered: &Gathered,
    shelf: &Arc<Shelf>,
    links: &Links,
    ledger: Ledger,
    asked: &Asked,
) -> Result<Ledger, CycleTrouble> {
    if asked.releases.is_empty() {
        return Ok(ledger);
    }
    let roadmap = unify(&snapshot(shelf, gathered).await?, links);
    let before = ledger.clone();
    let mut ledger = ledger;
    for (id, key, aspect) in &asked.releases {
        let note = match roadmap.find(&key.to_string()) {
            Some(index) => {
                let faces: BTreeSet<IssueId> = roadmap.items[index].faces.iter().map(|face| face.id.clone()).collect();
                ledger = end_holds(ledger, &faces, *aspect);
                "released".to_owned()
            }
            None => format!("no issue {key} is known"),
        };
        store.answered(*id, works.clock.now(), &note).await?;
    }
    store.save_ledger(&before, &ledger).await?;
    Ok(ledger)
}

//! The echo: a cycle that wrote reads what it wrote, so that the next one is quiet.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::debug;

use super::census::settle;
use super::gather::read;
use super::shelf::Shelf;
use super::{CycleTrouble, Works};
use crate::model::{Issue, IssueId, Turn};
use crate::store::Store;
use crate::tracker::{Ask, Fetch};

/// Reads the trackers that were written, then by id what their lists don't show yet (a search index lags).
/// A failure costs nothing but the next cycle's quiet.
pub(super) async fn echo<T: Fetch>(
    works: &Works<T>,
    store: &Store,
    shelf: &Shelf,
    written: &BTreeSet<IssueId>,
    turn: Turn,
) -> Result<(), CycleTrouble> {
    for tracker in &works.trackers {
        let name = tracker.name();
        let ids: Vec<String> = written.iter().filter(|id| &id.tracker == name).map(|id| id.id.clone()).collect();
        if ids.is_empty() {
            continue;
        }
        let state = store.tracker(name).await?;
        let ask = Ask { memory: state.memory, server: state.server, turn, ..Ask::default() };
        match read(&**tracker, shelf, ask).await {
            Ok((read, _)) => store.finish_reading(name, &read, works.clock.now(), false).await?,
            Err(error) => debug!("the echo couldn't be read: {error}"),
        }
        let unheard: Vec<Arc<Issue>> = store
            .issues_by_id(name, &ids)
            .await?
            .into_iter()
            .filter(|issue| issue.reading.turn < turn)
            .map(Arc::new)
            .collect();
        if unheard.is_empty() {
            continue;
        }
        match tracker.by_id(unheard.clone(), turn).await {
            Ok(found) => {
                let containers = store.tracker(name).await?.containers;
                settle(shelf, name, &unheard, found, &containers, false).await?;
            }
            Err(error) => debug!("the echo couldn't be read by id: {error}"),
        }
    }
    Ok(())
}

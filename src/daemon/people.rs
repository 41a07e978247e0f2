//! Requests of people: what they asked for since the last cycle, carried out at the start of this one.

use std::collections::BTreeSet;

use tracing::info;

use super::{CycleTrouble, Works};
use crate::model::{Aspect, IssueId, IssueKey, Snapshot};
use crate::plan::{Ledger, release as end_holds};
use crate::roadmap::{Links, unify};
use crate::store::{Request, Store};

/// Requests that this cycle has to heed further on.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Holds that a person ended, each with its request.
    pub(super) releases: Vec<(i64, IssueKey, Option<Aspect>)>,
    /// Issues that a person wants tried again, each with its request.
    retries: Vec<(i64, IssueKey)>,
    /// Pairs that people joined and parted, in their order.
    ties: Vec<(bool, IssueKey, IssueKey)>,
    /// Anything at all.
    any: bool,
}

impl Asked {
    /// Nobody asked for anything.
    pub(super) fn nothing(&self) -> bool {
        !self.any
    }
}

/// The note of the plan that a person said yes to, by its fingerprint: it holds until all of it is written or no longer planned.
pub(super) const APPROVED: &str = "approved";

/// Takes what people asked for, in their order.
pub(super) async fn take<T>(works: &Works<T>, store: &Store) -> Result<Asked, CycleTrouble> {
    let mut asked = Asked::default();
    for (id, request) in store.asked().await? {
        let now = works.clock.now();
        info!(?request, "a person asks");
        asked.any = true;
        match request {
            Request::Approve { fingerprint } => store.set_note(APPROVED, &fingerprint).await?,
            Request::Release { key, aspect } => {
                // Answered once it is carried out: the faces are known only after unify.
                asked.releases.push((id, key, aspect));
                continue;
            }
            Request::Pause => store.set_paused(Some(now)).await?,
            Request::Resume => store.set_paused(None).await?,
            Request::Link { a, b } => store.join(&a, &b).await?,
            Request::Unlink { a, b } => store.part(&a, &b).await?,
            Request::Retry { key } => {
                asked.retries.push((id, key));
                continue;
            }
        }
        store.answered(id, now, "taken").await?;
    }
    Ok(asked)
}

/// What people asked for, looked at and left for the cycle that will take it.
pub(super) async fn look(store: &Store) -> Result<Asked, CycleTrouble> {
    let mut asked = Asked::default();
    for (id, request) in store.asked().await? {
        asked.any = true;
        match request {
            Request::Release { key, aspect } => asked.releases.push((id, key, aspect)),
            Request::Link { a, b } => asked.ties.push((true, a, b)),
            Request::Unlink { a, b } => asked.ties.push((false, a, b)),
            Request::Retry { key } => asked.retries.push((id, key)),
            Request::Approve { .. } | Request::Pause | Request::Resume => {}
        }
    }
    Ok(asked)
}

/// The configured link sources, and the pairs that people joined and parted by hand.
pub(super) async fn links<T>(store: &Store, works: &Works<T>) -> Result<Links, CycleTrouble> {
    let (joined, parted) = store.links().await?;
    Ok(Links { joined, parted, ..works.settings.links.clone() })
}

/// The links as they will be once people's requests are taken.
pub(super) fn tied(mut links: Links, asked: &Asked) -> Links {
    for (join, a, b) in &asked.ties {
        let pair = if a <= b { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) };
        links.joined.retain(|known| *known != pair);
        links.parted.retain(|known| *known != pair);
        if *join { links.joined.push(pair) } else { links.parted.push(pair) }
    }
    links.joined.sort();
    links.parted.sort();
    links
}

/// The ledger with the holds ended that people released and the refusals forgotten that they want tried again, on every face
/// of the item; and what to answer each.
pub(super) fn released(
    mut ledger: Ledger,
    seen: &Snapshot,
    links: &Links,
    asked: &Asked,
) -> (Ledger, Vec<(i64, String)>) {
    if asked.releases.is_empty() && asked.retries.is_empty() {
        return (ledger, Vec::new());
    }
    let roadmap = unify(seen, links);
    let faces = |key: &IssueKey| -> Option<BTreeSet<IssueId>> {
        let item = &roadmap.items[roadmap.find(&key.to_string())?];
        Some(item.faces.iter().map(|face| face.id.clone()).collect())
    };
    let unknown = |key: &IssueKey| format!("no issue {key} is known");
    let mut answers = Vec::new();
    for (id, key, aspect) in &asked.releases {
        let answer = match faces(key) {
            Some(faces) => {
                ledger = end_holds(ledger, &faces, *aspect);
                "released".to_owned()
            }
            None => unknown(key),
        };
        answers.push((*id, answer));
    }
    for (id, key) in &asked.retries {
        let answer = match faces(key) {
            Some(faces) if faces.iter().filter(|face| ledger.retry(face)).count() > 0 => "tried again".to_owned(),
            Some(_) => format!("{key} was not set aside"),
            None => unknown(key),
        };
        answers.push((*id, answer));
    }
    (ledger, answers)
}

/// Ends the holds that people released, durably.
pub(super) async fn release<T>(
    store: &Store,
    works: &Works<T>,
    seen: &Snapshot,
    links: &Links,
    before: Ledger,
    asked: &Asked,
) -> Result<Ledger, CycleTrouble> {
    let (ledger, answers) = released(before.clone(), seen, links, asked);
    store.save_ledger(&before, &ledger).await?;
    for (id, answer) in answers {
        store.answered(id, works.clock.now(), &answer).await?;
    }
    Ok(ledger)
}

//! Takes back what a cycle wrote where it still stands, through the same lock, plan and journal.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use super::cycle::{SETTLED, carry_out, conclude, remember, requests};
use super::gather::{gather, read_by_id};
use super::scheme::scheme_of;
use super::shelf::Shelf;
use super::surely::surely;
use super::{CycleTrouble, Turned, Works, people};
use crate::model::{IssueId, Turn};
use crate::plan::{Approval, Outcome, approve, undo as take_back};
use crate::store::Store;
use crate::tracker::{Fetch, Write};

/// Undoes a cycle, as a cycle of its own. What a person changed since is left and listed among the skips.
///
/// # Errors
/// A store that can't be read or written, a lock that another process holds, or a cycle that wrote nothing.
pub async fn undo<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    undone: u64,
    stop: &CancellationToken,
) -> Result<Turned, CycleTrouble> {
    let cause = format!("undo {undone}");
    let _lock = store.lock(&cause, super::LOCK_WAIT).await?;
    let journal = store.journal(undone).await?;
    if journal.is_empty() {
        return Err(CycleTrouble::NothingToUndo(undone));
    }
    let cycle = store.begin_cycle(works.clock.now(), &cause).await?;
    let span = info_span!("cycle", cycle, cause);
    let before = requests(works);
    let work = async {
        store.set_note(SETTLED, "").await?;
        let shelf = Arc::new(Shelf::Durable(store.clone()));
        let mut gathered = gather(works, &shelf, Turn(2 * cycle), false).await?;
        let mut turned = Turned { errors: gathered.errors.clone(), ..Turned::default() };
        let written: BTreeSet<IssueId> = journal.iter().map(|entry| entry.change.issue.clone()).collect();
        turned.errors.extend(read_by_id(works, &shelf, &written, &mut gathered, Turn(2 * cycle)).await?);
        let ledger = store.ledger().await?;
        let links = people::links(store, works).await?;
        let scheme = scheme_of(works, &gathered.containers, &gathered.allowed, false);
        let (thought, errors) = surely(works, &shelf, &mut gathered, &scheme, &ledger, &links, cycle).await?;
        turned.errors.extend(errors);
        remember(works, store, &ledger, &thought).await?;
        let refused =
            |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Failed { .. } | Outcome::Superseded { .. }));
        let changes: Vec<_> =
            journal.into_iter().filter(|entry| !refused(&entry.outcome)).map(|entry| entry.change).collect();
        let plan = take_back(undone, &changes, &thought.roadmap, &thought.standing.noted, &scheme);
        turned.skipped = plan.skips.len();
        turned.plan = Some(plan.clone());
        let approval = Approval { past_limits: true, ..Approval::default() };
        match approve(plan, &gathered.coverage, &works.settings.limits(&gathered.containers), approval) {
            Ok(approved) => {
                turned.waiting = approved.waiting().to_vec();
                carry_out(works, store, &shelf, &approved, cycle, stop, &mut turned).await?;
            }
            Err(refusal) => turned.approval = Some(refusal),
        }
        Ok(turned)
    };
    let turned = work.instrument(span.clone()).await;
    conclude(works, store, cycle, &before, turned).instrument(span).await
}

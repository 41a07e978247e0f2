//! Plans of a person's own making, as cycles of their own: `undo` takes a cycle back, `retire` leaves containers. They go
//! through the same lock, approval and journal as every other plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info_span};

use super::cycle::{carry_out, conclude, preview_with, remember, requests};
use super::gather::{gather, read_by_id, snapshot};
use super::quiet::SETTLED;
use super::scheme::scheme_of;
use super::shelf::Shelf;
use super::surely::surely;
use super::{CycleTrouble, Preview, Thought, Turned, Works, people};
use crate::model::{ContainerKey, IssueId, Turn};
use crate::plan::{Approval, Outcome, Plan, Scheme, approve, rejoin as take_back, retire as leave, undo as restore};
use crate::store::{Lock, Store};
use crate::tracker::{Fetch, Write};

/// Undoes a cycle. What a person changed since is left and listed among the skips.
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
    let lock = store.lock(&cause, super::LOCK_WAIT).await?;
    let journal = store.journal(undone).await?;
    if journal.is_empty() {
        return Err(CycleTrouble::NothingToUndo(undone));
    }
    let refused = |outcome: &Option<Outcome>| {
        matches!(outcome, Some(Outcome::Failed { .. } | Outcome::Refused { .. } | Outcome::Superseded { .. }))
    };
    let changes: Vec<_> =
        journal.into_iter().filter(|entry| !refused(&entry.outcome)).map(|entry| entry.change).collect();
    let written: BTreeSet<IssueId> = changes.iter().map(|change| change.issue.clone()).collect();
    let plan = |thought: &Thought, scheme: &Scheme| {
        restore(undone, &changes, &thought.roadmap, &thought.standing.noted, scheme)
    };
    by_hand(works, store, &lock, cause, &written, |_| false, stop, plan).await
}

/// Leaves containers: takes all our values off and puts back what people had in fields. No plan writes there until [`rejoin`].
///
/// # Errors
/// A store that can't be read or written, or a lock that another process holds.
pub async fn retire<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    in_scope: impl Fn(&ContainerKey) -> bool,
    stop: &CancellationToken,
) -> Result<Turned, CycleTrouble> {
    let lock = store.lock("retire", super::LOCK_WAIT).await?;
    let plan = |thought: &Thought, scheme: &Scheme| leave(&thought.roadmap, &thought.standing.noted, scheme, &in_scope);
    by_hand(works, store, &lock, "retire".to_owned(), &BTreeSet::new(), &in_scope, stop, plan).await
}

/// Shows what [`retire`] would write. Is handed no writer, takes no lock, and keeps nothing.
///
/// # Errors
/// A store that can't be read.
pub async fn preview_retire<T: Fetch + 'static>(
    works: &Works<T>,
    store: Store,
    in_scope: impl Fn(&ContainerKey) -> bool,
) -> Result<Preview, CycleTrouble> {
    let mut shown = preview_with(works, Some(store), &in_scope).await?;
    let scheme = scheme_of(works, &shown.containers, &shown.allowed, false);
    shown.plan = leave(&shown.thought.roadmap, &shown.thought.standing.noted, &scheme, &in_scope);
    shown.plan.retires = in_reach(&shown.containers, &in_scope);
    shown.refusal = None;
    Ok(shown)
}

/// Takes containers back: the next plan writes there again, after first contact. Answers how many there were.
///
/// # Errors
/// A store that can't be read or written, or a lock that another process holds.
pub async fn rejoin(store: &Store, in_scope: impl Fn(&ContainerKey) -> bool) -> Result<usize, CycleTrouble> {
    let _lock = store.lock("rejoin", super::LOCK_WAIT).await?;
    let before = store.ledger().await?;
    let after = take_back(before.clone(), in_scope);
    store.save_ledger(&before, &after).await?;
    store.set_note(SETTLED, "").await?;
    Ok(before.retired.len() - after.retired.len())
}

/// The containers that are left, with those that have no issue yet.
fn in_reach(containers: &[ContainerKey], in_scope: impl Fn(&ContainerKey) -> bool) -> BTreeSet<ContainerKey> {
    containers.iter().filter(|container| in_scope(container)).cloned().collect()
}

/// Reads, thinks, makes the plan, and carries it out past the limits: a person asked for exactly it. Issues in `reread` are
/// read by id; containers in `again` are looked at even if they were left.
#[expect(clippy::too_many_arguments, reason = "two callers, and a struct of them would be named twice")]
async fn by_hand<T: Fetch + Write + 'static>(
    works: &Works<T>,
    store: &Store,
    _lock: &Lock,
    cause: String,
    reread: &BTreeSet<IssueId>,
    again: impl Fn(&ContainerKey) -> bool,
    stop: &CancellationToken,
    plan: impl FnOnce(&Thought, &Scheme) -> Plan,
) -> Result<Turned, CycleTrouble> {
    let cycle = store.begin_cycle(works.clock.now(), &cause).await?;
    let span = info_span!("cycle", cycle, cause);
    let before = requests(works);
    let work = async {
        store.set_note(SETTLED, "").await?;
        let asked = people::take(works, store).await?;
        let shelf = Arc::new(Shelf::Durable(store.clone()));
        let mut gathered = gather(works, &shelf, Turn(2 * cycle), false).await?;
        let mut turned = Turned { errors: gathered.errors.clone(), ..Turned::default() };
        turned.errors.extend(read_by_id(works, &shelf, reread, &mut gathered, Turn(2 * cycle)).await?);
        let ledger = store.ledger().await?;
        let links = people::links(store, works).await?;
        let scheme = scheme_of(works, &gathered.containers, &gathered.allowed, false);
        let ledger = people::release(store, works, &snapshot(&shelf, &gathered).await?, &links, ledger, &asked).await?;
        let looked_at = take_back(ledger.clone(), &again);
        let (mut thought, errors) = surely(works, &shelf, &mut gathered, &scheme, &looked_at, &links, cycle).await?;
        thought.standing.noted.retired.clone_from(&ledger.retired);
        turned.errors.extend(errors);
        turned.findings.clone_from(&gathered.findings);
        remember(works, store, &ledger, &thought, cycle).await?;
        let mut plan = plan(&thought, &scheme);
        plan.retires = in_reach(&gathered.containers, &again);
        turned.skipped = plan.skips.len();
        turned.plan = Some(plan.clone());
        let approval = Approval { past_limits: true, ..Approval::default() };
        match approve(plan, &gathered.coverage, &works.settings.limits(&gathered.containers), approval) {
            Ok(approved) => {
                turned.waiting = approved.waiting().to_vec();
                if !approved.retires().is_empty() {
                    // Before the first write: a cycle that comes after a death must not put back what was taken off.
                    let before = store.ledger().await?;
                    let mut after = before.clone();
                    after.retired.extend(approved.retires().iter().cloned());
                    store.save_ledger(&before, &after).await?;
                }
                carry_out(works, store, &shelf, &approved, cycle, stop, &mut turned).await?;
            }
            Err(refusal) => turned.approval = Some(refusal),
        }
        Ok(turned)
    };
    let turned = work.instrument(span.clone()).await;
    conclude(works, store, cycle, &before, turned).instrument(span).await
}

//! Plan -> ApprovedPlan, or what it waits for: what people said yes to, and how long that holds.

use std::collections::BTreeSet;

use super::cycle::{Order, Turned};
use super::gather::Gathered;
use super::people::APPROVED;
use super::{CycleTrouble, Works};
use crate::model::IssueId;
use crate::plan::{Approval, ApprovedPlan, Need, Plan, Reviewed, approve};
use crate::store::{Store, WaitingPlan};

/// Asks whether the plan may be applied; says in `turned` what it waits for if not.
pub(super) async fn permitted<T>(
    works: &Works<T>,
    store: &Store,
    order: &Order,
    cycle: u64,
    gathered: &Gathered,
    plan: &Plan,
    turned: &mut Turned,
) -> Result<Option<ApprovedPlan>, CycleTrouble> {
    if let Some(since) = store.paused().await? {
        turned.paused = !plan.changes.is_empty();
        if turned.paused {
            turned.findings.push(format!("writing is paused since {since}; `roadmapd resume` ends that"));
        }
        return Ok(None);
    }
    let waiting = store.waiting().await?;
    let approved = store.note(APPROVED).await?.filter(|fingerprint| !fingerprint.is_empty());
    let reviewed = match order.only.as_ref().or(approved.as_ref()) {
        None => None,
        Some(fingerprint) if *fingerprint == plan.fingerprint => Some(plan.reviewed()),
        Some(fingerprint) => match store.reviewed(fingerprint).await? {
            Some(known) => Some(known.reviewed),
            None => {
                turned.errors.push(unknown_fingerprint(fingerprint, plan, waiting.as_ref()));
                None
            }
        },
    };
    let over = |reviewed: &Reviewed| plan.edit_keys().is_disjoint(&reviewed.edits);
    if approved.is_some() && reviewed.as_ref().is_none_or(over) {
        store.set_note(APPROVED, "").await?;
    }
    if order.only.is_some() && reviewed.is_none() {
        return Ok(None);
    }
    let approval = Approval { reviewed, past_limits: order.past_limits };
    match approve(plan.clone(), &gathered.coverage, &works.settings.limits(&gathered.containers), approval) {
        Ok(approved) => {
            if waiting.is_some() {
                store.save_waiting(None).await?;
            }
            Ok(Some(approved))
        }
        Err(refusal) => {
            if matches!(refusal.needed, Need::FirstContact | Need::Limits) {
                let same = waiting.filter(|waiting| waiting.reviewed.fingerprint == plan.fingerprint);
                let (cycle, at) = same.map_or((cycle, works.clock.now()), |first| (first.cycle, first.at));
                let (reviewed, need, detail) = (plan.reviewed(), refusal.needed, refusal.detail.clone());
                store.save_waiting(Some(&WaitingPlan { reviewed, need, detail, cycle, at })).await?;
            }
            turned.approval = Some(refusal);
            Ok(None)
        }
    }
}

/// Ends an approval of which nothing is left to write: every edit of the reviewed plan is done, or no longer planned.
pub(super) async fn close_approval(store: &Store, plan: &Plan, done: &BTreeSet<IssueId>) -> Result<(), CycleTrouble> {
    let Some(fingerprint) = store.note(APPROVED).await?.filter(|fingerprint| !fingerprint.is_empty()) else {
        return Ok(());
    };
    let reviewed = match store.reviewed(&fingerprint).await? {
        Some(known) => known.reviewed,
        None if fingerprint == plan.fingerprint => plan.reviewed(),
        None => Reviewed::default(),
    };
    let planned = plan.edit_keys();
    if !reviewed.edits.iter().any(|edit| planned.contains(edit) && !done.contains(&edit.0)) {
        store.set_note(APPROVED, "").await?;
    }
    Ok(())
}

fn unknown_fingerprint(asked: &str, plan: &Plan, waiting: Option<&WaitingPlan>) -> String {
    let now = if plan.changes.is_empty() {
        "there is nothing to write now".to_owned()
    } else {
        format!("the plan is now {}", plan.fingerprint)
    };
    let stored =
        waiting.map_or(String::new(), |waiting| format!(", the one that waits is {}", waiting.reviewed.fingerprint));
    format!(
        "no reviewed plan has the fingerprint {asked}: {now}{stored}; review it with `roadmapd plan` and name its fingerprint"
    )
}

//! Plan -> ApprovedPlan: what may be written without a person, what waits, and why.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{Aspect, ContainerKey, Coverage, IssueKey, Reach, TrackerName};

use crate::score::Formula;

use super::change::{Change, EditKey, Plan};
use super::scheme::SinkId;

/// Below this many open issues the share doesn't apply: a third of five is two.
const SHARE_FROM: usize = 20;

/// A plan that may be applied as it is. Only [`approve`] can make one.
#[derive(Clone, Debug)]
pub struct ApprovedPlan {
    changes: Vec<Change>,
    waiting: Vec<(IssueKey, String)>,
    first_contact: BTreeSet<(ContainerKey, Aspect, SinkId)>,
    undoes: Option<u64>,
    retires: BTreeSet<ContainerKey>,
    formula: Option<Formula>,
}

impl ApprovedPlan {
    /// What shall be written, sorted by issue id.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// What shall not be written now, and why, one sentence each; sorted by issue.
    pub fn waiting(&self) -> &[(IssueKey, String)] {
        &self.waiting
    }

    /// Containers and sinks that the changes touch for the first time.
    pub fn first_contact(&self) -> &BTreeSet<(ContainerKey, Aspect, SinkId)> {
        &self.first_contact
    }

    /// The cycle that this takes back, where it is an undo.
    pub fn undoes(&self) -> Option<u64> {
        self.undoes
    }

    /// The containers that this leaves.
    pub fn retires(&self) -> &BTreeSet<ContainerKey> {
        &self.retires
    }

    /// The formula that found its levels.
    pub fn formula(&self) -> Option<&Formula> {
        self.formula.as_ref()
    }
}

/// Lets through what may be written now.
///
/// An empty plan always passes. Changes that lean on a tracker which fails now, or that a reviewed plan didn't have,
/// wait; the rest passes if neither first contact nor a limit stands against the plan as a whole.
///
/// # Errors
/// [`Unsafe`] when nothing may be written: a tracker never read whole or not for too long (no yes helps against that),
/// first contact or limits without a person's yes, or a reviewed plan of which nothing is left.
pub fn approve(plan: Plan, coverage: &Coverage, limits: &Limits, approval: Approval) -> Result<ApprovedPlan, Unsafe> {
    if plan.changes.is_empty() {
        let (changes, waiting, first_contact) = (Vec::new(), Vec::new(), BTreeSet::new());
        let Plan { undoes, retires, formula, .. } = plan;
        return Ok(ApprovedPlan { changes, waiting, first_contact, undoes, retires, formula });
    }
    let parts = parts(&plan, limits);
    readable(coverage, &parts)?;
    let gate = if approval.past_limits { None } else { gate(&plan, limits, &parts) };
    let mut waiting = Vec::new();
    let changes = match &approval.reviewed {
        None => match gate {
            Some(unsafe_) => return Err(unsafe_),
            None => plan.changes,
        },
        Some(reviewed) => {
            if plan.edit_keys().is_disjoint(&reviewed.edits) {
                return Err(outdated(&plan, reviewed, gate));
            }
            plan.changes.into_iter().filter_map(|change| only_reviewed(change, reviewed, &mut waiting)).collect()
        }
    };
    let changes: Vec<Change> = changes.into_iter().filter(|change| reachable(change, coverage, &mut waiting)).collect();
    waiting.sort();
    let touched: BTreeSet<_> = changes.iter().flat_map(touches).collect();
    let first_contact = plan.first_contact.intersection(&touched).cloned().collect();
    let Plan { undoes, retires, formula, .. } = plan;
    Ok(ApprovedPlan { changes, waiting, first_contact, undoes, retires, formula })
}

/// The containers and sinks of a change.
pub(super) fn touches(change: &Change) -> impl Iterator<Item = (ContainerKey, Aspect, SinkId)> {
    change.edits.iter().filter_map(|edit| Some((change.container.clone(), edit.field.aspect()?, edit.sink.clone())))
}

/// What one set of limits holds for: a scope that has its own, or all that no such scope holds for.
struct Part<'a> {
    scope: Option<&'a str>,
    limits: &'a Limits,
    changes: usize,
    considered: usize,
}

/// The parts that a plan touches, the rest before the scopes.
fn parts<'a>(plan: &Plan, limits: &'a Limits) -> Vec<Part<'a>> {
    let part = |scope, limits| Part { scope, limits, changes: 0, considered: 0 };
    let rest = part(None, limits);
    let of_scopes = limits.scopes.iter().map(|(name, scope)| part(Some(name.as_str()), &scope.own));
    let mut parts: Vec<Part<'_>> = std::iter::once(rest).chain(of_scopes).collect();
    parts[0].considered = plan.considered;
    for (container, count) in &plan.considered_in {
        if let place @ 1.. = limits.place_of(container) {
            parts[place].considered += count;
            parts[0].considered = parts[0].considered.saturating_sub(*count);
        }
    }
    for change in &plan.changes {
        parts[limits.place_of(&change.container)].changes += 1;
    }
    parts.retain(|part| part.changes > 0);
    parts
}

/// Refuses to act on half a picture.
fn readable(coverage: &Coverage, parts: &[Part<'_>]) -> Result<(), Unsafe> {
    let why = |failed: &Option<String>| failed.as_deref().map_or(String::new(), |why| format!(" ({why})"));
    let mut reaches = coverage.trackers.iter();
    if let Some((tracker, reach)) = reaches.find(|(_, reach)| !reach.whole || reach.age_s.is_none()) {
        let detail = format!(
            "{tracker} was never read whole{}: nothing is written anywhere until it is; see `roadmapd check --online`",
            why(&reach.failed)
        );
        return Err(Unsafe { needed: Need::Partial, detail });
    }
    let Some(strictest) = parts.iter().min_by_key(|part| part.limits.stale_max_s) else { return Ok(()) };
    let stale_max_s = strictest.limits.stale_max_s;
    let mut ages =
        coverage.trackers.iter().map(|(tracker, reach)| (tracker, reach, reach.age_s.unwrap_or(Reach::UNKNOWN_AGE_S)));
    if let Some((tracker, reach, age_s)) = ages.find(|(_, _, age_s)| *age_s > stale_max_s) {
        let ago = match age_s {
            Reach::UNKNOWN_AGE_S => "at a time that lies ahead of this machine's clock".to_owned(),
            age_s => format!("{} ago", span(age_s)),
        };
        let detail = format!(
            "{tracker} was last read {ago}, the limit is {} ({}){}: nothing is written anywhere until it \
             answers again; see `roadmapd check --online`",
            span(stale_max_s),
            strictest.key("stale_max"),
            why(&reach.failed)
        );
        return Err(Unsafe { needed: Need::Stale, detail });
    }
    Ok(())
}

/// What asks for a person: first contact, or a limit, of any part. The plan as a whole waits.
fn gate(plan: &Plan, limits: &Limits, parts: &[Part<'_>]) -> Option<Unsafe> {
    let next = next_step(plan);
    if let Some(contacts) = contacts(plan, limits) {
        let detail = format!("first contact with {contacts}: {next}");
        return Some(Unsafe { needed: Need::FirstContact, detail });
    }
    let past: Vec<String> = lost_rules(plan).into_iter().chain(parts.iter().filter_map(Part::past_limit)).collect();
    (!past.is_empty()).then(|| Unsafe { needed: Need::Limits, detail: format!("{}: {next}", past.join("; ")) })
}

/// Levels that move for want of a rule that is refused: somebody's slip should move nothing by itself.
fn lost_rules(plan: &Plan) -> Option<String> {
    let reformed = plan.reformed.as_ref().filter(|reformed| reformed.items() > 0)?;
    Some(format!("{} by a formula {} (`roadmapd check` says why)", reformed.moving(), reformed.lacks()?))
}

impl Part<'_> {
    /// The limit that it is past, with the value.
    fn past_limit(&self) -> Option<String> {
        let Self { limits, changes, considered, .. } = self;
        let of = self.scope.map_or(String::new(), |scope| format!(" of the scope {scope:?}"));
        if *changes > limits.changes_max {
            let key = self.key("changes_max");
            return Some(format!("{changes} issues{of} would be written, the limit is {} ({key})", limits.changes_max));
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of issues are far below where it matters")]
        let share = *changes as f64 / (*considered).max(1) as f64;
        (*considered >= SHARE_FROM && share > limits.share_max).then(|| {
            format!(
                "{changes} of {considered} open issues{of} would be written ({:.1} %), the limit is {:.1} % ({})",
                share * 100.0,
                limits.share_max * 100.0,
                self.key("share_max")
            )
        })
    }

    /// Where a limit stands in the configuration.
    fn key(&self, limit: &str) -> String {
        self.scope.map_or(format!("limits.{limit}"), |scope| format!("limits.{limit} of the scope {scope:?}"))
    }
}

fn next_step(plan: &Plan) -> String {
    let fingerprint = &plan.fingerprint;
    match plan.undoes {
        Some(cycle) => format!("review it, then `roadmapd undo {cycle}`"),
        None if !plan.retires.is_empty() => "review it, then say yes to `roadmapd retire`".to_owned(),
        None => format!(
            "review it with `roadmapd plan`, then `roadmapd approve {fingerprint}`, `roadmapd once --only {fingerprint}` \
             or `roadmapd once --past-limits`"
        ),
    }
}

/// The containers that would be touched for the first time and ask for a person, the first three by name.
fn contacts(plan: &Plan, limits: &Limits) -> Option<String> {
    let containers: BTreeSet<String> = plan
        .first_contact
        .iter()
        .filter_map(|(container, aspect, sink)| {
            let scope = limits.scope_of(container);
            let asks = !scope.map_or(limits, |(_, scope)| &scope.own).first_contact_applies;
            let of = scope.map_or(String::new(), |(name, _)| format!(", scope {name:?}"));
            asks.then(|| format!("{container} ({aspect}, {}{of})", sink.0))
        })
        .collect();
    (!containers.is_empty()).then(|| few(containers.into_iter()))
}

/// The first three, and how many more there are.
pub(super) fn few(names: impl ExactSizeIterator<Item = String>) -> String {
    const NAMED: usize = 3;
    let more = names.len().saturating_sub(NAMED);
    let named = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// Nothing of the reviewed plan is planned any more.
fn outdated(plan: &Plan, reviewed: &Reviewed, gate: Option<Unsafe>) -> Unsafe {
    let detail = format!(
        "the reviewed plan {} is out of date: none of its {} edits is planned any more; what is planned now is {} \
         ({} edits to {} issues): {}",
        reviewed.fingerprint,
        reviewed.edits.len(),
        plan.fingerprint,
        plan.edits(),
        plan.changes.len(),
        next_step(plan)
    );
    Unsafe { needed: gate.map_or(Need::Stale, |gate| gate.needed), detail }
}

/// The change with only its reviewed edits; the others are named as waiting.
fn only_reviewed(mut change: Change, reviewed: &Reviewed, waiting: &mut Vec<(IssueKey, String)>) -> Option<Change> {
    let keys: Vec<EditKey> = change.edits.iter().map(|edit| change.key_of(edit)).collect();
    let all = change.edits.len();
    let mut known = keys.iter().map(|key| reviewed.edits.contains(key));
    change.edits.retain(|_| known.next().unwrap_or(false));
    let dropped = all - change.edits.len();
    if dropped > 0 {
        let why = format!(
            "{dropped} of its {all} edits were not in the reviewed plan {}: they wait for the next plan",
            reviewed.fingerprint
        );
        waiting.push((change.key.clone(), why));
    }
    (!change.edits.is_empty()).then_some(change)
}

/// Whether every tracker that a change needs answered in this cycle.
fn reachable(change: &Change, coverage: &Coverage, waiting: &mut Vec<(IssueKey, String)>) -> bool {
    let unwell = |tracker: &TrackerName| match coverage.trackers.get(tracker) {
        None => Some(format!("{tracker} is not among the configured trackers")),
        Some(reach) => reach.failed.as_ref().map(|why| format!("waits for {tracker}: {why}")),
    };
    match std::iter::once(&change.key.tracker).chain(&change.leans_on).find_map(unwell) {
        None => true,
        Some(why) => {
            waiting.push((change.key.clone(), why));
            false
        }
    }
}

/// A length of time as people say it.
fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// `[limits]` and `[write] first_contact`: what a plan may touch without a person.
///
/// They hold for all issues of containers that no scope with limits of its own holds for.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Issues that one cycle may write to.
    pub changes_max: usize,
    /// Share of all open issues in reach (0–1) that one cycle may write to, from 20 open issues on.
    pub share_max: f64,
    /// Seconds since a tracker's last successful reading past which nothing is written anywhere.
    pub stale_max_s: u64,
    /// The first plan for a container or a sink needs no person.
    pub first_contact_applies: bool,
    /// Scopes with limits of their own, by name. Changes to their containers count there and not here.
    pub scopes: BTreeMap<String, ScopeLimits>,
}

/// The limits of one scope.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeLimits {
    /// The containers that it holds for; no two scopes hold for one.
    pub containers: BTreeSet<ContainerKey>,
    /// What may be touched there; the share is of the open issues of these containers. Its own `scopes` are not looked at.
    pub own: Limits,
}

impl Limits {
    /// The shortest age of a reading, in seconds, past which nothing is written anywhere: its own, or a scope's. Of all that may be
    /// written together what is strictest holds.
    pub fn strictest_stale_max_s(&self) -> u64 {
        self.scopes.values().map(|scope| scope.own.stale_max_s).fold(self.stale_max_s, u64::min)
    }

    /// The scope with limits of its own that holds for a container, by name.
    pub fn scope_of(&self, container: &ContainerKey) -> Option<(&str, &ScopeLimits)> {
        let mut scopes = self.scopes.iter().map(|(name, scope)| (name.as_str(), scope));
        scopes.find(|(_, scope)| scope.containers.contains(container))
    }

    /// Where a container's scope stands among the scopes, counted from 1; 0: in none.
    fn place_of(&self, container: &ContainerKey) -> usize {
        self.scopes.values().position(|scope| scope.containers.contains(container)).map_or(0, |place| place + 1)
    }
}

/// A person's yes, or its absence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Approval {
    /// A reviewed plan: exactly those of its edits that are still identical are applied.
    pub reviewed: Option<Reviewed>,
    /// The limits and first contact don't hold this one (`once --past-limits`, `undo`).
    pub past_limits: bool,
}

/// A plan that a person has reviewed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its edits.
    pub edits: BTreeSet<EditKey>,
}

/// Why a plan may not be applied as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unsafe {
    /// What kind of yes or recovery is missing.
    pub needed: Need,
    /// One sentence that names the thing, the value, the limit and the next step.
    pub detail: String,
}

/// What an unsafe plan waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A person's yes to the first plan for a container or a sink.
    FirstContact,
    /// A person's yes to a plan past the safety limits.
    Limits,
    /// A fresh reading.
    Stale,
    /// A tracker that was never read whole.
    Partial,
}

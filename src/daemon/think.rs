//! Snapshot -> Plan: the pure stages in their order, nothing between them.

use crate::model::{Day, Snapshot};
use crate::plan::{Ledger, Plan, Scheme, Standing, plan, standing};
use crate::roadmap::{Links, Roadmap, unify};
use crate::score::{Model, Scores, Weights, score};

/// Everything that the pure stages found.
#[derive(Clone, Debug, Default)]
pub struct Thought {
    /// The items.
    pub roadmap: Roadmap,
    /// Whose each value is.
    pub standing: Standing,
    /// The levels.
    pub scores: Scores,
    /// What would be written.
    pub plan: Plan,
}

/// Runs the pure stages.
pub fn think(
    snapshot: &Snapshot,
    links: &Links,
    ledger: &Ledger,
    scheme: &Scheme,
    weights: &Weights,
    day: Day,
    cycle: u64,
) -> Thought {
    let roadmap = unify(snapshot, links);
    let standing = standing(&roadmap, ledger, scheme, cycle);
    let scores = score(&roadmap, &standing.previous, &Model::default(), weights, day);
    let plan = plan(&roadmap, &scores, &standing.noted, scheme);
    Thought { roadmap, standing, scores, plan }
}

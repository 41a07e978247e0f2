//! Snapshot -> Plan: the pure stages in their order, nothing between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Day, Priority, Snapshot};
use crate::plan::{Ledger, Plan, Scheme, Standing, plan, standing};
use crate::roadmap::{Links, Roadmap, unify};
use crate::score::{Model, Scores, Weights, score};
use crate::settings::Settings;
use crate::store::Pressing;

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
    /// What was learned of sizes.
    pub model: Arc<Model>,
}

impl Thought {
    /// By scope, how much of what is open presses most; "" stands for what is in no scope.
    pub fn pressing(&self, settings: &Settings) -> BTreeMap<String, Pressing> {
        let mut found: BTreeMap<String, Pressing> = BTreeMap::new();
        for (item, score) in self.roadmap.items.iter().zip(&self.scores.items).filter(|(item, _)| item.status.is_open())
        {
            let scope = settings.scope_of(&item.founder().container).unwrap_or_default();
            let pressing = found.entry(scope.to_owned()).or_default();
            pressing.p0 += usize::from(score.priority.level == Priority::P0);
            pressing.open += 1;
        }
        found
    }
}

/// What holds while a cycle thinks.
#[derive(Clone)]
pub struct Frame<'a> {
    /// Where links between issues are read.
    pub links: &'a Links,
    /// What may be written where.
    pub scheme: &'a Scheme,
    /// The knobs of score.
    pub weights: &'a Weights,
    /// What was learned of sizes.
    pub model: Arc<Model>,
    /// Today.
    pub day: Day,
    /// The cycle's number.
    pub cycle: u64,
}

/// Runs the pure stages.
pub fn think(snapshot: &Snapshot, ledger: &Ledger, frame: &Frame<'_>) -> Thought {
    let roadmap = unify(snapshot, frame.links);
    let standing = standing(&roadmap, ledger, frame.scheme, frame.cycle);
    let scores = score(&roadmap, &standing.previous, &frame.model, frame.weights, frame.day);
    let plan = plan(&roadmap, &scores, &standing.noted, frame.scheme);
    Thought { roadmap, standing, scores, plan, model: Arc::clone(&frame.model) }
}

//! Roadmap -> Scores: priority, complexity and readiness of every item, each with its because.
//!
//! Priority is what delay costs (the rules' points) over size, as in SAFe's WSJF (<https://framework.scaledagile.com/wsjf>)
//! after D. Reinertsen, *The Principles of Product Development Flow* (2009), principles B15–B17: of two jobs, first
//! the one whose cost of delay divided by its duration is larger.
//!
//! ```text
//! signals -> points -> cost of delay -> over size -> score -> own band, with hysteresis
//!                                                          -> levels rise to what blocks -> holds win
//! ```

pub mod backtest;
mod bands;
mod calendar;
mod complexity;
mod evidence;
mod graph;
mod learn;
mod model;
mod priority;
mod readiness;
mod rules;
mod types;

pub use complexity::{estimated, size_level};
pub use evidence::Evidence;
pub use graph::Waiters;
pub use learn::{Choice, LABELS_MIN, Learned, Past, Prediction, TooFew, fit, plain_median};
pub use model::{History, Model, estimated_histories, learn, nearest};
pub use priority::priority_level;
pub use rules::{RULES, Rule, Signal};
pub use types::{
    Because, ComplexityScore, EstimateSource, Formula, ItemScore, Knobs, Levels, Previous, PriorityModel,
    PriorityScore, ReadinessScore, Scores, Weights,
};

use crate::model::Day;
use crate::roadmap::Roadmap;

/// Works out every item's levels.
pub fn score(roadmap: &Roadmap, previous: &Previous, model: &Model, weights: &Weights, day: Day) -> Scores {
    let evidence: Vec<Evidence<'_>> = (0..roadmap.items.len())
        .map(|index| Evidence::of(roadmap, index, previous, weights.of(&roadmap.items[index].founder().container), day))
        .collect();
    let mut sizes = Vec::with_capacity(evidence.len());
    let mut readiness = Vec::with_capacity(evidence.len());
    let mut signals = Vec::with_capacity(evidence.len());
    // One pass over the items for all that reads their faces: memory is what costs here.
    for evidence in &evidence {
        let size = complexity::estimate(evidence, model);
        readiness.push(readiness::judge(evidence, &size));
        signals.push(priority::signals(evidence));
        sizes.push(size);
    }
    let (priorities, dues) = priority::find(roadmap, &evidence, signals, &sizes);
    let mut items = Vec::with_capacity(evidence.len());
    let found = priorities.into_iter().zip(sizes).zip(readiness).zip(dues);
    for (evidence, (((priority, complexity), readiness), due_again)) in evidence.iter().zip(found) {
        items.push(ItemScore { item: evidence.item.id.clone(), priority, complexity, readiness, due_again });
    }
    Scores { items, formula: formula(weights, model), day }
}

/// The order in which people read a roadmap, as indices: open items first, then by level, score (largest first), due
/// day, age and id.
pub fn rank(roadmap: &Roadmap, scores: &Scores) -> Vec<usize> {
    let mut order: Vec<usize> = (0..roadmap.items.len().min(scores.items.len())).collect();
    order.sort_by(|a, b| {
        let key = |index: usize| {
            let item = &roadmap.items[index];
            let due = item.due.map_or(Day::MAX, |(day, _)| day);
            (!item.status.is_open(), scores.items[index].priority.level, due, item.founder().created, &item.id)
        };
        let (first, second) = (key(*a), key(*b));
        let by_score = || scores.items[*b].priority.score.total_cmp(&scores.items[*a].priority.score);
        (first.0, first.1)
            .cmp(&(second.0, second.1))
            .then_with(by_score)
            .then_with(|| (first.2, first.3, first.4).cmp(&(second.2, second.3, second.4)))
    });
    order
}

/// The names of all formulas in use: scopes may differ.
fn formula(weights: &Weights, model: &Model) -> Formula {
    let mut names: Vec<&str> = weights.all().map(|knobs| knobs.model.formula()).collect();
    names.sort_unstable();
    names.dedup();
    let learned = (model.version > 0).then(|| format!("learned/{}", model.version));
    names.extend(learned.as_deref());
    Formula(names.join("+"))
}

//! Roadmap -> Scores: priority, complexity and readiness of every item, each with its because.
//!
//! Priority is what delay costs (the rules' points) over size, as in SAFe's WSJF (<https://framework.scaledagile.com/wsjf>)
//! after D. Reinertsen, *The Principles of Product Development Flow* (2009), principles B15–B17: of two jobs, first
//! the one whose cost of delay divided by its duration is larger.
//!
//! ```text
//! signals -> points, own rules -> cost of delay -> over size -> score -> own band, with hysteresis
//!                                                          -> levels rise to what blocks -> holds win
//! ```

pub mod backtest;
mod bands;
mod calendar;
pub mod cel;
mod complexity;
mod evidence;
mod graph;
mod hindsight;
mod learn;
mod likeness;
mod model;
mod priority;
mod readiness;
mod rules;
mod types;
mod value;

pub use complexity::{estimated, size_level};
pub use evidence::Evidence;
pub use graph::Waiters;
pub use learn::{Choice, FORM as LEARNED_FORM, LABELS_MIN, Learned, Past, Prediction, TooFew, fit, plain_median};
pub use likeness::Likeness;
pub use model::{History, Model, estimated_histories, learn};
pub use priority::priority_level;
pub use rules::{RULES, Rule, Signal, spelled_priority};
pub use types::{
    Because, ComplexityScore, EstimateSource, Formula, ItemScore, Knobs, Levels, Previous, PriorityModel,
    PriorityScore, ReadinessScore, Scores, Weights,
};

pub use value::{VALUE_MAX, ValueFile, ValueRow, ValueSource};

use std::collections::BTreeMap;

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
    let mut failures = Failures::default();
    // One pass over the items for all that reads their faces: memory is what costs here.
    for evidence in &evidence {
        let size = complexity::estimate(evidence, model);
        readiness.push(readiness::judge(evidence, &size));
        let said = evidence.knobs.rules.ask(evidence);
        failures.note(evidence, &said.failed);
        signals.push(priority::Alone { signals: priority::signals(evidence), own: said });
        sizes.push(size);
    }
    let (priorities, dues) = priority::find(roadmap, &evidence, signals, &sizes, model);
    let mut items = Vec::with_capacity(evidence.len());
    let found = priorities.into_iter().zip(sizes).zip(readiness).zip(dues);
    for (evidence, (((priority, complexity), readiness), due_again)) in evidence.iter().zip(found) {
        items.push(ItemScore { item: evidence.item.id.clone(), priority, complexity, readiness, due_again });
    }
    let refused = weights.all().flat_map(|knobs| knobs.rules.refused()).cloned().collect();
    Scores { items, formula: formula(weights, model), refused, day, findings: failures.findings() }
}

/// Own rules that can't be asked about some items.
#[derive(Default)]
struct Failures(BTreeMap<(String, &'static str), (u64, String)>);

impl Failures {
    /// Notes rules of an item's container, by their place, and why they failed.
    fn note(&mut self, evidence: &Evidence<'_>, failed: &[(usize, &'static str)]) {
        for (place, why) in failed {
            let Some(rule) = evidence.knobs.rules.iter().nth(*place) else { continue };
            let first = || (0, evidence.item.founder().key.to_string());
            self.0.entry((rule.name.clone(), why)).or_insert_with(first).0 += 1;
        }
    }

    fn findings(self) -> Vec<String> {
        let told = |((rule, why), (items, first)): ((String, &str), (u64, String))| {
            let items = calendar::count(items, "item", "items");
            format!("your rule {rule} gives {items} nothing, {first} first: {why}; let its when ask for that before")
        };
        self.0.into_iter().map(told).collect()
    }
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
    let name = |knobs: &Knobs| format!("{}{}", knobs.model.formula(), knobs.rules.formula());
    let mut names: Vec<String> = weights.all().map(name).collect();
    names.sort_unstable();
    names.dedup();
    let learned = (model.version > 0).then(|| format!("learned/{}", model.version));
    names.extend(learned);
    Formula(names.join("+"))
}

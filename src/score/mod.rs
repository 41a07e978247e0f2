//! Roadmap -> Scores: priority, complexity and readiness of every item, each with its because.
//!
//! `pub fn score(roadmap: &Roadmap, previous: &Previous, model: &Model, weights: &Weights, day: Day) -> Scores`

mod types;

pub use types::{
    Because, ComplexityScore, EstimateSource, Formula, ItemScore, Knobs, Levels, Model, Previous, PriorityModel,
    PriorityScore, ReadinessScore, Scores, Weights,
};

//! Evidence -> signals: the table of rules, one file each.

mod activity;
mod blocking;
mod deadline;
mod demand;
mod recency;
mod risk;
mod severity;
mod value;

use super::evidence::Evidence;
use crate::model::Day;

pub use severity::spelled_priority;

/// A reason that moves priority.
pub struct Rule {
    /// Its name in configuration and explanations.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// Its weight unless configured; weights are relative to each other.
    pub weight: f64,
    /// It reads who waits for the item, so it runs after the others.
    pub reads_graph: bool,
    /// How strongly it applies.
    pub signal: fn(&Evidence<'_>) -> Signal,
}

/// How strongly a rule applies to an item, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signal {
    /// 0–1.
    pub strength: f64,
    /// One sentence; empty where the strength is 0.
    pub why: String,
    /// The first later day on which time alone changes the strength.
    pub changes: Option<Day>,
}

/// Every rule, in the order in which equal points are shown.
pub const RULES: &[Rule] = &[
    severity::RULE,
    value::RULE,
    deadline::RULE,
    risk::RULE,
    demand::RULE,
    activity::RULE,
    blocking::RULE,
    recency::RULE,
];

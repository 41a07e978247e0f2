//! Scores, and the knobs of score.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cel::OwnRules;
use super::rules::{RULES, Rule};
use super::value::ValueSource;
use crate::model::{Aspect, Complexity, Day, IssueId, ItemId, Level, PerContainer, Priority, Readiness};
use crate::roadmap::Roadmap;

/// The knobs of score for every container; an item follows its founder's container.
pub type Weights = PerContainer<Knobs>;

/// The knobs of score for one container: `[priority]`, `[complexity]`, `[readiness]` and the spellings of `[[sink]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Knobs {
    /// How points become a score.
    pub model: PriorityModel,
    /// Least score (0–100) of p0, p1, p2, p3; falling, the last one 0.
    pub priority_bands: [f64; 4],
    /// How far past a band's edge a score must be before the level changes, in score points.
    pub hysteresis: f64,
    /// What blocks an item ranks at least as high as that item.
    pub inherit: bool,
    /// How much size counts against priority in `wsjf`: 0 not at all, 1 in full.
    pub size_exponent: f64,
    /// Each rule's weight by its name; 0 switches it off. A rule that isn't named has its default weight.
    pub weights: BTreeMap<String, f64>,
    /// Where business value is read; the first that answers. Empty: nowhere, and the rule `value` has no weight.
    pub value: Vec<ValueSource>,
    /// People's own rules.
    pub rules: OwnRules,
    /// People's words for a priority, lower case: names of the tracker's priority field and labels (`also_read`).
    pub priority_words: BTreeMap<String, Priority>,
    /// Least story points of xs, s, m, l, xl; rising, the first one 0.
    pub complexity_bands: [f64; 5],
    /// Share of a band's edge that a size must be past before the level changes.
    pub size_hysteresis: f64,
    /// The history that sizes are learned from and whose estimates teach: the scope's name, empty outside of all. None: sizes
    /// aren't learned.
    pub history: Option<String>,
    /// Whether readiness is scored.
    pub readiness: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            model: PriorityModel::Wsjf,
            priority_bands: [80.0, 55.0, 30.0, 0.0],
            hysteresis: 4.0,
            inherit: true,
            size_exponent: 0.5,
            weights: RULES.iter().map(|rule| (rule.name.to_owned(), rule.weight)).collect(),
            value: Vec::new(),
            rules: OwnRules::default(),
            priority_words: BTreeMap::new(),
            complexity_bands: [0.0, 2.0, 4.0, 8.0, 13.0],
            size_hysteresis: 0.10,
            history: Some(String::new()),
            readiness: true,
        }
    }
}

impl Knobs {
    /// The weight that a rule has here; what isn't a number of 0 or more switches it off.
    pub fn weight(&self, rule: &Rule) -> f64 {
        if rule.name == "value" && self.value.is_empty() {
            return 0.0;
        }
        let weight = self.weights.get(rule.name).copied().unwrap_or(rule.weight);
        if weight.is_finite() { weight.max(0.0) } else { 0.0 }
    }
}

/// How points become a priority score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriorityModel {
    /// Weighted shortest job first: cost of delay over job size.
    Wsjf,
    /// The sum of the rules' points alone.
    Weighted,
}

impl PriorityModel {
    /// The formula's name and version, stored with each score.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Wsjf => "wsjf/2",
            Self::Weighted => "weighted/2",
        }
    }
}

/// What earlier cycles left: confirmed levels, people's holds, and what of ours stands on the issues.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// Last confirmed levels by item. A plan that waits for approval moves nothing here.
    pub levels: BTreeMap<ItemId, Levels>,
    /// Levels at which people hold items.
    pub holds: BTreeMap<(ItemId, Aspect), Level>,
    /// Labels on an issue that are ours or spell our levels, lower case: never an input.
    pub ours: BTreeMap<IssueId, BTreeSet<String>>,
    /// What to read in place of what an issue's fields say, by the tracker's id of the field (`priority` is the priority):
    /// we write there, and this is what a person, or the tracker when the issue was made, last gave. None: nothing.
    pub given: BTreeMap<IssueId, BTreeMap<String, Option<String>>>,
}

impl Previous {
    /// What of it is about the items of a roadmap.
    #[must_use]
    pub fn about(&self, roadmap: &Roadmap) -> Self {
        let mut part = Self::default();
        for item in &roadmap.items {
            part.levels.extend(self.levels.get(&item.id).map(|levels| (item.id.clone(), *levels)));
            for aspect in Aspect::ALL {
                let key = (item.id.clone(), aspect);
                part.holds.extend(self.holds.get(&key).map(|level| (key, *level)));
            }
            for id in item.faces.iter().map(|face| &face.id) {
                part.ours.extend(self.ours.get(id).map(|ours| (id.clone(), ours.clone())));
                part.given.extend(self.given.get(id).map(|given| (id.clone(), given.clone())));
            }
        }
        part
    }
}

/// Levels of one item; None where nothing is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Confirmed priority.
    pub priority: Option<Priority>,
    /// Confirmed complexity.
    pub complexity: Option<Complexity>,
    /// Confirmed readiness.
    pub readiness: Option<Readiness>,
}

/// What score found.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    /// One entry for each item, in the roadmap's order.
    pub items: Vec<ItemScore>,
    /// The formula that found them.
    pub formula: Formula,
    /// Names of people's own rules that were refused and that these levels therefore lack.
    pub refused: BTreeSet<String>,
    /// The day that they hold for.
    pub day: Day,
    /// What a person should know: an own rule that can't be asked about some items. One sentence each, sorted.
    pub findings: Vec<String>,
}

/// A formula's name and version: `wsjf/1`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Formula(pub String);

/// One item's levels and why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemScore {
    /// The item.
    pub item: ItemId,
    /// How much it matters now.
    pub priority: PriorityScore,
    /// How much work it is.
    pub complexity: ComplexityScore,
    /// Whether work can start. None: switched off.
    pub readiness: Option<ReadinessScore>,
    /// The first day on which time alone could change a level. None: never.
    pub due_again: Option<Day>,
}

/// How much an item matters now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriorityScore {
    /// The level after hysteresis, blockers and holds: the level wanted everywhere.
    pub level: Priority,
    /// The level of its own score alone, after hysteresis.
    pub own: Priority,
    /// 0–100.
    pub score: f64,
    /// The rules that gave points, largest first; then what lifted or held it.
    pub because: Vec<Because>,
}

/// How much work an item is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComplexityScore {
    /// The level, a person's hold included.
    pub level: Complexity,
    /// Story points.
    pub story_points: f64,
    /// Lower end of the range (10 %), story points.
    pub low: f64,
    /// Upper end of the range (90 %), story points.
    pub high: f64,
    /// Where the number comes from.
    pub source: EstimateSource,
    /// What moved it.
    pub because: Vec<Because>,
}

/// Where a complexity comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EstimateSource {
    /// A person gave story points.
    Given,
    /// The learned estimator.
    Learned,
    /// Text and structure.
    Estimated,
}

/// Whether work can start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadinessScore {
    /// The level, a person's hold included.
    pub level: Readiness,
    /// What is missing or in the way.
    pub because: Vec<Because>,
}

impl ItemScore {
    /// The levels that are others than in `before`, with those before (None: it had none) and the weightiest reason for each.
    pub fn moved_from(&self, before: Option<&Self>) -> Vec<(Option<Level>, Level, String)> {
        let levels = |score: &Self| {
            let readiness = score.readiness.as_ref().map(|found| Level::Readiness(found.level));
            let others = [Level::Priority(score.priority.level), Level::Complexity(score.complexity.level)];
            others.into_iter().chain(readiness).collect::<Vec<Level>>()
        };
        let known = before.map(levels).unwrap_or_default();
        let was = |level: Level| known.iter().copied().find(|known| known.aspect() == level.aspect());
        let moved = levels(self).into_iter().filter(|level| was(*level) != Some(*level));
        moved.map(|level| (was(level), level, self.why(level.aspect()))).collect()
    }

    /// The weightiest reason for a level: what moved the level itself, else what counts most.
    pub fn why(&self, aspect: Aspect) -> String {
        let because: &[Because] = match aspect {
            Aspect::Priority => &self.priority.because,
            Aspect::Complexity => &self.complexity.because,
            Aspect::Readiness => self.readiness.as_ref().map(|found| &*found.because).unwrap_or_default(),
        };
        let of_level = because.iter().rev().find(|because| because.is_of_level());
        of_level.or(because.first()).map(|because| because.why.clone()).unwrap_or_default()
    }
}

/// One named reason, its contribution said in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Because {
    /// The rule's name, or what else counts: `cap`, `size`, `median`, `blocks`, ….
    pub rule: String,
    /// Score points (priority), story points (complexity); 0 where nothing is counted.
    pub points: f64,
    /// One sentence for a person.
    pub why: String,
}

impl Because {
    /// What waits for it lifts its level.
    pub const BLOCKS: &'static str = "blocks";
    /// A person's hand on its level.
    pub const HOLD: &'static str = "hold";
    /// Its level stands until the score is clearly past the edge.
    pub const HYSTERESIS: &'static str = "hysteresis";
    /// The rule's name of a size that lands on a number that people estimate with.
    pub const SCALE: &'static str = "scale";

    /// Whether it is about the level alone: the score is the same without it.
    pub fn is_of_level(&self) -> bool {
        [Self::BLOCKS, Self::HOLD, Self::HYSTERESIS].contains(&self.rule.as_str())
    }
}

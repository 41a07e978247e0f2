//! Scores -> levels as others read them, each with its reasons and whose hand is on it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::daemon::Held;
use crate::model::Aspect;
use crate::score::{Because as Reason, EstimateSource, ItemScore};

/// The levels of an item.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Levels {
    /// How much it matters now.
    pub priority: Priority,
    /// How much work it is.
    pub complexity: Complexity,
    /// Whether work can start. None: switched off.
    pub readiness: Option<Readiness>,
}

impl Levels {
    /// The levels of a score. Whose they are is looked up among these holds.
    pub fn of(score: &ItemScore, held: &[Held]) -> Self {
        let (priority, complexity) = (&score.priority, &score.complexity);
        Self {
            priority: Priority {
                level: priority.level.name().to_owned(),
                score: tenths(priority.score),
                held_by: HeldBy::of(score, Aspect::Priority, held),
                because: reasons(&priority.because),
            },
            complexity: Complexity {
                level: complexity.level.name().to_owned(),
                story_points: tenths(complexity.story_points),
                low: tenths(complexity.low),
                high: tenths(complexity.high),
                source: match complexity.source {
                    EstimateSource::Given => "given",
                    EstimateSource::Learned => "learned",
                    EstimateSource::Estimated => "estimated",
                }
                .to_owned(),
                held_by: HeldBy::of(score, Aspect::Complexity, held),
                because: reasons(&complexity.because),
            },
            readiness: score.readiness.as_ref().map(|readiness| Readiness {
                level: readiness.level.name().to_owned(),
                because: reasons(&readiness.because),
            }),
        }
    }

    /// Every sentence in them.
    pub(in crate::web) fn sentences(&mut self) -> impl Iterator<Item = &mut String> {
        let readiness = self.readiness.as_mut().map(|readiness| &mut readiness.because);
        let all = [Some(&mut self.priority.because), Some(&mut self.complexity.because), readiness];
        all.into_iter().flatten().flatten().map(|because| &mut because.why)
    }
}

/// How much an item matters now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Priority {
    /// p0 to p3.
    pub level: String,
    /// 0–100.
    pub score: f64,
    /// Whose hand is on it.
    pub held_by: Option<HeldBy>,
    /// Why, in points of the score.
    pub because: Vec<Because>,
}

/// How much work an item is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Complexity {
    /// xs to xl.
    pub level: String,
    /// Story points.
    pub story_points: f64,
    /// Lower end of the range.
    pub low: f64,
    /// Upper end of the range.
    pub high: f64,
    /// given, learned or estimated.
    pub source: String,
    /// Whose hand is on it.
    pub held_by: Option<HeldBy>,
    /// Why, in story points.
    pub because: Vec<Because>,
}

/// Whether work on an item can start.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Readiness {
    /// ready, blocked, needs-requirements …
    pub level: String,
    /// What is missing or in the way.
    pub because: Vec<Because>,
}

/// One named reason.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Because {
    /// The rule's name.
    pub rule: String,
    /// What it contributes; 0 where nothing is counted.
    pub points: f64,
    /// A sentence.
    pub why: String,
}

/// A person whose value an item follows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HeldBy {
    /// Their name; "a person" where nobody has asked yet.
    pub who: String,
    /// The issue on which they did it.
    pub r#where: String,
    /// Since when.
    pub since: Option<String>,
}

impl HeldBy {
    /// The hold that names the item's level. A value that a person took off, one that spells no level, and two that disagree
    /// hold no item.
    fn of(score: &ItemScore, aspect: Aspect, held: &[Held]) -> Option<Self> {
        let names = |hold: &&Held| hold.item == score.item.as_str() && hold.aspect == aspect && hold.holds_item;
        held.iter().find(names).map(|hold| Self {
            who: hold.who.clone().unwrap_or_else(|| "a person".to_owned()),
            r#where: hold.issue.clone(),
            since: hold.since.map(|since| since.to_string()),
        })
    }
}

fn reasons(because: &[Reason]) -> Vec<Because> {
    let one =
        |reason: &Reason| Because { rule: reason.rule.clone(), points: tenths(reason.points), why: reason.why.clone() };
    because.iter().map(one).collect()
}

/// A number as people read it.
pub fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

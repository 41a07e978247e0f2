//! (Roadmap, Scores, Standing, Weights) -> Agreement: how far the levels that people gave are from those worked out.

use std::collections::BTreeMap;

use crate::model::{Aspect, ContainerKey, IssueKey, ItemId, Level};
use crate::roadmap::{Item, Roadmap};
use crate::score::{
    Because, Evidence, ItemScore, Knobs, Model, Scores, Weights, estimated, priority_level, size_level,
};

use super::diff::{because, held_where, score_of};
use super::standing::{Standing, is_live};

/// Disagreements that are named.
const NAMED_MAX: usize = 20;

/// How far the levels that people gave are from those worked out: one entry for each scope and aspect, in that order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement(pub Vec<Agreed>);

/// The agreement on one aspect in one scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// The scope. None: what no scope has.
    pub scope: Option<String>,
    /// Priority or complexity.
    pub aspect: Aspect,
    /// Open items.
    pub items: usize,
    /// Open items on which people gave a level, and didn't disagree among themselves.
    pub declared: usize,
    /// Of these, items where both levels are the same.
    pub equal: usize,
    /// Of these, items where they are the same or next to each other.
    pub within_one: usize,
    /// How many items have these two levels: people's, then ours.
    pub confusion: BTreeMap<(Level, Level), usize>,
    /// The largest disagreements, at most 20; the largest first.
    pub disagreements: Vec<Disagreement>,
}

/// An item on which people and we say different things.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The item.
    pub item: ItemId,
    /// Its first issue.
    pub key: IssueKey,
    /// What people gave.
    pub theirs: Level,
    /// Where they gave it.
    pub their_reason: String,
    /// What was worked out.
    pub ours: Level,
    /// Why.
    pub our_reason: String,
}

impl Disagreement {
    /// How many levels lie between, the farther one included.
    pub fn distance(&self) -> usize {
        place(self.theirs).abs_diff(place(self.ours))
    }
}

/// Compares what people gave with what their items' levels are by themselves: before hysteresis, blockers and holds, and
/// for complexity before given story points, which would agree with themselves.
///
/// Of an item's values a held level counts first, then fields (a value that the tracker put there when the issue was
/// made counts as given where nothing tells it apart), then people's labels (`also_read`); of several the most pressing
/// or the largest. Nothing of ours counts.
pub fn agreement(
    roadmap: &Roadmap,
    scores: &Scores,
    standing: &Standing,
    weights: &Weights,
    scope_of: impl Fn(&ContainerKey) -> Option<String>,
) -> Agreement {
    let mut found: BTreeMap<(Option<String>, Aspect), Agreed> = BTreeMap::new();
    for (index, item) in roadmap.items.iter().enumerate() {
        let live = item.faces.iter().any(|face| is_live(face));
        let Some(score) = score_of(scores, index, item).filter(|_| live) else { continue };
        let knobs = weights.of(&item.founder().container);
        let evidence = Evidence::of(roadmap, index, &standing.previous, knobs, scores.day);
        let scope = scope_of(&item.founder().container);
        for aspect in [Aspect::Priority, Aspect::Complexity] {
            let agreed =
                found.entry((scope.clone(), aspect)).or_insert_with_key(|(scope, aspect)| Agreed::none(scope, *aspect));
            agreed.items += 1;
            if let Some((theirs, their_reason)) = declared(item, aspect, &evidence, standing) {
                let (ours, our_reason) = computed(aspect, &evidence, score, knobs);
                let (item, key) = (item.id.clone(), item.founder().key.clone());
                agreed.count(Disagreement { item, key, theirs, their_reason, ours, our_reason });
            }
        }
    }
    let mut all: Vec<Agreed> = found.into_values().collect();
    for agreed in &mut all {
        agreed.disagreements.sort_by(|a, b| b.distance().cmp(&a.distance()).then_with(|| a.key.cmp(&b.key)));
        agreed.disagreements.truncate(NAMED_MAX);
    }
    Agreement(all)
}

impl Agreed {
    fn none(scope: &Option<String>, aspect: Aspect) -> Self {
        Self {
            scope: scope.clone(),
            aspect,
            items: 0,
            declared: 0,
            equal: 0,
            within_one: 0,
            confusion: BTreeMap::new(),
            disagreements: Vec::new(),
        }
    }

    fn count(&mut self, both: Disagreement) {
        let distance = both.distance();
        self.declared += 1;
        self.equal += usize::from(distance == 0);
        self.within_one += usize::from(distance <= 1);
        *self.confusion.entry((both.theirs, both.ours)).or_default() += 1;
        if distance > 0 {
            self.disagreements.push(both);
        }
    }
}

/// What people gave an item, and where.
fn declared(item: &Item, aspect: Aspect, evidence: &Evidence<'_>, standing: &Standing) -> Option<(Level, String)> {
    let key = (item.id.clone(), aspect);
    if standing.frozen.contains_key(&key) {
        return None;
    }
    let by_people = |level: &Level| {
        let rows = item.faces.iter().flat_map(|face| standing.noted.rows_of(&face.id));
        let mut holds = rows.filter(|(key, _)| key.aspect == aspect).filter_map(|(_, row)| row.hold.as_ref());
        holds.any(|hold| hold.level == Some(*level) && !hold.is_undone())
    };
    if let Some(level) = standing.previous.holds.get(&key).filter(|level| by_people(level)) {
        return Some((*level, format!("held at {level}{}", held_where(item, standing, aspect))));
    }
    match aspect {
        Aspect::Priority => declared_priority(item, evidence),
        Aspect::Complexity => {
            let (face, points) = evidence.largest_story_points()?;
            let level = Level::Complexity(size_level(points, evidence.knobs));
            Some((level, format!("{points} story points in {}", face.key)))
        }
        Aspect::Readiness => None,
    }
}

fn declared_priority(item: &Item, evidence: &Evidence<'_>) -> Option<(Level, String)> {
    let words = &evidence.knobs.priority_words;
    let fields = evidence
        .declared()
        .filter_map(|(face, name, lower)| Some((*words.get(&lower)?, format!("{name} in {}", face.key))));
    let labels = evidence.labels.iter().filter_map(|(place, label)| {
        Some((*words.get(label)?, format!("label {label} on {}", item.faces[*place].key)))
    });
    let (level, why) = fields.min_by_key(|found| found.0).or_else(|| labels.min_by_key(|found| found.0))?;
    Some((Level::Priority(level), why))
}

/// What an item's level is by itself, and why.
fn computed(aspect: Aspect, evidence: &Evidence<'_>, score: &ItemScore, knobs: &Knobs) -> (Level, String) {
    if aspect == Aspect::Complexity {
        // What was learned has seen the given points: it would agree with itself.
        let size = estimated(evidence, &Model::default());
        let why = because(&format!("{:.1} story points", size.story_points), &size.because);
        return (Level::Complexity(size.level), why);
    }
    let priority = &score.priority;
    // What lifted or held it moved the level, not the score.
    let reasons: Vec<Because> = priority.because.iter().filter(|reason| !reason.is_of_level()).cloned().collect();
    let why = because(&format!("score {:.1}", priority.score), &reasons);
    (Level::Priority(priority_level(priority.score, knobs)), why)
}

fn place(level: Level) -> usize {
    level.aspect().levels().iter().position(|other| *other == level).unwrap_or(0)
}

//! (Roadmap, Previous, Weights) -> Model: what each scope's own estimated issues teach about sizes, and what merged pull requests
//! add to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::complexity::size_level;
use super::evidence::Evidence;
use super::hindsight::Exchange;
use super::learn::{Learned, Past, distinct, fit, plain_median};
use super::types::{Knobs, Previous, Weights};
use crate::model::{Aspect, Bag, Complexity, Day, Level, Timestamp};
use crate::roadmap::{Item, Roadmap};

/// The complexity estimator's state, stored and versioned. Version 0 has learned nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Grows with each fit that changes it.
    pub version: u32,
    /// What each history teaches, by its name ([`Knobs::history`]).
    pub histories: BTreeMap<String, History>,
    /// All histories as one, where one of them has too few labels. Points of different teams aren't one currency: better than
    /// nothing, and said.
    pub pooled: Option<Arc<Learned>>,
}

/// What one history teaches.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Estimated issues in it.
    pub labels: usize,
    /// The median of their story points; 0 without any.
    pub median: f64,
    /// The different numbers of story points among them, ascending: the scale that this team estimates on.
    #[serde(default)]
    pub scale: Vec<f64>,
    /// The estimator. None: too few labels.
    pub learned: Option<Arc<Learned>>,
}

/// An item that a person estimated, in points or by a level, or whose size merged pull requests tell.
pub(super) struct Label<'a> {
    /// Its place in the roadmap.
    pub(super) item: usize,
    created: Timestamp,
    pub(super) history: &'a String,
    pub(super) bag: Bag,
    pub(super) points: f64,
    /// Lines that merged pull requests changed for it.
    lines: Option<u32>,
    weight: f64,
}

/// What an issue counts that nobody estimated and whose lines tell its size, beside one that a person did: lines are also a matter of
/// taste, of generated files and of tests.
const CONCLUDED: f64 = 0.3;

impl Label<'_> {
    fn past(&self) -> Past<'_> {
        Past { bag: &self.bag, points: self.points, weight: self.weight }
    }
}

/// A history's name, median, scale and estimator.
type Lesson<'a> = (&'a String, f64, &'a [f64], Option<&'a Learned>);
/// The most values of a scale; who has more measures something else, or doesn't estimate on one.
const SCALE_MAX: usize = 50;

/// Learns from what people estimated, never from what we wrote; the version is `before`'s, or the next one where anything changed.
pub fn learn(roadmap: &Roadmap, previous: &Previous, weights: &Weights, before: &Model) -> Model {
    let mut labels = labels(roadmap, previous, weights);
    let concluded = concluded(roadmap, weights, &labels);
    labels.extend(concluded);
    labels.sort_by_key(|label| label.created);
    let mut histories: BTreeMap<&String, Vec<Past<'_>>> = BTreeMap::new();
    for label in &labels {
        histories.entry(label.history).or_default().push(label.past());
    }
    let of = |history: &Vec<Past<'_>>| {
        let points: Vec<f64> = history.iter().filter(|past| past.weight >= 1.0).map(|past| past.points).collect();
        let mut scale = distinct(&points);
        scale.truncate(SCALE_MAX);
        History { labels: points.len(), median: plain_median(&points), scale, learned: fit(history).ok().map(Arc::new) }
    };
    let histories: BTreeMap<String, History> =
        histories.iter().map(|(name, history)| ((*name).clone(), of(history))).collect();
    let known = |name: &String| histories.get(name).is_some_and(|history| history.learned.is_some());
    let alone = weights.all().filter_map(|knobs| knobs.history.as_ref()).all(known);
    let whole = || labels.iter().map(Label::past).collect::<Vec<_>>();
    let pooled = if alone { None } else { fit(&whole()).ok().map(Arc::new) };
    let found = Model { version: before.version, histories, pooled };
    let same = found.lessons() == before.lessons() && found.pooled == before.pooled;
    if same { found } else { Model { version: before.version + 1, ..found } }
}

/// Estimated issues from which on their own median counts, where they are too few to learn more from.
pub(super) const OWN_MEDIAN_MIN: usize = 5;

/// What people estimated, in points or as a level that they hold, oldest first.
pub(super) fn labels<'a>(roadmap: &Roadmap, previous: &Previous, weights: &'a Weights) -> Vec<Label<'a>> {
    let (mut labels, mut held) = (Vec::new(), Vec::new());
    let mut by_level: BTreeMap<(&String, Complexity), Vec<f64>> = BTreeMap::new();
    for (index, item) in roadmap.items.iter().enumerate() {
        let knobs = weights.of(&item.founder().container);
        let Some(history) = knobs.history.as_ref().filter(|_| learns(item)) else { continue };
        let evidence = Evidence::of(roadmap, index, previous, knobs, Day::MIN);
        let label = |points| {
            let (bag, lines, created) = (words(item), lines(item), item.founder().created);
            Label { item: index, created, history, bag, points, lines, weight: 1.0 }
        };
        if let Some((_, points)) = evidence.largest_story_points() {
            by_level.entry((history, size_level(points, knobs))).or_default().push(points);
            labels.push(label(points));
        } else if let Some(Level::Complexity(level)) = evidence.hold(Aspect::Complexity) {
            held.push((level, least_points(level, knobs), label(0.0)));
        }
    }
    // A level is worth what those who estimate in points usually mean by it.
    for (level, least, label) in held {
        let usual = by_level.get(&(label.history, level)).map_or(least, |points| plain_median(points));
        labels.push(Label { points: usual, ..label });
    }
    // Items come sorted by id, which breaks ties.
    labels.sort_by_key(|label| label.created);
    labels
}

/// What a level is worth where nobody estimates in points: the least of it, and for the smallest half of what the next one begins with.
fn least_points(level: Complexity, knobs: &Knobs) -> f64 {
    let least = |level: Complexity| knobs.complexity_bands[level as usize];
    if level == Complexity::Xs { least(Complexity::S) / 2.0 } else { least(level) }
}

/// Items that nobody estimated and merged pull requests closed, with the points that their lines are worth in their history: the
/// newest, as many as people estimated there at most.
fn concluded<'a>(roadmap: &Roadmap, weights: &'a Weights, labels: &[Label<'a>]) -> Vec<Label<'a>> {
    let mut both: BTreeMap<&String, Vec<(f64, u32)>> = BTreeMap::new();
    let mut left: BTreeMap<&String, usize> = BTreeMap::new();
    for label in labels {
        both.entry(label.history).or_default().extend(label.lines.map(|lines| (label.points, lines)));
        *left.entry(label.history).or_default() += 1;
    }
    let known: BTreeSet<usize> = labels.iter().map(|label| label.item).collect();
    let exchanges: BTreeMap<&String, Exchange> =
        both.iter().filter_map(|(history, both)| Some((*history, Exchange::of(both)?))).collect();
    let label = |(index, item): (usize, &Item)| {
        let knobs = weights.of(&item.founder().container);
        let history = knobs.history.as_ref().filter(|_| learns(item) && !item.status.is_open())?;
        let (lines, exchange) = (lines(item)?, exchanges.get(history)?);
        if known.contains(&index) {
            return None;
        }
        let (points, created) = (exchange.points(lines), item.founder().created);
        Some(Label { item: index, created, history, bag: words(item), points, lines: Some(lines), weight: CONCLUDED })
    };
    let mut found: Vec<Label<'_>> = roadmap.items.iter().enumerate().filter_map(label).collect();
    found.sort_by_key(|label| std::cmp::Reverse(label.created));
    found.retain(|label| {
        let left = left.entry(label.history).or_default();
        let fits = *left > 0;
        *left = left.saturating_sub(1);
        fits
    });
    found
}

/// Lines that merged pull requests changed to close an item.
pub(super) fn lines(item: &Item) -> Option<u32> {
    item.faces.iter().filter_map(|face| face.merged_lines).reduce(u32::saturating_add)
}

/// What people estimated, in points or by a level, by history, oldest first: an issue's words and its story points.
pub fn estimated_histories(
    roadmap: &Roadmap,
    previous: &Previous,
    weights: &Weights,
) -> BTreeMap<String, Vec<(Bag, f64)>> {
    let mut histories: BTreeMap<String, Vec<(Bag, f64)>> = BTreeMap::new();
    for label in labels(roadmap, previous, weights) {
        histories.entry(label.history.clone()).or_default().push((label.bag, label.points));
    }
    histories
}

/// Whether an item is of the kind that is estimated by its words: an epic's points are those of its parts.
pub(super) fn learns(item: &Item) -> bool {
    item.children.is_empty() && !item.is_epic()
}

/// The words of an item: those of its founder's title, and of the face that says most.
pub(super) fn words(item: &Item) -> Bag {
    let most = item.faces.iter().max_by_key(|face| face.text.words).map_or(item.founder(), |face| face);
    most.text.bag.with_title(&item.founder().title)
}

impl Model {
    /// Whether another version of this program learned it, so that it says nothing here.
    pub fn is_outdated(&self) -> bool {
        let mut all = self.histories.values().filter_map(|history| history.learned.as_ref()).chain(&self.pooled);
        all.any(|learned| !learned.is_current())
    }

    /// What estimates hang on: each history's name, median, scale and estimator.
    fn lessons(&self) -> Vec<Lesson<'_>> {
        let told = self.histories.iter().filter(|(_, history)| history.labels >= OWN_MEDIAN_MIN);
        told.map(|(name, history)| (name, history.median, &history.scale[..], history.learned.as_deref())).collect()
    }

    /// The estimator that a history has of its own.
    pub(super) fn own(&self, history: &str) -> Option<&Learned> {
        self.histories.get(history).and_then(|history| history.learned.as_deref())
    }

    /// The estimator for these knobs, and whether it is the pooled one.
    pub(super) fn of(&self, knobs: &Knobs) -> Option<(&Learned, bool)> {
        let own = self.own(knobs.history.as_ref()?);
        let pooled = || self.pooled.as_deref().map(|learned| (learned, true));
        own.map(|learned| (learned, false)).or_else(pooled).filter(|(learned, _)| learned.is_current())
    }

    /// The usual size where these knobs hold: the median of the scope's estimated issues, else of all scopes'. None: too few.
    pub(super) fn usual(&self, knobs: &Knobs) -> Option<f64> {
        let pooled = || self.pooled.as_ref().filter(|_| knobs.history.is_some()).map(|learned| learned.middle());
        self.few(knobs).map(|history| history.median).or_else(pooled)
    }

    /// A history whose median and scale count, though it may have too few labels to learn more from. None: too few for that, too.
    pub(super) fn few(&self, knobs: &Knobs) -> Option<&History> {
        let history = self.histories.get(knobs.history.as_ref()?)?;
        (history.labels >= OWN_MEDIAN_MIN).then_some(history)
    }
}

//! Store -> View: what the last cycle knew, for commands that only show.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::gather::is_known;
use super::scheme::{Allowed, scheme_of};
use super::think::{Frame, think};
use super::{CycleTrouble, Thought, Works, people};
use crate::model::{ContainerKey, Coverage, Day, Reach, Snapshot};
use crate::plan::Ledger;
use crate::roadmap::Item;
use crate::score::{ItemScore, Knobs, Likeness, Previous, Scores, Weights, rank, score};
use crate::store::Store;

/// What the last cycle knew, thought through again for today. Nothing is asked of any tracker.
#[derive(Debug)]
pub struct View {
    /// Roadmap, scores, standing and plan.
    pub thought: Thought,
    /// What we last wrote and saw.
    pub ledger: Ledger,
    /// The knobs of score.
    pub weights: Weights,
    day: Day,
    likeness: OnceLock<Likeness>,
}

impl View {
    /// Reads the store and thinks.
    ///
    /// # Errors
    /// A store that can't be read.
    pub async fn open<T>(works: &Works<T>, store: &Store) -> Result<Self, CycleTrouble> {
        let mut containers = Vec::new();
        let mut allowed = Allowed::new();
        let mut coverage = Coverage::default();
        for config in &works.settings.trackers {
            let state = store.tracker(config.name()).await?;
            containers.extend(state.containers.clone());
            allowed.extend(state.allowed);
            let reach = Reach { whole: state.whole, failed: None, age_s: None };
            coverage.trackers.insert(config.name().clone(), reach);
        }
        let issues = store.issues().await?;
        let in_reach: BTreeSet<&ContainerKey> = containers.iter().collect();
        let snapshot = Snapshot {
            issues: issues.into_iter().filter(|issue| is_known(issue, &in_reach)).map(Arc::new).collect(),
            coverage,
        };
        let mut ledger = store.ledger().await?;
        let links = people::links(store, works).await?;
        let scheme = scheme_of(works, &containers, &allowed, false);
        let weights = works.settings.weights(&containers);
        let day = works.clock.today(&works.settings.daemon.timezone);
        let cycle = store.last_cycle().await?;
        let model = Arc::new(store.model().await?);
        let frame = Frame { links: &links, scheme: &scheme, weights: &weights, model, day, cycle };
        let mut thought = think(&snapshot, &ledger, &frame);
        if !thought.standing.unasked.is_empty() {
            // Nobody is asked here: what no cycle has asked about yet is shown as if no history knew of it.
            ledger.authors.extend(thought.standing.unasked.into_keys().map(|key| (key, Vec::new())));
            thought = think(&snapshot, &ledger, &frame);
        }
        Ok(Self { thought, ledger, weights, day, likeness: OnceLock::new() })
    }

    /// Items from the most to the least pressing.
    pub fn ranked(&self) -> Vec<usize> {
        rank(&self.thought.roadmap, &self.thought.scores)
    }

    /// The levels that would be found if nobody held anything.
    pub fn unheld(&self) -> Scores {
        let previous = Previous { holds: BTreeMap::new(), ..self.thought.standing.previous.clone() };
        score(&self.thought.roadmap, &previous, &self.thought.model, &self.weights, self.day)
    }

    /// Past items with given story points that are most like one, most like it first: their places, points, and cosine (0–1).
    pub fn nearest(&self, index: usize) -> Vec<(usize, f64, f64)> {
        let thought = &self.thought;
        let gather = || Likeness::of(&thought.roadmap, &thought.standing.previous, &self.weights, &thought.model);
        self.likeness.get_or_init(gather).nearest(&thought.roadmap, &self.weights, &thought.model, index)
    }

    /// The levels that an item would have if it, or what is known and how it is weighed there, were as `change` makes it. Nothing is
    /// kept. None: there is no such item.
    pub fn what_if(
        &self,
        index: usize,
        change: impl FnOnce(&mut Item, &mut Previous, &mut Knobs),
    ) -> Option<ItemScore> {
        let (mut roadmap, place) = self.thought.roadmap.around(index)?;
        let (mut previous, mut weights) = (self.thought.standing.previous.about(&roadmap), self.weights.clone());
        let item = roadmap.items.get_mut(place)?;
        let container = item.founder().container.clone();
        let mut knobs = weights.of(&container).clone();
        change(item, &mut previous, &mut knobs);
        weights.own.insert(container, Arc::new(knobs));
        let scores = score(&roadmap, &previous, &self.thought.model, &weights, self.day);
        scores.items.into_iter().nth(place)
    }

    /// The day for which levels are shown.
    pub fn day(&self) -> Day {
        self.day
    }
}

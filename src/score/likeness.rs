//! What people estimated -> what of it is most like an item. Texts are weighed once and asked for often.

use super::learn::{Learned, Row, closest};
use super::model::{Model, labels, words};
use super::types::{Previous, Weights};
use crate::model::Bag;
use crate::roadmap::Roadmap;

/// Items that are named.
const NAMED_MAX: usize = 3;

/// The estimated items of a roadmap, their words weighed as each history's estimator does.
#[derive(Debug, Default)]
pub struct Likeness(Vec<Past>);

#[derive(Debug)]
struct Past {
    /// Its place in the roadmap.
    item: usize,
    history: String,
    points: f64,
    own: Row,
    pooled: Row,
}

impl Likeness {
    /// Gathers what people estimated.
    pub fn of(roadmap: &Roadmap, previous: &Previous, weights: &Weights, model: &Model) -> Self {
        let past = labels(roadmap, previous, weights).into_iter().map(|label| Past {
            item: label.item,
            own: weighed(&label.bag, model.own(label.history)),
            pooled: weighed(&label.bag, model.pooled.as_deref()),
            history: label.history.clone(),
            points: label.points,
        });
        Self(past.collect())
    }

    /// Items that are most like one, most like it first: their places in the roadmap, story points, and cosine (0–1). None where
    /// nothing was learned that holds for it.
    pub fn nearest(&self, roadmap: &Roadmap, weights: &Weights, model: &Model, index: usize) -> Vec<(usize, f64, f64)> {
        let Some(item) = roadmap.items.get(index) else { return Vec::new() };
        let knobs = weights.of(&item.founder().container);
        let Some((learned, pooled)) = model.of(knobs) else { return Vec::new() };
        let counts = |past: &&Past| past.item != index && (pooled || Some(&past.history) == knobs.history.as_ref());
        let past: Vec<&Past> = self.0.iter().filter(counts).collect();
        let rows = past.iter().map(|past| if pooled { &past.pooled } else { &past.own });
        let found = closest(&learned.weigh(&words(item)), rows, NAMED_MAX);
        found.into_iter().filter_map(|(at, cosine)| past.get(at).map(|past| (past.item, past.points, cosine))).collect()
    }
}

/// A text's words as an estimator weighs them; none where there is none.
fn weighed(bag: &Bag, learned: Option<&Learned>) -> Row {
    learned.map(|learned| learned.weigh(bag)).unwrap_or_default()
}

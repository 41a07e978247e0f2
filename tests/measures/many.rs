//! Many items at once: how long scoring takes, and that the order in which they are told doesn't matter.

use std::collections::BTreeMap;
use std::time::Instant;

use roadmapd::score::{ItemScore, Model, Previous, Weights, score};

use crate::score_corpus::{TODAY, roadmap};
use crate::varied::nth;
use crate::whole;

fn scored(order: impl Iterator<Item = u32>) -> (BTreeMap<String, ItemScore>, f64) {
    let roadmap = roadmap(order.map(nth));
    let start = Instant::now();
    let scores = score(&roadmap, &Previous::default(), &Model::default(), &Weights::default(), TODAY);
    let took_s = start.elapsed().as_secs_f64();
    let keyed = roadmap.items.iter().zip(scores.items).map(|(item, score)| (item.founder().key.to_string(), score));
    (keyed.collect(), took_s)
}

#[test]
fn many_items_are_scored_the_same_in_whatever_order_they_are_told() {
    let n = if whole() { 100_000 } else { 5_000 };
    let (there, took_s) = scored(0..n);
    let (back, _) = scored((0..n).rev());
    // Told, not judged: the machine may be busy.
    eprintln!("{n} items scored in {took_s:.3} s");
    assert_eq!(there.len(), n as usize);
    assert!(there == back);
}
